"""Kubernetes' own conformance tests, against a cluster that this starts and removes.

    python -m tests.conformance.run --e2e DIR --list FILE [--store etcd] [--container-runtime simulated]

DIR holds a copy of the suite with a program `run` (--kubeconfig, --list, --out, --parallel), or is `e2e.test` of
any Kubernetes release. Exit status: 0 when every test of the list passed.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def e2e_command(options: argparse.Namespace, kubeconfig: Path, out: Path) -> list[str]:
    e2e: Path = options.e2e
    if e2e.is_dir():
        jobs = ["--parallel", str(options.jobs)] if options.jobs else []
        return [
            str(e2e / "run"),
            "--kubeconfig",
            str(kubeconfig),
            "--list",
            str(options.list),
            "--out",
            str(out),
            *jobs,
        ]
    names = [line for line in options.list.read_text().splitlines() if line and not line.startswith("#")]
    focus = "|".join(
        name.replace("[", r"\[").replace("]", r"\]").replace("(", r"\(").replace(")", r"\)") for name in names
    )
    flags = ["--allowed-not-ready-nodes=-1", "--provider=skeleton", f"--ginkgo.focus={focus}"]
    return [str(e2e), f"--kubeconfig={kubeconfig}", f"--report-dir={out}", *flags]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--e2e", type=Path, required=True)
    parser.add_argument("--list", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--store", default="sqlite")
    parser.add_argument("--container-runtime", default="simulated")
    parser.add_argument("--out", type=Path, default=None, help="where results and logs go")
    parser.add_argument("--jobs", type=int, default=0)
    options = parser.parse_args()
    if not options.e2e.exists() or not options.list.exists():
        parser.error("--e2e must be a copy of Kubernetes' conformance suite, --list a file of test names")
    options.e2e = options.e2e.resolve()
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        home = Path(folder)
        out = (options.out or home / "out").resolve()
        bin_folder = Path(sys.executable).parent
        environment = {
            **os.environ,
            "MINIKUBE_PY_HOME": str(home / "clusters"),
            "KUBECONFIG": str(home / "kubeconfig"),
            "PATH": f"{bin_folder}:{os.environ['PATH']}",
        }
        cluster = [sys.executable, "-m", "minikube_py.cluster"]
        start = ["start", f"--store={options.store}", f"--container-runtime={options.container_runtime}"]
        subprocess.run([*cluster, *start, f"--port={free_port()}"], env=environment, check=True)
        try:
            command = e2e_command(options, home / "kubeconfig", out)
            return subprocess.run(command, env=environment, check=False).returncode
        finally:
            subprocess.run([*cluster, "delete"], env=environment, check=False)


if __name__ == "__main__":
    sys.exit(main())
