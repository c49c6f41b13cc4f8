"""One HTTP attempt that holds a reservation: how it ends, in the ledger and on the receipt.

Nothing that goes wrong here reaches the caller, whose answer is worth more than our book-keeping; but then
the reservation stays and is counted in full when it expires.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import httpx2

from ppkit.metering import rewriting
from ppkit.metering.meter import Meter
from ppkit.metering.receipts import Mark, Receipt, Receipts
from ppkit.money import Money
from ppkit.spending.ceiling import Ceiling
from ppkit.spending.cost import Cost, cost_of
from ppkit.spending.ledger import Call
from ppkit.spending.prices import Price, UnknownPrice
from ppkit.spending.usage import ImpossibleUsage, Usage, usage_of

log = logging.getLogger("ppkit.metering")

REFUSED_BEFORE_WORK = frozenset(
    {400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 413, 414, 415, 422, 429, 431, 501}
)
"""Answers that cost nothing. Others (408, 424, most 5xx …) may come after the work was done."""

TOKENS_ON_THEIR_WAY = 256
"""What the platform has written and nobody has read when a stream is closed: two to three seconds of a fast
model, the time it may take to notice. No bound, since who reads slowly leaves more behind."""

NEVER_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,  # a header or body that HTTP cannot carry, such as a key with a line break
)


class Held(NamedTuple):
    """What was asked and reserved. `price` is None only for a call let through without one."""

    call: Call
    body: Mapping[str, Any]
    at: datetime
    price: Price | None
    ceiling: Ceiling
    reserved: Money
    capped_output_tokens: int | None
    fees_uncounted: bool
    waited_seconds: float
    collectors: tuple[Receipts, ...]

    @property
    def hides_usage(self) -> bool:
        """Whether the usage of a streamed chat is asked for by us alone."""
        body = self.body
        return (
            self.call.endpoint == "chat" and bool(body.get("stream")) and not rewriting.asks_for_usage(body)
        )


class Flight:
    """A reservation under way. It ends once; later endings are ignored, and so are those in a forked child:
    its copy of an answer is not read to the end that counts.
    """

    def __init__(self, meter: Meter, held: Held, request: httpx2.Request) -> None:
        self.meter = meter
        self.held = held
        self.request = request
        self.ended = False
        self._process = os.getpid()

    # ------------------------------------------------------------ outcomes without an answer

    def not_answered(self, error: BaseException) -> None:
        """The request failed. Only what surely never left is given back."""
        if isinstance(error, NEVER_SENT):
            self.release()
        else:
            self.keep()

    def refused(self, status: int) -> None:
        """An answer that is no success: free where nothing was done, else nobody knows."""
        if status in REFUSED_BEFORE_WORK or 300 <= status < 400:
            self.release()
        else:
            self.keep()

    def release(self) -> None:
        if self._end():
            try:
                self.meter.ledger.release(self.held.call.id)
            except Exception:  # the caller waits for the platform's answer, not for our books
                self._log_failure("release")

    def keep(self) -> None:
        """The outcome is unknown: the reservation stays until the next sweep, then counts in full."""
        if self._end():
            try:
                self.meter.ledger.give_up(self.held.call.id)
            except Exception:  # as in release; then it stays until its time is over
                self._log_failure("give up")
            self._hand_out(self.held.reserved, None, None, "unknown")

    # ------------------------------------------------------------ outcomes with an answer

    def settle_report(self, report: Mapping[str, Any]) -> bool:
        """Settle from a body or event with a usage report; False when it holds none that can be believed."""
        if self.ended:
            return True
        try:
            usage = usage_of(self.held.call.endpoint, report)
        except ImpossibleUsage as impossible:
            log.warning("call %s: %s", self.held.call.id, impossible)
            return False
        if usage is None:
            return False
        self.settle_usage(usage, _tier_of(report))
        return True

    def settle_usage(self, usage: Usage, tier: str | None = None) -> None:
        """Settle at the true cost."""
        if self.ended:
            return
        price, sure = self._price_of(tier)
        mark: Mark | None = None if sure and not self.held.fees_uncounted else "estimated"
        if price is None:
            self._settle(self.held.reserved, None, usage, mark)
            return
        cost = cost_of(usage, price)
        if cost.total > self.held.reserved and not self.held.fees_uncounted:
            mark = "overrun"
            log.warning(
                "call %s cost %s pico-USD, more than its ceiling of %s",
                self.held.call.id,
                cost.total.pico_usd,
                self.held.reserved.pico_usd,
            )
        self._settle(cost.total, cost, usage, mark)

    def settle_at_ceiling(self) -> None:
        """The answer came, its usage did not."""
        # Fees that are not counted may come on top: then the reservation is not the most it can be.
        mark: Mark = "estimated" if self.held.fees_uncounted else "ceiling"
        self._settle(self.held.reserved, None, None, mark)

    def settle_seen(self, output_tokens: int) -> None:
        """The answer was broken off after at most so many output tokens, and what was on its way by then."""
        ceiling = self.held.ceiling
        seen = ceiling.input_cost + ceiling.output_token_cost * (output_tokens + TOKENS_ON_THEIR_WAY)
        if seen < self.held.reserved:
            self._settle(seen, None, None, "estimated")
        else:
            self.settle_at_ceiling()

    # ------------------------------------------------------------ inside

    def _price_of(self, tier: str | None) -> tuple[Price | None, bool]:
        """The price of the tier that was used, and whether it is known; else that of the tier asked for."""
        held = self.held
        if tier is None or held.price is None or tier == held.price.tier:
            return held.price, held.price is not None
        try:
            return self.meter.price_of(self.request.url.host, held.call.model, held.at, tier), True
        except UnknownPrice:
            return held.price, False

    def _settle(self, total: Money, parts: Cost | None, usage: Usage | None, mark: Mark | None) -> None:
        if not self._end():
            return
        try:
            self.meter.ledger.settle_soon(self.held.call.id, parts or total, usage, mark=mark)
        except Exception:  # as in release
            self._log_failure("settle")
            mark = "unknown"
        self._hand_out(total, parts, usage, mark)

    def _end(self) -> bool:
        if self.ended or os.getpid() != self._process:
            return False
        self.ended = True
        return True

    def _hand_out(self, cost: Money, parts: Cost | None, usage: Usage | None, mark: Mark | None) -> None:
        held = self.held
        if not held.collectors:
            return
        receipt = Receipt(
            call_id=held.call.id,
            model=held.call.model,
            endpoint=held.call.endpoint,
            cost=cost,
            reserved=held.reserved,
            ceiling=held.ceiling.total,
            usage=usage,
            parts=parts,
            capped_output_tokens=held.capped_output_tokens,
            mark=mark,
            waited_seconds=held.waited_seconds,
        )
        for receipts in held.collectors:
            receipts.append(receipt)

    def _log_failure(self, what: str) -> None:
        log.exception("could not %s call %s; its reservation stays", what, self.held.call.id)


def _tier_of(report: Mapping[str, Any]) -> str | None:
    response = report.get("response")
    tier = (response if isinstance(response, Mapping) else report).get("service_tier")
    return tier if isinstance(tier, str) else None
