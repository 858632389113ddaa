"""pykubectl timeline: the ten steps from `create deployment` to an answering pod, as they happened.

The past is read by watching from as far back as the API server remembers; `minikube_py/diagnosis/timeline.py` puts the
steps together.
"""

import json
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.api.kinds.core.event import Event
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointSlice
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import Query, Request
from minikube_py.cli.errors import PROGRAM, CommandError, ServerError
from minikube_py.cli.gathering import read_all
from minikube_py.cli.resource_arguments import Listing, Selection, fetch, resolve
from minikube_py.cli.session import Session
from minikube_py.cli.tabular import ColumnWriter
from minikube_py.cli.verbs.why import QuestionFlags, check_output
from minikube_py.client.request import resource_path
from minikube_py.diagnosis.history import Change, History
from minikube_py.diagnosis.timeline import Histories, Step, Timeline, timeline

R = TypeVar("R", bound=Resource)
_REPLAY_S = 1
"""How long the replay of the past may take; a watch ends by time only."""
_TOO_OLD = re.compile(r"too old resource version: \d+ \((\d+)\)")
_SHOWN_MOMENTS = 8


@dataclass(frozen=True)
class TimelineFlags(QuestionFlags):
    """What timeline takes."""


def show_timeline(call: Invocation[TimelineFlags]) -> int:
    """Print the steps; exit code 1 while some of them have not happened."""
    check_output(call.flags.output)
    if not call.words:
        raise call.usage_error("You must specify what happened to what: deployment/NAME")
    found = resolve(call.session, Selection(words=call.words))
    if len(found) != 1 or isinstance(found[0], Listing) or found[0].resource.full_name != "deployments.apps":
        raise CommandError("timeline tells the story of one deployment: deployment/NAME")
    deployment = Deployment.from_dict(fetch(call.session, found[0]))
    told = timeline(deployment, histories(call.session, found[0].namespace))
    if call.flags.output == "json":
        print(json.dumps(told.to_dict(), indent=2))
    else:
        sys.stdout.write(_text(told))
    return 0 if told.is_complete else 1


def histories(session: Session, namespace: str) -> Histories:
    """All kinds at once: each replay takes its second."""
    session.connection.headers, session.connection.tls_context  # noqa: B018  # made before several threads ask for them
    with ThreadPoolExecutor(4) as pool:
        deployments = pool.submit(_history, session, Deployment, namespace)
        replica_sets = pool.submit(_history, session, ReplicaSet, namespace)
        pods = pool.submit(_history, session, Pod, namespace)
        slices = pool.submit(_history, session, EndpointSlice, namespace)
        replayed = deployments.result(), replica_sets.result(), pods.result(), slices.result()
    return Histories(
        History.of(replayed[0], read_all(session, Deployment, namespace)),
        History.of(replayed[1], read_all(session, ReplicaSet, namespace)),
        History.of(replayed[2], read_all(session, Pod, namespace)),
        History.of(replayed[3], read_all(session, EndpointSlice, namespace)),
        read_all(session, Event, namespace),
    )


def _history(session: Session, kind: type[R], namespace: str) -> list[Change[R]]:
    """Everything that the API server remembers, from its beginning or from as far back as it says it can."""
    version = "1"
    for _ in range(3):
        changes, oldest = _replay(session, kind, namespace, version)
        if not oldest:
            return changes
        version = oldest
    return []


def _replay(session: Session, kind: type[R], namespace: str, version: str) -> tuple[list[Change[R]], str]:
    query: Query = {"watch": True, "resourceVersion": version, "timeoutSeconds": _REPLAY_S}
    changes: list[Change[R]] = []
    try:
        for line in session.connection.lines(Request("GET", resource_path(kind.definition, namespace), query)):
            event: dict[str, Any] = json.loads(line)
            if event["type"] == "ERROR":
                return [], _oldest(str(event["object"].get("message")))
            changes.append(Change(kind.from_dict(event["object"]), is_creation=event["type"] == "ADDED"))
    except ServerError as error:
        if error.code != 410:
            raise
        return [], _oldest(error.said)
    return changes, ""


def _oldest(message: str) -> str:
    found = _TOO_OLD.search(message)
    return found[1] if found is not None else ""


def _text(told: Timeline) -> str:
    rows = [["STEP", "TIME", "AFTER", "VERSION", "PROCESS", "WHAT HAPPENED"]]
    began = next((m.at for step in told.steps for m in step.moments if m.at is not None), None)
    for step in told.steps:
        rows += _rows(step, began)
    text = f"{told.subject}\n\n{ColumnWriter().format(rows)}\n"
    if told.missing:
        text += f"Not yet: {', '.join(step.title for step in told.missing)}. Why? {PROGRAM} why {told.subject}\n"
    if not told.is_remembered:
        text += (
            "The API server does not remember its creation any more: versions of that time are not known, and of what\n"
            "happened again since then, such as a restart of containers, there is the last time only.\n"
        )
    return (
        text + "* derived, not measured (-o json says from what). Times are whole seconds; versions tell the order.\n"
    )


def _rows(step: Step, began: Time | None) -> Iterator[list[str]]:
    for index, moment in enumerate(step.moments[:_SHOWN_MOMENTS]):
        at = moment.at
        time = str(at)[11:19] if at is not None else "-"
        after = f"{at.epoch_s - began.epoch_s:.0f}s" if at is not None and began is not None else "-"
        mark = " *" if moment.derived_from else ""
        number = str(step.number) if index == 0 else ""
        yield [number, time, after, moment.version or "-", moment.process, f"{moment.text}{mark}"]
    if len(step.moments) > _SHOWN_MOMENTS:
        yield ["", "", "", "", "", f"and {len(step.moments) - _SHOWN_MOMENTS} more (-o json)"]
    if not step.moments:
        yield [str(step.number), "-", "-", "-", "-", f"not yet: {step.title}"]


COMMAND = Verb(
    "timeline",
    show_timeline,
    TimelineFlags,
    summary="Tell what happened when a deployment was created",
    usage="timeline (deployment NAME | deployment/NAME)",
    examples=f"\n# Who did what, when?\n{PROGRAM} timeline deployment/web\n",
)
