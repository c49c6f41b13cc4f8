"""A limit is raised or removed by an act that says who, when and why, and that stays written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ppkit.clock import ManualClock
from ppkit.keys import KeyInText
from ppkit.money import Money
from ppkit.spending.budget import Budget, LimitChange
from ppkit.spending.ledger import Ledger, Limits, SoftAboveHard


def test_every_change_says_who_when_and_why(budget: Budget, clock: ManualClock) -> None:
    first = clock.now()
    budget.set(soft="5", hard="10", by="ada", why="the course begins")
    clock.advance(timedelta(days=1))
    budget.set(hard="20", by="bea", why=" more pictures ")
    budget.set(hard=None, soft=None, by="ada", why="no more")
    budget.set(hard="1", tag="client=a", by="bea", why="a trial")
    assert budget.changes() == [
        LimitChange(first, "all", Limits(Money.usd("5"), Money.usd("10")), "ada", "the course begins"),
        LimitChange(clock.now(), "all", Limits(Money.usd("5"), Money.usd("20")), "bea", "more pictures"),
        LimitChange(clock.now(), "all", Limits(), "ada", "no more"),
        LimitChange(clock.now(), "tag:client=a", Limits(None, Money.usd("1")), "bea", "a trial"),
    ]


def test_what_changes_nothing_is_no_change(budget: Budget) -> None:
    budget.set(hard="10", by="ada")
    budget.set(hard="10", by="bea", why="once more")
    budget.set(hard=None, tag="client=a")
    with pytest.raises(SoftAboveHard):
        budget.set(soft="20", by="bea")
    assert [change.by for change in budget.changes()] == ["ada"]


def test_who_says_nothing_is_the_user_of_the_computer(
    budget: Budget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "carla")
    budget.set(hard="10")
    assert budget.changes()[0].by == "carla"


def test_a_user_without_a_name_changes_limits_too(budget: Budget, monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    budget.set(hard="10")
    assert budget.changes()[0].by == "ppkit"


def test_no_secret_is_written_down_as_a_reason(budget: Budget) -> None:
    secret = "sk-proj-" + "Ab3" * 16
    reasons: list[dict[str, Any]] = [{"by": secret}, {"why": f"new key {secret}"}]
    for given in reasons:
        with pytest.raises(KeyInText):
            budget.set(hard="10", **given)
    assert (budget.changes(), budget.get()) == ([], Limits())


def test_the_database_itself_refuses_to_change_what_was_noted(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="10", by="ada")
    for forbidden in ("UPDATE limit_change SET author = 'eve'", "DELETE FROM limit_change"):
        with pytest.raises(Exception, match="never"):
            ledger.store.write(lambda tx, sql=forbidden: tx.execute(sql).rowcount)  # type: ignore[misc]
    assert [change.by for change in budget.changes()] == ["ada"]
