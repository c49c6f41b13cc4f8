"""The most a request can cost, known before it leaves.

The ceiling is never below the true cost. Where it cannot be known, the request is refused (UnboundedRequest).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ppkit.money import ZERO, Money
from ppkit.spending import bounds
from ppkit.spending.bounds import UnboundedRequest
from ppkit.spending.image_bounds import image_request_bounds
from ppkit.spending.token_rates import Price, Rates

__all__ = ["NO_CEILING", "Ceiling", "UnboundedRequest", "ceiling_at", "ceiling_of", "widest_ceiling"]

SMALLEST_RESPONSE_TOKENS = 16  # /responses refuses a smaller max_output_tokens


class Ceiling(NamedTuple):
    """The most one request can cost, and how that depends on its output.

    `output_bounded` says that the caller gave a bound on the output, or that the request has no output to
    bound (embeddings, images). `output_tokens` counts all choices together. `input_cost` is all that does not
    depend on the output, `tool_fees` the part of it that hosted tools take by the call.
    `unbounded`: the request can cost more than this, and no limit forbids that. `fees_uncounted`: its answer
    will not show all that it has cost.
    """

    total: Money
    input_tokens: int
    output_tokens: int
    output_bounded: bool
    smallest: Money
    input_cost: Money
    output_token_cost: Money
    can_be_capped: bool
    tool_fees: Money = ZERO
    unbounded: bool = False
    fees_uncounted: bool = False

    def affordable_output_tokens(self, money: Money) -> int | None:
        """How many output tokens in all fit into `money` beside the input; at most `output_tokens`.

        0 when not even the input fits. None when the output of this request cannot be capped.
        """
        if not self.can_be_capped:
            return None
        left = money.pico_usd - self.input_cost.pico_usd
        if left <= 0:
            return 0
        if not self.output_token_cost:
            return self.output_tokens
        return min(left // self.output_token_cost.pico_usd, self.output_tokens)


def ceiling_of(endpoint: str, body: Mapping[str, Any], body_bytes: int, price: Price) -> Ceiling:
    """The ceiling of a request to `endpoint` ("responses", "chat", "embeddings" or "images").

    `body` is the JSON (or, for image edits, the form's fields) about to be sent, `body_bytes` its length on
    the wire, `price` the one for the body's model and `service_tier`. Raises UnboundedRequest when the body
    asks for something whose cost has no known bound.
    """
    if endpoint == "images":
        return _image_ceiling(body, body_bytes, price)
    if endpoint == "embeddings":
        return _embedding_ceiling(body_bytes, price)
    if endpoint == "responses":
        request = bounds.response_bounds(body, body_bytes, price)
        smallest = min(SMALLEST_RESPONSE_TOKENS, request.output_tokens)
    elif endpoint == "chat":
        request = bounds.chat_bounds(body, body_bytes, price)
        smallest = min(request.choices, request.output_tokens)
    else:
        raise UnboundedRequest(reason="unknown_endpoint", field=endpoint)
    return _ceiling(request, price.rates_for(request.input_tokens), smallest)


def _ceiling(request: bounds.TextBounds, rates: Rates, smallest: int) -> Ceiling:
    input_token = rates.dearest_input_12h if request.caches_for_12h else rates.dearest_input
    # Whole pico-dollars until the end: an object for every sum would cost as much as the rest.
    output_token = rates.output.pico_usd
    input_cost = input_token.pico_usd * request.input_tokens + request.tool_fees.pico_usd
    total = Money(input_cost + output_token * request.output_tokens)
    free_to_cap = request.can_be_capped and not request.output_bounded
    return Ceiling(
        total=total,
        input_tokens=request.input_tokens,
        output_tokens=request.output_tokens,
        output_bounded=request.output_bounded,
        smallest=Money(input_cost + output_token * smallest) if free_to_cap else total,
        input_cost=Money(input_cost),
        output_token_cost=rates.output,
        can_be_capped=request.can_be_capped,
        tool_fees=request.tool_fees,
    )


def ceiling_at(input_tokens: int, output_tokens: int, total: Money) -> Ceiling:
    """A ceiling that does not depend on how long the answer becomes."""
    return Ceiling(total, input_tokens, output_tokens, True, total, total, ZERO, False)


NO_CEILING = ceiling_at(0, 0, ZERO)


def widest_ceiling(price: Price) -> Ceiling:
    """The most one pass of the model can cost: what is held for a request without a bound."""
    tokens = price.context_window
    rates = price.rates_for(tokens)
    dearest_input = max(rates.input, rates.cache_write_12h, rates.image_input)
    dearest_output = max(rates.output, rates.image_output)
    total = dearest_input * tokens + dearest_output * price.max_output_tokens
    return ceiling_at(tokens, price.max_output_tokens, total)._replace(unbounded=True)


def _embedding_ceiling(body_bytes: int, price: Price) -> Ceiling:
    # Ready-made tokens in the body take two bytes each ("1,"), so bytes bound them too.
    input_tokens = min(body_bytes, price.context_window)
    return ceiling_at(input_tokens, 0, price.rates_for(input_tokens).dearest_input * input_tokens)


def _image_ceiling(body: Mapping[str, Any], body_bytes: int, price: Price) -> Ceiling:
    request = image_request_bounds(body, body_bytes, price)
    rates = price.rates_for(request.text_input_tokens + request.image_input_tokens)
    total = (
        rates.dearest_input * request.text_input_tokens
        + max(rates.image_input, rates.cached_image) * request.image_input_tokens
        + rates.image_output * request.image_output_tokens
        + rates.output * request.text_output_tokens
    )
    return ceiling_at(
        request.text_input_tokens + request.image_input_tokens,
        request.image_output_tokens + request.text_output_tokens,
        total,
    )
