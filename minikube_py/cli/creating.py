"""What the verbs of `create` share: a document is made from flags, sent, and told.

Kubernetes: kubectl pkg/cmd/create/create.go.
"""

from dataclasses import dataclass
from typing import Any

from minikube_py.cli.command import Invocation
from minikube_py.cli.connection import Request
from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.errors import CommandError, ConnectionRefused, ServerError
from minikube_py.cli.flags import flag
from minikube_py.cli.writing import Results, ValidationFlags, WriteFlags, server_message, validation_query
from minikube_py.client.yaml_text import Document


@dataclass(frozen=True)
class CreateFlags(WriteFlags, ValidationFlags):
    """What every create verb takes."""

    save_config: bool = flag(False, "", "Remember the object in its last-applied annotation, for apply.")


def one_name(call: Invocation[Any]) -> str:
    """Return the object's name, the only word of the command line.

    Raises: UsageError for none or several.
    """
    names = call.words if call.dash_at is None else call.words[: call.dash_at]
    if len(names) != 1:
        raise call.usage_error(f"exactly one NAME is required, got {len(names)}")
    return names[0]


def words_after_dash(call: Invocation[Any]) -> list[str]:
    """The command behind --."""
    return [] if call.dash_at is None else list(call.words[call.dash_at :])


def create_generated(call: Invocation[Any], resource: ResourceType, document: Document, during: str = "") -> None:
    """Send a document made from flags and tell the result; `during` stands before what goes wrong.

    Raises: CommandError.
    """
    flags: CreateFlags = call.flags
    session = call.session
    results = Results.of(session, flags, "kubectl-create")
    query = {**results.query, **validation_query(flags.validate)}
    if flags.save_config:
        from minikube_py.cli.last_applied import with_last_applied

        document = with_last_applied(document)
    if resource.is_namespaced and session.is_namespace_given:
        document = {**document, "metadata": {**document["metadata"], "namespace": session.namespace}}
    if not results.is_client_dry_run:
        path = resource.path(session.namespace if resource.is_namespaced else "")
        try:
            document = session.connection.ask(Request("POST", path, query, document)).json()
        except ServerError as error:
            if not during:
                raise
            # An answer without a Status is no object's: then the request itself is named.
            which = "" if error.status.get("message") else f" (post {resource.full_name})"
            raise CommandError(f"{during}{server_message(error)}{which}") from error
        except ConnectionRefused as error:
            if not during:
                raise
            raise CommandError(f"{during}{error.cause}") from error
    results.tell(document, "created")
