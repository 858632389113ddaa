"""One run of the program: the global flags and what follows from them, made when first needed.

Flags beat the kubeconfig, the kubeconfig beats the defaults.

Kubernetes: cli-runtime genericclioptions.ConfigFlags and cmd/util.Factory.
"""

import sys
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from minikube_py.cli.errors import PROGRAM, CommandError, PlainError
from minikube_py.cli.flags import GlobalFlags, parse_duration_s
from minikube_py.errors import ConfigError

if TYPE_CHECKING:
    from minikube_py.cli.connection import Connection
    from minikube_py.cli.discovery import Discovery
    from minikube_py.cli.schemas import Schemas
    from minikube_py.client.kubeconfig import ClientConfig, KubeConfig


_NAMESPACE_FIRST = (
    *("annotate", "attach", "cp", "create token", "delete", "describe", "edit", "events", "exec", "get", "label"),
    *("logs", "patch", "port-forward", "rollout", "scale", "set image", "set resources", "set se", "taint", "top pod"),
)
"""Verbs that ask for the namespace before anything else; kubectl has other words there for an unknown context."""


class Session:
    """What every verb starts from; owns the connection and closes it."""

    def __init__(self, flags: GlobalFlags, given: frozenset[str] = frozenset(), command_path: str = "") -> None:
        self.flags = flags
        self.command_path = command_path
        self.given = given
        self.schemas: dict[str, Schemas | None] = {}
        self._opened: list[Connection] = []

    @cached_property
    def kubeconfig(self) -> "KubeConfig":
        """The merged kubeconfig files.

        Raises: CommandError when one cannot be read.
        """
        from minikube_py.client.kubeconfig import load_kubeconfig

        try:
            return load_kubeconfig(self.flags.kubeconfig)
        except ConfigError as error:
            raise CommandError(str(error)) from error

    @cached_property
    def config(self) -> "ClientConfig":
        """The chosen context with the flags laid over it.

        Raises: CommandError for a context, cluster or user that does not exist.
        """
        from minikube_py.client.kubeconfig import ClientConfig, Overrides, in_cluster_config

        chosen = self.flags
        if chosen.context and self.kubeconfig.entry("contexts", chosen.context) is None:
            raise self._unknown_context()
        if chosen.cluster and self.kubeconfig.entry("clusters", chosen.cluster) is None:
            raise CommandError(f'no server found for cluster "{chosen.cluster}"')
        try:
            config = self.kubeconfig.client_config(
                Overrides(chosen.context, chosen.cluster, chosen.user, chosen.namespace)
            )
        except ConfigError as error:
            raise CommandError(str(error)) from error
        if self.kubeconfig.is_empty and not chosen.kubeconfig:
            config = in_cluster_config() or config
        return _lay_over(config if isinstance(config, ClientConfig) else ClientConfig(), chosen)

    def _unknown_context(self) -> CommandError:
        name = self.flags.context
        if self.command_path.removeprefix(f"{PROGRAM} ").startswith(_NAMESPACE_FIRST):
            return PlainError(f"Error in configuration: context was not found for specified context: {name}")
        return CommandError(f'context "{name}" does not exist')

    @property
    def namespace(self) -> str:
        """The namespace to work in where an object does not say its own."""
        return self.config.namespace

    @property
    def is_namespace_given(self) -> bool:
        """Whether --namespace was typed; a manifest must then agree with it."""
        return bool(self.flags.namespace)

    @property
    def request_timeout_s(self) -> float | None:
        """The bound on one request, or None for no bound.

        Raises: CommandError for a value that is no duration.
        """
        text = self.flags.request_timeout
        try:
            seconds = float(text) if text.isdigit() else parse_duration_s(text)
        except ValueError as error:
            raise CommandError(
                f"Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a "
                f'corresponding time unit (e.g. 1s | 2m | 3h) "{text}"'
            ) from error
        return seconds or None

    @cached_property
    def connection(self) -> "Connection":
        """The way to the API server."""
        from minikube_py.cli.connection import Connection

        config = _with_plugin(self.config) if self.config.exec_plugin else self.config
        connection = Connection(config, timeout_s=self.request_timeout_s, verbosity=self.flags.v)
        self._opened.append(connection)
        return connection

    @cached_property
    def discovery(self) -> "Discovery":
        """What the server serves."""
        from minikube_py.cli.discovery import Discovery

        return Discovery(self.connection)

    def warn(self, text: str) -> None:
        """Tell the user something on stderr that is not a failure."""
        sys.stdout.flush()
        print(text, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Close what was opened.

        Raises: CommandError when warnings count as errors and the server sent some.
        """
        warned = sum(connection.warnings_seen for connection in self._opened)
        for connection in self._opened:
            connection.close()
        self._opened.clear()
        if self.flags.warnings_as_errors and warned:
            raise CommandError(f"{warned} warning{'s' if warned > 1 else ''} received")


def _lay_over(config: "ClientConfig", flags: GlobalFlags) -> "ClientConfig":
    """Apply the flags that speak of the connection itself."""
    server = flags.server or config.server
    changed = replace(
        config,
        server=server if "://" in server else f"http://{server}",
        certificate_authority=_pem(flags.certificate_authority) or config.certificate_authority,
        client_certificate=_pem(flags.client_certificate) or config.client_certificate,
        client_key=_pem(flags.client_key) or config.client_key,
        tls_server_name=flags.tls_server_name or config.tls_server_name,
        insecure_skip_tls_verify=flags.insecure_skip_tls_verify or config.insecure_skip_tls_verify,
        impersonate_user=flags.as_ or config.impersonate_user,
        impersonate_groups=flags.as_group or config.impersonate_groups,
        namespace=flags.namespace or config.namespace,
    )
    if flags.token:
        return replace(changed, token=flags.token, username="", password="", exec_plugin=None)
    if flags.username:
        return replace(changed, token="", username=flags.username, password=flags.password, exec_plugin=None)
    return changed


def _with_plugin(config: "ClientConfig") -> "ClientConfig":
    """Raises: PlainError in kubectl's words."""
    from minikube_py.client.exec_plugin import with_exec_credentials

    try:
        return with_exec_credentials(config)
    except ConfigError as error:
        raise PlainError(f"Unable to connect to the server: {error}") from error


def _pem(path: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"unable to read {path}: {(error.strerror or '').lower()}") from error
