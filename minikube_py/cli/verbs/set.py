"""pykubectl set image, env, resources, serviceaccount, selector and subject: one change to many objects.

The change is made to a copy of each object, and what differs is sent as a patch; an object that is as wanted already
is not mentioned.

Kubernetes: kubectl pkg/cmd/set.
Simplified: no --local.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from minikube_py.cli.command import Entry, Invocation, Verb, VerbGroup
from minikube_py.cli.connection import STRATEGIC_MERGE_PATCH
from minikube_py.cli.errors import PROGRAM, CommandError, ServerError
from minikube_py.cli.flags import flag
from minikube_py.cli.resource_arguments import FilenameFlags, Selection, Target, each, objects
from minikube_py.cli.writing import Results, WriteFlags, server_message
from minikube_py.client.yaml_text import Document

Change = Callable[[Document, str], None]
"""Changes a copy of an object in place, given how errors name it. Raises: CommandError."""


_DURING = {
    "resource requirements updated": "resources update to pod template",
    "serviceaccount updated": "ServiceAccountName",
}
"""What kubectl says before the server's refusal, where it is no common phrase."""


@dataclass(frozen=True)
class SetFlags(WriteFlags, FilenameFlags):
    """What every set verb takes."""

    selector: str = flag("", "l", "Only objects whose labels match.")
    all_: bool = flag(False, "", "All objects of the types in the namespace.", name="all")


@dataclass(frozen=True)
class ResourcesFlags(SetFlags):
    """What set resources takes."""

    containers: str = flag("*", "c", "The names of the containers; * stands for any text.")
    limits: str = flag("", "", "The most that containers may use, such as cpu=100m,memory=256Mi.")
    requests: str = flag("", "", "What is kept for containers, such as cpu=100m,memory=256Mi.")


def change_objects(
    call: Invocation[SetFlags],
    words: Sequence[str],
    change: Change,
    action: str,
    check: Callable[[Sequence[Target]], None] = lambda _: None,
) -> None:
    """Send what `change` changes in each object, and tell it as `action`; nothing is sent when one is missing.

    Raises: CommandError.
    """
    flags = call.flags
    results = Results.of(call.session, flags, "kubectl-set")
    selection = Selection(
        tuple(words), flags.filename, flags.recursive, flags.kustomize, flags.selector, all_of_type=flags.all_
    )

    def act(target: Target) -> None:
        before = target.document or {}
        after = copy.deepcopy(before)
        change(after, f"{target.resource.plural}/{target.name}")
        if after == before and action != "serviceaccount updated":
            return
        if not results.is_client_dry_run:
            after = _send(call, target, after, results, action)
        results.tell(after, action)

    found = list(objects(call.session, selection))
    check(found)
    each(iter(found), act)


def _send(call: Invocation[SetFlags], target: Target, after: Document, results: Results, action: str) -> Document:
    from minikube_py.cli.patch_schemas import patch_schema
    from minikube_py.patching.strategic_diff import create_two_way_strategic_merge_patch

    schema = patch_schema(call.session, target.resource)
    patch = create_two_way_strategic_merge_patch(target.document or {}, after, schema)
    try:
        sent = call.session.connection.send("PATCH", target.path, patch, results.query, STRATEGIC_MERGE_PATCH)
    except ServerError as error:
        during = _DURING.get(action, f"{action.removesuffix(' updated')} update to pod template:")
        raise CommandError(f"failed to patch {during} {server_message(error)}") from error
    document: Document = sent
    return document


def pod_spec(document: Document, label: str) -> Document:
    """Find the pod spec of a workload, a cron job, or a pod.

    Raises: CommandError for an object that has none.
    """
    found: Any = document.get("spec") or {}
    if document.get("kind") != "Pod":
        found = (found.get("jobTemplate") or {}).get("spec") or found
        found = (found.get("template") or {}).get("spec")
    if not isinstance(found, dict):
        kind = document.get("kind")
        version = str(document.get("apiVersion", "")).rpartition("/")[2]
        raise CommandError(
            f"error: {label} the object is not a pod or does not have a pod template: *{version}.{kind}\n"
        )
    return found


def chosen_containers(spec: Document, pattern: str) -> list[Document]:
    """The containers whose names fit; init containers count when they are named."""
    from fnmatch import fnmatchcase

    listed: list[Document] = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    return [one for one in listed if fnmatchcase(one["name"], pattern)]


def split_pairs(words: Sequence[str], noun: str) -> tuple[list[str], list[str]]:
    """Separate the words that name objects from the changes behind them, which hold = or end with -.

    Raises: CommandError when a name follows a change.
    """
    resources: list[str] = []
    changes: list[str] = []
    for word in words:
        if "=" in word or (word.endswith("-") and len(word) > 1):
            changes.append(word)
        elif changes:
            raise CommandError(f"all resources must be specified before {noun} changes: {word}")
        else:
            resources.append(word)
    return resources, changes


def set_image(call: Invocation[SetFlags]) -> None:
    """Give containers other images; * names all of them."""
    resources, changes = split_pairs(call.words, "image")
    if not changes and (resources or call.flags.filename or call.flags.kustomize):
        raise CommandError("at least one image update is required")
    if len(changes) > 1 and any(change.startswith("*=") for change in changes):
        raise CommandError(
            "all containers are already specified by *, but saw more than one container_name=container_image pairs"
        )
    images = dict(change.split("=", 1) for change in changes)

    def change(document: Document, label: str) -> None:
        spec = pod_spec(document, label)
        for name, image in images.items():
            found = [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
            fitting = [one for one in found if name in ("*", one["name"])]
            if not fitting:
                raise CommandError(f'unable to find container named "{name}"')
            for container in fitting:
                container["image"] = image

    change_objects(call, resources, change, "image updated")


def set_resources(call: Invocation[ResourcesFlags]) -> None:
    """Set what containers may use."""
    flags = call.flags
    if not flags.limits and not flags.requests:
        raise CommandError("you must specify an update to requests or limits (in the form of --requests/--limits)")
    given = {"limits": _amounts(flags.limits), "requests": _amounts(flags.requests)}

    def change(document: Document, label: str) -> None:
        containers = chosen_containers(pod_spec(document, label), flags.containers)
        if not containers:
            raise CommandError(f"unable to find container named {flags.containers}")
        for container in containers:
            resources = container.setdefault("resources", {})
            for kind, amounts in given.items():
                if amounts:
                    resources[kind] = {**(resources.get(kind) or {}), **amounts}

    change_objects(call, call.words, change, "resource requirements updated")


def _amounts(text: str) -> dict[str, str]:
    amounts: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        name, equals, amount = part.partition("=")
        if not equals:
            raise CommandError(f"invalid argument syntax {part}, expected <resource>=<value>")
        amounts[name] = amount
    return amounts


def set_service_account(call: Invocation[SetFlags]) -> None:
    """Let the pods of objects act as another service account."""
    if not call.words:
        raise CommandError("serviceaccount is required")
    *resources, account = call.words

    def change(document: Document, label: str) -> None:
        spec = pod_spec(document, label)
        spec["serviceAccountName"] = account
        if "serviceAccount" in spec:
            spec["serviceAccount"] = account

    change_objects(call, resources, change, "serviceaccount updated")


def set_selector(call: Invocation[SetFlags]) -> None:
    """Replace the selector of a service."""
    from minikube_py.cli.selector_text import label_selector

    *resources, text = call.words or ("",)
    selector = label_selector(text) if resources else {}
    if "!=" in text:
        raise CommandError('"!=" is not a valid label selector operator')
    if "matchExpressions" in selector:
        parts = (
            f"{{{one['key']} {one['operator']} [{' '.join(one.get('values', ()))}]}}"
            for one in selector["matchExpressions"]
        )
        raise CommandError(f"match expression [{' '.join(parts)}] not supported on this object")

    def change(document: Document, label: str) -> None:
        if document.get("kind") != "Service":
            raise CommandError("setting a selector is only supported for Services")
        document["spec"]["selector"] = selector.get("matchLabels") or {}

    change_objects(call, resources, change, "selector updated")


_HERE = "minikube_py.cli.verbs.set"
_OBJECTS = "(-f FILENAME | TYPE NAME | TYPE/NAME)"
IMAGE = Verb(
    "image",
    set_image,
    SetFlags,
    summary="Give containers other images",
    usage=f"image {_OBJECTS} CONTAINER=IMAGE ...",
    examples=f"\n# Another version of the container nginx\n{PROGRAM} set image deployment/web nginx=nginx:1.27\n",
)
RESOURCES = Verb(
    "resources",
    set_resources,
    ResourcesFlags,
    summary="Set what containers may use",
    usage=f"resources {_OBJECTS} [--limits=NAME=AMOUNT,...] [--requests=NAME=AMOUNT,...]",
)
SERVICE_ACCOUNT = Verb(
    "serviceaccount",
    set_service_account,
    SetFlags,
    summary="Let pods act as another service account",
    usage=f"serviceaccount {_OBJECTS} SERVICE_ACCOUNT",
)
SELECTOR = Verb(
    "selector",
    set_selector,
    SetFlags,
    summary="Replace the selector of a service",
    usage="selector service NAME KEY=VALUE,...",
)
COMMAND = VerbGroup(
    "set",
    (
        Entry("env", "minikube_py.cli.verbs.set_env", "Change the environment of containers"),
        Entry("image", _HERE, "Give containers other images", attribute="IMAGE"),
        Entry("resources", _HERE, "Set what containers may use", attribute="RESOURCES"),
        Entry("selector", _HERE, "Replace the selector of a service", attribute="SELECTOR"),
        Entry("subject", "minikube_py.cli.verbs.set_subject", "Give a role to more users, groups or accounts"),
        Entry(
            "serviceaccount",
            _HERE,
            "Let pods act as another service account",
            attribute="SERVICE_ACCOUNT",
            aliases=("sa",),
        ),
    ),
    summary="Set specific features on objects",
)
