"""pykubectl create role, clusterrole, rolebinding and clusterrolebinding.

Kubernetes: kubectl pkg/cmd/create/create_role.go, create_clusterrole.go, create_rolebinding.go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.creating import CreateFlags, create_generated, one_name
from minikube_py.cli.discovery import NoSuchResourceType, ResourceType
from minikube_py.cli.errors import CommandError, PlainError
from minikube_py.cli.flags import flag
from minikube_py.cli.session import Session
from minikube_py.cli.writing import parse_pairs
from minikube_py.client.yaml_text import Document

_GROUP = "rbac.authorization.k8s.io"
_ROLES = ResourceType(_GROUP, "v1", "roles", "Role", is_namespaced=True)
_CLUSTER_ROLES = ResourceType(_GROUP, "v1", "clusterroles", "ClusterRole", is_namespaced=False)
_ROLE_BINDINGS = ResourceType(_GROUP, "v1", "rolebindings", "RoleBinding", is_namespaced=True)
_CLUSTER_ROLE_BINDINGS = ResourceType(_GROUP, "v1", "clusterrolebindings", "ClusterRoleBinding", is_namespaced=False)
_VERBS = ("get", "delete", "list", "create", "update", "patch", "watch", "proxy", "deletecollection", "use", "bind",
          "escalate", "impersonate", "*")  # fmt: skip
_URL_VERBS = ("get", "post", "put", "delete", "patch", "head", "options", "*")


@dataclass(frozen=True)
class RoleFlags(CreateFlags):
    """What create role takes."""

    verb: tuple[str, ...] = flag((), "", "What is allowed: get, list, create ...; may be repeated.")
    resource: tuple[str, ...] = flag((), "", "RESOURCE[.GROUP][/SUBRESOURCE]; may be repeated.")
    resource_name: tuple[str, ...] = flag((), "", "Only objects with this name; may be repeated.", split=False)


@dataclass(frozen=True)
class ClusterRoleFlags(RoleFlags):
    """What create clusterrole takes."""

    non_resource_url: tuple[str, ...] = flag((), "", "A path such as /healthz; may be repeated.")
    aggregation_rule: str = flag("", "", "Labels of the cluster roles whose rules are taken over, such as a=b.")


@dataclass(frozen=True)
class SubjectFlags(CreateFlags):
    """Who a binding is for."""

    user: tuple[str, ...] = flag((), "", "A user; may be repeated.", split=False)
    group: tuple[str, ...] = flag((), "", "A group; may be repeated.", split=False)
    serviceaccount: tuple[str, ...] = flag((), "", "NAMESPACE:NAME; may be repeated.", split=False)
    clusterrole: str = flag("", "", "The cluster role that is given.")


@dataclass(frozen=True)
class RoleBindingFlags(SubjectFlags):
    """What create rolebinding takes."""

    role: str = flag("", "", "The role that is given.")


def create_role(call: Invocation[RoleFlags]) -> None:
    """Create a role."""
    flags = call.flags
    name = one_name(call)
    verbs = _verbs(flags.verb)
    if not verbs:
        raise CommandError("at least one verb must be specified")
    _warn_of_odd_verbs(call.session, verbs)
    if not flags.resource:
        raise CommandError("at least one resource must be specified")
    if "*" in flags.resource and len(flags.resource) == 1 and flags.resource_name:
        raise CommandError("resource name can not be applied to multiple resources")
    rules = resource_rules(call.session, verbs, flags.resource, flags.resource_name)
    document: Document = {"apiVersion": f"{_GROUP}/v1", "kind": "Role", "metadata": {"name": name}, "rules": rules}
    create_generated(call, _ROLES, document)


def create_cluster_role(call: Invocation[ClusterRoleFlags]) -> None:
    """Create a cluster role."""
    flags = call.flags
    name = one_name(call)
    document: Document = {"apiVersion": f"{_GROUP}/v1", "kind": "ClusterRole", "metadata": {"name": name}}
    if flags.aggregation_rule:
        if flags.verb or flags.resource or flags.non_resource_url or flags.resource_name:
            raise CommandError(
                "aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames"
            )
        selector = {"matchLabels": parse_pairs(flags.aggregation_rule)}
        document |= {"aggregationRule": {"clusterRoleSelectors": [selector]}, "rules": None}
    else:
        document["rules"] = _cluster_rules(call)
    create_generated(call, _CLUSTER_ROLES, document)


def _cluster_rules(call: Invocation[ClusterRoleFlags]) -> list[Document]:
    flags = call.flags
    verbs = _verbs(flags.verb)
    if not verbs:
        raise CommandError("at least one verb must be specified")
    if not flags.resource and not flags.non_resource_url:
        raise CommandError("one of resource or nonResourceURL must be specified")
    if flags.resource:
        _warn_of_odd_verbs(call.session, verbs)
    rules = resource_rules(call.session, verbs, flags.resource, flags.resource_name) if flags.resource else []
    if flags.non_resource_url:
        for verb in verbs:
            if verb not in _URL_VERBS:
                raise CommandError(f"invalid verb: '{verb}' for nonResourceURL")
        for url in flags.non_resource_url:
            if url != "*" and not url.startswith("/"):
                raise CommandError("nonResourceURL should start with /")
            if "*" in url[:-1]:
                raise CommandError(f"nonResourceURL only supports wildcard matches when '*' is at the end, url: {url}")
        rules.append({"nonResourceURLs": list(flags.non_resource_url), "verbs": verbs})
    return rules


def resource_rules(
    session: Session, verbs: Sequence[str], resources: Sequence[str], names: Sequence[str]
) -> list[Document]:
    """Make one rule for each API group, in the order of their names.

    Raises: CommandError for a resource that is not served.
    """
    groups: dict[str, list[str]] = {}
    for word in resources:
        typed, slash, subresource = word.partition("/")
        plural, _, group = typed.partition(".")
        if not plural:
            raise CommandError("resource must be specified if apiGroup/subresource specified")
        if plural != "*":
            found = _served(session, typed)
            plural, group = found.plural, found.group
        listed = groups.setdefault(group, [])
        full = f"{plural}/{subresource}" if slash else plural
        if full not in listed:
            listed.append(full)
    only = {"resourceNames": list(names)} if names else {}
    return [
        {"apiGroups": [group], **only, "resources": listed, "verbs": list(verbs)}
        for group, listed in sorted(groups.items())
    ]


def _served(session: Session, typed: str) -> ResourceType:
    try:
        return session.discovery.find(typed)
    except NoSuchResourceType as error:
        raise PlainError(error.message) from error


def create_role_binding(call: Invocation[RoleBindingFlags]) -> None:
    """Give a role, or a cluster role within one namespace, to users, groups and service accounts."""
    flags = call.flags
    name = one_name(call)
    if bool(flags.role) == bool(flags.clusterrole):
        raise CommandError("exactly one of clusterrole or role must be specified")
    kind, role = ("Role", flags.role) if flags.role else ("ClusterRole", flags.clusterrole)
    document = binding_document("RoleBinding", name, kind, role, _subjects(flags))
    create_generated(call, _ROLE_BINDINGS, document, "failed to create rolebinding: ")


def create_cluster_role_binding(call: Invocation[SubjectFlags]) -> None:
    """Give a cluster role to users, groups and service accounts."""
    name = one_name(call)
    if "clusterrole" not in call.given:
        raise CommandError('required flag(s) "clusterrole" not set')
    document = binding_document(
        "ClusterRoleBinding", name, "ClusterRole", call.flags.clusterrole, _subjects(call.flags)
    )
    create_generated(call, _CLUSTER_ROLE_BINDINGS, document, "failed to create clusterrolebinding: ")


def binding_document(kind: str, name: str, role_kind: str, role: str, subjects: list[Document]) -> Document:
    """Make a binding of either kind."""
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": kind,
        "metadata": {"name": name},
        "roleRef": {"apiGroup": _GROUP, "kind": role_kind, "name": role},
        **({"subjects": subjects} if subjects else {}),
    }


def _subjects(flags: SubjectFlags) -> list[Document]:
    found: list[Document] = [
        {"apiGroup": _GROUP, "kind": kind, "name": name}
        for kind, names in (("User", flags.user), ("Group", flags.group))
        for name in dict.fromkeys(names)
    ]
    for word in dict.fromkeys(flags.serviceaccount):
        namespace, colon, name = word.partition(":")
        if not colon or ":" in name or not namespace or not name:
            raise CommandError("serviceaccount must be <namespace>:<name>")
        found.append({"kind": "ServiceAccount", "name": name, "namespace": namespace})
    return found


def _verbs(words: Sequence[str]) -> list[str]:
    verbs = list(dict.fromkeys(words))
    return ["*"] if "*" in verbs else verbs


def _warn_of_odd_verbs(session: Session, verbs: Sequence[str]) -> None:
    for verb in verbs:
        if verb not in _VERBS:
            session.warn(f"Warning: '{verb}' is not a standard resource verb")


def _verb(name: str, function: Any, flags: type, summary: str, usage: str) -> Verb:
    return Verb(name, function, flags, summary=summary, usage=f"{name} NAME {usage}")


_WHOM = "[--user=NAME] [--group=NAME] [--serviceaccount=NAMESPACE:NAME]"
_WHAT = "--verb=VERB --resource=RESOURCE[.GROUP][/SUBRESOURCE] [--resource-name=NAME]"
ROLE = _verb("role", create_role, RoleFlags, "Create a role", _WHAT)
CLUSTER_ROLE = _verb(
    "clusterrole", create_cluster_role, ClusterRoleFlags, "Create a cluster role", f"{_WHAT} [--non-resource-url=PATH]"
)
ROLE_BINDING = _verb(
    "rolebinding",
    create_role_binding,
    RoleBindingFlags,
    "Give a role within one namespace",
    f"(--role=NAME | --clusterrole=NAME) {_WHOM}",
)
CLUSTER_ROLE_BINDING = _verb(
    "clusterrolebinding",
    create_cluster_role_binding,
    SubjectFlags,
    "Give a cluster role everywhere",
    f"--clusterrole=NAME {_WHOM}",
)
