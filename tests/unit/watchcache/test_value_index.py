"""Lists that use an index find what a look at every object finds, whatever has happened to the objects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikube_py.api.kinds.core.pod import Pod, PodSpec
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.selectors import parse_field_selector, parse_label_selector
from minikube_py.storage.interface import Event
from minikube_py.watchcache.watch_cache import Subscription, WatchCache

PREFIX = Pod.definition.key_prefix
SELECTORS = (
    ("app=a", ""),
    ("app in (b)", "spec.nodeName=n1"),
    ("", "spec.nodeName="),
    ("app=a,app!=b", "spec.nodeName=n0"),
)

a_state = st.tuples(st.sampled_from(["", "a", "b", "c"]), st.sampled_from(["", "n0", "n1", "n2"]))
a_change = st.tuples(st.integers(0, 9), st.none() | a_state)


def stored(name: str, app: str, node: str) -> bytes:
    metadata = ObjectMeta(name=name, namespace="default", labels={"app": app} if app else {})
    return Pod(metadata=metadata, spec=PodSpec(node_name=node)).to_stored()


@pytest.mark.parametrize(("labels", "fields"), SELECTORS)
@given(changes=st.lists(a_change, max_size=40))
def test_index_finds_what_a_look_at_every_object_finds(
    labels: str, fields: str, changes: list[tuple[int, tuple[str, str] | None]]
) -> None:
    cache, values = WatchCache(Pod), dict[str, bytes]()
    wanted = Subscription(PREFIX, parse_label_selector(labels), parse_field_selector(fields))
    for revision, (number, state) in enumerate(changes, 1):
        key = f"{PREFIX}default/pod-{number}"
        previous = values.pop(key, None)
        value = stored(f"pod-{number}", *state) if state else None
        if value is not None:
            values[key] = value
        if value is not None or previous is not None:
            cache.apply(Event(key, value, previous, revision, previous is None))
        expected = [item for item in sorted(cache.everything(), key=lambda item: item.key) if wanted.matches(item)]
        assert cache.select(wanted, PREFIX) == expected
