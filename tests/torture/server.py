"""The API server as its own process for a torture run: `python -m tests.torture.server STORE PORT [FAILPOINT@N]`.

The environment says how often it compacts (TORTURE_COMPACTION_S).
"""

from __future__ import annotations

import os
import sys

import uvloop

from minikube_py.apiserver.config import ApiServerConfig
from minikube_py.apiserver.run import run
from minikube_py.telemetry.process import run_process
from tests.torture.failpoints import install


def main() -> None:
    store, port, *failpoint = sys.argv[1:]
    for point in failpoint:
        name, _, count = point.partition("@")
        install(name, int(count))
    interval_s = float(os.environ.get("TORTURE_COMPACTION_S", "300"))
    config = ApiServerConfig(storage=store, port=int(port), compaction_interval_s=interval_s)
    run_process("kube-apiserver", lambda: run(config), 2, loop_factory=uvloop.new_event_loop)


if __name__ == "__main__":
    main()
