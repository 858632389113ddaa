"""Sending: long answers share the event loop with everything else, and with each other by user.

To encrypt and to send a piece of an answer takes half a millisecond, and all clients that read are ready for theirs in
the same round of the loop: hundreds of them would make each round long, and everybody's small requests wait for it. So
each round sends so much of long answers and no more; the users whose answers wait take turns.

Kubernetes: a thread for each of the machine's processors, which Go gives to all connections in turn
"""

from __future__ import annotations

import asyncio

from minikube_py.flowcontrol.fair_queue import FairQueue

ROUND_BYTES = 1024 * 1024
SMALL_BYTES = 32 * 1024
"""What is smaller need not wait."""


class Sending:
    def __init__(self) -> None:
        self._left = ROUND_BYTES
        self._is_round_begun = False
        self._waiting: FairQueue[tuple[int, asyncio.Future[None]]] = FairQueue()

    async def turn(self, user: str, size: int) -> None:
        """Wait until so much may be sent to this user."""
        if size < SMALL_BYTES:
            return
        if self._left > 0 and not self._waiting:
            self._take(size)
            return
        called = asyncio.get_running_loop().create_future()
        self._waiting.add(user, (size, called))
        await called

    def _take(self, size: int) -> None:
        self._left -= size
        if not self._is_round_begun:
            self._is_round_begun = True
            asyncio.get_running_loop().call_soon(self._next_round)

    def _next_round(self) -> None:
        self._left, self._is_round_begun = ROUND_BYTES, False
        while self._waiting and self._left > 0:
            size, called = self._waiting.pop()
            if not called.done():  # it may have been cancelled
                called.set_result(None)
                self._take(size)
