"""The order in which a build's objects are printed: what others need comes first.

Kubernetes: kustomize api/internal/builtins/SortOrderTransformer.go; kubectl sorts in the legacy order.
"""

from collections.abc import Mapping
from typing import Any

from minikube_py.cli.errors import CommandError
from minikube_py.cli.kustomize.resource import Resource

FIRST = (
    *("Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount"),
    *("PodSecurityPolicy", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ConfigMap", "Secret"),
    *("Endpoints", "Service", "LimitRange", "PriorityClass", "PersistentVolume", "PersistentVolumeClaim"),
    *("Deployment", "StatefulSet", "CronJob", "PodDisruptionBudget"),
)
LAST = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def ordered(resources: list[Resource], options: Mapping[str, Any]) -> list[Resource]:
    """Put objects in the order that `sortOptions` asks for.

    Raises: CommandError for options that make no sense.
    """
    order, legacy = options.get("order", "") if options else "legacy", options.get("legacySortOptions")
    if order not in ("fifo", "legacy"):
        raise CommandError("the field 'sortOptions.order' must be one of [fifo, legacy]")
    if order == "fifo":
        if legacy is not None:
            raise CommandError(
                "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'"
            )
        return resources
    first, last = (FIRST, LAST) if legacy is None else (legacy.get("orderFirst") or (), legacy.get("orderLast") or ())
    ranks = {kind: rank - len(first) for rank, kind in enumerate(first)}
    ranks |= {kind: 1 + rank for rank, kind in enumerate(last)}

    def key(resource: Resource) -> tuple[int, str, str]:
        kind = resource.kind
        type_text = f"{kind.group or '~G'}_{kind.version or '~V'}_{kind.name}"
        return ranks.get(kind.name, 0), type_text, f"{resource.namespace or '~X'}|{resource.name}"

    return sorted(resources, key=key)
