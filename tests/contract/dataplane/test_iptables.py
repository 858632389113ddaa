"""What the iptables dataplane promises about tables that it shares with others."""

import asyncio
import dataclasses
import re
import signal
import socket
import sys
import textwrap

import pytest

from minikube_py.api.kinds.core.service import ServicePort
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointPort
from minikube_py.proxy.dataplanes.interface import DataplaneFault
from minikube_py.proxy.dataplanes.iptables import IptablesDataplane
from minikube_py.proxy.dataplanes.nftables_generation import nftables_generation
from minikube_py.proxy.ruleset import Backend, RuleSet, ServiceRules, compile
from tests.contract.dataplane.worlds import CONFIG, PODS, NamespaceWorld
from tests.support.eventually import eventually
from tests.support.namespaces import in_namespace, socket_in
from tests.support.services import make_service, make_slice

pytestmark = pytest.mark.netns

VIP = "10.96.0.10"
FOREIGN_RULES = """\
*nat
:OTHERS - [0:0]
-A PREROUTING -p tcp -m tcp --dport 9999 -j OTHERS
-A OTHERS -j RETURN
COMMIT
*filter
:KUBE-KUBELET-CANARY - [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
-A FORWARD -s 203.0.113.0/24 -j DROP
COMMIT
"""


def web(*pods: str) -> RuleSet:
    service = make_service("web", VIP, ServicePort(port=80, protocol="TCP", node_port=30080), type="NodePort")
    return compile([service], [make_slice("web", [PODS[pod] for pod in pods])] if pods else [], "node1")


def saved(world: NamespaceWorld) -> str:
    """The tables, without the comments that have the time in them."""
    return re.sub(r"^#.*\n", "", world.node.run(["iptables-save"]), flags=re.MULTILINE)


async def sync(world: NamespaceWorld, rules: RuleSet) -> None:
    await world.loop.call(world.dataplane.sync(rules))


async def answering_pod(world: NamespaceWorld) -> str:
    return (await world.ask("pod3", VIP, 80)).pod


async def test_cleanup_leaves_untouched_tables_as_if_never_made(iptables_world: NamespaceWorld) -> None:
    before = saved(iptables_world)
    await sync(iptables_world, web("pod1", "pod2"))
    assert saved(iptables_world) != before
    await iptables_world.loop.call(iptables_world.dataplane.cleanup())
    assert saved(iptables_world) == before


async def test_cleanup_leaves_foreign_rules_byte_for_byte(iptables_world: NamespaceWorld) -> None:
    iptables_world.node.run(["iptables-restore", "--noflush"], FOREIGN_RULES)
    before = saved(iptables_world)
    await sync(iptables_world, web("pod1"))
    await sync(iptables_world, web())
    await iptables_world.loop.call(iptables_world.dataplane.cleanup())
    assert saved(iptables_world) == before


async def test_another_process_cleans_up_after_a_dead_one(iptables_world: NamespaceWorld) -> None:
    before = saved(iptables_world)
    await sync(iptables_world, web("pod1"))
    await iptables_world.loop.call(IptablesDataplane(CONFIG).cleanup())
    assert saved(iptables_world) == before


async def test_a_table_that_others_moved_into_stays(iptables_world: NamespaceWorld) -> None:
    await sync(iptables_world, web("pod1"))
    iptables_world.node.run(["iptables-restore", "--noflush"], FOREIGN_RULES)
    await iptables_world.loop.call(iptables_world.dataplane.cleanup())
    left = saved(iptables_world)
    assert "-A OTHERS -j RETURN" in left
    assert set(re.findall("KUBE-[A-Z-]+", left)) == {"KUBE-KUBELET-CANARY"}


async def test_foreign_rules_survive_every_sync(iptables_world: NamespaceWorld) -> None:
    iptables_world.node.run(["iptables-restore", "--noflush"], FOREIGN_RULES)
    for rules in (web("pod1"), web("pod1", "pod2"), web()):
        await sync(iptables_world, rules)
        now = saved(iptables_world)
        for line in FOREIGN_RULES.splitlines():
            if line.startswith(("-A", ":OTHERS", ":KUBE")):
                assert line in now


async def test_the_kernel_prints_our_rules_as_they_were_written(iptables_world: NamespaceWorld) -> None:
    await sync(iptables_world, web("pod1", "pod2", "pod3"))
    # Compares text with text, so it is also the test that no rule is spelled otherwise than iptables-save does.
    assert not await iptables_world.loop.call(iptables_world.dataplane.audit())


@pytest.mark.parametrize(
    "damage",
    [
        ["iptables", "-t", "nat", "-F"],
        ["iptables", "-t", "nat", "-F", "KUBE-SERVICES"],
        ["iptables", "-t", "nat", "-D", "PREROUTING", "1"],
        ["iptables", "-t", "filter", "-F", "KUBE-FORWARD"],
        ["iptables-restore", "/dev/null"],
        ["nft", "flush", "ruleset"],
    ],
    ids=" ".join,
)
async def test_damage_by_hand_is_found_and_mended(iptables_world: NamespaceWorld, damage: list[str]) -> None:
    await sync(iptables_world, web("pod1"))
    whole = saved(iptables_world)
    assert not await iptables_world.loop.call(iptables_world.dataplane.audit())
    iptables_world.node.run(damage)
    is_damaged = saved(iptables_world) != whole
    assert await iptables_world.loop.call(iptables_world.dataplane.audit()) == is_damaged
    await sync(iptables_world, web("pod1"))
    assert saved(iptables_world) == whole
    assert await answering_pod(iptables_world) == "pod1"


async def test_a_foreign_rule_is_no_damage(iptables_world: NamespaceWorld) -> None:
    await sync(iptables_world, web("pod1"))
    iptables_world.node.run(["iptables", "-t", "filter", "-A", "INPUT", "-s", "203.0.113.9/32", "-j", "DROP"])
    assert not await iptables_world.loop.call(iptables_world.dataplane.audit())


async def test_the_kernels_count_moves_with_every_change_and_only_then(iptables_world: NamespaceWorld) -> None:
    await sync(iptables_world, web("pod1"))
    counts = [in_namespace(iptables_world.node, nftables_generation) for _ in range(2)]
    assert counts[0] is not None
    assert counts[0] == counts[1]
    iptables_world.node.run(["iptables", "-t", "nat", "-F", "KUBE-SERVICES"])
    assert in_namespace(iptables_world.node, nftables_generation) != counts[0]


async def test_a_new_process_takes_over_without_a_duplicate_and_without_leftovers(
    iptables_world: NamespaceWorld,
) -> None:
    await sync(iptables_world, web("pod2"))
    expected = saved(iptables_world)
    await sync(iptables_world, web("pod1", "pod3"))
    await iptables_world.loop.call(IptablesDataplane(CONFIG).sync(web("pod2")))
    assert saved(iptables_world) == expected


async def test_rules_that_the_kernel_refuses_leave_the_old_ones_serving(iptables_world: NamespaceWorld) -> None:
    await sync(iptables_world, web("pod1"))
    before = saved(iptables_world)
    (good,) = web("pod2").services["rec/web"].ports
    bad = dataclasses.replace(good, cluster=(Backend("no address", 80),))
    broken = ServiceRules((good, bad))
    with pytest.raises(DataplaneFault):
        await sync(iptables_world, RuleSet({"rec/web": broken}))
    assert saved(iptables_world) == before
    assert await answering_pod(iptables_world) == "pod1"
    await sync(iptables_world, web("pod2"))
    assert await answering_pod(iptables_world) == "pod2"


async def test_kill_9_leaves_the_old_rules_serving(iptables_world: NamespaceWorld) -> None:
    script = textwrap.dedent("""
        import asyncio
        from minikube_py.proxy.dataplanes.iptables import IptablesDataplane
        from tests.contract.dataplane.test_iptables import CONFIG, web

        async def main():
            dataplane = IptablesDataplane(CONFIG)
            while True:
                for pods in (["pod1"], ["pod1", "pod2"]):
                    await dataplane.sync(web(*pods))
                    print("synced", flush=True)

        asyncio.run(main())
    """)
    for _ in range(3):
        command = ["nsenter", f"--net={iptables_world.node.path}", sys.executable, "-c", script]
        syncing = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        assert syncing.stdout is not None
        for _ in range(4):
            assert await syncing.stdout.readline() == b"synced\n"
        syncing.send_signal(signal.SIGKILL)
        await syncing.wait()
        assert await answering_pod(iptables_world) in ("pod1", "pod2")
    await iptables_world.loop.call(IptablesDataplane(CONFIG).sync(web("pod2")))
    assert await answering_pod(iptables_world) == "pod2"


async def test_no_request_fails_while_endpoints_come_and_go(iptables_world: NamespaceWorld) -> None:
    await sync(iptables_world, web("pod1"))

    async def change() -> None:
        for number in range(30):
            await sync(iptables_world, web(*("pod1", "pod2", "pod3")[: number % 3 + 1]))

    changing = asyncio.create_task(change())
    answers = []
    while not changing.done():
        answers.append(await answering_pod(iptables_world))
    await changing
    assert "" not in answers


async def test_a_udp_client_with_one_socket_follows_its_service(iptables_world: NamespaceWorld) -> None:
    dns = make_service("dns", VIP, ServicePort(name="dns", port=53, protocol="UDP"))
    loop = asyncio.get_running_loop()

    def rules(*pods: str) -> RuleSet:
        port = EndpointPort(name="dns", port=80, protocol="UDP")
        return compile([dns], [make_slice("dns", [PODS[pod] for pod in pods], port)], "node1")

    with socket_in(iptables_world.places["pod3"], socket.SOCK_DGRAM) as asking:
        await loop.sock_connect(asking, (VIP, 53))
        for pod in ("pod1", "pod2"):
            await sync(iptables_world, rules(pod))

            async def answered() -> str:
                await loop.sock_sendall(asking, b"who?")
                async with asyncio.timeout(1):
                    return (await loop.sock_recv(asking, 100)).decode().split()[0]

            assert await eventually(answered) == pod
