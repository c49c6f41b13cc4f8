"""Whose calls these were is forgotten: the sums stay, to the last pico-dollar, and nothing else changes."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Ledger, open_ledger
from ppkit.spending.ledger.forgetting import TagInUse
from ppkit.spending.ledger.limit_periods import LimitPeriod
from ppkit.spending.ledger.sql_port import Execute
from ppkit.spending.ledger.tables import TABLES

from .examples import call, on_sqlite, usd

PERIODS: tuple[LimitPeriod, ...] = ("month", "day", "total")
VEGA, NOBODY = "tuesday/Vega", "tuesday/forgotten 0123abcd"


def spend(ledger: Ledger, *who: str) -> None:
    """One cent each, the first one's a cent and a half, of one lesson."""
    for number, learner in enumerate(who):
        made = call(f"call {number}", learner=learner, lesson="tuesday")
        ledger.reserve(made, usd("0.02"))
        ledger.settle(made.id, usd("0.01") if number else usd("0.015"))


def sums(ledger: Ledger) -> list[Any]:
    return [
        ledger.totals(),
        ledger.totals(scope="tag:lesson=tuesday"),
        *(sorted(map(str, ledger.report(by))) for by in ("day", "hour", "model", "tag:lesson")),
    ]


def test_sums_stay_under_another_name(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="1", soft="0.01", tag=f"learner={VEGA}", period="total", by="ppkit class", why="tuesday")
    spend(ledger, VEGA, "tuesday/Mira", VEGA)
    before = sums(ledger)
    ledger.forget_tag("learner", VEGA, NOBODY)
    assert sums(ledger) == before
    assert ledger.totals(scope=f"tag:learner={NOBODY}").spent == usd("0.025")
    spent = {row["tag:learner"]: row["cost_pico_usd"] for row in ledger.report("tag:learner")}
    assert spent == {NOBODY: usd("0.025").pico_usd, "tuesday/Mira": usd("0.01").pico_usd}


def test_nothing_names_them_any_more(ledger: Ledger, ledger_url: str, budget: Budget) -> None:
    budget.set(hard="1", soft="0.01", tag=f"learner={VEGA}", period="total", by="ppkit class", why="tuesday")
    spend(ledger, VEGA, "tuesday/Mira")
    ledger.forget_tag("learner", VEGA, NOBODY)
    rows = ledger.store.read(lambda tx: str([tx.rows(table) for table in TABLES]))
    assert "Mira" in rows
    assert "Vega" not in rows


def test_no_limit_tells_when_or_after_whom_somebody_came(ledger: Ledger, budget: Budget) -> None:
    for learner in ("tuesday/Mira", VEGA):
        for period in PERIODS:
            budget.set(hard="1", soft="0.01", tag=f"learner={learner}", period=period, by="ppkit class")
    spend(ledger, VEGA)
    ledger.forget_tag("learner", VEGA, NOBODY)
    limits = ("spending_limit", "threshold", "limit_change", "alert")
    assert NOBODY not in ledger.store.read(lambda tx: str([tx.rows(table) for table in limits]))
    assert {one.scope for one in budget.changes()} == {"tag:learner=tuesday/Mira"}
    assert len(budget.status()) == len(PERIODS)
    assert ledger.audit() == []


def test_what_came_in_between_under_the_old_name_is_added_at_the_next_time(
    ledger: Ledger, budget: Budget
) -> None:
    for number in range(2):
        budget.set(hard="1", tag=f"learner={VEGA}", period="total", by="ppkit class")
        made = call(f"call {number}", learner=VEGA)
        ledger.reserve(made, usd("0.02"))
        ledger.settle(made.id, usd("0.01"))
        ledger.forget_tag("learner", VEGA, NOBODY)
    assert ledger.totals(scope=f"tag:learner={NOBODY}").spent == usd("0.02")
    assert [row["cost_pico_usd"] for row in ledger.report("tag:learner")] == [usd("0.02").pico_usd]
    ledger.resolve("call 1", usd("0.03"), by="bea", why="the bill")
    assert ledger.totals(scope=f"tag:learner={NOBODY}").spent == usd("0.04")
    assert ledger.audit() == []


@on_sqlite
def test_the_file_itself_does_not_hold_the_name_any_more(ledger: Ledger, ledger_url: str) -> None:
    spend(ledger, "tuesday/Mira", VEGA)
    ledger.forget_tag("learner", VEGA, NOBODY)
    folder = Path(ledger_url.removeprefix("sqlite:///")).parent
    found = b"".join(path.read_bytes() for path in folder.glob("ledger.sqlite3*"))
    assert b"Mira" in found
    assert b"Vega" not in found


def test_calls_under_way_have_to_end_first(ledger: Ledger) -> None:
    made = call("under way", learner=VEGA)
    ledger.reserve(made, usd("0.02"))
    with pytest.raises(TagInUse):
        ledger.forget_tag("learner", VEGA, NOBODY)
    ledger.settle(made.id, usd("0.01"))
    ledger.forget_tag("learner", VEGA, NOBODY)
    assert ledger.totals(scope=f"tag:learner={NOBODY}").spent == usd("0.01")


def test_forgetting_nobody_or_twice_changes_nothing(ledger: Ledger) -> None:
    spend(ledger, VEGA)
    ledger.forget_tag("learner", VEGA, NOBODY)
    before = sums(ledger)
    ledger.forget_tag("learner", VEGA, NOBODY)
    ledger.forget_tag("learner", "tuesday/Nobody", "tuesday/forgotten ffffffff")
    assert sums(ledger) == before


def test_a_tag_becomes_nothing_else(ledger: Ledger) -> None:
    for wrong in ("tuesday/Mira", "forgotten", "tuesday/forgotten 0123ABCD", "tuesday/forgotten 0123abcd!"):
        with pytest.raises(ValueError, match="forgotten"):
            ledger.forget_tag("learner", VEGA, wrong)


def change(execute: Execute, columns: str, *values: object) -> None:
    execute(f"UPDATE limit_change SET {columns}", values)


@pytest.mark.parametrize(
    ("columns", "values"),
    [
        ("scope = ?", ["all"]),
        ("scope = ?", ["tag:learner=tuesday/Mira"]),
        ("scope = ?, hard_pico_usd = ?", [f"tag:learner={NOBODY}", 5]),
        ("scope = ?, author = ?", [f"tag:learner={NOBODY}", "bea"]),
        ("scope = ?, at = ?", [f"tag:learner={NOBODY}", "2020"]),
        ("why = ?", ["x"]),
    ],
)
@pytest.mark.usefixtures("budgeted")
def test_of_a_noted_limit_nothing_but_that_can_be_changed(
    ledger: Ledger, columns: str, values: list[object]
) -> None:
    with pytest.raises(Exception, match="never changed"):
        ledger.store.write(lambda tx: change(tx.execute, columns, *values))
    ledger.store.write(lambda tx: change(tx.execute, "scope = ?", f"tag:learner={NOBODY}"))


@pytest.mark.usefixtures("budgeted")
def test_a_noted_limit_cannot_be_deleted(ledger: Ledger) -> None:
    with pytest.raises(Exception, match="never"):
        ledger.store.write(lambda tx: tx.execute("DELETE FROM limit_change"))


@pytest.fixture
def budgeted(budget: Budget) -> None:
    budget.set(hard="1", tag=f"learner={VEGA}", by="ppkit class", why="tuesday")


@given(costs=st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 10**10)), max_size=8))
def test_whatever_was_spent_the_books_are_right_afterwards(
    blank_ledger: Path, costs: list[tuple[str, int]]
) -> None:
    with TemporaryDirectory() as folder:
        path = shutil.copy(blank_ledger, folder)
        ledger = open_ledger(f"sqlite:///{path}", ManualClock(datetime(2026, 11, 23, tzinfo=UTC)))
        for number, (who, cost) in enumerate(costs):
            made = call(str(number), learner=who, client="x")
            ledger.reserve(made, Money(10**10))
            ledger.settle(made.id, Money(cost))
        before = ledger.totals(), ledger.totals(scope="tag:client=x")
        ledger.forget_tag("learner", "a", "forgotten 00000000")
        assert ledger.audit() == []
        assert (ledger.totals(), ledger.totals(scope="tag:client=x")) == before
        ledger.close()
