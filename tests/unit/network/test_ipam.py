"""Addresses in files: never twice, never lost, late re-use."""

import threading
from pathlib import Path

import pytest

from minikube_py.network.interface import AddressPoolExhausted, NetworkFault
from minikube_py.network.ipam import AddressPool


def test_addresses_start_after_the_gateway_and_end_before_broadcast(tmp_path: Path) -> None:
    pool = AddressPool("10.1.0.0/29", tmp_path)
    assert pool.gateway == "10.1.0.1"
    assert [pool.allocate(f"p{number}") for number in range(5)] == [f"10.1.0.{last}" for last in range(2, 7)]
    with pytest.raises(AddressPoolExhausted, match=r"10\.1\.0\.0/29"):
        pool.allocate("one too many")


def test_the_same_pod_keeps_its_address_across_restarts(tmp_path: Path) -> None:
    first = AddressPool("10.1.0.0/24", tmp_path).allocate("p1")
    again = AddressPool("10.1.0.0/24", tmp_path)
    assert again.allocate("p1") == first
    assert again.allocations() == {first: "p1"}


def test_a_freed_address_is_the_last_to_come_back(tmp_path: Path) -> None:
    pool = AddressPool("10.1.0.0/29", tmp_path)
    first = pool.allocate("p1")
    pool.release("p1")
    pool.release("p1")
    others = [pool.allocate(f"q{number}") for number in range(4)]
    assert first not in others
    assert pool.allocate("last") == first


def test_many_at_once_never_share_an_address(tmp_path: Path) -> None:
    taken: list[str] = []

    def take(number: int) -> None:
        taken.append(AddressPool("10.1.0.0/24", tmp_path).allocate(f"p{number}"))

    threads = [threading.Thread(target=take, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(taken)) == 50


def test_a_draft_left_by_a_crash_is_no_allocation(tmp_path: Path) -> None:
    pool = AddressPool("10.1.0.0/29", tmp_path)
    (tmp_path / "10.1.0.2.abc.new").write_text("p0")
    assert pool.allocations() == {}
    assert pool.allocate("p1") == "10.1.0.2"


@pytest.mark.parametrize("cidr", ["nonsense", "10.0.0.1/24", "10.0.0.0/31", "fd00::/64"])
def test_a_range_that_cannot_serve_is_refused(cidr: str, tmp_path: Path) -> None:
    with pytest.raises(NetworkFault, match="pod range"):
        AddressPool(cidr, tmp_path)
