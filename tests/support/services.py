"""Services and their slices in one line each, for tests of whatever reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minikube_py.api.kinds.core.service import Service, ServicePort, ServiceSpec
from minikube_py.api.kinds.core.service_spec import ClientIPConfig, SessionAffinityConfig
from minikube_py.api.kinds.discovery.endpoint_slice import Endpoint, EndpointConditions, EndpointPort, EndpointSlice
from minikube_py.api.meta import ObjectMeta

SERVICE_NAME_LABEL = "kubernetes.io/service-name"


@dataclass(frozen=True)
class At:
    """One endpoint: an address and what is said of it."""

    address: str
    ready: bool | None = True
    serving: bool | None = None
    terminating: bool | None = None
    node: str = "node1"


def make_service(
    name: str, cluster_ip: str, port: ServicePort | int = 80, *, affinity_s: int | None = None, **spec: object
) -> Service:
    """A Service in namespace `rec` with one port."""
    ports = (port if isinstance(port, ServicePort) else ServicePort(port=port, protocol="TCP"),)
    fields: dict[str, object] = {"cluster_ip": cluster_ip, "type": "ClusterIP", "ports": ports, **spec}
    if affinity_s is not None:
        fields["session_affinity"] = "ClientIP"
        fields["session_affinity_config"] = SessionAffinityConfig(client_ip=ClientIPConfig(timeout_seconds=affinity_s))
    return Service(
        metadata=ObjectMeta(name=name, namespace="rec"), spec=ServiceSpec.model_validate(fields, strict=False)
    )


def make_slice(
    service: str,
    endpoints: Sequence[At | str],
    port: EndpointPort | int = 80,
    *,
    name: str = "",
    labels: Mapping[str, str] | None = None,
) -> EndpointSlice:
    """A slice of a Service of `make_service`."""
    entries = (entry if isinstance(entry, At) else At(entry) for entry in endpoints)
    return EndpointSlice(
        metadata=ObjectMeta(
            name=name or f"{service}-abcde", namespace="rec", labels={SERVICE_NAME_LABEL: service, **(labels or {})}
        ),
        address_type="IPv4",
        endpoints=tuple(
            Endpoint(
                addresses=(entry.address,),
                conditions=EndpointConditions(ready=entry.ready, serving=entry.serving, terminating=entry.terminating),
                node_name=entry.node,
            )
            for entry in entries
        ),
        ports=(port if isinstance(port, EndpointPort) else EndpointPort(name="", port=port, protocol="TCP"),),
    )
