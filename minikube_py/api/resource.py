"""Resource: the base of every kind. A kind is one class: its fields, its class keywords and a few pure hooks.

    class ConfigMap(Resource, version="v1", plural="configmaps", short_names=("cm",)):
        data: Mapping[str, str] = {}

From it follow its routes, discovery, OpenAPI, columns, store keys, and the typed client's paths. Hooks are pure and
return changed copies; what needs other objects (addresses, quotas) is admission in the API server.

Kubernetes: pkg/registry/<group>/<kind>/strategy.go; staging/src/k8s.io/apiserver/pkg/registry/rest/create.go
Simplified: one version a kind, which is also the form in the store (see `to_stored` for the one exception).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import fields as dataclass_fields
from typing import Annotated, Any, ClassVar, Self

import orjson
from pydantic import AfterValidator, Field, SerializerFunctionWrapHandler, WrapSerializer

from minikube_py.api.definition import Definition
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import Json, Model, replace, written
from minikube_py.api.validation import FieldError, dns_subdomain_error

TypeTag = Annotated[str, AfterValidator(lambda _given: "")]
"""`kind` and `apiVersion` of a document: checked by who read it, then forgotten, because the class says it."""

_KEYWORDS = frozenset(field.name for field in dataclass_fields(Definition))


class Resource(Model):
    """An object with an address: (group, version, plural), a namespace unless cluster-scoped, and a name."""

    definition: ClassVar[Definition]
    are_often_alike: ClassVar[bool] = False
    """Whether many objects differ in their metadata only; `defaulted` must then neither look at that nor change it."""

    wire_kind: TypeTag = Field(default="", alias="kind", repr=False)
    wire_api_version: TypeTag = Field(default="", alias="apiVersion", repr=False)
    metadata: ObjectMeta = written(ObjectMeta)

    def __init_subclass__(cls, **keywords: Any) -> None:
        given = {name: keywords.pop(name) for name in _KEYWORDS & keywords.keys()}
        super().__init_subclass__(**keywords)
        if given:
            derived: dict[str, Any] = {"group": "", "kind": cls.__name__, "has_status": "status" in cls.__annotations__}
            cls.definition = Definition(**derived | given)

    def to_json(self) -> bytes:
        return self.header() + Model.to_json(self)[1:]

    @classmethod
    @functools.cache
    def header(cls) -> bytes:
        """How every JSON text of this kind begins; `to_json` continues with `"metadata":{`."""
        return b'{"kind":"%s","apiVersion":"%s",' % (cls.definition.kind.encode(), cls.definition.api_version.encode())

    def to_stored(self) -> bytes:
        """The bytes for the store: without resourceVersion, which is the store's own revision."""
        return replace(self, metadata=replace(self.metadata, resource_version="")).to_json()

    @classmethod
    def as_stored(cls, served: bytes, revision: int) -> bytes:
        """The stored text again, from what `served` made of it."""
        at = len(cls.header()) + len(b'"metadata":{')
        return served[:at] + served[at + len(b'"resourceVersion":"%d",' % revision) :]

    @classmethod
    def from_stored(cls, document: dict[str, Json]) -> dict[str, Json]:
        """This kind's document of a stored one; another only for a kind that is a second view of stored objects."""
        return document

    @classmethod
    def decode_stored(cls, data: bytes) -> Self:
        """The object that stored bytes stand for. Raises: DecodeError."""
        if not cls.definition.stored_prefix:
            return cls.from_json(data)
        return cls.from_dict(cls.from_stored(orjson.loads(data)))

    @classmethod
    def served(cls, stored: bytes, revision: int) -> bytes:
        """The stored text as a client gets it: its resourceVersion put in, right behind `"metadata":{`."""
        at = len(cls.header()) + len(b'"metadata":{')
        return b'%b"resourceVersion":"%d",%b' % (stored[:at], revision, stored[at:])

    def defaulted(self) -> Self:
        """A copy with the defaults of every field that depends on another; applied to whatever a client sends."""
        return self

    def prepare_for_create(self) -> Self:
        """A copy as a new object starts: the status of most kinds is emptied."""
        return replace(self, status=self.empty_status()) if self.definition.has_status else self

    @classmethod
    @functools.cache
    def empty_status(cls) -> Any:
        return cls.model_fields["status"].get_default(call_default_factory=True, validated_data={})

    def prepare_for_update(self, old: Self) -> Self:
        """A copy in which what this write may not change is as it was in `old`; status is kept apart by the writer."""
        return self

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        """What is wrong with the object, or with the change from `old`; metadata is checked by the writer."""
        return ()

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        """What is wrong with a write of the status subresource."""
        return ()

    def deletion_grace_s(self, asked_s: int | None) -> int:
        """How long a deletion waits for somebody (the kubelet) to confirm it; 0 removes the object at once."""
        return 0

    def deleting(self) -> Self:
        """A copy as it looks from the moment that its deletion was asked for."""
        return self

    def may_be_removed(self) -> bool:
        """Whether nobody has to clean up any more before the object can go."""
        return not self.metadata.finalizers

    def warnings(self) -> Iterable[str]:
        """What the client should be told although the write succeeds (Warning headers)."""
        return ()

    @classmethod
    def name_error(cls, name: str, *, prefix: bool) -> str:
        """Why `name` (or a generateName prefix) cannot name an object of this kind; empty if it can."""
        return dns_subdomain_error(name, prefix=prefix)


def _with_type(value: Resource, handler: SerializerFunctionWrapHandler) -> dict[str, Json]:
    return {"kind": value.definition.kind, "apiVersion": value.definition.api_version, **handler(value)}


EMBEDDED = WrapSerializer(_with_type)
"""Annotates a Resource inside another, which says there too what it is."""
