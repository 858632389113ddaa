"""The containers of a pod or of a pod template.

Kubernetes: kubectl pkg/describe (describeContainers, DescribeProbe).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from minikube_py.cli.ages import long_date
from minikube_py.cli.describers.text import Description
from minikube_py.client.yaml_text import Document

_RESOLVED_FIELDS = {"metadata.name", "metadata.namespace"}


def add_containers(
    out: Description,
    title: str,
    containers: Sequence[Document],
    statuses: Sequence[Document],
    margin: str = "",
) -> None:
    """Add containers under a title; margin is what template containers are set in further."""
    prefix = "  " if margin else ""
    out.add(f"{prefix}{title}:")
    by_name = {status["name"]: status for status in statuses}
    for container in containers:
        out.add(f"  {margin}{container['name']}:")
        status = by_name.get(container["name"])
        _add_basics(out, container, status)
        _add_list(out, "Command", container.get("command"))
        _add_list(out, "Args", container.get("args"))
        if status is not None:
            _add_state(out, "State", status.get("state") or {}, always=True)
            _add_state(out, "Last State", status.get("lastState") or {}, always=False)
            out.add("    Ready:", str(bool(status.get("ready"))))
            out.add("    Restart Count:", status.get("restartCount", 0))
        _add_resources(out, container.get("resources") or {})
        for name, key in (("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")):
            if container.get(key):
                out.add(f"    {name}:", probe_text(container[key]))
        _add_environment_from(out, container.get("envFrom") or [])
        _add_environment(out, container)
        _add_mounts(out, container.get("volumeMounts") or [])


def _add_basics(out: Description, container: Document, status: Document | None) -> None:
    if status is not None:
        out.add("    Container ID:", status.get("containerID", ""))
    out.add("    Image:", container.get("image", ""))
    if status is not None:
        out.add("    Image ID:", status.get("imageID", ""))
    ports = container.get("ports") or []
    plural = "s" if len(ports) > 1 else ""
    out.add(f"    Port{plural}:", _ports_text(ports, "containerPort"))
    out.add(f"    Host Port{plural}:", _ports_text(ports, "hostPort"))


def _ports_text(ports: Sequence[Document], key: str) -> str:
    texts = []
    for port in ports:
        name = f" ({port['name']})" if port.get("name") else ""
        texts.append(f"{port.get(key, 0)}/{port.get('protocol', 'TCP')}{name}")
    return ", ".join(texts) or "<none>"


def _add_list(out: Description, title: str, values: Sequence[str] | None) -> None:
    if not values:
        return
    out.add(f"    {title}:")
    for value in values:
        for line in str(value).split("\n"):
            out.add(f"      {line}")


def _add_state(out: Description, title: str, state: Document, always: bool) -> None:
    if running := state.get("running"):
        out.add(f"    {title}:", "Running")
        out.add("      Started:", long_date(running.get("startedAt")))
    elif waiting := state.get("waiting"):
        out.add(f"    {title}:", "Waiting")
        if waiting.get("reason"):
            out.add("      Reason:", waiting["reason"])
    elif (terminated := state.get("terminated")) is not None:
        out.add(f"    {title}:", "Terminated")
        for name, key in (("Reason", "reason"), ("Message", "message")):
            if terminated.get(key):
                out.add(f"      {name}:", terminated[key])
        out.add("      Exit Code:", terminated.get("exitCode", 0))
        if terminated.get("signal"):
            out.add("      Signal:", terminated["signal"])
        out.add("      Started:", long_date(terminated.get("startedAt")))
        out.add("      Finished:", long_date(terminated.get("finishedAt")))
    elif always:
        out.add(f"    {title}:", "Waiting")


def _add_resources(out: Description, resources: Mapping[str, Any]) -> None:
    for title, key in (("Limits", "limits"), ("Requests", "requests")):
        if resources.get(key):
            out.add(f"    {title}:")
            for name, quantity in sorted(resources[key].items()):
                out.add(f"      {name}:", quantity)


def probe_text(probe: Mapping[str, Any]) -> str:
    """Write a probe on one line."""
    numbers = (
        f"delay={probe.get('initialDelaySeconds', 0)}s timeout={probe.get('timeoutSeconds', 1)}s "
        f"period={probe.get('periodSeconds', 10)}s successThreshold={probe.get('successThreshold', 1)} "
        f"failureThreshold={probe.get('failureThreshold', 3)}"
    )
    if "exec" in probe:
        return f"exec [{' '.join(probe['exec'].get('command') or [])}] {numbers}"
    if http := probe.get("httpGet"):
        scheme = str(http.get("scheme", "HTTP")).lower()
        path = str(http.get("path", ""))
        slash = "" if not path or path.startswith("/") else "/"
        return f"http-get {scheme}://{http.get('host', '')}:{http.get('port', '')}{slash}{path} {numbers}"
    if socket := probe.get("tcpSocket"):
        return f"tcp-socket {socket.get('host', '')}:{socket.get('port', '')} {numbers}"
    if grpc := probe.get("grpc"):
        return f"grpc <pod>:{grpc.get('port', '')} {grpc.get('service') or ''} {numbers}"
    return f"unknown {numbers}"


def _add_environment_from(out: Description, sources: Sequence[Document]) -> None:
    if not sources:
        return
    out.add("    Environment Variables from:")
    for source in sources:
        kind, body = (
            ("ConfigMap", source["configMapRef"])
            if "configMapRef" in source
            else ("Secret", source.get("secretRef") or {})
        )
        prefix = f" with prefix '{source['prefix']}'" if source.get("prefix") else ""
        optional = str(bool(body.get("optional"))).lower()
        out.add(f"      {body.get('name', '')}", f"{kind}{prefix}", f"Optional: {optional}")


def _add_environment(out: Description, container: Document) -> None:
    variables = container.get("env") or []
    if not variables:
        out.add("    Environment:", "<none>")
        return
    out.add("    Environment:")
    for variable in variables:
        source = variable.get("valueFrom")
        cells = _source_cells(out, container, source) if source else None
        if cells:
            out.add(f"      {variable['name']}:", *cells)
            continue
        for index, line in enumerate(str(variable.get("value", "")).split("\n")):
            out.add("      " if index else f"      {variable['name']}:", line)


def _source_cells(out: Description, container: Document, source: Document) -> list[str]:
    if field := source.get("fieldRef"):
        path = field.get("fieldPath", "")
        value = out.metadata.get(path.partition(".")[2], "") if path in _RESOLVED_FIELDS else ""
        if out.document.get("kind") != "Pod":
            value = ""
        return [f"{value} ({field.get('apiVersion', 'v1')}:{path})"]
    if resource := source.get("resourceFieldRef"):
        return [f"{_resource_value(container, resource)} ({resource.get('resource', '')})"]
    for key, words in (("configMapKeyRef", "of config map"), ("secretKeyRef", "in secret")):
        if reference := source.get(key):
            optional = str(bool(reference.get("optional"))).lower()
            named = f"<set to the key '{reference.get('key', '')}' {words} '{reference.get('name', '')}'>"
            return [named, f"Optional: {optional}"]
    return [""]


def _resource_value(container: Document, reference: Document) -> str:
    """Resolve what a container sees of its own limit, in whole units of the divisor 1."""
    from minikube_py.cli.quantities import quantity_value

    section, _, name = str(reference.get("resource", "")).partition(".")
    quantity = ((container.get("resources") or {}).get(section) or {}).get(name)
    if quantity is None:
        return "node allocatable"
    divisor = quantity_value(str(reference.get("divisor") or "1")) or 1
    return str(-int(-quantity_value(quantity) // divisor))


def _add_mounts(out: Description, mounts: Sequence[Document]) -> None:
    if not mounts:
        out.add("    Mounts:", "<none>")
        return
    out.add("    Mounts:")
    for mount in sorted(mounts, key=lambda found: str(found.get("mountPath", ""))):
        flags = ["ro" if mount.get("readOnly") else "rw"]
        if mount.get("subPath"):
            flags.append(f'path="{mount["subPath"]}"')
        out.add(f"      {mount.get('mountPath', '')} from {mount['name']} ({','.join(flags)})")
