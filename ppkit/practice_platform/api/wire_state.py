"""What the wire keeps between requests besides the platform: caches and counters in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from ppkit.practice_platform.api.rates import RateMeter
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.prompt_cache import PromptCache

Sleep = Callable[[float], Awaitable[None]]
SLOW_ANSWER_SECONDS = 3.0
SLOW_STREAM_SECONDS = 0.25
NEVER_SECONDS = 3_600.0


@dataclass(slots=True)
class WireState:
    """`pace_seconds` is the pause between the pieces of a stream: real-time for people, 0 for tests.
    `body_bytes` is the size of all request bodies that are arriving.

    `sleep` waits so many seconds; tests hand in one that only counts.
    """

    platform: Platform
    pace_seconds: float = 0.0
    sleep: Sleep = asyncio.sleep
    prompt_cache: PromptCache = field(default_factory=PromptCache)
    rates: RateMeter = field(default_factory=RateMeter)
    body_bytes: int = 0
    _calls_in_storm: int = 0

    def pause_seconds(self) -> float:
        """The pause between the pieces of a stream, as set or as rehearsed."""
        slow = self.platform.faults.is_on("slow_stream")
        return max(self.pace_seconds, SLOW_STREAM_SECONDS if slow else 0.0)

    def storm_lets_through(self, period: int) -> bool:
        """Whether this call of a storm is the one of `period` calls that gets an answer."""
        self._calls_in_storm += 1
        return self._calls_in_storm % period == 0
