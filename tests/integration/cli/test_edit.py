"""edit against a real API server, with sed as the editor; and the verbs that are refused."""

import shlex
from pathlib import Path

import pytest

from tests.integration.cli.both import Both
from tests.integration.cli.conftest import Run

_MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: NAME\ndata:\n  k: v\n"


def test_edit_sends_what_the_editor_changed(kubectl: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    kubectl("create", "deployment", "e", "--image=x:1")
    monkeypatch.setenv("KUBE_EDITOR", "sed -i s/x:1/x:2/")
    assert kubectl("edit", "deploy/e").out == "deployment.apps/e edited\n"
    image = kubectl("get", "deploy/e", "-o", "jsonpath={.spec.template.spec.containers[*].image}").out
    assert image == "x:2"


def test_edit_without_a_change_sends_nothing(kubectl: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    kubectl("create", "configmap", "same", "--from-literal=a=b")
    monkeypatch.setenv("KUBE_EDITOR", "true")
    told = kubectl("edit", "cm/same")
    assert (told.code, told.out, told.err) == (0, "", "Edit cancelled, no changes made.\n")


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("s/^  k: .*/  k: changed/", "edit cm one two"),
        ("s/^  k: .*/  k: 1/", "edit cm one two"),
        ("s/^ *k: .*//", "edit cm one -o json"),
        ("s/^  k: .*/  k: more/", "edit cm/one --output-patch"),
        ("s/^data:/nosuch:/", "edit cm/one"),
        ("s/^  name: .*/  name: other/", "edit cm/one"),
        ("s/^  namespace: .*/  namespace: other/", "edit cm/one"),
        ("/^kind/d", "edit cm/one"),
        ("s/^kind: .*/kind: Nothing/", "edit cm/one"),
        ("s/^data:$/data: [}/", "edit cm/one"),
        ("d", "edit cm/one"),
        ("d", "edit cm/one --validate=false"),
        ("p", "edit cm/one -o name"),
        ("p", "edit daemonset"),
        ("s/k: v/k: w/", "apply edit-last-applied cm one two"),
        ("n", "apply edit-last-applied cm one two"),
        ("n", "apply edit-last-applied ns/default"),
    ],
)
def test_both_programs_edit_alike(both: Both, monkeypatch: pytest.MonkeyPatch, script: str, line: str) -> None:
    Path("two.yaml").write_text("\n---\n".join(_MANIFEST.replace("NAME", name) for name in ("one", "two")))
    both.set_up("apply", "-f", "two.yaml")
    monkeypatch.setenv("KUBE_EDITOR", f"sed -i '{script}'")
    both(*line.split())
    both("get", "cm", "one", "two", "-o", "yaml")


def test_a_refused_edit_is_opened_again_with_the_reasons(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    both.set_up("create", "configmap", "again", "--from-literal=k=v")
    editor = """cp $0 seen; sed -i 's/k: v/k: [1]/' $0"""
    monkeypatch.setenv("KUBE_EDITOR", f"sh -c {shlex.quote(editor)}")
    seen = []
    for run in (both.pykubectl, both.kubectl):
        assert run("edit", "cm/again").code == 1
        seen.append([each for each in Path("seen").read_text().splitlines() if each.startswith("#")])
    assert seen[0] == seen[1]
    assert '# configmaps "again" was not valid:' in seen[0]


@pytest.mark.parametrize("verb", ["debug", "proxy"])
def test_verbs_that_are_not_there_yet_are_refused_by_name(kubectl: Run, verb: str) -> None:
    told = kubectl(verb, "x")
    assert (told.code, told.err) == (1, f"error: {verb} is not supported by pykubectl yet; use kubectl\n")
