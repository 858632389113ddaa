"""All that the pods of one node share: the runtime, what provides their parts, and where to report.

Kubernetes: the Kubelet struct of pkg/kubelet/kubelet.go, without its methods
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_status import PodStatus
from minikube_py.kubelet.downward import NodeFacts
from minikube_py.kubelet.handlers import Handlers
from minikube_py.kubelet.images import Images
from minikube_py.kubelet.pod_files import PodFiles
from minikube_py.kubelet.reference_fetcher import ReferenceFetcher
from minikube_py.kubelet.volumes import Volumes
from minikube_py.machinery.events import EventRecorder
from minikube_py.runtime.interface import Runtime


class Report(Protocol):
    """Where a worker says how its pod is."""

    def __call__(self, pod: Pod, status: PodStatus, *, is_final: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class NodeContext:
    """One node's parts. Hollow nodes share all but the runtime, its images and the facts."""

    facts: Callable[[], NodeFacts]
    runtime: Runtime
    images: Images
    handlers: Handlers
    volumes: Volumes
    references: ReferenceFetcher
    files: PodFiles
    report: Report
    clock: Callable[[], float]
    recorder: EventRecorder | None = None
    refresh_s: float = field(default=60.0)
    """How often volumes are compared with what they are made of; 0: never."""
