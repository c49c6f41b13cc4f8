"""The ledger: every call's money, reserved before it leaves and accounted for once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING

from ppkit.clock import Clock, month_of
from ppkit.keys.key_refusal import refuse_keys
from ppkit.money import ZERO, Money
from ppkit.spending.ledger import corrections, forgetting, outbox, reading, report_query, transitions
from ppkit.spending.ledger.audit import Discrepancy, audit
from ppkit.spending.ledger.corrections import PLATFORM, Correction
from ppkit.spending.ledger.dearest import dearest
from ppkit.spending.ledger.errors import AmountTooLarge, Busy
from ppkit.spending.ledger.outbox import Alert
from ppkit.spending.ledger.owner import is_dead, this_process
from ppkit.spending.ledger.packing import packed_figures, packed_tags
from ppkit.spending.ledger.report import Day, Report
from ppkit.spending.ledger.report_query import Question
from ppkit.spending.ledger.scopes import ALL, fingerprint_with
from ppkit.spending.ledger.store import Store
from ppkit.spending.ledger.tables import OpenCall
from ppkit.spending.ledger.timestamps import MONTH, text_of, texts_of
from ppkit.spending.ledger.transitions import AnswerTerms, CallOutcome
from ppkit.spending.ledger.values import (
    LARGEST_PICO_USD,
    Call,
    Entry,
    Mark,
    Reservation,
    Totals,
    UncertainCall,
    Why,
)
from ppkit.spending.usage import Usage

if TYPE_CHECKING:
    from ppkit.spending.cost import Cost

FARTHEST_ATTEMPT = timedelta(minutes=20)
"""No claim of an alert or pause before an attempt is longer: what seems so comes from a wrong clock."""

DEFAULT_EXPIRY = timedelta(minutes=15)
LONGEST_WAIT_SECONDS = 30.0
"""How long a call usually waits for the reservations of others (`Busy`)."""

SWEEP_EVERY_SECONDS = 1.0
SWEEP_AT_LEAST_EVERY_SECONDS = 60.0
"""So that what nobody ended is counted, and soft limits heed it, where no hard limit makes anybody wait."""


class Ledger:
    """One set of books, shared by all threads of this process and by other processes.

    Every method may be called from any thread. Amounts count in the calendar month (UTC) in which the call
    was reserved, in each of its scopes (see `scopes`): "all", the key ("key:…"), each tag ("tag:name=value");
    and where a limit asks for it, in its day and in the total from the limit's start on (see `limit_sums`).
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self._swept_at: float | None = None

    @property
    def is_remote(self) -> bool:
        """Whether a network lies between: an event loop must not wait for this ledger."""
        return self.store.is_remote

    def fingerprint_of(self, secret: str) -> str:
        """What this ledger tells a key by from others that end in the same four characters."""
        return fingerprint_with(self._key_salt, secret)

    @cached_property
    def _key_salt(self) -> str:
        return self.store.read(lambda tx: tx.key_salt())

    def reserve(
        self,
        call: Call,
        ceiling: Money,
        *,
        at_least: Money | None = None,
        expires_at: datetime | None = None,
        instead_of: str | None = None,
    ) -> Reservation:
        """Hold the ceiling of a call, if every scope's hard limit has room for it; one transaction.

        With `at_least`, less than the ceiling may be granted (`Reservation.amount`), never less than that.
        What is held for the call `instead_of`, of which this one is the repeat, passes on to this one. Raises
        Blocked when money spent or uncertain is in the way, Busy when only others' reservations are (try
        again, they end), DuplicateCall, AmountTooLarge; then nothing is written. A reservation nobody ends by
        `expires_at` (default: in 15 minutes) is made uncertain by `expire`. An interrupt during this call
        may come after the commit: `release` the call id then, and ignore UnknownCall.
        """
        now = self.clock.now()
        until = expires_at or now + DEFAULT_EXPIRY
        most = _pico_usd(ceiling)
        least = most if at_least is None or at_least is ceiling else min(_pico_usd(at_least), most)
        at, until_text = texts_of(now, until)
        tags, owner = packed_tags(call.tags), this_process()
        asked = OpenCall(call.id, at, most, call.model, call.key_id, call.endpoint, tags, owner, until_text)
        operation = partial(transitions.reserve, asked=asked, at_least=least, instead_of=instead_of)
        self._sweep_if_due(SWEEP_AT_LEAST_EVERY_SECONDS)
        try:
            amount = self.store.write(operation)
        except Busy:
            # Those in the way may belong to processes that were killed, or to calls of which nobody will hear
            # again: nobody should wait for them.
            if not self._sweep_if_due(SWEEP_EVERY_SECONDS):
                raise
            amount = self.store.write(operation)
        granted = ceiling if amount == most else Money(amount)
        return Reservation(call.id, granted, ceiling, at[MONTH], until)

    def settle(
        self,
        call_id: str,
        cost: Cost | Money,
        usage: Usage | None = None,
        *,
        mark: Mark | None = None,
        answer: AnswerTerms | None = None,
    ) -> None:
        """End a reservation with its true cost. A cost above the reservation is written, marked "overrun".

        With an `answer`, what the platform reports of it later corrects the cost. Raises AlreadyEnded,
        UnknownCall.
        """
        total, parts = (cost, None) if isinstance(cost, Money) else (cost.total, cost)
        packed_usage, cost_parts, tokens = packed_figures(usage, parts)
        ended = CallOutcome(
            call_id,
            "settle",
            self._now(),
            cost=_pico_usd(total),
            mark=mark,
            tokens=tokens,
            usage=packed_usage,
            cost_parts=cost_parts,
            answer=answer,
        )
        self.store.write(partial(transitions.end, ended=ended))

    def release(self, call_id: str) -> None:
        """End a reservation at no cost, the call being refused. Raises AlreadyEnded, UnknownCall."""
        self.store.write(partial(transitions.end, ended=CallOutcome(call_id, "release", self._now(), cost=0)))

    def give_up(self, call_id: str, why: Why = "no_answer", answer: AnswerTerms | None = None) -> None:
        """Nobody can say whether this call was billed: what is held for it is uncertain from now on.

        With an `answer`, what the platform reports of it later corrects that. Nothing happens when it has
        ended.
        """
        now = self._now()
        self.store.write(partial(transitions.give_up, call_id=call_id, at=now, why=why, answer=answer))

    def await_outcome(self, call_id: str, answer: AnswerTerms, expires_at: datetime) -> None:
        """The call goes on at the platform: its reservation stays, whatever becomes of this process.

        Whoever learns of the answer settles it (`learn`); from `expires_at` on it is uncertain.
        """
        until = text_of(expires_at)
        self.store.write(partial(transitions.await_outcome, call_id=call_id, answer=answer, expires_at=until))

    def awaited(self, response_id: str) -> tuple[Entry, str] | None:
        """The call whose answer the platform calls so, and its terms; None where nothing is left to learn."""
        return self.store.read(partial(reading.awaited, response_id=response_id))

    def learn(
        self, call_id: str, cost: Cost | Money, usage: Usage | None, *, mark: Mark | None = None, why: str
    ) -> bool:
        """Settle or correct a call from what the platform reports of it later; False where nothing is new.

        Raises UnknownCall.
        """
        found = _correction(call_id, cost, usage, mark, at=self._now(), by=PLATFORM, why=why)
        return self.store.write(partial(corrections.learn, correction=found))

    def resolve(self, call_id: str, cost: Cost | Money = ZERO, *, by: str, why: str) -> Entry:
        """Write what an ended call is known to have cost (by default nothing), who says so, and why.

        One more entry, which holds from now on; the sums of the call's own day and month follow. `by` and
        `why` are no place for a secret. Raises UnknownCall, CallUnderWay, AlreadyEnded (it was released),
        KeyInText, AmountTooLarge, ValueError for a negative cost or an empty text.
        """
        call_id, author, reason = (text.strip() for text in (call_id, by, why))
        refuse_keys("resolve", call_id, author, reason)  # entries are never changed again
        if not author or not reason:
            raise ValueError("an adjusting entry says who and why")
        found = _correction(call_id, cost, None, None, at=self._now(), by=author, why=reason)
        self.store.write(partial(corrections.resolve, correction=found))
        return self.entry(call_id)

    def settle_uncertain(
        self, costs: Mapping[str, tuple[Money, Mark | None, Usage | None]], *, why: str
    ) -> bool:
        """Write what uncertain calls have cost by the platform's figures, in one transaction; all or none.

        False where one of them is not uncertain any more: then nothing was written. Raises UnknownCall,
        KeyInText, AmountTooLarge, ValueError.
        """
        refuse_keys("resolve", why)  # entries are never changed again
        at = self._now()
        found = [
            _correction(call_id, cost, usage, mark, at=at, by=PLATFORM, why=why)
            for call_id, (cost, mark, usage) in costs.items()
        ]
        return self.store.write(partial(corrections.settle_uncertain, found=found))

    def uncertain(self) -> list[UncertainCall]:
        """Every call of which nobody can say whether it was billed, the oldest first."""
        return self.store.read(reading.uncertain_calls)

    def expire(self) -> int:
        """Make uncertain each reservation past its time or of a dead process. Returns how many."""
        owners = self.store.read(lambda tx: tx.owners())
        dead = [owner for owner in owners if is_dead(owner)]
        return self.store.write(partial(transitions.expire, at=self._now(), dead_owners=dead))

    def forget_tag(self, name: str, value: str, now_called: str) -> None:
        """Let nothing tell any more whose calls these were (see `forgetting`); the sums stay.

        Raises TagInUse, ValueError, InvalidTag.
        """
        self.store.write(partial(forgetting.forget_tag, name=name, value=value, now_called=now_called))
        self.store.scrub()

    def close(self) -> None:
        """Close the file or the connection. Using the ledger again opens it again."""
        self.store.close()

    def entry(self, call_id: str) -> Entry:
        """What is known about one call. Raises UnknownCall."""
        return self.store.read(partial(reading.entry, call_id=call_id))

    def calls_of(self, tag: str, value: str) -> list[Entry]:
        """Every call that has this tag, also those under way, in the order in which they were made.

        Reads every entry.
        """
        return self.store.read(partial(reading.calls_of, tag=tag, value=value))

    def latest(self, count: int = 10) -> list[Entry]:
        """The calls that were reserved last, those under way among them, the latest first."""
        return self.store.read(partial(reading.latest, count=count))

    def change_mark(self) -> object:
        """To be compared with an earlier one: equal marks mean that nothing has changed that a report shows.

        It is cheap: SQLite counts the changes of its file; elsewhere one sum and the limits are read.
        """
        version = self.store.data_version()
        month = month_of(self.clock.now())
        return version or self.store.read(partial(reading.change_mark, month=month))

    def totals(self, month: str | None = None, scope: str = ALL) -> Totals:
        """The sums of one scope in a month like "2026-11" (default: the current one, UTC)."""
        return self.store.read(
            partial(reading.totals, period=month or month_of(self.clock.now()), scope=scope)
        )

    def report(
        self,
        by: str | Sequence[str] = (),
        since: Day | None = None,
        until: Day | None = None,
        where: Mapping[str, str] | None = None,
    ) -> Report:
        """Sums by "hour", "day", "week", "month", "model", "key", "kind" (of request: "chat", "images" …) and
        "tag:NAME", in any combination, from the first to the last day, both included (UTC).

        A day is a date or text, "2026-11-23"; one field to group by may be given as it is.
        `where` keeps only rows whose field has that value, as in {"model": "…", "tag:client": "a"}; weeks are
        written "2026-W48", months "2026-11", hours "2026-11-23T10". Keys are shown by their end ("…WXYZ"),
        with the beginning of their fingerprints where several in the report end so ("…WXYZ#01ab"); `where`
        takes both, the end alone for every key that ends so.
        Raises UnknownGrouping, NotADay.
        """
        return self.store.read(partial(report_query.report, question=Question.of(by, since, until, where)))

    def dearest(
        self,
        since: Day | None = None,
        until: Day | None = None,
        where: Mapping[str, str] | None = None,
        count: int = 10,
    ) -> list[Entry]:
        """The calls that cost most, the dearest first; days and filters as in `report`. None is uncertain.

        Raises UnknownGrouping, NotADay.
        """
        question = Question.of((), since, until, where)
        return self.store.read(partial(dearest, question=question, count=count))

    def pending_alerts(self) -> list[Alert]:
        """Soft-limit alerts queued and not yet sent, oldest first."""
        return self.store.read(outbox.pending_alerts)

    def mark_sent(self, alert_id: int) -> None:
        """The alert has left and is never pending again."""
        now = self._now()
        self.store.write(lambda tx: tx.mark_alert_sent(alert_id, now))

    def claim_alert(self, alert_id: int, lasting: timedelta) -> bool:
        """Take an alert for sending, for so long; False when another process has it, it has left, or one that
        failed is not to be tried again yet.
        """
        now = self.clock.now()
        until, farthest = text_of(now + lasting), text_of(now + FARTHEST_ATTEMPT)
        return self.store.write(lambda tx: tx.claim_alert(alert_id, text_of(now), until, farthest))

    def postpone_alert(self, alert_id: int, until: datetime, failure: str) -> None:
        """Give a claimed alert back: it could not be sent, and nobody tries again before that moment.

        `failure` names what came in the way, in a word: a server's own words may quote what it was sent.
        """
        self.store.write(lambda tx: tx.postpone_alert(alert_id, text_of(until), failure))

    def audit(self) -> list[Discrepancy]:
        """Every sum that does not agree with the entries; an empty list when the books are right."""
        return self.store.read(audit)

    def _now(self) -> str:
        return text_of(self.clock.now())

    def _sweep_if_due(self, every_seconds: float) -> bool:
        """Expire what is over, unless that was done so recently; True when that ended something."""
        now = self.clock.monotonic()
        if self._swept_at is not None and now - self._swept_at < every_seconds:
            return False
        self._swept_at = now
        return self.expire() > 0


def _correction(
    call_id: str, cost: Cost | Money, usage: Usage | None, mark: Mark | None, *, at: str, by: str, why: str
) -> Correction:
    """Raises ValueError, AmountTooLarge."""
    total, parts = (cost, None) if isinstance(cost, Money) else (cost.total, cost)
    packed_usage, cost_parts, _ = packed_figures(usage, parts)
    return Correction(call_id, at, _pico_usd(total), by, why, mark, packed_usage, cost_parts)


def _pico_usd(amount: Money) -> int:
    """The amount as the ledger writes it. Raises ValueError below zero, AmountTooLarge beyond 64 bits."""
    if amount.pico_usd < 0:
        raise ValueError(f"{amount} is negative")
    if amount.pico_usd > LARGEST_PICO_USD:
        raise AmountTooLarge
    return amount.pico_usd
