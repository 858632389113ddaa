"""Long answers: so much in a round of the loop, the users in turn."""

from __future__ import annotations

import asyncio

from minikube_py.flowcontrol.fair_queue import FairQueue
from minikube_py.flowcontrol.sending import ROUND_BYTES, SMALL_BYTES, Sending

PIECE = ROUND_BYTES // 4


async def test_a_round_sends_so_much_and_no_more() -> None:
    sending, sent = Sending(), []

    async def send(name: str) -> None:
        await sending.turn("bob", PIECE)
        sent.append(name)

    tasks = [asyncio.create_task(send(str(number))) for number in range(10)]
    rounds = []
    while len(sent) < 10:
        before = len(sent)
        await asyncio.sleep(0)
        rounds.append(len(sent) - before)
    await asyncio.gather(*tasks)
    assert max(rounds) <= 4
    assert sent == [str(number) for number in range(10)]


async def test_users_take_turns_and_who_is_gone_takes_none() -> None:
    sending, sent = Sending(), []

    async def send(user: str) -> None:
        await sending.turn(user, PIECE)
        sent.append(user)

    bobs = [asyncio.create_task(send("bob")) for _ in range(40)]
    await asyncio.sleep(0)
    carols = [asyncio.create_task(send("carol")) for _ in range(3)]
    for gone in bobs[10:20]:
        gone.cancel()
    await asyncio.gather(*bobs, *carols, return_exceptions=True)
    assert sent.count("bob") == 30
    assert "carol" not in sent[15:]


async def test_what_is_small_does_not_wait() -> None:
    sending = Sending()
    waiting = [asyncio.create_task(sending.turn("bob", ROUND_BYTES)) for _ in range(5)]
    await asyncio.sleep(0)
    await sending.turn("bob", SMALL_BYTES - 1)
    assert not all(task.done() for task in waiting)
    await asyncio.gather(*waiting)


def test_owners_take_turns() -> None:
    queue: FairQueue[str] = FairQueue()
    for owner, things in (("bob", "abcd"), ("carol", "x"), ("dave", "yz")):
        for thing in things:
            queue.add(owner, thing)
    assert queue.count("bob") == 4
    assert "".join(queue.pop() for _ in range(7)) == "axybzcd"
    assert not queue
