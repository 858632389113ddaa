"""pykubectl explain: the documentation of a type's fields, from the server's OpenAPI v3.

Kubernetes: kubectl pkg/explain/v2.
Simplified: no OpenAPI v2.
"""

import sys
from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.discovery import NoSuchResourceType, ResourceType
from minikube_py.cli.errors import PROGRAM, CommandError, PlainError
from minikube_py.cli.flags import flag
from minikube_py.cli.schemas import Schemas, explain_text, follow


@dataclass(frozen=True, slots=True)
class ExplainFlags:
    """What explain takes."""

    api_version: str = flag("", "", "The API version of the type, such as apps/v1.")
    recursive: bool = flag(False, "", "Show the names of all fields, at every depth.")
    output: str = flag("plaintext", "", "Only plaintext is supported.")


def explain(call: Invocation[ExplainFlags]) -> None:
    """Print what a type, or one of its fields, is for."""
    if not call.words:
        raise CommandError(
            f'You must specify the type of resource to explain. Use "{PROGRAM} api-resources" for a complete list of '
            "supported resources."
        )
    if len(call.words) > 1:
        raise CommandError("We accept only this format: explain RESOURCE")
    if call.flags.output != "plaintext":
        raise CommandError(f"unrecognized format: {call.flags.output}")
    resource, fields = _resource_and_fields(call)
    if any("[" in name for name in fields):
        raise CommandError("invalid jsonpath syntax, first node must be field node")
    schemas = Schemas(_schemas(call, resource))
    sys.stdout.write(_header(resource))
    sys.stdout.flush()
    root = schemas.for_kind(resource.group, resource.version, resource.kind)
    if root is None:
        raise CommandError(f"no schema for {resource.kind} in {resource.api_version}")
    sys.stdout.write(explain_text(schemas, follow(schemas, root, fields), call.flags.recursive))


def _resource_and_fields(call: Invocation[ExplainFlags]) -> tuple[ResourceType, list[str]]:
    """Split TYPE.FIELD.FIELD; a type may be spelt with its group (deployments.apps.spec)."""
    parts = call.words[0].split(".")
    discovery = call.session.discovery
    for length in range(len(parts), 1, -1):
        try:
            resource = discovery.find(".".join(parts[:length]))
        except NoSuchResourceType:
            continue
        return _in_version(call, resource), [part for part in parts[length:] if part]
    try:
        resource = discovery.find(parts[0])
    except NoSuchResourceType as error:
        raise PlainError(error.message) from error
    return _in_version(call, resource), [part for part in parts[1:] if part]


def _in_version(call: Invocation[ExplainFlags], resource: ResourceType) -> ResourceType:
    wanted = call.flags.api_version
    if not wanted:
        return resource
    for other in call.session.discovery.all_versions:
        if other.plural == resource.plural and other.api_version == wanted:
            return other
    group, _, version = wanted.rpartition("/")
    raise CommandError(f'couldn\'t find resource for "{group}/{version}, Resource={resource.plural}"')


def _schemas(call: Invocation[ExplainFlags], resource: ResourceType) -> dict[str, object]:
    paths = call.session.connection.get("/openapi/v3")["paths"]
    key = f"apis/{resource.api_version}" if resource.group else f"api/{resource.version}"
    if key not in paths:
        raise CommandError(
            f'couldn\'t find resource for "{resource.group}/{resource.version}, Resource={resource.plural}"'
        )
    document = call.session.connection.get(paths[key]["serverRelativeURL"])
    schemas: dict[str, object] = (document.get("components") or {}).get("schemas") or {}
    return schemas


def _header(resource: ResourceType) -> str:
    group = f"GROUP:      {resource.group}\n" if resource.group else ""
    return f"{group}KIND:       {resource.kind}\nVERSION:    {resource.version}\n\n"


COMMAND = Verb(
    "explain",
    explain,
    ExplainFlags,
    summary="Show the documentation of a resource's fields",
    usage="explain TYPE[.FIELD ...] [--recursive] [--api-version=GROUP/VERSION]",
    examples=f"""
# What a pod is made of
{PROGRAM} explain pods

# One field of it
{PROGRAM} explain pods.spec.containers
""",
)
