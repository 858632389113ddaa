"""Lays out --help in kubectl's shape: what, examples, options, usage."""

from typing import TYPE_CHECKING

from minikube_py.cli.errors import PROGRAM
from minikube_py.cli.flags import Flag

if TYPE_CHECKING:
    from minikube_py.cli.command import Verb, VerbGroup


def verb_help(verb: "Verb", path: str) -> str:
    """The help of one verb; the global options are left to `pykubectl options`."""
    parts = [f"{verb.help}."]
    if verb.examples:
        parts += ["", "Examples:", *(f"  {line}".rstrip() for line in verb.examples.strip().splitlines())]
    own = [option for option in verb.params if isinstance(option, Flag) and not option.is_global]
    if own:
        parts += ["", "Options:", "\n\n".join(option_help(option) for option in sorted(own, key=lambda o: o.long))]
    parts += ["", "Usage:", f"  {path.rsplit(' ', verb.usage.split(' ')[0].count(' ') + 1)[0]} {verb.usage} [options]"]
    return "\n".join([*parts, "", _global_hint()])


def group_help(group: "VerbGroup", path: str) -> str:
    """The help of a command with sub-commands: its table, by section."""
    parts = [f"{group.help}."]
    width = max(len(entry.name) for entry in group.entries) + 1
    for section in dict.fromkeys(entry.section for entry in group.entries):
        parts += ["", f"{section}:"]
        parts += [f"  {entry.name:<{width}} {entry.summary}" for entry in group.entries if entry.section == section]
    word = "[flags]" if path == PROGRAM else "SUBCOMMAND"
    parts += ["", "Usage:", f"  {path} {word} [options]", ""]
    parts.append(f'Use "{path} <command> --help" for more information about a given command.')
    return "\n".join([*parts, _global_hint()])


def option_help(option: Flag) -> str:
    """Two lines for one flag: its spelling with the default, its meaning."""
    default = option.plain_default
    if isinstance(default, bool):
        shown = str(default).lower()
    elif isinstance(default, tuple):
        shown = "[]"
    elif isinstance(default, float):
        shown = f"{default:g}s"
    else:
        shown = repr(default) if isinstance(default, str) else str(default)
    return f"    {option.spelling}={shown}:\n        {option.help}"


def _global_hint() -> str:
    return f'Use "{PROGRAM} options" for a list of global command-line options (applies to all commands).'
