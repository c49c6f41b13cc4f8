"""Laws of the ledger over random histories, beside a model in plain Python.

No sequence of asks passes a hard limit, of a month, a day or in total, what is uncertain included, even where
the clock jumps back; the ledger's verdicts, sums and alerts are the model's; entries, roll-up and sums agree;
each reservation ends once; the last correction holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ppkit.clock import ManualClock, month_of
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import (
    AlreadyEnded,
    Blocked,
    Busy,
    Call,
    CallUnderWay,
    DuplicateCall,
    Ledger,
    LimitPeriod,
    Mark,
    ReservationRefused,
    Totals,
    open_ledger,
)
from ppkit.spending.ledger.ledger import SWEEP_AT_LEAST_EVERY_SECONDS
from ppkit.spending.ledger.limit_periods import name_of_period
from ppkit.spending.ledger.limit_sums import CLOCKS_DIFFER_BY
from ppkit.spending.ledger.timestamps import text_of
from ppkit.spending.usage import Usage

from .conftest import NewLedgerUrl

EXPIRY = timedelta(minutes=15)
AMOUNTS = st.integers(min_value=0, max_value=120)
KEYS = st.sampled_from(["…AAAA", "…BBBB"])
TAGS = st.dictionaries(st.sampled_from(["client", "lesson"]), st.sampled_from(["1", "2"]), max_size=2)
SCOPES = st.sampled_from(["all", "key:…AAAA", "tag:client=1", "tag:lesson=2"])
PERIODS: st.SearchStrategy[LimitPeriod] = st.sampled_from(["month", "day", "total"])
MARKS: st.SearchStrategy[Mark | None] = st.sampled_from([None, "estimated", "ceiling"])
LIMITS = st.one_of(st.none(), st.integers(min_value=0, max_value=300))
SHARES = st.lists(st.sampled_from([50, 80, 100]), max_size=3)


class JumpingClock(ManualClock):
    """One that somebody may set back."""

    def jump_back(self, step: timedelta) -> None:
        self._now -= step


@dataclass
class ModelLimit:
    hard: int | None
    soft: list[int]
    since: datetime | None

    def counts(self, period: LimitPeriod, call: ModelCall, at: datetime) -> bool:
        """Whether the call counts in the period of this moment."""
        if self.since is not None:
            return call.at >= self.since
        shape = "%Y-%m" if period == "month" else "%Y-%m-%d"
        return call.at.strftime(shape) == at.strftime(shape)


@dataclass
class ModelCall:
    at: datetime
    scopes: list[str]
    held: int
    expires_at: datetime
    state: str = "reserved"
    cost: int = 0
    mark: Mark | None = None


@dataclass
class Model:
    """The rules of the ledger, written down as plainly as possible."""

    limits: dict[tuple[str, LimitPeriod], ModelLimit] = field(default_factory=dict)
    calls: dict[str, ModelCall] = field(default_factory=dict)
    told: set[tuple[str, str, int]] = field(default_factory=set)
    """Alerts that wait: period, scope and threshold."""
    watched: set[tuple[str, str]] = field(default_factory=set)
    """Days whose limit was looked at, by their name and scope: no earlier call of theirs can tell an alert.
    """

    def totals(self, month: str, scope: str) -> Totals:
        return self.sums([call for call in self.of(scope) if month_of(call.at) == month])

    def of(self, scope: str) -> list[ModelCall]:
        return [call for call in self.calls.values() if scope in call.scopes]

    def limits_of(self, scopes: list[str]) -> Iterator[tuple[str, LimitPeriod, ModelLimit]]:
        for (scope, period), limit in self.limits.items():
            if scope in scopes:
                yield scope, period, limit

    def standing(self, scope: str, period: LimitPeriod, at: datetime) -> Totals:
        limit = self.limits[scope, period]
        return self.sums([call for call in self.of(scope) if limit.counts(period, call, at)])

    def sums(self, mine: list[ModelCall]) -> Totals:
        return Totals(
            spent=Money(sum(call.cost for call in mine if call.mark != "uncertain")),
            reserved=Money(sum(call.held for call in mine if call.state == "reserved")),
            calls=sum(call.state in {"settled", "expired"} for call in mine),
            uncertain=marked(mine, "uncertain"),
            estimated=marked(mine, "estimated"),
            ceiling=marked(mine, "ceiling"),
            overrun=marked(mine, "overrun"),
        )

    def verdict(self, at: datetime, scopes: list[str], ceiling: int, at_least: int) -> int | str:
        """The amount granted, "blocked" or "busy"."""
        granted, verdict = ceiling, ""
        for scope, period, limit in self.limits_of(scopes):
            if limit.hard is not None:
                totals = self.standing(scope, period, at)
                left = limit.hard - totals.counted.pico_usd
                if at_least > left:
                    return "blocked"
                if at_least > left - totals.reserved.pico_usd:
                    verdict = "busy"
                granted = min(granted, left - totals.reserved.pico_usd)
        return verdict or granted

    def tell(self, call: ModelCall, *, anew: bool = False) -> None:
        """Queue what is reached where the call counts; `anew`: and take back what is so no longer."""
        for scope, period, limit in self.limits_of(call.scopes):
            name = name_of(period, limit, call.at)
            if limit.since is not None and call.at < limit.since:
                continue
            if period == "day" and (name, scope) not in self.watched:
                continue
            counted = self.standing(scope, period, call.at).counted.pico_usd
            if anew:
                self.told = {one for one in self.told if one[:2] != (name, scope) or one[2] <= counted}
            self.told |= {(name, scope, threshold) for threshold in limit.soft if threshold <= counted}

    def tell_limit(self, scope: str, period: LimitPeriod, now: datetime) -> None:
        """What is passed already when a limit is set."""
        limit = self.limits[scope, period]
        name = name_of(period, limit, now)
        is_kept = {
            "month": (name, scope) in self.months_and_scopes(),
            "day": (name, scope) in self.watched,
            "total": True,
        }
        if is_kept[period]:
            counted = self.standing(scope, period, now).counted.pico_usd
            self.told |= {(name, scope, threshold) for threshold in limit.soft if threshold <= counted}

    def moment_of_call(self, now: datetime, scopes: list[str]) -> datetime:
        """A start that lies a little ahead is another machine's clock: the call counts in at it."""
        starts = [limit.since for _scope, _period, limit in self.limits_of(scopes) if limit.since is not None]
        return max((one for one in starts if now < one <= now + CLOCKS_DIFFER_BY), default=now)

    def spent(self) -> int:
        return sum(call.cost for call in self.calls.values() if call.mark != "uncertain")

    def uncertain(self) -> dict[str, int]:
        return {call_id: call.cost for call_id, call in self.calls.items() if call.mark == "uncertain"}

    def held(self) -> int:
        return sum(call.held for call in self.calls.values() if call.state == "reserved")

    def months_and_scopes(self) -> set[tuple[str, str]]:
        return {(month_of(call.at), scope) for call in self.calls.values() for scope in call.scopes}


def name_of(period: LimitPeriod, limit: ModelLimit, at: datetime) -> str:
    since = None if limit.since is None else text_of(limit.since)
    return name_of_period(period, since, text_of(at))


def marked(calls: list[ModelCall], mark: Mark) -> Money:
    return Money(sum(call.cost for call in calls if call.mark == mark))


class LedgerMachine(RuleBasedStateMachine):
    """Random histories of one ledger, which is also closed and opened again."""

    def __init__(self, new_url: NewLedgerUrl) -> None:
        super().__init__()
        self.place = ExitStack()
        self.url = self.place.enter_context(new_url())

    @initialize()
    def begin(self) -> None:
        self.clock = JumpingClock(datetime(2028, 2, 27, 12, 20, tzinfo=UTC))
        self.model = Model()
        self.open()

    def open(self) -> None:
        self.ledger: Ledger = open_ledger(self.url, self.clock)
        self.budget = Budget(self.ledger)

    def teardown(self) -> None:
        with self.place:
            if hasattr(self, "ledger"):
                self.ledger.close()  # opens again for the audit, and closes for good
                assert self.ledger.audit() == []
                self.ledger.close()

    @rule(scope=SCOPES, period=PERIODS, amount=LIMITS, shares=SHARES)
    def limit(self, scope: str, period: LimitPeriod, amount: int | None, shares: list[int]) -> None:
        self.set_limit(scope, period, amount, shares, None)

    @rule(scope=SCOPES, amount=LIMITS, hours=st.integers(0, 60), minutes=st.sampled_from([0, 20, 45]))
    def limit_since(self, scope: str, amount: int | None, hours: int, minutes: int) -> None:
        self.set_limit(scope, "total", amount, [], self.clock.now() - timedelta(hours=hours, minutes=minutes))

    def set_limit(
        self, scope: str, period: LimitPeriod, amount: int | None, shares: list[int], since: datetime | None
    ) -> None:
        kind, _, name = scope.partition(":")
        where: Mapping[str, str] = {} if kind == "all" else {kind: name}
        hard = None if amount is None else Money(amount)
        soft = [f"{share}%" for share in shares] if hard else []
        now = self.clock.now()
        self.budget.set(soft, hard, period=period, since=since, why="a trial", **where)
        before = self.model.limits.pop((scope, period), None)
        if period == "day" and (before is None or amount is None):
            self.model.watched = {one for one in self.model.watched if one[1] != scope or len(one[0]) != 10}
        if amount is not None:
            begin = since or (before.since if before else None) or now
            softs = [amount * share // 100 for share in shares] if amount else []
            limit = ModelLimit(amount, softs, begin if period == "total" else None)
            self.model.limits[scope, period] = limit
            if period == "day" and before is None:
                self.model.watched.add((name_of(period, limit, now), scope))
            if limit != before:
                self.model.tell_limit(scope, period, now)

    @rule(ceiling=AMOUNTS, least=st.one_of(st.none(), AMOUNTS), key=KEYS, tags=TAGS)
    def reserve(self, ceiling: int, least: int | None, key: str, tags: dict[str, str]) -> None:
        call = Call(f"c{len(self.model.calls)}", "m", key, "responses", tags)
        self.sweep_in_model()
        at_least = ceiling if least is None else min(least, ceiling)
        starts = self.starts_moved_back(call.scopes)
        expected = self.model.verdict(
            self.model.moment_of_call(self.clock.now(), call.scopes), call.scopes, ceiling, at_least
        )
        asked = None if least is None else Money(least)
        if isinstance(expected, str):
            self.undo_starts(starts)
            with pytest.raises(Blocked if expected == "blocked" else Busy):
                self.ledger.reserve(call, Money(ceiling), at_least=asked)
            return
        reservation = self.ledger.reserve(call, Money(ceiling), at_least=asked)
        assert reservation.amount.pico_usd == expected
        held = reservation.amount.pico_usd
        self.begin_in_model(call.id, call.scopes, held, starts)

    def begin_in_model(self, call_id: str, scopes: list[str], held: int, starts: dict[str, datetime]) -> None:
        now = self.model.moment_of_call(self.clock.now(), scopes)
        for scope, before in starts.items():
            self.model.told = {
                (
                    f"since {text_of(now)}"
                    if period == f"since {text_of(before)}" and of == scope
                    else period,
                    of,
                    t,
                )
                for period, of, t in self.model.told
            }
        call = self.model.calls[call_id] = ModelCall(now, scopes, held, self.clock.now() + EXPIRY)
        for scope, period, limit in self.model.limits_of(scopes):
            if period == "day":
                self.model.watched.add((name_of(period, limit, now), scope))
        self.model.tell(call)
        self.check_limits(scopes)

    def starts_moved_back(self, scopes: list[str]) -> dict[str, datetime]:
        """Totals that begin ahead of a clock that went back begin now; returns when they began so far."""
        now, before = self.model.moment_of_call(self.clock.now(), scopes), dict[str, datetime]()
        for scope, _period, limit in self.model.limits_of(scopes):
            if limit.since is not None and limit.since > now:
                before[scope], limit.since = limit.since, now
        return before

    def undo_starts(self, before: dict[str, datetime]) -> None:
        for scope, since in before.items():
            self.model.limits[scope, "total"].since = since

    def sweep_in_model(self) -> None:
        """What is past its time is swept away by the first reservation in a minute; every step is longer."""
        swept_at = self.ledger._swept_at
        if swept_at is None or self.clock.monotonic() - swept_at >= SWEEP_AT_LEAST_EVERY_SECONDS:
            self.expire_in_model()

    def check_limits(self, scopes: list[str]) -> None:
        for one in self.budget.status():
            if one.scope in scopes and one.hard is not None:
                assert one.counted + one.reserved <= one.hard

    @precondition(lambda self: self.model.calls)
    @rule(data=st.data(), cost=AMOUNTS, given=MARKS)
    def settle(self, data: st.DataObject, cost: int, given: Mark | None) -> None:
        call_id, call = self.pick(data)
        usage = Usage(input_tokens=cost, output_tokens=2 * cost)
        if call.state != "reserved":
            with pytest.raises(AlreadyEnded):
                self.ledger.settle(call_id, Money(cost), usage)
            return
        mark: Mark | None = "overrun" if cost > call.held else given
        self.ledger.settle(call_id, Money(cost), usage, mark=mark)
        self.ended(call, "settled", cost, mark)

    def ended(self, call: ModelCall, state: str, cost: int, mark: Mark | None, *, anew: bool = False) -> None:
        call.state, call.cost, call.mark = state, cost, mark
        self.model.tell(call, anew=anew)

    @precondition(lambda self: self.model.calls)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        call_id, call = self.pick(data)
        self.ledger.give_up(call_id, "no_answer")
        if call.state == "reserved":
            self.ended(call, "expired", call.held, "uncertain")

    @precondition(lambda self: self.model.calls)
    @rule(data=st.data(), cost=AMOUNTS)
    def resolve(self, data: st.DataObject, cost: int) -> None:
        call_id, call = self.pick(data)
        if call.state == "reserved" and call.expires_at <= self.clock.now():
            self.ended(call, "expired", call.held, "uncertain")
        if call.state in {"reserved", "released"}:
            with pytest.raises((CallUnderWay, AlreadyEnded)):
                self.ledger.resolve(call_id, Money(cost), by="ada", why="the bill")
            return
        entry = self.ledger.resolve(call_id, Money(cost), by="ada", why="the bill")
        assert (entry.cost, entry.mark) == (Money(cost), None)
        self.ended(call, "settled", cost, None, anew=True)

    @precondition(lambda self: self.model.calls)
    @rule(data=st.data(), cost=AMOUNTS, given=MARKS)
    def learn(self, data: st.DataObject, cost: int, given: Mark | None) -> None:
        call_id, call = self.pick(data)
        before = self.ledger.entry(call_id)
        by_hand = before.adjustments != () and before.adjustments[-1].by == "ada"
        is_known = before.usage is not None and before.mark in {None, "overrun"} and not by_hand
        usage = Usage(input_tokens=cost, output_tokens=2 * cost)
        if self.ledger.learn(call_id, Money(cost), usage, mark=given, why="retrieved"):
            assert not is_known
            mark: Mark | None = given
            was_open = call.state == "reserved"
            if was_open and given is None and cost > call.held:
                mark = "overrun"
            self.ended(call, "settled", cost, mark, anew=not was_open)

    @precondition(lambda self: self.model.calls)
    @rule(data=st.data(), ceiling=AMOUNTS)
    def repeat(self, data: st.DataObject, ceiling: int) -> None:
        call_id, call = self.pick(data)
        self.sweep_in_model()
        again = Call(f"c{len(self.model.calls)}", "m", "…AAAA", "responses", {})
        starts = self.starts_moved_back(again.scopes)
        state = call.state
        if state == "reserved":
            call.state = "released"
        expected = self.model.verdict(self.clock.now(), again.scopes, ceiling, ceiling)
        if isinstance(expected, str):
            call.state = state
            self.undo_starts(starts)
            with pytest.raises(Blocked if expected == "blocked" else Busy):
                self.ledger.reserve(again, Money(ceiling), instead_of=call_id)
            return
        self.ledger.reserve(again, Money(ceiling), instead_of=call_id)
        self.begin_in_model(again.id, again.scopes, ceiling, starts)

    @precondition(lambda self: self.model.calls)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        call_id, call = self.pick(data)
        if call.state != "reserved":
            with pytest.raises(AlreadyEnded):
                self.ledger.release(call_id)
            return
        self.ledger.release(call_id)
        call.state = "released"

    @precondition(lambda self: self.model.calls)
    @rule(data=st.data())
    def reserve_again(self, data: st.DataObject) -> None:
        call_id, _call = self.pick(data)
        self.sweep_in_model()
        # A limit lowered below what is held refuses first; either way nothing is written.
        with pytest.raises((DuplicateCall, ReservationRefused)):
            self.ledger.reserve(Call(call_id, "m", "…CCCC", "chat", {"of": "nobody"}), Money(0))

    @rule(step=st.sampled_from([timedelta(minutes=1), timedelta(minutes=16), timedelta(days=2)]))
    def advance(self, step: timedelta) -> None:
        self.clock.advance(step)

    @rule(step=st.sampled_from([timedelta(minutes=7), timedelta(hours=1), timedelta(days=1, hours=3)]))
    def jump_back(self, step: timedelta) -> None:
        self.clock.jump_back(step)

    @rule()
    def expire(self) -> None:
        assert self.ledger.expire() == self.expire_in_model()

    def expire_in_model(self) -> int:
        over = [
            call
            for call in self.model.calls.values()
            if call.state == "reserved" and call.expires_at <= self.clock.now()
        ]
        for call in over:
            self.ended(call, "expired", call.held, "uncertain")
        return len(over)

    @rule()
    def close_and_open_again(self) -> None:
        self.ledger.close()
        self.open()

    def pick(self, data: st.DataObject) -> tuple[str, ModelCall]:
        call_id = data.draw(st.sampled_from(sorted(self.model.calls)))
        return call_id, self.model.calls[call_id]

    @invariant()
    def the_books_are_the_models(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for month, scope in self.model.months_and_scopes():
            assert self.ledger.totals(month, scope) == self.model.totals(month, scope)
        rows = self.ledger.report().rows
        assert [row["cost_pico_usd"] for row in rows] == [self.model.spent()] * len(rows)
        assert [row["reserved_pico_usd"] for row in rows] == [self.model.held()] * len(rows)
        uncertain = {one.call.id: one.at_most.pico_usd for one in self.ledger.uncertain()}
        assert uncertain == self.model.uncertain()
        assert [row["uncertain_pico_usd"] for row in rows] == [sum(uncertain.values())] * len(rows)

    @invariant()
    def every_limit_stands_where_the_models_does(self) -> None:
        if not hasattr(self, "ledger"):
            return
        now, stands = self.clock.now(), self.budget.status()
        assert {(one.scope, one.period) for one in stands} == {*self.model.limits}
        for one in stands:
            expected = self.model.standing(one.scope, one.period, now)
            assert (one.spent, one.uncertain) == (expected.spent, expected.uncertain)
            assert one.reserved == expected.reserved
        told = {(one.period, one.scope, one.threshold.pico_usd) for one in self.ledger.pending_alerts()}
        assert told == self.model.told
        assert self.ledger.audit() == []


def test_no_history_passes_a_limit_or_bends_the_books(
    store_kind: str, new_migrated_url: NewLedgerUrl
) -> None:
    run_state_machine_as_test(
        lambda: LedgerMachine(new_migrated_url),  # type: ignore[arg-type]  # it is only ever called
        settings=settings(
            # A step costs ten times as much on PostgreSQL, and the histories are no others there.
            max_examples=20 if store_kind == "postgres" else 40,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
