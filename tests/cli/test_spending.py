"""`ppkit limits` and `ppkit usage`: what the ledger holds, as sentences, JSON and CSV."""

from __future__ import annotations

import csv
import io

import pytest

import ppkit as package
from ppkit.money import Money
from ppkit.spending.ledger import Call
from ppkit.spending.usage import Usage

from .conftest import Ppkit


def spend(call_id: str, usd: str, model: str = "gpt-5-nano", **tags: str) -> None:
    """One settled call in the ledger that the commands will open."""
    ledger = package.session().ledger
    ledger.reserve(Call(call_id, model, "…WXYZ", "responses", tags), Money.usd(usd))
    ledger.settle(call_id, Money.usd(usd), Usage(input_tokens=100, output_tokens=20))


def test_limits_are_shown_before_any_is_set(ppkit: Ppkit) -> None:
    assert "Spending limit (blocks): none" in ppkit("limits").out


def test_limits_are_set_kept_and_cleared(ppkit: Ppkit) -> None:
    assert "$10.00" in ppkit("limits", "--soft", "5.00", "--hard", "10.00").out
    shown = ppkit("limits", "--hard", "8", "--json").json
    assert (shown["soft_pico_usd"], shown["hard_pico_usd"]) == (5 * 10**12, 8 * 10**12)
    cleared = ppkit("limits", "--soft", "none", "--json").json
    assert (cleared["soft_pico_usd"], cleared["hard_pico_usd"]) == (None, 8 * 10**12)


@pytest.mark.parametrize("amount", ["-1", "five", "0.0000000000001", "1e400", "NaN", ""])
def test_an_impossible_limit_is_a_sentence_and_changes_nothing(ppkit: Ppkit, amount: str) -> None:
    ppkit("limits", "--hard", "10.00")
    ran = ppkit("limits", "--hard", amount)
    assert ran.code == 2
    assert len(ran.err.splitlines()) >= 3
    assert "Traceback" not in ran.err
    assert ppkit("limits", "--json").json["hard_pico_usd"] == 10 * 10**12


def test_a_refused_limit_is_told_as_an_amount(ppkit: Ppkit) -> None:
    assert "(-$1.00)" in ppkit("limits", "--hard", "-1").err


def test_a_soft_limit_above_the_hard_one_is_refused(ppkit: Ppkit) -> None:
    assert ppkit("limits", "--soft", "20", "--hard", "10").code == 2
    assert ppkit("limits", "--json").json["soft_pico_usd"] is None


def test_usage_before_any_call_says_so(ppkit: Ppkit) -> None:
    assert ppkit("usage").out == "Nothing has been spent yet.\n"
    assert ppkit("usage", "--json").json == []


def test_usage_is_grouped_as_asked(ppkit: Ppkit) -> None:
    spend("one", "0.10", client="rossi")
    spend("two", "0.20", client="rossi")
    spend("three", "0.05", model="gpt-5-mini", client="bianchi")
    rows = ppkit("usage", "--by", "model", "--by", "tag:client", "--json").json
    found = {(row["model"], row["tag:client"]): (row["calls"], row["cost_pico_usd"]) for row in rows}
    assert found == {("gpt-5-nano", "rossi"): (2, 3 * 10**11), ("gpt-5-mini", "bianchi"): (1, 5 * 10**10)}
    assert set(rows[0]) == {
        "model",
        "tag:client",
        "calls",
        "input_tokens",
        "output_tokens",
        "cost_pico_usd",
        "reserved_pico_usd",
    }


def test_the_table_adds_up_and_shows_money_under_way(ppkit: Ppkit) -> None:
    spend("one", "0.10")
    package.session().ledger.reserve(Call("open", "gpt-5-nano", "…WXYZ", "responses"), Money.usd("0.03"))
    lines = ppkit("usage", "--by", "model").out.splitlines()
    assert lines[-1].split() == ["Total", *lines[-2].split()[1:]]
    assert "$0.10" in lines[-1]
    assert "$0.03" in lines[-1]


def test_csv_has_the_same_rows(ppkit: Ppkit) -> None:
    spend("one", "0.10")
    table = ppkit("usage", "--by", "key", "--csv").out
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(row["key"], row["cost_pico_usd"]) for row in rows] == [("…WXYZ", str(10**11))]


@pytest.mark.parametrize("arguments", [("--by", "colour"), ("--since", "yesterday")])
def test_what_a_report_cannot_know_is_a_sentence(ppkit: Ppkit, arguments: tuple[str, str]) -> None:
    ran = ppkit("usage", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err


def test_days_outside_the_asked_time_are_left_out(ppkit: Ppkit) -> None:
    spend("one", "0.10")
    assert ppkit("usage", "--since", "2000-01-01", "--json").json != []
    assert ppkit("usage", "--until", "2000-01-01", "--json").json == []
