"""Logging: a constant message, the data in fields, one line each.

    I1123 21:40:27.123456 kube-scheduler scheduler: bound pod="default/web-1" node="node1"

Kubernetes: klog and its structured format
"""

from __future__ import annotations

import logging
import sys
import time
from contextvars import ContextVar

context: ContextVar[dict[str, object]] = ContextVar("log_context")
"""Fields that every line of the current task carries: the key being reconciled, the request's id."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class FieldFormatter(logging.Formatter):
    """One line: level, time, component, logger, message, then `key="value"` of every field."""

    def __init__(self, component: str) -> None:
        super().__init__()
        self._component = component

    def format(self, record: logging.LogRecord) -> str:
        now = time.strftime("%m%d %H:%M:%S", time.localtime(record.created))
        micros = int(record.created % 1 * 1_000_000)
        source = record.name.removeprefix("minikube_py.")
        fields = dict(context.get({})) | {k: v for k, v in vars(record).items() if k not in _STANDARD}
        text = "".join(f' {key}="{value}"' for key, value in fields.items())
        line = f"{record.levelname[0]}{now}.{micros:06d} {self._component} {source}: {record.getMessage()}{text}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configure_logging(component: str, verbosity: int = 2) -> None:
    """Send log lines to stderr; verbosity as in Kubernetes: 4 and more is debug, 0 is warnings only."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FieldFormatter(component))
    level = logging.DEBUG if verbosity >= 4 else logging.INFO if verbosity >= 1 else logging.WARNING
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "uvicorn", "websockets", "asyncio", "docker", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
