"""A verb's flags are a frozen dataclass; this module turns its fields into click options with kubectl's grammar.

    @dataclass(frozen=True, slots=True)
    class GetFlags(OutputFlags):
        watch: bool = flag(False, "w", "After listing the objects, watch for changes.")

The default's type decides how a value is read: bool, int, str, float (a Go duration such as 1m30s, in seconds) or
tuple (comma-separated, may be repeated; `split=False` keeps commas). A field `dry_run` is the flag `--dry-run`.

click reads values and keeps the defaults; `canonical` comes before it, because kubectl's grammar (that of the Go
library pflag) differs from click's: `-o=json`, `--watch=false`, flags anywhere, and values that are optional only
after `=` (`--dry-run`, but `--dry-run=server`).

Kubernetes: github.com/spf13/pflag, cli-runtime genericclioptions.ConfigFlags.
"""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from minikube_py.cli.errors import CommandError

FlagValue = bool | int | float | str | tuple[str, ...]
_DURATION_UNITS_S = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")


def flag(
    default: Any, short: str = "", help: str = "", *, bare: str | None = None, split: bool = True, name: str = ""
) -> Any:
    """Declare a flag as a dataclass field; `bare` is the value that the flag has when typed without one."""
    return field(default=default, metadata={"short": short, "help": help, "bare": bare, "split": split, "name": name})


@dataclass(frozen=True, slots=True)
class GlobalFlags:
    """Flags that every verb takes, before or after it."""

    namespace: str = flag("", "n", "The namespace to work in; by default the context's, else default.")
    context: str = flag("", "", "The name of the kubeconfig context to use.")
    cluster: str = flag("", "", "The name of the kubeconfig cluster to use.")
    user: str = flag("", "", "The name of the kubeconfig user to use.")
    kubeconfig: str = flag("", "", "The kubeconfig file to use instead of $KUBECONFIG or ~/.kube/config.")
    server: str = flag("", "s", "The address of the API server.")
    token: str = flag("", "", "A bearer token for the API server.")
    certificate_authority: str = flag("", "", "A file with the certificate authority that signed the server's.")
    client_certificate: str = flag("", "", "A file with a client certificate for TLS.")
    client_key: str = flag("", "", "A file with the client certificate's key.")
    tls_server_name: str = flag("", "", "The name to expect in the server's certificate.")
    insecure_skip_tls_verify: bool = flag(False, "", "Accept any server certificate (insecure).")
    as_: str = flag("", "", "A user name to act as.", name="as")
    as_group: tuple[str, ...] = flag((), "", "A group to act as; may be repeated.", split=False)
    as_uid: str = flag("", "", "A uid to act as.")
    username: str = flag("", "", "A user name for basic authentication.")
    password: str = flag("", "", "A password for basic authentication.")
    request_timeout: str = flag("0", "", "Seconds, or a duration, to wait for one answer; 0 waits for ever.")
    cache_dir: str = flag("", "", "Accepted for kubectl's sake; discovery is read anew each time.")
    warnings_as_errors: bool = flag(False, "", "Exit 1 when the server sent a warning.")
    v: int = flag(0, "v", "Log level; 6 and above shows each request.")


def option_name(declared: "dataclasses.Field[Any]") -> str:
    """Spell a field as the user types it: dry_run -> dry-run."""
    return str(declared.metadata.get("name") or declared.name.replace("_", "-"))


class Flag(click.Option):
    """A click option that remembers what kubectl's grammar needs to know about it."""

    def __init__(self, declared: "dataclasses.Field[Any]", is_global: bool = False) -> None:
        self.long = option_name(declared)
        self.short = str(declared.metadata["short"])
        self.is_bool = isinstance(declared.default, bool)
        self.bare = "true" if self.is_bool else declared.metadata["bare"]
        self.is_global = is_global
        self.plain_default = declared.default
        many = isinstance(declared.default, tuple)
        super().__init__(
            [declared.name, f"--{self.long}", *([f"-{self.short}"] if self.short else [])],
            default=declared.default,
            type=_reader(declared.default),
            is_flag=False,
            multiple=many,
            help=str(declared.metadata["help"]),
        )
        self.splits = many and bool(declared.metadata["split"])

    @property
    def spelling(self) -> str:
        """How error texts name it."""
        return f"-{self.short}, --{self.long}" if self.short else f"--{self.long}"


def options_of(flags_class: type, is_global: bool = False) -> list[click.Parameter]:
    """Make one click option for each field of a flags dataclass."""
    return [Flag(declared, is_global) for declared in dataclasses.fields(flags_class)]


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A command line sorted into flags (each `--name=value`) and other words."""

    flags: tuple[str, ...]
    words: tuple[str, ...]
    given: frozenset[str]
    dash_at: int | None
    wants_help: bool


def canonical(arguments: Sequence[str], options: Sequence[click.Parameter]) -> CommandLine:
    """Sort a command line by pflag's rules.

    Raises: CommandError for an unknown flag or one that lacks its value (without the pointer to the help).
    """
    by_long = {option.long: option for option in options if isinstance(option, Flag)}
    by_short = {option.short: option for option in options if isinstance(option, Flag) and option.short}
    flags: list[str] = []
    words: list[str] = []
    given: set[str] = set()
    dash_at: int | None = None
    wants_help = False
    rest = iter(arguments)
    for word in rest:
        if word == "--":
            dash_at = len(words)
            words.extend(rest)
        elif word in ("-h", "--help", "--help=true"):
            wants_help = True
        elif word.startswith("--"):
            option, value = _long_flag(word, by_long, rest)
            flags.append(f"--{option.long}={value}")
            given.add(option.long)
        elif word.startswith("-") and word != "-":
            for option, value in _short_flags(word, by_short, rest):
                flags.append(f"--{option.long}={value}")
                given.add(option.long)
        else:
            words.append(word)
    return CommandLine(tuple(flags), tuple(words), frozenset(given), dash_at, wants_help)


def first_word(arguments: Sequence[str], options: Sequence[click.Parameter]) -> int | None:
    """Find the position of the first word that is neither a flag nor a flag's value; a flag not known takes one."""
    stands_alone = {
        spelling
        for option in options
        if isinstance(option, Flag) and option.bare is not None
        for spelling in (f"--{option.long}", f"-{option.short}")
    }
    position = 0
    while position < len(arguments):
        word = arguments[position]
        if word == "--":
            return None
        if not word.startswith("-") or word == "-":
            return position
        is_whole = "=" in word or word in stands_alone or (len(word) > 2 and not word.startswith("--"))
        position += 1 if is_whole else 2
    return None


def _long_flag(word: str, by_long: dict[str, Flag], rest: Iterator[str]) -> tuple[Flag, str]:
    name, equals, value = word[2:].partition("=")
    option = by_long.get(name)
    if not name or option is None:
        raise CommandError(f"bad flag syntax: {word}" if not name else f"unknown flag: --{name}")
    if equals:
        return option, value
    if option.bare is not None:
        return option, option.bare
    following = next(rest, None)
    if following is None:
        raise CommandError(f"flag needs an argument: --{name}")
    return option, following


def _short_flags(word: str, by_short: dict[str, Flag], rest: Iterator[str]) -> Iterator[tuple[Flag, str]]:
    letters = word[1:]
    while letters:
        option = by_short.get(letters[0])
        if option is None:
            raise CommandError(f"unknown shorthand flag: '{letters[0]}' in -{letters}")
        after = letters[1:]
        if after.startswith("="):
            yield option, after[1:]
            return
        if option.bare is not None:
            yield option, option.bare
            letters = after
            continue
        value = after or next(rest, None)
        if value is None:
            raise CommandError(f"flag needs an argument: '{letters[0]}' in -{letters}")
        yield option, value
        return


class _GoType(click.ParamType[Any]):
    """Reads a value with Go's rules and refuses with Go's words."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self.read(value)
        except ValueError as error:
            spelling = param.spelling if isinstance(param, Flag) else self.name
            raise CommandError(f'invalid argument "{value}" for "{spelling}" flag: {error}') from error

    def read(self, text: str) -> FlagValue:
        return text


class _GoBool(_GoType):
    name = "bool"

    def read(self, text: str) -> bool:
        if text in ("1", "t", "T", "true", "TRUE", "True"):
            return True
        if text in ("0", "f", "F", "false", "FALSE", "False"):
            return False
        raise ValueError(f'strconv.ParseBool: parsing "{text}": invalid syntax')


class _GoInt(_GoType):
    name = "int"

    def read(self, text: str) -> int:
        if re.fullmatch(r"[+-]?\d+", text):
            return int(text)
        raise ValueError(f'strconv.ParseInt: parsing "{text}": invalid syntax')


class _GoDuration(_GoType):
    name = "duration"

    def read(self, text: str) -> float:
        return parse_duration_s(text)


class _GoString(_GoType):
    name = "string"


def _reader(default: object) -> _GoType:
    if isinstance(default, bool):
        return _GoBool()
    if isinstance(default, int):
        return _GoInt()
    return _GoDuration() if isinstance(default, float) else _GoString()


def parse_duration_s(text: str) -> float:
    """Read a Go duration (`1m30s`, `-1s`, `0`) as seconds.

    Raises: ValueError in the words of Go's time package.
    """
    body = text.lstrip("+-")
    if body == "0":
        return 0.0
    if not body:
        raise ValueError(f'time: invalid duration "{text}"')
    parts = _DURATION_PART.findall(body)
    if "".join(number + unit for number, unit in parts) != body:
        missing = re.fullmatch(r"[\d.]+", body)
        raise ValueError(f'time: missing unit in duration "{text}"' if missing else f'time: invalid duration "{text}"')
    seconds = sum(float(number) * _DURATION_UNITS_S[unit] for number, unit in parts)
    return -seconds if text.startswith("-") else seconds
