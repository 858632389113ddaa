"""ApiRequest: a request for a resource, and what each handler wants of it: its form, its author, its patch.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/{rest,patch}.go
"""

from __future__ import annotations

from dataclasses import dataclass, field
from dataclasses import replace as with_changes

from minikube_py.api.resource import Resource
from minikube_py.api.status import BadRequest, MethodNotAllowed, NotFound, invalid
from minikube_py.apiserver import bodies
from minikube_py.apiserver.negotiation import FORMS, Form, Rendering, rendering, wants_pretty
from minikube_py.apiserver.options import Query, WriteOptions, write_options
from minikube_py.apiserver.request_info import RequestInfo
from minikube_py.patching.apply import ApplyPatch
from minikube_py.patching.field_owners import manager_name
from minikube_py.patching.managed_fields import Manager
from minikube_py.patching.patches import PatchBody, is_apply, no_object


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request for a resource, its body read."""

    method: str
    info: RequestInfo
    query: Query
    accept: str = ""
    content_type: str = ""
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    target: str = ""
    """Path and query as on the request line."""

    def negotiate(self, *, is_watch: bool = False, forms: tuple[Form, ...] = FORMS) -> Rendering:
        """How to answer; asked for before anything is done. Raises: NotAcceptable."""
        is_list = not self.info.name and self.method == "GET"
        wanted = rendering(self.accept, forms, is_list=is_list, is_watch=is_watch)
        return with_changes(wanted, is_pretty=True) if wants_pretty(self.query.get("pretty")) else wanted


NO_RESOURCE = "the server could not find the requested resource"


def no_such_resource() -> NotFound:
    return NotFound(NO_RESOURCE, details={})


def method_not_allowed() -> MethodNotAllowed:
    return MethodNotAllowed("the server does not allow this method on the requested resource", details={})


def manager_of(
    resource: type[Resource], request: ApiRequest, options: WriteOptions, operation: str = "Update"
) -> Manager:
    """Who the request writes as."""
    name = manager_name(options.field_manager, request.headers.get("user-agent", ""))
    return Manager(name, operation, resource.definition.api_version, request.info.subresource)


def patch_of(resource: type[Resource], request: ApiRequest) -> tuple[WriteOptions, PatchBody | ApplyPatch]:
    """The options and the patch of a PATCH. Raises: BadRequest, Invalid, UnsupportedMediaType."""
    if not is_apply(request.content_type):
        options = write_options(request.query, "PatchOptions")
        return options, PatchBody.parse(request.content_type, request.body, resource)
    options = write_options(request.query, "PatchOptions", is_apply=True)
    manager = manager_of(resource, request, options, "Apply")
    return options, ApplyPatch.parse(request.body, manager, force=options.force)


def patched_object(patch: PatchBody | ApplyPatch, current: Resource, options: WriteOptions) -> Resource:
    """What a patch makes of an object. Raises: ApiError."""
    patched = patch.apply(current)
    if patch.problem and options.field_validation == "Strict":
        raise BadRequest(f"error strict decoding YAML: error converting YAML to JSON: {patch.problem}")
    if options.field_validation == "Warn":
        bodies.warn_of_yaml(patch.problem)
    body = bodies.Body(patched, complaints=patch.complaints)
    try:
        return bodies.to_object(body, type(current), options.field_validation)
    except bodies.NotOfKind as error:
        if isinstance(patch, ApplyPatch) and isinstance(error, bodies.NotStrict):
            raise
        problem = no_object(patch, patched, error.detail, is_type=isinstance(error, bodies.WrongType))
        raise invalid("", "", "", [problem]) from error


def check_address(info: RequestInfo, obj: Resource) -> None:
    """Raises: BadRequest when the body names another object than the URL."""
    metadata = obj.metadata
    if info.name and metadata.name and metadata.name != info.name:
        raise BadRequest(f"the name of the object ({metadata.name}) does not match the name on the URL ({info.name})")
    if info.name and not metadata.name:
        raise BadRequest(f"the name of the object ({info.name} based on URL) was undeterminable: name must be provided")
    if info.namespace and metadata.namespace not in ("", info.namespace):
        raise BadRequest("the namespace of the provided object does not match the namespace sent on the request")
