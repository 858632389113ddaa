"""pykubectl create deployment.

Kubernetes: kubectl pkg/cmd/create/create_deployment.go.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from minikube_py.api.names import generated_name
from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.creating import CreateFlags, create_generated, one_name, words_after_dash
from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.client.yaml_text import Document

_DEPLOYMENTS = ResourceType("apps", "v1", "deployments", "Deployment", is_namespaced=True)


@dataclass(frozen=True)
class CreateDeploymentFlags(CreateFlags):
    """What create deployment takes."""

    image: tuple[str, ...] = flag((), "", "The image to run; several make several containers.")
    port: int = flag(-1, "", "The port that the container listens on.")
    replicas: int = flag(1, "r", "How many pods to run.")


def create_deployment(call: Invocation[CreateDeploymentFlags]) -> None:
    """Create a deployment from images."""
    flags = call.flags
    if "image" not in call.given:
        raise CommandError('required flag(s) "image" not set')
    name = one_name(call)
    images = [image for image in flags.image if image]
    command = words_after_dash(call)
    if len(images) > 1 and command:
        raise CommandError("cannot specify multiple --image options and command")
    document = deployment_document(name, images, command, flags.replicas, flags.port)
    create_generated(call, _DEPLOYMENTS, document, "failed to create deployment: ")


def deployment_document(
    name: str, images: Sequence[str], command: Sequence[str] = (), replicas: int = 1, port: int = -1
) -> Document:
    """Make the deployment that runs these images."""
    containers: list[Document] = [{"name": container_name(image), "image": image, "resources": {}} for image in images]
    for container in containers:
        if port >= 0:
            container["ports"] = [{"containerPort": port}]
        if command:
            container["command"] = list(command)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"labels": {"app": name}, "name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "strategy": {},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": containers or None}},
        },
        "status": {},
    }


def container_name(image: str) -> str:
    """Name a container after its image; an image whose name is no label gets a random suffix."""
    name = re.split(r"[:@]", image.rpartition("/")[2])[0]
    if re.search(r"[_.]", name):
        suffix = generated_name("", secrets.SystemRandom())
        return f"{re.sub('[_.]', '-', name)}-{suffix}"
    return name


COMMAND = Verb(
    "deployment",
    create_deployment,
    CreateDeploymentFlags,
    summary="Create a deployment",
    usage="deployment NAME --image=IMAGE [--replicas=COUNT] [--port=PORT] [-- COMMAND [ARGUMENTS ...]]",
    examples=f"""
# Run one nginx
{PROGRAM} create deployment web --image=nginx

# See what three would look like, without sending anything
{PROGRAM} create deployment web --image=nginx --replicas=3 --dry-run=client -o yaml
""",
)
