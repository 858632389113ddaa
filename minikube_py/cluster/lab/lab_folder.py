"""Reads labs from their folders; what is wrong is said with file and line."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError

from minikube_py.cluster.lab.lab import Lab
from minikube_py.errors import ConfigError

_EXAMPLES = Path(__file__).parents[3] / "examples"
IMAGE_RECIPES = _EXAMPLES / "images"


@dataclass(frozen=True, slots=True)
class Fault:
    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


class BadLab(ConfigError):
    """A lab.yaml that cannot be used."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def labs_folder() -> Path:
    """MINIKUBE_PY_LABS, else the labs that come with the project."""
    return Path(os.environ.get("MINIKUBE_PY_LABS") or _EXAMPLES / "labs")


def lab_folders() -> list[Path]:
    return sorted(path.parent for path in labs_folder().glob("*/lab.yaml"))


def find_lab(wanted: str) -> Lab:
    """A lab by number (`1`, `01`) or name. Raises: ConfigError, BadLab."""
    for folder in lab_folders():
        number = folder.name.partition("-")[0]
        if wanted in (folder.name, number, number.lstrip("0")):
            return read_lab(folder)
    known = ", ".join(folder.name for folder in lab_folders()) or f"none in {labs_folder()}"
    raise ConfigError(f'there is no lab "{wanted}"; labs: {known}')


def read_lab(folder: Path) -> Lab:
    """Raises: BadLab."""
    path = folder / "lab.yaml"
    try:
        text = path.read_text()
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except OSError as error:
        raise BadLab([Fault(path, 1, error.strerror or str(error))]) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadLab([Fault(path, line, f"no YAML: {error.problem}")]) from error
    if not isinstance(document, dict) or tree is None:
        raise BadLab([Fault(path, 1, "a lab is a mapping: title, summary, minutes, steps")])
    try:
        return Lab.model_validate({**document, "folder": folder})
    except ValidationError as error:
        faults = [
            Fault(
                path, line_of(tree, each["loc"]), f"{_where(each['loc'])}: {each['msg'].removeprefix('Value error, ')}"
            )
            for each in error.errors()
        ]
        raise BadLab(faults) from error


def _where(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "lab"


def line_of(node: yaml.Node, location: tuple[int | str, ...]) -> int:
    """The line of the deepest part of a path that is there, from 1."""
    line: int = node.start_mark.line + 1
    for part in location:
        found = _child(node, part)
        if found is None:
            return line
        line, node = found
    return line


def _child(node: yaml.Node, part: int | str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line + 1, node.value[part]
    return None


def line_in(folder: Path, *location: int | str) -> int:
    """Where in a lab.yaml something stands."""
    tree = yaml.compose((folder / "lab.yaml").read_text(), Loader=yaml.SafeLoader)
    return line_of(tree, location) if tree is not None else 1
