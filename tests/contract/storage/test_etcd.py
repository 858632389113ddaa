"""What only the etcd store promises: about members that are gone, slow or full."""

import asyncio
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikube_py.errors import ConfigError
from minikube_py.storage import Compacted, StorageFull, StorageUnavailable, ValueTooLarge, open_storage
from minikube_py.storage.backup import Backup, put_back
from minikube_py.storage.etcd import EtcdStorage, Leases
from minikube_py.storage.etcd_connection import EtcdConnection
from tests.contract.storage.watching import first_events, write_some
from tests.support.eventually import eventually
from tests.support.processes import EtcdServer, free_port

pytestmark = pytest.mark.etcd


@pytest.fixture
def silent_endpoint() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_unreachable_cluster_is_named_with_the_next_step(silent_endpoint: str) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(StorageUnavailable, match=r"does not answer.*--etcd-servers") as refused:
        await EtcdStorage.open([nobody, silent_endpoint], timeout_s=1)
    assert nobody in str(refused.value)
    assert silent_endpoint in str(refused.value)


async def test_address_without_a_scheme_is_refused(shared_etcd: EtcdServer) -> None:
    with pytest.raises(ConfigError, match="127"):
        await EtcdStorage.open([shared_etcd.endpoint.removeprefix("http://")])


async def test_dead_and_silent_members_are_passed_over(
    shared_etcd: EtcdServer, silent_endpoint: str, prefix: str
) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    storage = await open_storage(f"{nobody},{silent_endpoint},{shared_etcd.endpoint}")
    revisions = await write_some(storage, prefix, 5)
    assert len(await first_events(storage, prefix, revisions[0] - 1, 5)) == 5
    await storage.close()


async def test_whoever_watches_while_etcd_is_restored_lists_again(own_etcd: EtcdServer) -> None:
    storage = await EtcdStorage.open([own_etcd.endpoint], timeout_s=5)
    written = await write_some(storage, "/a/", 3)
    backup = Backup.of("etcd", await storage.snapshot("/a/"))
    watching = asyncio.create_task(first_events(storage, "/a/", written[-1], 1))
    other = await EtcdStorage.open([own_etcd.endpoint], timeout_s=5)
    await put_back(other, backup, "/a/")
    with pytest.raises(Compacted):
        await asyncio.wait_for(watching, 30)
    await storage.close()
    await other.close()


async def test_whoever_watches_a_lost_and_restored_etcd_lists_again(own_etcd: EtcdServer, tmp_path: Path) -> None:
    storage = await EtcdStorage.open([own_etcd.endpoint], timeout_s=5)
    written = await write_some(storage, "/a/", 20)
    backup = Backup.of("etcd", await storage.snapshot("/a/"))
    watching = asyncio.create_task(first_events(storage, "/a/", written[-1], 1))
    own_etcd.kill()
    shutil.rmtree(tmp_path / "data")
    own_etcd.start()
    await eventually(own_etcd.is_healthy, timeout_s=30)
    with pytest.raises(StorageUnavailable, match="its data are lost"):
        await storage.current_revision()
    other = await EtcdStorage.open([own_etcd.endpoint], timeout_s=5)
    await put_back(other, backup, "/a/")
    with pytest.raises(Compacted):
        await asyncio.wait_for(watching, 30)
    assert await storage.current_revision() > written[-1]
    assert len((await storage.snapshot("/a/")).items) == len(backup.entries)
    await storage.close()
    await other.close()


async def test_lost_data_are_noticed_by_who_wrote_and_has_watched_nothing_yet(
    own_etcd: EtcdServer, tmp_path: Path
) -> None:
    storage = await EtcdStorage.open([own_etcd.endpoint], timeout_s=5)
    await storage.create("/a/0", b"{}")
    own_etcd.kill()
    shutil.rmtree(tmp_path / "data")
    own_etcd.start()
    await eventually(own_etcd.is_healthy, timeout_s=30)
    with pytest.raises(StorageUnavailable, match="its data are lost"):
        await storage.current_revision()
    await storage.close()


async def test_watch_survives_a_killed_server_without_loss_or_repeat(own_etcd: EtcdServer) -> None:
    storage = await EtcdStorage.open([own_etcd.endpoint], timeout_s=5)
    watching = asyncio.create_task(first_events(storage, "/a/", await storage.current_revision(), 60))
    written = await write_some(storage, "/a/0/", 20)
    for restart in (1, 2):
        own_etcd.kill()
        own_etcd.start()
        await eventually(own_etcd.is_healthy, timeout_s=30)
        written += await write_some(storage, f"/a/{restart}/", 20)
    assert [event.revision for event in await asyncio.wait_for(watching, 30)] == written
    await storage.close()


async def test_write_while_the_server_is_gone_is_unavailable_and_not_repeated(own_etcd: EtcdServer) -> None:
    storage = await EtcdStorage.open([own_etcd.endpoint], timeout_s=1)
    await storage.create("/a", b"")
    own_etcd.kill()
    with pytest.raises(StorageUnavailable):
        await storage.create("/b", b"")
    own_etcd.start()
    await eventually(own_etcd.is_healthy, timeout_s=30)

    async def answers() -> int:
        try:
            return await storage.current_revision()
        except StorageUnavailable:
            return 0

    await eventually(answers, timeout_s=30)
    assert [item.key for item in (await storage.list("/")).items] == ["/a"]
    await storage.close()


async def test_value_over_the_servers_limit_is_refused_and_nothing_written(
    shared_etcd: EtcdServer, prefix: str
) -> None:
    storage = await open_storage(shared_etcd.endpoint)
    for size in (1_600_000, 5_000_000):
        with pytest.raises(ValueTooLarge):
            await storage.create(f"{prefix}large", bytes(size))
    assert await storage.get(f"{prefix}large") is None
    await storage.close()


async def test_full_store_refuses_writes_and_still_answers_reads(tmp_path: Path) -> None:
    server = EtcdServer(tmp_path / "data", "--quota-backend-bytes=4194304")
    server.start()
    try:
        await eventually(server.is_healthy, timeout_s=30)
        storage = await open_storage(server.endpoint)
        acknowledged: list[str] = []

        async def fill_the_store() -> None:
            for number in range(100):
                await storage.create(f"/{number:03}", bytes(500_000))
                acknowledged.append(f"/{number:03}")

        with pytest.raises(StorageFull, match="quota"):
            await fill_the_store()
        assert [item.key for item in (await storage.list("/")).items] == acknowledged
        await storage.close()
    finally:
        server.stop()


async def test_lists_larger_than_grpcs_usual_limit_arrive_whole(shared_etcd: EtcdServer, prefix: str) -> None:
    storage = await open_storage(shared_etcd.endpoint)
    for number in range(6):
        await storage.create(f"{prefix}{number}", bytes(1_000_000))
    assert sum(len(item.value) for item in (await storage.list(prefix)).items) == 6_000_000
    await storage.close()


async def test_keys_that_end_at_about_the_same_time_share_a_lease(shared_etcd: EtcdServer) -> None:
    connection = EtcdConnection([shared_etcd.endpoint])
    leases = Leases(connection)
    assert len({await leases.lasting(3600) for _ in range(50)}) == 1
    assert await leases.lasting(7200) != await leases.lasting(3600)
    await connection.close()
