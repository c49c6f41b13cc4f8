"""The hard limit: refused before sending, shortened where that helps, waited for where others hold it."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import httpx2
import openai
import pytest

from ppkit.checkup import diagnose, explain
from ppkit.clock import ManualClock, SystemClock
from ppkit.footing import WEB_PAGE, standing_on
from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
from ppkit.metering import HardLimitReached, LedgerBusy, Meter, tags
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Call, LimitPeriod, Limits, ReservationRefused, open_ledger
from ppkit.spending.ledger.sqlite.store import SqliteStore
from ppkit.spending.prices import PriceCatalogue

from .callers import KEY, AsyncCaller, Caller, SyncCaller
from .fake_platform import MODEL, FakePlatform
from .test_outcomes import ASK, CHAT, only_entry

UNBOUNDED: dict[str, Any] = {"model": MODEL, "input": "Ciao"}


def holding(meter: Meter, usd: str, call_id: str = "other") -> None:
    """Another call that holds so much."""
    meter.ledger.reserve(Call(call_id, MODEL, "…", "responses"), Money.usd(usd))


def spent(meter: Meter, usd: str) -> None:
    holding(meter, usd, "earlier")
    meter.ledger.settle("earlier", Money.usd(usd), None)


def test_the_hard_limit_refuses_before_anything_is_sent(
    caller: Caller, meter: Meter, platform: FakePlatform, budget: Budget
) -> None:
    budget.set(hard="0.0001")
    with pytest.raises(HardLimitReached) as refused:
        caller.call("responses.create", **ASK)
    assert platform.requests == []
    assert meter.ledger.totals().reserved == Money(0)
    assert list(meter.stops) == ["all"]
    error = refused.value
    assert (error.scope, error.limit, error.spent) == ("all", Money.usd("0.0001"), Money(0))
    assert error.asked > error.limit
    assert error.resets_at == datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "english", "italian"),
    [
        ("month", ["monthly limit", "Dec 1, 2026"], ["limite di spesa mensile", "1 dic 2026"]),
        ("day", ["daily limit", "Spent today", "midnight UTC"], ["limite di spesa giornaliero", "oggi"]),
        ("total", ["total limit", "does not reset by itself"], ["complessivo", "non riparte da sé"]),
    ],
)
def test_a_refusal_names_the_limit_that_stopped_the_call_and_when_it_opens(
    caller: Caller,
    meter: Meter,
    platform: FakePlatform,
    budget: Budget,
    period: LimitPeriod,
    english: list[str],
    italian: list[str],
) -> None:
    budget.set(hard="100", period="month" if period != "month" else "day")
    budget.set(hard="0.0001", period=period, tag="client=a")
    with tags(client="a"), pytest.raises(HardLimitReached) as refused:
        caller.call("responses.create", **ASK)
    assert platform.requests == []
    error = refused.value
    assert (error.scope, error.period) == ("tag:client=a", period)
    for language, said in (
        ("en", [*english, "the tag client=a"]),
        ("it", [*italian, "l’etichetta client=a"]),
    ):
        card = explain(diagnose(error), Texts(language))
        assert [words for words in said if words not in f"{card.what} {card.why} {card.now}"] == []
    assert [words for words in english if words not in error.message] == []


def test_what_has_no_bound_is_refused_under_a_daily_limit_too(meter: Meter, budget: Budget) -> None:
    call = Call("a", MODEL, "…WXYZ", "responses", {"client": "a"})
    budget.set(hard="1", period="day", tag="client=b")
    assert not meter.has_hard_limit(call)
    budget.set(soft="1", period="total", tag="client=a")
    assert not meter.has_hard_limit(call)
    budget.set(hard="1", period="total", tag="client=a")
    assert meter.has_hard_limit(call)


def test_a_refusal_is_the_sdks_own_rate_limit_error_and_is_not_retried(
    caller: Caller, meter: Meter, platform: FakePlatform, budget: Budget, clock: ManualClock
) -> None:
    budget.set(hard="0.0001")
    caller.client = caller.client.with_options(max_retries=5)
    with pytest.raises(openai.RateLimitError) as refused:
        caller.call("chat.completions.create", **CHAT)
    error = refused.value
    assert (error.status_code, error.code) == (429, "ppkit_hard_limit_reached")
    assert error.type == "insufficient_quota"
    assert error.response.json()["error"]["code"] == "ppkit_hard_limit_reached"
    assert "monthly limit of $0.0001" in str(error)
    assert clock.monotonic() == 0


def test_an_answer_without_a_bound_is_shortened_to_what_is_left(
    caller: Caller, meter: Meter, platform: FakePlatform, budget: Budget
) -> None:
    budget.set(hard="0.003")
    with meter.receipts() as receipts:
        caller.call("responses.create", **UNBOUNDED)
    (body,) = platform.bodies
    entry = only_entry(meter, platform)
    assert entry.reserved <= Money.usd("0.003") < receipts[0].ceiling
    assert 500 < body["max_output_tokens"] < 600
    assert receipts[0].capped_output_tokens == body["max_output_tokens"]
    assert body == UNBOUNDED | {"max_output_tokens": body["max_output_tokens"]}


def test_several_choices_share_what_is_left(
    caller: Caller, meter: Meter, platform: FakePlatform, budget: Budget
) -> None:
    budget.set(hard="0.003")
    messages = [{"role": "user", "content": "Ciao"}]
    caller.call("chat.completions.create", model=MODEL, messages=messages, n=2, max_completion_tokens=None)
    (body,) = platform.bodies
    assert 250 < body["max_completion_tokens"] < 300


def test_a_streamed_chat_is_shortened_and_its_usage_still_asked_for(
    caller: Caller, meter: Meter, platform: FakePlatform, budget: Budget
) -> None:
    budget.set(hard="0.003")
    caller.stream("chat.completions.create", model=MODEL, messages=[{"role": "user", "content": "Ciao"}])
    (body,) = platform.bodies
    assert body["max_completion_tokens"] > 500
    assert body["stream_options"] == {"include_usage": True}


def test_a_callers_own_bound_is_never_shortened(
    caller: Caller, meter: Meter, platform: FakePlatform, budget: Budget
) -> None:
    budget.set(hard="0.003")
    with pytest.raises(HardLimitReached):
        caller.call("responses.create", **UNBOUNDED, max_output_tokens=900)
    assert platform.requests == []


def test_the_last_of_the_money_buys_a_short_answer_when_nobody_else_holds_any(
    caller: Caller, meter: Meter, platform: FakePlatform, budget: Budget
) -> None:
    budget.set(hard="0.0003")
    caller.call("responses.create", **UNBOUNDED)
    (body,) = platform.bodies
    assert 16 <= body["max_output_tokens"] < 256


def test_too_little_for_the_shortest_answer_is_refused(
    caller: Caller, meter: Meter, platform: FakePlatform, budget: Budget
) -> None:
    budget.set(hard="0.0001")
    with pytest.raises(HardLimitReached):
        caller.call("responses.create", **UNBOUNDED)
    assert platform.requests == []


def test_a_useless_scrap_is_not_taken_while_others_may_give_money_back(
    caller: Caller, meter: Meter, platform: FakePlatform, budget: Budget, clock: ManualClock
) -> None:
    """$0.0007 is free: enough for some 100 tokens, not for 256. The other call's $0.0023 come back."""
    budget.set(hard="0.003")
    holding(meter, "0.0023")
    waits: list[ReservationRefused] = []

    def come_back(refused: ReservationRefused) -> None:
        waits.append(refused)
        if len(waits) == 3:
            meter.ledger.release("other")

    meter.on_wait = come_back
    with meter.receipts() as receipts:
        caller.call("responses.create", **UNBOUNDED)
    assert len(waits) == 3
    assert platform.bodies[0]["max_output_tokens"] > 500
    assert receipts[0].waited_seconds == clock.monotonic() > 0


def test_where_nobody_could_give_back_meanwhile_a_call_that_blocks_does_not_wait(
    meter: Meter, platform: FakePlatform, budget: Budget, clock: ManualClock
) -> None:
    budget.set(hard="0.003")
    holding(meter, "0.0029")
    with standing_on(WEB_PAGE), pytest.raises(LedgerBusy):
        SyncCaller(meter, platform).call("responses.create", **ASK)
    assert clock.monotonic() == 0


def test_a_call_waits_while_only_reservations_are_in_the_way(
    caller: Caller, meter: Meter, platform: FakePlatform, budget: Budget
) -> None:
    budget.set(hard="0.003")
    holding(meter, "0.003")
    meter.on_wait = lambda _refused: meter.ledger.release("other")
    caller.call("responses.create", **ASK)
    assert only_entry(meter, platform).state == "settled"


@pytest.mark.parametrize(("is_remote", "most"), [(True, 31), (False, 61)])
def test_a_class_that_waits_asks_the_ledger_no_oftener_than_a_few_callers(
    caller: Caller,
    meter: Meter,
    platform: FakePlatform,
    budget: Budget,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    is_remote: bool,
    most: int,
) -> None:
    """Of 400 callers each asks every one to two seconds, of a file twice as often."""
    monkeypatch.setattr(SqliteStore, "is_remote", is_remote)
    budget.set(hard="0.003")
    holding(meter, "0.003")
    asked_at: list[float] = []
    meter.on_wait = lambda _refused: asked_at.append(clock.monotonic())
    with ExitStack() as others:
        for number in range(399):
            others.enter_context(meter.waiting(f"another {number}"))
        with pytest.raises(LedgerBusy):
            caller.call("responses.create", **ASK)
    assert most // 2 <= len(asked_at) <= most
    assert max(later - before for before, later in pairwise(asked_at)) <= 2
    assert 30 <= clock.monotonic() < 31  # and nobody waits longer than when waiting alone
    with meter.waiting("afterwards") as waiters:
        assert waiters == 1


def test_ordinary_users_of_a_file_do_not_wait_for_each_other(
    caller: Caller, meter: Meter, budget: Budget, clock: ManualClock
) -> None:
    budget.set(hard="0.003")
    holding(meter, "0.003")
    asked_at: list[float] = []
    meter.on_wait = lambda _refused: asked_at.append(clock.monotonic())
    with ExitStack() as others:
        for number in range(63):
            others.enter_context(meter.waiting(f"another {number}"))
        with pytest.raises(LedgerBusy):
            caller.call("responses.create", **ASK)
    assert max(later - before for before, later in pairwise(asked_at)) <= 0.25


def test_a_call_does_not_wait_for_ever(
    caller: Caller, meter: Meter, platform: FakePlatform, budget: Budget, clock: ManualClock
) -> None:
    budget.set(hard="0.003")
    holding(meter, "0.003")
    with pytest.raises(LedgerBusy) as refused:
        caller.call("responses.create", **ASK)
    assert 30 <= clock.monotonic() < 31
    assert platform.requests == []
    assert refused.value.code == "ppkit_ledger_busy"
    assert refused.value.reserved == Money.usd("0.003")


def test_spent_money_is_not_waited_for(
    caller: Caller, meter: Meter, platform: FakePlatform, budget: Budget, clock: ManualClock
) -> None:
    budget.set(hard="0.003")
    spent(meter, "0.0029")
    with pytest.raises(HardLimitReached):
        caller.call("responses.create", **ASK)
    assert clock.monotonic() == 0


def test_a_new_month_starts_anew(
    caller: Caller, meter: Meter, platform: FakePlatform, budget: Budget, clock: ManualClock
) -> None:
    budget.set(hard="0.003")
    spent(meter, "0.0029")
    clock.sleep(9 * 86_400)
    caller.call("responses.create", **ASK)
    assert only_entry(meter, platform).state == "settled"


def test_the_limit_of_a_tag_binds_the_calls_that_carry_it(
    caller: Caller, meter: Meter, platform: FakePlatform, budget: Budget
) -> None:
    budget.set(hard="0.0001", tag="client=a")
    caller.call("responses.create", **ASK)
    with tags(client="a"), pytest.raises(HardLimitReached) as refused:
        caller.call("responses.create", **ASK)
    assert refused.value.scope == "tag:client=a"


@pytest.mark.parametrize("given", [f"sk-…{KEY[-4:]}", ApiKey(KEY), KEY], ids=["shown", "object", "secret"])
def test_the_limit_of_a_key_binds_the_calls_made_with_it(
    caller: Caller, platform: FakePlatform, budget: Budget, given: str | ApiKey
) -> None:
    budget.set(hard="0.0001", key=given)
    with pytest.raises(HardLimitReached) as refused:
        caller.call("responses.create", **ASK)
    assert refused.value.scope.partition("#")[0] == f"key:…{KEY[-4:]}"
    assert budget.get(refused.value.scope) == budget.get(key=given) == Limits(hard=Money.usd("0.0001"))
    assert platform.requests == []


def test_the_limit_of_a_key_leaves_another_one_with_the_same_end_alone(
    caller: Caller, meter: Meter, platform: FakePlatform, budget: Budget
) -> None:
    budget.set(hard="0.0001", key=ApiKey("sk-practice-" + "SPARRO" * 7 + KEY[-4:]))
    caller.call("responses.create", **ASK)
    assert only_entry(meter, platform).call.key == f"…{KEY[-4:]}"


def test_a_waiting_task_can_be_cancelled(meter: Meter, platform: FakePlatform, budget: Budget) -> None:
    budget.set(hard="0.003")
    holding(meter, "0.003")

    async def for_ever(_seconds: float) -> None:
        await asyncio.Event().wait()

    meter.async_sleep = for_ever
    caller = AsyncCaller(meter, platform)

    async def cancelled() -> None:
        task = asyncio.create_task(caller.client.responses.create(**ASK))
        for _ in range(20):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert meter.ledger.totals().reserved == Money.usd("0.003")


@pytest.mark.parametrize("bounded", [True, False])
def test_ten_calls_that_fit_get_through_a_burst_of_sixty_four(
    tmp_path: Any, catalogue: PriceCatalogue, bounded: bool
) -> None:
    """Each costs $0.00007 in truth and the limit is good for ten: it is not passed, and nine get through."""
    ledger = open_ledger(f"sqlite:///{tmp_path / 'burst.sqlite3'}", SystemClock())
    limit = Money(10 * (10 * 1_000_000 + 12 * 5_000_000))
    headroom = Money(250_000_000)  # the last call's ceiling is above its true cost
    Budget(ledger).set(hard=str((limit + headroom).to_usd()))
    platform = FakePlatform()

    def slowly(request: httpx2.Request) -> httpx2.Response:
        time.sleep(0.005)
        return platform(request)

    caller = SyncCaller(Meter(ledger, catalogue, SystemClock(), busy_timeout_seconds=20), slowly)
    arguments = ASK if bounded else UNBOUNDED

    def attempt(_number: int) -> bool:
        try:
            caller.call("responses.create", **arguments)
        except openai.RateLimitError:
            return False
        return True

    with ThreadPoolExecutor(64) as pool:
        passed = sum(pool.map(attempt, range(64)))
    totals = ledger.totals()
    ledger.close()
    assert totals.spent <= limit + headroom
    assert totals.spent == Money(platform.billed_pico_usd)
    assert passed >= 9
