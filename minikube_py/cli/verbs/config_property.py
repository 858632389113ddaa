"""config set and config unset: one property by its path, such as clusters.lab.server.

Kubernetes: kubectl pkg/cmd/config/{set,unset,navigation_step_parser}.go.
Simplified: the known properties are a table, not Go's types; names of entries may contain dots where that is clear.
"""

import base64
import binascii
from dataclasses import dataclass

from minikube_py.cli.command import Invocation, NoFlags, Verb
from minikube_py.cli.errors import CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.verbs.config import editing, one_word

_PROPERTIES: dict[str, dict[str, type]] = {
    "clusters": {
        "server": str,
        "tls-server-name": str,
        "insecure-skip-tls-verify": bool,
        "certificate-authority": str,
        "certificate-authority-data": bytes,
        "proxy-url": str,
        "disable-compression": bool,
    },
    "contexts": {"cluster": str, "user": str, "namespace": str},
    "users": {
        "client-certificate": str,
        "client-certificate-data": bytes,
        "client-key": str,
        "client-key-data": bytes,
        "token": str,
        "tokenFile": str,
        "as": str,
        "as-uid": str,
        "username": str,
        "password": str,
    },
}

_EMPTY = {"clusters": {"server": ""}, "contexts": {"cluster": "", "user": ""}, "users": {}}


@dataclass(frozen=True, slots=True)
class SetFlags:
    """What config set takes."""

    set_raw_bytes: bool = flag(False, "", "A -data property is given as it is, not as base64.")


@dataclass(frozen=True, slots=True)
class Property:
    """Where a path points: a field of an entry, a whole entry, or current-context (no section)."""

    section: str
    entry: str = ""
    field: str = ""


def parse_property(path: str) -> Property:
    """Read a dotted path.

    Raises: CommandError for one that leads nowhere.
    """
    section, _, rest = path.partition(".")
    if path == "current-context":
        return Property("")
    if section not in _PROPERTIES:
        raise CommandError(f"unable to parse {path} after [] at api.Config")
    for name in sorted(_PROPERTIES[section], key=len, reverse=True):
        if rest.endswith(f".{name}"):
            return Property(section, rest.removesuffix(f".{name}"), name)
    return Property(section, rest)


def set_property(call: Invocation[SetFlags]) -> None:
    """Set one property."""
    if len(call.words) != 2:
        raise CommandError(f"Unexpected args: [{' '.join(call.words)}]")
    path, text = call.words
    found = parse_property(path)
    with editing(call) as editor:
        if not found.section:
            editor.current_context = text
        elif not found.field:
            raise CommandError(f"can't set a map to a value: {path} is not a single property")
        else:
            body = dict(editor.config.entry(found.section, found.entry) or _EMPTY[found.section])
            body[found.field] = _typed(found, text, call.flags.set_raw_bytes)
            editor.set_entry(found.section, found.entry, body)
    print(f'Property "{path}" set.')


def unset_property(call: Invocation[NoFlags]) -> None:
    """Take one property, or a whole entry, away."""
    path = one_word(call)
    found = parse_property(path)
    with editing(call) as editor:
        if not found.section:
            editor.current_context = ""
        elif found.field:
            body = dict(editor.config.entry(found.section, found.entry) or {})
            if not body:
                raise CommandError(f"current map key `{found.entry}` is invalid")
            body.pop(found.field, None)
            editor.set_entry(found.section, found.entry, body)
        elif found.entry:
            if editor.remove_entry(found.section, found.entry) is None:
                raise CommandError(f"current map key `{found.entry}` is invalid")
        else:
            for name in editor.config.names(found.section):
                editor.remove_entry(found.section, name)
    print(f'Property "{path}" unset.')


def _typed(found: Property, text: str, raw_bytes: bool) -> str | bool:
    wanted = _PROPERTIES[found.section][found.field]
    if wanted is bool:
        if text not in ("true", "false"):
            raise CommandError(f'strconv.ParseBool: parsing "{text}": invalid syntax')
        return text == "true"
    if wanted is bytes:
        if raw_bytes:
            return base64.b64encode(text.encode()).decode()
        try:
            base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise CommandError(f"error decoding input value: {error}") from error
    return text


SET = Verb("set", set_property, SetFlags, summary="Set one property of the kubeconfig", usage="set NAME VALUE")
UNSET = Verb("unset", unset_property, NoFlags, summary="Unset one property of the kubeconfig", usage="unset NAME")
