"""What an earlier call has cost, told by an answer that is free: a response taken up again or cancelled.

The answer passes unchanged. Nothing that goes wrong here reaches the caller.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

import httpx2

from ppkit.metering.headers import CONTENT_ENCODING, CONTENT_TYPE, read_answer_headers
from ppkit.metering.jsontext import parsed
from ppkit.metering.meter import Meter
from ppkit.metering.pending_call import UNDER_WAY, PendingCall
from ppkit.metering.receipts import COLLECTORS
from ppkit.metering.sse import answering, event_of
from ppkit.money import Money
from ppkit.spending.ceiling import ceiling_at
from ppkit.spending.cost import Cost
from ppkit.spending.ledger import Entry, Mark
from ppkit.spending.prices import UnknownPrice
from ppkit.spending.token_rates import Price
from ppkit.spending.usage import Usage

log = logging.getLogger("ppkit.metering")

_ENDS = (b"response.completed", b"response.incomplete", b"response.failed", b"response.cancelled")
_WHY = "told by the platform"


class LateAnswerReader:
    """An answer to listen to; as `answer_readers.AnswerReader`, with nothing of its own to settle."""

    pending_call = None

    def __init__(self, meter: Meter, request: httpx2.Request, response: httpx2.Response) -> None:
        headers = read_answer_headers(response.headers)
        self._meter = meter
        self._request = request
        self._is_readable = headers.get(CONTENT_ENCODING, "identity") == "identity"
        self._is_stream = headers.get(CONTENT_TYPE, "").startswith("text/event-stream")
        self._pieces: list[bytes] = []

    def feed(self, chunk: bytes) -> bytes:
        if self._is_readable:
            self._pieces.append(chunk)
            if self._is_stream and b"\n" in chunk:
                *lines, rest = b"".join(self._pieces).split(b"\n")
                self._pieces = [rest]
                for line in lines:
                    self._look_at(line)
        return chunk

    def may_settle(self, _chunk: bytes) -> bool:
        return self._is_stream

    def finish(self) -> bytes:
        rest, self._pieces = b"".join(self._pieces), []
        if self._is_stream:
            self._look_at(rest)
        elif rest:
            try:
                body = parsed(rest)
            except (ValueError, RecursionError):
                return b""
            self._learn(body)
        return b""

    def broke(self) -> None:
        """What was not reported is not learnt."""

    def closed(self) -> None:
        """As when it broke."""

    def _look_at(self, line: bytes) -> None:
        if any(end in line for end in _ENDS):
            event = event_of(line)
            if event is not None and str(event.get("type")).encode() in _ENDS:
                self._learn(event)

    def _learn(self, report: Any) -> None:
        if isinstance(report, dict):
            listed = report.get("data")
            try:
                for one in listed if isinstance(listed, list) else [report]:
                    learn(self._meter, self._request, one)
            except Exception:  # the caller wants the answer, not our book-keeping
                log.exception("could not learn what an earlier call has cost")


def learn(meter: Meter, request: httpx2.Request, report: Any) -> None:
    """Settle or correct the call that this report (a body, one of a list, or a last event) is about.

    Nothing happens unless the ledger waits for it.
    """
    if not isinstance(report, Mapping):
        return
    wrapped = report.get("response")
    response = wrapped if isinstance(wrapped, Mapping) else report
    answer_id, status = response.get("id"), response.get("status")
    if not isinstance(answer_id, str) or status in UNDER_WAY:
        return
    found = meter.ledger.awaited(answer_id)
    if found is None:
        return
    entry, terms = found
    pending_call = _earlier(meter, request, entry, json.loads(terms))
    if not pending_call.settle_report(report) and entry.state == "reserved":
        pending_call.settle_at_ceiling(*answering(report))


class EarlierCall(PendingCall):
    """A call whose outcome a later one reports: it is settled if it is still open, else corrected."""

    def _answer(self) -> None:
        """The ledger knows it already."""

    def _settle(self, total: Money, parts: Cost | None, usage: Usage | None, mark: Mark | None) -> None:
        if self._end() and self.meter.ledger.learn(self.call.id, parts or total, usage, mark=mark, why=_WHY):
            self._hand_out(total, parts, usage, mark)


def _earlier(meter: Meter, request: httpx2.Request, entry: Entry, terms: Mapping[str, Any]) -> EarlierCall:
    """The call as far as the price of its outcome depends on it."""
    input_tokens, output_tokens, fees = terms["most"]
    ceiling = ceiling_at(input_tokens, output_tokens, entry.reserved)._replace(
        tool_fees=Money(fees),
        unbounded=bool(terms.get("unbounded")),
        fees_uncounted=bool(terms.get("fees_uncounted")),
    )
    tier, host = terms.get("service_tier"), request.url.host
    return EarlierCall(
        meter=meter,
        call=entry.call,
        request=request,
        host=host,
        body={"tools": terms.get("tools", [])},
        at=entry.reserved_at,
        price=_price(meter, host, entry, tier if isinstance(tier, str) else None),
        ceiling=ceiling,
        reserved=entry.reserved,
        collectors=COLLECTORS.get(),
    )


def _price(meter: Meter, host: str, entry: Entry, tier: str | None) -> Price | None:
    try:
        return meter.catalogue.price_of(entry.call.model, entry.reserved_at, tier, host)
    except UnknownPrice:
        return None
