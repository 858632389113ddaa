"""PodTemplate: a description of a pod that waits to be copied; nothing acts upon it.

Kubernetes: pkg/registry/core/podtemplate/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from minikube_py.api.columns import NAME, container_images, container_names, labels_text
from minikube_py.api.defaulting import changed
from minikube_py.api.definition import Column
from minikube_py.api.kinds.core.pod_defaults import template_defaulted
from minikube_py.api.kinds.core.pod_spec import PodTemplateSpec
from minikube_py.api.kinds.core.pod_validation import template_errors
from minikube_py.api.kinds.core.pod_warnings import template_warnings
from minikube_py.api.model import written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError


class PodTemplate(
    Resource,
    version="v1",
    plural="podtemplates",
    columns=(
        NAME,
        Column("Containers", lambda holder: container_names(holder.template.spec.containers)),
        Column("Images", lambda holder: container_images(holder.template.spec.containers)),
        Column("Pod Labels", lambda holder: labels_text(holder.template.metadata.labels)),
    ),
    generation_of=("template",),
    returns_deleted_object=True,
):
    template: PodTemplateSpec = written(PodTemplateSpec)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        return template_errors(self.template, "template")

    def warnings(self) -> Iterable[str]:
        return template_warnings(self.template, "template")

    def defaulted(self) -> Self:
        return changed(self, template=template_defaulted(self.template))
