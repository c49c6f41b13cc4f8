"""AsyncOpenAI behind the face of OpenAI: the same test examines both.

Whatever has to be awaited is awaited at once, and async iterators and context managers become plain ones.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self


class Blocking:
    """An asynchronous object used from ordinary code, on an event loop of this object."""

    def __init__(self, target: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._target = target
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        return self._calling(found) if inspect.isroutine(found) else self._shown(found)

    def __iter__(self) -> Iterator[Any]:
        steps = aiter(self._target)
        while True:
            try:
                yield self._loop.run_until_complete(anext(steps))
            except StopAsyncIteration:
                return

    def __enter__(self) -> Any:
        return self._shown(self._loop.run_until_complete(self._target.__aenter__()))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.run_until_complete(self._target.__aexit__(kind, error, trace))

    def with_options(self, **options: Any) -> Self:
        return type(self)(self._target.with_options(**options), self._loop)

    def _calling(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            result = function(*arguments, **named)
            return self._shown(self._loop.run_until_complete(_awaited(result)))

        return call

    def _shown(self, value: Any) -> Any:
        """Plain data as it is; what leads on to something asynchronous behind the same face."""
        leads_on = any(
            hasattr(value, name) for name in ("__aiter__", "__aenter__", "_client", "with_raw_response")
        )
        is_raw = type(value).__name__.endswith("WithRawResponse")
        return Blocking(value, self._loop) if leads_on or is_raw else value


async def _awaited(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value
