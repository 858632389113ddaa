"""Columns that many kinds print, and how ages, labels and long lists are shown in them.

Kubernetes: pkg/printers/internalversion/printers.go; apimachinery/pkg/util/duration
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from minikube_py.api.definition import Ago, Cell, Column
from minikube_py.api.meta import LabelSelector
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.selectors import SelectorError, label_selector_from_document

NONE = "<none>"
UNKNOWN = "<unknown>"
UNSET = "<unset>"

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


def age(since: Time | None, before: str = "", after: str = "") -> Cell:
    """How long ago `since` was, with words round it."""
    return UNKNOWN if since is None else Ago(since.epoch_s, before, after)


def age_text(ago: Ago, now_s: float) -> str:
    """What such a cell says at a moment, in seconds since 1970."""
    return f"{ago.before}{duration_text(int(now_s - ago.since_s))}{ago.after}"


@functools.lru_cache(maxsize=4096)
def duration_text(seconds: float) -> str:
    """A duration in two or three digits of precision: `119s`, `2m5s`, `3h`, `5d21h`, `400d`."""
    whole = int(seconds)
    if whole < 0:
        return "<invalid>" if whole < -1 else "0s"
    if whole < 2 * _MINUTE_S:
        return f"{whole}s"
    if whole < 8 * _HOUR_S:
        return _minutes_text(whole)
    hours = whole // _HOUR_S
    if hours < 48:
        return f"{hours}h"
    if hours < 24 * 8:
        return _pair(hours // 24, "d", hours % 24, "h")
    days = whole // _DAY_S
    if days < 2 * 365:
        return f"{days}d"
    return f"{days // 365}y" if days >= 8 * 365 else _pair(days // 365, "y", days % 365, "d")


def _minutes_text(whole: int) -> str:
    minutes = whole // _MINUTE_S
    if minutes < 10:
        return _pair(minutes, "m", whole % _MINUTE_S, "s")
    return f"{minutes}m" if minutes < 180 else _pair(minutes // 60, "h", minutes % 60, "m")


def _pair(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"


def labels_text(labels: Mapping[str, str]) -> str:
    return ",".join(f"{key}={labels[key]}" for key in sorted(labels)) or NONE


def label_selector_text(selector: LabelSelector | None) -> str:
    """The selector as kubectl's `-l` takes it."""
    if selector is None:
        return NONE
    try:
        return str(label_selector_from_document(selector.to_dict())) or NONE
    except SelectorError:
        return "<error>"


def first_three(items: Sequence[str], *, of: int, empty: str) -> str:
    """Up to three items of `of`, and how many more there are."""
    shown = ",".join(items[:3]) or empty
    return f"{shown} + {of - 3} more..." if of > 3 else shown


def _name(resource: Resource) -> str:
    return resource.metadata.name


def _age(resource: Resource) -> Cell:
    return age(resource.metadata.creation_timestamp)


NAME = Column("Name", _name, format="name")
AGE = Column("Age", _age)


class _Container(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def image(self) -> str: ...


def container_names(containers: Iterable[_Container]) -> str:
    return ",".join(container.name for container in containers)


def container_images(containers: Iterable[_Container]) -> str:
    return ",".join(container.image for container in containers)
