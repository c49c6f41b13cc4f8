"""Prompt caching: a repeated beginning of at least 1,024 tokens is cheaper, for a while."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field

SMALLEST_TOKENS = 1_024
STEP_TOKENS = 128
BLOCK_BYTES = 512
LASTS_SECONDS = 1_800
MOST_BLOCKS = 50_000


@dataclass(slots=True)
class PromptCache:
    """Remembers prompts block by block, so that the longest known beginning of a new one is found.

    In memory and bounded: a cache that a restart empties is what a cache is.
    """

    _seen: OrderedDict[bytes, int] = field(default_factory=OrderedDict)

    def cached_tokens(self, scope: str, prompt: str, tokens: int, now: int) -> int:
        """How many of the prompt's tokens were seen lately, in steps of 128; then remember the prompt.

        `scope` parts what must not share (organization, model); `now` is in Unix seconds.
        """
        if tokens < SMALLEST_TOKENS:
            return 0
        data = prompt.encode("utf-8", "surrogatepass")
        known_bytes, unbroken = 0, True
        rolling = hashlib.sha256(scope.encode())
        for start in range(0, len(data), BLOCK_BYTES):
            block = data[start : start + BLOCK_BYTES]
            rolling.update(block)
            digest = rolling.digest()[:16]
            unbroken = unbroken and self._seen.get(digest, 0) > now
            if unbroken:
                known_bytes += len(block)
            self._seen[digest] = now + LASTS_SECONDS
            self._seen.move_to_end(digest)
        while len(self._seen) > MOST_BLOCKS:
            self._seen.popitem(last=False)
        cached = tokens * known_bytes // len(data) // STEP_TOKENS * STEP_TOKENS
        return cached if cached >= SMALLEST_TOKENS else 0

    def forget(self) -> None:
        self._seen.clear()
