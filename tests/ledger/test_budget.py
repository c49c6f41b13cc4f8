"""The budget: what can be set, what cannot, and what stays."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import (
    InvalidLimit,
    InvalidTag,
    LimitNegative,
    LimitNotAnAmount,
    Limits,
    LimitTooLarge,
    SoftAboveHard,
)

from .examples import usd


def test_at_first_there_is_no_limit(budget: Budget) -> None:
    assert budget.get() == Limits(soft=None, hard=None)
    assert budget.all() == {}


def test_limits_are_read_back(budget: Budget) -> None:
    assert budget.set(soft="5.00", hard="10.00") == Limits(usd("5"), usd("10"))
    assert budget.get() == Limits(usd("5"), usd("10"))


def test_each_scope_has_limits_of_its_own(budget: Budget) -> None:
    budget.set(hard="10")
    budget.set(hard="3", key="…WXYZ")
    budget.set(soft=Decimal("1.5"), tag="client=a")
    assert budget.all() == {
        "all": Limits(hard=usd("10")),
        "key:…WXYZ": Limits(hard=usd("3")),
        "tag:client=a": Limits(soft=usd("1.5")),
    }


def test_what_is_not_given_stays_and_none_clears(budget: Budget) -> None:
    budget.set(soft="5", hard="10")
    assert budget.set(hard="20") == Limits(usd("5"), usd("20"))
    assert budget.set(soft=None) == Limits(None, usd("20"))
    budget.set(hard=None)
    assert budget.all() == {}


@pytest.mark.parametrize(
    ("amount", "error"),
    [
        ("-1", LimitNegative),
        (Money(-1), LimitNegative),
        ("five", LimitNotAnAmount),
        ("5,00", LimitNotAnAmount),
        ("", LimitNotAnAmount),
        ("NaN", LimitNotAnAmount),
        ("Infinity", LimitNotAnAmount),
        (5.0, LimitNotAnAmount),
        (True, LimitNotAnAmount),
        ("0.0000000000001", LimitNotAnAmount),
        ("10000000", LimitTooLarge),
    ],
)
@pytest.mark.parametrize("which", ["soft", "hard"])
def test_a_limit_nobody_could_mean_changes_nothing(
    budget: Budget, which: str, amount: str, error: type[InvalidLimit]
) -> None:
    budget.set(soft="1", hard="2")
    with pytest.raises(error):
        budget.set(**{which: amount})
    assert budget.get() == Limits(usd("1"), usd("2"))


def test_a_soft_limit_above_the_hard_one_is_refused(budget: Budget) -> None:
    with pytest.raises(SoftAboveHard):
        budget.set(soft="11", hard="10")
    budget.set(soft="5", hard="10")
    with pytest.raises(SoftAboveHard):
        budget.set(hard="4")
    assert budget.get() == Limits(usd("5"), usd("10"))
    assert budget.set(soft="10") == Limits(usd("10"), usd("10"))


def test_a_limit_belongs_to_one_scope(budget: Budget) -> None:
    with pytest.raises(ValueError, match="both"):
        budget.set(hard="1", key="k", tag="a=b")
    with pytest.raises(InvalidTag):
        budget.set(hard="1", tag="client")
