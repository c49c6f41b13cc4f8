"""A session's Assistant: what it writes in series goes through the drafts, by the same batch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from ppkit.ai_assistant import Assistant, AsyncAssistant, Brief
from ppkit.ai_assistant.async_assistant import in_loop, stoppable
from ppkit.drafts.batch import Batch
from ppkit.drafts.batch_rows import BatchStatus
from ppkit.drafts.batch_values import BatchConsent, BatchEstimate, BatchOutcome, BatchProgress
from ppkit.drafts.brief_table import WantedPost
from ppkit.drafts.draft import Draft
from ppkit.drafts.drafts import Drafts


class DraftingAssistant(Assistant):
    """The Assistant that knows where drafts are kept; `drafts` is asked for them when it needs them."""

    def __init__(self, drafts: Callable[[], Drafts], *given: Any, **named: Any) -> None:
        """What follows the drafts is the Assistant's."""
        super().__init__(*given, **named)
        self._drafts = drafts

    def batch(self, posts: Iterable[Brief | WantedPost], *, client: str = "", again: bool = False) -> Batch:
        """Many posts by one estimate and one consent: `Drafts.batch`, which this is, raises the same."""
        return self._drafts().batch(posts, client=client, again=again)

    @property
    def awaited(self) -> AsyncDraftingAssistant:
        """The same calls for programs that await."""
        return AsyncDraftingAssistant(self)


class AsyncDraftingAssistant(AsyncAssistant):
    """`DraftingAssistant`, awaited."""

    def __init__(self, assistant: DraftingAssistant) -> None:
        super().__init__(assistant)
        self._drafting = assistant

    async def batch(
        self, posts: Iterable[Brief | WantedPost], *, client: str = "", again: bool = False
    ) -> AsyncBatch:
        make = partial(self._drafting.batch, list(posts), client=client, again=again)
        return AsyncBatch(await asyncio.to_thread(make))


class AsyncBatch:
    """`Batch`, awaited; one that is cancelled lets the call under way end, and its post is kept."""

    def __init__(self, batch: Batch) -> None:
        self.sync = batch

    async def status(self) -> BatchStatus:
        return await asyncio.to_thread(lambda: self.sync.status)

    async def estimate(self) -> BatchEstimate:
        return await asyncio.to_thread(self.sync.estimate)

    async def run(
        self, consent: BatchConsent, on_progress: Callable[[BatchProgress], None] | None = None
    ) -> BatchOutcome:
        """`on_progress` is called in the event loop."""
        told = in_loop(on_progress) or (lambda _progress: None)
        return await stoppable(lambda stopped: self.sync.run(consent, told, stopped))

    async def retry(self) -> BatchStatus:
        return await asyncio.to_thread(self.sync.retry)

    async def drafts(self) -> list[Draft]:
        return await asyncio.to_thread(self.sync.drafts)
