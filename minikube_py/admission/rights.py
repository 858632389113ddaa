"""Rights: what a write needs beyond its verb, because of what is in it.

- Who writes a role must have all its rights, or the verb `escalate` on it.
- Who binds a role must have all its rights, or the verb `bind` on it.
- Who makes a new object by an update or a patch needs `create` as well.

Kubernetes: pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased, registry/rest/update.go
"""

from __future__ import annotations

from dataclasses import replace as with_changes

from minikube_py.access.authentication.caller import CALLER
from minikube_py.access.authorization.authorizer import Action, Authorizer, not_allowed
from minikube_py.access.authorization.rbac import RbacAuthorizer
from minikube_py.access.authorization.rules import Rule, missing
from minikube_py.admission.chain import Attributes, Plugin
from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.api.kinds.rbac.cluster_role import ClusterRole
from minikube_py.api.kinds.rbac.cluster_role_binding import ClusterRoleBinding
from minikube_py.api.kinds.rbac.role import Role
from minikube_py.api.kinds.rbac.role_binding import RoleBinding
from minikube_py.api.resource import Resource
from minikube_py.api.status import NotFound, forbidden

_RBAC = "rbac.authorization.k8s.io"
_EVERYTHING = (Rule(("*",), ("*",), ("*",)), Rule(("*",), urls=("*",)))


class Rights(Plugin):
    def __init__(self, authorizer: Authorizer, rbac: RbacAuthorizer) -> None:
        self._authorizer = authorizer
        self._rbac = rbac

    async def validate(self, obj: Resource, attributes: Attributes) -> None:
        if attributes.operation not in ("CREATE", "UPDATE"):
            return
        if attributes.operation == "CREATE":
            self._check_creation()
        if isinstance(obj, (Role, ClusterRole)):
            self._check_role(obj, attributes)
        elif isinstance(obj, (RoleBinding, ClusterRoleBinding)):
            self._check_binding(obj, attributes)

    def _check_creation(self) -> None:
        caller = CALLER.get()
        if caller.action.verb in ("update", "patch"):
            action = with_changes(caller.action, verb="create")
            decision = self._authorizer.decide(caller.user, action)
            if not decision.allowed:
                raise not_allowed(caller.user, action, decision)

    def _check_role(self, role: Role | ClusterRole, attributes: Attributes) -> None:
        old = attributes.old
        if isinstance(old, (Role, ClusterRole)) and old.rules == role.rules and _aggregation(old) == _aggregation(role):
            return
        if self._may("escalate", attributes.resource, attributes.namespace, role.metadata.name):
            return
        user = CALLER.get().user
        if _aggregation(role) is not None and missing(self._rbac.owned(user, "")[0], _EVERYTHING):
            why = "must have cluster-admin privileges to use the aggregationRule"
            raise forbidden(role.definition, role.metadata.name, why)
        wanted = tuple(Rule.of(rule.to_dict()) for rule in role.rules or ())
        self._check_owned(user, role, attributes.namespace, wanted)

    def _check_binding(self, binding: RoleBinding | ClusterRoleBinding, attributes: Attributes) -> None:
        old = attributes.old
        if isinstance(old, (RoleBinding, ClusterRoleBinding)) and _given(old) == _given(binding):
            return
        ref = binding.role_ref
        kind = Role if ref.kind == "Role" else ClusterRole
        if self._may("bind", kind, attributes.namespace, ref.name):
            return
        rules = self._rbac.role(ref.kind, attributes.namespace, ref.name)
        if rules is None:
            definition = binding.definition
            details = {"name": ref.name, "group": _RBAC, "kind": definition.plural}
            raise NotFound(f'{definition.group_resource} "{ref.name}" not found', details=details)
        self._check_owned(CALLER.get().user, binding, attributes.namespace, rules)

    def _may(self, verb: str, kind: type[Resource], namespace: str, name: str) -> bool:
        action = Action(verb, _RBAC, kind.definition.plural, namespace=namespace, name=name)
        return self._authorizer.decide(CALLER.get().user, action).allowed

    def _check_owned(self, user: UserInfo, obj: Resource, namespace: str, wanted: tuple[Rule, ...]) -> None:
        owned, errors = self._rbac.owned(user, namespace)
        lacking = missing(owned, wanted)
        if not lacking:
            return
        groups = " ".join(f'"{group}"' for group in user.groups)
        why = f'user "{user.username}" (groups=[{groups}]) is attempting to grant RBAC permissions not currently held:'
        why = "\n".join((why, *map(str, lacking)))
        why += f"; resolution errors: [{', '.join(errors)}]" if errors else ""
        raise forbidden(obj.definition, obj.metadata.name, why)


def _given(binding: RoleBinding | ClusterRoleBinding) -> object:
    return binding.role_ref, binding.subjects


def _aggregation(role: Resource) -> object:
    return role.aggregation_rule if isinstance(role, ClusterRole) else None
