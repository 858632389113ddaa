"""`apply --server-side` by pykubectl and the real kubectls, on a real API server: the same words, the same owners."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.kubectls import CLIS, program


def deployment(name: str, **spec: Any) -> dict[str, Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
    }


class Shell:
    def __init__(self, cli: str, server: str, folder: Path) -> None:
        self._argv = [str(program(cli)), f"--server={server}"]
        self._folder = folder

    def run(self, *arguments: str, document: dict[str, Any] | None = None) -> tuple[int, str, str]:
        text = None if document is None else json.dumps(document)
        files = () if document is None else ("-f", "-")
        environment = {"HOME": str(self._folder), "PATH": "/usr/bin:/bin"}
        command = [*self._argv, *arguments, *files]
        done = subprocess.run(command, input=text, capture_output=True, text=True, env=environment, check=False)
        return done.returncode, done.stdout, done.stderr

    def owners(self, name: str) -> dict[str, Any]:
        _, text, _ = self.run("get", "deployment", name, "-o", "json", "--show-managed-fields")
        entries = json.loads(text)["metadata"]["managedFields"]
        return {entry["manager"]: entry["fieldsV1"].get("f:spec", {}) for entry in entries}


@pytest.fixture(params=CLIS)
def shell(request: pytest.FixtureRequest, server: str, tmp_path: Path) -> Shell:
    return Shell(request.param, server, tmp_path)


@pytest.fixture
def name(shell: Shell, request: pytest.FixtureRequest) -> str:
    cli: str = request.node.callspec.params["shell"]
    return f"{cli.replace('.', '-')}-{request.node.originalname[-12:].strip('_').replace('_', '-')}"


def test_a_second_manager_meets_a_conflict_until_it_forces(shell: Shell, name: str) -> None:
    first, second = deployment(name, replicas=1), deployment(name, replicas=2)
    told = f"deployment.apps/{name} serverside-applied\n"
    assert shell.run("apply", "--server-side", document=first) == (0, told, "")
    assert shell.run("apply", "--server-side", document=first) == (0, told, "")
    code, out, err = shell.run("apply", "--server-side", "--field-manager=other", document=second)
    assert (code, out) == (1, "")
    assert err.startswith('error: Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas\nPlease review')
    assert err.endswith("#conflicts\n")
    forced = shell.run("apply", "--server-side", "--field-manager=other", "--force-conflicts", document=second)
    assert forced == (0, told, "")
    assert "f:replicas" in shell.owners(name)["other"]
    assert "f:replicas" not in shell.owners(name)["kubectl"]


def test_what_was_applied_by_the_client_is_taken_over(shell: Shell, name: str) -> None:
    assert shell.run("apply", document=deployment(name, replicas=1, paused=True))[0] == 0
    assert shell.run("apply", "--server-side", document=deployment(name, replicas=2))[:2] == (
        0,
        f"deployment.apps/{name} serverside-applied\n",
    )
    assert [manager for manager, fields in shell.owners(name).items() if fields] == ["kubectl"]
    _, text, _ = shell.run("get", "deployment", name, "-o", "json")
    spec = json.loads(text)["spec"]
    assert (spec["replicas"], spec.get("paused")) == (2, None)


def test_a_dry_run_stores_nothing(shell: Shell, name: str) -> None:
    done = shell.run("apply", "--server-side", "--dry-run=server", document=deployment(name))
    assert done == (0, f"deployment.apps/{name} serverside-applied (server dry run)\n", "")
    assert shell.run("get", "deployment", name)[0] == 1


def test_flags_that_make_no_sense_are_refused(shell: Shell) -> None:
    code, _, err = shell.run("apply", "--force-conflicts", document=deployment("x"))
    assert (code, err) == (1, "error: --force-conflicts only works with --server-side\n")
    code, _, err = shell.run("apply", "--server-side", "--dry-run=client", document=deployment("x"))
    assert code == 1
    assert "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)" in err
