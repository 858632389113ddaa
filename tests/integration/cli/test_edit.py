"""edit against a real API server, with sed as the editor; and the verbs that are refused."""

import pytest

from tests.integration.cli.conftest import Run


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


def test_edit_keeps_what_the_server_refuses(kubectl: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    kubectl("create", "configmap", "kept", "--from-literal=a=b")
    monkeypatch.setenv("KUBE_EDITOR", "sed -i s/^data:/nosuch:/")
    told = kubectl("edit", "cm/kept")
    assert told.code == 1
    assert told.err.startswith("A copy of your changes has been stored to ")


@pytest.mark.parametrize("verb", ["debug", "proxy"])
def test_verbs_that_are_not_there_yet_are_refused_by_name(kubectl: Run, verb: str) -> None:
    told = kubectl(verb, "x")
    assert (told.code, told.err) == (1, f"error: {verb} is not supported by pykubectl yet; use kubectl\n")
    assert kubectl("set", "subject").err == "error: set subject is not supported by pykubectl yet; use kubectl\n"
