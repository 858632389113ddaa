"""pykubectl describe: an object with what belongs to it, and its events.

Kubernetes: kubectl pkg/cmd/describe.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.describers.registry import describer_of
from minikube_py.cli.describers.text import Description
from minikube_py.cli.errors import PROGRAM, CommandError, ServerError, join_errors
from minikube_py.cli.flags import flag
from minikube_py.cli.resource_arguments import (
    CHUNK_SIZE,
    FilenameFlags,
    Listing,
    Selection,
    SelectorFlags,
    Target,
    fetch,
    list_objects,
    resolve,
)


@dataclass(frozen=True)
class DescribeFlags(SelectorFlags, FilenameFlags):
    """What describe takes."""

    show_events: bool = flag(True, "", "Show events; by default not when several objects are described.")
    chunk_size: int = flag(CHUNK_SIZE, "", "How many objects to ask for at once.")


def describe(call: Invocation[DescribeFlags]) -> None:
    """Print descriptions."""
    flags = call.flags
    if not call.words and not flags.filename and not flags.kustomize:
        raise CommandError(
            f'You must specify the type of resource to describe. Use "{PROGRAM} api-resources" for a complete list of '
            "supported resources."
        )
    selection = Selection(
        words=call.words,
        filenames=flags.filename,
        recursive=flags.recursive,
        kustomize=flags.kustomize,
        label_selector=flags.selector,
        field_selector=flags.field_selector,
        all_namespaces=flags.all_namespaces,
        requires_selector=False,
        chunk_size=flags.chunk_size,
    )
    failures: list[CommandError] = []
    wanted = resolve(call.session, selection)
    found = list(_found(call, wanted, failures))
    is_single = len(found) == 1 and not any(isinstance(one, Target) and one.name != found[0].name for one in wanted)
    shows_events = flags.show_events and ("show-events" in call.given or is_single)
    for index, target in enumerate(found):
        sys.stdout.write(("\n\n" if index else "") + _text(call, target, shows_events))
    if failures:
        raise join_errors(failures)
    if not found:
        place = "" if flags.all_namespaces else f" in {call.session.namespace} namespace."
        call.session.warn(f"No resources found{place}")


def _found(
    call: Invocation[DescribeFlags], wanted: list[Target | Listing], failures: list[CommandError]
) -> Iterator[Target]:
    for one in wanted:
        if isinstance(one, Listing):
            yield from list_objects(call.session, one, call.flags.chunk_size)
            continue
        try:
            yield replace(one, document=fetch(call.session, one))
        except ServerError as error:
            by_prefix = list(_by_prefix(call, one)) if error.is_not_found else []
            yield from by_prefix
            if not by_prefix:
                failures.append(error)


def _by_prefix(call: Invocation[DescribeFlags], target: Target) -> Iterator[Target]:
    """Find the objects whose names begin with the one that does not exist, as kubectl does."""
    try:
        for other in list_objects(call.session, Listing(target.resource, target.namespace)):
            if other.name.startswith(target.name):
                yield other
    except ServerError:
        return


def _text(call: Invocation[DescribeFlags], target: Target, shows_events: bool) -> str:
    out = Description(call.session, target.document or {}, shows_events)
    describer_of(target.resource.group, target.resource.kind)(out)
    return out.text()


COMMAND = Verb(
    "describe",
    describe,
    DescribeFlags,
    summary="Show the details of a resource with its events",
    usage="describe (TYPE [NAME_PREFIX | -l LABEL] | TYPE/NAME ... | -f FILENAME)",
)
