"""The config verbs that show: view, current-context, get-contexts, get-clusters, get-users.

Kubernetes: kubectl pkg/cmd/config/{view,get_contexts,...}.go.
"""

import base64
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from minikube_py.cli.command import Invocation, NoFlags, Verb
from minikube_py.cli.errors import CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.output import OBJECT_FORMATS, make_printer, parse_format
from minikube_py.cli.session import Session
from minikube_py.cli.tabular import ColumnWriter
from minikube_py.client.kubeconfig import SECTIONS, KubeConfig, KubeConfigFile
from minikube_py.client.yaml_text import Document

_SECRETS = {
    "certificate-authority-data": "DATA+OMITTED",
    "client-certificate-data": "DATA+OMITTED",
    "client-key-data": "DATA+OMITTED",
    "token": "REDACTED",
    "password": "REDACTED",
}
_FILES = ("certificate-authority", "client-certificate", "client-key")


@dataclass(frozen=True, slots=True)
class ViewFlags:
    """What config view takes."""

    minify: bool = flag(False, "", "Only what the current context uses.")
    raw: bool = flag(False, "", "Show certificates and tokens as they are.")
    flatten: bool = flag(False, "", "Put the content of files in place of their names.")
    output: str = flag("", "o", "Output format, as for get.")
    template: str = flag("", "", "The template of -o jsonpath.")


@dataclass(frozen=True, slots=True)
class GetContextsFlags:
    """What config get-contexts takes."""

    no_headers: bool = flag(False, "", "Leave out the headers.")
    output: str = flag("", "o", "Only name is known.")


def view(call: Invocation[ViewFlags]) -> None:
    """Show the merged kubeconfig."""
    if call.words:
        raise call.usage_error(f"unexpected arguments: [{' '.join(call.words)}]")
    flags = call.flags
    config = call.session.kubeconfig
    document = merged(config, flatten=flags.flatten)
    if flags.minify:
        document = minified(document, call.session.flags.context or config.current_context)
    if not flags.raw and not flags.flatten:
        document = redacted(document)
    chosen = parse_format(flags.output or "yaml", flags.template, OBJECT_FORMATS)
    if chosen.name == "json":
        sys.stdout.write(json.dumps(_in_go_order(document), indent=4, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(make_printer(chosen)(document))


def merged(config: KubeConfig, flatten: bool = False) -> Document:
    """Make the one document that several files amount to; relative paths become absolute."""
    document: Document = {"apiVersion": "v1", "kind": "Config", "current-context": config.current_context}
    for section, singular in SECTIONS.items():
        entries = []
        for name in config.names(section):
            owner = config.owner(section, name)
            body = dict(config.entry(section, name) or {})
            if owner is not None:
                _resolve_files(body, owner, flatten)
            entries.append({"name": name, singular: body})
        document[section] = entries or None
    return document


def minified(document: Document, context_name: str) -> Document:
    """Keep the context and what it refers to.

    Raises: CommandError when there is no such context.
    """
    if not context_name:
        raise CommandError("current-context must exist in order to minify")
    context = _entry(document, "contexts", context_name)
    if context is None:
        raise CommandError(f"cannot locate context {context_name}")
    body = context["context"]
    kept: Document = {**document, "contexts": [context], "current-context": context_name}
    for section, key in (("clusters", "cluster"), ("users", "user")):
        found = _entry(document, section, str(body.get(key) or ""))
        kept[section] = [found] if found else None
    return kept


def redacted(document: Document) -> Document:
    """Copy a kubeconfig without its secrets."""
    shown = dict(document)
    for section, singular in SECTIONS.items():
        shown[section] = [
            {**entry, singular: {key: _SECRETS.get(key, value) for key, value in entry[singular].items()}}
            for entry in document[section] or []
        ] or None
    return shown


def current_context(call: Invocation[NoFlags]) -> None:
    """Print the current context's name."""
    name = call.session.kubeconfig.current_context
    if not name:
        raise CommandError("current-context is not set")
    print(name)


def get_contexts(call: Invocation[GetContextsFlags]) -> None:
    """List contexts."""
    if call.flags.output not in ("", "name"):
        raise CommandError(f"output must be one of '' or 'name': {call.flags.output}")
    config = call.session.kubeconfig
    known = config.names("contexts")
    wanted = [name for name in call.words if name in known] if call.words else known
    if call.flags.output == "name":
        print("".join(f"{name}\n" for name in wanted), end="")
    else:
        current = call.session.flags.context or config.current_context
        rows = [_context_row(config, name, current) for name in wanted]
        headers = [["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"]]
        sys.stdout.write(ColumnWriter().format(rows if call.flags.no_headers else headers + rows))
    missing = [f"context {name} not found" for name in call.words if name not in known]
    if missing:
        raise CommandError("\nerror: ".join(missing))


def _context_row(config: KubeConfig, name: str, current: str) -> list[str]:
    body = config.entry("contexts", name) or {}
    return [
        "*" if name == current else "",
        name,
        str(body.get("cluster") or ""),
        str(body.get("user") or ""),
        str(body.get("namespace") or ""),
    ]


def get_clusters(call: Invocation[NoFlags]) -> None:
    """List clusters."""
    _print_names(call.session, "clusters")


def get_users(call: Invocation[NoFlags]) -> None:
    """List users."""
    _print_names(call.session, "users")


def _print_names(session: Session, section: str) -> None:
    print("\n".join(["NAME", *session.kubeconfig.names(section)]))


def _entry(document: Document, section: str, name: str) -> Document | None:
    return next((entry for entry in document[section] or [] if entry["name"] == name), None)


def _resolve_files(body: Document, owner: KubeConfigFile, flatten: bool) -> None:
    for key in _FILES:
        if not body.get(key):
            continue
        path = owner.path.parent / str(body[key])
        if not flatten:
            body[key] = str(path)
            continue
        try:
            body[f"{key}-data"] = base64.b64encode(Path(path).read_bytes()).decode()
        except OSError as error:
            raise CommandError(f"open {path}: {(error.strerror or '').lower()}") from error
        del body[key]


def _in_go_order(document: Document) -> Document:
    """Put the keys into the order of Go's types, which JSON output shows."""
    order = ("kind", "apiVersion", "preferences", "clusters", "users", "contexts", "current-context")
    ordered = _first(document, order)
    for section, singular in SECTIONS.items():
        ordered[section] = [
            {"name": entry["name"], singular: _first(entry[singular], ("cluster", "user", "namespace"))}
            for entry in ordered[section] or []
        ] or None
    return ordered


def _first(document: Document, keys: tuple[str, ...]) -> Document:
    names = dict.fromkeys((*(key for key in keys if key in document), *document))
    return {key: document[key] for key in names}


VIEW = Verb("view", view, ViewFlags, summary="Show the merged kubeconfig", usage="view [--minify] [--raw] [-o FORMAT]")
CURRENT_CONTEXT = Verb(
    "current-context", current_context, NoFlags, summary="Show the current context", usage="current-context"
)
GET_CONTEXTS = Verb(
    "get-contexts", get_contexts, GetContextsFlags, summary="List contexts", usage="get-contexts [NAME ...]"
)
GET_CLUSTERS = Verb("get-clusters", get_clusters, NoFlags, summary="List clusters", usage="get-clusters")
GET_USERS = Verb("get-users", get_users, NoFlags, summary="List users", usage="get-users")
