"""pykubectl __complete: what the word under the cursor could become, one candidate a line.

Names come from the server as it is now. The last line is `:0` where files fit too, `:4` where they do not. Nothing is
ever said about errors: a shell that completes is no place for them.

Kubernetes: kubectl pkg/util/completion.
"""

import sys
from collections.abc import Callable, Iterable, Sequence

import click

from minikube_py.cli.command import VerbGroup
from minikube_py.cli.errors import CommandError
from minikube_py.cli.flags import Flag, GlobalFlags, canonical, options_of
from minikube_py.cli.output import FORMATS
from minikube_py.cli.session import Session
from minikube_py.errors import MinikubeError

_TIMEOUT = "2s"
_TYPES_THEN_NAMES = frozenset(
    ("get", "describe", "delete", "edit", "label", "annotate", "patch", "scale", "expose", "wait", "autoscale",
     "rollout", "set", "taint", "explain", "why", "trace", "timeline")
)  # fmt: skip
_PODS = frozenset(("logs", "exec", "attach", "port-forward", "cp"))
_NODES = frozenset(("cordon", "uncordon", "drain"))
_CONTEXTS = frozenset(("use-context", "use", "delete-context", "rename-context", "set-context", "get-contexts"))


def complete(root: VerbGroup, words: Sequence[str]) -> int:
    """Print the candidates for the last of the words."""
    try:
        found, takes_files = _candidates(root, list(words) or [""])
    except (MinikubeError, click.ClickException):
        found, takes_files = [], False
    sys.stdout.write("".join(f"{candidate}\n" for candidate in found))
    sys.stdout.write(":0\n" if takes_files else ":4\n")
    return 0


def _candidates(root: VerbGroup, words: list[str]) -> tuple[list[str], bool]:
    *before, current = words
    command, path, rest = _descend(root, before)
    if isinstance(command, VerbGroup) and not current.startswith("-"):
        names = _starting(command.list_commands(click.Context(command)), current)
        if command.default is None or names:
            return names, False
        command = command.default
    flags = [option for option in command.params if isinstance(option, Flag)]
    if current.startswith("-") and "=" not in current:
        return _starting((f"--{option.long}" for option in flags), current), False
    wanted = _flag_before(before, flags)
    if current.startswith("--") and "=" in current:
        name, _, value = current.partition("=")
        option = next((one for one in flags if f"--{one.long}" == name), None)
        values, takes_files = _flag_values(_session(rest, command), option, value) if option else ([], False)
        return [f"{name}={one}" for one in values], takes_files
    session = _session(rest, command)
    try:
        if wanted is not None:
            return _flag_values(session, wanted, current)
        given = canonical(rest, command.params).words
        return _words(session, path, list(given), current), False
    finally:
        session.close()


def _descend(root: VerbGroup, before: Sequence[str]) -> tuple[click.Command, list[str], list[str]]:
    """The verb that the words before the cursor name, its path, and the other words."""
    command: click.Command = root
    path: list[str] = []
    rest: list[str] = []
    skips = False
    value_flags = {
        spelling
        for option in options_of(GlobalFlags, is_global=True)
        if isinstance(option, Flag) and option.bare is None
        for spelling in (f"--{option.long}", f"-{option.short}")
    }
    for word in before:
        found = None
        if isinstance(command, VerbGroup) and not skips and not word.startswith("-"):
            found = command.get_command_named(word)
        if found is not None:
            command = found
            path.append(found.name or word)
        else:
            rest.append(word)
        skips = word in value_flags
    return command, path, rest


def _flag_before(before: Sequence[str], flags: Sequence[Flag]) -> Flag | None:
    """The flag whose value is being typed."""
    last = before[-1] if before else ""
    for option in flags:
        if option.bare is None and last in (f"--{option.long}", f"-{option.short}" if option.short else "--"):
            return option
    return None


def _session(rest: Sequence[str], command: click.Command) -> Session:
    """A session with the global flags that have been typed, and little patience."""
    known = {option.long: option for option in command.params if isinstance(option, Flag) and option.is_global}
    values: dict[str, object] = {"request_timeout": _TIMEOUT}
    try:
        line = canonical([*rest, ""], command.params)
    except CommandError:
        line = canonical([*rest[:-1], ""], command.params)
    for text in line.flags:
        name, _, value = text.removeprefix("--").partition("=")
        if name in known and isinstance(known[name].plain_default, str):
            values[str(known[name].name)] = value
    return Session(GlobalFlags(**values))  # type: ignore[arg-type]  # only flags whose values are text


def _flag_values(session: Session, option: Flag, current: str) -> tuple[list[str], bool]:
    sources: dict[str, Callable[[], Iterable[str]]] = {
        "namespace": lambda: _names(session, "namespaces"),
        "context": lambda: _entries(session, "contexts"),
        "cluster": lambda: _entries(session, "clusters"),
        "user": lambda: _entries(session, "users"),
        "output": lambda: FORMATS.split(","),
        "dry-run": lambda: ("none", "server", "client"),
        "cascade": lambda: ("background", "foreground", "orphan"),
    }
    source = sources.get(option.long)
    return (_starting(source(), current), False) if source else ([], True)


def _words(session: Session, path: Sequence[str], given: list[str], current: str) -> list[str]:
    verb = path[0] if path else ""
    if verb in _TYPES_THEN_NAMES or verb in _PODS:
        if "/" in current:
            return _with_type(session, current)
        return _objects(session, verb, given, current)
    sources: dict[str, Callable[[], Iterable[str]]] = {
        "config": lambda: _entries(session, "contexts") if path[-1] in _CONTEXTS else (),
        "completion": lambda: ("bash", "fish", "powershell", "zsh"),
        "top": lambda: _names(session, f"{path[-1]}s") if len(path) > 1 else (),
        **dict.fromkeys(_NODES, lambda: _names(session, "nodes")),
    }
    return _starting(sources[verb](), current) if verb in sources else []


def _objects(session: Session, verb: str, given: list[str], current: str) -> list[str]:
    """Names of pods, or first a type and then names of that type."""
    if verb in _PODS:
        return [] if given and verb != "cp" else _starting(_names(session, "pods"), current)
    if not given:
        head, comma, last = current.rpartition(",")
        return [f"{head}{comma}{name}" for name in _starting(_types(session), last)]
    if verb == "explain" or "/" in given[0]:
        return []
    return [name for name in _starting(_names(session, given[0]), current) if name not in given[1:]]


def _with_type(session: Session, current: str) -> list[str]:
    type_word, _, start = current.partition("/")
    return [f"{type_word}/{name}" for name in _starting(_names(session, type_word), start)]


def _types(session: Session) -> list[str]:
    resources = [resource for resource in session.discovery.preferred if "get" in resource.verbs]
    plain = {resource.plural for resource in resources if not resource.group}
    return [one.full_name if one.group and one.plural in plain else one.plural for one in resources]


def _names(session: Session, type_word: str) -> list[str]:
    resource = session.discovery.find(type_word.split(",")[0])
    namespace = session.namespace if resource.is_namespaced else ""
    items = session.connection.get(resource.path(namespace)).get("items") or []
    return [item["metadata"]["name"] for item in items]


def _entries(session: Session, section: str) -> list[str]:
    return list(session.kubeconfig.names(section))


def _starting(names: Iterable[str], start: str) -> list[str]:
    return sorted(dict.fromkeys(name for name in names if name.startswith(start)))
