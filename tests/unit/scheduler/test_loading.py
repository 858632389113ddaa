"""A plugin that somebody else wrote: it is asked like our own, and what is no plugin is refused with the reason."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikube_py.errors import ConfigError
from minikube_py.scheduler.cycle import Cycle, NoFit, Placement
from minikube_py.scheduler.plugins.loading import with_plugins
from minikube_py.scheduler.plugins.registry import default_profile
from minikube_py.scheduler.snapshot import Snapshot
from tests.unit.scheduler.objects import node, pod

PRICES = """
from minikube_py.scheduler.framework import Refusal


class Cheapest:
    name = "Cheapest"
    weight = 10
    marking = "less is better"

    def looks_at(self, pod):
        return None

    def score_for(self, pod):
        return lambda node: int(node.node.metadata.labels["price"])


class Below:
    name = "Below"
    waits_for = ("node changed",)

    def looks_at(self, pod):
        return None

    def filter_for(self, pod):
        return lambda node: Refusal(("node(s) were too dear",)) if node.node.metadata.labels["price"] > "1" else None


class Nothing:
    pass


class Nameless(Below):
    name = property()


class Wrong(Below):
    waits_for = ("rain",)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "prices.py").write_text(PRICES)
    (tmp_path / "broken.py").write_text("def oops(:")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    sys.modules.pop("prices", None)


def decide(plugin: str) -> NoFit | Placement:
    snapshot = Snapshot()
    for name, price in (("dear", "3"), ("cheap", "2"), ("dearest", "9")):
        snapshot.put_node(node(name, labels={"price": price}))
    return Cycle(with_plugins(default_profile(), [plugin]), random.Random(1)).schedule(pod("p"), snapshot)


def test_its_marks_count() -> None:
    assert decide("prices:Cheapest") == Placement("cheap", 3)


def test_its_refusal_is_told_and_what_it_waits_for_is_waited_for() -> None:
    decision = decide("prices:Below")
    assert decision == NoFit(
        "0/3 nodes are available: 3 node(s) were too dear.", frozenset(["node changed"]), ("Below",)
    )


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("prices", "'prices' is not MODULE:CLASS, as in mine:Cheapest"),
        ("nowhere:Cheapest", "nowhere:Cheapest cannot be loaded: No module named 'nowhere'"),
        ("broken:Cheapest", "broken:Cheapest cannot be loaded: invalid syntax"),
        ("prices:Dearest", "prices:Dearest cannot be loaded: module 'prices' has no attribute 'Dearest'"),
        ("prices:Nothing", "prices:Nothing is no plugin: it has neither filter_for nor score_for"),
        ("prices:Nameless", "prices:Nameless is no plugin: it has no name"),
        ("prices:Wrong", "prices:Wrong is no plugin: its waits_for has 'rain', which is none of node added, node"),
    ],
)
def test_what_is_no_plugin_is_refused(wanted: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        with_plugins(default_profile(), [wanted])
    assert str(refused.value).startswith(f"--plugin: {said}")
