"""pykubectl create ingress.

    --rule=HOST/PATH=SERVICE:PORT[,tls[=SECRET]]      a path that ends with * is a prefix, any other is exact

Kubernetes: kubectl pkg/cmd/create/create_ingress.go.
"""

import re
from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.creating import CreateFlags, create_generated, one_name
from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.client.yaml_text import Document

_INGRESSES = ResourceType("networking.k8s.io", "v1", "ingresses", "Ingress", is_namespaced=True)
_RULE = re.compile(
    r"^(?P<host>[\w*\-.]*)(?P<path>/.*)=(?P<service>[\w\-]+):(?P<port>[\w\-]+)(,(?P<tls>tls)(=(?P<secret>[\w\-.]*))?)?$"
)
_SERVICE = re.compile(r"^(?P<service>[\w\-]+):(?P<port>[\w\-]+)$")


@dataclass(frozen=True)
class IngressFlags(CreateFlags):
    """What create ingress takes."""

    class_: str = flag("", "", "The ingress class.", name="class")
    rule: tuple[str, ...] = flag((), "", "HOST/PATH=SERVICE:PORT[,tls[=SECRET]]; may be repeated.", split=False)
    default_backend: str = flag("", "", "SERVICE:PORT for what no rule matches.")
    annotation: tuple[str, ...] = flag((), "", "KEY=VALUE; may be repeated.", split=False)


def create_ingress(call: Invocation[IngressFlags]) -> None:
    """Create an ingress."""
    flags = call.flags
    name = one_name(call)
    if not flags.rule and not flags.default_backend:
        raise CommandError(
            "not enough information provided: every ingress has to either specify a default-backend (which catches all "
            "traffic) or a list of rules (which catch specific paths)"
        )
    spec: Document = {}
    if flags.class_:
        spec["ingressClassName"] = flags.class_
    if flags.default_backend:
        found = _SERVICE.match(flags.default_backend)
        if found is None:
            raise CommandError("default-backend should be in format servicename:serviceport")
        spec["defaultBackend"] = _backend(found["service"], found["port"])
    spec |= _rules(flags.rule)
    metadata: Document = {"name": name}
    if flags.annotation:
        metadata["annotations"] = dict(_annotation(text) for text in flags.annotation)
    document = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata,
        "spec": spec,
        "status": {"loadBalancer": {}},
    }
    create_generated(call, _INGRESSES, document, "failed to create ingress: ")


def _rules(texts: tuple[str, ...]) -> Document:
    """The rules, one a host, in the order in which the hosts are named first; and which hosts have a certificate."""
    paths: dict[str, list[Document]] = {}
    secrets: dict[str, list[str]] = {}
    for text in texts:
        found = _RULE.match(text)
        if found is None:
            raise CommandError(
                f"rule {text} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]"
            )
        path, kind = found["path"], "Exact"
        if path.endswith("*"):
            path, kind = path.removesuffix("*"), "Prefix"
        backend = _backend(found["service"], found["port"])
        paths.setdefault(found["host"], []).append({"backend": backend, "path": path, "pathType": kind})
        if found["tls"]:
            hosts = secrets.setdefault(found["secret"] or "", [])
            if found["host"] and found["host"] not in hosts:
                hosts.append(found["host"])
    rules = [{**({"host": host} if host else {}), "http": {"paths": listed}} for host, listed in paths.items()]
    tls = [
        {**({"hosts": hosts} if hosts else {}), **({"secretName": secret} if secret else {})}
        for secret, hosts in secrets.items()
    ]
    return {**({"rules": rules} if rules else {}), **({"tls": tls} if tls else {})}


def _backend(service: str, port: str) -> Document:
    return {"service": {"name": service, "port": {"number": int(port)} if port.isdigit() else {"name": port}}}


def _annotation(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise CommandError(f"annotation {text} is invalid and should be in format key=[value]")
    return key, value


COMMAND = Verb(
    "ingress",
    create_ingress,
    IngressFlags,
    summary="Create an ingress",
    usage="ingress NAME --rule=HOST/PATH=SERVICE:PORT[,tls[=SECRET]]",
    examples=f"""
# Everything below a host goes to the service web
{PROGRAM} create ingress web --rule='web.example/*=web:80'
""",
)
