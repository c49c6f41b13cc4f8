"""The budget: what can be set, what cannot, and what stays."""

from __future__ import annotations

import traceback
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from postgres_server import connect

from ppkit.footing import footing
from ppkit.keys import ApiKey
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import (
    Blocked,
    InvalidLimit,
    InvalidTag,
    Ledger,
    LimitNegative,
    LimitNotAnAmount,
    Limits,
    LimitTooLarge,
    SoftAboveHard,
    UnknownKeyName,
)
from ppkit.spending.ledger.limit_rows import LimitRow
from ppkit.spending.ledger.transaction import Transaction

from .examples import call, on_sqlite, usd

SECRET = "sk-proj-" + "CANARY" * 8 + "WXYZ"
NO_KEYS = [
    "the key of client a",
    "WXYZ",
    "",
    "sk-",
    "sk-WXYZ",
    "…WXY",
    "…WXYZ!",
    "sk-…WXYZ!",
    SECRET + "\u200b",
]


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
    assert budget.set(hard="20", why="more pictures") == Limits(usd("5"), usd("20"))
    assert budget.set(soft=None) == Limits(None, usd("20"))
    budget.set(hard=None, why="a trial")
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
        budget.set(**{which: amount})  # type: ignore[arg-type]
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


@pytest.mark.parametrize("key", ["…WXYZ", "sk-…WXYZ", " sk-…WXYZ\n", "key:…WXYZ"], ids=range(4))
def test_a_limit_for_a_key_bites_in_whatever_form_the_key_is_shown(
    budget: Budget, ledger: Ledger, key: str
) -> None:
    budget.set(soft="1", hard="3", key=key)
    assert budget.all() == {"key:…WXYZ": Limits(usd("1"), usd("3"))}
    assert budget.get(key=key) == budget.get("key:…WXYZ") == Limits(usd("1"), usd("3"))
    with pytest.raises(Blocked):
        ledger.reserve(call("a", key="…WXYZ"), usd("3.01"))
    budget.set(soft=None, hard=None, key=key, why="a trial")
    assert ledger.reserve(call("b", key="…WXYZ"), usd("3.01")).in_full


@pytest.mark.parametrize("key", [ApiKey(SECRET), SECRET, f" {SECRET}\n", f"key:{SECRET}"], ids=range(4))
def test_a_limit_for_a_key_bites_in_whatever_form_the_key_itself_is_given(
    budget: Budget, ledger: Ledger, key: str | ApiKey
) -> None:
    fingerprint = ledger.fingerprint_of(SECRET)
    budget.set(soft="1", hard="3", key=key)
    assert budget.all() == {f"key:…WXYZ#{fingerprint}": Limits(usd("1"), usd("3"))}
    assert budget.get(key=key) == budget.get(f"key:…WXYZ#{fingerprint}") == Limits(usd("1"), usd("3"))
    with pytest.raises(Blocked):
        ledger.reserve(replace(call("a"), fingerprint=fingerprint), usd("3.01"))
    budget.set(soft=None, hard=None, key=key, why="a trial")
    assert ledger.reserve(replace(call("b"), fingerprint=fingerprint), usd("3.01")).in_full


def test_keys_too_short_to_be_told_share_one_limit(budget: Budget) -> None:
    budget.set(hard="3", key="…")
    assert budget.all() == {"key:…": Limits(hard=usd("3"))}


@pytest.mark.parametrize("key", NO_KEYS, ids=range(len(NO_KEYS)))
def test_a_limit_that_would_never_bite_is_refused(budget: Budget, key: str) -> None:
    for limit in ("3", None):
        with pytest.raises(UnknownKeyName):
            budget.set(hard=limit, key=key)
    with pytest.raises(UnknownKeyName):
        budget.get(key=key)
    assert budget.all() == {}


def test_a_name_that_calls_have_counted_under_may_have_a_limit(budget: Budget, ledger: Ledger) -> None:
    with pytest.raises(UnknownKeyName):
        budget.set(hard="3", key="PostPickr-AI")
    ledger.reserve(call("a", key="PostPickr-AI"), usd("1"))
    budget.set(hard="3", key="PostPickr-AI")
    assert budget.get(key="PostPickr-AI") == Limits(hard=usd("3"))
    with pytest.raises(Blocked):
        ledger.reserve(call("b", key="PostPickr-AI"), usd("3.01"))


def test_a_secret_given_as_a_key_is_written_nowhere_and_told_by_nobody(
    budget: Budget, ledger_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    budget.set(hard="3", key=SECRET)
    told = [repr(budget.all())]
    for given, hard in (
        (SECRET, "five"),
        (SECRET, "-1"),
        (SECRET[:-4] + "\u200b", "3"),
        (f"Bearer {SECRET}", "3"),
    ):
        with pytest.raises((InvalidLimit, UnknownKeyName)) as refused:
            budget.set(hard=hard, key=given)
        told += [repr(refused.value), *traceback.format_exception(refused.value)]
    assert "CANARYCANARY" not in "".join(told) + caplog.text
    kept = kept_at(ledger_url)
    assert any("…WXYZ" in text for text in kept)
    assert not [text for text in kept if "CANARYCANARY" in text]


@on_sqlite
@pytest.mark.parametrize("earlier", ["the key of client a", "sk-…WXYZ", SECRET], ids=range(3))
def test_a_limit_that_an_earlier_version_wrote_for_any_text_can_be_cleared(
    budget: Budget, ledger: Ledger, earlier: str
) -> None:
    def write(tx: Transaction) -> None:
        tx.write_limit(LimitRow(f"key:{earlier}", "month", None, (), 3))

    ledger.store.write(write)
    assert SECRET not in repr(budget.all())
    assert budget.set(hard=None, key=earlier, why="a trial") == Limits()
    assert ledger.store.read(lambda tx: tx.limits()) == []


def test_limits_are_asked_for_of_one_scope(budget: Budget) -> None:
    budget.set(hard="2", tag="client=a")
    assert budget.get(tag="client=a") == budget.get("tag:client=a") == Limits(hard=usd("2"))
    assert budget.get("key:no call has counted here") == Limits()
    with pytest.raises(ValueError, match="several"):
        budget.get("tag:client=a", key="…WXYZ")


def kept_at(ledger_url: str) -> list[str]:
    """All that a ledger's files hold, its log included, or the rows of all tables of its database."""
    if ledger_url.startswith("sqlite"):
        path = Path(ledger_url.partition(":///")[2])
        files = [found for found in path.parent.iterdir() if found.name.startswith(path.name)]
        assert any(file.name.endswith("-wal") for file in files) == footing().has_neighbours
        return [file.read_bytes().decode(errors="replace") for file in files]
    with connect(ledger_url) as server:
        tables = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'ppkit'").fetchall()
        rows = [server.execute(f"SELECT t::text FROM ppkit.{table} AS t".encode()) for (table,) in tables]
        return [text for found in rows for (text,) in found.fetchall()]
