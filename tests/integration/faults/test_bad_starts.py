"""Components started wrongly end at once, with exit code 1 and one line that names the cause."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikube_py.storage import open_storage
from minikube_py.storage.sqlite_log import SCHEMA_VERSION

CLIENTS = ("controllers", "scheduler", "proxy", "kubelet")


async def ended(package: str, *flags: str) -> tuple[int, str]:
    """The exit code of a component and what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"minikube_py.{package}", *flags,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(30):
            printed, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, printed.decode()


async def assert_refused(package: str, *flags: str, because: str) -> None:
    code, printed = await ended(package, *flags)
    assert because in printed
    assert "Traceback" not in printed
    assert printed.splitlines()[-1].startswith("error: ")
    assert code == 1


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


async def test_port_in_use_is_named(taken_port: int) -> None:
    flags = ("--storage=memory://", f"--port={taken_port}")
    await assert_refused("apiserver", *flags, because=f"failed to listen on 127.0.0.1:{taken_port}")


async def test_database_of_a_newer_version_is_named(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    await (await open_storage(f"sqlite://{path}")).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    await assert_refused("apiserver", f"--storage=sqlite://{path}", because="newer version")


async def test_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database " * 100)
    await assert_refused("apiserver", f"--storage=sqlite://{path}", because="notes.txt")


async def test_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    await assert_refused("apiserver", f"--storage=sqlite://{tmp_path}/nowhere/store.db", because="nowhere")


@pytest.mark.parametrize("package", CLIENTS)
async def test_kubeconfig_that_is_not_there_is_named(package: str, tmp_path: Path) -> None:
    await assert_refused(package, f"--kubeconfig={tmp_path}/missing", because=f"{tmp_path}/missing")


@pytest.mark.parametrize("package", CLIENTS)
@pytest.mark.parametrize("text", ["- 1", "a: b: c", "current-context: nowhere\n"])
async def test_kubeconfig_that_means_nothing_is_named(package: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    flags = ["--container-runtime=simulated"] if package == "kubelet" else []
    code, printed = await ended(package, f"--kubeconfig={path}", *flags)
    assert code == 1
    assert str(path) in printed or "nowhere" in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize("package", ["controllers", "scheduler", "proxy"])
async def test_address_that_is_none_is_named(package: str) -> None:
    await assert_refused(package, "--master=foo://bar", because="--master=foo://bar")
