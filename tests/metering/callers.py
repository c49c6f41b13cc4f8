"""One way to call both kinds of client, so that every promise is examined for both."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from functools import reduce
from typing import Any

import httpx2

from ppkit.metering import AsyncOpenAI, Meter, OpenAI

# Built so that no scanner takes it for a key; the ledger may know its last four characters only.
KEY = "sk-practice-" + "CANARY" * 8
BASE_URL = "http://platform.test/v1"


class Caller:
    """A metered client of one kind. `call("responses.create", …)` awaits where it has to."""

    def __init__(
        self, meter: Meter, handler: Callable[[httpx2.Request], httpx2.Response], **sdk: Any
    ) -> None:
        arguments: dict[str, Any] = {"api_key": KEY, "base_url": BASE_URL, "max_retries": 0} | sdk
        self.client: Any = self.open(meter, httpx2.MockTransport(handler), arguments)

    def open(self, meter: Meter, transport: httpx2.MockTransport, sdk: dict[str, Any]) -> Any:
        raise NotImplementedError

    def call(self, method: str, **arguments: Any) -> Any:
        raise NotImplementedError

    def stream(self, method: str, take: int | None = None, **arguments: Any) -> list[Any]:
        """The events of a stream; after `take` of them it is closed."""
        raise NotImplementedError

    def method(self, name: str) -> Any:
        return reduce(getattr, name.split("."), self.client)


class SyncCaller(Caller):
    def open(self, meter: Meter, transport: httpx2.MockTransport, sdk: dict[str, Any]) -> Any:
        return OpenAI(meter=meter, http_client=httpx2.Client(transport=transport), **sdk)

    def call(self, method: str, **arguments: Any) -> Any:
        return self.method(method)(**arguments)

    def stream(self, method: str, take: int | None = None, **arguments: Any) -> list[Any]:
        events = []
        with self.method(method)(stream=True, **arguments) as stream:
            for event in stream:
                events.append(event)
                if len(events) == take:
                    break
        return events


class AsyncCaller(Caller):
    def open(self, meter: Meter, transport: httpx2.MockTransport, sdk: dict[str, Any]) -> Any:
        return AsyncOpenAI(meter=meter, http_client=httpx2.AsyncClient(transport=transport), **sdk)

    def call(self, method: str, **arguments: Any) -> Any:
        async def calling() -> Any:
            result = self.method(method)(**arguments)
            return await result if inspect.isawaitable(result) else result

        return asyncio.run(calling())

    def stream(self, method: str, take: int | None = None, **arguments: Any) -> list[Any]:
        async def reading() -> list[Any]:
            events = []
            async with await self.method(method)(stream=True, **arguments) as stream:
                async for event in stream:
                    events.append(event)
                    if len(events) == take:
                        break
            return events

        return asyncio.run(reading())
