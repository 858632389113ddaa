"""The first packet of a connection as a value, and what can become of it: the words of `simulated` and `tracer`."""

from dataclasses import dataclass
from typing import Literal

from minikube_py.proxy.ruleset import Backend
from minikube_py.proxy.service_map import Protocol

Verdict = Literal["delivered", "rejected", "dropped", "passed"]
"""`passed`: no Service is meant, the packet goes on unchanged."""


@dataclass(frozen=True, slots=True)
class Packet:
    source: str
    destination: str
    port: int
    protocol: Protocol = "tcp"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a packet ends. `is_masqueraded`: the endpoint sees the node's address instead of the client's."""

    verdict: Verdict
    backend: Backend | None = None
    is_masqueraded: bool = False
