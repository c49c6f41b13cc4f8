"""One HTTP attempt that holds a reservation: how it ends, in the ledger and on the receipt.

Nothing that goes wrong here reaches the caller, whose answer is worth more than our book-keeping; but then
the reservation stays until the ledger is back and another call is made, or is uncertain when it expires.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx2

from ppkit.errors import PpkitError
from ppkit.metering.meter import Meter
from ppkit.metering.owed_endings import may_be_told_later, settle_or_correct
from ppkit.metering.receipts import Receipt, Receipts
from ppkit.metering.retries import Attempts
from ppkit.money import ZERO, Money
from ppkit.spending.ceiling import NO_CEILING, Ceiling
from ppkit.spending.cost import Cost, cost_of
from ppkit.spending.hosted_tools import NO_FEES, Fees, fees_in
from ppkit.spending.ledger import AnswerTerms, Call, Mark, Why
from ppkit.spending.price_sources import is_snapshot
from ppkit.spending.reported import JudgedReport, judged
from ppkit.spending.token_rates import USERS_OWN, Price
from ppkit.spending.usage import Usage

log = logging.getLogger("ppkit.metering")

REFUSED_BEFORE_WORK = frozenset({*range(400, 424), 426, 428, 429, 431, 451, 501, 521, 523, 525, 526}) - {408}
"""Answers that cost nothing: the platform's, or those of a gateway that did not reach it (521 to 526). Others
(408, 424, most 5xx …) may come after the work was done."""

TOKENS_ON_THEIR_WAY = 256
"""What the platform has written and nobody has read when a stream is closed: two to three seconds of a fast
model, the time it may take to notice. No bound, since who reads slowly leaves more behind."""

NEVER_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)

LONGEST_BACKGROUND = timedelta(hours=24)
"""How long a response may go on in the background until it is uncertain. Nobody has to wait for it before
then, and who asks for it later still corrects the books."""

UNDER_WAY = frozenset({"queued", "in_progress"})
FAILED = frozenset({"failed", "cancelled"})
"""How a response in the background ends that comes without figures: how far it had come is not shown."""


@dataclass(eq=False, repr=False)
class OutgoingBody(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A request's body, which remembers whether it was asked for."""

    content: bytes
    asked_for: bool = False
    """Whether anything of it can have left."""

    def __iter__(self) -> Iterator[bytes]:
        self.asked_for = True
        yield self.content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.asked_for = True
        yield self.content


@dataclass(slots=True, eq=False, repr=False, kw_only=True)
class PendingCall:
    """One HTTP attempt: what it asks for, what is held for it, and how it ends.

    It ends once. Later endings are ignored, and so are those in a forked child: its copy of an answer is not
    read to the end that counts.
    """

    meter: Meter
    call: Call
    request: httpx2.Request
    """What is sent; `body` is what the caller asked for."""
    host: str
    body: Mapping[str, Any]
    at: datetime
    hides_usage: bool = False
    """Whether the usage of a streamed chat is asked for by us alone."""
    price: Price | None = None
    """None for a call let through without one."""
    ceiling: Ceiling = NO_CEILING
    reserved: Money = ZERO
    capped_output_tokens: int | None = None
    waited_seconds: float = 0.0
    collectors: tuple[Receipts, ...] = ()
    attempts: Attempts | None = None
    holds_for_another: bool = False
    """Whether what is held was held for an attempt before."""
    ended: bool = False
    _process: int = field(default_factory=os.getpid)
    _answer_id: str | None = None
    _status: str | None = None

    # ------------------------------------------------------------ outcomes without an answer

    def not_answered(self, error: BaseException, *, sends_by_stream: bool) -> None:
        """The request failed. Only what surely never left is given back.

        `sends_by_stream`: the transport is known to send nothing but what it takes from the body's stream.
        """
        stream = self.request.stream
        unasked = isinstance(stream, OutgoingBody) and not stream.asked_for
        # A header that HTTP cannot carry, such as a key with a line break, is found before the body is asked
        # for; HTTP/2 says the same of a connection that breaks afterwards.
        unsendable = isinstance(error, httpx2.LocalProtocolError) or _is_dead_loop(error)
        never_left = unasked and (sends_by_stream or unsendable)
        if never_left or isinstance(error, NEVER_SENT):
            self.release()
        else:
            self.keep("no_answer")

    def refused(self, status: int, *, by_platform: bool) -> None:
        """An answer that is no success: free where nothing was done, else nobody knows.

        `by_platform`: the API itself says that it failed.
        """
        if status in REFUSED_BEFORE_WORK or 300 <= status < 400:
            self.release()
        elif not by_platform:
            self.keep("no_platform_error" if status >= 500 else "no_answer")
        elif self.attempts is None:
            self.keep("server_error")
        else:
            self.attempts.failed = self

    def release(self) -> None:
        if self.holds_for_another and self.attempts is not None:
            self.attempts.failed = self  # this one cost nothing; the one before may have
            return
        if self._end():
            self._write("release", partial(self.meter.ledger.release, self.call.id))

    def keep(self, why: Why) -> None:
        """Nobody can say whether it was billed: what is held is uncertain from now on."""
        if self._end():
            self._write("give up", partial(self.meter.ledger.give_up, self.call.id, why, self._answer()))
            self._hand_out(self.reserved, None, None, "uncertain")

    # ------------------------------------------------------------ outcomes that come later

    def name_answer(self, answer_id: object, status: object = None) -> None:
        """The platform calls its answer so; under this name its outcome may be learnt later."""
        self._answer_id = answer_id if isinstance(answer_id, str) else None
        self._status = status if isinstance(status, str) else None

    def name_answer_in(self, report: Mapping[str, Any]) -> None:
        """The same from a body or an event that wraps a response."""
        response = _response_in(report)
        self.name_answer(response.get("id"), response.get("status"))

    def _goes_on(self) -> bool:
        """Whether the platform goes on with it, though nobody reads what comes."""
        is_open = self._status is None or self._status in UNDER_WAY
        return bool(self.body.get("background")) and self._answer_id is not None and is_open

    def _await_outcome(self) -> None:
        """Leave the reservation to whoever learns the outcome."""
        answer = self._answer()
        if answer is None or not self._end():
            return
        until = self.meter.clock.now() + LONGEST_BACKGROUND
        self._write("leave open", partial(self.meter.ledger.await_outcome, self.call.id, answer, until))

    def _answer(self) -> AnswerTerms | None:
        """Under which name the outcome may be learnt later; None where the platform keeps no answer."""
        body = self.body
        kept = body.get("store") is True if self.call.endpoint == "chat" else body.get("store") is not False
        if self._answer_id is None or not (kept or body.get("background")):
            return None
        terms = {
            "most": self._most_asked(),
            "fees_uncounted": self.ceiling.fees_uncounted,
            "unbounded": self.ceiling.unbounded,
            "service_tier": body.get("service_tier"),
            "tools": _kinds_of_tools(body.get("tools")),
        }
        return AnswerTerms(self._answer_id, json.dumps(terms))

    # ------------------------------------------------------------ outcomes with an answer

    def settle_report(self, body: Mapping[str, Any]) -> bool:
        """Settle from a body or event; False when it reports no usage."""
        if self.ended:
            return True
        self.name_answer_in(body)
        if self._status in UNDER_WAY and not _response_in(body).get("usage"):
            self._await_outcome()
            return self.ended
        report = self.judge(body)
        if report is not None:
            self.settle_judged(report)
        return report is not None

    def judge(
        self, body: Mapping[str, Any], outgrows: Callable[[int], bool] | None = None
    ) -> JudgedReport | None:
        """What a body or event reports, judged (see `ppkit.spending.reported`); None for nothing."""
        return judged(self.call.endpoint, body, self.body, outgrows)

    def settle_judged(self, report: JudgedReport, doubted: bool = False) -> None:
        """Settle at the dearest that the report can mean, or at the ceiling where it contradicts itself.

        `doubted`: something else speaks against the report, such as a later one that cannot be true.
        """
        if self.ended:
            return
        if report.reason:
            log.warning("call %s reported what cannot be true: %s", self.call.id, report.reason)
        price, sure = self._price_of(report.model, report.tier)
        if price is None:
            self._settle(self.reserved, None, report.readings[0], "estimated")
            return
        cost, usage = self._dearest(report.readings, price)
        asked = self.price
        if asked is not None and price is not asked and asked.source == USERS_OWN:
            # The user's price may be that of whoever passes the call on to the model that answered.
            users, _ = self._dearest(report.readings, asked)
            if users.total > cost.total:
                cost, doubted = users, True
        tools, known = self._tools(report, price)
        if tools.total:
            cost = cost.with_tools(tools.total)
        if not (sure and known) or report.doubt == "contradicted":
            if cost.total <= self._ceiling_at(price):
                self.settle_at_ceiling(report.model, report.tier)
            else:
                self._settle(cost.total, cost, usage, "estimated")
            return
        certain = tools.sure and report.doubt is None and not doubted and not self.ceiling.fees_uncounted
        mark: Mark | None = None if certain else "estimated"
        if cost.total > self.reserved and certain:
            mark = "overrun"
            log.warning(
                "call %s cost %s pico-USD, more than its ceiling of %s",
                self.call.id,
                cost.total.pico_usd,
                self.reserved.pico_usd,
            )
        self._settle(cost.total, cost, usage, mark)

    def settle_at_ceiling(self, model: str | None = None, tier: str | None = None) -> None:
        """The answer came, its usage did not; `model` and `tier` answered, None where that is not known."""
        if self._goes_on():
            self._await_outcome()
            return
        if self._status in FAILED:
            self.keep("failed")
            return
        # Fees that are not counted may come on top: then the reservation is not the most it can be.
        mark: Mark = "estimated" if self.ceiling.unbounded else "ceiling"
        price, _ = self._price_of(model, tier)
        self._settle(self._ceiling_at(price), None, None, mark)

    def settle_seen(self, output_tokens: int, model: str | None = None, tier: str | None = None) -> None:
        """The answer was broken off after at most so many output tokens, and what was in flight by then."""
        if self._goes_on() or self._status in FAILED or self.ceiling.unbounded:
            self.settle_at_ceiling(model, tier)
            return
        ceiling = self.ceiling
        written = output_tokens + TOKENS_ON_THEIR_WAY
        seen = ceiling.input_cost + ceiling.output_token_cost * written
        price, sure = self._price_of(model, tier)
        if price is not None and price is not self.price:
            rates = price.rates_for(ceiling.input_tokens)
            seen = max(seen, rates.dearest_input_12h * ceiling.input_tokens + rates.output * written)
        if sure and seen < self._ceiling_at(price):
            self._settle(seen, None, None, "estimated")
        else:
            self.settle_at_ceiling(model, tier)

    # ------------------------------------------------------------ inside

    def _price_of(self, model: str | None, tier: str | None) -> tuple[Price | None, bool]:
        """The price of what answered, and whether it is known; else the price of what was asked for."""
        price, asked = self.price, self.call.model
        usual_tier = None if price is None else price.tier
        if price is not None and model in (None, asked) and tier in (None, usual_tier):
            return price, True
        of_user = price is not None and price.source == USERS_OWN
        if of_user and self._is_snapshot(model):
            model = asked  # what the user says of a model holds for what stands behind its name
            if tier in (None, usual_tier):
                return price, True
        try:
            return self._catalogue_price(model or asked, tier or usual_tier), True
        except PpkitError:  # no price is known, or none that can be counted with
            pass
        return self._price_of(None, tier) if self._is_snapshot(model) else (price, False)

    def _is_snapshot(self, model: str | None) -> bool:
        return self.price is not None and model is not None and is_snapshot(model, of=self.call.model)

    def _catalogue_price(self, model: str, tier: str | None) -> Price:
        return self.meter.catalogue.price_of(model, self.at, tier, self.host)

    def _ceiling_at(self, price: Price | None) -> Money:
        """The most that the call can cost at the price of what answered, never below what is held."""
        if price is None or price is self.price:
            return self.reserved
        input_tokens, output_tokens, tool_fees = self._most_asked()
        rates = price.rates_for(input_tokens)
        most = max(rates.dearest_input_12h, rates.image_input) * input_tokens + Money(tool_fees)
        return max(self.reserved, most + max(rates.output, rates.image_output) * output_tokens)

    def _most_asked(self) -> tuple[int, int, int]:
        """Tokens of input and output, and pico-dollars for hosted tools, that were held for."""
        ceiling = self.ceiling
        affordable = ceiling.affordable_output_tokens(self.reserved)
        output_tokens = ceiling.output_tokens if affordable is None else affordable
        return ceiling.input_tokens, output_tokens, ceiling.tool_fees.pico_usd

    @staticmethod
    def _dearest(readings: tuple[Usage, ...], price: Price) -> tuple[Cost, Usage]:
        usage = readings[0]
        cost = cost_of(usage, price)
        for other in readings[1:]:
            dearer = cost_of(other, price)
            if dearer.total > cost.total:
                cost, usage = dearer, other
        return cost, usage

    def _tools(self, report: JudgedReport, price: Price) -> tuple[Fees, bool]:
        """What hosted tools and other models took beside; and whether these models have a price."""
        if self.call.endpoint not in ("responses", "images"):
            return NO_FEES, True
        fees = fees_in(report.answer, self.body, price)
        known = True
        for model, usage in report.also:
            other = self._price_of_other(model)
            known = known and other is not None
            fees = fees._replace(total=fees.total + cost_of(usage, other or price).total)
        long = price.long_context_over
        if fees.calls and long is not None and any(each.input_tokens > long for each in report.readings):
            # Several passes added up: which of them was a long one is unknown.
            fees = fees._replace(sure=False)
        return fees, known

    def _price_of_other(self, model: str | None) -> Price | None:
        try:
            return self._catalogue_price(model or "", None)
        except PpkitError:
            return None

    def _settle(self, total: Money, parts: Cost | None, usage: Usage | None, mark: Mark | None) -> None:
        if not self._end():
            return
        answer = self._answer() if mark in {"estimated", "ceiling"} else None
        cost, ledger = parts or total, self.meter.ledger
        settle = partial(settle_or_correct, ledger, self.call.id, cost, usage, mark=mark, answer=answer)
        self._hand_out(total, parts, usage, mark if self._write("settle", settle) else "uncertain")

    def _write(self, what: str, ending: Callable[[], None]) -> bool:
        """Whether the ledger has been told; where it is away, it is told with a later call."""
        try:
            ending()
        except Exception as error:  # the caller waits for the platform's answer, not for our books
            self._log_failure(what)
            if may_be_told_later(error):
                self.meter.owed.add(ending)
            return False
        return True

    def _end(self) -> bool:
        if self.ended or os.getpid() != self._process:
            return False
        self.ended = True
        return True

    def _hand_out(self, cost: Money, parts: Cost | None, usage: Usage | None, mark: Mark | None) -> None:
        if not self.collectors:
            return
        receipt = Receipt(
            call_id=self.call.id,
            model=self.call.model,
            endpoint=self.call.endpoint,
            cost=cost,
            reserved=self.reserved,
            ceiling=self.ceiling.total,
            usage=usage,
            parts=parts,
            capped_output_tokens=self.capped_output_tokens,
            mark=mark,
            waited_seconds=self.waited_seconds,
            price_from="" if self.price is None else self.price.whose,
        )
        for receipts in self.collectors:
            receipts.append(receipt)

    def _log_failure(self, what: str) -> None:
        log.exception("could not %s call %s; its reservation stays", what, self.call.id)


def _kinds_of_tools(tools: Any) -> list[dict[str, Any]]:
    """The tools of a request without what the caller wrote into them: kinds and sizes decide about fees."""
    return [_kind_of(tool) for tool in tools if isinstance(tool, Mapping)] if isinstance(tools, list) else []


def _kind_of(tool: Mapping[str, Any]) -> dict[str, Any]:
    kind, container = {"type": tool.get("type")}, tool.get("container")
    if isinstance(container, Mapping):
        return kind | {"container": {"memory_limit": container.get("memory_limit")}}
    return kind | {"container": "the caller's own"} if isinstance(container, str) else kind


def _is_dead_loop(error: BaseException) -> bool:
    """Whether an asynchronous client was used in another event loop than before, which is closed."""
    return isinstance(error, RuntimeError) and "Event loop is closed" in str(error)


def _response_in(report: Mapping[str, Any]) -> Mapping[str, Any]:
    """The response that an event wraps, or the report itself."""
    response = report.get("response")
    return response if isinstance(response, Mapping) else report
