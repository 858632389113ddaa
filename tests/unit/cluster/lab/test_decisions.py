"""What a lab decides from what it sees: quoting, the session, the verdict, the hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from minikube_py.cluster.lab.judgement import Ask, Missing, failure_text, fitting, judge
from minikube_py.cluster.lab.lab import Failcheck, Step
from minikube_py.cluster.lab.lab_folder import read_lab
from minikube_py.cluster.lab.network_probes import value_at
from minikube_py.cluster.lab.presentation import begun_text, section_text
from minikube_py.cluster.lab.probe import File, Probe
from minikube_py.cluster.lab.prober import Answer
from minikube_py.cluster.lab.quoting import holds
from minikube_py.cluster.lab.session import LabFiles, LabProgress, Session
from minikube_py.errors import ConfigError
from tests.unit.cluster.lab.good import good_lab


@pytest.fixture
def step(tmp_path: Path) -> Step:
    return read_lab(good_lab(tmp_path)).steps[0]


def sees(*files: str) -> Ask:
    def ask(probe: Probe) -> Answer:
        assert probe.file is not None
        return Answer(probe.file.path in files, f"files: {', '.join(files)}")

    return ask


@pytest.mark.parametrize(
    ("quoted", "text", "is_there"),
    [
        ("NAME  READY", "NAME                 READY", True),
        ("web-...  0/1", "web-5f7d-x2  0/1", True),
        ("web-...  0/1", "web-5f7d-x2  1/1", False),
        ("a\nc", "a\nb\nc", True),
        ("c\na", "a\nb\nc", False),
        ("connection refused", "dial tcp: connection refused", False),
        ("...connection refused", "dial tcp: connection refused", True),
        ("a.c", "abc", False),
        ("", "anything", True),
    ],
)
def test_quotations(quoted: str, text: str, is_there: bool) -> None:
    assert holds("10.0.0.... old.lab", "10.0.0.40       old.lab")
    assert holds(quoted, text) is is_there


def test_the_first_missing_thing_is_told(step: Step) -> None:
    missing = judge(step, sees("other"))
    assert missing is not None
    assert failure_text(step, 1, missing).splitlines() == [
        "✗ step 1: The first",
        "  expected: there is a page",
        "  seen:     files: other",
        "  next:     you write it",
    ]
    assert judge(step, sees("page")) is None


def test_what_is_missing_fits_into_80_columns(step: Step) -> None:
    missing = Missing("there is a page", "files: " + "some " * 30 + "\nnode1   Ready   1s", "you: " + "write " * 30)
    lines = failure_text(step, 1, missing).splitlines()
    assert max(map(len, lines)) <= 80
    assert "            node1   Ready   1s" in lines


def test_the_beginning_tells_what_the_steps_take_for_granted(tmp_path: Path) -> None:
    lab = read_lab(good_lab(tmp_path))
    assert lab.summary in begun_text(lab, 0, goes_on=False)
    readme = lab.folder / "README.md"
    readme.write_text(readme.read_text().replace("# Small\n", "# Small\n\nA page is a file.\n", 1))
    assert "\n\nA page is a file.\n\n" in begun_text(lab, 0, goes_on=False)
    assert "goes on at step 1" in begun_text(lab, 0, goes_on=True)
    assert "all steps are done" in begun_text(lab, len(lab.steps), goes_on=True)


def test_a_dead_end_offers_the_reset(step: Step) -> None:
    spoilt = Failcheck(when=(Probe(file=File(path="spoilt")),), say="It is spoilt.")
    missing = judge(step.model_copy(update={"failcheck": (spoilt,)}), sees("spoilt"))
    assert missing is not None
    assert failure_text(step, 1, missing).endswith("It is spoilt.\n  Only `minikube-py lab reset` leads on from here.")


def test_the_hint_is_the_one_for_what_is_seen(step: Step) -> None:
    assert fitting(step.hintcheck, sees("pgae")) == 0
    assert fitting(step.hintcheck, sees()) == 1


def test_hints_go_one_level_further_until_the_situation_changes() -> None:
    session = Session("01-small").hinted(0).hinted(0)
    assert session.hint_level == 2
    assert session.hinted(0).hinted(0).hint_level == 3
    assert session.hinted(1).hint_level == 1
    assert session.passed() == Session("01-small", step=1)


def test_a_steps_text_ends_with_where_its_links_lead(tmp_path: Path) -> None:
    folder = good_lab(tmp_path)
    assert section_text(read_lab(folder), 0).splitlines()[-2:] == [
        f"[1] {folder}/minikube_py/leaf.py",
        "[2] https://github.com/kubernetes/kubernetes",
    ]


def test_what_was_done_by_hand_stays_done_by_hand() -> None:
    assert LabProgress().through("a", "done").through("a", "solved").passed == {"a": "done"}


def test_paths_of_fields() -> None:
    document = {"a": [{"b": 1}], "metadata": {"annotations": {"x.y/z": "1"}}}
    assert value_at(document, "a[0].b") == 1
    assert value_at(document, "metadata.annotations[x.y/z]") == "1"
    assert value_at(document, "a[1].b") is None
    assert value_at(document, "b.c") is None


def test_a_damaged_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIKUBE_PY_HOME", str(tmp_path))
    files = LabFiles()
    assert files.session() is None
    files.set_session(Session("01-small", 2))
    assert files.session() == Session("01-small", 2)
    (tmp_path / ".labs" / "session.json").write_text("{")
    with pytest.raises(ConfigError, match=r"session.json is damaged .*; remove it"):
        files.session()
    (tmp_path / ".labs" / "session.json").write_text('{"lab": "a", "chapter": 1}')
    with pytest.raises(ConfigError, match="of another version"):
        files.session()
