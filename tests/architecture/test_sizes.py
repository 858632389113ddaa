"""Files and functions stay short enough to be read at one sitting."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
LARGEST_API = 7000
"""Lines with something on them, in the API server and the API's machinery; the kinds are declarations, and extra."""

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


def test_the_api_server_stays_small() -> None:
    files = [*ROOT.glob("minikube_py/apiserver/**/*.py"), *ROOT.glob("minikube_py/api/**/*.py")]
    machinery = [path for path in files if "kinds" not in path.parts]
    lines = sum(bool(line.strip()) for path in machinery for line in path.read_text().splitlines())
    assert 1000 < lines < LARGEST_API
