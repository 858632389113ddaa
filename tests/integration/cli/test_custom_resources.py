"""pykubectl and the real kubectl with a kind that was not there a moment ago: the same words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.integration.cli.both import Both
from tests.integration.cli.outcome import Outcome

SPEC = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "string", "description": "How big it is.", "enum": ["small", "large"]},
        "replicas": {"type": "integer", "default": 1, "maximum": 10},
        "ports": {
            "type": "array",
            "description": "Where it listens.",
            "items": {"type": "object", "properties": {"port": {"type": "integer"}}},
        },
    },
}
COLUMNS = [
    {"name": "Size", "type": "string", "jsonPath": ".spec.size"},
    {"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas", "priority": 1},
]
SUBRESOURCES = {
    "status": {},
    "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"},
}
STATUS = {"type": "object", "properties": {"replicas": {"type": "integer"}}}
SCHEMA = {"type": "object", "description": "A boat of ours.", "properties": {"spec": SPEC, "status": STATUS}}
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "boats.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "boats", "kind": "Boat", "shortNames": ["bt"], "categories": ["all"]},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": SCHEMA},
                "additionalPrinterColumns": COLUMNS,
                "subresources": SUBRESOURCES,
            }
        ],
    },
}


def boat(name: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "example.com/v1", "kind": "Boat", "metadata": {"name": name}, "spec": spec}


def apply(both: Both, document: dict[str, Any], *flags: str) -> Outcome:
    path = Path(both.folder) / "manifest.json"
    path.write_text(json.dumps(document))
    return both("apply", "-f", str(path), *flags)


def test_a_new_kind_is_at_home_at_once(both: Both) -> None:
    assert apply(both, DEFINITION).out == "customresourcedefinition.apiextensions.k8s.io/boats.example.com created\n"
    both("wait", "--for=condition=established", "crd/boats.example.com", "--timeout=20s")
    both("api-resources", "--api-group=example.com", "-o", "wide")
    assert "How big it is." in both("explain", "boats.spec").out
    both("explain", "boat", "--recursive")
    both("explain", "bt.spec.ports.port")

    assert apply(both, boat("one", size="small", ports=[{"port": 80}])).out == "boat.example.com/one created\n"
    assert apply(both, boat("one", size="large")).out == "boat.example.com/one configured\n"
    apply(both, boat("two", size="small"), "--server-side")
    both("get", "boats")
    both("get", "bt", "-o", "wide", "--no-headers")
    both("get", "boat/one", "-o", "yaml")
    both("describe", "boat", "one")
    both("scale", "boat/one", "--replicas=3")
    both("patch", "boat", "one", "--type=merge", "-p", '{"spec":{"replicas":4}}')
    both("label", "bt", "one", "sea=north")
    both("get", "boats", "-l", "sea=north", "-o", "jsonpath={.items[*].spec.replicas}")

    both.fails("patch", "boat", "one", "-p", '{"spec":{"replicas":5}}')
    both.fails("scale", "boat/one", "--replicas=50")
    both.fails("get", "boat", "three")
    refused = boat("three", size="huge", oops=1)
    path = Path(both.folder) / "refused.json"
    path.write_text(json.dumps(refused))
    both.fails("apply", "-f", str(path))

    both("delete", "boat", "one")
    both("delete", "crd", "boats.example.com")
