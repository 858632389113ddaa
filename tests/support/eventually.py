"""`await eventually(condition, timeout_s=...)`: the one way for a test to wait for something that happens elsewhere."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

_INTERVAL_S = 0.02


@overload
async def eventually(condition: Callable[[], Awaitable[T]], *, timeout_s: float = ...) -> T: ...
@overload
async def eventually(condition: Callable[[], T], *, timeout_s: float = ...) -> T: ...


async def eventually(condition: Callable[[], T | Awaitable[T]], *, timeout_s: float = 10.0) -> T:
    """Call `condition` (sync or async) until it returns something truthy without an AssertionError; return that.

    Raises: AssertionError with the last state seen when `timeout_s` is over.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_s
    while True:
        state: object
        cause: AssertionError | None = None
        try:
            answer = condition()
            result: T = await answer if inspect.isawaitable(answer) else answer
            if result:
                return result
            state = result
        except AssertionError as error:
            state, cause = error, error
        if loop.time() >= deadline:
            raise AssertionError(f"not so within {timeout_s} s; last state: {state!r}") from cause
        await asyncio.sleep(_INTERVAL_S)
