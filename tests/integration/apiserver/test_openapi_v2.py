"""OpenAPI v2: JSON for everybody, protobuf for kubectl, which reads it for manifests of kind List."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.integration.cli.live import live_server
from tests.support.api_server import api_server
from tests.support.kubectls import program


async def test_every_path_and_type_is_there_without_references_to_v3() -> None:
    async with api_server() as client:
        answer = await client.get("/openapi/v2")
        document = answer.json()
        assert document["swagger"] == "2.0"
        patch = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
        assert {each["name"] for each in patch["parameters"]} >= {"body", "dryRun", "fieldValidation"}
        assert patch["responses"]["200"]["schema"] == {"$ref": "#/definitions/io.k8s.api.apps.v1.Deployment"}
        assert "io.k8s.api.core.v1.Pod" in document["definitions"]
        assert "#/components/" not in answer.text
        again = await client.get("/openapi/v2", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304


@pytest.mark.parametrize("cli", ["kubectl", "kubectl-1.32"])
def test_kubectl_applies_a_list(cli: str, tmp_path: Path) -> None:
    items = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}} for name in ("a", "b")]
    file = tmp_path / "list.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    with live_server() as server:
        argv = [str(program(cli)), f"--server={server}", f"--cache-dir={tmp_path}/cache", "apply", "-f", str(file)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("configmap/a created\nconfigmap/b created\n", "")
