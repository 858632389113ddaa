"""A namespace's Pod Security labels: what is refused, warned of and noted in the audit log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.api_server import api_server
from tests.support.eventually import eventually

DEFAULT = "/api/v1/namespaces/default"
LABELS = {
    "pod-security.kubernetes.io/enforce": "baseline",
    "pod-security.kubernetes.io/warn": "restricted",
    "pod-security.kubernetes.io/warn-version": "v1.7",
    "pod-security.kubernetes.io/audit": "baseline",
}
FOUND = 'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)'


def pod(name: str, **spec: Any) -> dict[str, Any]:
    container = {"name": "c", "image": "i"}
    return {
        "metadata": {"name": name},
        "spec": {"containers": [container], "automountServiceAccountToken": False} | spec,
    }


async def test_labels_refuse_warn_and_note(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    async with api_server(audit_log_path=log) as client:
        await client.post(f"{DEFAULT}/serviceaccounts", json={"metadata": {"name": "default"}})
        merge = {"Content-Type": "application/merge-patch+json"}
        labels = json.dumps({"metadata": {"labels": LABELS}})
        (await client.patch("/api/v1/namespaces/default", content=labels, headers=merge)).raise_for_status()

        async def is_refused() -> bool:
            tried = await client.post(f"{DEFAULT}/pods?dryRun=All", json=pod("p", hostPID=True))
            return tried.status_code == 403

        await eventually(is_refused)
        refused = await client.post(f"{DEFAULT}/pods", json=pod("p", hostPID=True))
        taken = await client.post(f"{DEFAULT}/pods", json=pod("p"))
        template = {
            "metadata": {"labels": {"a": "b"}},
            "spec": {"hostPID": True, "containers": [{"name": "c", "image": "i"}]},
        }
        spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
        deployment = {"metadata": {"name": "d"}, "spec": spec}
        maker = await client.post("/apis/apps/v1/namespaces/default/deployments", json=deployment)
        wrong = json.dumps({"metadata": {"labels": {"pod-security.kubernetes.io/warn": "foo"}}})
        bad = await client.patch("/api/v1/namespaces/default", content=wrong, headers=merge)
    assert refused.json()["message"] == (
        'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true)'
    )
    assert "Warning" not in refused.headers
    quoted = FOUND.replace('"', '\\"')
    assert taken.status_code == 201
    assert taken.headers["Warning"] == f'299 - "would violate PodSecurity \\"restricted:v1.7\\": {quoted}"'
    assert maker.status_code == 201
    assert f"host namespaces (hostPID=true), {quoted}" in maker.headers["Warning"]
    assert bad.status_code == 422
    assert bad.json()["message"].endswith('Invalid value: "foo": must be one of privileged, baseline, restricted')
    noted = [json.loads(line).get("annotations", {}) for line in log.read_text().splitlines()]
    violation = 'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)'
    key = "pod-security.kubernetes.io/audit-violations"
    assert [each[key] for each in noted if key in each] == [violation]
