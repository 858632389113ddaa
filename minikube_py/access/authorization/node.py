"""The Node authorizer: a kubelet may read what the pods on its node need, and write about itself.

What a node needs is looked up when it asks: the pods that the cache has for it, and what these name.

Kubernetes: plugin/pkg/auth/authorizer/node
Simplified: no graph is kept. What upstream's NodeRestriction says about whose an object is, is said here. Persistent
volumes, attachments and claims of devices are read by any node.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from minikube_py.access.authorization.authorizer import Action, Decision
from minikube_py.access.authorization.default_roles import default_rules
from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.api.kinds.authorization.self_subject_rules_review import SubjectRulesReviewStatus
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.watchcache.cacher import Cacher

_NODES = "system:nodes"
_NODE = "system:node:"
_NO_OPINION = Decision(allowed=False)
_OWN = {"nodes", "csinodes", "leases"}
"""Kinds of which a node has one object, of its own name."""
_NEEDED = {"secrets", "configmaps", "persistentvolumeclaims", "serviceaccounts"}
"""Kinds of which a node may touch what its pods name."""
_NAMED_BY = {
    "secretName": "secrets",
    "secretRef": "secrets",
    "secretKeyRef": "secrets",
    "secret": "secrets",
    "nodePublishSecretRef": "secrets",
    "imagePullSecrets": "secrets",
    "configMap": "configmaps",
    "configMapRef": "configmaps",
    "configMapKeyRef": "configmaps",
    "claimName": "persistentvolumeclaims",
    "serviceAccountName": "serviceaccounts",
}
"""Which fields of a pod's spec name what: the name itself, an object with it, or a list of such objects."""


def node_of(user: UserInfo) -> str:
    """The node whose kubelet this is; empty for everybody else."""
    return user.username.removeprefix(_NODE) if user.username.startswith(_NODE) and _NODES in user.groups else ""


class NodeAuthorizer:
    def __init__(self, cacher: Cacher) -> None:
        self._cacher = cacher
        self._rules = default_rules("system:node")

    def decide(self, user: UserInfo, action: Action) -> Decision:
        node = node_of(user)
        if not node or not any(rule.allows(action) for rule in self._rules):
            return _NO_OPINION
        problem = self._problem(node, action)
        return Decision(not problem, problem)

    def rules(self, user: UserInfo, namespace: str) -> SubjectRulesReviewStatus:
        if node_of(user):
            return SubjectRulesReviewStatus(incomplete=True, evaluation_error="node authorizer does not support rules")
        return SubjectRulesReviewStatus()

    def _problem(self, node: str, action: Action) -> str:
        """Why this node may not do what nodes may; empty when it may."""
        if action.resource in _OWN:
            if action.name not in (("", node) if action.verb == "create" else (node,)):
                return f"node '{node}' cannot {action.verb} {action.resource} of other nodes"
        elif action.resource == "pods" and action.verb in ("list", "watch"):
            if f"spec.nodeName={node}" not in action.field_selector.replace("==", "=").split(","):
                return "can only list/watch pods with spec.nodeName field selector"
        elif action.resource == "pods" and action.verb != "create":
            if action.name not in (pod["metadata"]["name"] for pod in self._pods(node, action.namespace)):
                return f"no relationship found between node '{node}' and this object"
        elif action.resource in _NEEDED:
            specs = (pod["spec"] for pod in self._pods(node, action.namespace))
            if not action.name or not any((action.resource, action.name) in names_in(spec) for spec in specs):
                return f"no relationship found between node '{node}' and this object"
        return ""

    def _pods(self, node: str, namespace: str) -> Iterator[Any]:
        for item in self._cacher.of(Pod).everything():
            fields = item.fields
            if fields["spec.nodeName"] == node and fields["metadata.namespace"] == namespace:
                yield orjson.loads(item.data)


def names_in(spec: Any) -> Iterator[tuple[str, str]]:
    """Everything of its namespace that a pod's spec names, as (plural, name)."""
    for key, value in spec.items() if isinstance(spec, dict) else enumerate(spec):
        plural = _NAMED_BY.get(str(key))
        if plural is not None:
            for each in value if isinstance(value, list) else [value]:
                name = each.get("name") if isinstance(each, dict) else each
                if isinstance(name, str):
                    yield plural, name
        if isinstance(value, (dict, list)):
            yield from names_in(value)
