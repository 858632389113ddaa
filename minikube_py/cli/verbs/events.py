"""pykubectl events: what happened, the latest last.

Kubernetes: kubectl pkg/cmd/events.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import Request
from minikube_py.cli.errors import CommandError
from minikube_py.cli.event_records import by_time, interval
from minikube_py.cli.flags import flag
from minikube_py.cli.output import OutputFlags, list_of, make_printer, parse_format
from minikube_py.cli.resource_arguments import CHUNK_SIZE, Listing, list_objects
from minikube_py.cli.tabular import ColumnWriter
from minikube_py.client.yaml_text import Document


@dataclass(frozen=True)
class EventsFlags(OutputFlags):
    """What events takes."""

    all_namespaces: bool = flag(False, "A", "The events of all namespaces.")
    watch: bool = flag(False, "w", "Go on with new events.")
    for_: str = flag("", "", "Only events about this object, TYPE/NAME.", name="for")
    types: tuple[str, ...] = flag((), "", "Only events of these types: Normal, Warning.")
    no_headers: bool = flag(False, "", "Leave out the headers.")
    chunk_size: int = flag(CHUNK_SIZE, "", "How many events to ask for at once.")


def events(call: Invocation[EventsFlags]) -> int:
    """Print events."""
    flags = call.flags
    for wanted in flags.types:
        if wanted.lower() not in ("normal", "warning"):
            raise CommandError("valid --types are Normal or Warning")
    chosen = parse_format(
        flags.output, flags.template, allowed="json,jsonpath,jsonpath-as-json,jsonpath-file,name,yaml"
    )
    printer = None if chosen.is_table else make_printer(chosen, keep_managed_fields=flags.show_managed_fields)
    namespace = "" if flags.all_namespaces else call.session.namespace
    listing = Listing(call.session.discovery.find("events"), namespace, field_selector=_about(call))
    found = by_time(t.document for t in list_objects(call.session, listing, flags.chunk_size) if t.document)
    shown = [event for event in found if _is_wanted(event, flags.types)]
    writer = ColumnWriter()
    if printer is not None:
        sys.stdout.write(printer(list_of(shown)))
    elif shown or flags.watch:
        headers = [] if flags.no_headers else [_headers(flags.all_namespaces)]
        sys.stdout.write(writer.format([*headers, *(_row(event, flags.all_namespaces) for event in shown)]))
    else:
        call.session.warn(f"No events found{'' if flags.all_namespaces else f' in {namespace} namespace'}.")
    if not flags.watch:
        return 0
    newest = max((int(event["metadata"]["resourceVersion"]) for event in found), default=0)
    for event in _follow(call, listing, str(newest)):
        row = writer.format([_row(event, flags.all_namespaces)])
        sys.stdout.write(printer(event) if printer else row)
        sys.stdout.flush()
    return 0


def _about(call: Invocation[EventsFlags]) -> str:
    """Make the field selector of --for."""
    if not call.flags.for_:
        return ""
    word, slash, name = call.flags.for_.partition("/")
    if not slash or not word or not name:
        raise CommandError("--for must be in resource/name form")
    resource = call.session.discovery.find(word)
    return (
        f"involvedObject.kind={resource.kind},involvedObject.name={name},"
        f"involvedObject.apiVersion={resource.api_version}"
    )


def _follow(call: Invocation[EventsFlags], listing: Listing, revision: str) -> Iterator[Document]:
    query = {"watch": "true", "resourceVersion": revision, "fieldSelector": listing.field_selector}
    path = listing.resource.path(listing.namespace)
    sys.stdout.flush()
    while True:
        for line in call.session.connection.lines(Request("GET", path, query)):
            change = json.loads(line)
            event: Document = change["object"]
            if change["type"] == "ERROR":
                raise CommandError(str(event.get("message")))
            query["resourceVersion"] = event["metadata"]["resourceVersion"]
            if change["type"] != "DELETED" and _is_wanted(event, call.flags.types):
                yield event


def _is_wanted(event: Document, types: tuple[str, ...]) -> bool:
    return not types or str(event.get("type", "")).lower() in {wanted.lower() for wanted in types}


def _headers(with_namespace: bool) -> list[str]:
    return [*(["NAMESPACE"] if with_namespace else []), "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]


def _row(event: Document, with_namespace: bool) -> list[str]:
    about = event.get("involvedObject") or {}
    return [
        *([event["metadata"].get("namespace", "")] if with_namespace else []),
        interval(event),
        str(event.get("type", "")),
        str(event.get("reason", "")),
        f"{about.get('kind', '')}/{about.get('name', '')}",
        str(event.get("message", "")).strip(),
    ]


COMMAND = Verb(
    "events",
    events,
    EventsFlags,
    summary="List events, the latest last",
    usage="events [--for TYPE/NAME] [--types=Normal,Warning] [-w]",
)
