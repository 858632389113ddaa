"""Scale: how many replicas, as its own small object, so that scaling needs to know nothing of the kind.

Kubernetes: pkg/registry/apps/deployment/storage/storage.go (ScaleREST)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace as with_changes
from typing import Any

from minikube_py.admission.chain import View
from minikube_py.api.kinds.autoscaling.scale import Scale, ScaleSpec, ScaleStatus
from minikube_py.api.meta import LabelSelector, ObjectMeta
from minikube_py.api.model import Json, Model, replace
from minikube_py.api.resource import Resource
from minikube_py.api.selectors import label_selector_from_document
from minikube_py.api.status import invalid
from minikube_py.api.validation import invalid_value
from minikube_py.apiserver import bodies
from minikube_py.apiserver.answers import Answer, object_answer
from minikube_py.apiserver.api_request import ApiRequest, check_address, manager_of, method_not_allowed, patch_of
from minikube_py.apiserver.options import write_options
from minikube_py.apiserver.writer import Target, Writer
from minikube_py.discovery.discovery import SubresourceInfo
from minikube_py.patching.apply import ApplyPatch
from minikube_py.patching.field_owners import with_writer
from minikube_py.patching.managed_fields import owns
from minikube_py.patching.patches import PatchBody
from minikube_py.watchcache.cacher import Cacher


class ScaleSubresource:
    info = SubresourceInfo("scale", "Scale", ("get", "patch", "update"), "autoscaling", "v1")

    def __init__(self, cacher: Cacher, writer: Writer) -> None:
        self._cacher = cacher
        self._writer = writer

    def serves(self, resource: type[Resource]) -> bool:
        return resource.definition.scale is not None

    async def handle(self, resource: type[Resource], request: ApiRequest) -> Answer:
        wanted = request.negotiate()
        if request.method == "GET":
            obj = await self._get(resource, request)
        elif request.method in ("PUT", "PATCH"):
            obj = await self._write(resource, request)
        else:
            raise method_not_allowed()
        return object_answer(scale_of(obj).to_json(), wanted)

    async def _get(self, resource: type[Resource], request: ApiRequest) -> Resource:
        item = await self._cacher.newest(resource, request.info.namespace, request.info.name)
        return resource.from_json(item.data)

    async def _write(self, resource: type[Resource], request: ApiRequest) -> Resource:
        patch: PatchBody | ApplyPatch | None = None
        if request.method == "PATCH":
            options, patch = patch_of(resource, request)
        else:
            options = write_options(request.query, "UpdateOptions")
        manager = manager_of(resource, request, options)

        def change(current: Resource) -> Resource:
            if isinstance(patch, ApplyPatch):
                return _applied(current, patch)
            if patch is None:
                body = bodies.parse(request.body, request.content_type, "Scale")
            else:
                body = bodies.Body(patch.apply(scale_of(current)))
            asked = bodies.to_object(body, Scale, options.field_validation)
            check_address(request.info, asked)
            version = asked.metadata.resource_version if patch is None or patch.names_version else ""
            scaled = _scaled(current, asked.spec.replicas, version)
            # As upstream, who scales what nobody set becomes nobody either.
            is_owned = owns(current.metadata.managed_fields, resource.definition.scale_path)
            return with_writer(scaled, current, current.to_stored(), manager) if is_owned else scaled

        info = request.info
        view = View("scale", scale_of)
        target = Target(resource, info.namespace, info.name, dry_run=options.dry_run, view=view)
        return (await self._writer.update(target, change)).obj


def _applied(current: Resource, patch: ApplyPatch) -> Resource:
    """The object after an apply of a Scale: its number of replicas is a field of the object itself."""
    patch.check_kind(Scale)
    definition, config = current.definition, patch.config
    document: Json = {"apiVersion": definition.api_version, "kind": definition.kind}
    replicas = (config.get("spec") or {}).get("replicas")
    inner: Json = replicas
    for name in reversed(definition.scale_path):
        inner = {name: inner}
    document |= {"metadata": config.get("metadata") or {}, **(inner if replicas is not None else {})}
    applied = with_changes(patch, config=document).apply(current)
    asked = bodies.to_object(bodies.Body(applied), type(current), "Ignore")
    version = asked.metadata.resource_version if patch.names_version else ""
    scaled = _scaled(current, scale_of(asked).spec.replicas, version)
    metadata = replace(scaled.metadata, managed_fields=asked.metadata.managed_fields)
    return replace(scaled, metadata=metadata)


def scale_of(obj: Resource) -> Scale:
    """The Scale that an object shows, by the paths of its Definition."""
    paths, metadata = obj.definition.scale, obj.metadata
    assert paths is not None
    selector = _at(obj, paths.selector)
    document = selector.to_dict() if isinstance(selector, LabelSelector) else {}
    text = selector if isinstance(selector, str) else str(label_selector_from_document(document))
    return Scale(
        metadata=ObjectMeta(
            name=metadata.name,
            namespace=metadata.namespace,
            uid=metadata.uid,
            resource_version=metadata.resource_version,
            creation_timestamp=metadata.creation_timestamp,
        ),
        spec=ScaleSpec(replicas=_at(obj, paths.spec) or 0),
        status=ScaleStatus(replicas=_at(obj, paths.status) or 0, selector=text),
    )


def _at(obj: Any, path: str) -> Any:
    """What lies at a path of attributes, or of members where the object is plain JSON; None for nothing."""
    for name in path.split(".") if path else ():
        obj = obj.get(name) if isinstance(obj, Mapping) else getattr(obj, name, None)
    return obj if path else None


def _with(obj: Any, names: Sequence[str], value: int) -> Any:
    """A copy in which that is `value`."""
    if not names:
        return value
    name, *rest = names
    if isinstance(obj, Model):
        return replace(obj, **{name: _with(getattr(obj, name, None), rest, value)})
    return {**(obj or {}), name: _with((obj or {}).get(name), rest, value)}


def _scaled(current: Resource, replicas: int, version: str) -> Resource:
    """A copy with so many replicas. Raises: Invalid for less than none."""
    paths = current.definition.scale
    assert paths is not None
    if replicas < 0:
        error = invalid_value("spec.replicas", replicas, "must be greater than or equal to 0")
        raise invalid("autoscaling", "Scale", current.metadata.name, [error])
    metadata = replace(current.metadata, resource_version=version)
    scaled: Resource = _with(replace(current, metadata=metadata), paths.spec.split("."), replicas)
    return scaled
