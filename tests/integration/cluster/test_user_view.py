"""What a user of minikube-py sees: lines, exit codes, the kubeconfig before and after, with a terminal and without."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
import yaml

from tests.integration.cluster.conftest import NAME, Machine
from tests.support.terminal import seen_on_terminal

_FOREIGN = """\
apiVersion: v1
clusters:
- cluster:
    server: https://prod.example:6443
  name: prod
contexts:
- context:
    cluster: prod
    user: admin
  name: prod
current-context: prod
kind: Config
users:
- name: admin
  user:
    token: secret
"""


def test_steps_are_plain_lines_where_no_terminal_is(machine: Machine) -> None:
    lines = machine.start().stdout.splitlines()
    assert lines[0].startswith(f"Starting {NAME}: SQLite, simulated runtime, ")
    assert all(line.startswith(" ✓ ") and line.endswith(" s)") for line in lines[1:4])
    assert "\033" not in "".join(lines)
    assert lines[-1] == "  pykubectl get nodes"


def test_steps_turn_into_ticks_on_a_terminal_unless_no_color_is_wished(machine: Machine) -> None:
    argv = machine.command("start", "--container-runtime=simulated", f"--port={machine.port}")
    _, coloured = seen_on_terminal(argv, machine.environment)
    assert "\033[2m•\033[0m Preparing keys and folders ..." in coloured
    assert "\033[32m✓\033[0m Preparing keys and folders" in coloured
    _, plain = seen_on_terminal(machine.command("stop"), {**machine.environment, "NO_COLOR": "1"})
    assert ("\033" in plain, "✓ Stopping the components" in plain) == (False, True)


def test_status_tells_components_and_nodes_by_exit_code_and_as_json(machine: Machine) -> None:
    assert machine.run("status").returncode == 3
    assert machine.start().returncode == 0
    healthy = machine.run("status")
    assert (healthy.returncode, f"✓ node {NAME}: Ready" in healthy.stdout) == (0, True)
    document = json.loads(machine.run("status", "-o", "json").stdout)
    assert [node for node in document["nodes"] if node["is_ready"]] == [{"name": NAME, "is_ready": True}]
    assert {"apiserver", "kubelet"} <= {component["name"] for component in document["components"]}
    (machine.cluster / "trouble" / "kubelet").parent.mkdir(exist_ok=True)
    (machine.cluster / "trouble" / "kubelet").write_text("the engine is gone")
    degraded = machine.run("status")
    assert (degraded.returncode, "✗ kubelet: the engine is gone" in degraded.stdout) == (1, True)


def test_a_kubeconfig_made_for_the_cluster_goes_with_it(machine: Machine) -> None:
    path = machine.kubeconfig
    machine.environment["KUBECONFIG"] = str(path.parent / "new" / "config")
    assert machine.start().returncode == 0
    made = path.parent / "new" / "config"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert yaml.safe_load(made.read_text())["current-context"] == NAME
    assert machine.run("delete").returncode == 0
    assert not made.parent.exists()


def test_a_kubeconfig_of_the_users_keeps_everything_that_is_not_the_clusters(machine: Machine) -> None:
    machine.kubeconfig.write_text(_FOREIGN)
    assert machine.start().returncode == 0
    merged = yaml.safe_load(machine.kubeconfig.read_text())
    assert [entry["name"] for entry in merged["contexts"]] == [NAME, "prod"]
    assert not machine.kubeconfig.with_name("kubeconfig.lock").exists()
    assert machine.run("delete").returncode == 0
    # As with kind, no context is the current one then.
    assert machine.kubeconfig.read_text() == _FOREIGN.replace("current-context: prod", 'current-context: ""')


def test_a_kubeconfig_that_another_program_has_locked_is_not_touched(machine: Machine) -> None:
    machine.kubeconfig.write_text(_FOREIGN)
    machine.kubeconfig.with_name("kubeconfig.lock").touch()
    done = machine.start()
    assert (done.returncode, "is locked by another program" in done.stderr) == (1, True)
    assert machine.kubeconfig.read_text() == _FOREIGN
    machine.kubeconfig.with_name("kubeconfig.lock").unlink()


async def test_logs_go_on_as_lines_are_added(machine: Machine) -> None:
    assert machine.start().returncode == 0
    log = machine.cluster / "logs" / "scheduler.log"
    argv = machine.command("logs", "scheduler", "-f")
    reader = await asyncio.create_subprocess_exec(*argv, env=machine.environment, stdout=PIPE, stderr=PIPE)
    assert reader.stdout is not None
    before = len(log.read_text().splitlines())
    with log.open("a") as more:
        more.write("a line of the future\n")
    async with asyncio.timeout(20):
        lines = [await reader.stdout.readline() for _ in range(before + 1)]
    assert lines[-1] == b"a line of the future\n"
    reader.terminate()
    await reader.communicate()
    assert "a line of the future" in machine.run("logs", "scheduler").stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_without_root_simulated_pods_run_and_containers_are_refused_in_words(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for folder in (home, *home.parents):
        if folder.is_relative_to(tmp_path.parents[1]):
            folder.chmod(0o755)
    os.chown(home, 65534, 65534)
    machine = Machine(home)
    # The Python here may lie below root's home: nobody may read it, and nothing else that root may.
    somebody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    somebody += ["--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search"]
    machine.prefix = somebody
    refused = machine.run("start")
    assert refused.returncode == 1
    assert refused.stderr == (
        "error: containers need root: run this as root, or without containers: "
        "minikube-py start --container-runtime=simulated\n"
    )
    started = machine.start()
    assert started.returncode == 0, started.stderr
    argv = [*somebody, sys.executable, "-m", "minikube_py.cli", "get", "nodes", "-o", "name"]
    nodes = subprocess.run(argv, env=machine.environment, capture_output=True, text=True, check=False)
    assert nodes.stdout == f"node/{NAME}\n"
    assert machine.run("delete").returncode == 0
    assert sorted(path.name for path in home.iterdir()) in ([], ["clusters"])
