"""pykubectl version.

Kubernetes: kubectl pkg/cmd/version.
"""

import json
import platform
from dataclasses import dataclass
from typing import Any

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.errors import CommandError
from minikube_py.cli.flags import flag

KUBERNETES_VERSION = "v1.36.2"
KUSTOMIZE_VERSION = "v5.8.1"
"""Of the kustomize whose builds ours are compared with."""


@dataclass(frozen=True, slots=True)
class VersionFlags:
    """What version takes."""

    client: bool = flag(False, "", "Only this program's version.")
    output: str = flag("", "o", "Output format: yaml or json.")


def version(call: Invocation[VersionFlags]) -> None:
    """Print the versions of client and server."""
    if call.words:
        raise CommandError(f"extra arguments: [{' '.join(call.words)}]")
    if call.flags.output not in ("", "json", "yaml"):
        raise CommandError("--output must be 'yaml' or 'json'")
    client = _client_version()
    versions: dict[str, Any] = {"clientVersion": client, "kustomizeVersion": KUSTOMIZE_VERSION}
    if not call.flags.output:
        print(f"Client Version: {client['gitVersion']}\nKustomize Version: {KUSTOMIZE_VERSION}")
    try:
        if not call.flags.client:
            versions["serverVersion"] = call.session.connection.get("/version", accept="application/json, */*")
    finally:
        if call.flags.output == "json":
            print(json.dumps(versions, indent=2))
        elif call.flags.output == "yaml":
            from minikube_py.cli.output import yaml_text

            print(yaml_text(versions), end="")
    if not call.flags.output and not call.flags.client:
        print(f"Server Version: {versions['serverVersion'].get('gitVersion', 'unknown')}")


def _client_version() -> dict[str, str]:
    major, minor, _ = KUBERNETES_VERSION.removeprefix("v").split(".")
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return {
        "major": major,
        "minor": minor,
        "gitVersion": KUBERNETES_VERSION,
        "compiler": f"python{platform.python_version()}",
        "platform": f"{platform.system().lower()}/{machine}",
    }


COMMAND = Verb(
    "version",
    version,
    VersionFlags,
    summary="Show the versions of client and server",
    usage="version [--client] [-o json|yaml]",
)
