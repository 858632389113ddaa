"""--allow-privileged: without it nobody gets a privileged container, in a pod or in what pods are made from."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api_server import api_server

TEMPLATES = "/api/v1/namespaces/default/podtemplates"
PLAIN = {"name": "plain", "image": "i"}
PRIVILEGED = {"name": "c", "image": "i", "securityContext": {"privileged": True}}


def _template(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "x"}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": spec}}


@pytest.mark.parametrize("field", ["containers", "initContainers"])
async def test_without_the_flag_a_privileged_container_is_refused(field: str) -> None:
    async with api_server() as client:
        answer = await client.post(TEMPLATES, json=_template(**{"containers": [PLAIN], field: [PRIVILEGED]}))
    assert answer.status_code == 422
    assert answer.json()["message"] == (
        f'PodTemplate "x" is invalid: template.spec.{field}[0].securityContext.privileged: '
        "Forbidden: disallowed by cluster policy"
    )


async def test_with_the_flag_it_is_taken() -> None:
    async with api_server(allow_privileged=True) as client:
        (await client.post(TEMPLATES, json=_template(containers=[PRIVILEGED]))).raise_for_status()
