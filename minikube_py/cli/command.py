"""What a verb is: a function of one Invocation, wrapped into a click command.

A verb module holds a flags dataclass, the function, and one COMMAND; `main.COMMANDS` names the module:

    @dataclass(frozen=True, slots=True)
    class LabelFlags(SelectionFlags):
        overwrite: bool = flag(False, "", "Allow labels to be overwritten.")

    def label(call: Invocation[LabelFlags]) -> None:
        ...call.flags.overwrite, call.words, call.session.connection...

    COMMAND = Verb("label", label, LabelFlags, summary="Change labels", usage="label TYPE NAME KEY=VALUE ...")

The function returns nothing or an exit code, prints results to stdout, and raises `CommandError` for failures.
A verb with verbs of its own (config, create, rollout) is a `VerbGroup` whose entries are loaded on demand as well.

Invariant: only the module of the verb that runs is imported; that keeps the start below its budget.
"""

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

import click

from minikube_py.cli.errors import PROGRAM, CommandError, UsageError
from minikube_py.cli.flags import Flag, GlobalFlags, canonical, first_word, options_of
from minikube_py.cli.help_text import group_help, verb_help
from minikube_py.cli.session import Session
from minikube_py.cli.suggestions import suggestions

FlagsT = TypeVar("FlagsT", covariant=True)


@dataclass(frozen=True, slots=True)
class Invocation(Generic[FlagsT]):
    """One command line, read: what the verb's function is given."""

    session: Session
    flags: FlagsT
    words: tuple[str, ...]
    given: frozenset[str]
    dash_at: int | None
    command_path: str

    def usage_error(self, message: str) -> UsageError:
        """Make the error for words that do not fit this verb's usage line."""
        return UsageError(message, self.command_path)


@dataclass(frozen=True, slots=True)
class NoFlags:
    """For verbs with the global flags only."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a command table: where a verb's COMMAND is found, and its line in the help."""

    name: str
    module: str
    summary: str
    section: str = "Available Commands"
    attribute: str = "COMMAND"
    aliases: tuple[str, ...] = ()


class Verb(click.Command):
    """A command without sub-commands."""

    def __init__(
        self,
        name: str,
        function: Callable[[Invocation[Any]], int | None],
        flags_class: type,
        *,
        summary: str,
        usage: str,
        examples: str = "",
    ) -> None:
        own = options_of(flags_class)
        hidden = {option.name for option in own}
        super().__init__(
            name,
            params=[*own, *(o for o in options_of(GlobalFlags, is_global=True) if o.name not in hidden)],
            help=summary,
            add_help_option=False,
        )
        self.function = function
        self.flags_class = flags_class
        self.usage = usage
        self.examples = examples

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        path = ctx.command_path
        try:
            line = canonical(args, self.params)
            if line.wants_help:
                click.echo(verb_help(self, path))
                ctx.exit(0)
            super().parse_args(ctx, list(line.flags))
        except UsageError:
            raise
        except CommandError as error:
            raise UsageError(error.message, path, "--help' for usage.") from error
        ctx.obj = line
        return []

    def invoke(self, ctx: click.Context) -> int:
        line = ctx.obj
        own = self._gather(ctx, self.flags_class, is_global=False)
        global_flags = self._gather(ctx, GlobalFlags, is_global=True)
        session = Session(global_flags, line.given, ctx.command_path)
        call = Invocation(session, own, line.words, line.given, line.dash_at, ctx.command_path)
        try:
            return self.function(call) or 0
        finally:
            session.close()

    def _gather(self, ctx: click.Context, flags_class: type, is_global: bool) -> Any:
        names = {declared.name for declared in fields(flags_class)}
        values: dict[str, Any] = {}
        for option in self.params:
            if isinstance(option, Flag) and option.is_global == is_global and option.name in names:
                value = ctx.params[option.name]
                values[option.name] = _split(value) if option.splits else value
        return flags_class(**values)


class VerbGroup(click.Group):
    """A command that is a table of commands, each imported when it is asked for."""

    def __init__(
        self,
        name: str,
        entries: Sequence[Entry],
        *,
        summary: str,
        default: Verb | None = None,
        refused: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(name, help=summary, add_help_option=False, params=options_of(GlobalFlags, is_global=True))
        self.entries = tuple(entries)
        self.default = default
        self.refused = refused

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [entry.name for entry in self.entries]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for entry in self.entries:
            if cmd_name == entry.name or cmd_name in entry.aliases:
                command: click.Command = getattr(importlib.import_module(entry.module), entry.attribute)
                return command
        return None

    def main_with(self, arguments: Sequence[str], path: str = PROGRAM) -> int:
        """Run the verb that the arguments name and return its exit code.

        Raises: CommandError for anything that went wrong.
        """
        position = first_word(arguments, self.params)
        if position is None or (self.default is not None and self.get_command_named(arguments[position]) is None):
            return self._run_itself(arguments, path)
        command = self.get_command_named(arguments[position])
        if command is None:
            raise self._unknown(arguments[position:], path)
        remaining = [*arguments[:position], *arguments[position + 1 :]]
        if isinstance(command, VerbGroup):
            return command.main_with(remaining, f"{path} {command.name}")
        return run_verb(command, remaining, f"{path} {command.name}")

    def get_command_named(self, name: str) -> click.Command | None:
        return self.get_command(click.Context(self), name)

    def _run_itself(self, arguments: Sequence[str], path: str) -> int:
        if self.default is not None:
            return run_verb(self.default, arguments, path)
        try:
            line = canonical(arguments, self.params)
        except CommandError as error:
            raise UsageError(error.message, path, "--help' for usage.") from error
        click.echo(group_help(self, path))
        return 0 if line.wants_help or path == PROGRAM else 1

    def _unknown(self, words: Sequence[str], path: str) -> CommandError:
        word = words[0]
        if word in self.refused:
            command = f"{path.removeprefix(PROGRAM)} {word}".strip()
            return CommandError(f"{command} is not supported by {PROGRAM} yet; use kubectl")
        if path == PROGRAM:
            meant = suggestions(word, (entry.name for entry in self.entries))
            hint = "\n\nDid you mean this?\n\t" + "\n\t".join(meant) if meant else ""
            return CommandError(f'unknown command "{word}" for "{PROGRAM}"{hint}')
        return UsageError(f'unknown command "{" ".join(self._plain(words))}"', path)

    def _plain(self, words: Sequence[str]) -> Iterator[str]:
        """The words that are no flags or values of them."""
        while (position := first_word(words, self.params)) is not None:
            yield words[position]
            words = words[position + 1 :]


def run_verb(command: click.Command, arguments: Sequence[str], path: str) -> int:
    """Run one click command with its arguments and return its exit code."""
    try:
        with command.make_context(path, list(arguments)) as context:
            return int(command.invoke(context) or 0)
    except click.exceptions.Exit as error:
        return error.exit_code


def _split(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(part for value in values for part in value.split(","))
