"""CustomKinds: serves the kinds that users bring, from the moment that their names are accepted until they are gone.

    a definition is written -> its kinds are followed by the watch cache      (refresh, in step with the cache)
    its names are free      -> accepted and established, so they are served   (run, by a write of the status)
    it is to be deleted     -> its objects go first, then its finalizer       (run)
    a group has a kind      -> the group has an APIService                    (run)

Invariant: whoever reads of an established definition from this server is served its kinds, because the registry is
changed before the cache says that it has come so far.

Kubernetes: staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go, pkg/controller
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import starmap

from minikube_py.admission.chain import Attributes, Plugin
from minikube_py.api.kinds.apiextensions.custom_resource_definition import FINALIZER, CustomResourceDefinition
from minikube_py.api.kinds.apiextensions.definition_spec import CustomResourceDefinitionStatus
from minikube_py.api.kinds.apiregistration.api_service import APIService
from minikube_py.api.meta import DeleteOptions
from minikube_py.api.model import replace
from minikube_py.api.registry import Registry
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.status import ApiError, NotFound, forbidden, invalid
from minikube_py.apiserver.bootstrap import ensure
from minikube_py.apiserver.writer import Target, Writer
from minikube_py.customresources.checking import schema_errors
from minikube_py.customresources.kind import CustomResource, kinds_of
from minikube_py.customresources.naming import is_established, settled, with_condition
from minikube_py.discovery.api_groups import MANAGED, custom_api_service
from minikube_py.errors import MinikubeError
from minikube_py.patching.managed_fields import Manager
from minikube_py.storage.interface import StorageError
from minikube_py.watchcache.cacher import Cacher

log = logging.getLogger(__name__)

_AGAIN_S = 1.0
_MANAGER = "kube-apiserver"


@dataclass(frozen=True, slots=True)
class _Known:
    """A definition and what was made of it."""

    revision: int
    definition: CustomResourceDefinition
    kinds: tuple[type[CustomResource], ...]
    served: tuple[type[CustomResource], ...]

    @property
    def is_ending(self) -> bool:
        return self.definition.metadata.deletion_timestamp is not None


class CustomKinds(Plugin):
    """Also an admission plugin: of definitions, and of objects whose definition is being deleted."""

    def __init__(self, registry: Registry, cacher: Cacher) -> None:
        self._registry = registry
        self._cacher = cacher
        self._known: dict[str, _Known] = {}
        self._seen = (0, 0)
        self._is_due = asyncio.Event()
        cacher.before_advance = self._refresh

    async def _refresh(self) -> None:
        """Take in what has changed about definitions."""
        cache = self._cacher.of(CustomResourceDefinition)
        seen = cache.changes, self._cacher.of(APIService).changes
        if seen == self._seen:
            return
        self._seen = seen
        current = {item.key: item for item in cache.everything()}
        for key in self._known.keys() - current.keys():
            gone = self._known.pop(key)
            self._registry.replace(gone.served, ())
            self._cacher.end(gone.kinds)
        for key, item in current.items():
            known = self._known.get(key)
            if known is None or known.revision != item.revision:
                await self._take_in(key, item.revision, CustomResourceDefinition.from_json(item.data))
        self._is_due.set()

    async def _take_in(self, key: str, revision: int, definition: CustomResourceDefinition) -> None:
        known = self._known.get(key, _Known(0, definition, (), ()))
        before, kinds = known.definition, known.kinds
        if not kinds or _shape(before) != _shape(definition):
            kinds = _kinds_of(definition)
            await self._cacher.begin(kinds)
        served = tuple(self._to_serve(definition, kinds))
        self._registry.replace(known.served, served)
        self._known[key] = _Known(revision, definition, kinds, served)
        if kinds is not known.kinds:
            self._cacher.end(known.kinds)

    def _to_serve(
        self, definition: CustomResourceDefinition, kinds: Iterable[type[CustomResource]]
    ) -> Iterable[type[CustomResource]]:
        if not is_established(definition):
            return
        served = {version.name for version in definition.spec.versions if version.served}
        for kind in kinds:
            made = kind.definition
            there = self._registry.find(made.group, made.version, made.plural)
            is_built_in = there is not None and not issubclass(there, CustomResource)
            if made.version in served and not is_built_in:
                yield kind

    async def run(self, writer: Writer) -> None:
        """Settle names and finish deletions until cancelled."""
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            try:
                is_done = await self._settle(writer)
                await self._list_groups(writer)
            except (ApiError, StorageError) as error:
                log.info("custom resource definitions are looked at again", extra={"error": str(error)})
                is_done = False
            if not is_done:
                asyncio.get_running_loop().call_later(_AGAIN_S, self._is_due.set)

    async def _settle(self, writer: Writer) -> bool:
        """Write what is missing in the status of each definition; whether nothing is left to wait for."""
        definitions = {key: known.definition for key, known in self._known.items()}
        is_done = True
        for key, definition in definitions.items():
            others = [each for name, each in definitions.items() if name != key]
            try:
                if definition.metadata.deletion_timestamp is not None:
                    is_done = await self._clean_up(writer, self._known[key]) and is_done
                elif settled(definition, others, Time.now()) != definition.status:
                    definitions[key] = await _write_status(writer, definition, functools.partial(_settled, others))
            except (NotFound, KeyError):
                # Gone in the meantime, as the cache will say.
                continue
        return is_done

    async def _list_groups(self, writer: Writer) -> None:
        """An APIService for each group and version that has a custom kind, and for no other."""
        served = {
            (kind.definition.group, kind.definition.version) for known in self._known.values() for kind in known.served
        }
        wanted = {service.metadata.name: service for service in starmap(custom_api_service, served)}
        listed = self._cacher.objects(APIService)
        for name in wanted.keys() - {each.metadata.name for each in listed}:
            await ensure(writer, wanted[name])
        for each in listed:
            if each.metadata.labels.get(MANAGED) == "true" and each.metadata.name not in wanted:
                with contextlib.suppress(NotFound):
                    await writer.delete(Target(APIService, "", each.metadata.name), DeleteOptions())

    async def _clean_up(self, writer: Writer, known: _Known) -> bool:
        """Delete the objects of a definition that is going, then let it go; False while some are left."""
        definition = known.definition
        if FINALIZER not in definition.metadata.finalizers:
            return True
        said = ("Terminating", "True", "InstanceDeletionInProgress", "CustomResource deletion is in progress")
        await _write_status(writer, definition, lambda current: with_condition(current.status, *said, Time.now()))
        for kind in known.kinds[:1]:
            if not await self._delete_all(writer, kind):
                return False

        def without_finalizer(current: Resource) -> Resource:
            finalizers = tuple(each for each in current.metadata.finalizers if each != FINALIZER)
            return replace(current, metadata=replace(current.metadata, finalizers=finalizers))

        await writer.update(_target(definition), without_finalizer)
        return True

    async def _delete_all(self, writer: Writer, kind: type[CustomResource]) -> bool:
        """Whether nothing is left."""
        await self._cacher.catch_up()
        for item in tuple(self._cacher.of(kind).everything()):
            target = Target(kind, item.fields["metadata.namespace"], item.fields["metadata.name"])
            try:
                await writer.delete(target, DeleteOptions())
            except NotFound:
                continue
        await self._cacher.catch_up()
        return len(self._cacher.of(kind)) == 0

    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        resource = attributes.resource
        if attributes.operation == "CREATE" and issubclass(resource, CustomResource):
            ending = any(known.is_ending and resource in known.kinds for known in self._known.values())
            if ending:
                why = "create not allowed while custom resource definition is terminating"
                raise forbidden(resource.definition, attributes.name, why)
        return obj

    async def validate(self, obj: Resource, attributes: Attributes) -> None:
        """What only the engines of rules, patterns and paths can say of a definition."""
        if not isinstance(obj, CustomResourceDefinition) or attributes.operation == "DELETE" or attributes.subresource:
            return
        if attributes.old is not None and attributes.old.spec == obj.spec:  # type: ignore[attr-defined]
            return
        errors = list(schema_errors(obj.spec))
        if errors:
            raise invalid(obj.definition.group, obj.definition.kind, obj.metadata.name, errors)


def _kinds_of(definition: CustomResourceDefinition) -> tuple[type[CustomResource], ...]:
    """None for a definition that was stored before what is wrong with it was looked for."""
    try:
        return kinds_of(definition)
    except MinikubeError as error:
        said = {"definition": definition.metadata.name, "error": str(error)}
        log.warning("a custom resource definition cannot be served", extra=said)
        return ()


def _shape(definition: CustomResourceDefinition) -> object:
    """What the classes of a definition depend on."""
    return definition.spec, definition.status.accepted_names


def _settled(
    others: Iterable[CustomResourceDefinition], current: CustomResourceDefinition
) -> CustomResourceDefinitionStatus:
    return settled(current, others, Time.now())


def _target(definition: CustomResourceDefinition, subresource: str = "") -> Target:
    manager = Manager(_MANAGER, "Update", definition.definition.api_version, subresource)
    return Target(CustomResourceDefinition, "", definition.metadata.name, subresource, manager=manager)


async def _write_status(
    writer: Writer,
    definition: CustomResourceDefinition,
    status_of: Callable[[CustomResourceDefinition], CustomResourceDefinitionStatus],
) -> CustomResourceDefinition:
    def change(current: Resource) -> Resource:
        assert isinstance(current, CustomResourceDefinition)
        return replace(current, status=status_of(current))

    written = (await writer.update(_target(definition, "status"), change)).obj
    assert isinstance(written, CustomResourceDefinition)
    return written
