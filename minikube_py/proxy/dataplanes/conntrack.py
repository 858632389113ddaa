"""Makes the kernel forget UDP flows to a Service that lead where no endpoint is (any more, or was not yet).

A NAT decision is taken for a flow's first packet and then remembered. TCP finds out by itself that its peer is gone;
a UDP client (a resolver asking a DNS server that was replaced) would send into the void as long as it keeps sending.

Kubernetes: pkg/proxy/conntrack/cleanup.go
"""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from minikube_py.network.commands import find_program, run
from minikube_py.network.interface import CommandFailed, NetworkFault
from minikube_py.proxy.ruleset import PortRules, RuleSet

_LOG = logging.getLogger(__name__)
_FLOW: Final = re.compile(
    r"^udp .*?src=(?P<client>\S+) dst=(?P<service>\S+) sport=(?P<client_port>\d+) dport=(?P<service_port>\d+) "
    r".*?src=(?P<answering>\S+) dst=\S+ sport=(?P<answering_port>\d+)"
)


@dataclass(frozen=True, slots=True)
class Flow:
    """One UDP flow that the kernel remembers: who asked whom, and who answers in truth."""

    client: str
    client_port: int
    service: str
    service_port: int
    answering: str
    answering_port: int


def parse_flows(listing: str) -> tuple[Flow, ...]:
    """The UDP flows in the output of `conntrack --dump`."""
    found = (_FLOW.match(line) for line in listing.splitlines())
    return tuple(
        Flow(
            flow["client"],
            int(flow["client_port"]),
            flow["service"],
            int(flow["service_port"]),
            flow["answering"],
            int(flow["answering_port"]),
        )
        for flow in found
        if flow
    )


def stale_flows(flows: Iterable[Flow], rules: RuleSet) -> tuple[Flow, ...]:
    """The flows to a Service with endpoints that are answered by none of them."""
    backends: dict[tuple[str, int], set[tuple[str, int]]] = {}
    for port in rules.ports():
        if port.protocol == "udp" and port.has_endpoints:
            for frontend in port.frontends:
                serving = {(backend.address, backend.port) for backend in (*port.cluster, *port.local)}
                backends.setdefault((frontend.address, frontend.port), set()).update(serving)
    stale = []
    for flow in flows:
        # A node port has no address of its own in the rules.
        allowed = backends.get((flow.service, flow.service_port), backends.get(("", flow.service_port)))
        if allowed is not None and (flow.answering, flow.answering_port) not in allowed:
            stale.append(flow)
    return tuple(stale)


def has_udp_changes(before: RuleSet, after: RuleSet) -> bool:
    """Whether a Service with a UDP port is not what it was."""
    return any(
        _udp_ports(before, key) != _udp_ports(after, key)
        for key in before.services.keys() | after.services.keys()
        if before.services.get(key) is not after.services.get(key)
    )


async def forget_stale_flows(rules: RuleSet) -> None:
    """Delete stale flows. A missing `conntrack` program is a warning: the flows then time out after 30 s of silence."""
    try:
        conntrack = find_program("conntrack", "conntrack")
        listing = await run((conntrack, "--dump", "--proto", "udp"))
    except NetworkFault as failed:
        _LOG.warning("stale UDP flows stay until they time out", extra={"error": str(failed)})
        return
    for flow in stale_flows(parse_flows(listing), rules):
        source = ("--orig-src", flow.client, "--orig-port-src", str(flow.client_port))
        destination = ("--orig-dst", flow.service, "--orig-port-dst", str(flow.service_port))
        try:
            await run((conntrack, "--delete", "--proto", "udp", *source, *destination))
        except CommandFailed as failed:
            # It may have timed out between the two commands, which is what we wanted.
            _LOG.debug("a stale UDP flow was not removed", extra={"error": str(failed)})


def _udp_ports(rules: RuleSet, key: str) -> tuple[PortRules, ...]:
    service = rules.services.get(key)
    return tuple(port for port in service.ports if port.protocol == "udp") if service else ()
