"""The part of a Deployment's schema that the patch tests need, as the API types declare it."""

from __future__ import annotations

from minikube_py.patching.strategic_merge import FieldPatch, SchemaTable

METADATA = SchemaTable(
    {"finalizers": FieldPatch("merge"), "ownerReferences": FieldPatch("merge", "uid")},
)
CONTAINER = SchemaTable(
    {
        "env": FieldPatch("merge", "name"),
        "ports": FieldPatch("merge", "containerPort"),
        "volumeMounts": FieldPatch("merge", "mountPath"),
    }
)
POD_SPEC = SchemaTable(
    {
        "containers": FieldPatch("merge", "name", schema=CONTAINER),
        "volumes": FieldPatch("merge", "name", retains_keys=True),
    }
)
TEMPLATE = SchemaTable({"metadata": FieldPatch(schema=METADATA), "spec": FieldPatch(schema=POD_SPEC)})
SPEC = SchemaTable({"template": FieldPatch(schema=TEMPLATE), "strategy": FieldPatch(retains_keys=True)})
DEPLOYMENT = SchemaTable({"metadata": FieldPatch(schema=METADATA), "spec": FieldPatch(schema=SPEC)})
