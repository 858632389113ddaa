"""ValueIndex: which objects of a kind have a certain value of a label or field, so that a list costs what it finds.

An attribute is indexed from the first selector on that asks for one value of it (`app=web`, `spec.nodeName=n1`); what
nobody asks for costs nothing. Names have no index: they tell every object apart, and the keys are in their order.

Kubernetes: staging/src/k8s.io/apiserver/pkg/storage/cacher/watch_cache.go (indexers)
Simplified: upstream's indexes are chosen beforehand, `spec.nodeName` of pods alone in this version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from minikube_py.api.selectors import FieldSelector, Operator, Selector

if TYPE_CHECKING:
    from minikube_py.watchcache.watch_cache import CachedObject

_MOST_ATTRIBUTES = 16
"""Of a kind; a selector that would need one more looks at every object."""
_OF_ONE_VALUE = (Operator.EQUALS, Operator.DOUBLE_EQUALS, Operator.IN)


Keys = frozenset[str] | set[str]


class Attribute(NamedTuple):
    is_field: bool
    name: str

    def of(self, item: CachedObject | None) -> str | None:
        if item is None:
            return None
        return (item.fields if self.is_field else item.labels).get(self.name)


class ValueIndex:
    def __init__(self) -> None:
        self._keys: dict[Attribute, dict[str, set[str]]] = {}

    def clear(self) -> None:
        self._keys.clear()

    def find(self, labels: Selector, fields: FieldSelector, objects: Mapping[str, CachedObject]) -> Keys | None:
        """The keys of all that may match; None when the selectors ask for no single value of an attribute."""
        found: Keys | None = None
        for attribute, value in _values_asked_for(labels, fields):
            if attribute not in self._keys and not self._begin(attribute, objects):
                continue
            keys: Keys = self._keys[attribute].get(value, frozenset())
            found = keys if found is None or len(keys) < len(found) else found
        return found

    def _begin(self, attribute: Attribute, objects: Mapping[str, CachedObject]) -> bool:
        if len(self._keys) == _MOST_ATTRIBUTES:
            return False
        self._keys[attribute] = {}
        for item in objects.values():
            self._enter(attribute, item)
        return True

    def change(self, previous: CachedObject | None, current: CachedObject | None) -> None:
        """Take note of the new state of an object."""
        for attribute, by_value in self._keys.items():
            old = attribute.of(previous)
            if old == attribute.of(current) and previous is not None and current is not None:
                continue
            if previous is not None and old is not None:
                by_value[old].discard(previous.key)
                if not by_value[old]:
                    del by_value[old]
            if current is not None:
                self._enter(attribute, current)

    def _enter(self, attribute: Attribute, item: CachedObject) -> None:
        value = attribute.of(item)
        if value is not None:
            self._keys[attribute].setdefault(value, set()).add(item.key)


def _values_asked_for(labels: Selector, fields: FieldSelector) -> list[tuple[Attribute, str]]:
    """Each attribute of which the selectors let one value pass."""
    asked = [
        (Attribute(True, each.field), each.value)
        for each in fields
        if not each.is_negated and not each.field.startswith("metadata.")
    ]
    asked += [
        (Attribute(False, each.key), each.values[0])
        for each in labels
        if each.operator in _OF_ONE_VALUE and len(each.values) == 1
    ]
    return asked
