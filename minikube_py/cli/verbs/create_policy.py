"""pykubectl create quota, priorityclass and poddisruptionbudget: objects that set limits to others.

Kubernetes: kubectl pkg/cmd/create/create_quota.go, create_priorityclass.go, create_pdb.go.
"""

from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.creating import CreateFlags, create_generated, one_name
from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.errors import CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.selector_text import label_selector
from minikube_py.client.yaml_text import Document

_QUOTAS = ResourceType("", "v1", "resourcequotas", "ResourceQuota", is_namespaced=True)
_PRIORITY_CLASSES = ResourceType("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", is_namespaced=False)
_BUDGETS = ResourceType("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", is_namespaced=True)


@dataclass(frozen=True)
class QuotaFlags(CreateFlags):
    """What create quota takes."""

    hard: str = flag("", "", "The limits, such as cpu=2,pods=10.")
    scopes: str = flag("", "", "Which pods count, such as BestEffort.")


@dataclass(frozen=True)
class PriorityClassFlags(CreateFlags):
    """What create priorityclass takes."""

    value: int = flag(0, "", "The priority; higher goes first.")
    global_default: bool = flag(False, "", "For pods that name no class.")
    description: str = flag("", "", "When to use the class.")
    preemption_policy: str = flag("PreemptLowerPriority", "", "PreemptLowerPriority or Never.")


@dataclass(frozen=True)
class BudgetFlags(CreateFlags):
    """What create poddisruptionbudget takes."""

    selector: str = flag("", "", "Which pods; required.")
    min_available: str = flag("", "", "How many pods, or which percentage, must stay.")
    max_unavailable: str = flag("", "", "How many pods, or which percentage, may be gone.")


def create_quota(call: Invocation[QuotaFlags]) -> None:
    """Create a resource quota."""
    flags = call.flags
    name = one_name(call)
    spec: Document = {}
    if flags.hard:
        spec["hard"] = _amounts(flags.hard)
    if flags.scopes:
        spec["scopes"] = flags.scopes.split(",")
    document = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name}, "spec": spec, "status": {}}
    create_generated(call, _QUOTAS, document, "failed to create quota: ")


def create_priority_class(call: Invocation[PriorityClassFlags]) -> None:
    """Create a priority class."""
    flags = call.flags
    name = one_name(call)
    document: Document = {
        "apiVersion": "scheduling.k8s.io/v1",
        **({"description": flags.description} if flags.description else {}),
        **({"globalDefault": True} if flags.global_default else {}),
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "preemptionPolicy": flags.preemption_policy,
        "value": flags.value,
    }
    create_generated(call, _PRIORITY_CLASSES, document, "failed to create priorityclass: ")


def create_budget(call: Invocation[BudgetFlags]) -> None:
    """Create a pod disruption budget."""
    flags = call.flags
    name = one_name(call)
    if not flags.selector:
        raise CommandError("a selector must be specified")
    if not flags.min_available and not flags.max_unavailable:
        raise CommandError("one of min-available or max-unavailable must be specified")
    if flags.min_available and flags.max_unavailable:
        raise CommandError("min-available and max-unavailable cannot be both specified")
    field, amount = (
        ("minAvailable", flags.min_available) if flags.min_available else ("maxUnavailable", flags.max_unavailable)
    )
    document = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {
            field: int(amount) if amount.lstrip("-").isdigit() else amount,
            "selector": label_selector(flags.selector),
        },
        "status": {"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0},
    }
    create_generated(call, _BUDGETS, document, "failed to create poddisruptionbudget: ")


def _amounts(text: str) -> dict[str, str]:
    amounts: dict[str, str] = {}
    for part in text.split(","):
        name, equals, amount = part.partition("=")
        if not equals or "=" in amount:
            raise CommandError(f"Invalid argument syntax {part}, expected <resource>=<value>")
        amounts[name] = amount
    return amounts


QUOTA = Verb(
    "quota",
    create_quota,
    QuotaFlags,
    summary="Limit what a namespace may use",
    usage="quota NAME [--hard=NAME=AMOUNT,...] [--scopes=SCOPE,...]",
)
PRIORITY_CLASS = Verb(
    "priorityclass",
    create_priority_class,
    PriorityClassFlags,
    summary="Create a priority class",
    usage="priorityclass NAME --value=NUMBER [--global-default] [--preemption-policy=POLICY]",
)
BUDGET = Verb(
    "poddisruptionbudget",
    create_budget,
    BudgetFlags,
    summary="Keep evictions from taking too many pods",
    usage="poddisruptionbudget NAME --selector=SELECTOR (--min-available=AMOUNT | --max-unavailable=AMOUNT)",
)
