"""What a kustomization file may hold: each field's shape, and what Go's decoder says of another one.

Kubernetes: kustomize api/types, read with encoding/json and DisallowUnknownFields.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from minikube_py.documents.json_values import Json


@dataclass(frozen=True, slots=True)
class Struct:
    """An object with named fields; `name` is the Go type's, `embedded` says which fields are part of an inner one."""

    name: str
    fields: Mapping[str, "Shape"]
    embedded: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Many:
    """A list of things of one shape."""

    of: "Shape"


@dataclass(frozen=True, slots=True)
class Named:
    """An object whose names are free and whose values have one shape."""

    of: "Shape"


@dataclass(frozen=True, slots=True)
class Anything:
    """What is refused elsewhere, or not looked into."""


Shape: TypeAlias = Struct | Many | Named | Anything | str

TEXT, FLAG, NUMBER = "string", "bool", "int64"
_TEXTS, _PAIRS = Many(TEXT), Named(TEXT)
_TYPE = {"group": TEXT, "version": TEXT, "kind": TEXT}
_OPTIONS = Struct(
    "GeneratorOptions", {"labels": _PAIRS, "annotations": _PAIRS, "disableNameSuffixHash": FLAG, "immutable": FLAG}
)
_SOURCES: Mapping[str, Shape] = {"literals": _TEXTS, "files": _TEXTS, "envs": _TEXTS, "env": TEXT}
_GENERATED: Mapping[str, Shape] = {"name": TEXT, "namespace": TEXT, "behavior": TEXT, "options": _OPTIONS, **_SOURCES}
_IN_GENERATED = {
    **dict.fromkeys(("name", "namespace", "behavior", "options"), "GeneratorArgs"),
    **dict.fromkeys(_SOURCES, "GeneratorArgs.KvPairSources"),
}
_SELECTOR = Struct(
    "Selector",
    {**_TYPE, "name": TEXT, "namespace": TEXT, "annotationSelector": TEXT, "labelSelector": TEXT},
    {**dict.fromkeys(_TYPE, "ResId.Gvk"), "name": "ResId", "namespace": "ResId"},
)
_PATCH_OPTIONS = Struct("PatchArgs", {"allowNameChange": FLAG, "allowKindChange": FLAG})
_PATCH = Struct("Patch", {"path": TEXT, "patch": TEXT, "target": _SELECTOR, "options": _PATCH_OPTIONS})
_IMAGE = Struct("Image", {"name": TEXT, "newName": TEXT, "tagSuffix": TEXT, "newTag": TEXT, "digest": TEXT})
_FIELD = Struct("FieldSpec", {**_TYPE, "path": TEXT, "create": FLAG}, dict.fromkeys(_TYPE, "Gvk"))
_LABEL = Struct("Label", {"pairs": _PAIRS, "includeSelectors": FLAG, "includeTemplates": FLAG, "fields": Many(_FIELD)})
_ORDER = Struct(
    "SortOptions",
    {"order": TEXT, "legacySortOptions": Struct("LegacySortOptions", {"orderFirst": _TEXTS, "orderLast": _TEXTS})},
)
REFUSED = (
    *("buildMetadata", "configurations", "crds", "generators", "helmChartInflationGenerator", "helmCharts"),
    *("helmGlobals", "inventory", "openapi", "transformers", "validators", "vars"),
)
_FIELD_OPTIONS = Struct("FieldOptions", {"delimiter": TEXT, "index": NUMBER, "encoding": TEXT, "create": FLAG})
_SOURCE = Struct(
    "SourceSelector",
    {**_TYPE, "name": TEXT, "namespace": TEXT, "fieldPath": TEXT, "options": _FIELD_OPTIONS},
    {**dict.fromkeys(_TYPE, "ResId.Gvk"), "name": "ResId", "namespace": "ResId"},
)
_TARGET = Struct(
    "TargetSelector",
    {"select": _SELECTOR, "reject": Many(_SELECTOR), "fieldPaths": _TEXTS, "options": _FIELD_OPTIONS},
)
REPLACEMENT = Struct("Replacement", {"source": _SOURCE, "sourceValue": TEXT, "targets": Many(_TARGET), "path": TEXT})
KUSTOMIZATION = Struct(
    "Kustomization",
    {
        **dict.fromkeys(("apiVersion", "kind", "namePrefix", "nameSuffix", "namespace"), TEXT),
        **dict.fromkeys(("resources", "bases", "components", "patchesStrategicMerge"), _TEXTS),
        **dict.fromkeys(("commonLabels", "commonAnnotations"), _PAIRS),
        **dict.fromkeys(("patches", "patchesJson6902"), Many(_PATCH)),
        **dict.fromkeys(("images", "imageTags"), Many(_IMAGE)),
        **dict.fromkeys(REFUSED, Anything()),
        "metadata": Struct("ObjectMeta", {"name": TEXT, "namespace": TEXT, "labels": _PAIRS, "annotations": _PAIRS}),
        "labels": Many(_LABEL),
        "replacements": Many(REPLACEMENT),
        "replicas": Many(Struct("Replica", {"name": TEXT, "count": NUMBER})),
        "sortOptions": _ORDER,
        "generatorOptions": _OPTIONS,
        "configMapGenerator": Many(Struct("ConfigMapArgs", _GENERATED, _IN_GENERATED)),
        "secretGenerator": Many(Struct("SecretArgs", {**_GENERATED, "type": TEXT}, _IN_GENERATED)),
    },
    dict.fromkeys(("apiVersion", "kind"), "TypeMeta"),
)


def check(value: Json, shape: Shape) -> str:
    """The first thing that does not fit, in Go's words; empty when all does."""
    return _problem(value, shape, "", "")


def normal(value: Json, shape: Shape) -> Json:
    """A value that fits, without nulls: those of fields are left out, those in lists are what Go makes of them."""
    if isinstance(shape, Many):
        zero: Json = "" if shape.of == TEXT else {}
        return [zero if item is None else normal(item, shape.of) for item in value]
    if isinstance(shape, Named):
        return {name: "" if inner is None else inner for name, inner in value.items()}
    if isinstance(shape, Struct):
        return {name: normal(inner, shape.fields[name]) for name, inner in value.items() if inner is not None}
    return value


def _problem(value: Json, shape: Shape, owner: str, path: str) -> str:
    if value is None or isinstance(shape, Anything):
        return ""
    if not _fits(value, shape):
        where = f"struct field {owner}.{path} of type" if owner else "value of type"
        return f"json: cannot unmarshal {_go_kind(value)} into Go {where} {_go_type(shape)}"
    if isinstance(shape, Many):
        problems = (_problem(item, shape.of, owner, path) for item in value)
    elif isinstance(shape, Named):
        problems = (_problem(value[name], shape.of, owner, path) for name in sorted(value))
    elif isinstance(shape, Struct):
        problems = (_field_problem(name, value[name], shape, path) for name in sorted(value))
    else:
        return ""
    return next(filter(None, problems), "")


def _field_problem(name: str, value: Json, struct: Struct, path: str) -> str:
    if name not in struct.fields:
        return f'json: unknown field "{name}"'
    inner = (struct.embedded or {}).get(name, "")
    return _problem(value, struct.fields[name], struct.name, ".".join(filter(None, (path, inner, name))))


def _fits(value: Json, shape: Shape) -> bool:
    if isinstance(shape, Many):
        return isinstance(value, list)
    if isinstance(shape, Struct | Named):
        return isinstance(value, dict)
    expected = {TEXT: str, FLAG: bool, NUMBER: int}[str(shape)]
    return isinstance(value, expected) and (expected is bool or not isinstance(value, bool))


def _go_type(shape: Shape) -> str:
    if isinstance(shape, Many):
        return f"[]{_go_type(shape.of)}"
    if isinstance(shape, Named):
        return f"map[string]{_go_type(shape.of)}"
    return f"types.{shape.name}" if isinstance(shape, Struct) else str(shape)


def _go_kind(value: Json) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"
