"""start, stop and delete when something is in the way: one clear line each, and `delete` always finds its way."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import sqlite3
import subprocess

import pytest

from tests.integration.cluster.conftest import NAME, Machine, processes_of
from tests.support.eventually import eventually


def test_port_in_use_is_told_and_nothing_is_left(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", machine.port)):
        done = machine.start()
    assert done.returncode == 1
    assert f"port {machine.port} on 127.0.0.1 is in use" in done.stderr
    assert "--port" in done.stderr


def test_second_start_changes_nothing(machine: Machine) -> None:
    assert machine.start().returncode == 0
    before = processes_of(machine)
    assert machine.start().returncode == 0
    assert processes_of(machine) == before
    assert machine.status() == "healthy"
    refused = machine.run("start", "--processes")
    assert (refused.returncode, "minikube-py stop" in refused.stderr) == (1, True)


def test_start_beside_another_is_refused(machine: Machine) -> None:
    machine.cluster.mkdir(parents=True)
    with (machine.cluster / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = machine.start()
    assert (done.returncode, "another command" in done.stderr) == (1, True)


async def test_start_killed_in_the_middle_is_finished_by_the_next(machine: Machine) -> None:
    argv = machine.command("start", "--container-runtime=simulated", f"--port={machine.port}")
    process = await asyncio.create_subprocess_exec(*argv, env=machine.environment, stdout=subprocess.DEVNULL)
    await eventually((machine.cluster / "processes.json").exists, timeout_s=30)
    process.kill()
    await process.wait()
    # As if it had been killed a moment earlier, with the process begun and not yet written down.
    (machine.cluster / "processes.json").unlink()
    before = processes_of(machine)
    assert len(before) == 1
    assert machine.start().returncode == 0
    assert processes_of(machine) == before
    assert machine.status() == "healthy"


def test_folder_that_is_half_written_is_started_from_or_deleted(machine: Machine) -> None:
    (machine.cluster / "pki").mkdir(parents=True)
    (machine.cluster / "cluster.json.new").write_text('{"na')
    assert machine.run("delete").returncode == 0
    assert not machine.cluster.exists()
    (machine.cluster / "pki").mkdir(parents=True)
    assert machine.start().returncode == 0


@pytest.mark.parametrize("text", ['{"na', "[]", '{"name": "bad", "folder": "/x", "colour": "red"}'])
def test_damaged_configuration_names_the_way_out(machine: Machine, text: str) -> None:
    machine.cluster.mkdir(parents=True)
    (machine.cluster / "cluster.json").write_text(text)
    done = machine.start()
    assert (done.returncode, f"minikube-py delete --name {NAME}" in done.stderr) == (1, True)


def test_damaged_process_table_is_named(machine: Machine) -> None:
    machine.cluster.mkdir(parents=True)
    (machine.cluster / "processes.json").write_text("{")
    done = machine.start()
    assert (done.returncode, "processes.json cannot be read" in done.stderr) == (1, True)
    (machine.cluster / "processes.json").unlink()


def test_database_of_a_newer_version_is_told_by_start(machine: Machine) -> None:
    assert machine.start().returncode == 0
    assert machine.run("stop").returncode == 0
    with sqlite3.connect(machine.cluster / "store.db") as database:
        database.execute("PRAGMA user_version = 999")
    database.close()
    done = machine.start()
    assert done.returncode == 1
    assert "apiserver ended:" in done.stderr
    assert "store.db is a database from a newer version" in done.stderr


def test_status_tells_a_cluster_that_is_not_there(machine: Machine) -> None:
    done = machine.run("status")
    assert (done.returncode, done.stdout) == (3, f"{NAME}: not running\n")


def test_logs_of_a_component_in_the_shared_process_are_its_own(machine: Machine) -> None:
    assert machine.start().returncode == 0
    assert "kube-apiserver" in machine.run("logs", "apiserver").stdout
    assert "kubelet" in machine.run("logs", "kubelet").stdout
    refused = machine.run("logs", "nobody")
    assert (refused.returncode, "apiserver" in refused.stderr) == (1, True)
