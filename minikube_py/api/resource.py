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
import operator
from collections.abc import Callable, Iterable
from dataclasses import fields as dataclass_fields
from typing import Annotated, Any, ClassVar, Self

import orjson
from pydantic import AfterValidator, Field, SerializerFunctionWrapHandler, WrapSerializer

from minikube_py.api.definition import Definition, PublishedSchema
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import Decoded, Json, Model, decode, replace, written
from minikube_py.api.shapes import Shape, shape_of
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

    @classmethod
    def shape(cls) -> Shape:
        """Which parts of such an object can have owners of their own."""
        return shape_of(cls)

    @classmethod
    def published_schema(cls) -> PublishedSchema | None:
        """Its schema for OpenAPI, where that does not follow from the class."""
        return None

    @classmethod
    def read(cls, document: dict[str, Json]) -> Decoded[Self]:
        """The object that a client means, and the fields that it has too many. Raises: DecodeError."""
        return decode(cls, orjson.dumps(document))

    def to_json(self) -> bytes:
        return self.header() + Model.to_json(self)[1:]

    @classmethod
    @functools.lru_cache(maxsize=256)
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

    def with_status_of(self, other: Self) -> Self:
        return replace(self, status=getattr(other, "status", None))

    def counts_as_changed(self, old: Self) -> bool:
        """Whether what the generation counts is another than in `old`."""
        counted = _counted(self.definition.generation_of)
        return counted(self) != counted(old)

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


@functools.cache
def _counted(paths: tuple[str, ...]) -> Callable[[Resource], object]:
    """What the generation counts of an object: all of it at once, because a pod has forty such attributes."""
    return operator.attrgetter(*paths) if paths else lambda _obj: None


def _with_type(value: Resource, handler: SerializerFunctionWrapHandler) -> dict[str, Json]:
    return {"kind": value.definition.kind, "apiVersion": value.definition.api_version, **handler(value)}


EMBEDDED = WrapSerializer(_with_type)
"""Annotates a Resource inside another, which says there too what it is."""
