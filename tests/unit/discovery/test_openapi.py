"""The OpenAPI document says of every field what the real API server says, except its description.

kinds/data/fields.tsv has a row for each field of each type: type, required, default, enum, and how it merges.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.model import Json
from minikube_py.api.registry import Registry
from minikube_py.discovery.openapi import openapi_v3
from minikube_py.discovery.openapi_schemas import field_descriptions, schema_name
from minikube_py.patching.patch_schema import patch_schema
from minikube_py.patching.strategic_merge import FieldPatch, PatchSchema

TABLE = (Path(__file__).parents[1] / "api/kinds/data/fields.tsv").read_text().splitlines()
ROWS = list(csv.DictReader(TABLE, delimiter="\t", quoting=csv.QUOTE_NONE))
DIFFERENT = {
    ("io.k8s.api.core.v1.Event", "metadata"),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", "shardInfo"),
}


def _schemas() -> dict[str, Json]:
    found: dict[str, Json] = {}
    for resource in Registry.of_all_kinds():
        definition = resource.definition
        document = openapi_v3(definition.group, definition.version, [resource])
        found |= document["components"]["schemas"]
    return found


SCHEMAS = _schemas()


def _type(schema: Json) -> str:
    if not {"type", "allOf", "$ref"} & schema.keys():
        return "any"
    if reference := schema.get("$ref") or (schema.get("allOf") or [{}])[0].get("$ref"):
        return str(reference).rpartition("/")[2]
    if schema["type"] == "array":
        return "[]" + _type(schema["items"])
    if "additionalProperties" in schema:
        return "map:" + _type(schema["additionalProperties"])
    return f"{schema['type']}:{schema['format']}" if "format" in schema else str(schema["type"])


def _row(schema: str, field: str) -> dict[str, str]:
    found = SCHEMAS[schema]["properties"][field]
    return {
        "schema": schema,
        "field": field,
        "type": _type(found),
        "required": "required" if field in SCHEMAS[schema].get("required", ()) else "",
        "default": orjson.dumps(found["default"]).decode() if "default" in found else "",
        "enum": " ".join(sorted(found.get("enum", ()))),
        "patchStrategy": found.get("x-kubernetes-patch-strategy", ""),
        "patchMergeKey": found.get("x-kubernetes-patch-merge-key", ""),
        "listType": found.get("x-kubernetes-list-type", ""),
        "listMapKeys": " ".join(found.get("x-kubernetes-list-map-keys", ())),
        "mapType": found.get("x-kubernetes-map-type", ""),
    }


def test_every_field_is_described_as_by_the_real_server() -> None:
    fields = [row for row in ROWS if row["field"] and (row["schema"], row["field"]) not in DIFFERENT]
    # What may be several things (a schema or a boolean) is published as any value, without a name of its own.
    fields = [row for row in fields if not re.search(r"\.JSON(SchemaPropsOr\w+)?$", row["type"])]
    differing = [(ours, row) for row in fields if (ours := _row(row["schema"], row["field"])) != row]
    assert differing == []


def test_no_field_is_unknown_to_the_real_server() -> None:
    known = {(row["schema"], row["field"]) for row in ROWS}
    ours = {(name, field) for name, schema in SCHEMAS.items() for field in schema.get("properties", ())}
    assert ours <= known


def _patches(schema: PatchSchema, name: str, seen: set[str]) -> Iterator[tuple[str, str, FieldPatch]]:
    """Every field below a type with how it merges; types are named by the schema document."""
    if name in seen:
        return
    seen.add(name)
    for field, described in SCHEMAS[name].get("properties", {}).items():
        patch = schema.field(field)
        yield name, field, patch
        nested = _type(described).removeprefix("[]").removeprefix("map:")
        if patch.schema is not None and nested in SCHEMAS:
            yield from _patches(patch.schema, nested, seen)


@pytest.mark.parametrize("kind", list(Registry.of_all_kinds()), ids=lambda kind: str(kind.definition.group_kind))
def test_strategic_merge_knows_the_strategy_and_key_of_every_field(kind: type[Pod]) -> None:
    wanted = {(row["schema"], row["field"]): (row["patchStrategy"], row["patchMergeKey"]) for row in ROWS}
    for name, field, patch in _patches(patch_schema(kind), schema_name(kind), set()):
        retaining = ["retainKeys"] if patch.retains_keys else []
        strategy = ",".join(filter(None, [patch.strategy, *retaining]))
        assert (strategy, patch.merge_key) == wanted[name, field], f"{name}.{field}"


def test_the_document_names_kinds_and_actions_for_clients() -> None:
    document = openapi_v3("apps", "v1", [Deployment])
    path = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]
    assert path["patch"]["x-kubernetes-action"] == "patch"
    assert path["patch"]["x-kubernetes-group-version-kind"] == {"group": "apps", "kind": "Deployment", "version": "v1"}
    assert "application/strategic-merge-patch+json" in path["patch"]["requestBody"]["content"]
    assert [parameter["name"] for parameter in path["put"]["parameters"]] == [
        "dryRun",
        "fieldManager",
        "fieldValidation",
    ]
    listed = document["paths"]["/apis/apps/v1/deployments"]["get"]["responses"]["200"]["content"]["application/json"]
    assert listed["schema"]["$ref"].endswith(".DeploymentList")


def test_every_reference_leads_to_a_schema() -> None:
    text = orjson.dumps(openapi_v3("", "v1", [Pod, Namespace])).decode()
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= openapi_v3("", "v1", [Pod, Namespace])["components"]["schemas"].keys()


def test_every_description_is_of_a_field_that_exists() -> None:
    known = {(row["schema"].rpartition(".")[2], row["field"]) for row in ROWS}
    assert {(model, field) for model, fields in field_descriptions().items() for field in fields} <= known


def test_every_kind_is_described() -> None:
    kinds = {name: schema for name, schema in SCHEMAS.items() if "x-kubernetes-group-version-kind" in schema}
    assert [name for name, schema in kinds.items() if not schema.get("description")] == []


@pytest.mark.parametrize(
    "type_name",
    [
        "Affinity", "ClusterRole", "ConfigMap", "Container", "CronJobSpec", "DaemonSetSpec", "DeploymentSpec", "EnvVar",
        "HTTPGetAction", "HTTPIngressPath", "IngressSpec", "JobSpec", "LabelSelector", "LimitRangeItem",
        "NetworkPolicySpec", "NodeAffinity", "PersistentVolumeClaimSpec", "PodAffinityTerm", "PodDisruptionBudgetSpec",
        "PodSecurityContext", "PodSpec", "PolicyRule", "PriorityClass", "Probe", "ResourceQuotaSpec",
        "ResourceRequirements", "RoleRef", "Secret", "SecurityContext", "ServiceSpec", "StatefulSetSpec",
        "StorageClass", "rbac.v1.Subject", "Toleration", "TopologySpreadConstraint", "VolumeMount",
    ],
)  # fmt: skip
def test_what_people_write_by_hand_is_described_field_by_field(type_name: str) -> None:
    fields = next(schema["properties"] for name, schema in SCHEMAS.items() if name.endswith(f".{type_name}"))
    without = {name for name, field in fields.items() if not field.get("description")}
    assert without - {"kind", "apiVersion"} == set()
