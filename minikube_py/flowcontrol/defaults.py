"""The schemas and levels that every cluster begins with. Two of each count even when somebody deletes them.

Kubernetes: staging/src/k8s.io/apiserver/pkg/apis/flowcontrol/bootstrap/default.go
"""

from __future__ import annotations

from minikube_py.api.kinds.flowcontrol import mandatory
from minikube_py.api.kinds.flowcontrol.flow_schema import FlowSchema
from minikube_py.api.kinds.flowcontrol.flow_schema_spec import (
    FlowDistinguisherMethod,
    FlowSchemaSpec,
    GroupSubject,
    NonResourcePolicyRule,
    PolicyRulesWithSubjects,
    PriorityLevelConfigurationReference,
    ResourcePolicyRule,
    ServiceAccountSubject,
    Subject,
    UserSubject,
)
from minikube_py.api.kinds.flowcontrol.priority_level_configuration import PriorityLevelConfiguration
from minikube_py.api.kinds.flowcontrol.priority_level_spec import (
    LimitedPriorityLevelConfiguration,
    LimitResponse,
    PriorityLevelConfigurationSpec,
    QueuingConfiguration,
)
from minikube_py.api.meta import ObjectMeta

AUTO_UPDATE = "apf.kubernetes.io/autoupdate-spec"
"""The annotation whose value "true" lets the server put a default object's spec right."""

_ALL = ("*",)
_LEASES = ResourcePolicyRule(verbs=_ALL, api_groups=("coordination.k8s.io",), resources=("leases",), namespaces=_ALL)
_ANYTHING = (mandatory.ANY_RESOURCE, mandatory.ANY_URL)

Rule = ResourcePolicyRule | NonResourcePolicyRule


def _user(name: str) -> Subject:
    return Subject(kind="User", user=UserSubject(name=name))


def _group(name: str) -> Subject:
    return Subject(kind="Group", group=GroupSubject(name=name))


_OF_SYSTEM = Subject(kind="ServiceAccount", service_account=ServiceAccountSubject(namespace="kube-system", name="*"))
_MANAGER, _SCHEDULER = _user("system:kube-controller-manager"), _user("system:kube-scheduler")
_NODES, _EVERYBODY = _group("system:nodes"), (_group("system:unauthenticated"), _group("system:authenticated"))


def _metadata(name: str) -> ObjectMeta:
    return ObjectMeta(name=name, annotations={AUTO_UPDATE: "true"})


def _schema(
    name: str, precedence: int, level: str, method: str, subjects: tuple[Subject, ...], rules: tuple[Rule, ...]
) -> FlowSchema:
    """`method` is what makes flows of its requests, if anything."""
    rule = PolicyRulesWithSubjects(
        subjects=subjects,
        resource_rules=tuple(rule for rule in rules if isinstance(rule, ResourcePolicyRule)),
        non_resource_rules=tuple(rule for rule in rules if isinstance(rule, NonResourcePolicyRule)),
    )
    spec = FlowSchemaSpec(
        priority_level_configuration=PriorityLevelConfigurationReference(name=level),
        matching_precedence=precedence,
        distinguisher_method=FlowDistinguisherMethod(type=method) if method else None,
        rules=(rule,),
    )
    return FlowSchema(metadata=_metadata(name), spec=spec)


def _level(name: str, shares: int, lendable: int, queues: int = 0, hand_size: int = 0) -> PriorityLevelConfiguration:
    queuing = QueuingConfiguration(queues=queues, hand_size=hand_size, queue_length_limit=50) if queues else None
    limited = LimitedPriorityLevelConfiguration(
        nominal_concurrency_shares=shares,
        limit_response=LimitResponse(type="Queue" if queues else "Reject", queuing=queuing),
        lendable_percent=lendable,
    )
    spec = PriorityLevelConfigurationSpec(type="Limited", limited=limited)
    return PriorityLevelConfiguration(metadata=_metadata(name), spec=spec)


_PROBES = NonResourcePolicyRule(verbs=("get",), non_resource_urls=("/healthz", "/readyz", "/livez"))
_ELECTION = ResourcePolicyRule(
    verbs=("get", "create", "update"), api_groups=_LEASES.api_groups, resources=("leases",), namespaces=_ALL
)
_OWN_NODE = ResourcePolicyRule(
    verbs=_ALL, api_groups=("",), resources=("nodes", "nodes/status"), cluster_scope=True, namespaces=_ALL
)

MANDATORY_LEVELS = tuple(
    PriorityLevelConfiguration(metadata=_metadata(name), spec=level)
    for name, level in mandatory.MANDATORY_LEVELS.items()
)
MANDATORY_SCHEMAS = tuple(
    FlowSchema(metadata=_metadata(name), spec=schema) for name, schema in mandatory.MANDATORY_SCHEMAS.items()
)
LEVELS = (
    *MANDATORY_LEVELS,
    _level("system", 30, 33, 64, 6),
    _level("node-high", 40, 25, 64, 6),
    _level("leader-election", 10, 0, 16, 4),
    _level("workload-high", 40, 50, 128, 6),
    _level("workload-low", 100, 90, 128, 6),
    _level("global-default", 20, 50, 128, 6),
)
SCHEMAS = (
    *MANDATORY_SCHEMAS,
    _schema("probes", 2, "exempt", "", _EVERYBODY, (_PROBES,)),
    _schema(
        "system-leader-election", 100, "leader-election", "ByUser", (_MANAGER, _SCHEDULER, _OF_SYSTEM), (_ELECTION,)
    ),
    _schema("system-node-high", 400, "node-high", "ByUser", (_NODES,), (_OWN_NODE, _LEASES)),
    _schema("system-nodes", 500, "system", "ByUser", (_NODES,), _ANYTHING),
    _schema("kube-controller-manager", 800, "workload-high", "ByNamespace", (_MANAGER,), _ANYTHING),
    _schema("kube-scheduler", 800, "workload-high", "ByNamespace", (_SCHEDULER,), _ANYTHING),
    _schema("kube-system-service-accounts", 900, "workload-high", "ByNamespace", (_OF_SYSTEM,), _ANYTHING),
    _schema("service-accounts", 9000, "workload-low", "ByUser", (_group("system:serviceaccounts"),), _ANYTHING),
    _schema("global-default", 9900, "global-default", "ByUser", _EVERYBODY, _ANYTHING),
)
