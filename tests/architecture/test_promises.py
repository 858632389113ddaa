"""Things that must not be in the code: promises not kept, broad excepts, sleeps in tests."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
BROAD_EXCEPTS = 3
"""The controller's worker, the informer's loop and handlers, the component's supervisor; each says why."""


def lines_with(pattern: str, *folders: str) -> list[str]:
    found = []
    for folder in folders:
        for path in sorted((ROOT / folder).glob("**/*.py")):
            if path == Path(__file__):
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if re.search(pattern, line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    return found


def test_nothing_is_promised_for_later() -> None:
    assert lines_with(r"TODO|FIXME|XXX\b|NotImplementedError", "minikube_py", "tests") == []


def test_broad_excepts_are_few() -> None:
    found = lines_with(r"except (Base)?Exception\b(?! as error:  # not swallowed)|except:", "minikube_py")
    assert len([line for line in found if "BLE001" in line]) <= BROAD_EXCEPTS, found


def test_ignored_types_name_their_error() -> None:
    assert lines_with(r"# type: ignore(?!\[)", "minikube_py", "tests") == []


def test_tests_do_not_sleep() -> None:
    assert lines_with(r"\btime\.sleep\(", "tests/unit", "tests/contract", "tests/integration", "tests/e2e") == []
