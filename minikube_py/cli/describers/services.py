"""Services with the addresses behind them, and EndpointSlices.

Kubernetes: kubectl pkg/describe (describeService, describeEndpointSliceV1).
"""

from collections.abc import Sequence

from minikube_py.cli.describers.text import (
    Description,
    add_annotations,
    add_events,
    add_identity,
    add_labels,
    add_table,
    selector_text,
)
from minikube_py.client.yaml_text import Document

_SHOWN_ENDPOINTS = 3


def describe_service(out: Description) -> None:
    """Describe a service."""
    spec = out.spec
    add_identity(out)
    add_labels(out)
    add_annotations(out)
    out.add("Selector:", selector_text({"matchLabels": spec.get("selector") or {}}))
    out.add("Type:", spec.get("type", ""))
    if spec.get("ipFamilyPolicy"):
        out.add("IP Family Policy:", spec["ipFamilyPolicy"])
    out.add("IP Families:", ",".join(spec.get("ipFamilies") or []) or "<none>")
    out.add("IP:", spec.get("clusterIP", ""))
    out.add("IPs:", ",".join(spec.get("clusterIPs") or []) or "<none>")
    for title, text in _addresses(out):
        if text:
            out.add(title, text)
    slices = _slices(out) if spec.get("ports") else []
    for port in spec.get("ports") or []:
        _add_port(out, port, slices)
    out.add("Session Affinity:", spec.get("sessionAffinity", ""))
    for title, key in (
        ("External Traffic Policy:", "externalTrafficPolicy"),
        ("Internal Traffic Policy:", "internalTrafficPolicy"),
        ("HealthCheck NodePort:", "healthCheckNodePort"),
    ):
        if spec.get(key):
            out.add(title, spec[key])
    if spec.get("loadBalancerSourceRanges"):
        out.add("LoadBalancer Source Ranges:", ",".join(spec["loadBalancerSourceRanges"]))
    add_events(out)


def describe_endpoint_slice(out: Description) -> None:
    """Describe an endpoint slice."""
    document = out.document
    add_identity(out)
    add_labels(out)
    add_annotations(out)
    out.add("AddressType:", document.get("addressType", ""))
    ports = document.get("ports") or []
    out.add("Ports:", *([] if ports else ["<unset>"]))
    if ports:
        rows = [(p.get("name") or "<unset>", p.get("port", "<unset>"), p.get("protocol", "TCP")) for p in ports]
        add_table(out, ("Name", "Port", "Protocol"), rows)
    endpoints = document.get("endpoints") or []
    out.add("Endpoints:", *([] if endpoints else ["<none>"]))
    for endpoint in endpoints:
        _add_endpoint(out, endpoint)
    add_events(out)


def _addresses(out: Description) -> list[tuple[str, str]]:
    spec = out.spec
    ingress = (out.status.get("loadBalancer") or {}).get("ingress") or []
    return [
        ("External IPs:", ",".join(spec.get("externalIPs") or [])),
        ("Desired LoadBalancer IP:", spec.get("loadBalancerIP", "")),
        ("External Name:", spec.get("externalName", "")),
        ("LoadBalancer Ingress:", ", ".join(_ingress_text(item) for item in ingress)),
    ]


def _ingress_text(ingress: Document) -> str:
    mode = f" ({ingress['ipMode']})" if ingress.get("ipMode") else ""
    return f"{ingress['ip']}{mode}" if ingress.get("ip") else str(ingress.get("hostname", ""))


def _add_port(out: Description, port: Document, slices: Sequence[Document]) -> None:
    name = port.get("name") or "<unset>"
    protocol = port.get("protocol", "TCP")
    out.add("Port:", name, f"{port['port']}/{protocol}")
    out.add("TargetPort:", f"{port.get('targetPort', port['port'])}/{protocol}")
    if port.get("nodePort"):
        out.add("NodePort:", name, f"{port['nodePort']}/{protocol}")
    out.add("Endpoints:", _endpoints_text(slices, port.get("name") or ""))


def _slices(out: Description) -> list[Document]:
    path = f"/apis/discovery.k8s.io/v1/namespaces/{out.metadata['namespace']}/endpointslices"
    query = {"labelSelector": f"kubernetes.io/service-name={out.metadata['name']}"}
    found: list[Document] = out.session.connection.get(path, query).get("items") or []
    return found


def _endpoints_text(slices: Sequence[Document], port_name: str) -> str:
    if not slices:
        return "<none>"
    found: list[str] = []
    for one in slices:
        for port in one.get("ports") or []:
            if (port.get("name") or "") != port_name:
                continue
            for endpoint in one.get("endpoints") or []:
                if (endpoint.get("conditions") or {}).get("ready") is not False:
                    found += [_host_and_port(address, port.get("port")) for address in endpoint.get("addresses") or []]
    more = f" + {len(found) - _SHOWN_ENDPOINTS} more..." if len(found) > _SHOWN_ENDPOINTS else ""
    return ",".join(found[:_SHOWN_ENDPOINTS]) + more


def _host_and_port(address: str, port: int | None) -> str:
    host = f"[{address}]" if ":" in address else address
    return f"{host}:{port}" if port else host


def _add_endpoint(out: Description, endpoint: Document) -> None:
    out.add("  - Addresses:", ",".join(endpoint.get("addresses") or []))
    ready = (endpoint.get("conditions") or {}).get("ready")
    out.add("    Conditions:")
    out.add("      Ready:", "<unset>" if ready is None else str(ready).lower())
    out.add("    Hostname:", endpoint.get("hostname") or "<unset>")
    target = endpoint.get("targetRef")
    if target:
        out.add("    TargetRef:", f"{target.get('kind', '')}/{target.get('name', '')}")
    out.add("    NodeName:", endpoint.get("nodeName") or "<unset>")
    out.add("    Zone:", endpoint.get("zone") or "<unset>")
