"""Names made of a prefix and letters: one that is taken is drawn again, eight times."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest

from minikube_py.admission.chain import AdmissionChain
from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.registry import Registry
from minikube_py.api.status import AlreadyExists
from minikube_py.apiserver.writer import Target, Writer
from minikube_py.storage.memory import MemoryStorage
from minikube_py.watchcache.cacher import Cacher

GIVEN = ConfigMap.from_dict({"metadata": {"generateName": "job-"}})
ANY_NAME = Target(ConfigMap, "default", "")


@pytest.fixture
async def storage() -> AsyncIterator[MemoryStorage]:
    opened = MemoryStorage()
    yield opened
    await opened.close()


def writer(storage: MemoryStorage) -> Writer:
    """Each draws the same names in the same order."""
    return Writer(storage, Cacher(storage, Registry((ConfigMap,))), AdmissionChain(()), random.Random(7))


async def draw(writer: Writer) -> str:
    return (await writer.create(ANY_NAME, GIVEN)).obj.metadata.name


async def test_a_name_that_is_taken_is_drawn_again_seven_times(storage: MemoryStorage) -> None:
    first = writer(storage)
    taken = [await draw(first) for _ in range(7)]
    name = await draw(writer(storage))
    assert name.startswith("job-")
    assert name not in taken


async def test_who_drew_eight_names_that_are_taken_is_told_to_come_back(storage: MemoryStorage) -> None:
    first = writer(storage)
    taken = [await draw(first) for _ in range(8)]
    with pytest.raises(AlreadyExists) as refused:
        await draw(writer(storage))
    status = refused.value.to_status()
    assert status["message"] == (
        f'configmaps "{taken[-1]}" already exists, the server was not able to generate a unique name for the object'
    )
    assert (status["reason"], status["code"]) == ("AlreadyExists", 409)
    assert status["details"] == {"name": taken[-1], "kind": "configmaps", "retryAfterSeconds": 1}
