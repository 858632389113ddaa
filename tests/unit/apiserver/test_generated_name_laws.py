"""Crowds that draw names: each gets one that nobody else has, or is told that all it drew were taken."""

from __future__ import annotations

import asyncio
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from minikube_py.admission.chain import AdmissionChain
from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.registry import Registry
from minikube_py.api.status import AlreadyExists
from minikube_py.apiserver.writer import Target, Writer
from minikube_py.storage.memory import MemoryStorage
from minikube_py.watchcache.cacher import Cacher

LONGEST = 63


class FewLetters(random.Random):
    """Draws from the first of all letters only."""

    def __init__(self, seed: int, share: float) -> None:
        super().__init__(seed)
        self._share = share

    def random(self) -> float:
        return super().random() * self._share


async def draw(prefix: str, count: int, source: random.Random) -> None:
    storage = MemoryStorage()
    writer = Writer(storage, Cacher(storage, Registry((ConfigMap,))), AdmissionChain(()), source)
    target = Target(ConfigMap, "default", "")

    async def make(number: int) -> tuple[str, str] | None:
        document = {"metadata": {"generateName": prefix}, "data": {"number": str(number)}}
        given_map = ConfigMap.from_dict(document)
        try:
            written = (await writer.create(target, given_map)).obj
        except AlreadyExists:
            return None
        return written.metadata.name, str(number)

    made = [pair for pair in await asyncio.gather(*map(make, range(count))) if pair is not None]
    page = await storage.list("", start="")
    await storage.close()
    stored = {
        found.metadata.name: found.data["number"]
        for found in map(ConfigMap.decode_stored, (kv.value for kv in page.items))
    }
    assert stored == dict(made)
    assert len(stored) == len(made)
    assert made
    for name, _ in made:
        assert len(name) <= LONGEST
        assert name.startswith(prefix[: LONGEST - 5])


@given(
    prefix=st.from_regex(r"[a-z][a-z0-9-]{0,80}", fullmatch=True),
    count=st.integers(1, 60),
    seed=st.integers(0, 2**32),
    share=st.sampled_from((1.0, 0.11, 0.07, 0.03)),
)
@settings(max_examples=30, deadline=None)
def test_nobody_gets_a_name_that_another_has(prefix: str, count: int, seed: int, share: float) -> None:
    asyncio.run(draw(prefix, count, FewLetters(seed, share)))
