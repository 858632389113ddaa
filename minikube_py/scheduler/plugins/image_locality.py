"""ImageLocality: a node that has the images already starts the pod sooner.

Kubernetes: pkg/scheduler/framework/plugins/imagelocality
Simplified: an image counts whole, however many nodes have it.
"""

from __future__ import annotations

from collections.abc import Hashable

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.scheduler.framework import MAX_SCORE, Marking, Score
from minikube_py.scheduler.snapshot import NodeInfo

_SMALLEST_BYTES = 23 * 1024 * 1024
_LARGEST_BYTES = 1000 * 1024 * 1024


class ImageLocality:
    name = "ImageLocality"
    weight = 1
    marking: Marking = "score"

    def looks_at(self, pod: Pod) -> Hashable:
        return _images(pod)

    def score_for(self, pod: Pod) -> Score | None:
        wanted = _images(pod)
        largest = _LARGEST_BYTES * len(wanted)

        def mark(node: NodeInfo) -> float:
            if not node.images:
                return 0.0
            present = sum(node.images.get(name, 0) for name in wanted)
            above = min(max(present - _SMALLEST_BYTES, 0), largest - _SMALLEST_BYTES)
            return MAX_SCORE * above / (largest - _SMALLEST_BYTES)

        return mark


def _images(pod: Pod) -> tuple[str, ...]:
    return tuple(_full_name(each.image) for each in (*pod.spec.init_containers, *pod.spec.containers))


def _full_name(image: str) -> str:
    """An image without a tag means its tag `latest`."""
    return image if ":" in image.rpartition("/")[2] or "@" in image else f"{image}:latest"
