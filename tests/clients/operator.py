"""An operator as kopf's users write them: a vase has a config map of its color, and is not gone before that is."""

from __future__ import annotations

from typing import Any

import kopf
from kubernetes import client, config

GROUP = "clients.example.org"


@kopf.on.startup()
def connect(settings: kopf.OperatorSettings, **_: Any) -> None:
    config.load_kube_config()
    settings.networking.error_backoffs = [0.2] * 100
    settings.watching.reconnect_backoff = 0.1
    settings.posting.level = 100


@kopf.on.create(GROUP, "v1", "vases")
@kopf.on.update(GROUP, "v1", "vases", field="spec")
def color(name: str, namespace: str, spec: kopf.Spec, patch: kopf.Patch, **_: Any) -> None:
    body = {"metadata": {"name": name}, "data": {"color": spec["color"]}}
    core = client.CoreV1Api()
    try:
        core.patch_namespaced_config_map(name, namespace, body)
    except client.ApiException as error:
        if error.status != 404:
            raise
        kopf.adopt(body)
        core.create_namespaced_config_map(namespace, body)
    patch.status["color"] = spec["color"]


@kopf.on.delete(GROUP, "v1", "vases")
def clean(name: str, namespace: str, **_: Any) -> None:
    client.CoreV1Api().delete_namespaced_config_map(name, namespace)
