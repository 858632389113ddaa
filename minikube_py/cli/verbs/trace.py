"""pykubectl trace: a packet's way to a service through the real rules, chain by chain; a real one with --send.

The rules are those of the node where the packet enters: the one of the pod that --from names, else a node that is this
machine. They are in its kernel, so that node must be on this machine (nodes that are network namespaces count), and
only root may look. `minikube_py/diagnosis/packet_path.py` decides; this looks and sends.
"""

import json
import os
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath

from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service import Service
from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.gathering import read_all
from minikube_py.cli.resource_arguments import Listing, Selection, Target, fetch, resolve
from minikube_py.cli.session import Session
from minikube_py.cli.verbs.why import QuestionFlags, check_output
from minikube_py.diagnosis.packet_path import Hop, Path, Way, counted, port_of, shared_hops, ways_of
from minikube_py.network.commands import find_program
from minikube_py.network.interface import NetworkFault
from minikube_py.network.places import addresses_of, place_of, run_in
from minikube_py.proxy.packets import Packet

_SILENT = re.compile(r'-m comment --comment (?:"[^"]*"|\S+) ?|-m (?:tcp|udp|conntrack|mark|statistic) ')
"""What of a rule only prepares or describes the rest; -o json has all of it."""
_KNOCK = """
import socket, sys, time
began = time.perf_counter()
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2).close()
    print(f"answered: a connection was made in {(time.perf_counter() - began) * 1000:.1f} ms")
except ConnectionRefusedError:
    print("refused: the answer was a reset, or that the port cannot be reached")
except TimeoutError:
    print("no answer within 2 s")
except OSError as error:
    print(f"not sent: {error.strerror or error}")
"""


@dataclass(frozen=True)
class TraceFlags(QuestionFlags):
    """What trace takes."""

    from_: str = flag("", "", "Who sends the packet: pod/NAME or node/NAME; a node on this machine.", name="from")
    port: str = flag("", "", "Which port of the service, by number or name; the first one if nothing is said.")
    send: bool = flag(False, "", "Send a real packet, and say which rules counted it.")


@dataclass(frozen=True, slots=True)
class _Sender:
    """Who sends: by which name and address, from which place, past which node's rules."""

    name: str
    address: str
    place: FilePath
    node: str
    node_place: FilePath


def trace(call: Invocation[TraceFlags]) -> int:
    """Print the ways; exit code 1 when no way leads to an endpoint, or the packet that was sent got no answer."""
    flags, session = call.flags, call.session
    check_output(flags.output)
    service = _service(call)
    port = port_of(service, flags.port)
    if flags.send and port.protocol != "TCP":
        raise CommandError(
            f"--send knocks over TCP only; port {port.port} of {service.metadata.name} is {port.protocol}"
        )
    if os.geteuid() != 0:
        raise CommandError("the rules of a node are shown to root only: run it as root, on the node")
    pods = read_all(session, Pod)
    sender = _sender(session, flags.from_, pods)
    protocol = port.protocol.lower()
    if protocol not in ("tcp", "udp"):
        raise CommandError(f"trace knows TCP and UDP; port {port.port} is {port.protocol}")
    packet = Packet(sender.address, service.spec.cluster_ip, port.port, "tcp" if protocol == "tcp" else "udp")
    names = {pod.status.pod_ip: f"pod/{pod.metadata.name}" for pod in pods if pod.status.pod_ip and _is_alive(pod)}
    rules = _rules(sender)
    ways = ways_of(rules, packet, addresses_of(sender.node_place), names)
    sent, taken = "", tuple[int, ...]()
    if flags.send:
        argv = (sys.executable, "-c", _KNOCK, packet.destination, str(packet.port))
        sent = run_in(sender.place, argv).strip()
        ways, taken = counted(ways, rules, _rules(sender))
    path = Path(packet, f"node/{sender.node}", sender.name, f"service/{service.metadata.name}", ways, sent, taken)
    print(json.dumps(path.to_dict(), indent=2) if flags.output == "json" else "\n".join(_lines(path)))
    leads = any(way.verdict == "delivered" for way in ways)
    return 0 if leads and (not sent or sent.startswith("answered")) else 1


def _service(call: Invocation[TraceFlags]) -> Service:
    words = call.words
    if not words:
        raise call.usage_error("You must specify where the packet goes: service/NAME")
    found = resolve(call.session, Selection(words=words))
    if len(found) != 1 or isinstance(found[0], Listing) or found[0].resource.full_name != "services":
        raise CommandError("trace follows a packet to one service: service/NAME")
    return Service.from_dict(fetch(call.session, found[0]))


def _sender(session: Session, wanted: str, pods: tuple[Pod, ...]) -> _Sender:
    nodes = read_all(session, Node)
    if not wanted:
        for node in nodes:
            place = place_of(_address(node))
            if place is not None:
                return _node(node, place)
        raise CommandError("none of the cluster's nodes is on this machine: run it as root, on a node")
    (target,) = resolve(session, Selection(words=(wanted,)))
    if isinstance(target, Listing) or target.resource.full_name not in ("pods", "nodes"):
        raise CommandError("--from takes pod/NAME or node/NAME")
    if target.resource.full_name == "nodes":
        node = Node.from_dict(fetch(session, target))
        return _node(node, _placed(_address(node), f"node/{node.metadata.name}"))
    return _pod(session, target, nodes)


def _pod(session: Session, target: Target, nodes: tuple[Node, ...]) -> _Sender:
    pod = Pod.from_dict(fetch(session, target))
    name, address = f"pod/{pod.metadata.name}", pod.status.pod_ip
    node = next((node for node in nodes if node.metadata.name == pod.spec.node_name), None)
    if not address or node is None:
        raise CommandError(f"{name} has no address yet: {PROGRAM} why {name}")
    place = _placed(address, name)
    return _Sender(name, address, place, node.metadata.name, _placed(_address(node), f"node/{node.metadata.name}"))


def _node(node: Node, place: FilePath) -> _Sender:
    return _Sender(f"node/{node.metadata.name}", _address(node), place, node.metadata.name, place)


def _placed(address: str, name: str) -> FilePath:
    place = place_of(address) if address else None
    if place is None:
        raise CommandError(f"{name} ({address or 'without an address'}) is not on this machine: run it on its node")
    return place


def _address(node: Node) -> str:
    return next((each.address for each in node.status.addresses if each.type == "InternalIP"), "")


def _is_alive(pod: Pod) -> bool:
    return pod.status.phase not in ("Succeeded", "Failed")


def _rules(sender: _Sender) -> str:
    try:
        return run_in(sender.node_place, (find_program("iptables-save", "iptables"), "-c"))
    except NetworkFault as error:
        raise CommandError(f"the rules of node/{sender.node} cannot be read: {error}") from error


def _lines(path: Path) -> Iterator[str]:
    packet = path.packet
    goal = f"{path.target} ({packet.destination}:{packet.port})"
    yield f"{packet.protocol.upper()} {path.source} ({packet.source}) -> {goal}"
    yield f"by the rules of {path.node}; [packets that each rule has counted]"
    yield ""
    first, last = shared_hops(path.ways)
    for hop in path.ways[0].hops[:first]:
        yield from _hop_lines(hop)
    for number, way in enumerate(path.ways):
        mark = "   <- the packet went here" if number in path.taken else ""
        yield f"{way.probability:6.1%} {_ending(way)}{mark}"
        for hop in way.hops[first : len(way.hops) - last]:
            yield from _hop_lines(hop, "       ")
    if last:
        yield "whichever way:" if len(path.ways) > 1 else ""
    for hop in path.ways[0].hops[len(path.ways[0].hops) - last :]:
        yield from _hop_lines(hop)
    if path.sent:
        yield ""
        yield f"A real packet was sent: {path.sent}."
        if not path.taken:
            yield "The counters do not show one of these ways: another packet's connection was used, or other rules."
    elif all(way.verdict == "passed" for way in path.ways):
        yield ""
        yield f"No rule translates the service's address: is the proxy there? {PROGRAM} why {path.target}"


def _ending(way: Way) -> str:
    if way.verdict != "delivered":
        meaning = {"passed": "goes on untranslated", "rejected": "is rejected", "dropped": "is dropped"}
        return meaning[way.verdict]
    source = ", which sees the node's address (masqueraded)" if way.is_masqueraded else ""
    return f"to {way.backend}{f' ({way.pod})' if way.pod else ''}{source}"


def _hop_lines(hop: Hop, margin: str = "  ") -> list[str]:
    count = "" if hop.packets is None else f"[{hop.packets}{f', +{hop.counted}' if hop.counted else ''}]"
    unclear = "? " if hop.is_unclear else ""
    text = f"{margin}{unclear}{hop.table} {hop.chain} {count} {_SILENT.sub('', hop.rule)}"
    indent = margin + "    "
    return textwrap.wrap(text, 110, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


COMMAND = Verb(
    "trace",
    trace,
    TraceFlags,
    summary="Follow a packet to a service through the real rules",
    usage="trace (service NAME | service/NAME)",
    examples=f"\n# By which rules does this pod reach the service, and does it?\n"
    f"{PROGRAM} trace service/web --from=pod/box --send\n",
)
