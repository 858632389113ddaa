"""Flow control as it is configured: by the FlowSchemas and priority levels that are stored.

`run` keeps three things true, after each change to either kind: the controller goes by what is stored, the default
objects are there, and each schema's status says whether its level exists.

Kubernetes: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/apf_controller.go, pkg/registry/flowcontrol/{ensurer,rest}
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from minikube_py.api.conditions import find_condition
from minikube_py.api.kinds.flowcontrol.flow_schema import FlowSchema, FlowSchemaCondition, FlowSchemaStatus
from minikube_py.api.kinds.flowcontrol.priority_level_configuration import PriorityLevelConfiguration
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.status import AlreadyExists, ApiError, NotFound
from minikube_py.apiserver.writer import Target, Writer
from minikube_py.flowcontrol.controller import FlowController
from minikube_py.flowcontrol.defaults import AUTO_UPDATE, LEVELS, MANDATORY_LEVELS, MANDATORY_SCHEMAS, SCHEMAS
from minikube_py.patching.managed_fields import Manager
from minikube_py.storage.interface import StorageError
from minikube_py.watchcache.cacher import Cacher
from minikube_py.watchcache.watch_cache import Listener

log = logging.getLogger(__name__)

_AGAIN_S = 1.0
_MANAGER = "api-priority-and-fairness-config"
_MANDATORY = (*MANDATORY_LEVELS, *MANDATORY_SCHEMAS)


class FlowConfig:
    def __init__(self, cacher: Cacher, flows: FlowController) -> None:
        self._cacher = cacher
        self._flows = flows
        self._is_due = asyncio.Event()
        self._is_due.set()
        for kind in (FlowSchema, PriorityLevelConfiguration):
            cacher.of(kind).subscribe(Listener(self._is_due.set), None)

    async def run(self, writer: Writer) -> None:
        """Until cancelled."""
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            try:
                self._configure()
                for wanted in (*LEVELS, *SCHEMAS):
                    await self._ensure(writer, wanted)
                for schema in self._cacher.objects(FlowSchema):
                    await self._report(writer, schema)
            except (ApiError, StorageError) as error:
                log.info("flow control is configured again", extra={"error": str(error)})
                self._is_due.set()
                await asyncio.sleep(_AGAIN_S)

    def _configure(self) -> None:
        levels = self._cacher.objects(PriorityLevelConfiguration)
        self._flows.configure(self._cacher.objects(FlowSchema), levels)

    async def _ensure(self, writer: Writer, wanted: Resource) -> None:
        """Create what is missing; put right what has not opted out of that."""
        kind, name = type(wanted), wanted.metadata.name
        target = Target(kind, "", name, manager=_manager(kind, "producer-v1"))
        current = await self._cacher.find(kind, "", name)
        if current is None:
            with suppress(AlreadyExists):
                await writer.create(target, wanted.defaulted())
        elif _differs(current, wanted):
            await writer.update(target, lambda found: replace(found, spec=wanted.spec))  # type: ignore[attr-defined]

    async def _report(self, writer: Writer, schema: FlowSchema) -> None:
        level = schema.spec.priority_level_configuration.name
        condition = _dangling(level, exists=await self._cacher.find(PriorityLevelConfiguration, "", level) is not None)
        known = find_condition(schema.status.conditions, condition.type)
        if known is not None and (known.status, known.message) == (condition.status, condition.message):
            return
        manager = _manager(FlowSchema, "consumer-v1", "status")
        target = Target(FlowSchema, "", schema.metadata.name, subresource="status", manager=manager)

        def told(current: FlowSchema) -> FlowSchema:
            others = (each for each in current.status.conditions if each.type != condition.type)
            return replace(current, status=FlowSchemaStatus(conditions=(*others, condition)))

        with suppress(NotFound):
            await writer.update(target, told)  # type: ignore[arg-type]  # it is given what the target names


def _differs(current: Resource, wanted: Resource) -> bool:
    """Whether the server may, and has to, change it back; of what is mandatory there is no way out."""
    is_ours = wanted in _MANDATORY or current.metadata.annotations.get(AUTO_UPDATE) == "true"
    return is_ours and current.spec != wanted.defaulted().spec  # type: ignore[attr-defined]


def _manager(kind: type[Resource], part: str, subresource: str = "") -> Manager:
    version = kind.definition.api_version
    return Manager(f"{_MANAGER}-{part}", api_version=version, subresource=subresource)


def _dangling(level: str, *, exists: bool) -> FlowSchemaCondition:
    named = f'This FlowSchema references the PriorityLevelConfiguration object named "{level}"'
    return FlowSchemaCondition(
        type="Dangling",
        status="False" if exists else "True",
        last_transition_time=Time.now(),
        reason="Found" if exists else "NotFound",
        message=f"{named} and it exists" if exists else f"{named} but there is no such object",
    )
