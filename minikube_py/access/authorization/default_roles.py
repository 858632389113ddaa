"""The roles and bindings that every cluster with RBAC begins with, and their upkeep at each start.

They are written in `default_roles.txt`, a line a role with its bindings, then a line a rule:

    clusterrole NAME [+LABEL] [aggregates=LABEL] [SUBJECT ...]      role NAMESPACE NAME ...
      VERB ...: RESOURCE[.GROUP][/SUBRESOURCE] ... [= OBJECTNAME ...]      or: VERB ...: /PATH ...

A role whose line has subjects (or `nobody`) has a binding of its own name, unless `binding=` gives another.

Kubernetes: plugin/pkg/auth/authorizer/rbac/bootstrappolicy, pkg/registry/rbac/rest/storage_rbac.go
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

from minikube_py.access.authorization.rules import Rule, missing
from minikube_py.api.kinds.rbac.cluster_role import ClusterRole
from minikube_py.api.kinds.rbac.cluster_role_binding import ClusterRoleBinding
from minikube_py.api.kinds.rbac.policy_rule import AggregationRule
from minikube_py.api.kinds.rbac.role import Role
from minikube_py.api.kinds.rbac.role_binding import RoleBinding
from minikube_py.api.kinds.rbac.subject import RoleRef, Subject
from minikube_py.api.meta import LabelSelector, ObjectMeta
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource

RBAC = "rbac.authorization.k8s.io"
_AGGREGATE = f"{RBAC}/aggregate-to-"
_UPKEEP = "rbac.authorization.kubernetes.io/autoupdate"
_DEFAULT = {"kubernetes.io/bootstrapping": "rbac-defaults"}


def default_roles() -> list[Resource]:
    """The roles, each followed by its binding."""
    found: list[Resource] = []
    head, rules = "", []
    for line in [*resources.files(__package__).joinpath("default_roles.txt").read_text().splitlines(), "end"]:
        if line.startswith("  "):
            rules.append(_rule(line))
        else:
            found += _objects(head, tuple(rules)) if head else ()
            head, rules = line, []
    return found


def default_rules(name: str) -> tuple[Rule, ...]:
    """What a default cluster role allows."""
    role = next(role for role in default_roles() if isinstance(role, ClusterRole) and role.metadata.name == name)
    return tuple(Rule.of(rule.to_dict()) for rule in role.rules or ())


def _rule(line: str) -> Rule:
    verbs, _, rest = line.partition(": ")
    what, _, names = rest.partition(" = ")
    if what.startswith("/") or what == "*":
        return Rule(tuple(verbs.split()), urls=tuple(what.split()))
    groups: dict[str, None] = {}
    plurals: dict[str, None] = {}
    for word in what.split():
        full, _, subresource = word.partition("/")
        plural, _, group = full.partition(".")
        groups[group] = plurals[f"{plural}/{subresource}" if subresource else plural] = None
    return Rule(tuple(verbs.split()), tuple(groups), tuple(plurals), tuple(names.split()))


def _objects(head: str, rules: tuple[Rule, ...]) -> Iterator[Resource]:
    kind, *words = head.split()
    namespace = words.pop(0) if kind == "role" else ""
    name, *words = words
    labels = {_AGGREGATE + word[1:]: "true" for word in words if word.startswith("+")}
    told = dict(word.partition("=")[::2] for word in words if word.startswith(("aggregates=", "binding=")))
    subjects = tuple(_subject(*word.partition("=")[::2]) for word in words if word.startswith(_SUBJECTS))
    metadata = ObjectMeta(name=name, namespace=namespace, labels={**_DEFAULT, **labels}, annotations={_UPKEEP: "true"})
    models = tuple(rule.to_model() for rule in rules)
    if namespace:
        yield Role(metadata=metadata, rules=models)
    else:
        selected = told.get("aggregates")
        selectors = (LabelSelector(match_labels={_AGGREGATE + selected: "true"}),) if selected else ()
        aggregation = AggregationRule(cluster_role_selectors=selectors) if selected else None
        yield ClusterRole(metadata=metadata, rules=None if selected else models, aggregation_rule=aggregation)
    if subjects or "nobody" in words:
        of_binding = replace(metadata, name=told.get("binding", name), labels=_DEFAULT)
        ref = RoleRef(api_group=RBAC, kind="Role" if namespace else "ClusterRole", name=name)
        binding = RoleBinding if namespace else ClusterRoleBinding
        yield binding(metadata=of_binding, subjects=subjects, role_ref=ref)


_SUBJECTS = ("user=", "group=", "serviceaccount=")


def _subject(kind: str, name: str) -> Subject:
    if kind == "serviceaccount":
        namespace, _, name = name.partition(":")
        return Subject(kind="ServiceAccount", name=name, namespace=namespace)
    return Subject(kind=kind.capitalize(), api_group=RBAC, name=name)


def completed(current: Resource, wanted: Resource) -> Resource | None:
    """The role or binding with all that the default one has; None where nothing is missing or upkeep is refused."""
    if current.metadata.annotations.get(_UPKEEP) == "false":
        return None
    if isinstance(wanted, (Role, ClusterRole)):
        assert isinstance(current, (Role, ClusterRole))
        if isinstance(wanted, ClusterRole) and wanted.aggregation_rule is not None:
            return None
        ours, theirs = ([Rule.of(rule.to_dict()) for rule in role.rules or ()] for role in (wanted, current))
        lacking = tuple(rule.to_model() for rule in missing(theirs, ours))
        return replace(current, rules=(*(current.rules or ()), *lacking)) if lacking else None
    assert isinstance(wanted, (RoleBinding, ClusterRoleBinding))
    assert isinstance(current, (RoleBinding, ClusterRoleBinding))
    absent = tuple(subject for subject in wanted.subjects if subject not in current.subjects)
    return replace(current, subjects=(*current.subjects, *absent)) if absent else None
