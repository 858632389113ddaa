"""pykubectl config: shows and changes the kubeconfig.

The verbs that change are here, those that show are in `config_view`, `set` and `unset` of single properties in
`config_property`.

Kubernetes: kubectl pkg/cmd/config.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikube_py.cli.command import Entry, Invocation, NoFlags, Verb, VerbGroup
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.client.kubeconfig import SECTIONS
from minikube_py.client.kubeconfig_edit import KubeConfigEditor, editing_kubeconfig
from minikube_py.client.yaml_text import Document
from minikube_py.errors import ConfigError


@dataclass(frozen=True, slots=True)
class SetClusterFlags:
    """The fields of a cluster."""

    server: str = flag("", "", "The address of the API server.")
    certificate_authority: str = flag("", "", "A file with the certificate authority.")
    embed_certs: bool = flag(False, "", "Copy the certificate into the kubeconfig.")
    insecure_skip_tls_verify: bool = flag(False, "", "Accept any server certificate (insecure).")
    tls_server_name: str = flag("", "", "The name to expect in the server's certificate.")


@dataclass(frozen=True, slots=True)
class SetCredentialsFlags:
    """The fields of a user."""

    client_certificate: str = flag("", "", "A file with the client certificate.")
    client_key: str = flag("", "", "A file with the client key.")
    embed_certs: bool = flag(False, "", "Copy certificate and key into the kubeconfig.")
    token: str = flag("", "", "A bearer token.")
    username: str = flag("", "", "A user name.")
    password: str = flag("", "", "A password.")


@dataclass(frozen=True, slots=True)
class SetContextFlags:
    """The fields of a context."""

    current: bool = flag(False, "", "Change the current context.")
    cluster: str = flag("", "", "The context's cluster.")
    user: str = flag("", "", "The context's user.")
    namespace: str = flag("", "", "The context's namespace.")


@contextmanager
def editing(call: Invocation[Any]) -> Iterator[KubeConfigEditor]:
    """Open the files that this command line means for changes.

    Raises: CommandError.
    """
    try:
        with editing_kubeconfig(call.session.flags.kubeconfig) as editor:
            yield editor
    except ConfigError as error:
        raise CommandError(str(error)) from error


def one_word(call: Invocation[Any]) -> str:
    """Return the only word of the command line.

    Raises: CommandError for none or several.
    """
    if len(call.words) != 1:
        raise CommandError(f"Unexpected args: [{' '.join(call.words)}]")
    return call.words[0]


def set_cluster(call: Invocation[SetClusterFlags]) -> None:
    """Add or change a cluster."""
    name = one_word(call)
    flags = call.flags
    with editing(call) as editor:
        body = dict(editor.config.entry("clusters", name) or {"server": ""})
        if "server" in call.given:
            body["server"] = flags.server
        if "tls-server-name" in call.given:
            body["tls-server-name"] = flags.tls_server_name
        if "insecure-skip-tls-verify" in call.given:
            _set_or_drop(body, "insecure-skip-tls-verify", flags.insecure_skip_tls_verify)
            if flags.insecure_skip_tls_verify:
                _drop(body, "certificate-authority", "certificate-authority-data")
        if "certificate-authority" in call.given:
            _put_file(body, "certificate-authority", flags.certificate_authority, flags.embed_certs)
            _drop(body, "insecure-skip-tls-verify")
        editor.set_entry("clusters", name, body)
    print(f'Cluster "{name}" set.')


def set_credentials(call: Invocation[SetCredentialsFlags]) -> None:
    """Add or change a user."""
    name = one_word(call)
    flags = call.flags
    if flags.token and (flags.username or flags.password):
        raise CommandError(
            "you cannot specify more than one authentication method at the same time: --token, --username/--password"
        )
    with editing(call) as editor:
        body = dict(editor.config.entry("users", name) or {})
        for key, path in (("client-certificate", flags.client_certificate), ("client-key", flags.client_key)):
            if key in call.given:
                _put_file(body, key, path, flags.embed_certs)
        if "token" in call.given:
            _drop(body, "tokenFile", "username", "password")
            _set_or_drop(body, "token", flags.token)
        for key, text in (("username", flags.username), ("password", flags.password)):
            if key in call.given:
                _drop(body, "token", "tokenFile")
                _set_or_drop(body, key, text)
        editor.set_entry("users", name, body)
    print(f'User "{name}" set.')


def set_context(call: Invocation[SetContextFlags]) -> None:
    """Add or change a context."""
    if len(call.words) > 1:
        raise CommandError(f"Unexpected args: [{' '.join(call.words)}]")
    if call.flags.current and call.words:
        raise CommandError("you cannot specify both a context name and --current")
    if not call.words and not call.flags.current:
        raise CommandError("you must specify a non-empty context name or --current")
    with editing(call) as editor:
        name = editor.current_context if call.flags.current else call.words[0]
        if not name:
            raise CommandError("no current context is set")
        existing = editor.config.entry("contexts", name)
        body = dict(existing or {"cluster": "", "user": ""})
        values = {"cluster": call.flags.cluster, "user": call.flags.user, "namespace": call.flags.namespace}
        for key, text in values.items():
            if key in call.given:
                body[key] = text
        if not body.get("namespace"):
            _drop(body, "namespace")
        editor.set_entry("contexts", name, body)
    print(f'Context "{name}" {"created" if existing is None else "modified"}.')


def use_context(call: Invocation[NoFlags]) -> None:
    """Choose the current context."""
    name = one_word(call)
    with editing(call) as editor:
        if editor.config.entry("contexts", name) is None:
            raise CommandError(f'no context exists with the name: "{name}"')
        editor.current_context = name
    print(f'Switched to context "{name}".')


def rename_context(call: Invocation[NoFlags]) -> None:
    """Rename a context."""
    if len(call.words) != 2:
        raise CommandError(f"Unexpected args: [{' '.join(call.words)}]")
    old, new = call.words
    with editing(call) as editor:
        body = editor.config.entry("contexts", old)
        if body is None:
            raise CommandError(f'cannot rename the context "{old}", it\'s not in {editor.default_path}')
        if editor.config.entry("contexts", new) is not None:
            raise CommandError(
                f'cannot rename the context "{old}", the context "{new}" already exists in {editor.default_path}'
            )
        editor.remove_entry("contexts", old)
        editor.set_entry("contexts", new, body)
        if editor.current_context == old:
            editor.current_context = new
    print(f'Context "{old}" renamed to "{new}".')


def _delete(call: Invocation[NoFlags], section: str) -> None:
    name = one_word(call)
    noun = SECTIONS[section]
    with editing(call) as editor:
        path = editor.remove_entry(section, name)
        if path is None:
            raise CommandError(f"cannot delete {noun} {name}, not in {editor.default_path}")
        if section == "contexts" and editor.current_context == name:
            call.session.warn(
                f'warning: this removed your active context, use "{PROGRAM} config use-context" to select a '
                "different one"
            )
    print(f"deleted {noun} {name} from {path}")


def delete_cluster(call: Invocation[NoFlags]) -> None:
    """Take a cluster out."""
    _delete(call, "clusters")


def delete_context(call: Invocation[NoFlags]) -> None:
    """Take a context out."""
    _delete(call, "contexts")


def delete_user(call: Invocation[NoFlags]) -> None:
    """Take a user out."""
    _delete(call, "users")


def _put_file(body: Document, key: str, path: str, embed: bool) -> None:
    """Name a file by its absolute path, or copy its content."""
    _drop(body, key, f"{key}-data")
    if not path:
        return
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise CommandError(
            f"could not stat {key} file {path}: stat {path}: {(error.strerror or '').lower()}"
        ) from error
    if embed:
        body[f"{key}-data"] = base64.b64encode(content).decode()
    else:
        body[key] = str(Path(path).absolute())


def _set_or_drop(body: Document, key: str, value: str | bool) -> None:
    if value:
        body[key] = value
    else:
        _drop(body, key)


def _drop(body: Document, *keys: str) -> None:
    for key in keys:
        body.pop(key, None)


_HERE = "minikube_py.cli.verbs.config"
_VIEW = "minikube_py.cli.verbs.config_view"
_PROPERTY = "minikube_py.cli.verbs.config_property"
SET_CLUSTER = Verb(
    "set-cluster",
    set_cluster,
    SetClusterFlags,
    summary="Set a cluster entry in kubeconfig",
    usage="set-cluster NAME [--server=server]",
)
SET_CREDENTIALS = Verb(
    "set-credentials",
    set_credentials,
    SetCredentialsFlags,
    summary="Set a user entry in kubeconfig",
    usage="set-credentials NAME [--token=token] [--client-certificate=file --client-key=file]",
)
SET_CONTEXT = Verb(
    "set-context",
    set_context,
    SetContextFlags,
    summary="Set a context entry in kubeconfig",
    usage="set-context [NAME | --current] [--cluster=cluster] [--user=user] [--namespace=namespace]",
)
USE_CONTEXT = Verb("use-context", use_context, NoFlags, summary="Set the current context", usage="use-context NAME")
RENAME_CONTEXT = Verb(
    "rename-context", rename_context, NoFlags, summary="Rename a context", usage="rename-context OLD NEW"
)
DELETE_CLUSTER = Verb(
    "delete-cluster", delete_cluster, NoFlags, summary="Delete a cluster", usage="delete-cluster NAME"
)
DELETE_CONTEXT = Verb(
    "delete-context", delete_context, NoFlags, summary="Delete a context", usage="delete-context NAME"
)
DELETE_USER = Verb("delete-user", delete_user, NoFlags, summary="Delete a user", usage="delete-user NAME")
COMMAND = VerbGroup(
    "config",
    (
        Entry("current-context", _VIEW, "Display the current-context", attribute="CURRENT_CONTEXT"),
        Entry("delete-cluster", _HERE, "Delete the specified cluster from the kubeconfig", attribute="DELETE_CLUSTER"),
        Entry("delete-context", _HERE, "Delete the specified context from the kubeconfig", attribute="DELETE_CONTEXT"),
        Entry("delete-user", _HERE, "Delete the specified user from the kubeconfig", attribute="DELETE_USER"),
        Entry("get-clusters", _VIEW, "Display clusters defined in the kubeconfig", attribute="GET_CLUSTERS"),
        Entry("get-contexts", _VIEW, "Describe one or many contexts", attribute="GET_CONTEXTS"),
        Entry("get-users", _VIEW, "Display users defined in the kubeconfig", attribute="GET_USERS"),
        Entry("rename-context", _HERE, "Rename a context from the kubeconfig file", attribute="RENAME_CONTEXT"),
        Entry("set", _PROPERTY, "Set an individual value in a kubeconfig file", attribute="SET"),
        Entry("set-cluster", _HERE, "Set a cluster entry in kubeconfig", attribute="SET_CLUSTER"),
        Entry("set-context", _HERE, "Set a context entry in kubeconfig", attribute="SET_CONTEXT"),
        Entry("set-credentials", _HERE, "Set a user entry in kubeconfig", attribute="SET_CREDENTIALS"),
        Entry("unset", _PROPERTY, "Unset an individual value in a kubeconfig file", attribute="UNSET"),
        Entry(
            "use-context",
            _HERE,
            "Set the current-context in a kubeconfig file",
            attribute="USE_CONTEXT",
            aliases=("use",),
        ),
        Entry("view", _VIEW, "Display merged kubeconfig settings or a specified kubeconfig file", attribute="VIEW"),
    ),
    summary="Change and show the kubeconfig files",
)
