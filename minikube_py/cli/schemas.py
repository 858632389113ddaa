"""Reads OpenAPI v3 schemas for explain: follows fields and references, lays out the text.

Kubernetes: kubectl pkg/explain/v2/templates/plaintext.tmpl.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from minikube_py.cli.errors import CommandError

TEXT_WIDTH = 76
_MAX_ENUM_SHOWN = 4
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One field that was followed to; the root has no name."""

    schema: Schema
    name: str = ""


class Schemas:
    """The schemas of one group version, by name."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self._schemas = schemas

    def for_kind(self, group: str, version: str, kind: str) -> Schema | None:
        """Find the schema of a kind."""
        wanted = {"group": group, "version": version, "kind": kind}
        return next((s for s in self._schemas.values() if wanted in s.get("x-kubernetes-group-version-kind", ())), None)

    def referred(self, schema: Schema) -> tuple[str, Schema] | None:
        """Return name and schema that this one refers to, directly or as the only part of allOf."""
        reference = schema.get("$ref")
        parts = schema.get("allOf") or []
        if reference is None and len(parts) == 1:
            reference = parts[0].get("$ref")
        if reference is None:
            return None
        name = str(reference).rsplit("/", 1)[1]
        return name, self._schemas.get(name, {})

    def chain(self, schema: Schema) -> Iterator[Schema]:
        """Yield a schema and those behind it: reference, list items, mapping values."""
        yield schema
        inner = self.referred(schema)
        if inner:
            yield from self.chain(inner[1])
        elif isinstance(schema.get("items"), dict):
            yield from self.chain(schema["items"])
        elif isinstance(schema.get("additionalProperties"), dict):
            yield from self.chain(schema["additionalProperties"])

    def properties(self, schema: Schema) -> tuple[Schema, frozenset[str]]:
        """Return the fields behind a schema and the names of those that are required."""
        for part in self.chain(schema):
            if part.get("properties"):
                return part["properties"], frozenset(part.get("required") or ())
        return {}, frozenset()

    def type_name(self, schema: Schema) -> str:
        """Name a type as explain shows it: string, []Container, map[string]Quantity."""
        if isinstance(schema.get("items"), dict):
            return f"[]{self.type_name(schema['items'])}"
        if isinstance(schema.get("additionalProperties"), dict):
            return f"map[string]{self.type_name(schema['additionalProperties'])}"
        inner = self.referred(schema)
        if inner:
            name, target = inner
            plain = target.get("type", "object")
            named = plain == "object" or target.get("oneOf")
            return name.rsplit(".", 1)[-1] if named else self.type_name(target)
        kind = str(schema.get("type") or "Object")
        return "Object" if kind == "object" else kind


def follow(schemas: Schemas, root: Schema, names: Sequence[str]) -> Field:
    """Walk down a path of fields.

    Raises: CommandError naming the field that does not exist.
    """
    found = Field(root)
    for name in names:
        properties, _ = schemas.properties(found.schema)
        if name not in properties:
            raise CommandError(f'field "{name}" does not exist')
        found = Field(properties[name], name)
    return found


def explain_text(schemas: Schemas, field: Field, recursive: bool) -> str:
    """Lay out one field, or the whole type, with the fields below it."""
    text = ""
    if field.name:
        text += f"FIELD: {field.name} <{schemas.type_name(field.schema)}>\n"
        enum = _enum(schemas, field.schema)
        text += "".join(["ENUM:\n", *(f"    {value}\n" for value in enum)]) if enum else "\n"
        text += "\n"
    text += "DESCRIPTION:\n"
    descriptions = [part["description"] for part in schemas.chain(field.schema) if part.get("description")]
    text += "".join(_indented(wrap(description), 4) for description in descriptions or ["<empty>"])
    text += "    \n" if descriptions else ""
    properties, required = schemas.properties(field.schema)
    if properties:
        text += "FIELDS:\n"
        for name in sorted(properties):
            if recursive:
                text += _outline(schemas, name, properties[name], name in required, depth=1, above=())
            else:
                text += _field_line(schemas, name, properties[name], name in required, "  ")
                text += _indented(wrap(properties[name].get("description") or "<no description>"), 4) + "\n"
    return f"{text}\n"


def _field_line(schemas: Schemas, name: str, schema: Schema, is_required: bool, margin: str) -> str:
    line = f"{margin}{name}\t<{schemas.type_name(schema)}>{' -required-' if is_required else ''}\n"
    enum = _enum(schemas, schema)
    if enum:
        shown = ", ".join(enum[:_MAX_ENUM_SHOWN]) + (", ...." if len(enum) > _MAX_ENUM_SHOWN else "")
        line += f"{margin}enum: {shown}\n"
    return line


def _outline(
    schemas: Schemas, name: str, schema: Schema, is_required: bool, *, depth: int, above: tuple[int, ...]
) -> str:
    text = _field_line(schemas, name, schema, is_required, "  " * depth)
    properties, required = schemas.properties(schema)
    # A schema inside itself (JSONSchemaProps) is shown once.
    if id(properties) not in above:
        for inner in sorted(properties):
            text += _outline(
                schemas, inner, properties[inner], inner in required, depth=depth + 1, above=(*above, id(properties))
            )
    return text


def _enum(schemas: Schemas, schema: Schema) -> list[str]:
    """The values that a field itself may have; those of a list's items are not shown."""
    inner = schemas.referred(schema)
    found: list[Any] = schema.get("enum") or (inner[1].get("enum") if inner else None) or []
    return [str(value) if value != "" else '""' for value in found]


def wrap(text: str, width: int = TEXT_WIDTH) -> str:
    """Break lines at spaces so that none is longer than width, where words allow; existing breaks stay."""
    return "\n".join(_wrap_line(line, width) for line in text.split("\n"))


def _wrap_line(line: str, width: int) -> str:
    lines: list[str] = []
    current = ""
    for space, word in re.findall(r"(\s*)(\S+)", line):
        if current and len(current) + len(space) + len(word) > width:
            lines.append(current)
            current = word
        else:
            current += space + word
    return "\n".join([*lines, current])


def _indented(text: str, depth: int) -> str:
    margin = " " * depth
    return "".join(f"{margin}{line}\n" for line in text.split("\n"))
