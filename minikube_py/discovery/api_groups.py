"""In which order clients are told of the groups and versions, and the APIServices that say so.

Kubernetes: pkg/controlplane/apiserver/apiservices (DefaultGenericAPIServicePriorities), kube-aggregator autoregister
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from minikube_py.api.definition import Definition
from minikube_py.api.kinds.apiregistration.api_service import APIService
from minikube_py.api.kinds.apiregistration.api_service_spec import APIServiceSpec
from minikube_py.api.meta import ObjectMeta

REGISTRATION = "apiregistration.k8s.io"
"""The group that tells of the others; it comes first and has no APIService itself."""

_PRIORITIES: Mapping[str, int] = {
    REGISTRATION: 20000,
    "": 18000,
    "apps": 17800,
    "events.k8s.io": 17750,
    "authentication.k8s.io": 17700,
    "authorization.k8s.io": 17600,
    "autoscaling": 17500,
    "batch": 17400,
    "certificates.k8s.io": 17300,
    "networking.k8s.io": 17200,
    "policy": 17100,
    "rbac.authorization.k8s.io": 17000,
    "storage.k8s.io": 16800,
    "admissionregistration.k8s.io": 16700,
    "apiextensions.k8s.io": 16700,
    "scheduling.k8s.io": 16600,
    "coordination.k8s.io": 16500,
    "node.k8s.io": 16300,
    "discovery.k8s.io": 16200,
    "flowcontrol.apiserver.k8s.io": 16100,
}
_OF_OTHERS = 1000
_VERSION_PRIORITIES = {("", "v1"): 1, ("autoscaling", "v2"): 30, ("flowcontrol.apiserver.k8s.io", "v1"): 21}
_VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")


def group_order(definition: Definition) -> tuple[object, ...]:
    """Sorts kinds as clients are to prefer them: by group, then the newest stable version first."""
    return (-_PRIORITIES.get(definition.group, _OF_OTHERS), definition.group, *version_order(definition.version))


def version_order(version: str) -> tuple[int, int, int, str]:
    """Sorts versions: v2, v1, v1beta2, v1beta1, v1alpha1, and last what does not look like one."""
    found = _VERSION.fullmatch(version)
    if found is None:
        return (3, 0, 0, version)
    return ({None: 0, "beta": 1, "alpha": 2}[found[2]], -int(found[1]), -int(found[3] or 0), "")


MANAGED = "kube-aggregator.kubernetes.io/automanaged"
"""The label of what the server lists by itself: `onstart`, or `true` for groups that come and go with their kinds."""


def api_services(addresses: Iterable[tuple[str, str]]) -> list[APIService]:
    """One for each built-in (group, version): that this server itself serves it."""
    return [
        _api_service(
            group,
            version,
            "onstart",
            (_PRIORITIES.get(group, _OF_OTHERS), _VERSION_PRIORITIES.get((group, version), 15)),
        )
        for group, version in addresses
        if group != REGISTRATION
    ]


def custom_api_service(group: str, version: str) -> APIService:
    return _api_service(group, version, "true", (_OF_OTHERS, 100))


def _api_service(group: str, version: str, managed: str, priorities: tuple[int, int]) -> APIService:
    spec = APIServiceSpec(
        group=group, version=version, group_priority_minimum=priorities[0], version_priority=priorities[1]
    )
    return APIService(metadata=ObjectMeta(name=f"{version}.{group}", labels={MANAGED: managed}), spec=spec)
