"""Logs for users: the query of a log request, and the lines it asks for as text.

Kubernetes: pkg/kubelet/kuberuntime/logs, core/v1 PodLogOptions
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from minikube_py.kubelet.pod_lookup import BadQuestion, Life
from minikube_py.runtime.abilities import LogOptions, Logs

_TRUE = ("true", "1", "True")


@dataclass(frozen=True, slots=True)
class LogQuery:
    """What a request asks for."""

    options: LogOptions
    with_timestamps: bool = False
    wants_previous: bool = False
    limit_bytes: int | None = None
    stream: str = ""
    """Only `stdout` or `stderr`; empty for both."""


def parse_log_query(query: Mapping[str, str]) -> LogQuery:
    """Raises: BadQuestion naming the parameter."""
    since_s = _number(query, "sinceSeconds")
    since = datetime.now(UTC) - timedelta(seconds=since_s) if since_s is not None else None
    if "sinceTime" in query:
        try:
            since = datetime.fromisoformat(query["sinceTime"])
        except ValueError as error:
            raise BadQuestion(f"sinceTime: {error}") from error
    stream = query.get("stream", "").lower()
    return LogQuery(
        LogOptions(query.get("follow") in _TRUE, _number(query, "tailLines"), since),
        query.get("timestamps") in _TRUE,
        query.get("previous") in _TRUE,
        _number(query, "limitBytes"),
        "" if stream == "all" else stream,
    )


def open_log(life: Life, query: LogQuery) -> AsyncIterator[bytes]:
    """Lines as they come. Raises: BadQuestion where this runtime has no logs."""
    if not isinstance(life.runtime, Logs):
        raise BadQuestion(f"the {life.runtime.name} runtime keeps no logs", 501)
    return _text(life.runtime, life, query)


async def _text(runtime: Logs, life: Life, query: LogQuery) -> AsyncIterator[bytes]:
    async for line in runtime.logs(life.record.id, query.options):
        if query.stream in ("", line.stream):
            yield f"{line.timestamp} ".encode() + line.data if query.with_timestamps else line.data


def _number(query: Mapping[str, str], name: str) -> int | None:
    if name not in query:
        return None
    try:
        number = int(query[name])
    except ValueError as error:
        raise BadQuestion(f"{name}: not a number: {query[name]}") from error
    if number < 0:
        raise BadQuestion(f"{name}: must not be negative: {number}")
    return number
