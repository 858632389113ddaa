"""Command lines that pykubectl and the real kubectl must answer alike, one a line, in files of `same_as_kubectl/`."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.both import Both

SCRIPTS = Path(__file__).parent / "same_as_kubectl"
_FILES = {
    "n.yaml": "apiVersion: v1\nkind: Node\nmetadata:\n  name: node1\n",
    "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v\n",
    "cm2.yaml": 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v2\n  no: "1"\n',
    "sec.yaml": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  k: v2\n",
}


def _lines(script: Path) -> Iterator[str]:
    for line in script.read_text().splitlines():
        if line and not line.startswith("#"):
            yield line


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.txt")), ids=lambda path: path.stem)
def test_both_programs_answer_alike(both: Both, script: Path) -> None:
    for name, text in _FILES.items():
        Path(name).write_text(text)
    different = []
    for line in _lines(script):
        try:
            both(*shlex.split(line))
        except AssertionError as error:
            different.append(f"{line}\n{error}")
    assert not different, "\n\n".join(different)
