"""pykubectl create token: a token for a service account.

Kubernetes: kubectl pkg/cmd/create/create_token.go.
"""

import sys
from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.creating import one_name
from minikube_py.cli.errors import CommandError, ServerError
from minikube_py.cli.flags import flag
from minikube_py.cli.output import OBJECT_FORMATS, OutputFlags, make_printer, parse_format
from minikube_py.cli.writing import server_message
from minikube_py.client.yaml_text import Document

_BOUND_KINDS = {"Pod": "v1", "Secret": "v1", "Node": "v1"}


@dataclass(frozen=True)
class TokenFlags(OutputFlags):
    """What create token takes."""

    audience: tuple[str, ...] = flag((), "", "Who the token is for; may be repeated.", split=False)
    duration: float = flag(0.0, "", "How long it is good for; 0 lets the server choose.")
    bound_object_kind: str = flag("", "", "Pod, Secret or Node: the token ends with this object.")
    bound_object_name: str = flag("", "", "The name of that object.")
    bound_object_uid: str = flag("", "", "The uid of that object.")


def create_token(call: Invocation[TokenFlags]) -> None:
    """Ask for a token and print it."""
    flags = call.flags
    name = one_name(call)
    chosen = parse_format(flags.output, flags.template, OBJECT_FORMATS)
    body: Document = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": {}}
    body["spec"] = _spec(flags)
    path = f"/api/v1/namespaces/{call.session.namespace}/serviceaccounts/{name}/token"
    try:
        answer = call.session.connection.send("POST", path, body)
    except ServerError as error:
        message = server_message(error)
        raise CommandError(f"failed to create token: {message}") from error
    token = (answer.get("status") or {}).get("token")
    if not token:
        raise CommandError("failed to create token: no token in server response")
    sys.stdout.write(f"{token}\n" if chosen.is_table else make_printer(chosen)(answer))


def _spec(flags: TokenFlags) -> Document:
    spec: Document = {"audiences": list(flags.audience)} if flags.audience else {}
    if flags.duration < 0:
        raise CommandError("--duration must be greater than or equal to 0")
    if flags.duration % 1:
        raise CommandError("--duration cannot be expressed in units less than seconds")
    if flags.duration:
        spec["expirationSeconds"] = int(flags.duration)
    kind = flags.bound_object_kind
    if not kind:
        if flags.bound_object_name or flags.bound_object_uid:
            name = "name" if flags.bound_object_name else "uid"
            raise CommandError(f"--bound-object-{name} can only be set if --bound-object-kind is provided")
        return spec
    if kind not in _BOUND_KINDS:
        raise CommandError(f"supported --bound-object-kind values are {', '.join(sorted(_BOUND_KINDS))}")
    if not flags.bound_object_name:
        raise CommandError("--bound-object-name is required if --bound-object-kind is provided")
    uid = {"uid": flags.bound_object_uid} if flags.bound_object_uid else {}
    reference = {"apiVersion": _BOUND_KINDS[kind], "kind": kind, "name": flags.bound_object_name, **uid}
    return {**spec, "boundObjectRef": reference}


COMMAND = Verb(
    "token",
    create_token,
    TokenFlags,
    summary="Ask for a service account's token",
    usage="token SERVICE_ACCOUNT [--duration=10m] [--audience=NAME]",
)
