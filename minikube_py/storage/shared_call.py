"""SharedCall: many ask the same question, one call answers all who came before it was sent.

Whoever comes while a call is under way waits for the next one: its answer may be of a moment before he asked.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedCall(Generic[T]):
    """Await it like the function that it was made of."""

    def __init__(self, call: Callable[[], Awaitable[T]]) -> None:
        self._call = call
        self._next: asyncio.Task[T] | None = None
        self._under_way = asyncio.Lock()

    async def __call__(self) -> T:
        """Raises: whatever the call raises, to each who waited for it."""
        if self._next is None:
            self._next = asyncio.create_task(self._ask())
            # When all who asked have left, nobody else looks at how it ended.
            self._next.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        return await asyncio.shield(self._next)

    async def _ask(self) -> T:
        async with self._under_way:
            self._next = None
            return await self._call()
