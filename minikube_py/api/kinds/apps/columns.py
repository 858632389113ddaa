"""Wide columns of everything that has a pod template and a selector.

Kubernetes: pkg/printers/internalversion/printers.go
"""

from __future__ import annotations

from minikube_py.api.columns import container_images, container_names, label_selector_text
from minikube_py.api.definition import Column

WORKLOAD_COLUMNS = (
    Column("Containers", lambda workload: container_names(workload.spec.template.spec.containers), priority=1),
    Column("Images", lambda workload: container_images(workload.spec.template.spec.containers), priority=1),
    Column("Selector", lambda workload: label_selector_text(workload.spec.selector), priority=1),
)
