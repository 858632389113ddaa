"""What every controller is given: the client, the shared informers, a clock, and a way to announce events.

Kubernetes: cmd/kube-controller-manager/app/controllermanager.go (ControllerContext)
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from minikube_py.client.client import Client
from minikube_py.machinery.events import EventRecorder
from minikube_py.machinery.informer import Informers

NODE_MONITOR_GRACE_PERIOD_S = 50.0


@dataclass(frozen=True, slots=True)
class ControllersConfig:
    """What the flags of the controller manager say."""

    root_ca: str = ""
    """PEM text for the config map kube-root-ca.crt of each namespace."""
    node_monitor_grace_period_s: float = NODE_MONITOR_GRACE_PERIOD_S
    terminated_pod_threshold: int = 12500
    use_service_account_credentials: bool = False
    """Whether each controller acts under the name of an account of its own."""


@dataclass(frozen=True, slots=True)
class ControllerContext:
    client: Client
    informers: Informers
    config: ControllersConfig = ControllersConfig()
    clock: Callable[[], float] = time.time
    recorders: dict[str, EventRecorder] = field(default_factory=dict)
    """Filled by `recorder`; the manager runs them."""

    background: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """What a controller needs to run beside its workers; the manager runs these too."""

    def recorder(self, component: str) -> EventRecorder:
        """The recorder under whose name a controller's events appear."""
        if component not in self.recorders:
            self.recorders[component] = EventRecorder(self.client, component, clock=self.clock)
        return self.recorders[component]
