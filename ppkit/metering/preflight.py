"""Before a request leaves: is it paid, what can it cost at most, does the ledger hold that much for it?

No input or output but the ledger's. Waiting is left to the caller: the generators yield seconds to wait.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

import httpx2

from ppkit.metering import rewriting
from ppkit.metering.headers import CALL_ID, RequestHeaders
from ppkit.metering.jsontext import parsed
from ppkit.metering.meter import Meter
from ppkit.metering.multipart import UnreadableBody, fields_of
from ppkit.metering.pending_call import OutgoingBody, PendingCall
from ppkit.metering.receipts import COLLECTORS
from ppkit.metering.refusals import (
    HardLimitReached,
    KeyOfOtherClient,
    KeyOfOtherMode,
    LedgerBusy,
    LimitRefusal,
    UnknownPriceRefused,
    UnknownTierRefused,
    UnmeteredRoute,
    UnreadableRequest,
    unbounded,
)
from ppkit.metering.retries import CURRENT_ATTEMPTS
from ppkit.metering.routes import METERED, Endpoint, Route
from ppkit.metering.tags import CURRENT_TAGS
from ppkit.money import Money
from ppkit.spending.ceiling import NO_CEILING, Ceiling, UnboundedRequest, ceiling_of, widest_ceiling
from ppkit.spending.ledger import Blocked, Call, ReservationRefused
from ppkit.spending.prices import UnknownPrice, UnknownTier
from ppkit.spending.token_rates import Price

USEFUL_OUTPUT_TOKENS = 256
"""The shortest bound on an answer that is worth having while others may still give money back."""

GENEROUS_OUTPUT_TOKENS = 4096
"""How much a call takes of what little is left before it leaves the rest to others."""

LONGEST_CALL = timedelta(hours=2)
"""How long a living process may take for a call; what a dead one held is counted without waiting for it."""

_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.01, 0.25
TRIES_A_SECOND, TRIES_OF_A_FILE_A_SECOND = 40, 400
"""How often all that wait in one process ask the ledger, together: a whole class that asks at its limit would
leave no time for the calls whose end makes room. A file answers at once, and few share one.
"""
_LONGEST_TURN_SECONDS = 2.0
"""Nobody sleeps longer, however many wait: room that is made is to be noticed."""

_CALL_ID_HEADER = CALL_ID.decode()

Waits = Generator[float, None, "PendingCall | None"]


def preflight(meter: Meter, route: Route, request: httpx2.Request, *, may_wait: bool = True) -> Waits:
    """Reserve for one HTTP attempt; returns it ready to be sent, or None where it is let through uncounted.

    The body of a metered route has been read. Raises one of the refusals when the request must not be sent
    (KeyOfOtherMode whatever its route), and whatever is wrong with the ledger. `may_wait` is false where
    nobody could give anything back while the caller waits.
    """
    headers = meter.headers.read(request.headers, meter.mode, identified=route in METERED)
    if headers.has_foreign_key:
        raise KeyOfOtherMode(request, mode=meter.mode)
    if route == "free":
        return None
    if route == "unmetered":
        if meter.allow_unmetered:
            return None
        raise UnmeteredRoute(request, route=request.url.path)
    if meter.abandoned or meter.owed:
        meter.flush()
    pending_call = _asked(meter, route, request, headers)
    _check_client(pending_call)
    pending_call.price, pending_call.ceiling = _quote(pending_call)
    started = meter.clock.monotonic()
    pending_call.reserved = yield from _reserved(pending_call, meter.busy_timeout_seconds if may_wait else 0)
    try:
        pending_call.waited_seconds = meter.clock.monotonic() - started
        if pending_call.reserved is not pending_call.ceiling.total:
            pending_call.capped_output_tokens = _cap(pending_call)
        if not headers.has_call_id:
            request.headers[_CALL_ID_HEADER] = pending_call.call.id
        pending_call.request = _outgoing(pending_call)
    except BaseException:
        if pending_call.holds_for_another:  # the hold of the attempt before has passed on to this one
            meter.ledger.give_up(pending_call.call.id, "server_error")
        else:
            meter.ledger.release(pending_call.call.id)  # nothing was sent, so nothing can be billed
        raise
    if pending_call.attempts is not None:
        pending_call.attempts.failed = None  # what was held for it is held for this one
    return pending_call


# ---------------------------------------------------------------- the request


def _asked(meter: Meter, endpoint: Endpoint, request: httpx2.Request, headers: RequestHeaders) -> PendingCall:
    """What a request asks for, read once; nothing is held for it yet."""
    body, at, attempts = _body_of(request, headers.content_type), meter.clock.now(), CURRENT_ATTEMPTS.get()
    name = meter.key_names.get(headers.key)
    return PendingCall(
        meter=meter,
        call=Call(
            id=meter.new_id(at),
            model=_text(body.get("model")) or "",
            key=headers.key if name is None else name,
            endpoint=endpoint,
            tags={**meter.default_tags, **CURRENT_TAGS.get(), **meter.run_tag},
            fingerprint=headers.fingerprint if name is None else "",
        ),
        request=request,
        host=request.url.host,
        body=body,
        at=at,
        hides_usage=endpoint == "chat" and bool(body.get("stream")) and not rewriting.asks_for_usage(body),
        collectors=COLLECTORS.get(),
        attempts=attempts,
        holds_for_another=attempts is not None and attempts.failed is not None,
    )


def _check_client(asked: PendingCall) -> None:
    """Raises KeyOfOtherClient."""
    call, clients = asked.call, asked.meter.clients
    misused = clients.misused_key(call.key, call.key_id, call.tags) if clients is not None else None
    if misused is not None:
        owner, client = misused
        raise KeyOfOtherClient(asked.request, owner=owner, client=client)


def _body_of(request: httpx2.Request, content_type: str) -> Mapping[str, Any]:
    try:
        if content_type.startswith("multipart/form-data"):
            return fields_of(request.content, content_type)
        body = parsed(request.content)
    except (ValueError, RecursionError, UnreadableBody):
        raise UnreadableRequest(request) from None
    if not isinstance(body, dict):
        raise UnreadableRequest(request)
    return body


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _outgoing(pending_call: PendingCall) -> httpx2.Request:
    """The request to send: the caller's own where nothing in its body has to change."""
    request, body = pending_call.request, pending_call.body
    content, headers = request.content, request.headers
    headers["accept-encoding"] = "identity"  # the answer is read as it passes
    changed = content
    if pending_call.capped_output_tokens is not None:
        bound, endpoint = pending_call.capped_output_tokens, pending_call.call.endpoint
        changed = rewriting.with_output_bound(changed, body, endpoint, bound)
    if pending_call.hides_usage:
        changed = rewriting.with_usage_asked_for(changed, body)
    if changed is not content:
        headers = headers.copy()
        headers["content-length"] = str(len(changed))
        request = httpx2.Request(
            request.method, request.url, headers=headers, content=changed, extensions=request.extensions
        )
    request.stream = OutgoingBody(changed)
    return request


# ---------------------------------------------------------------- what it can cost


def _quote(asked: PendingCall) -> tuple[Price | None, Ceiling]:
    """The price of a request, and what is to be held for it. Raises a refusal where it must not be sent."""
    meter, request, body, call = asked.meter, asked.request, asked.body, asked.call
    tier = body.get("service_tier")
    try:
        price = meter.catalogue.price_of(call.model, asked.at, _text(tier), asked.host)
    except UnknownPrice as unknown:
        if meter.allow_unpriced:
            return None, NO_CEILING._replace(unbounded=True, fees_uncounted=True)
        if isinstance(unknown, UnknownTier):
            raise UnknownTierRefused(request, model=call.model, tier=str(tier)) from None
        raise UnknownPriceRefused(request, model=call.model) from None
    try:
        return price, ceiling_of(call.endpoint, body, len(request.content), price)
    except UnboundedRequest as without_bound:
        reason, field = (str(without_bound.facts[name]) for name in ("reason", "field"))
        if meter.has_hard_limit(call):
            raise unbounded(request, reason, field) from None
        # How many calls the tools have made is reported by the answer, and what each of them takes is known.
        told_afterwards = reason == "number_of_calls"
        return price, widest_ceiling(price)._replace(fees_uncounted=not told_afterwards)


# ---------------------------------------------------------------- the reservation


def _reserved(asked: PendingCall, timeout_seconds: float) -> Generator[float, None, Money]:
    """Reserve the ceiling, or less when the answer may be bounded; wait while only others are in the way."""
    meter, ceiling = asked.meter, asked.ceiling
    amount = at_least = ceiling.total
    repeated = asked.attempts.failed if asked.attempts is not None else None
    instead_of = None if repeated is None else repeated.call.id
    expires_at = asked.at + LONGEST_CALL
    deadline: float | None = None
    wait_seconds = _FIRST_WAIT_SECONDS
    can_shrink = ceiling.smallest is not ceiling.total and ceiling.smallest < ceiling.total
    while True:
        try:
            reservation = meter.ledger.reserve(
                asked.call, amount, at_least=at_least, expires_at=expires_at, instead_of=instead_of
            )
        except ReservationRefused as refused:
            now = meter.clock.monotonic()
            deadline = now + timeout_seconds if deadline is None else deadline
            late = now >= deadline
            shrunk = _shrunk(ceiling, refused, late=late) if can_shrink else None
            if shrunk is not None and shrunk.at_least < at_least:
                amount, at_least = shrunk.amount, shrunk.at_least
                continue
            if late or (isinstance(refused, Blocked) and not (can_shrink and refused.reserved)):
                if isinstance(refused, Blocked):
                    meter.note_stop(refused.scope)
                raise _limit_refusal(asked.request, refused) from None
            if meter.on_wait is not None:
                meter.on_wait(refused)
            amount = shrunk.amount if shrunk is not None else amount
        else:
            return reservation.amount
        with meter.waiting(asked.call.id) as waiters:
            spread = random.uniform(0.5, 1.0)  # noqa: S311 - so that they do not ask all at once; no secret
            tries_a_second = TRIES_A_SECOND if meter.ledger.is_remote else TRIES_OF_A_FILE_A_SECOND
            turn_seconds = max(wait_seconds, min(waiters / tries_a_second, _LONGEST_TURN_SECONDS))
            yield max(min(turn_seconds * spread, deadline - now), _FIRST_WAIT_SECONDS * spread)
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
        period=refused.period,
        resets_at=refused.resets_at,
    )


def _cap(asked: PendingCall) -> int | None:
    """The bound to put on each answer so that what is held covers them all; None when none is needed."""
    if asked.reserved >= asked.ceiling.total:
        return None
    tokens = asked.ceiling.affordable_output_tokens(asked.reserved)
    choices = asked.body.get("n")
    return None if tokens is None else tokens // (choices if isinstance(choices, int) and choices > 1 else 1)
