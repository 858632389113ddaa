"""Compaction: history older than one interval is forgotten, so that the store does not grow for ever.

Kubernetes: staging/src/k8s.io/apiserver/pkg/storage/etcd3/compact.go
"""

from __future__ import annotations

import asyncio
import logging

from minikube_py.storage.interface import Storage, StorageError

log = logging.getLogger(__name__)


async def compact_regularly(storage: Storage, interval_s: float) -> None:
    """Every interval, compact to where the store was one interval ago; runs until cancelled."""
    revision = 0
    while True:
        try:
            if revision:
                await storage.compact(revision)
            revision = await storage.current_revision()
        except StorageError as error:
            log.warning("compaction failed; it is tried again", extra={"error": str(error)})
        await asyncio.sleep(interval_s)
