"""IPAddress: one address that is taken, and by whom.

Kubernetes: pkg/registry/networking/ipaddress/strategy.go
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import NAME, NONE
from minikube_py.api.definition import Column
from minikube_py.api.kinds.field_checks import NOT_AN_ADDRESS, Errors, required_errors, subdomain_errors
from minikube_py.api.markers import NoDefault, Required
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError, immutable_errors, required


class ParentReference(Model):
    group: str = ""
    resource: Annotated[str, NoDefault()] = written(str)
    namespace: str = ""
    name: Annotated[str, NoDefault()] = written(str)


class IPAddressSpec(Model):
    parent_ref: Annotated[ParentReference | None, Required()] = None


class IPAddress(
    Resource,
    group="networking.k8s.io",
    version="v1",
    plural="ipaddresses",
    namespaced=False,
    short_names=("ip",),
    generation_of=(),
    columns=(NAME, Column("ParentRef", lambda address: _parent(address.spec.parent_ref))),
):
    spec: Annotated[IPAddressSpec, Required()] = written(IPAddressSpec)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        parent = self.spec.parent_ref
        if parent is None:
            yield required("spec.parentRef")
        else:
            yield from _parent_errors(parent, "spec.parentRef")
        if old is not None:
            yield from immutable_errors(parent, old.spec.parent_ref, "spec.parentRef")

    @classmethod
    def name_error(cls, name: str, *, prefix: bool) -> str:
        try:
            is_canonical = str(ipaddress.ip_address(name)) == name
        except ValueError:
            return NOT_AN_ADDRESS
        return "" if is_canonical else f'must be in canonical form ("{ipaddress.ip_address(name)}")'


def _parent_errors(parent: ParentReference, path: str) -> Errors:
    if parent.group:
        yield from subdomain_errors(parent.group, f"{path}.group")
    yield from required_errors(parent.resource, f"{path}.resource")
    yield from required_errors(parent.name, f"{path}.name")


def _parent(parent: ParentReference | None) -> str:
    if parent is None:
        return NONE
    resource = f"{parent.resource}.{parent.group}" if parent.group else parent.resource
    return "/".join(part for part in (resource.lower(), parent.namespace, parent.name) if part)
