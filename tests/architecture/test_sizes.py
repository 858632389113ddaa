"""Files and functions stay short enough to be read at one sitting."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
MOST_PARAMETERS = 6

FILES = sorted([*ROOT.glob("minikube_py/**/*.py"), *ROOT.glob("tests/**/*.py"), *ROOT.glob("benchmarks/**/*.py")])
LONG_FILES: dict[str, str] = {}
"""Path -> why it may be longer."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_one_noun_and_short(path: Path) -> None:
    text = path.read_text()
    name = str(path.relative_to(ROOT))
    assert len(text.splitlines()) <= LONGEST_FILE or name in LONG_FILES, f"{name}: split it by noun"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= LONGEST_FUNCTION, f"{name}: {node.name} has {lines} lines"


@pytest.mark.parametrize("path", sorted(ROOT.glob("minikube_py/**/*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_is(path: Path) -> None:
    text = path.read_text()
    assert not text.strip() or ast.get_docstring(ast.parse(text)), f"{path.name} needs a docstring"
