"""Approval of a CertificateSigningRequest: the only write that may add `Approved` or `Denied`.

Kubernetes: pkg/registry/certificates/certificates/{storage,strategy.go}
"""

from __future__ import annotations

from minikube_py.api.kinds.certificates.certificate_signing_request import CertificateSigningRequest
from minikube_py.api.kinds.certificates.signing_request_spec import CertificateSigningRequestCondition
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.status import invalid, not_found
from minikube_py.apiserver import bodies
from minikube_py.apiserver.answers import Answer, object_answer
from minikube_py.apiserver.handler import ApiRequest, method_not_allowed
from minikube_py.apiserver.negotiation import rendering
from minikube_py.apiserver.options import write_options
from minikube_py.apiserver.patches import PatchBody
from minikube_py.apiserver.subresources.registry import SubresourceInfo
from minikube_py.apiserver.watch_cache import Cacher
from minikube_py.apiserver.writer import Target, Writer, object_key


class ApprovalSubresource:
    info = SubresourceInfo("approval", "CertificateSigningRequest", ("get", "patch", "update"))

    def __init__(self, cacher: Cacher, writer: Writer) -> None:
        self._cacher = cacher
        self._writer = writer

    def serves(self, resource: type[Resource]) -> bool:
        return resource is CertificateSigningRequest

    async def handle(self, resource: type[Resource], request: ApiRequest) -> Answer:
        name = request.info.name
        if request.method == "GET":
            await self._cacher.catch_up()
            item = self._cacher.of(resource).get(object_key(resource, "", name))
            if item is None:
                raise not_found(resource.definition, name)
            return object_answer(item.data, rendering(request.accept))
        if request.method == "PUT":
            options = write_options(request.query, "UpdateOptions")
            body = bodies.parse(request.body, request.content_type, resource.definition.kind)
            given, _ = bodies.to_object(body, CertificateSigningRequest, options.field_validation)

            def asked(current: Resource) -> CertificateSigningRequest:
                return given

        elif request.method == "PATCH":
            options = write_options(request.query, "PatchOptions")
            patch = PatchBody.parse(request.content_type, request.body, request.query)

            def asked(current: Resource) -> CertificateSigningRequest:
                document = bodies.Body(patch.apply(current))
                return bodies.to_object(document, CertificateSigningRequest, options.field_validation)[0]

        else:
            raise method_not_allowed()

        target = Target(resource, "", name, "approval", options.dry_run)
        written = await self._writer.update(target, lambda current: _approved(current, asked(current)))
        return object_answer(written.data, rendering(request.accept))


def _approved(current: Resource, asked: CertificateSigningRequest) -> CertificateSigningRequest:
    """The request with the conditions that were asked for, each stamped with when it came. Raises: Invalid."""
    assert isinstance(current, CertificateSigningRequest)
    known = {condition.type for condition in current.status.conditions}
    conditions = tuple(
        condition if condition.type in known else _stamped(condition) for condition in asked.status.conditions
    )
    metadata = replace(asked.metadata, managed_fields=current.metadata.managed_fields)
    changed = replace(current, metadata=metadata, status=replace(current.status, conditions=conditions))
    errors = list(changed.status_errors(current))
    if errors:
        definition = current.definition
        raise invalid(definition.group, definition.kind, current.metadata.name, errors)
    return changed


def _stamped(condition: CertificateSigningRequestCondition) -> CertificateSigningRequestCondition:
    now = Time.now()
    moved = condition.last_transition_time or now
    return replace(condition, last_update_time=condition.last_update_time or now, last_transition_time=moved)
