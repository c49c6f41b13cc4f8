"""`ppkit limits` and `ppkit usage`: what the ledger holds, as sentences, JSON and CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest

import ppkit as package
from ppkit.cli import limits_command
from ppkit.money import Money
from ppkit.spending.ledger import Call, Mark
from ppkit.spending.ledger.report import FIGURES, RATIOS
from ppkit.spending.usage import Usage

from .conftest import Ppkit


def spend(call_id: str, usd: str, model: str = "gpt-5-nano", **tags: str) -> None:
    """One settled call in the ledger that the commands will open."""
    ledger = package.session().ledger
    ledger.reserve(Call(call_id, model, "…WXYZ", "responses", tags), Money.usd(usd))
    ledger.settle(call_id, Money.usd(usd), Usage(input_tokens=100, output_tokens=20))


def test_limits_are_shown_before_any_is_set(ppkit: Ppkit) -> None:
    assert "Spend limit (blocks): none" in ppkit("limits").out


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


def test_limits_of_a_day_a_total_a_key_and_a_tag_are_set_listed_and_removed(ppkit: Ppkit) -> None:
    spend("a", "0.30", client="a")
    assert ppkit("limits", "--per", "day", "--soft", "50%", "--soft", "0.80", "--hard", "1").code == 0
    assert (
        ppkit("limits", "--per", "total", "--since", "2020-01-01", "--hard", "2", "--tag", "client=a").code
        == 0
    )
    shown = ppkit("limits", "--key", "…WXYZ", "--hard", "3").out
    assert [
        words
        for words in ("day", "$0.50; $0.80", "total since Jan 1, 2020", "the key …WXYZ", "$2.70")
        if words not in shown
    ] == []
    found = ppkit("limits", "--json").json["limits"]
    assert [(one["scope"], one["period"], one["left_pico_usd"]) for one in found] == [
        ("all", "day", 7 * 10**11),
        ("key:…WXYZ", "month", 27 * 10**11),
        ("tag:client=a", "total", 17 * 10**11),
    ]
    assert found[0]["thresholds_pico_usd"] == [5 * 10**11, 8 * 10**11]
    assert (found[2]["starts_at"], found[2]["opens_at"]) == ("2020-01-01T00:00:00+00:00", None)
    removed = ppkit(
        "limits", "--per", "day", "--soft", "none", "--hard", "none", "--why", "a trial", "--json"
    )
    assert [one["period"] for one in removed.json["limits"]] == ["month", "total"]


def test_a_limit_is_raised_or_removed_by_who_says_why(ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch) -> None:
    ppkit("limits", "--hard", "5")
    for asked in ("6", "none"):
        refused = ppkit("limits", "--hard", asked, "--json")
        assert (refused.code, refused.json["error"]["code"]) == (2, "limit_without_reason")
    assert ppkit("limits", "--hard", "4").code == 0
    monkeypatch.setattr(limits_command, "is_typed", lambda: True)
    assert ppkit("limits", "--hard", "6", typed="more pictures\n").code == 0
    assert ppkit("limits", "--changes", "--json").json[-1]["why"] == "more pictures"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--per", "day", "--since", "2026-01-01", "--hard", "1"),
        ("--per", "total", "--since", "yesterday", "--hard", "1"),
        ("--soft", "80%"),
        ("--per", "week", "--hard", "1"),
        ("--key", "…WXYZ", "--tag", "client=a", "--hard", "1"),
        ("--changes", "--tag", "client=a"),
        ("--tag", "client", "--hard", "1"),
    ],
)
def test_a_limit_that_cannot_be_meant_is_refused_in_sentences(
    ppkit: Ppkit, arguments: tuple[str, ...]
) -> None:
    ran = ppkit("limits", *arguments)
    assert (ran.code, "Traceback" in ran.err) == (2, False)
    assert ppkit("limits", "--json").json["limits"] == []


def test_an_alert_that_could_not_be_sent_is_seen(ppkit: Ppkit) -> None:
    ppkit("limits", "--per", "day", "--soft", "0.10")
    spend("a", "0.20")
    ledger = package.session().ledger
    (alert,) = ledger.pending_alerts()
    ledger.postpone_alert(alert.id, ledger.clock.now(), "SMTPAuthenticationError")
    assert "could not be sent yet: 1 attempt, SMTPAuthenticationError" in ppkit("limits").out
    (found,) = ppkit("limits", "--json").json["limits"]
    assert found["undelivered"][0]["failure"] == "SMTPAuthenticationError"


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
    assert set(rows[0]) == {"model", "tag:client", *FIGURES, *RATIOS}


def test_the_table_adds_up_and_shows_money_under_way(ppkit: Ppkit) -> None:
    spend("one", "0.10")
    package.session().ledger.reserve(Call("open", "gpt-5-nano", "…WXYZ", "responses"), Money.usd("0.03"))
    lines = ppkit("usage", "--by", "model").out.splitlines()
    assert lines[-1].split() == ["Total", *lines[-2].split()[1:]]
    assert "$0.10" in lines[-1]
    assert "$0.03" in lines[-1]


def lose(call_id: str, usd: str) -> None:
    """A call that got no answer."""
    ledger = package.session().ledger
    ledger.reserve(Call(call_id, "gpt-5-nano", "…WXYZ", "responses"), Money.usd(usd))
    ledger.give_up(call_id, "no_answer")


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize(("mark", "sign"), [("estimated", "~"), ("ceiling", "≤"), ("overrun", "!")])
def test_the_table_marks_what_is_not_exact_and_explains_the_sign(
    ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch, language: str, mark: Mark, sign: str
) -> None:
    monkeypatch.setenv("PPKIT_LANGUAGE", language)
    spend("one", "0.10")
    ledger = package.session().ledger
    ledger.reserve(Call("two", "gpt-5-mini", "…WXYZ", "responses"), Money.usd("0.03"))
    ledger.settle("two", Money.usd("0.03"), mark=mark)
    lines = ppkit("usage", "--by", "model").out.splitlines()
    assert [f" {sign} " in line for line in lines] == [False, True, False, True, False]
    assert lines[-1].startswith(sign)
    assert "0.03" in lines[-1].replace(",", ".")


def test_what_is_uncertain_stands_beside_the_cost_and_is_explained(ppkit: Ppkit) -> None:
    spend("one", "0.10")
    lose("lost", "0.07")
    lines = ppkit("usage").out.splitlines()
    assert lines[-2].split()[-3:] == ["$0.10", "$0.07", "$0.00"]
    assert "Up to $0.07 is uncertain" in lines[-1]
    assert ppkit("usage", "--json").json[0]["uncertain_pico_usd"] == 7 * 10**10
    limits = ppkit("limits")
    assert "Spent this month: $0.10" in limits.out
    assert "Uncertain: up to $0.07" in limits.out
    assert ppkit("limits", "--json").json["uncertain_pico_usd"] == 7 * 10**10


@pytest.mark.parametrize(
    ("language", "heading", "reason"),
    [("it", "Al massimo", "non è arrivata nessuna risposta"), ("en", "Up to", "no answer came back")],
)
def test_uncertain_calls_are_listed_with_their_reason(
    ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch, language: str, heading: str, reason: str
) -> None:
    monkeypatch.setenv("PPKIT_LANGUAGE", language)
    lose("lost", "0.07")
    shown = ppkit("usage", "--uncertain").out
    assert heading in shown.splitlines()[0]
    assert ("lost" in shown, reason in shown, "--resolve" in shown) == (True, True, True)
    (row,) = ppkit("usage", "--uncertain", "--json").json
    assert (row["call_id"], row["at_most_pico_usd"], row["why"]) == ("lost", 7 * 10**10, "no_answer")
    assert (row["model"], row["key"]) == ("gpt-5-nano", "…WXYZ")


def test_without_uncertain_calls_there_is_nothing_to_list(ppkit: Ppkit) -> None:
    assert ppkit("usage", "--uncertain").out == "No uncertain calls.\n"
    assert ppkit("usage", "--uncertain", "--json").json == []


@pytest.mark.parametrize("cost", ["0", "0.02"])
def test_an_uncertain_call_is_resolved_by_hand(ppkit: Ppkit, cost: str) -> None:
    lose("lost", "0.07")
    told = ppkit("usage", "--resolve", "lost", "--cost", cost, "--why", "the bill of November")
    assert told.code == 0
    assert "call lost cost" in told.out
    (row,) = ppkit("usage", "--json").json
    assert (row["cost_pico_usd"], row["uncertain_pico_usd"]) == (Money.usd(cost).pico_usd, 0)
    assert ppkit("usage", "--uncertain", "--json").json == []
    (entry,) = package.session().ledger.entry("lost").adjustments
    assert entry.why == "the bill of November"
    assert entry.by


def test_a_resolution_is_one_document_for_a_program(ppkit: Ppkit) -> None:
    lose("lost", "0.07")
    ran = ppkit("usage", "--resolve", "lost", "--cost", "0.01", "--why", "the bill", "--json")
    assert (ran.json["call_id"], ran.json["cost_pico_usd"], ran.json["why"]) == ("lost", 10**10, "the bill")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--resolve", "nobody", "--cost", "0", "--why", "x"),
        ("--resolve", "lost", "--cost", "much", "--why", "x"),
        ("--resolve", "lost", "--cost", "-1", "--why", "x"),
        ("--resolve", "lost", "--cost", "0"),
        ("--resolve", "lost", "--why", "x"),
        ("--cost", "0"),
        ("--uncertain", "--resolve", "lost", "--cost", "0", "--why", "x"),
        ("--uncertain", "--csv"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_resolved_is_a_sentence(ppkit: Ppkit, arguments: tuple[str, ...]) -> None:
    lose("lost", "0.07")
    ran = ppkit("usage", *arguments)
    assert (ran.code, ran.out, "Traceback" in ran.err) == (2, "", False)
    assert ran.err.strip()
    assert package.session().ledger.entry("lost").adjustments == ()


@pytest.mark.parametrize("option", ["--resolve", "--cost", "--why"])
def test_a_key_typed_into_a_resolution_is_neither_shown_nor_written(ppkit: Ppkit, option: str) -> None:
    lose("lost", "0.07")
    secret = "sk-practice-" + "CANARY" * 8
    given = {"--resolve": "lost", "--cost": "0", "--why": "x"} | {option: secret}
    ran = ppkit("usage", *(part for pair in given.items() for part in pair))
    assert ran.code == 2
    assert "CANARYCANARY" not in ran.out + ran.err
    assert package.session().ledger.entry("lost").adjustments == ()


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


def test_fields_may_stand_in_one_option_and_days_be_called_from_and_to(ppkit: Ppkit) -> None:
    spend("a", "0.10", client="rossi")
    today = package.session().clock.now().date().isoformat()
    rows = ppkit("usage", "--by", "month,kind,purse", "--from", today, "--to", today, "--json").json
    assert [(row["month"], row["kind"], row["purse"]) for row in rows] == [
        (today[:7], "responses", "own_key")
    ]
    assert ppkit("usage", "--by", "week", "--from", "2020-01-01", "--to", "2020-01-02", "--json").json == []
    assert "Purse" in ppkit("usage", "--by", "purse").out


def test_usage_is_written_to_a_spreadsheet_with_the_cost_first(ppkit: Ppkit, tmp_path: Path) -> None:
    spend("a", "0.10", client="=rossi")
    path = tmp_path / "spent.xlsx"
    assert str(path) in ppkit("usage", "--by", "tag:client", "--xlsx", str(path)).out
    (row,) = pd.read_excel(path, engine="openpyxl").to_dict("records")
    assert list(row.items())[:3] == [("tag:client", "'=rossi"), ("cost_usd", 0.1), ("calls", 1)]
    assert row["cost_pico_usd"] == 10**11


def test_usage_is_written_as_parquet_with_its_types(ppkit: Ppkit, tmp_path: Path) -> None:
    spend("a", "0.10")
    path = tmp_path / "spent.parquet"
    assert ppkit("usage", "--by", "day", "--parquet", str(path), "--json").json == {
        "file": str(path),
        "rows": 1,
    }
    frame = pd.read_parquet(path)
    assert frame["cost_pico_usd"].tolist() == [10**11]
    assert frame["day"].dtype.kind == "M"


def test_a_file_that_cannot_be_written_is_a_sentence(ppkit: Ppkit, tmp_path: Path) -> None:
    ran = ppkit("usage", "--xlsx", str(tmp_path / "nowhere" / "spent.xlsx"))
    assert ran.code == 2
    assert "--xlsx" in ran.err
    assert "Traceback" not in ran.err


def test_usage_takes_one_form_at_a_time(ppkit: Ppkit, tmp_path: Path) -> None:
    assert ppkit("usage", "--csv", "--xlsx", str(tmp_path / "a.xlsx")).code == 2
    assert ppkit("usage", "--uncertain", "--parquet", str(tmp_path / "a.parquet")).code == 2
    assert list(tmp_path.glob("a.*")) == []


def test_changes_of_limits_are_listed_with_their_reasons(ppkit: Ppkit) -> None:
    assert "No limit has been changed yet." in ppkit("limits", "--changes").out
    ppkit("limits", "--hard", "10.00", "--why", "the course begins")
    shown = ppkit("limits", "--changes").out
    assert all(text in shown for text in ("all calls", "$10.00", "the course begins"))
    (change,) = ppkit("limits", "--changes", "--json").json
    assert (change["hard_pico_usd"], change["soft_pico_usd"], change["why"]) == (
        10**13,
        None,
        "the course begins",
    )
    assert ppkit("limits", "--changes", "--hard", "5").code == 2
