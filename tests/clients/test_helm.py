"""Helm 4, with a chart written here: all that a release goes through."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.clients.cluster import Cluster
from tests.clients.definitions import custom, definition, deployment
from tests.support.kubectls import BIN, from_layer

LOCK = Path(__file__).parent / "helm-4.lock"
TEMPLATES = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-settings
data:
  greeting: {{ .Values.greeting | quote }}
  {{- if .Capabilities.APIVersions.Has "apps/v1/Deployment" }}
  can: deploy
  {{- end }}
  {{- with lookup "v1" "Namespace" "" .Release.Namespace }}
  uid: {{ .metadata.uid }}
  {{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  selector: {app: web}
  ports:
  - port: 80
"""
NOTES = "{{ .Release.Name }} says {{ .Values.greeting }}\n"
HOOKED = {"helm.sh/hook": "test", "helm.sh/hook-delete-policy": "before-hook-creation"}
PROBE = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "probe",
        "annotations": {**HOOKED, "simulated.minikube-py.dev/all": '{"exit_after_s": 0, "log": ["it is well"]}'},
    },
    "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "busybox"}]},
}

Helm = Callable[..., str]


@pytest.fixture
def helm(cluster: Cluster, namespace: str) -> Helm:
    program = from_layer(LOCK, "helm/helm", BIN / "helm-4" / "helm")
    return lambda *arguments: cluster.run(program, *arguments, "--namespace", namespace)


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    web = deployment("web")
    web["spec"]["replicas"] = "REPLICAS"
    files = {
        "Chart.yaml": "apiVersion: v2\nname: greeter\nversion: 1.0.0\n",
        "values.yaml": "greeting: hello\nreplicas: 1\n",
        "crds/stool.yaml": yaml.safe_dump(definition("Stool")),
        "templates/objects.yaml": TEMPLATES,
        "templates/deployment.yaml": yaml.safe_dump(web).replace("REPLICAS", "{{ .Values.replicas }}"),
        "templates/stool.yaml": yaml.safe_dump(custom("Stool", "stool", "red")),
        "templates/probe.yaml": yaml.safe_dump(PROBE),
        "templates/NOTES.txt": NOTES,
    }
    for name, text in files.items():
        path = tmp_path / "greeter" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "greeter"


def greeting(cluster: Cluster, namespace: str) -> dict[str, Any]:
    text = cluster.pykubectl("get", "configmap", "web-settings", "-n", namespace, "-o", "json")
    data: dict[str, Any] = json.loads(text)["data"]
    return data


@pytest.mark.compatibility(
    "Helm 4", "a chart with a custom kind: install, test, upgrade, rollback, uninstall, all with --wait"
)
def test_a_release(cluster: Cluster, namespace: str, helm: Helm, chart: Path) -> None:
    def ready() -> str:
        return cluster.pykubectl("get", "deploy", "web", "-n", namespace, "-o", "jsonpath={.status.readyReplicas}")

    told = helm("install", "web", str(chart), "--wait", "--timeout=60s")
    assert "STATUS: deployed" in told
    assert "web says hello" in told
    assert ready() == "1"
    assert greeting(cluster, namespace).keys() == {"greeting", "can", "uid"}
    assert "it is well" in helm("test", "web", "--logs")
    helm("upgrade", "web", str(chart), "--wait", "--timeout=60s", "--set=greeting=servus,replicas=3")
    assert (greeting(cluster, namespace)["greeting"], ready()) == ("servus", "3")
    helm("rollback", "web", "1", "--wait", "--timeout=60s")
    assert (greeting(cluster, namespace)["greeting"], ready()) == ("hello", "1")
    history = json.loads(helm("history", "web", "-o", "json"))
    assert [each["status"] for each in history] == ["superseded", "superseded", "deployed"]
    helm("uninstall", "web", "--wait", "--timeout=60s")
    assert json.loads(helm("list", "-o", "json")) == []
    assert cluster.pykubectl("get", "deploy,service,stools,secrets", "-n", namespace, "-o", "name") == ""


@pytest.mark.compatibility("Helm 4", "server-side dry run, and an upgrade that fails: rolled back by itself")
def test_what_does_not_work_is_taken_back(cluster: Cluster, namespace: str, helm: Helm, chart: Path) -> None:
    (chart / "templates" / "stool.yaml").unlink()
    assert 'greeting: "hello"' in helm("install", "web", str(chart), "--dry-run=server")
    assert json.loads(helm("list", "-o", "json")) == []
    helm("install", "web", str(chart))
    (chart / "templates" / "bad.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Bad_Name}\n")
    with pytest.raises(AssertionError, match="a lowercase RFC 1123 subdomain must consist of"):
        helm("upgrade", "web", str(chart), "--rollback-on-failure", "--timeout=30s", "--set=greeting=never")
    assert greeting(cluster, namespace)["greeting"] == "hello"
    assert json.loads(helm("list", "-o", "json"))[0]["status"] == "deployed"
