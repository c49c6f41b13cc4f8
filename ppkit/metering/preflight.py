"""Before a request leaves: is it paid, what can it cost at most, does the ledger hold that much for it?

No input or output but the ledger's. Waiting is left to the caller: the generators yield seconds to wait.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import httpx2

from ppkit.metering import rewriting
from ppkit.metering.headers import CALL_ID, CONTENT_TYPE, carries_foreign_key, read_headers
from ppkit.metering.jsontext import parsed
from ppkit.metering.meter import Meter
from ppkit.metering.multipart import UnreadableBody, fields_of
from ppkit.metering.pending_call import Held, OutgoingBody, PendingCall
from ppkit.metering.receipts import current_collectors
from ppkit.metering.refusals import (
    HardLimitReached,
    KeyOfOtherMode,
    LedgerBusy,
    LimitRefusal,
    UnknownPriceRefused,
    UnknownTierRefused,
    UnmeteredRoute,
    UnreadableRequest,
    unbounded,
)
from ppkit.metering.retries import current_attempts
from ppkit.metering.routes import Endpoint, route_of
from ppkit.metering.tags import current_tags
from ppkit.money import ZERO, Money
from ppkit.spending.ceiling import Ceiling, UnboundedRequest, ceiling_of
from ppkit.spending.ledger import Blocked, Call, Reservation, ReservationRefused
from ppkit.spending.prices import Price, UnknownPrice, UnknownTier

USEFUL_OUTPUT_TOKENS = 256
"""The shortest bound on an answer that is worth having while others may still give money back."""

GENEROUS_OUTPUT_TOKENS = 4096
"""How much a call takes of what little is left before it leaves the rest to others."""

LONGEST_CALL = timedelta(hours=2)
"""How long a living process may take for a call; what a dead one held is counted without waiting for it."""

_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.01, 0.25
_CALL_ID_HEADER = CALL_ID.decode()

Waits = Generator[float, None, "PendingCall"]


def endpoint_of(meter: Meter, request: httpx2.Request) -> Endpoint | None:
    """The metered endpoint of a request; None when it is let through uncounted.

    Raises KeyOfOtherMode, whatever the route and the address, and UnmeteredRoute.
    """
    if meter.mode is not None and carries_foreign_key(request.headers, meter.mode):
        raise KeyOfOtherMode(request, mode=meter.mode)
    route = route_of(request.method, request.url.path)
    if route == "free":
        return None
    if route != "unmetered":
        return route
    if not meter.allow_unmetered:
        raise UnmeteredRoute(request, route=request.url.path)
    return None


def preflight(meter: Meter, endpoint: Endpoint, request: httpx2.Request) -> Waits:
    """Reserve for one HTTP attempt whose body has been read; returns it ready to be sent.

    Raises one of the refusals when it must not be sent, and whatever is wrong with the ledger.
    """
    meter.flush()
    content = request.content
    headers = read_headers(request.headers)
    body = _body_of(request, content, headers.get(CONTENT_TYPE, ""))
    at = meter.clock.now()
    call = Call(
        id=meter.new_id(at),
        model=_model_of(body),
        key=meter.key_of(headers),
        endpoint=endpoint,
        tags=dict(current_tags()),
    )
    asked = _asked(meter, request, call, body, at)
    started = meter.clock.monotonic()
    attempts = current_attempts()
    instead_of = None if attempts is None else attempts.failed_call_id
    reservation = yield from _reserved(meter, request, call, asked.ceiling, instead_of)
    try:
        held = Held(
            call=call,
            body=body,
            at=at,
            price=asked.price,
            ceiling=asked.ceiling,
            reserved=reservation.amount,
            capped_output_tokens=_cap(asked.ceiling, reservation, body),
            fees_uncounted=asked.fees_uncounted,
            unbounded=asked.unbounded,
            waited_seconds=meter.clock.monotonic() - started,
            collectors=current_collectors(),
        )
        if CALL_ID not in headers:
            request.headers[_CALL_ID_HEADER] = call.id
        return PendingCall(meter, held, _outgoing(request, content, held), attempts)
    except BaseException:
        if instead_of is None:
            meter.ledger.release(call.id)  # nothing was sent, so nothing can be billed
        else:  # but for the attempt before, whose hold has passed on to this one
            meter.ledger.give_up(call.id, "server_error")
        raise


# ---------------------------------------------------------------- the request


def _body_of(request: httpx2.Request, content: bytes, content_type: str) -> Mapping[str, Any]:
    try:
        if content_type.startswith("multipart/form-data"):
            return fields_of(content, content_type)
        body = parsed(content)
    except (ValueError, RecursionError, UnreadableBody):
        raise UnreadableRequest(request) from None
    if not isinstance(body, dict):
        raise UnreadableRequest(request)
    return body


def _model_of(body: Mapping[str, Any]) -> str:
    model = body.get("model")
    return model if isinstance(model, str) else ""


def _outgoing(request: httpx2.Request, content: bytes, held: Held) -> httpx2.Request:
    """The request to send: the caller's own where nothing in its body has to change."""
    headers = request.headers
    headers["accept-encoding"] = "identity"  # the answer is read as it passes
    changed = content
    if held.capped_output_tokens is not None:
        changed = rewriting.with_output_bound(
            changed, held.body, held.call.endpoint, held.capped_output_tokens
        )
    if held.hides_usage:
        changed = rewriting.with_usage_asked_for(changed, held.body)
    if changed is not content:
        headers = headers.copy()
        headers["content-length"] = str(len(changed))
        request = httpx2.Request(
            request.method, request.url, headers=headers, content=changed, extensions=request.extensions
        )
    request.stream = OutgoingBody(changed)
    return request


# ---------------------------------------------------------------- what it can cost


class _Asked(NamedTuple):
    """What a request is reserved at.

    `fees_uncounted`: its answer will not tell all that it costs. `unbounded`: it can cost more than is held.
    """

    price: Price | None
    ceiling: Ceiling
    fees_uncounted: bool = False
    unbounded: bool = False


def _asked(
    meter: Meter, request: httpx2.Request, call: Call, body: Mapping[str, Any], at: datetime
) -> _Asked:
    tier = body.get("service_tier")
    try:
        price = meter.price_of(request.url.host, call.model, at, tier if isinstance(tier, str) else None)
    except UnknownPrice as unknown:
        if meter.allow_unpriced:
            return _Asked(None, _fixed(ZERO), fees_uncounted=True, unbounded=True)
        if isinstance(unknown, UnknownTier):
            raise UnknownTierRefused(request, model=call.model, tier=str(tier)) from None
        raise UnknownPriceRefused(request, model=call.model) from None
    try:
        return _Asked(price, ceiling_of(call.endpoint, body, len(request.content), price))
    except UnboundedRequest as without_bound:
        reason, field = (str(without_bound.facts[name]) for name in ("reason", "field"))
        if meter.has_hard_limit(call):
            raise unbounded(request, reason, field) from None
        # How many calls the tools have made is reported by the answer, and what each of them takes is known.
        told_afterwards = reason == "number_of_calls"
        return _Asked(price, _whole_window(price), fees_uncounted=not told_afterwards, unbounded=True)


def _fixed(total: Money) -> Ceiling:
    return Ceiling(total, 0, 0, True, total, total, ZERO, False)


def _whole_window(price: Price) -> Ceiling:
    """The most one pass of the model can cost: what is held where no limit asks for more than that."""
    rates = price.rates_for(price.context_window)
    tokens = price.context_window
    dearest_input = max(rates.input, rates.cache_write_12h, rates.image_input)
    dearest_output = max(rates.output, rates.image_output)
    total = dearest_input * tokens + dearest_output * price.max_output_tokens
    return Ceiling(total, tokens, price.max_output_tokens, True, total, total, ZERO, False)


# ---------------------------------------------------------------- the reservation


def _reserved(
    meter: Meter, request: httpx2.Request, call: Call, ceiling: Ceiling, instead_of: str | None
) -> Generator[float, None, Reservation]:
    """Reserve the ceiling, or less when the answer may be bounded; wait while only others are in the way."""
    amount, at_least = ceiling.total, ceiling.total
    deadline = meter.clock.monotonic() + meter.busy_timeout_seconds
    wait_seconds = _FIRST_WAIT_SECONDS
    can_shrink = ceiling.smallest < ceiling.total
    while True:
        try:
            expires_at = meter.clock.now() + LONGEST_CALL
            return meter.ledger.reserve(
                call, amount, at_least=at_least, expires_at=expires_at, instead_of=instead_of
            )
        except ReservationRefused as refused:
            late = meter.clock.monotonic() >= deadline
            shrunk = _shrunk(ceiling, refused, late=late) if can_shrink else None
            if shrunk is not None and shrunk.at_least < at_least:
                amount, at_least = shrunk.amount, shrunk.at_least
                continue
            if late or (isinstance(refused, Blocked) and not (can_shrink and refused.reserved)):
                raise _limit_refusal(request, refused) from None
            if meter.on_wait is not None:
                meter.on_wait(refused)
            amount = shrunk.amount if shrunk is not None else amount
        yield wait_seconds * random.uniform(0.5, 1.0)  # noqa: S311 - spreads the waiters, keeps no secret
        wait_seconds = min(2 * wait_seconds, _LONGEST_WAIT_SECONDS)


class _Shrunk(NamedTuple):
    amount: Money
    at_least: Money


def _shrunk(ceiling: Ceiling, refused: ReservationRefused, *, late: bool) -> _Shrunk:
    """What to ask for instead: a share of what is left, so that one long answer does not lock out the others.

    While others hold money that may come back, an answer too short to be of use is not worth having.
    """
    alone = not refused.reserved
    left = refused.limit - refused.spent - refused.uncertain - refused.reserved
    share = max(Money(left.pico_usd // 4), _with_output(ceiling, GENEROUS_OUTPUT_TOKENS))
    floor = ceiling.smallest
    if not alone and not late:
        floor = max(floor, _with_output(ceiling, USEFUL_OUTPUT_TOKENS))
    return _Shrunk(amount=max(min(share, ceiling.total), floor), at_least=floor)


def _with_output(ceiling: Ceiling, tokens: int) -> Money:
    """The ceiling of the same request with so many output tokens in all."""
    return min(ceiling.input_cost + ceiling.output_token_cost * tokens, ceiling.total)


def _limit_refusal(request: httpx2.Request, refused: ReservationRefused) -> LimitRefusal:
    kind = HardLimitReached if isinstance(refused, Blocked) else LedgerBusy
    return kind(
        request,
        scope=refused.scope,
        limit=refused.limit,
        spent=refused.spent,
        uncertain=refused.uncertain,
        reserved=refused.reserved,
        asked=refused.asked,
        resets_at=refused.resets_at,
    )


def _cap(ceiling: Ceiling, reservation: Reservation, body: Mapping[str, Any]) -> int | None:
    """The bound to put on each answer so that the reservation covers them all; None when none is needed."""
    if reservation.amount >= ceiling.total:
        return None
    tokens = ceiling.affordable_output_tokens(reservation.amount)
    choices = body.get("n")
    return None if tokens is None else tokens // (choices if isinstance(choices, int) and choices > 1 else 1)
