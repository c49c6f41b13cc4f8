"""Usage times price: what a call cost, part by part, each token billed once."""

from __future__ import annotations

from typing import NamedTuple

from ppkit.money import ZERO, Money
from ppkit.spending.token_rates import Price
from ppkit.spending.usage import Usage


class Cost(NamedTuple):
    """The parts of a call's cost; they add up to `total`. Reasoning tokens are inside `output`.

    `tools` is what hosted tools took by the call, and what other models that they used took.
    """

    input: Money
    cached: Money
    cache_write: Money
    image_input: Money
    cached_image: Money
    output: Money
    image_output: Money
    tools: Money
    total: Money

    def with_tools(self, more: Money) -> Cost:
        """The same with so much more for tools."""
        return self._replace(tools=self.tools + more, total=self.total + more)


def cost_of(usage: Usage, price: Price) -> Cost:
    """The exact cost of `usage` at `price`.

    The parts are taken out of their whole first, then multiplied. More input than `long_context_over` puts
    the whole request, output included, on the long-context rates.
    """
    rates = price.rates_for(usage.input_tokens)
    cached_text = usage.cached_tokens - usage.cached_image_tokens
    fresh_image = usage.image_input_tokens - usage.cached_image_tokens
    fresh_text = usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens - fresh_image
    if fresh_text < 0:  # pictures were written to the cache too: those tokens are billed as writes alone
        fresh_image, fresh_text = fresh_image + fresh_text, 0
    written_30m = usage.cache_write_tokens - usage.cache_write_12h_tokens
    parts = (
        rates.input.pico_usd * fresh_text,
        rates.cached.pico_usd * cached_text,
        rates.cache_write.pico_usd * written_30m
        + rates.cache_write_12h.pico_usd * usage.cache_write_12h_tokens,
        rates.image_input.pico_usd * fresh_image,
        rates.cached_image.pico_usd * usage.cached_image_tokens,
        rates.output.pico_usd * (usage.output_tokens - usage.image_output_tokens),
        rates.image_output.pico_usd * usage.image_output_tokens,
    )
    # Most parts are nothing: one zero serves them all.
    return Cost(*[Money(part) if part else ZERO for part in (*parts, 0, sum(parts))])
