"""Lint names each fault of a lab with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from minikube_py.cluster.lab.lint import lint_folder
from tests.unit.cluster.lab.good import good_lab


def faults(folder: Path) -> list[str]:
    return [f"{fault.path.name}:{fault.line}: {fault.text}" for fault in lint_folder(folder)]


def test_a_good_lab_has_none(tmp_path: Path) -> None:
    assert faults(good_lab(tmp_path)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("minutes: 1", "minutes: 100", "lab.yaml:3: minutes: Input should be less than or equal to 15"),
        ("minutes: 1", "minuets: 1", "lab.yaml:3: minuets: Extra inputs are not permitted"),
        ("- id: first", "- id: The first", "lab.yaml:5: steps.0.id: String should match"),
        ("file: {path: page}", "fil: {path: page}", "lab.yaml:10: steps.0.check.0.fil: Extra inputs"),
        ("file: {path: page}", "absent: true", "lab.yaml:10: steps.0.check.0: a probe asks exactly one thing"),
        ("file: {path: page}", "typed: {matches: touch}", "lab.yaml:10: a check looks at what is the case"),
        ("file: {path: page}", "any: [{typed: {matches: x}}]", "lab.yaml:10: a check looks at what is the case"),
        ("file: {path: page}", "file: {path: page}\n    machine: node2", 'lab.yaml:10: the lab has no machine "node2"'),
        ("- when: [file: {path: pgae}]\n    question", "- question", "lab.yaml:14: the last hint fits always"),
        (
            "solution: [touch page]",
            "solution: [{machine: node1}]",
            "lab.yaml:24: steps.0.solution.0: an action has either",
        ),
        ("hint: spelt", "hint: spelled", "lab.yaml:22: no hint of this step says: spelled"),
        ("hint: spelt", "hint: page", "lab.yaml:22: more than one hint of this step says: page"),
        ("hint: spelt", "dead_end: spelt", "lab.yaml:22: no failcheck of this step says: spelt"),
        ("    hint: spelt\n", "", "lab.yaml:22: steps.0.wrong.0: a mistake has either `hint` or `dead_end`"),
        ("title: The first", "title: The last", 'README.md:3: lab.yaml calls this step "The last"'),
        (
            "run: cat page",
            "run: cat book",
            "README.md:3: step first: the command that fails is not in the text: cat bo",
        ),
        ("title: Small", "title: [", "lab.yaml:3: no YAML"),
        ("minutes: 1", "minutes: 1\nneeds: {images: [nothing]}", 'lab.yaml:4: no recipe "nothing"'),
    ],
)
def test_what_is_wrong_with_lab_yaml_is_said(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = good_lab(tmp_path)
    text = (folder / "lab.yaml").read_text()
    assert old in text
    (folder / "lab.yaml").write_text(text.replace(old, new))
    assert any(fault.startswith(said) for fault in faults(folder)), faults(folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("## 1. The first", "## The first", "README.md:1: lab.yaml has 1 steps"),
        ("**Explain.** So.", "", 'README.md:3: step first lacks "**Explain.**"'),
        ("cat page\n", "$ cat page\n", "README.md:9: commands stand without `$`"),
        ("```bash", "```sh", 'README.md:9: a block is bash, text, yaml, json or python, not "sh"'),
        ("```bash", "```bash shell=x machine=node7", 'README.md:9: the lab has no machine "node7"'),
        ("```text\ncat: page: No", "```text\ncat: No", "README.md:3: step first: the failure is not quoted: cat: page"),
        ("It is not there.", f"It is {'not ' * 20}there.", "README.md:17: 105 columns"),
        ("Leaf.grow", "Leaf.fall", "README.md:23: there is no `Leaf.fall` in minikube_py/leaf.py"),
        ("minikube_py/leaf.py", "minikube_py/tree.py", 'README.md:23: "`Leaf.grow`" leads nowhere'),
        ("https://github.com", "https://example.com", "README.md:3: step first ends without a link to Kubernetes'"),
    ],
)
def test_what_is_wrong_with_the_text_is_said(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = good_lab(tmp_path)
    text = (folder / "README.md").read_text()
    assert old in text
    (folder / "README.md").write_text(text.replace(old, new))
    assert any(fault.startswith(said) for fault in faults(folder)), faults(folder)


def test_a_folder_must_have_a_number(tmp_path: Path) -> None:
    folder = good_lab(tmp_path).rename(tmp_path / "small")
    assert faults(folder) == ["small:1: a lab's folder is called NN-name, in small letters"]


def test_an_empty_text_is_said(tmp_path: Path) -> None:
    folder = good_lab(tmp_path)
    (folder / "README.md").write_text("")
    assert any("README.md" in fault for fault in faults(folder))


def test_a_missing_text_is_said(tmp_path: Path) -> None:
    folder = good_lab(tmp_path)
    (folder / "README.md").unlink()
    assert faults(folder) == ["README.md:1: No such file or directory"]
