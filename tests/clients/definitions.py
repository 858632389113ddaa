"""Kinds of the tests' own, and what simulated containers do."""

from __future__ import annotations

import json
from typing import Any

GROUP = "clients.example.org"
_LIFE = {"log": ["first line", "second line"], "exec": {"echo hello": [0, "hello\n", ""]}}
SCRIPT = {"simulated.minikube-py.dev/all": json.dumps(_LIFE)}
"""Annotations of a pod that prints two lines and knows one command."""


def definition(kind: str) -> dict[str, Any]:
    """Of a kind with a color, and a status that anybody may shape."""
    color = {"type": "object", "properties": {"color": {"type": "string"}}}
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"type": "object", "properties": {"spec": color, "status": anything}}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.lower()}s.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": f"{kind.lower()}s"},
            "versions": [version],
        },
    }


def custom(kind: str, name: str, color: str) -> dict[str, Any]:
    """An object of such a kind."""
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": {"name": name}, "spec": {"color": color}}


def deployment(name: str, **more: Any) -> dict[str, Any]:
    """One of pods that print and answer as SCRIPT says."""
    labels = {"app": name}
    template = {
        "metadata": {"labels": labels, "annotations": SCRIPT},
        "spec": {"containers": [{"name": "c", "image": "nginx"}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, **more},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }
