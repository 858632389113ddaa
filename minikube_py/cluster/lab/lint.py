"""Lint: what is wrong with a lab's folder, each fault with file and line. It reads, and runs nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from minikube_py.cluster.lab.judgement import asks_what_was_typed
from minikube_py.cluster.lab.lab import Action, Lab, Step
from minikube_py.cluster.lab.lab_folder import IMAGE_RECIPES, BadLab, Fault, line_in, read_lab
from minikube_py.cluster.lab.probe import Probe
from minikube_py.cluster.lab.readme import REFERENCE, Readme, Section, read_readme

_WIDTH = 80
_FOLDER = re.compile(r"\d\d-[a-z0-9-]+")
Location = tuple[int | str, ...]
PARTS = ("Predict.", "Break.", "Observe.", "Fix.", "Verify.", "Explain.", "In real Kubernetes.")
_LINK = re.compile(r"\[([^\]]+)\](?:\[([^\]]+)\]|\(([^)]+)\))")


def lint_folder(folder: str | Path) -> list[Fault]:
    """Empty: the lab is good."""
    folder = Path(folder)
    faults = []
    if not _FOLDER.fullmatch(folder.resolve().name):
        faults.append(Fault(folder, 1, "a lab's folder is called NN-name, in small letters"))
    try:
        lab = read_lab(folder)
    except BadLab as error:
        return faults + error.faults
    try:
        readme = read_readme(folder)
    except OSError as error:
        return [*faults, Fault(folder / "README.md", 1, error.strerror or str(error))]
    return [*faults, *_lab_faults(lab), *_readme_faults(lab, readme)]


def _lab_faults(lab: Lab) -> Iterator[Fault]:
    for text, location in _things_wrong(lab):
        yield Fault(lab.folder / "lab.yaml", line_in(lab.folder, *location), text)


def _things_wrong(lab: Lab) -> Iterator[tuple[str, Location]]:
    for index, step in enumerate(lab.steps):
        if any(step.id == other.id for other in lab.steps[:index]):
            yield f'step id "{step.id}" is used twice', ("steps", index, "id")
        for number in _checks_of_typing(step):
            yield "a check looks at what is the case, not at what was typed", ("steps", index, "check", number)
        for number in _hints_out_of_place(step):
            said = "the last hint fits always (no `when`), the others have a `when`"
            yield said, ("steps", index, "hintcheck", number)
        for number, said in _words_of_nobody(step):
            yield said, ("steps", index, "wrong", number)
    for image in lab.needs.images:
        if not (IMAGE_RECIPES / image / "recipe.yaml").exists():
            yield f'no recipe "{image}" in {IMAGE_RECIPES}', ("needs", "images")
    for location, machine in _machines_named(lab):
        if machine not in lab.machines:
            yield f'the lab has no machine "{machine}"', location


def _checks_of_typing(step: Step) -> list[int]:
    return [number for number, check in enumerate(step.check) if asks_what_was_typed(check)]


def _hints_out_of_place(step: Step) -> list[int]:
    last = len(step.hintcheck) - 1
    return [number for number, hint in enumerate(step.hintcheck) if bool(hint.when) is (number == last)]


def _words_of_nobody(step: Step) -> Iterator[tuple[int, str]]:
    hints = [" ".join(" ".join(hint.levels).split()) for hint in step.hintcheck]
    dead_ends = [" ".join(each.say.split()) for each in step.failcheck]
    for number, wrong in enumerate(step.wrong):
        words = " ".join((wrong.hint or wrong.dead_end).split())
        found = sum(words in text for text in (hints if wrong.hint else dead_ends))
        if found != 1:
            what = "hint" if wrong.hint else "failcheck"
            yield number, f"{'no' if not found else 'more than one'} {what} of this step says: {words}"


def _machines_named(lab: Lab) -> Iterator[tuple[Location, str]]:
    for number, action in enumerate(lab.setup):
        yield from _in_action(action, ("setup", number))
    for index, step in enumerate(lab.steps):
        yield from _in_step(step, ("steps", index))


def _in_step(step: Step, at: Location) -> Iterator[tuple[Location, str]]:
    yield (*at, "failure"), step.failure.machine
    for number, action in enumerate(step.solution):
        yield from _in_action(action, (*at, "solution", number))
    for number, check in enumerate(step.check):
        yield from _in_probe(check, (*at, "check", number))
    conditions = {"hintcheck": [hint.when for hint in step.hintcheck], "failcheck": [f.when for f in step.failcheck]}
    for key, cases in conditions.items():
        for number, probes in enumerate(cases):
            for probe in probes:
                yield from _in_probe(probe, (*at, key, number))
    for number, wrong in enumerate(step.wrong):
        for action in wrong.actions:
            yield from _in_action(action, (*at, "wrong", number))


def _in_action(action: Action, at: Location) -> Iterator[tuple[Location, str]]:
    yield at, action.machine
    for probe in action.until:
        yield from _in_probe(probe, at)


def _in_probe(probe: Probe, at: Location) -> Iterator[tuple[Location, str]]:
    yield at, probe.machine
    for each in probe.any:
        yield from _in_probe(each, at)


def _readme_faults(lab: Lab, readme: Readme) -> Iterator[Fault]:
    yield from _width_faults(readme)
    sections = readme.steps()
    if [section.number for section in sections] != list(range(1, len(lab.steps) + 1)):
        yield Fault(readme.path, 1, f"lab.yaml has {len(lab.steps)} steps: begin each with `## N. Title`, in order")
        return
    for section, step in zip(sections, lab.steps, strict=True):
        if section.title != step.title:
            yield Fault(readme.path, section.line, f'lab.yaml calls this step "{step.title}"')
        yield from _section_faults(section, step, readme)
        for block in section.blocks:
            if block.machine not in lab.machines:
                yield Fault(readme.path, block.line, f'the lab has no machine "{block.machine}"')
    yield from _link_faults(readme)


def _width_faults(readme: Readme) -> Iterator[Fault]:
    for number, line in enumerate(readme.lines, 1):
        if len(line) > _WIDTH and not REFERENCE.match(line):
            yield Fault(readme.path, number, f"{len(line)} columns; a lab's text has at most {_WIDTH}")


def _section_faults(section: Section, step: Step, readme: Readme) -> Iterator[Fault]:
    yield from (Fault(readme.path, section.line, text) for text in _text_faults(section, step))
    for block in section.blocks:
        if block.language not in ("bash", "text", "yaml", "json", "python"):
            yield Fault(readme.path, block.line, f'a block is bash, text, yaml, json or python, not "{block.language}"')
        if block.language == "bash" and block.text.lstrip().startswith("$ "):
            yield Fault(readme.path, block.line, "commands stand without `$`, so that they can be copied")
    targets = [target for _, target in _links(section.text[section.text.find(f"**{PARTS[-1]}**") :], readme)]
    if not any("minikube_py/" in target for target in targets):
        yield Fault(readme.path, section.line, f"step {step.id} ends without a link to our source")
    if not any(target.startswith("https://github.com/") for target in targets):
        yield Fault(readme.path, section.line, f"step {step.id} ends without a link to Kubernetes' source")


def _text_faults(section: Section, step: Step) -> Iterator[str]:
    place = 0
    for part in PARTS:
        found = section.text.find(f"**{part}**", place)
        if found < 0:
            yield f'step {step.id} lacks "**{part}**", or has it in another place'
        place = max(place, found)
    commands = "\n".join(block.text for block in section.blocks if block.language == "bash")
    if step.failure.run not in commands:
        yield f"step {step.id}: the command that fails is not in the text: {step.failure.run}"
    words = " ".join(section.text.split())
    for line in step.failure.prints.splitlines():
        if " ".join(line.split()) not in words:
            yield f"step {step.id}: the failure is not quoted: {line.strip()}"


def _links(text: str, readme: Readme) -> list[tuple[str, str]]:
    """(what is said, where it leads), references resolved."""
    references = readme.references()
    return [(found[1], found[3] or references.get(found[2], "")) for found in _LINK.finditer(" ".join(text.split()))]


def _link_faults(readme: Readme) -> Iterator[Fault]:
    for said, target in _links("\n".join(readme.lines), readme):
        if target.startswith("https://"):
            continue
        file = readme.path.parent / target
        line = next((n for n, line in enumerate(readme.lines, 1) if said.split()[0] in line), 1)
        if not target or not file.exists():
            yield Fault(readme.path, line, f'"{said}" leads nowhere: {target or "no such reference"}')
        elif file.suffix == ".py" and said.startswith("`") and not _defines(file, said.strip("`")):
            yield Fault(readme.path, line, f"there is no {said} in {target}")


def _defines(file: Path, name: str) -> bool:
    """Whether a module has a function, class or Class.method of this name."""
    scope: list[ast.stmt] = ast.parse(file.read_text()).body
    for part in name.split("."):
        found = next((each for each in scope if getattr(each, "name", "") == part), None)
        if not isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return False
        scope = found.body
    return True
