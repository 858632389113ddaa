"""why, in a cluster in which much is wrong: each answer names the true cause and who acts next."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest
import yaml

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.cli.flags import GlobalFlags
from minikube_py.cli.gathering import read_all
from minikube_py.cli.session import Session
from minikube_py.cli.verbs.timeline import histories
from minikube_py.diagnosis.timeline import Timeline, timeline
from tests.integration.cluster.conftest import NAME, Machine
from tests.support.eventually import eventually

SCRIPT = "simulated.minikube-py.dev/all"


def manifest(name: str, script: str = "{}", **spec: Any) -> dict[str, Any]:
    """A deployment whose simulated containers live by the script."""
    probe = {"tcpSocket": {"port": 80}, "periodSeconds": 1}
    container = {"name": "c", "image": "nginx", "readinessProbe": probe, **spec.pop("container", {})}
    template = {
        "metadata": {"labels": {"app": name}, "annotations": {SCRIPT: script}},
        "spec": {"containers": [container], **spec},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template},
    }


BROKEN = [
    manifest("imageless", container={"image": "nowhere:1", "imagePullPolicy": "Never"}),
    manifest("unready", '{"probes": {"readiness": [false]}}'),
    manifest("crashing", '{"exit_after_s": 0, "exit_codes": [3]}'),
    manifest("choosy", nodeSelector={"disk": "ssd"}),
    manifest("homeless", serviceAccountName="nobody"),
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "lonely"},
        "spec": {"selector": {"app": "nobody"}, "ports": [{"port": 80}]},
    },
]


class Asked:
    """Answers of the real program as documents."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def ask(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "minikube_py.cli", f"--context={NAME}", *words]
        environment = self.machine.environment
        done = subprocess.run(
            argv, env=environment, input=stdin, capture_output=True, text=True, timeout=60, check=False
        )
        assert "Traceback" not in done.stderr
        return done

    def pykubectl(self, *words: str, stdin: str = "") -> str:
        done = self.ask(*words, stdin=stdin)
        return done.stdout + done.stderr

    def why(self, *words: str) -> dict[str, Any]:
        done = self.ask("why", "-o", "json", *words)
        document: dict[str, Any] = json.loads(done.stdout)
        assert done.returncode == (0 if document["fine"] else 1)
        return document

    def root(self, *words: str) -> dict[str, Any]:
        """The deepest explanation."""
        document = self.why(*words)
        while "because" in document:
            document = document["because"]
        return document

    async def answers(self, subject: str, cause: str, *, timeout_s: float = 30) -> dict[str, Any]:
        async def look() -> dict[str, Any]:
            found = self.root(*subject.split())
            assert cause in found["cause"], found
            return found

        return await eventually(look, timeout_s=timeout_s)


@pytest.mark.timeout(500)
async def test_each_fault_is_explained_by_its_true_cause(machine: Machine) -> None:
    machine.run("start", "--container-runtime=simulated", "--processes", f"--port={machine.port}")
    asked = Asked(machine)
    asked.pykubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(BROKEN))
    asked.pykubectl("create", "rolebinding", "ann", "--clusterrole=view", "--user=ann")

    found = await asked.answers("deployment/imageless", "the image nowhere:1 is not on bad")
    assert any(each["source"].startswith("event ErrImageNeverPull") for each in found["evidence"]), found
    await asked.answers("deployment/unready", "its readiness probe does not succeed")
    await asked.answers("deployment/crashing", "the last time with exit code 3")
    found = await asked.answers("deploy choosy", "the only node is refused by NodeAffinity")
    assert any("disk=ssd" in each["text"] for each in found["evidence"])
    await asked.answers(
        "deploy/homeless", "admission refused, by the plugin ServiceAccount: default/nobody is not there"
    )
    await asked.answers("service/lonely", "no pod has the labels that it selects: app=nobody")
    assert (await asked.answers("node/bad", "it is Ready"))["fine"]

    denied = asked.why("denied", "delete", "pods/x", "--as=ann")
    texts = {each["source"]: each["text"] for each in denied["evidence"]}
    assert denied["cause"].startswith("authorization refused")
    assert "clusterrole/view" in texts["roles that are bound"]
    assert "clusterrole/edit" in texts["roles that would allow it"]

    refused = asked.why("pod/x", "--as=eve")
    assert refused["cause"].startswith('authorization refused: "eve" is known')
    by_the_other_door = machine.run("why", "deployment/unready")
    assert "its readiness probe does not succeed" in by_the_other_door.stdout, by_the_other_door.stderr
    assert asked.pykubectl("why", "pod/nope") == 'Error from server (NotFound): pods "nope" not found\n'

    components = json.loads(machine.run("status", "-o", "json").stdout)["components"]
    (scheduler,) = (each["pid"] for each in components if each["name"] == "scheduler")
    os.kill(scheduler, signal.SIGKILL)
    asked.pykubectl("create", "deployment", "late", "--image=nginx")
    found = await asked.answers("deployment/late", "the scheduler does not run any more", timeout_s=60)
    assert found["nextActor"] == "scheduler, which is not there"
    assert any("expired" in each["text"] for each in found["evidence"])


@pytest.mark.timeout(500)
async def test_the_ten_steps_of_twenty_deployments_are_all_there_and_in_order(machine: Machine) -> None:
    machine.start()
    asked = Asked(machine)
    wanted = [manifest(f"web-{number}") for number in range(20)]
    asked.pykubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(wanted))
    asked.pykubectl("expose", "deployment", "web-0", "--port=80")
    asked.pykubectl("wait", "--for=condition=Available", "deployment", "--all", "--timeout=50s")

    session = Session(GlobalFlags(kubeconfig=str(machine.kubeconfig), context=NAME))

    def told() -> bool:
        known = histories(session, "default")
        lines = [timeline(each, known) for each in read_all(session, Deployment, "default")]
        assert len(lines) == 20
        for line in lines:
            assert line.is_complete, line.missing
            assert line.is_remembered
            for earlier, later in zip(_versions(line, (3, 5, 6, 7, 8)), _versions(line, (5, 6, 7, 8, 10)), strict=True):
                assert earlier < later, line
        return True

    try:
        # The last events may still be on their way.
        await eventually(told, timeout_s=30)
    finally:
        session.close()
    done = machine.run("timeline", "deployment/web-0")
    assert done.returncode == 0, done.stderr
    assert "is an endpoint of service/web-0" in done.stdout
    assert "not yet" not in done.stdout


def _versions(line: Timeline, steps: tuple[int, ...]) -> list[int]:
    """The first version in each of these steps."""
    return [next(int(m.version) for m in line.steps[number - 1].moments if m.version) for number in steps]
