"""A price as a value: what one token of each kind costs, and the bounds of the model that takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from ppkit.money import Money

USERS_OWN = "user"
"""The source of a price that the user gave."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What ONE token of each kind costs. A kind without a price of its own has the price of its whole.

    `dearest_input` is the most a token of text can cost: one newly written to the cache costs more than one
    read afresh, so the write is the bound. `dearest_input_12h` is the same where writes last twelve hours.
    """

    input: Money
    cached: Money
    cache_write: Money
    cache_write_12h: Money
    output: Money
    image_input: Money
    cached_image: Money
    image_output: Money
    dearest_input: Money = field(init=False)
    dearest_input_12h: Money = field(init=False)

    def __post_init__(self) -> None:
        dearest = max(self.input, self.cached, self.cache_write)
        object.__setattr__(self, "dearest_input", dearest)
        object.__setattr__(self, "dearest_input_12h", max(dearest, self.cache_write_12h))


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one model at one service tier on one day.

    More than `long_context_over` input tokens put the whole request on `long_context_rates`.
    `context_window`, `max_output_tokens` and `image_tokens_at_most` (for one input picture; None: unknown)
    are upper bounds. `tool_fees` is what one call of a hosted tool takes, by the names of `hosted_tools`.
    `valid_from` is the price's first day, None when it is not recorded; `source` says
    whose price it is; `family` is the model's own id when a dated snapshot was asked for. `note` is what the
    user's own file says of the price or of a discount.
    """

    model: str
    family: str
    tier: str
    rates: Rates
    long_context_rates: Rates | None
    long_context_over: int | None
    context_window: int
    max_output_tokens: int
    image_tokens_at_most: int | None
    source: str
    valid_from: date | None
    tool_fees: Mapping[str, Money] = field(default_factory=dict, hash=False)
    note: str = ""

    @property
    def whose(self) -> str:
        """Whose price it is, for a receipt: the source, and what the user's own file says of it."""
        parts = [self.note] if self.note and self.source == USERS_OWN else [self.source, self.note]
        return " ".join(filter(None, parts))

    def rates_for(self, input_tokens: int) -> Rates:
        """The rates of a request with this much input."""
        if self.long_context_over is not None and input_tokens > self.long_context_over:
            return self.long_context_rates or self.rates
        return self.rates
