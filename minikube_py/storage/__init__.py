"""Storage: the outside world "database", behind one small Protocol.

Reading order: interface.py (the promises), memory.py (the promises in plain Python), recent_events.py (how watchers
share one memory), sqlite.py with sqlite_log.py and sqlite_writer.py (the embedded store), etcd.py with etcd_wire.py
and etcd_connection.py (the real one), factory.py (from a URL to one of them).
"""

from minikube_py.storage.factory import open_storage
from minikube_py.storage.interface import (
    LATEST,
    Batch,
    Compacted,
    Event,
    FutureRevision,
    KeyExists,
    KeyValue,
    Page,
    RevisionConflict,
    Storage,
    StorageError,
    StorageFull,
    StorageUnavailable,
    ValueTooLarge,
)

__all__ = [
    "LATEST",
    "Batch",
    "Compacted",
    "Event",
    "FutureRevision",
    "KeyExists",
    "KeyValue",
    "Page",
    "RevisionConflict",
    "Storage",
    "StorageError",
    "StorageFull",
    "StorageUnavailable",
    "ValueTooLarge",
    "open_storage",
]
