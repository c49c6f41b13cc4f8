"""What one call used: tokens by kind, which can only be made if they are possible (see `reported`)."""

from __future__ import annotations

from dataclasses import dataclass

from ppkit.errors import PpkitError


class ImpossibleUsage(PpkitError):
    """Figures contradict each other. Facts: reason ("negative", "not_whole", "parts_exceed_whole"), field."""

    code = "impossible_usage"


_WHOLE = {int}


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. Every later field is a part of one of the first two.

    `cached_tokens` (read from the prompt cache) and `cache_write_tokens` are disjoint parts of the input;
    `cache_write_12h_tokens` is the part of the writes kept for twelve hours; `image_input_tokens` is the part
    of the input that came from pictures, `cached_image_tokens` the part of those read from the cache.
    `reasoning_tokens` and `image_output_tokens` are disjoint parts of the output.

    Raises ImpossibleUsage when a figure is negative or no whole number, or the parts exceed their whole.
    """

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    image_input_tokens: int = 0
    cached_image_tokens: int = 0
    image_output_tokens: int = 0
    cache_write_12h_tokens: int = 0

    def __post_init__(self) -> None:
        figures = (
            self.input_tokens,
            self.output_tokens,
            self.cached_tokens,
            self.cache_write_tokens,
            self.reasoning_tokens,
            self.image_input_tokens,
            self.cached_image_tokens,
            self.image_output_tokens,
            self.cache_write_12h_tokens,
        )
        if set(map(type, figures)) != _WHOLE:  # a bool or a float here is a parser's mistake, not a count
            raise ImpossibleUsage(reason="not_whole", field="usage")
        if min(figures) < 0:
            raise ImpossibleUsage(reason="negative", field="usage")
        if max(figures[2:]):
            self._check_parts()

    def _check_parts(self) -> None:
        read_or_image = self.cached_tokens + self.image_input_tokens - self.cached_image_tokens
        if (
            self.cached_tokens + self.cache_write_tokens > self.input_tokens
            or read_or_image > self.input_tokens
            or self.cached_image_tokens > min(self.cached_tokens, self.image_input_tokens)
            or self.cache_write_12h_tokens > self.cache_write_tokens
        ):
            raise ImpossibleUsage(reason="parts_exceed_whole", field="input_tokens")
        if self.reasoning_tokens + self.image_output_tokens > self.output_tokens:
            raise ImpossibleUsage(reason="parts_exceed_whole", field="output_tokens")
