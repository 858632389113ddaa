"""kubectl's flag grammar, which is pflag's."""

from dataclasses import dataclass

import pytest

from minikube_py.cli.errors import CommandError
from minikube_py.cli.flags import GlobalFlags, canonical, first_word, flag, options_of, parse_duration_s


@dataclass(frozen=True)
class Sample:
    watch: bool = flag(False, "w")
    output: str = flag("", "o")
    dry_run: str = flag("none", "", bare="unchanged")
    label_columns: tuple[str, ...] = flag((), "L")


OPTIONS = options_of(Sample)


@pytest.mark.parametrize(
    ("typed", "flags", "words"),
    [
        (["pods", "-o", "yaml"], ["--output=yaml"], ["pods"]),
        (["-oyaml", "pods"], ["--output=yaml"], ["pods"]),
        (["-o=yaml", "pods"], ["--output=yaml"], ["pods"]),
        (["--output", "yaml", "a", "b"], ["--output=yaml"], ["a", "b"]),
        (["-wo", "yaml"], ["--watch=true", "--output=yaml"], []),
        (["--watch=false"], ["--watch=false"], []),
        (["--watch", "false"], ["--watch=true"], ["false"]),
        (["--dry-run", "server"], ["--dry-run=unchanged"], ["server"]),
        (["--dry-run=server"], ["--dry-run=server"], []),
        (["-"], [], ["-"]),
        (["-o", "-x"], ["--output=-x"], []),
    ],
)
def test_flags_are_read_as_pflag_reads_them(typed: list[str], flags: list[str], words: list[str]) -> None:
    line = canonical(typed, OPTIONS)
    assert list(line.flags) == flags
    assert list(line.words) == words


def test_everything_behind_two_dashes_is_a_word() -> None:
    line = canonical(["web", "-w", "--", "sh", "-o", "x"], OPTIONS)
    assert line.words == ("web", "sh", "-o", "x")
    assert line.dash_at == 1
    assert line.given == frozenset({"watch"})


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        (["--nosuch"], "unknown flag: --nosuch"),
        (["-z"], "unknown shorthand flag: 'z' in -z"),
        (["-wz"], "unknown shorthand flag: 'z' in -z"),
        (["-o"], "flag needs an argument: 'o' in -o"),
        (["--output"], "flag needs an argument: --output"),
    ],
)
def test_bad_flags_are_refused_in_kubectls_words(typed: list[str], complaint: str) -> None:
    with pytest.raises(CommandError) as caught:
        canonical(typed, OPTIONS)
    assert caught.value.message == complaint


def test_the_verb_is_found_behind_global_flags_and_their_values() -> None:
    options = options_of(GlobalFlags, is_global=True)
    assert first_word(["-n", "kube-system", "get", "pods"], options) == 2
    assert first_word(["--namespace=x", "get"], options) == 1
    assert first_word(["-nx"], options) is None


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("30s", 30), ("1m30s", 90), ("1.5h", 5400), ("-1s", -1), ("250ms", 0.25)]
)
def test_durations_are_read_as_go_reads_them(text: str, seconds: float) -> None:
    assert parse_duration_s(text) == seconds


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("10", 'time: missing unit in duration "10"'),
        ("x", 'time: invalid duration "x"'),
        ("", 'time: invalid duration ""'),
    ],
)
def test_durations_without_sense_are_refused_in_gos_words(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_duration_s(text)
