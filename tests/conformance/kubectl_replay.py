"""Replay kubectl: the recorded command lines once more, by pykubectl and by kubectl, against our own cluster.

    python -m tests.conformance.kubectl_replay DIR [--cli pykubectl] [--verbose]

Exit code, stdout and stderr are compared with the recorded ones after masking what differs from run to run. The
commands build on one another, so each command line has a cluster of its own and all of them run in order. A command
that only reads is asked again for some seconds: what it shows comes about by itself.

What differs on purpose is named in `APART`, with its reason; docs/compatibility.md has it too. Exit status 0 when
everything else is the same.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance.scripted_cluster import ScriptedCluster, scripted_cluster
from tests.support.kubectls import program

CLIS = ("pykubectl", "kubectl")
APART: dict[tuple[str, str], str] = {
    ("*", "kubectl api-versions"): "resource.k8s.io is not served",
    ("*", "kubectl api-resources --no-headers -o name"): "resource.k8s.io is not served",
    ("*", "kubectl get cm,secret,sa,role,rolebinding,job,cronjob,quota,ing,pdb,pc"): "a simulated job has ended then",
    (
        "kubectl",
        "kubectl create token robot --duration=10m",
    ): "kubectl 1.37 ends a token with a newline on a terminal only",
}
"""Recorded commands, by program (* = both), that are answered otherwise for a good reason."""

_READING = ("get", "describe", "logs", "top", "auth", "rollout history", "exec")
_SETTLE_S = 8.0
_MANIFESTS: dict[str, Any] = {
    "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v\n",
    "cm2.yaml": 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v2\n  no: "1"\n',
    "bad-field.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\ndatas:\n  k: v\n",
    "bad-kind.yaml": "apiVersion: v1\nkind: ConfigMapp\nmetadata:\n  name: b\n",
    "bad-yaml.yaml": "apiVersion: v1\nkind: [ConfigMap\nmetadata:\n  name: b\n",
    "noname.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n",
    "badpod.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: Bad_Name\nspec:\n  containers: []\n",
}
_DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  labels: {app: api}
spec:
  replicas: %d
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - {name: c, image: "busybox:1.37.0-1", command: [sleep, "3600"]}
"""
_WORDS = {"sh -c exit 3": ["sh", "-c", "exit 3"], "--schedule=*/5 * * * *": ["--schedule=*/5 * * * *"]}
"""Command lines are recorded with blanks between the words; these words hold blanks themselves."""
_STAGES = re.compile(r"^(kubectl get (deployments|deploy web -o wide|all)|kubectl describe)\b")
"""Commands that saw pods at a moment that passes: how far they were is not compared."""
_MASKS = (
    (r"pykubectl", "kubectl"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "(uid)"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( \+0000|Z)", "(time)"),
    (r"\w{3}, \d+ \w{3} \d{4} \d\d:\d\d:\d\d \+0000", "(time)"),
    (r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "(a token)"),
    (r"kube-api-access-\w{5}", "kube-api-access-(x)"),
    (r"\b(web|api)-[0-9a-z]{8,10}(-[0-9a-z]{5})?\b", r"\1-(x)\2"),
    (r"(?<=-\(x\))-[0-9a-z]{5}\b", "-(y)"),
    (r"\bj1-[0-9a-z]{5}\b", "j1-(y)"),
    (r"pod-template-hash=\w+", "pod-template-hash=(x)"),
    (r"(https?://)?\d+\.\d+\.\d+\.\d+(:\d+)?", r"(address)"),
    (r"(?<=resourceVersion: )\"\d+\"", "(version)"),
    (r"\b\d+(s|m|h|d)(\d+s)?\b(?! to )", "(age)"),
    (r"\bv\d+\.\d+\.\d+\S*", "(version)"),
    (r"containerd://\w+|simulated://\w+", "(container)"),
    (r"(\S*@)?sha256:\w+", "sha256:(x)"),
    (r"/\S*?(LIVE|MERGED)-\w+", r"\1"),
    (r"(?s)(?<=DESCRIPTION:\n).*\Z", "(the description)"),
    (r"[ \t]+", " "),
    (r"(?m) $", ""),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


def words_of(command: str) -> list[str]:
    """Split a recorded command line, without the program's name."""
    words: list[str] = []
    rest = command.split(" ")[1:]
    for text, _whole in _WORDS.items():
        parts = text.split(" ")
        for at in range(len(rest)):
            if rest[at : at + len(parts)] == parts:
                rest[at : at + len(parts)] = ["\0" + text]
                break
    for word in rest:
        words += _WORDS[word[1:]] if word.startswith("\0") else [word]
    return words


def masked(command: str, outcome: Outcome) -> Outcome:
    """The outcome without what differs from run to run."""
    out, err = outcome.out, outcome.err
    if _STAGES.match(command):
        out = _without_stages(out)
    if command.startswith("kubectl rollout status"):
        out = re.sub(r"(?m)^Waiting for deployment \"web\" rollout to finish: .+\.\.\.\n", "", out)
    if command.startswith("kubectl describe deployment"):
        out = _in_order(out, r"(?m)^  (?:Available|Progressing) .*\n")
    for pattern, replacement in _MASKS:
        out, err = re.sub(pattern, replacement, out), re.sub(pattern, replacement, err)
    if command.startswith("kubectl get events"):
        out = "\n".join(sorted(set(out.splitlines())))
    return Outcome(outcome.code, out, err)


def _in_order(text: str, pattern: str) -> str:
    """The text with the lines that match sorted: which of them changed last depends on the moment."""
    lines = iter(sorted(re.findall(pattern, text)))
    return re.sub(pattern, lambda _: next(lines), text)


def _without_stages(text: str) -> str:
    return re.sub(
        r"(?m)^((?:pod|deployment\.apps|replicaset\.apps)?/?web\S*) +.*?(\(age\)|\d+[smh])", r"\1 (stage)", text
    )


class Replay:
    """One program's way through all recorded commands."""

    def __init__(self, cli: str, cluster: ScriptedCluster) -> None:
        self._cli = cli
        self._program = str(program(cli))
        self._folder = cluster.folder / "work"
        self._folder.mkdir()
        for name, text in _MANIFESTS.items():
            (self._folder / name).write_text(text)
        for name, replicas in (("dep.yaml", 1), ("dep2.yaml", 2)):
            (self._folder / name).write_text(_DEPLOYMENT % replicas)
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "KUBECONFIG": str(cluster.kubeconfig),
            "KUBE_EDITOR": "sed -i 's/replicas: 1/replicas: 2/'",
        }

    def apart(self, command: str) -> str:
        """Why this command is counted apart; empty when it is not."""
        return APART.get((self._cli, command)) or APART.get(("*", command)) or ""

    def run(self, command: str) -> Outcome:
        done = subprocess.run(
            [self._program, *words_of(command)],
            env=self._environment, cwd=self._folder, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return Outcome(done.returncode, done.stdout, done.stderr)

    def differs(self, row: Any) -> tuple[Outcome, Outcome] | None:
        """Run one recorded command; what was expected and what came, when they differ."""
        command = row["command"]
        expected = masked(command, Outcome(row["exit"], row["stdout"], row["stderr"]))
        deadline = time.monotonic() + _SETTLE_S
        while True:
            got = masked(command, self.run(command))
            if got == expected:
                return None
            reads = command.removeprefix("kubectl ").startswith(_READING)
            if not reads or self.apart(command) or time.monotonic() > deadline:
                return expected, got
            time.sleep(0.3)


def replay(cli: str, rows: list[Any], verbose: bool) -> bool:
    """Run all; True when nothing differs but what is named."""
    same, apart, failed = 0, 0, 0
    with tempfile.TemporaryDirectory(prefix="kubectl-replay-") as folder, scripted_cluster(Path(folder)) as cluster:
        player = Replay(cli, cluster)
        for row in rows:
            found = player.differs(row)
            if found is None:
                same += 1
            elif player.apart(row["command"]):
                apart += 1
            else:
                failed += 1
                if verbose:
                    _explain(row["command"], *found)
    print(f"kubectl commands by {cli}: {same} of {len(rows)} the same, {apart} apart, {failed} different", flush=True)
    return not failed


def _explain(command: str, expected: Outcome, got: Outcome) -> None:
    print(f"  - {command}")
    if expected.code != got.code:
        print(f"      exit code {got.code}, expected {expected.code}")
    for name, wanted, came in (("stdout", expected.out, got.out), ("stderr", expected.err, got.err)):
        for line in difflib.unified_diff(wanted.splitlines(), came.splitlines(), f"recorded {name}", "ours", n=1):
            print(f"      {line.rstrip()}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the recorded kubectl commands against our own cluster.")
    parser.add_argument("recordings", type=Path)
    parser.add_argument("--cli", choices=CLIS, action="append")
    parser.add_argument("--verbose", action="store_true", help="show what differs")
    options = parser.parse_args()
    rows = [json.loads(line) for line in (options.recordings / "kubectl.jsonl").read_text().splitlines()]
    kept = [replay(cli, rows, options.verbose) for cli in options.cli or CLIS]
    for (cli, command), reason in APART.items():
        print(f"  - apart ({cli}): {command}: {reason}")
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
