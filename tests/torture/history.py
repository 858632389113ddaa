"""A recorded history: what clients asked, what they were answered, and when; one JSON line each.

Kubernetes: etcd-io/etcd, tests/robustness (report/client.go) records the same for the same purpose
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

UNKNOWN = 0
"""As a status: no answer came, so a write happened once or not at all."""


@dataclass(slots=True)
class Operation:
    """One request and its answer. Times are of the monotonic clock, which all processes of a machine share."""

    client: str
    op: str
    """create, update, delete, get, list, watch."""
    key: str
    """The store's key; of a list or a watch the prefix."""
    t_start: float
    t_end: float = 0.0
    status: int = UNKNOWN
    rv: int = 0
    """The resourceVersion in the answer."""
    nonce: str = ""
    """What marks this one write, or the write that a read met."""
    mode: str = ""
    """How was asked: of a read 'newest', 'any', 'not-older', 'exact', 'pages'; of a watch 'resume', 'initial'; of a
    delete 'wrong-uid' when its precondition can never be true."""
    asked: int = 0
    """The resourceVersion that was named: of a write the precondition, of a read or a watch where it begins."""
    selector: str = ""
    """The value of the label `shade` that was asked for; empty: everything."""
    server: str = ""
    message: str = ""
    """What was said with a status of 500 and more."""
    items: dict[str, int] = field(default_factory=dict)
    """Of a list: key -> resourceVersion."""
    events: list[tuple[str, str, int, str]] = field(default_factory=list)
    """Of a watch: type, key, resourceVersion, nonce, as they came."""
    ended: str = ""
    """Of a watch: 'closed' by the server, 'cut', 'left' by us, 'gone' (410), 'stuck' (what was to come did not)."""

    @property
    def is_acknowledged(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_refused(self) -> bool:
        """Nothing was written: the client was told why not. (507: the store is full.)"""
        return 400 <= self.status < 500 or self.status == 507

    @property
    def is_write(self) -> bool:
        return self.op in ("create", "update", "delete")


class History:
    def __init__(self, operations: Iterable[Operation] = ()) -> None:
        self.operations = list(operations)

    def add(self, operation: Operation) -> None:
        self.operations.append(operation)

    @property
    def acknowledged_writes(self) -> int:
        return sum(operation.is_write and operation.is_acknowledged for operation in self.operations)

    @property
    def streams(self) -> int:
        """The watches that have ended, and were told something."""
        return sum(operation.op == "watch" and bool(operation.events) for operation in self.operations)

    @property
    def delivered_events(self) -> int:
        return sum(len(operation.events) for operation in self.operations)

    def write(self, path: Path) -> None:
        with path.open("w") as file:
            file.writelines(f"{json.dumps(asdict(operation))}\n" for operation in self.operations)

    @classmethod
    def read(cls, path: Path) -> History:
        documents = (json.loads(line) for line in path.read_text().splitlines())
        return cls(
            Operation(**(document | {"events": [tuple(event) for event in document["events"]]}))
            for document in documents
        )
