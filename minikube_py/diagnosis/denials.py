"""Who refused a request: authentication, authorization, admission, or validation, and by which rule.

A request passes them in that order, and each says no in words of its own:

    401 Unauthorized                                      authentication: nobody knows who asks
    403 ... User "x" cannot get resource ...              authorization: known, and no rule allows it
    403 pods "web" is forbidden: exceeded quota ...       admission: allowed, but not this object
    422 ... is invalid: spec.x ...                        validation: the object itself is wrong

Kubernetes: apiserver/pkg/endpoints/filters, pkg/admission
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from minikube_py.access.authorization.authorizer import Action
from minikube_py.access.authorization.rules import Rule
from minikube_py.api.kinds.rbac.cluster_role import ClusterRole
from minikube_py.api.kinds.rbac.cluster_role_binding import ClusterRoleBinding
from minikube_py.api.kinds.rbac.role import Role
from minikube_py.api.kinds.rbac.role_binding import RoleBinding
from minikube_py.diagnosis.explanation import USER, Evidence, Explanation, joined

Stage = Literal["authentication", "authorization", "admission", "validation"]


@dataclass(frozen=True, slots=True)
class Refusal:
    stage: Stage
    rule: str
    next_step: str


_WORDS: Final[tuple[tuple[str, Stage, str, str], ...]] = (
    (r"Unauthorized|provide credentials|must be logged in", "authentication",
     "no credential that the server believes", "Look at the credentials: pykubectl config view; tokens end"),
    (r'User "(?P<rule>[^"]*)" cannot ', "authorization", 'no role that is bound to "{rule}"',
     "Bind a role that allows it: pykubectl create rolebinding, or ask as somebody else with --as"),
    (r'admission webhook "(?P<rule>[^"]+)" denied', "admission", "the webhook {rule}", "Do what the webhook asks for"),
    (r"ValidatingAdmissionPolicy '(?P<rule>[^']+)'", "admission", "the ValidatingAdmissionPolicy {rule}",
     "Change the object as the policy asks: pykubectl get validatingadmissionpolicy {rule} -o yaml"),
    (r"exceeded quota: (?P<rule>[^,]+)", "admission", "the plugin ResourceQuota with the quota {rule}",
     "Delete something, or raise it: pykubectl describe quota {rule}"),
    (r"failed quota: (?P<rule>[^:]+)", "admission", "the plugin ResourceQuota with the quota {rule}",
     "Say what the pod needs: resources.requests and resources.limits"),
    (r'violates PodSecurity "(?P<rule>[^"]+)"', "admission", "the plugin PodSecurity at level {rule}",
     "Change the pod as the message says, or the namespace's label pod-security.kubernetes.io/enforce"),
    (r"(?:minimum|maximum) .* usage per|limit to request ratio", "admission", "the plugin LimitRanger",
     "Stay within the namespace's limits: pykubectl describe limits"),
    (r"error looking up service account (?P<rule>\S+?):", "admission", "the plugin ServiceAccount: {rule} is not there",
     "Create the account, or start the controller manager, which makes `default` in every namespace"),
    (r"[Nn]o API token found for service account \"(?P<rule>[^\"]+)\"", "admission",
     "the plugin ServiceAccount: {rule} has no token",
     "Give the API server a signing key, or set automountServiceAccountToken: false on the account"),
    (r'no PriorityClass with name (?P<rule>\S+)', "admission", "the plugin Priority: there is no class {rule}",
     "Create the PriorityClass, or name another one"),
    (r'RuntimeClass "(?P<rule>[^"]+)" not found', "admission", "the plugin RuntimeClass: there is no class {rule}",
     "Create the RuntimeClass, or leave runtimeClassName out"),
    (r"because it is being terminated|namespaces? \"(?P<rule>[^\"]+)\" not found", "admission",
     "the plugin NamespaceLifecycle: the namespace is not there, or is going",
     "Create the namespace, or wait until it is gone"),
    (r"is invalid: (?P<rule>[\w.\[\]]+)", "validation", "the field {rule}",
     "Correct the field as the message says"),
    (r"is invalid", "validation", "the kind's own rules", "Correct the object as the message says"),
)  # fmt: skip


def refusal_in(message: str) -> Refusal:
    """Which stage says no in these words."""
    for pattern, stage, rule, step in _WORDS:
        found = re.search(pattern, message)
        if found is not None:
            named = found.groupdict().get("rule") or ""
            return Refusal(stage, rule.format(rule=named), step.format(rule=named))
    return Refusal("admission", "a rule that the message names", "Do what the message says")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request and what each stage said to it, as far as it came."""

    action: Action
    username: str = ""
    groups: tuple[str, ...] = ()
    unknown: str = ""
    """Why authentication refused; empty: it did not."""
    is_allowed: bool | None = None
    reason: str = ""
    """Authorization's own words."""
    refused: str = ""
    """The answer to a trial run (`--dry-run=server`), where it was refused."""
    was_tried: bool = False
    roles: tuple[Role | ClusterRole, ...] = ()
    bindings: tuple[RoleBinding | ClusterRoleBinding, ...] = ()
    gap: str = ""
    """Why roles and bindings could not be read."""


def explain_denial(asked: Asked) -> Explanation:
    """Stage by stage, up to the first that refuses."""
    subject = shown(asked.action)
    if asked.unknown:
        refusal = refusal_in("Unauthorized")
        return Explanation(
            subject, "authentication refused: the server believes no credential that came with the request.",
            next_actor=USER, evidence=(Evidence("authentication", asked.unknown),), next_steps=(refusal.next_step,),
        )  # fmt: skip
    who = Evidence("authentication", f'passed: "{asked.username}", of the groups {joined(asked.groups) or "none"}')
    if not asked.is_allowed:
        return _not_authorized(asked, who)
    passed = Evidence("authorization", f"passed: {asked.reason or 'allowed'}")
    if asked.refused:
        refusal = refusal_in(asked.refused)
        return Explanation(
            subject, f"{refusal.stage} refused, by {refusal.rule}.", next_actor=USER,
            evidence=(who, passed, Evidence(refusal.stage, asked.refused)), next_steps=(refusal.next_step,),
        )  # fmt: skip
    if asked.was_tried:
        done = Evidence("admission and validation", "passed, in a trial run that stored nothing")
        return Explanation(subject, "nobody refuses it.", True, evidence=(who, passed, done))
    untried = Evidence("admission and validation", "not asked: they look at the object; give it with -f FILE")
    return Explanation(subject, "neither authentication nor authorization refuses it.", True,
                       evidence=(who, passed, untried))  # fmt: skip


def _not_authorized(asked: Asked, who: Evidence) -> Explanation:
    said = asked.reason or "no rule of any role that is bound to this user or these groups allows it"
    evidence = [who, Evidence("authorization", f"refused: {said}")]
    evidence += [Evidence("roles", f"could not be read: {asked.gap}")] if asked.gap else list(_near(asked))
    place = f" --namespace={asked.action.namespace}" if asked.action.namespace else ""
    verb, resource = asked.action.verb, asked.action.full_resource or asked.action.path
    kind = "role" if asked.action.namespace else "clusterrole"
    account = re.fullmatch(r"system:serviceaccount:([^:]+):(.+)", asked.username)
    subject = f"--serviceaccount={account[1]}:{account[2]}" if account else f"--user={asked.username}"
    what = f"--non-resource-url={resource}" if asked.action.path else f"--resource={resource}"
    return Explanation(
        shown(asked.action),
        f'authorization refused: "{asked.username}" is known, and no role that is bound to them allows to '
        f"{verb} {resource}.",
        next_actor=f"{USER}, or whoever may give roles",
        evidence=tuple(evidence),
        next_steps=(
            f"A role that allows it: pykubectl create {kind} may-{verb} --verb={verb} {what}{place}",
            f"Bind it: pykubectl create {kind}binding may-{verb} --{kind}=may-{verb} {subject}{place}",
        ),
    )


def _near(asked: Asked) -> Iterator[Evidence]:
    """What the user has, and which roles would do: the rules that decide."""
    mine = [binding for binding in asked.bindings if _is_bound(asked, binding)]
    names = joined(f"{binding.role_ref.kind.lower()}/{binding.role_ref.name}" for binding in mine)
    yield Evidence("roles that are bound", names or "none")
    would = [role for role in asked.roles if _would_allow(role, asked.action)]
    if would:
        shown_roles = [f"{role.definition.kind.lower()}/{role.metadata.name}" for role in would[:6]]
        more = f" and {len(would) - 6} more" if len(would) > 6 else ""
        yield Evidence("roles that would allow it", f"{joined(shown_roles)}{more}")


def _is_bound(asked: Asked, binding: RoleBinding | ClusterRoleBinding) -> bool:
    namespace = binding.metadata.namespace
    if namespace and namespace != asked.action.namespace:
        return False
    for subject in binding.subjects:
        home = subject.namespace or namespace
        name = f"system:serviceaccount:{home}:{subject.name}" if subject.kind == "ServiceAccount" else subject.name
        if name in (asked.groups if subject.kind == "Group" else (asked.username,)):
            return True
    return False


def _would_allow(role: Role | ClusterRole, action: Action) -> bool:
    if role.metadata.namespace and role.metadata.namespace != action.namespace:
        return False
    return any(Rule.of(rule.to_dict()).allows(action) for rule in role.rules or ())


def shown(action: Action) -> str:
    """The request as a person says it: `delete pods/web in default`."""
    what = action.path or "/".join(filter(None, (action.full_resource, action.name)))
    return f"{action.verb} {what}" + (f" in {action.namespace}" if action.namespace else "")
