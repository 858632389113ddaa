"""What the schemas and levels named `exempt` and `catch-all` have to be: nobody can change them.

Kubernetes: staging/src/k8s.io/apiserver/pkg/apis/flowcontrol/bootstrap/default.go
"""

from __future__ import annotations

from collections.abc import Mapping

from minikube_py.api.kinds.flowcontrol.flow_schema_spec import (
    FlowDistinguisherMethod,
    FlowSchemaSpec,
    GroupSubject,
    NonResourcePolicyRule,
    PolicyRulesWithSubjects,
    PriorityLevelConfigurationReference,
    ResourcePolicyRule,
    Subject,
)
from minikube_py.api.kinds.flowcontrol.priority_level_spec import (
    ExemptPriorityLevelConfiguration,
    LimitedPriorityLevelConfiguration,
    LimitResponse,
    PriorityLevelConfigurationSpec,
)

_ALL = ("*",)
ANY_RESOURCE = ResourcePolicyRule(verbs=_ALL, api_groups=_ALL, resources=_ALL, cluster_scope=True, namespaces=_ALL)
ANY_URL = NonResourcePolicyRule(verbs=_ALL, non_resource_urls=_ALL)


def _anything(level: str, precedence: int, method: str, *groups: str) -> FlowSchemaSpec:
    """`method` is what makes flows of the requests, if anything."""
    rule = PolicyRulesWithSubjects(
        subjects=tuple(Subject(kind="Group", group=GroupSubject(name=name)) for name in groups),
        resource_rules=(ANY_RESOURCE,),
        non_resource_rules=(ANY_URL,),
    )
    return FlowSchemaSpec(
        priority_level_configuration=PriorityLevelConfigurationReference(name=level),
        matching_precedence=precedence,
        distinguisher_method=FlowDistinguisherMethod(type=method) if method else None,
        rules=(rule,),
    )


MANDATORY_SCHEMAS: Mapping[str, FlowSchemaSpec] = {
    "exempt": _anything("exempt", 1, "", "system:masters"),
    "catch-all": _anything("catch-all", 10000, "ByUser", "system:unauthenticated", "system:authenticated"),
}
MANDATORY_LEVELS: Mapping[str, PriorityLevelConfigurationSpec] = {
    "exempt": PriorityLevelConfigurationSpec(
        type="Exempt", exempt=ExemptPriorityLevelConfiguration(nominal_concurrency_shares=0, lendable_percent=0)
    ),
    "catch-all": PriorityLevelConfigurationSpec(
        type="Limited",
        limited=LimitedPriorityLevelConfiguration(
            nominal_concurrency_shares=5, limit_response=LimitResponse(type="Reject"), lendable_percent=0
        ),
    ),
}
"""Of `exempt`, the shares may be others."""
