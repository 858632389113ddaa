"""minikube-py backup and restore, as a user of a cluster sees them, on both stores."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from tests.integration.cluster.conftest import NAME, Machine
from tests.support.eventually import eventually
from tests.support.kubectls import BIN
from tests.support.processes import EtcdServer, free_port

STORES = ["sqlite", pytest.param("etcd", marks=pytest.mark.etcd)]


def kubectl(machine: Machine, *words: str) -> str:
    done = subprocess.run(
        [str(BIN / "pykubectl"), "--context", NAME, *words],
        env=machine.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


def version(machine: Machine) -> int:
    return int(json.loads(kubectl(machine, "get", "--raw", "/api/v1/configmaps"))["metadata"]["resourceVersion"])


@pytest.mark.parametrize("store", STORES)
@pytest.mark.timeout(180)
def test_a_restored_cluster_is_as_it_was_and_who_watched_lists_again(
    machine: Machine, store: str, tmp_path: Path
) -> None:
    started = machine.run("start", "--container-runtime=simulated", f"--port={machine.port}", f"--store={store}")
    assert started.returncode == 0, started.stderr
    kubectl(machine, "create", "configmap", "kept", "--from-literal=v=1")
    kubectl(machine, "create", "configmap", "lost", "--from-literal=v=1")
    lost = kubectl(machine, "get", "configmap", "lost", "-o", "jsonpath={.metadata.uid}")
    file = tmp_path / "backup"
    made = json.loads(machine.run("backup", str(file), "-o", "json").stdout)
    assert (made["store"], made["keys"]) == (store, len(file.read_text().splitlines()) - 2)

    kubectl(machine, "patch", "configmap", "kept", "-p", '{"data":{"v":"2"}}')
    kubectl(machine, "delete", "configmap", "lost")
    kubectl(machine, "create", "deployment", "later", "--image=nginx", "--replicas=3")
    newest = version(machine)
    assert newest > made["revision"]

    text = machine.run("restore", str(file)).stdout
    assert [line.split(" (")[0] for line in text.splitlines()[:2]] == [
        " ✓ Stopping the components",
        " ✓ Putting the objects back",
    ]
    assert f"{file}: {made['keys']} objects: " in text
    assert "watches from before it are told 410, and list again." in text
    assert machine.status() == "healthy"
    assert kubectl(machine, "get", "configmap", "kept", "-o", "jsonpath={.data.v}") == "1"
    assert kubectl(machine, "get", "configmap", "lost", "-o", "jsonpath={.metadata.uid}") == lost
    assert "NotFound" in kubectl(machine, "get", "deployment", "later")
    assert version(machine) > newest
    for before in (made["revision"], newest):
        watch = f"/api/v1/configmaps?watch=1&resourceVersion={before}&timeoutSeconds=5"
        assert '"code":410' in kubectl(machine, "get", "--raw", watch)


def test_a_stopped_cluster_is_restored_and_stays_stopped(machine: Machine, tmp_path: Path) -> None:
    assert machine.start().returncode == 0
    kubectl(machine, "create", "configmap", "kept")
    assert machine.run("stop").returncode == 0
    file = tmp_path / "backup"
    assert machine.run("backup", str(file)).returncode == 0
    done = json.loads(machine.run("restore", str(file), "-o", "json").stdout)
    assert (done["store"], done["created"], done["changed"], done["deleted"]) == ("sqlite", 0, 0, 0)
    assert machine.status() == "not running"


def test_what_cannot_be_restored_is_refused_before_anything_is_touched(machine: Machine, tmp_path: Path) -> None:
    assert machine.start().returncode == 0
    file = tmp_path / "backup"
    assert machine.run("backup", str(file)).returncode == 0
    good = file.read_text()
    for text, said in (
        ("no backup", f"error: {file} is no backup of minikube_py"),
        (good.replace('"store": "sqlite"', '"store": "etcd"'), f"error: {file} is damaged or incomplete"),
        (good.replace('"version": 1,', '"version": 9,'), "newer version of minikube_py (format 9"),
    ):
        file.write_text(text)
        done = machine.run("restore", str(file))
        assert (done.returncode, said in done.stderr) == (1, True), done.stderr
    file.write_text(good)
    other = machine.run("restore", str(file), "--storage=http://localhost:1")
    assert "the backup is of a store in sqlite, and this one is in etcd" in other.stderr
    unknown = machine.run("backup", str(file), "--storage=ftp://a")
    assert unknown.stderr == "error: --storage=ftp://a: use sqlite:///PATH, or http://HOST:PORT of an etcd\n"
    held = machine.run("restore", str(file), f"--storage=sqlite://{machine.cluster / 'store.db'}")
    assert "is already open in another process" in held.stderr
    missing = machine.run("restore", str(tmp_path / "nothing"))
    assert missing.stderr == f"error: {tmp_path / 'nothing'}: No such file or directory\n"
    nowhere = machine.run("backup", str(file), f"--storage=sqlite://{tmp_path / 'nothing.db'}")
    assert nowhere.stderr == f"error: there is no store at {tmp_path / 'nothing.db'}\n"
    assert machine.status() == "healthy"


@pytest.mark.etcd
def test_a_store_without_a_cluster_is_named_by_its_url(machine: Machine, tmp_path: Path) -> None:
    server = EtcdServer(tmp_path / "etcd")
    server.start()
    try:
        asyncio.run(eventually(server.is_healthy, timeout_s=30))
        file = tmp_path / "backup"
        made = machine.run("backup", str(file), f"--storage={server.endpoint}")
        assert made.stdout == f"{file}: 0 objects at version 1 (etcd)\n"
        assert machine.run("restore", str(file), f"--storage={server.endpoint}").returncode == 0
    finally:
        server.stop()
    gone = machine.run("backup", str(file), f"--storage=http://127.0.0.1:{free_port()}")
    assert "does not answer" in gone.stderr
