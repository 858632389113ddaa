"""TokenRequest: `POST serviceaccounts/NAME/token`, how a kubelet gets the token that it puts into a pod.

Kubernetes: pkg/registry/core/serviceaccount/storage/token.go
"""

from __future__ import annotations

from minikube_py.access.service_account_tokens import ISSUER, TokenIssuer
from minikube_py.api.kinds.authentication.token_request import TokenRequest, TokenRequestSpec, TokenRequestStatus
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.secret import Secret
from minikube_py.api.kinds.core.service_account import ServiceAccount
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.status import BadRequest, conflict, invalid, not_found
from minikube_py.api.validation import FieldError, invalid_value
from minikube_py.apiserver import bodies
from minikube_py.apiserver.answers import Answer, object_answer
from minikube_py.apiserver.api_request import ApiRequest, method_not_allowed, no_such_resource
from minikube_py.apiserver.options import write_options
from minikube_py.apiserver.subresources.asking import Asking
from minikube_py.discovery.discovery import SubresourceInfo
from minikube_py.watchcache.cacher import Cacher

_SHORTEST_S, _LONGEST_S, _USUAL_S = 600, 2**32, 3600


class TokenSubresource:
    info = SubresourceInfo("token", "TokenRequest", ("create",), "authentication.k8s.io", "v1")

    def __init__(self, cacher: Cacher, issuer: TokenIssuer | None, asking: Asking) -> None:
        self._asking = asking
        self._cacher = cacher
        self._issuer = issuer

    def serves(self, resource: type[Resource]) -> bool:
        return resource is ServiceAccount and self._issuer is not None

    async def handle(self, resource: type[Resource], request: ApiRequest) -> Answer:
        if request.method != "POST":
            raise method_not_allowed()
        if self._issuer is None:
            raise no_such_resource()
        wanted = request.negotiate()
        options = write_options(request.query, "CreateOptions")
        body = bodies.parse(request.body, request.content_type, "TokenRequest")
        asked = bodies.to_object(body, TokenRequest, options.field_validation)
        info = request.info
        await self._cacher.catch_up()
        account = self._find(ServiceAccount, info.namespace, info.name).metadata
        lifetime_s = _USUAL_S if asked.spec.expiration_seconds is None else asked.spec.expiration_seconds
        errors = list(_lifetime_errors(lifetime_s))
        if errors:
            raise invalid("authentication.k8s.io", "TokenRequest", asked.metadata.name, errors)
        bound = self._bound(info.namespace, asked.spec)
        await self._asking.about_posted(resource, info, asked, dry_run=options.dry_run)
        audiences = asked.spec.audiences or (ISSUER,)
        token = self._issuer.issue(account, bound, audiences, lifetime_s)
        expires = Time.at(Time.now().epoch_s + lifetime_s)
        answered = replace(
            asked,
            metadata=ObjectMeta(name=info.name, namespace=info.namespace, creation_timestamp=Time.now()),
            spec=replace(asked.spec, audiences=audiences, expiration_seconds=lifetime_s),
            status=TokenRequestStatus(token=token, expiration_timestamp=expires),
        )
        return object_answer(answered.to_json(), wanted, code=201)

    def _find(self, resource: type[Resource], namespace: str, name: str) -> Resource:
        item = self._cacher.get(resource, namespace, name)
        if item is None:
            raise not_found(resource.definition, name)
        return resource.from_json(item.data)

    def _bound(self, namespace: str, spec: TokenRequestSpec) -> dict[str, ObjectMeta]:
        """What the token ends with, and the node of a pod. Raises: ApiError when it is not the one that is meant."""
        reference = spec.bound_object_ref
        if reference is None:
            return {}
        kind = _BINDABLE.get((reference.api_version, reference.kind))
        if kind is None:
            api_version = reference.api_version if "/" in reference.api_version else f"/{reference.api_version}"
            raise BadRequest(f"cannot bind token to object of type {api_version}, Kind={reference.kind}")
        found = self._find(kind, namespace, reference.name)
        uid = found.metadata.uid
        if reference.uid and reference.uid != uid:
            why = f"the UID in the bound object reference ({reference.uid}) does not match the UID in record ({uid})"
            why += ". The object might have been deleted and then recreated"
            raise conflict(kind.definition, reference.name, why)
        bound = {kind.definition.singular: found.metadata}
        node = self._cacher.get(Node, "", found.spec.node_name) if isinstance(found, Pod) else None
        return {**bound, "node": Node.from_json(node.data).metadata} if node is not None else bound


_BINDABLE: dict[tuple[str, str], type[Resource]] = {("v1", kind.definition.kind): kind for kind in (Pod, Secret, Node)}


def _lifetime_errors(lifetime_s: int) -> list[FieldError]:
    path = "spec.expirationSeconds"
    if lifetime_s < _SHORTEST_S:
        return [invalid_value(path, lifetime_s, "may not specify a duration less than 10 minutes")]
    if lifetime_s > _LONGEST_S:
        return [invalid_value(path, lifetime_s, "may not specify a duration larger than 2^32 seconds")]
    return []
