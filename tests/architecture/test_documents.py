"""The documents speak of files, functions and commands that exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import click
import pytest

from minikube_py.cluster.__main__ import main as minikube_py
from tests.support.documents import ROOT, commands_in, document, inline_commands

DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "STYLE.md")
PACKAGE = ROOT / "minikube_py"
README_LINES = 130

_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)#:]+)[^):]*\)")
_FILE = re.compile(r"[\w.-]+(/[\w.-]+)*(/|\.(py|md|sh|yaml|txt|toml|lock))")


@cache
def defined(path: Path) -> frozenset[str]:
    """Functions, and methods as `Class.method`, of a file."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            methods = (each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
            found |= {node.name, *(f"{node.name}.{name}" for name in methods)}
    return frozenset(found)


def hops() -> list[tuple[str, list[Path], list[str]]]:
    """The rows of ARCHITECTURE's tables of files and functions."""
    found = []
    for table in re.findall(r"\| \w+ \| file \| function \|\n\|[-| ]+\|\n((?:\|.*\n)+)", document("ARCHITECTURE.md")):
        for row in table.splitlines():
            hop, files, functions = (cell.strip() for cell in row.strip("|").split("|"))
            found.append((hop, [PACKAGE / name for name in _CODE.findall(files)], _CODE.findall(functions)))
    return found


def test_there_are_hops() -> None:
    assert len(hops()) >= 20


@pytest.mark.parametrize(
    ("hop", "files", "functions"), hops(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_hop_of_the_life_of_a_command_is_where_it_is_said_to_be(
    hop: str, files: list[Path], functions: list[str]
) -> None:
    assert files, hop
    known = {name for path in files for name in defined(path)}
    assert functions, hop
    assert [name for name in functions if name not in known] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_that_a_document_names_exist(name: str) -> None:
    text = document(name)
    named = {word for word in _CODE.findall(text) if "/" in word and _FILE.fullmatch(word)} | set(_LINK.findall(text))
    assert [each for each in sorted(named) if not (ROOT / each).exists() and not (PACKAGE / each).exists()] == []


def test_each_invariant_names_a_test() -> None:
    text = document("ARCHITECTURE.md").split("## Invariants\n")[1].split("\n## ")[0]
    invariants = re.split(r"^- ", text, flags=re.MULTILINE)[1:]
    assert len(invariants) >= 8
    assert [each for each in invariants if not re.search(r"\(`tests/[^)]*\)\s*$", each)] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_that_a_document_names_exist(name: str) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    scripts = re.findall(r'^([\w-]+) = "minikube_py', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    unknown = []
    for words in [*map(str.split, commands_in(name)), *inline_commands(name)]:
        if words[0] == "make":
            unknown += [words] * (words[1] not in targets)
        elif words[0] == "minikube-py":
            unknown += [words] * (not _is_known(minikube_py, words[1:]))
        elif words[0].startswith(("pyk", "minikube")):
            unknown += [words] * (words[0] not in scripts)
    assert unknown == []


def _is_known(group: click.Group, words: list[str]) -> bool:
    """Whether the verb and each flag after it exist."""
    command: click.Command = group
    context = click.Context(group)
    while words and isinstance(command, click.Group) and (found := command.get_command(context, words[0])):
        command, words = found, words[1:]
    if isinstance(command, click.Group):
        return not words
    flags = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    return (
        not isinstance(command, click.Group) and {word.partition("=")[0] for word in words if word[0] == "-"} <= flags
    )


def test_the_readme_can_be_read_at_one_sitting() -> None:
    assert len(document("README.md").splitlines()) <= README_LINES
