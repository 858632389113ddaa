"""Fetches the config maps and secrets that a pod names, and knows the services.

Kubernetes: pkg/kubelet/util/manager (watch-based there)
Simplified: one GET an object each time a pod is set up or refreshed, instead of a watch for each.
"""

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.secret import Secret
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.kinds.node.runtime_class import RuntimeClass
from minikube_py.api.resource import Resource
from minikube_py.api.status import NotFound
from minikube_py.client.client import Client
from minikube_py.kubelet.references import MissingReference, References, referenced_names

R = TypeVar("R", bound=Resource)


class ReferenceFetcher:
    """With `kept_s` what was found is believed for so long: thousands of simulated pods name the same config map."""

    def __init__(
        self, client: Client | None, services: Callable[[], Iterable[Service]] = tuple, *, kept_s: float = 0.0
    ) -> None:
        self._client = client
        self._services = services
        self._kept_s = kept_s
        self._kept: dict[tuple[type[Resource], str, str], tuple[float, Resource]] = {}

    async def fetch(self, pod: Pod) -> References:
        """What the pod's spec names and what exists of it. Raises: ApiError when the server cannot say."""
        names, namespace = referenced_names(pod), pod.metadata.namespace
        config_maps = {name: await self._get(ConfigMap, namespace, name) for name in sorted(names.config_maps)}
        secrets = {name: await self._get(Secret, namespace, name) for name in sorted(names.secrets)}
        return References(
            {name: found for name, found in config_maps.items() if found is not None},
            {name: found for name, found in secrets.items() if found is not None},
            tuple(self._services()),
        )

    async def runtime_handler(self, pod: Pod) -> str:
        """What the pod's runtime class names; empty without one. Raises: ApiError, MissingReference."""
        name = pod.spec.runtime_class_name
        if name is None or self._client is None:
            return ""
        found = await self._get(RuntimeClass, "", name)
        if found is None:
            raise MissingReference(f'RuntimeClass "{name}" not found')
        return found.handler

    async def _get(self, kind: type[R], namespace: str, name: str) -> R | None:
        if self._client is None:
            return None
        kept = self._kept.get((kind, namespace, name))
        if kept is not None and time.monotonic() < kept[0] and isinstance(kept[1], kind):
            return kept[1]
        try:
            found = await self._client.get(kind, name, namespace=namespace)
        except NotFound:
            return None
        if self._kept_s:
            self._kept[kind, namespace, name] = (time.monotonic() + self._kept_s, found)
        return found
