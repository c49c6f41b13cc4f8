"""What the wire keeps between requests besides the platform: caches and counters in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from ppkit.practice.api.rates import RateMeter
from ppkit.practice.platform import Platform
from ppkit.practice.prompt_cache import PromptCache


@dataclass(slots=True)
class WireState:
    """`pace_seconds` is the pause between the pieces of a stream: real-time for people, 0 for tests."""

    platform: Platform
    pace_seconds: float = 0.0
    prompt_cache: PromptCache = field(default_factory=PromptCache)
    rates: RateMeter = field(default_factory=RateMeter)
