"""ResourceHandler: all verbs for all kinds. There is no other way from a request to an object.

    POST   collection  create              PUT    object  update
    GET    object      get                 PATCH  object  patch (JSON, merge, strategic merge)
    GET    collection  list, or watch      DELETE object or collection

Nothing here knows a kind by name: what differs between kinds is in their Definition, hooks and subresources.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/installer.go and handlers/
"""

from __future__ import annotations

import orjson

from minikube_py.access import remarks
from minikube_py.api.meta import DeleteOptions
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.status import (
    BadRequest,
    Invalid,
    NotAcceptable,
    NotFound,
    invalid,
    not_found,
)
from minikube_py.api.validation import invalid_value
from minikube_py.apiserver import bodies
from minikube_py.apiserver.answers import Answer, ListText, Stream, object_answer, success_answer
from minikube_py.apiserver.api_request import (
    ApiRequest,
    check_address,
    manager_of,
    method_not_allowed,
    patch_of,
    patched_object,
)
from minikube_py.apiserver.lists import Lister, ListPage, list_body, too_large_revision
from minikube_py.apiserver.negotiation import Rendering
from minikube_py.apiserver.options import (
    Query,
    WriteOptions,
    check_delete_options,
    integer,
    is_true,
    list_options,
    parse_revision,
    write_options,
)
from minikube_py.apiserver.table import IncludeObject, partial_metadata, partial_metadata_list, table
from minikube_py.apiserver.watch_stream import WatchRequest, WatchStreamer
from minikube_py.apiserver.writer import Target, Writer, Written
from minikube_py.patching.apply import ApplyPatch
from minikube_py.patching.managed_fields import Manager
from minikube_py.watchcache.cacher import Cacher
from minikube_py.watchcache.watch_cache import CachedObject


class ResourceHandler:
    def __init__(self, cacher: Cacher, lister: Lister, streamer: WatchStreamer, writer: Writer) -> None:
        self._cacher = cacher
        self._lister = lister
        self._streamer = streamer
        self._writer = writer

    async def handle(self, resource: type[Resource], request: ApiRequest) -> Answer | Stream:
        """Do what the request asks of objects of this kind. Raises: ApiError, StorageError."""
        info, verbs = request.info, resource.definition.verbs
        verb = _verb(request)
        needs_namespace = verb in ("create", "deletecollection") and resource.definition.namespaced
        if verb not in verbs or (needs_namespace and not info.namespace):
            raise method_not_allowed()
        request.negotiate(is_watch=verb == "watch")
        match verb:
            case "watch":
                return await self.watch(resource, request)
            case "list":
                return await self.list(resource, request)
            case "get":
                return await self.get(resource, request)
            case "create":
                return await self.create(resource, request)
            case "update":
                return await self.update(resource, request)
            case "patch":
                return await self.patch(resource, request)
            case "delete":
                return await self.delete(resource, request)
            case _:
                return await self.delete_collection(resource, request)

    async def get(self, resource: type[Resource], request: ApiRequest) -> Answer:
        wanted = request.negotiate()
        if wanted.form == "PartialObjectMetadataList":
            raise _another_form(wanted, resource, "not a list", "")
        item = await self._find(resource, request)
        return object_answer(_in_form(resource, item, wanted, request.query), wanted)

    async def _find(self, resource: type[Resource], request: ApiRequest) -> CachedObject:
        revision_text = request.query.get("resourceVersion", "")
        if not revision_text:
            await self._cacher.catch_up()
        elif not await self._cacher.wait_for(parse_revision(revision_text, is_list=False), timeout_s=3):
            raise too_large_revision(int(revision_text), self._cacher.revision)
        info = request.info
        item = self._cacher.get(resource, info.namespace, info.name)
        if item is None:
            raise not_found(resource.definition, info.name)
        return item

    async def list(self, resource: type[Resource], request: ApiRequest) -> Answer:
        wanted = request.negotiate()
        if wanted.form == "PartialObjectMetadata":
            raise _another_form(wanted, resource, "a list", "List")
        options = list_options(request.query, watch=False)
        page = await self._lister.list(resource, request.info.namespace, options)
        return _list_answer(resource, request, page)

    async def watch(self, resource: type[Resource], request: ApiRequest) -> Stream:
        query = dict(request.query)
        if request.info.name:
            query["fieldSelector"] = f"metadata.name={request.info.name}"
        wanted = request.negotiate(is_watch=True)
        options = list_options(query, watch=True)
        watched = WatchRequest(resource, request.info.namespace, options, wanted, _include(query))
        return Stream(await self._streamer.open(watched))

    async def create(self, resource: type[Resource], request: ApiRequest) -> Answer:
        options = write_options(request.query, "CreateOptions")
        obj = self._received(resource, request, options)
        info = request.info
        manager = manager_of(resource, request, options)
        target = Target(resource, info.namespace, "", dry_run=options.dry_run, manager=manager)
        written = await self._writer.create(target, obj)
        return _written_answer(resource, request, written, code=201)

    @staticmethod
    def _received(resource: type[Resource], request: ApiRequest, options: WriteOptions) -> Resource:
        body = bodies.parse(request.body, request.content_type, resource.definition.kind)
        obj = bodies.to_object(body, resource, options.field_validation)
        check_address(request.info, obj)
        remarks.warn(*obj.warnings())
        return obj

    async def update(self, resource: type[Resource], request: ApiRequest) -> Answer:
        options = write_options(request.query, "UpdateOptions")
        obj = self._received(resource, request, options)
        manager = manager_of(resource, request, options)
        target = self.target(resource, request, dry_run=options.dry_run, manager=manager)

        def change(_current: Resource) -> Resource:
            if not obj.metadata.resource_version and not resource.definition.allows_unconditional_update:
                raise _must_have_version(resource, obj)
            return obj

        try:
            written = await self._writer.update(target, change)
            return _written_answer(resource, request, written)
        except NotFound:
            if not resource.definition.allows_create_on_update or target.subresource:
                raise
        # The version that was meant is that of an object which is gone: the new one is no continuation of it.
        new = replace(obj, metadata=replace(obj.metadata, resource_version=""))
        written = await self._writer.create(target, new)
        return _written_answer(resource, request, written, code=201)

    async def patch(self, resource: type[Resource], request: ApiRequest) -> Answer:
        options, patch = patch_of(resource, request)

        def change(current: Resource) -> Resource:
            asked = patched_object(patch, current, options)
            check_address(request.info, asked)
            if not patch.names_version:
                _check_uid_stays(current, asked)
                asked = _without_version(asked)
            remarks.warn(*asked.warnings())
            return asked

        applies = isinstance(patch, ApplyPatch)
        manager = None if applies else manager_of(resource, request, options)
        target = self.target(resource, request, dry_run=options.dry_run, manager=manager)
        try:
            written = await self._writer.update(target, change)
            return _written_answer(resource, request, written)
        except NotFound:
            if not applies or target.subresource:
                raise
        written = await self._writer.create(target, _without_version(change(resource())))
        return _written_answer(resource, request, written, code=201)

    async def delete(self, resource: type[Resource], request: ApiRequest) -> Answer:
        options = _delete_options(resource, request)
        target = self.target(resource, request, dry_run=bool(options.dry_run))
        written = await self._writer.delete(target, options)
        definition = resource.definition
        if written.is_removed and not definition.returns_deleted_object:
            details = {"name": request.info.name, "group": definition.group, "kind": definition.plural}
            details["uid"] = written.obj.metadata.uid
            details = {key: value for key, value in details.items() if value}
            return success_answer(request.negotiate(), details=details)
        return _written_answer(resource, request, written)

    async def delete_collection(self, resource: type[Resource], request: ApiRequest) -> Answer:
        options = _delete_options(resource, request)
        page = await self._lister.list(resource, request.info.namespace, list_options(request.query, watch=False))
        for item in page.items:
            metadata = orjson.loads(item.data)["metadata"]
            target = Target(resource, metadata.get("namespace", ""), metadata["name"], dry_run=bool(options.dry_run))
            try:
                await self._writer.delete(target, options)
            except NotFound:
                continue
        return _list_answer(resource, request, page)

    @staticmethod
    def target(
        resource: type[Resource], request: ApiRequest, *, dry_run: bool, manager: Manager | None = None
    ) -> Target:
        info = request.info
        subresource = info.subresource if info.subresource == "status" else ""
        return Target(resource, info.namespace, info.name, subresource, dry_run, manager)


def _verb(request: ApiRequest) -> str:
    """The verb of a method on an object or a collection. Raises: MethodNotAllowed."""
    info = request.info
    on_object = bool(info.name)
    if request.method == "GET":
        if info.watches or (is_true(request.query, "watch") and not on_object):
            return "watch"
        return "get" if on_object else "list"
    verbs = {
        ("POST", False): "create",
        ("PUT", True): "update",
        ("PATCH", True): "patch",
        ("DELETE", True): "delete",
        ("DELETE", False): "deletecollection",
    }
    is_part = bool(info.subresource) and request.method not in ("PUT", "PATCH")
    if info.watches or is_part or (request.method, on_object) not in verbs:
        raise method_not_allowed()
    return verbs[request.method, on_object]


def _without_version(obj: Resource) -> Resource:
    return replace(obj, metadata=replace(obj.metadata, resource_version=""))


def _check_uid_stays(current: Resource, asked: Resource) -> None:
    """Raises: Invalid when a patch gives the object another identity."""
    definition, uid = current.definition, asked.metadata.uid
    if uid != current.metadata.uid:
        error = invalid_value("metadata.uid", uid, "field is immutable")
        raise invalid(definition.group, definition.kind, current.metadata.name, [error])


def _another_form(wanted: Rendering, resource: type[Resource], what: str, suffix: str) -> NotAcceptable:
    group = resource.definition.group.partition(".")[0] or "core"
    kind = f"*{group}.{resource.definition.kind}{suffix}"
    return NotAcceptable(f"you requested {wanted.form}, but the requested object is {what} ({kind})")


def _must_have_version(resource: type[Resource], obj: Resource) -> Invalid:
    definition = resource.definition
    error = invalid_value("metadata.resourceVersion", 0, "must be specified for an update")
    return invalid(definition.group, definition.plural, obj.metadata.name, [error])


def _delete_options(resource: type[Resource], request: ApiRequest) -> DeleteOptions:
    """From the body, or from the query when there is no body. Raises: BadRequest, Invalid."""
    if request.body:
        options = bodies.to_delete_options(request.body, request.content_type)
    else:
        options = _queried_delete_options(request.query)
    check_delete_options(options)
    says_nothing = options.propagation_policy is None and options.orphan_dependents is None
    if says_nothing and resource.definition.orphan_warning:
        remarks.warn(resource.definition.orphan_warning)
    return options


def _queried_delete_options(query: Query) -> DeleteOptions:
    changes: dict[str, object] = {}
    if query.get("propagationPolicy"):
        changes["propagation_policy"] = query["propagationPolicy"]
    if "gracePeriodSeconds" in query:
        changes["grace_period_seconds"] = integer(query["gracePeriodSeconds"])
    if query.get("orphanDependents"):
        changes["orphan_dependents"] = is_true(query, "orphanDependents")
    if "dryRun" in query:
        changes["dry_run"] = (query["dryRun"],)
    return replace(DeleteOptions(), **changes)


def _include(query: Query) -> IncludeObject:
    """Raises: BadRequest."""
    match query.get("includeObject", ""):
        case "None" | "Object" | "Metadata" as value:
            return value
        case "":
            return "Metadata"
        case other:
            error = invalid_value("includeObject", other, "must be 'Metadata', 'Object', 'None', or empty")
            raise BadRequest(f"Unable to convert to Table as requested: {error}")


def _in_form(resource: type[Resource], item: CachedObject, wanted: Rendering, query: Query) -> bytes | ListText:
    if wanted.form == "Table":
        metadata = {"resourceVersion": str(item.revision)}
        return table(resource, [item], include=_include(query), list_metadata=metadata)
    if wanted.form == "PartialObjectMetadata":
        return partial_metadata(item)
    return item.data


def _list_answer(resource: type[Resource], request: ApiRequest, page: ListPage) -> Answer:
    wanted, text = request.negotiate(), list_body(resource, page)
    if wanted.form == "Table":
        text = table(resource, page.items, include=_include(request.query), list_metadata=page.metadata())
    elif wanted.form == "PartialObjectMetadataList":
        text = partial_metadata_list(page.items, page.metadata())
    return object_answer(text, wanted)


def _written_answer(resource: type[Resource], request: ApiRequest, written: Written, *, code: int = 200) -> Answer:
    wanted = request.negotiate()
    metadata = written.obj.metadata
    data: bytes | ListText = written.data
    if wanted.form != "object":
        item = CachedObject("", int(metadata.resource_version or 0), written.data, metadata.labels, {})
        data = _in_form(resource, item, wanted, request.query)
    return object_answer(data, wanted, code=code)
