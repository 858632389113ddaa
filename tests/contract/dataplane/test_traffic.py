"""What every dataplane does with traffic."""

import pytest

from minikube_py.api.kinds.core.service import Service, ServicePort
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointPort, EndpointSlice
from minikube_py.proxy.ruleset import RuleSet, compile
from tests.contract.dataplane.worlds import NODE, PODS, REFUSED, SILENCE, World
from tests.support.services import At, make_service, make_slice

VIP = "10.96.0.10"
DNS = ServicePort(name="dns", port=53, protocol="UDP")


def rules(service: Service, *endpoints: At | str) -> RuleSet:
    return compile([service], [make_slice(service.metadata.name, endpoints)] if endpoints else [], "node1")


def dns_rules(*addresses: str) -> RuleSet:
    piece: EndpointSlice = make_slice("dns", addresses, EndpointPort(name="dns", port=80, protocol="UDP"))
    return compile([make_service("dns", VIP, DNS)], [piece], "node1")


def node_port(policy: str = "Cluster") -> Service:
    port = ServicePort(port=80, protocol="TCP", node_port=30080)
    return make_service("web", VIP, port, type="NodePort", external_traffic_policy=policy)


async def sync(world: World, wanted: RuleSet) -> None:
    await world.call(world.dataplane.sync(wanted))


async def pods_that_answer(world: World, who: str, times: int = 40) -> set[str]:
    return {(await world.ask(who, VIP, 80)).pod for _ in range(times)}


@pytest.mark.parametrize("who", ["client", "node", "pod2"])
async def test_a_cluster_ip_is_answered_by_an_endpoint(world: World, who: str) -> None:
    await sync(world, rules(make_service("web", VIP), PODS["pod1"]))
    assert (await world.ask(who, VIP, 80)).pod == "pod1"


async def test_every_endpoint_gets_its_share(world: World) -> None:
    await sync(world, rules(make_service("web", VIP), *PODS.values()))
    assert await pods_that_answer(world, "pod1") == set(PODS)


async def test_another_port_of_a_cluster_ip_is_not_answered(world: World) -> None:
    await sync(world, rules(make_service("web", VIP), PODS["pod1"]))
    assert (await world.ask("pod2", VIP, 81)).failure


@pytest.mark.parametrize("who", ["client", "node"])
async def test_a_node_port_is_answered_on_the_nodes_address(world: World, who: str) -> None:
    await sync(world, rules(node_port(), PODS["pod1"]))
    assert (await world.ask(who, NODE, 30080)).pod == "pod1"


async def test_an_external_ip_is_answered(world: World) -> None:
    await sync(world, rules(make_service("web", VIP, external_ips=("198.51.100.7",)), PODS["pod1"]))
    assert (await world.ask("client", "198.51.100.7", 80)).pod == "pod1"


async def test_a_pod_reaches_itself_through_its_service(world: World) -> None:
    await sync(world, rules(make_service("web", VIP), PODS["pod1"]))
    answer = await world.ask("pod1", VIP, 80)
    assert answer.pod == "pod1"
    assert answer.seen == NODE


async def test_session_affinity_keeps_a_client_at_its_endpoint(world: World) -> None:
    await sync(world, rules(make_service("web", VIP, affinity_s=100), *PODS.values()))
    assert len(await pods_that_answer(world, "client", 10)) == 1


async def test_a_service_without_endpoints_is_refused(world: World) -> None:
    await sync(world, rules(make_service("web", VIP)))
    assert await world.ask("pod1", VIP, 80) == REFUSED
    assert await world.ask("node", VIP, 80) == REFUSED


async def test_an_endpoint_that_is_not_ready_gets_nothing(world: World) -> None:
    await sync(world, rules(make_service("web", VIP), PODS["pod1"], At(PODS["pod2"], ready=False)))
    assert await pods_that_answer(world, "client") == {"pod1"}


async def test_a_leaving_endpoint_serves_while_no_other_is_ready(world: World) -> None:
    leaving = At(PODS["pod1"], ready=False, serving=True, terminating=True)
    await sync(world, rules(make_service("web", VIP), leaving))
    assert (await world.ask("client", VIP, 80)).pod == "pod1"
    await sync(world, rules(make_service("web", VIP), leaving, PODS["pod2"]))
    assert await pods_that_answer(world, "client") == {"pod2"}


async def test_scaling_up_and_down_is_followed(world: World) -> None:
    service = make_service("web", VIP)
    for wanted in (["pod1"], ["pod1", "pod2", "pod3"], ["pod2"], [], ["pod3"]):
        await sync(world, rules(service, *(PODS[pod] for pod in wanted)))
        assert await pods_that_answer(world, "pod2", 25) == (set(wanted) or {""})


async def test_a_removed_service_is_gone_and_others_stay(world: World) -> None:
    both = [make_service("web", VIP), make_service("api", "10.96.0.11")]
    slices = [make_slice("web", [PODS["pod1"]]), make_slice("api", [PODS["pod2"]])]
    await sync(world, compile(both, slices, "node1"))
    await sync(world, compile(both[1:], slices, "node1"))
    assert (await world.ask("pod1", VIP, 80)).pod == ""
    assert (await world.ask("pod1", "10.96.0.11", 80)).pod == "pod2"


async def test_external_traffic_with_policy_local_goes_to_endpoints_on_this_node(world: World) -> None:
    distant = At(PODS["pod2"], node="node2")
    await sync(world, rules(node_port("Local"), PODS["pod1"], distant))
    assert {(await world.ask("client", NODE, 30080)).pod for _ in range(20)} == {"pod1"}


async def test_internal_traffic_with_policy_local_stays_on_this_node(world: World) -> None:
    service = make_service("web", VIP, internal_traffic_policy="Local")
    await sync(world, rules(service, PODS["pod1"], At(PODS["pod2"], node="node2")))
    assert await pods_that_answer(world, "pod3", 20) == {"pod1"}


async def test_a_udp_service_is_answered_and_follows_its_endpoint(world: World) -> None:
    await sync(world, dns_rules(PODS["pod1"]))
    assert (await world.ask("pod3", VIP, 53, "udp")).pod == "pod1"
    await sync(world, dns_rules(PODS["pod2"]))
    assert (await world.ask("pod3", VIP, 53, "udp")).pod == "pod2"


async def test_a_second_sync_with_the_same_rules_changes_nothing(world: World) -> None:
    wanted = rules(make_service("web", VIP), PODS["pod1"])
    await sync(world, wanted)
    await sync(world, wanted)
    assert (await world.ask("client", VIP, 80)).pod == "pod1"


async def test_after_cleanup_nothing_is_served(world: World) -> None:
    await sync(world, rules(make_service("web", VIP), PODS["pod1"]))
    await world.call(world.dataplane.cleanup())
    assert (await world.ask("client", VIP, 80)).failure
    await sync(world, rules(make_service("web", VIP), PODS["pod1"]))
    assert (await world.ask("client", VIP, 80)).pod == "pod1"


class TestWhatOnlyTheKernelCanDo:
    """Things that userspace refuses by design; see its docstring."""

    @pytest.fixture(params=["simulated", pytest.param("iptables", marks=pytest.mark.netns)])
    def dataplane(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    async def test_an_endpoint_sees_the_pod_that_asks_and_the_node_for_strangers(self, world: World) -> None:
        await sync(world, rules(make_service("web", VIP), PODS["pod1"]))
        assert (await world.ask("pod2", VIP, 80)).seen == PODS["pod2"]
        assert (await world.ask("client", VIP, 80)).seen == NODE
        assert (await world.ask("node", VIP, 80)).seen == NODE

    async def test_with_policy_local_an_endpoint_sees_the_client(self, world: World) -> None:
        await sync(world, rules(node_port("Local"), PODS["pod1"]))
        assert (await world.ask("client", NODE, 30080)).seen == "192.0.2.1"

    async def test_with_policy_local_and_no_endpoint_here_strangers_hear_nothing(self, world: World) -> None:
        await sync(world, rules(node_port("Local"), At(PODS["pod1"], node="node2")))
        assert await world.ask("client", NODE, 30080) == SILENCE
        assert (await world.ask("node", NODE, 30080)).pod == "pod1"
