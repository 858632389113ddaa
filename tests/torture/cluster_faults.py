"""Faults of a store of three members under two API servers."""

from __future__ import annotations

import time

from tests.support.eventually import eventually
from tests.support.processes import EtcdServer
from tests.torture.etcd_cluster import EtcdCluster
from tests.torture.packet_filter import dropping, isolated, lossy, parted
from tests.torture.scene import Scene

_WRITES_AGAIN_S = 5.0


async def kill_store(scene: Scene) -> None:
    """kill -9 of the only member; of three the leader, then a follower."""
    is_leaders_turn = True
    while not scene.is_over:
        await scene.sleep(1.0, 3.0)
        if isinstance(scene.etcd, EtcdServer):
            with scene.not_counted():
                scene.etcd.kill()
                scene.etcd.start()
                await eventually(scene.etcd.is_healthy, timeout_s=60)
                scene.mark("etcd killed")
                await _writes_again(scene)
            continue
        assert isinstance(scene.etcd, EtcdCluster)
        leader = await scene.etcd.leader()
        victim = leader if is_leaders_turn else next(each for each in scene.etcd.members if each is not leader)
        scene.etcd.kill(victim)
        scene.mark(f"{'leader' if is_leaders_turn else 'follower'} killed")
        is_leaders_turn = not is_leaders_turn
        with scene.not_counted():
            await _writes_again(scene)
        scene.etcd.start_member(victim)


async def part_members(scene: Scene) -> None:
    """The leader isolated, a follower isolated, two that do not reach each other, a tenth of the packets lost."""
    assert isinstance(scene.etcd, EtcdCluster)
    for what in ("leader isolated", "follower isolated", "ring broken", "packets lost"):
        await scene.sleep(1.0, 2.0)
        leader = await scene.etcd.leader()
        followers = [member for member in scene.etcd.members if member is not leader]
        rules = {
            "leader isolated": [isolated(leader, scene.etcd)],
            "follower isolated": [isolated(followers[0], scene.etcd)],
            "ring broken": list(parted(leader, followers[0])),
            "packets lost": [lossy(scene.etcd, 0.1)],
        }
        with dropping(*rules[what]):
            scene.mark(what)
            await scene.sleep(4.0, 6.0)
        await eventually(scene.etcd.is_healthy, timeout_s=30)
    await scene.until(lambda: False)


async def cut_one_api_server(scene: Scene) -> None:
    """One of two loses its link to the store: it says so, and its clients go on at the other."""
    while not scene.is_over:
        await scene.sleep(1.0, 2.0)
        link, server = scene.links[0], scene.servers[0]
        link.drop()
        scene.mark("cut")
        await scene.expect("failing readiness", 5.0, server, "/readyz", 500)
        await scene.sleep(2.0, 4.0)
        await link.heal()
        await scene.expect("healing", 5.0, server, "/readyz", 200)


async def _writes_again(scene: Scene) -> None:
    """Wait until writes are acknowledged again; too late is a failure."""
    before, began = scene.workload.history.acknowledged_writes, time.monotonic()
    await eventually(lambda: scene.workload.history.acknowledged_writes >= before + 5, timeout_s=60)
    if time.monotonic() - began > _WRITES_AGAIN_S:
        scene.failures.append(f"writes went on after {time.monotonic() - began:.1f} s only")
