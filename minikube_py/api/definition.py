"""Definition: all that the machinery knows about a kind, as plain data made from the kind's class keywords.

Routes, discovery, OpenAPI, table columns, short names and client paths follow from it.

Kubernetes: pkg/registry/*/storage + strategy.go + pkg/printers, spread over some twenty files a kind there
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ago:
    """A cell that grows by itself: how long ago a moment was, when somebody looks.

    Everything else in a row is made once a version of the object: no other cell may depend on the time.
    """

    since_s: float
    """Seconds since 1970."""
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        raise TypeError("an age has no text until it is looked at; give the words round it to `age`")


Cell = str | int | float | None | Ago


@dataclass(frozen=True, slots=True)
class Column:
    """One column that the server prints: its heading and what it shows of a decoded object."""

    name: str
    cell: Callable[[Any], Cell]
    type: str = "string"
    format: str = ""
    priority: int = 0
    """1: only with `-o wide`."""
    description: str = ""


@dataclass(frozen=True, slots=True)
class PublishedSchema:
    """What OpenAPI says of a kind, where that does not follow from its class: in version 3 and in version 2."""

    name: str
    document: dict[str, Any]
    version_2: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a kind keeps what the scale subresource shows: paths of attributes, such as `spec.replicas`.

    The selector may be text already; empty where there is none.
    """

    spec: str = "spec.replicas"
    status: str = "status.replicas"
    selector: str = "spec.selector"


ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True)
class Definition:
    group: str
    version: str
    kind: str
    plural: str
    singular: str = ""
    """Where it is not the kind in lower case."""
    list_kind: str = ""
    """Where it is not the kind with List behind."""
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    selectable_fields: tuple[str, ...] = ()
    """Field selectors beside metadata.name and metadata.namespace: JSON paths such as `spec.nodeName`.

    `LABEL=PATH|PATH` where the label is no path itself: the first that is not empty counts.
    """
    has_status: bool = False
    scale: Scale | None = None
    verbs: tuple[str, ...] = ALL_VERBS
    generation_of: tuple[str, ...] = ("spec",)
    """Attributes (paths of them) whose change raises metadata.generation; empty for kinds without a generation."""
    allows_unconditional_update: bool = True
    """False: a PUT without resourceVersion is refused."""
    allows_create_on_update: bool = False
    """True: a PUT to a name that does not exist creates it."""
    ttl_s: int | None = None
    """Objects vanish this long after their last write."""
    stored_prefix: str = ""
    """Set for a kind that is a second view of another's stored objects: where those lie."""
    deprecation: str = ""
    """What every answer about this kind warns of: `v1 Endpoints is deprecated in v1.33+; use …`."""
    returns_deleted_object: bool = False
    """True: a DELETE that removes the object at once answers with it, not with a Status."""
    orphans_by_default: bool = False
    """True: a DELETE that does not say what becomes of the dependents leaves them behind."""
    orphan_warning: str = ""
    """What such a DELETE is warned of."""
    any_finalizer: bool = False
    """True: a finalizer of an object needs no domain before a slash."""
    status_writes_metadata: bool = True
    """False: a write of the status leaves labels and the like alone."""
    merges_strategically: bool = True
    """False: a strategic merge patch is refused, because nobody says how the lists of the kind merge."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "singular", self.singular or self.kind.lower())
        object.__setattr__(self, "list_kind", self.list_kind or f"{self.kind}List")

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def selectable_paths(self) -> dict[str, tuple[str, ...]]:
        """Field label -> where its value may be found."""
        entries = (entry.partition("=") for entry in self.selectable_fields)
        return {label: tuple((paths or label).split("|")) for label, _, paths in entries}

    @property
    def scale_path(self) -> tuple[str, ...]:
        """The names of the fields down to the number of replicas, one word each."""
        return tuple(self.scale.spec.split(".")) if self.scale else ()

    @property
    def group_resource(self) -> str:
        """The name in error texts: `deployments.apps`, `pods`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def group_kind(self) -> str:
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def key_prefix(self) -> str:
        """Where the objects lie in the store."""
        if self.stored_prefix:
            return self.stored_prefix
        return f"/registry/{self.group}/{self.plural}/" if self.group else f"/registry/{self.plural}/"

    def key(self, namespace: str, name: str) -> str:
        """Where one object lies in the store."""
        return f"{self.key_prefix}{namespace}/{name}" if self.namespaced else f"{self.key_prefix}{name}"

    @property
    def base_path(self) -> str:
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
