"""pykubectl auth can-i and auth whoami: what the server thinks of the one who asks.

Kubernetes: kubectl pkg/cmd/auth.
"""

import sys
from dataclasses import dataclass

from minikube_py.cli.command import Entry, Invocation, Verb, VerbGroup
from minikube_py.cli.discovery import NoSuchResourceType, ResourceType
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.output import OBJECT_FORMATS, OutputFlags, make_printer, parse_format
from minikube_py.cli.tabular import ColumnWriter
from minikube_py.client.yaml_text import Document

_AUTHORIZATION = "/apis/authorization.k8s.io/v1"
_WHOAMI = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_RESOURCE_VERBS = frozenset(
    (
        "get",
        "list",
        "watch",
        "create",
        "update",
        "patch",
        "delete",
        "deletecollection",
        "use",
        "bind",
        "impersonate",
        "*",
        "approve",
        "sign",
        "escalate",
        "attest",
    )
)
_URL_VERBS = frozenset(("get", "put", "post", "head", "options", "delete", "patch", "*"))


@dataclass(frozen=True)
class CanIFlags:
    """What auth can-i takes."""

    all_namespaces: bool = flag(False, "A", "Ask for all namespaces.")
    list_: bool = flag(False, "", "List everything that is allowed.", name="list")
    no_headers: bool = flag(False, "", "With --list: no line of headers.")
    quiet: bool = flag(False, "q", "Answer with the exit code only.")
    subresource: str = flag("", "", "A subresource, such as log.")


@dataclass(frozen=True)
class WhoAmIFlags(OutputFlags):
    """What auth whoami takes."""


def can_i(call: Invocation[CanIFlags]) -> int:
    """Say yes or no; the exit code says it too."""
    flags = call.flags
    if flags.list_:
        if call.words:
            raise CommandError("list option must be specified with no arguments")
        _list(call)
        return 0
    if len(call.words) not in (2, 3):
        raise CommandError("you must specify two arguments: verb resource or verb resource/resourceName.\n"
                           f"See '{call.command_path} -h' for help and examples.")  # fmt: skip
    verb, what = call.words[:2]
    name = call.words[2] if len(call.words) > 2 else ""
    if what.startswith("/"):
        if flags.subresource:
            raise CommandError("--subresource can not be used with NonResourceURL")
        if verb not in _URL_VERBS:
            call.session.warn(f"Warning: verb '{verb}' is not a known verb\n")
        attributes: Document = {"nonResourceAttributes": {"path": what, "verb": verb}}
    else:
        attributes = {"resourceAttributes": _resource_attributes(call, verb, what, name)}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": attributes}
    path = f"{_AUTHORIZATION}/selfsubjectaccessreviews"
    status = call.session.connection.send("POST", path, body).get("status") or {}
    allowed = bool(status.get("allowed"))
    if not flags.quiet:
        reason = f" - {status['reason']}" if status.get("reason") and not allowed else ""
        trouble = f" - {status['evaluationError']}" if status.get("evaluationError") and not allowed else ""
        print(f"{'yes' if allowed else 'no'}{reason}{trouble}")
    return 0 if allowed else 1


def _resource_attributes(call: Invocation[CanIFlags], verb: str, what: str, name: str) -> Document:
    flags, session = call.flags, call.session
    typed, slash, after = what.partition("/")
    if slash:
        name = after
    resource = _find(call, typed)
    if resource is None:
        plural, _, group = typed.partition(".")
    else:
        plural, group = resource.plural, resource.group
        if not resource.is_namespaced and not flags.all_namespaces:
            place = f" in group '{group}'" if group else ""
            session.warn(f"Warning: resource '{plural}' is not namespace scoped{place}\n")
    if verb not in _RESOURCE_VERBS:
        session.warn(f"Warning: verb '{verb}' is not a known verb\n")
    wanted = {
        "group": group,
        "name": name,
        "namespace": "" if flags.all_namespaces else session.namespace,
        "resource": plural,
        "subresource": flags.subresource,
        "verb": verb,
    }
    return {key: value for key, value in wanted.items() if value}


def _find(call: Invocation[CanIFlags], typed: str) -> ResourceType | None:
    if typed == "*":
        return None
    try:
        return call.session.discovery.find(typed)
    except NoSuchResourceType:
        plural, _, group = typed.partition(".")
        place = f" in group '{group}'" if group else ""
        call.session.warn(f"Warning: the server doesn't have a resource type '{plural}'{place}\n")
        return None


def _list(call: Invocation[CanIFlags]) -> None:
    namespace = "" if call.flags.all_namespaces else call.session.namespace
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}}
    path = f"{_AUTHORIZATION}/selfsubjectrulesreviews"
    status = call.session.connection.send("POST", path, body).get("status") or {}
    if status.get("evaluationError"):
        call.session.warn(f"warning: the list may be incomplete: {status['evaluationError']}")
    rows = [] if call.flags.no_headers else [["Resources", "Non-Resource URLs", "Resource Names", "Verbs"]]
    for rule in sorted(_single_rules(status.get("resourceRules") or [])):
        resource, names, verbs = rule
        rows.append([resource, "[]", names, verbs])
    for rule in status.get("nonResourceRules") or []:
        rows.append(["", _go_list(rule.get("nonResourceURLs")), "[]", _go_list(rule.get("verbs"))])
    sys.stdout.write(ColumnWriter().format(rows))


def _single_rules(rules: list[Document]) -> list[tuple[str, str, str]]:
    """One row for each resource of each group."""
    return [
        (
            f"{resource}.{group}" if group else resource,
            _go_list(rule.get("resourceNames")),
            _go_list(rule.get("verbs")),
        )
        for rule in rules
        for group in rule.get("apiGroups") or [""]
        for resource in rule.get("resources") or []
    ]


def _go_list(values: list[str] | None) -> str:
    return f"[{' '.join(values or [])}]"


def who_am_i(call: Invocation[WhoAmIFlags]) -> None:
    """Show as whom the server knows the one who asks."""
    flags = call.flags
    chosen = parse_format(flags.output, flags.template, OBJECT_FORMATS)
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {}}
    answer = call.session.connection.send("POST", _WHOAMI, body)
    if not chosen.is_table:
        sys.stdout.write(make_printer(chosen)(answer))
        return
    user = (answer.get("status") or {}).get("userInfo") or {}
    rows = [["ATTRIBUTE", "VALUE"]]
    if user.get("username"):
        rows.append(["Username", user["username"]])
    if user.get("uid"):
        rows.append(["UID", user["uid"]])
    if user.get("groups"):
        rows.append(["Groups", _go_list(user["groups"])])
    for key, values in sorted((user.get("extra") or {}).items()):
        rows.append([f"Extra: {key}", _go_list(values)])
    sys.stdout.write(ColumnWriter().format(rows))


_HERE = "minikube_py.cli.verbs.auth"
CAN_I = Verb(
    "can-i",
    can_i,
    CanIFlags,
    summary="Ask whether an action is allowed",
    usage="can-i VERB (TYPE | TYPE/NAME | URL)",
    examples=f"\n# May I create pods here?\n{PROGRAM} auth can-i create pods\n",
)
WHO_AM_I = Verb("whoami", who_am_i, WhoAmIFlags, summary="Show who the server thinks that you are", usage="whoami")
COMMAND = VerbGroup(
    "auth",
    (
        Entry("can-i", _HERE, "Ask whether an action is allowed", attribute="CAN_I"),
        Entry("whoami", _HERE, "Show who the server thinks that you are", attribute="WHO_AM_I"),
        Entry("reconcile", f"{_HERE}_reconcile", "Make roles and bindings allow what files say", attribute="RECONCILE"),
    ),
    summary="Inspect authorization",
)
