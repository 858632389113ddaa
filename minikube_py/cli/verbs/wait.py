"""pykubectl wait: until objects have a condition, a value, exist, or are gone.

Kubernetes: kubectl pkg/cmd/wait.
Simplified: polls instead of watching; --for is taken once.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.errors import PROGRAM, CommandError, ServerError, join_errors
from minikube_py.cli.flags import flag
from minikube_py.cli.output import OutputFlags
from minikube_py.cli.resource_arguments import (
    FilenameFlags,
    Listing,
    Selection,
    SelectorFlags,
    Target,
    fetch,
    list_objects,
    resolve,
)
from minikube_py.cli.template import Template, find_values
from minikube_py.client.yaml_text import Document
from minikube_py.expressions.jsonpath import to_text

_POLL_S = 0.25
_WEEK_S = 7 * 24 * 3600.0
Check = Callable[[Document | None], bool]


@dataclass(frozen=True)
class WaitFlags(OutputFlags, SelectorFlags, FilenameFlags):
    """What wait takes."""

    for_: str = flag("", "", "create, delete, condition=NAME[=VALUE] or jsonpath={PATH}[=VALUE].", name="for")
    timeout: float = flag(30.0, "", "How long to wait; 0 looks once, negative waits a week.")
    all_: bool = flag(False, "", "All objects of the types in the namespace.", name="all")


def parse_for(text: str) -> Check:
    """Read a --for value as a question about an object; None stands for a missing one.

    Raises: CommandError for a value of no known form.
    """
    kind, _, rest = text.partition("=")
    if text.lower() == "delete":
        return lambda document: document is None
    if text.lower() == "create":
        return lambda document: document is not None
    if kind == "condition" and rest:
        name, _, value = rest.partition("=")
        return lambda document: document is not None and has_condition(document, name, value or "true")
    if kind == "jsonpath" and rest:
        return _jsonpath_check(rest)
    raise CommandError(f'unrecognized condition: "{text}"' if text else "unrecognized condition: []")


def _jsonpath_check(text: str) -> Check:
    cut = text.rfind("}") + 1
    path, rest = (text[:cut], text[cut:]) if cut else (text.partition("=")[0], text[text.find("=") :])
    template = Template.parse_relaxed(path.strip("'\""))
    if rest.lstrip("'\"") and not rest.lstrip("'\"").startswith("="):
        raise CommandError(f"jsonpath wait format must be --for=jsonpath='{{.status.readyReplicas}}'=3, got {text}")
    wanted = rest.lstrip("'\"")[1:].strip("'\"")

    def check(document: Document | None) -> bool:
        found = find_values(template, document) if document is not None else []
        return bool(found) and (not wanted or all(to_text(value) == wanted for value in found))

    return check


def has_condition(document: Document, name: str, value: str) -> bool:
    """Whether the object's status has this condition, and it speaks of the present generation."""
    generation = document["metadata"].get("generation", 0)
    for condition in (document.get("status") or {}).get("conditions") or []:
        if str(condition.get("type", "")).lower() == name.lower():
            if condition.get("observedGeneration", generation) < generation:
                return False
            return str(condition.get("status", "")).lower() == value.lower()
    return False


def wait(call: Invocation[WaitFlags]) -> None:
    """Wait for each object in turn; the timeout is for all of them."""
    flags = call.flags
    check = parse_for(flags.for_)
    means_absence = flags.for_.lower() in ("create", "delete")
    deadline = time.monotonic() + (flags.timeout if flags.timeout >= 0 else _WEEK_S)
    failures: list[CommandError] = []
    targets = _targets(call)
    if not targets and flags.for_.lower() != "delete":
        raise CommandError("no matching resources found")
    for target in targets:
        try:
            _wait_one(call, target, check, deadline, means_absence)
        except CommandError as error:
            failures.append(error)
    if failures:
        raise join_errors(failures)


def _targets(call: Invocation[WaitFlags]) -> list[Target]:
    flags = call.flags
    selection = Selection(
        call.words,
        flags.filename,
        flags.recursive,
        flags.kustomize,
        flags.selector,
        flags.field_selector,
        flags.all_namespaces,
        all_of_type=flags.all_,
    )
    found: list[Target] = []
    for one in resolve(call.session, selection):
        found += list_objects(call.session, one) if isinstance(one, Listing) else [one]
    return found


def _wait_one(call: Invocation[WaitFlags], target: Target, check: Check, deadline: float, means_absence: bool) -> None:
    is_first = True
    while True:
        document: Document | None
        try:
            document = fetch(call.session, target)
        except ServerError as error:
            if not error.is_not_found or not means_absence:
                raise
            document = None
        if check(document):
            # As in kubectl, an object that was never there is not said to have met its deletion.
            if document is not None or not is_first:
                print(f"{target.label} condition met", flush=True)
            return
        if time.monotonic() >= deadline:
            raise CommandError(
                f"timed out waiting for the condition on {target.resource.plural}/{target.name}"
                if document is not None
                else "timed out waiting for the condition"
            )
        is_first = False
        time.sleep(min(_POLL_S, max(deadline - time.monotonic(), 0)))


COMMAND = Verb(
    "wait",
    wait,
    WaitFlags,
    summary="Wait until objects are in a certain state",
    usage="wait (-f FILENAME | TYPE NAME | TYPE -l LABEL) --for=(create|delete|condition=...|jsonpath=...)",
    examples=f"""
# Until a pod is ready, a minute at most
{PROGRAM} wait --for=condition=Ready pod/web --timeout=60s
""",
)
