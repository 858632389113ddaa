"""Kubernetes' own conformance tests, against a cluster that this starts and removes.

    python -m tests.conformance.run --e2e DIR --list FILE [--store etcd] [--container-runtime simulated]
    python -m tests.conformance.run --e2e DIR --list FILE --container-runtime oci --images REPO_LIST [-- FLAG...]

DIR holds a copy of the suite with a program `run` (--kubeconfig, --list, --out, --parallel, --images), or is `e2e.test`
of any Kubernetes release; what follows `--` is passed on to it. REPO_LIST is the suite's own way to say which
registries its images come from (KUBE_TEST_REPO_LIST): tests that run containers need it where the official ones are out
of reach. A registry on the loopback address is spoken to without TLS. With --out the logs of the cluster are kept
beside those of the tests. With --count the result is written into docs/compatibility.md. Exit status: 0 when every test
of the list passed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conformance import count


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def write_half(names: Path, half: int, target: Path) -> Path:
    """Write every second test of a list, from the first or the second on."""
    lines = [line for line in names.read_text().splitlines() if line and not line.startswith("#")]
    target.write_text("\n".join(lines[half % 2 :: 2]) + "\n")
    return target


def e2e_command(options: argparse.Namespace, kubeconfig: Path, out: Path) -> list[str]:
    e2e: Path = options.e2e
    if e2e.is_dir():
        flags = [f"--kubeconfig={kubeconfig}", f"--list={options.list}", f"--out={out}"]
        flags += [f"--parallel={options.jobs}"] if options.jobs else []
        flags += [f"--images={options.images}"] if options.images else []
        return [str(e2e / "run"), *flags, *options.suite_flags]
    names = [line for line in options.list.read_text().splitlines() if line and not line.startswith("#")]
    focus = "|".join(
        name.replace("[", r"\[").replace("]", r"\]").replace("(", r"\(").replace(")", r"\)") for name in names
    )
    flags = ["--allowed-not-ready-nodes=-1", "--provider=skeleton", f"--ginkgo.focus={focus}"]
    return [str(e2e), f"--kubeconfig={kubeconfig}", f"--report-dir={out}", *flags, *options.suite_flags]


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--e2e", type=Path, required=True)
    parser.add_argument("--list", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--store", default="sqlite")
    parser.add_argument("--container-runtime", default="simulated")
    parser.add_argument("--images", type=lambda text: Path(text).resolve(), help="where the suite's images come from")
    parser.add_argument("--out", type=Path, default=None, help="where results and logs go")
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--half", type=int, help="of the list, only the tests at even places (0), or at odd ones (1)")
    parser.add_argument("--count", metavar="NAME", help="write the count into docs/compatibility.md as this run's")
    parser.add_argument("suite_flags", nargs="*", help="after --: flags for the suite")
    options = parser.parse_args()
    if not options.e2e.exists() or not options.list.exists():
        parser.error("--e2e must be a copy of Kubernetes' conformance suite, --list a file of test names")
    if options.images and not options.images.exists():
        parser.error(f"--images: there is no {options.images}")
    options.e2e = options.e2e.resolve()
    return options


def main() -> int:
    options = read_options()
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        home = Path(folder)
        out = (options.out or home / "out").resolve()
        bin_folder = Path(sys.executable).parent
        if options.half is not None:
            options.list = write_half(options.list, options.half, home / "list.txt")
        environment = {
            **os.environ,
            "MINIKUBE_PY_HOME": str(home / "clusters"),
            "KUBECONFIG": str(home / "kubeconfig"),
            "PATH": f"{bin_folder}:{os.environ['PATH']}",
            **({"KUBE_TEST_REPO_LIST": str(options.images)} if options.images else {}),
        }
        cluster = [sys.executable, "-m", "minikube_py.cluster"]
        start = ["start", f"--store={options.store}", f"--container-runtime={options.container_runtime}"]
        subprocess.run([*cluster, *start, f"--port={free_port()}"], env=environment, check=True)
        try:
            command = e2e_command(options, home / "kubeconfig", out)
            code = subprocess.run(command, env=environment, check=False).returncode
            if options.count:
                count.write(options.count, out / "results.tsv")
            return code
        finally:
            shutil.copytree(home / "clusters/minikube-py/logs", out / "cluster", dirs_exist_ok=True)
            subprocess.run([*cluster, "delete"], env=environment, check=False)


if __name__ == "__main__":
    sys.exit(main())
