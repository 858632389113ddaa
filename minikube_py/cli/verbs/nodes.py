"""pykubectl cordon, uncordon and taint: whether, and for which pods, nodes are open.

Kubernetes: kubectl pkg/cmd/drain (cordon), pkg/cmd/taint.
"""

import re
from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import STRATEGIC_MERGE_PATCH
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.resource_arguments import Selection, Target, each, objects
from minikube_py.cli.writing import Results, ValidationFlags, WriteFlags, validation_query
from minikube_py.client.yaml_text import Document

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


@dataclass(frozen=True)
class CordonFlags:
    """What cordon and uncordon take."""

    selector: str = flag("", "l", "Only nodes whose labels match.")
    dry_run: str = flag("none", "", "none, client (send nothing) or server (store nothing).", bare="unchanged")


@dataclass(frozen=True)
class TaintFlags(WriteFlags, ValidationFlags):
    """What taint takes."""

    selector: str = flag("", "l", "Only nodes whose labels match.")
    all_: bool = flag(False, "", "All nodes.", name="all")
    overwrite: bool = flag(False, "", "Allow taints to be replaced.")


def cordon(call: Invocation[CordonFlags]) -> None:
    """Let no new pods onto nodes."""
    set_unschedulable(call, unschedulable=True)


def uncordon(call: Invocation[CordonFlags]) -> None:
    """Let pods onto nodes again."""
    set_unschedulable(call, unschedulable=False)


def set_unschedulable(call: Invocation[CordonFlags], *, unschedulable: bool) -> list[Target]:
    """Close or open nodes and say so; returns the nodes.

    Raises: CommandError.
    """
    verb = call.command_path.rsplit(" ", 1)[-1]
    done = "cordoned" if unschedulable else "uncordoned"
    if not call.words and not call.flags.selector:
        raise call.usage_error(f"USAGE: {verb} NODE [flags]")
    if call.words and call.flags.selector:
        raise CommandError("error: cannot specify both a node name and a --selector option")
    results = Results.of(call.session, WriteFlags(dry_run=call.flags.dry_run), "")
    found: list[Target] = []

    def act(target: Target) -> None:
        found.append(target)
        document = target.document or {}
        if bool(document["spec"].get("unschedulable")) == unschedulable:
            results.tell(document, f"already {done}")
            return
        if not results.is_client_dry_run:
            patch = {"spec": {"unschedulable": True if unschedulable else None}}
            call.session.connection.send("PATCH", target.path, patch, results.query, STRATEGIC_MERGE_PATCH)
        results.tell(document, done)

    each(objects(call.session, Selection(("nodes", *call.words), label_selector=call.flags.selector)), act)
    return found


@dataclass(frozen=True, slots=True)
class TaintChange:
    """Taints to add, and (key, effect) pairs to remove; an empty effect stands for all."""

    added: tuple[Document, ...]
    removed: tuple[tuple[str, str], ...]

    def of(self, present: list[Document], name: str, overwrite: bool) -> tuple[list[Document], str]:
        """The new taints of a node, and the word for what happened.

        Raises: CommandError for a taint that is there already, or is not there.
        """
        there = {(one["key"], one["effect"]) for one in present}
        again = [one for one in self.added if (one["key"], one["effect"]) in there]
        if again and not overwrite:
            keys = ",".join(one["key"] for one in again)
            raise CommandError(f"node {name} already has {keys} taint(s) with same effect(s) and --overwrite is false")
        for key, effect in self.removed:
            if not any(key == one["key"] and effect in ("", one["effect"]) for one in present):
                spelled = f"{key}:{effect}" if effect else key
                raise CommandError(f'taint "{spelled}" not found')
        new = {(one["key"], one["effect"]) for one in self.added}
        kept = [
            one
            for one in present
            if (one["key"], one["effect"]) not in new
            and not any(one["key"] == key and effect in ("", one["effect"]) for key, effect in self.removed)
        ]
        if self.removed and not self.added:
            return kept, "untainted"
        return [*self.added, *kept], "modified" if self.removed or again else "tainted"


class InvalidTaint(CommandError):
    """A word that is no taint."""


def parse_taints(words: tuple[str, ...]) -> TaintChange:
    """Read KEY[=VALUE]:EFFECT and KEY[:EFFECT]-.

    Raises: CommandError for words that are neither, and for contradictions.
    """
    added: dict[tuple[str, str], Document] = {}
    removed: list[tuple[str, str]] = []
    for word in words:
        if word.endswith("-"):
            key, _, effect = word.removesuffix("-").partition(":")
            if effect and effect not in _EFFECTS:
                raise InvalidTaint(f"invalid taint effect: {effect}, unsupported taint effect")
            removed.append((key.partition("=")[0], effect))
            continue
        pair, colon, effect = word.partition(":")
        key, equals, value = pair.partition("=")
        if not re.fullmatch(r"[^=:]+(=[^=:]*)?(:[^=:]+)?", word) or not colon:
            raise InvalidTaint(f"invalid taint spec: {word}")
        if effect not in _EFFECTS:
            raise InvalidTaint(f"invalid taint effect: {effect}, unsupported taint effect")
        if (key, effect) in added:
            raise InvalidTaint(f"duplicated taints with the same key and effect: {{{key} {value} {effect} <nil>}}")
        added[key, effect] = {"effect": effect, "key": key, **({"value": value} if equals and value else {})}
    both = [pair for pair in removed if any(pair[0] == one and pair[1] in ("", other) for one, other in added)]
    if both:
        spelled = ",".join(f"{key}=:{effect}" if effect else f"{key}=" for key, effect in both)
        raise CommandError(f"can not both modify and remove the following taint(s) in the same command: {spelled}")
    return TaintChange(tuple(added.values()), tuple(removed))


def taint(call: Invocation[TaintFlags]) -> None:
    """Change the taints of nodes."""
    flags = call.flags
    resources = _node_words(call)
    try:
        change = parse_taints(call.words[len(resources) :])
    except InvalidTaint as error:
        raise call.usage_error(error.message) from error
    results = Results.of(call.session, flags, "kubectl-taint")
    query = {**results.query, **validation_query(flags.validate)}

    def act(target: Target) -> None:
        document = target.document or {}
        taints, action = change.of(document["spec"].get("taints") or [], target.name, flags.overwrite)
        if results.is_client_dry_run:
            document = {**document, "spec": {**document["spec"], "taints": taints}}
        else:
            # Taints merge by key; to replace a value under a key that stays, the whole list is put in place.
            patch = {"spec": {"taints": [{"$patch": "replace"}, *taints] if taints else None}}
            connection = call.session.connection
            document = connection.send("PATCH", target.path, patch, query, STRATEGIC_MERGE_PATCH)
        results.tell(document, action)

    selection = Selection(resources, label_selector=flags.selector, all_of_type=flags.all_)
    each(objects(call.session, selection), act)


def _node_words(call: Invocation[TaintFlags]) -> tuple[str, ...]:
    """The words that name nodes, before those that are taints.

    Raises: CommandError for words that do not fit.
    """
    names: list[str] = []
    seen_taint = False
    for word in call.words:
        is_taint = ":" in word or "=" in word or word.endswith("-")
        if seen_taint and not is_taint:
            raise CommandError(f"all resources must be specified before taint changes: {word}")
        seen_taint = seen_taint or is_taint
        if not is_taint:
            names.append(word)
    if not names:
        raise CommandError("one or more resources must be specified as <resource> <name>")
    if not seen_taint:
        raise CommandError("at least one taint update is required")
    found = call.session.discovery.find(names[0])
    if (found.group, found.plural) != ("", "nodes"):
        raise CommandError(f"invalid resource type {names[0]}, only node types are supported")
    if len(names) < 2 and not call.flags.all_ and not call.flags.selector:
        raise CommandError("at least one resource name must be specified since 'all' parameter is not set")
    if call.flags.all_ and call.flags.selector:
        raise CommandError("setting 'all' parameter with a non empty selector is prohibited")
    return tuple(names)


CORDON = Verb("cordon", cordon, CordonFlags, summary="Let no new pods onto a node", usage="cordon NODE")
UNCORDON = Verb("uncordon", uncordon, CordonFlags, summary="Let pods onto a node again", usage="uncordon NODE")
COMMAND = Verb(
    "taint",
    taint,
    TaintFlags,
    summary="Change the taints of nodes",
    usage="taint node NAME KEY[=VALUE]:EFFECT ... KEY[:EFFECT]- ...",
    examples=f"""
# Only pods that tolerate it go there
{PROGRAM} taint node node1 dedicated=db:NoSchedule

# Take it away again
{PROGRAM} taint node node1 dedicated-
""",
)
