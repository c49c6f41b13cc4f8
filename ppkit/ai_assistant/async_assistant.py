"""The Assistant for programs that await: the same calls, each in a thread of its own.

One way of reserving, sending and settling serves both. A cancelled call stops its stream and is counted as
far as it came; what cannot be called back ends in its thread and is booked.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from ppkit.ai_assistant.assistant import Assistant, OnDeltaOf, OnPartialOf
from ppkit.ai_assistant.brief import Brief
from ppkit.ai_assistant.conversations import Refinement
from ppkit.ai_assistant.drawing import OnPartial, Quality
from ppkit.ai_assistant.model_levels import ModelChoice, Purpose
from ppkit.ai_assistant.results import PaidText, Picture, Pictures, Post, Posts
from ppkit.ai_assistant.writing import OnDelta

if TYPE_CHECKING:
    from ppkit.ai_assistant.paid_calls import Stopped

Made = TypeVar("Made")
Given = ParamSpec("Given")


class AsyncAssistant:
    """`Assistant`, awaited; callbacks are called in the event loop, estimates are made by `sync`."""

    def __init__(self, assistant: Assistant) -> None:
        self.sync = assistant

    async def write_post(self, brief: Brief, on_delta: OnDelta | None = None) -> Post:
        on_piece = in_loop(on_delta)
        return await stoppable(lambda stopped: self.sync.write_post(brief, on_piece, stopped))

    async def variants(
        self, brief: Brief, number: int | None = None, on_delta: OnDeltaOf | None = None
    ) -> Posts:
        on_piece = in_loop(on_delta)
        return await stoppable(lambda stopped: self.sync.variants(brief, number, on_piece, stopped))

    async def refine(self, post: Post, wish: Refinement | str, on_delta: OnDelta | None = None) -> Post:
        on_piece = in_loop(on_delta)
        return await stoppable(lambda stopped: self.sync.refine(post, wish, on_piece, stopped))

    async def adapt(
        self, post: Post, to: Sequence[str] | None = None, on_delta: OnDeltaOf | None = None
    ) -> Posts:
        on_piece = in_loop(on_delta)
        return await stoppable(lambda stopped: self.sync.adapt(post, to, on_piece, stopped))

    async def draw(
        self,
        brief: Brief,
        size: str | None = None,
        quality: Quality = "low",
        *,
        post: Post | None = None,
        on_partial: OnPartial | None = None,
    ) -> Picture:
        seen = in_loop(on_partial)
        return await asyncio.to_thread(self.sync.draw, brief, size, quality, post=post, on_partial=seen)

    async def pictures(
        self,
        brief: Brief,
        number: int,
        size: str | None = None,
        quality: Quality = "low",
        *,
        post: Post | None = None,
        on_partial: OnPartialOf | None = None,
    ) -> Pictures:
        seen = in_loop(on_partial)
        return await stoppable(
            lambda stopped: self.sync.pictures(
                brief, number, size, quality, post=post, on_partial=seen, stopped=stopped
            )
        )

    async def edit(
        self,
        image: Picture | bytes,
        wish: str,
        *,
        mask: bytes | None = None,
        quality: Quality = "low",
        on_partial: OnPartial | None = None,
    ) -> Picture:
        seen = in_loop(on_partial)
        return await asyncio.to_thread(
            self.sync.edit, image, wish, mask=mask, quality=quality, on_partial=seen
        )

    async def alt_text(
        self, image: Picture | bytes, network: str | None = None, language: str | None = None
    ) -> PaidText:
        return await asyncio.to_thread(self.sync.alt_text, image, network, language)

    async def brand_voice(self, samples: Sequence[str], language: str = "it") -> PaidText:
        return await asyncio.to_thread(self.sync.brand_voice, samples, language)

    async def models(self, purpose: Purpose = "text") -> tuple[ModelChoice, ...]:
        return await asyncio.to_thread(self.sync.models, purpose)


async def stoppable(call: Callable[[Stopped], Made]) -> Made:
    """The call in a thread; when the wait for it is cancelled, it is told to stop."""
    stop = threading.Event()
    try:
        return await asyncio.to_thread(call, stop.is_set)
    finally:
        stop.set()


def in_loop(callback: Callable[Given, None] | None) -> Callable[Given, None] | None:
    """The callback, called in the event loop from whatever thread."""
    if callback is None:
        return None
    loop = asyncio.get_running_loop()

    def call(*given: Given.args, **named: Given.kwargs) -> None:
        loop.call_soon_threadsafe(lambda: callback(*given, **named))

    return call
