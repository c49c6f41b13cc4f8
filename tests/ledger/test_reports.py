"""Reports: sums by day, model, key and tag, of what is settled and of what is under way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.spending.ledger import Ledger, Mark, NotADay, ReportRow, UnknownGrouping
from ppkit.spending.ledger.report import FIGURES, RATIOS, Report
from ppkit.spending.ledger.report_fields import days_meant
from ppkit.spending.ledger.report_table import MOST_ROWS

from .examples import USAGE, call


@pytest.fixture
def used(ledger: Ledger, clock: ManualClock) -> Ledger:
    """Three settled calls on two days, one released, one under way."""
    settled = [("a", "gpt-5.2", "…AAAA", {"client": "a"}), ("b", "gpt-5.2", "…BBBB", {"client": "b"})]
    for call_id, model, key, tags in settled:
        ledger.reserve(call(call_id, model=model, key=key, **tags), Money(100))
        ledger.settle(call_id, Money(40), USAGE)
    clock.advance(timedelta(days=1))
    ledger.reserve(call("c", model="gpt-image-2", key="…AAAA", client="a", lesson="02"), Money(500))
    ledger.settle("c", Money(300), USAGE)
    ledger.reserve(call("d"), Money(100))
    ledger.release("d")
    ledger.reserve(call("e", model="gpt-5.2", key="…AAAA"), Money(7))
    return ledger


def test_a_report_sums_up_by_the_fields_asked_for(used: Ledger) -> None:
    assert used.report(["day", "model"]).rows == [
        row(day="2026-11-23", model="gpt-5.2", calls=2, cost=80),
        row(day="2026-11-24", model="gpt-5.2", calls=0, reserved=7),
        row(day="2026-11-24", model="gpt-image-2", calls=1, cost=300),
    ]


def test_a_report_by_tag_shows_untagged_calls_too(used: Ledger) -> None:
    assert used.report(["tag:client"]).rows == [
        {"tag:client": None} | row(calls=0, reserved=7),
        {"tag:client": "a"} | row(calls=2, cost=340),
        {"tag:client": "b"} | row(calls=1, cost=40),
    ]


def test_a_report_by_nothing_is_one_line(used: Ledger) -> None:
    assert used.report().rows == [row(calls=3, cost=380, reserved=7)]


def test_a_report_of_nothing_is_empty(ledger: Ledger) -> None:
    assert ledger.report().rows == []
    assert ledger.report(["day"]).rows == []


def test_days_are_bounded_on_both_sides(used: Ledger) -> None:
    first, second = date(2026, 11, 23), date(2026, 11, 24)
    assert [row["day"] for row in used.report(["day"], since=second)] == ["2026-11-24"]
    assert [row["day"] for row in used.report(["day"], until=first)] == ["2026-11-23"]
    assert len(used.report(["day"], since=first, until=second)) == 2


def test_a_day_may_be_text_or_a_moment(used: Ledger) -> None:
    second = used.report(["day"], since=date(2026, 11, 24)).rows
    assert used.report(["day"], since="2026-11-24").rows == second
    assert used.report(["day"], since=datetime(2026, 11, 24, 18, tzinfo=UTC)).rows == second
    still_the_day_before = datetime(2026, 11, 24, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert used.report(["day"], since=still_the_day_before).rows == used.report(["day"]).rows
    assert (
        used.report(["day"], until="2026-11-23").rows == used.report(["day"], until=date(2026, 11, 23)).rows
    )


@pytest.mark.parametrize("day", ["yesterday", "", "23/11/2026", "2026-02-30", 20261123])
def test_what_is_no_day_is_refused(ledger: Ledger, day: str) -> None:
    with pytest.raises(NotADay):
        ledger.report(["day"], since=day)
    with pytest.raises(NotADay):
        ledger.report(["day"], until=day)


@pytest.mark.parametrize(
    ("name", "value"), [("week", "9999-W52"), ("month", "9999-12"), ("month", "2026-13")]
)
def test_a_period_that_no_calendar_ends_is_refused(name: str, value: str) -> None:
    with pytest.raises(NotADay):
        days_meant(name, value)


def test_one_grouping_needs_no_list(used: Ledger) -> None:
    assert used.report("day").rows == used.report(["day"]).rows
    assert used.report(by="tag:client").rows == used.report(["tag:client"]).rows


def test_a_report_can_be_narrowed(used: Ledger) -> None:
    assert used.report(["model"], where={"key": "…AAAA", "tag:client": "a"}).rows == [
        row(model="gpt-5.2", calls=1, cost=40),
        row(model="gpt-image-2", calls=1, cost=300),
    ]


@pytest.mark.parametrize("name", ["year", "", "tag:", 'tag:a"b', "day; DROP TABLE entry", "tag"])
def test_an_unknown_grouping_is_refused(ledger: Ledger, name: str) -> None:
    with pytest.raises(UnknownGrouping):
        ledger.report([name])
    with pytest.raises(UnknownGrouping):
        ledger.report(["day"], where={name: "x"})


def test_a_value_is_only_ever_a_value(used: Ledger) -> None:
    assert used.report(["day"], where={"model": "x' OR '1'='1"}).rows == []


def test_a_report_becomes_a_table_of_whole_numbers(used: Ledger) -> None:
    frame = used.report(["model"]).to_frame()
    assert list(frame.columns)[:2] == ["model", "calls"]
    assert frame["cost_pico_usd"].dtype == "int64"
    assert int(frame["cost_pico_usd"].sum()) == 380


def test_an_empty_table_still_has_its_columns(ledger: Ledger) -> None:
    assert "cost_pico_usd" in ledger.report(["day"]).to_frame().columns


def test_a_report_draws_periods_below_and_stacks_the_other_field(used: Ledger, clock: ManualClock) -> None:
    clock.advance(timedelta(days=2))
    used.reserve(call("late", model="gpt-5.2"), Money(9))
    used.settle("late", Money(9), USAGE)
    chart = used.report(["model", "day"]).chart("Cost")
    assert chart.columns == (
        "2026-11-23",
        "2026-11-24",
        "2026-11-25",
        "2026-11-26",
    )  # also the day of nothing
    assert chart.series == ("gpt-image-2", "gpt-5.2")
    assert chart.amounts == ((0, 80), (300, 0), (0, 0), (0, 9))
    assert chart._repr_svg_().startswith("<svg")


@pytest.mark.parametrize(("by", "columns"), [(["model"], ("gpt-5.2", "gpt-image-2")), ([], ("",))])
def test_without_a_period_the_first_field_stands_below_the_chart(
    used: Ledger, by: list[str], columns: tuple[str, ...]
) -> None:
    chart = used.report(by).chart()
    assert chart.columns == columns
    assert sum(map(sum, chart.amounts)) == 380


def test_csv_text_runs_no_formula_in_a_spreadsheet(ledger: Ledger) -> None:
    ledger.reserve(call("a", client="=1+1"), Money(1))
    ledger.settle("a", Money(1), USAGE)
    assert ledger.report(["tag:client"]).to_csv() == (
        "tag:client,calls,input_tokens,output_tokens,cost_pico_usd,reserved_pico_usd,"
        "uncertain_pico_usd,estimated_pico_usd,ceiling_pico_usd,overrun_pico_usd,"
        "cached_tokens,cache_write_tokens,reasoning_tokens,image_input_tokens,cached_image_tokens,"
        "image_output_tokens,cache_write_12h_tokens,"
        "cost_per_call_pico_usd,cached_share,uncertain_share,estimated_share\n"
        "'=1+1,1,100,50,1,0,0,0,0,0,20,0,10,0,0,0,0,1.0,0.2,0.0,0.0\n"
    )


@pytest.mark.parametrize(
    ("mark", "figures"),
    [
        (None, {}),
        ("estimated", {"estimated_pico_usd": 30}),
        ("ceiling", {"ceiling_pico_usd": 30}),
        ("overrun", {"overrun_pico_usd": 30}),
        ("uncertain", {"uncertain_pico_usd": 30, "cost_pico_usd": 0}),
    ],
)
def test_every_mark_has_a_column_and_what_is_uncertain_is_no_cost(
    ledger: Ledger, mark: Mark | None, figures: dict[str, int]
) -> None:
    ledger.reserve(call("a"), Money(40))
    ledger.settle("a", Money(30), mark=mark)
    expected = dict.fromkeys(FIGURES, 0) | {"calls": 1, "cost_pico_usd": 30} | figures
    assert ledger.report().rows == [expected]
    assert dict(ledger.report().to_frame()[[*FIGURES]].iloc[0]) == expected
    written = ledger.report().to_csv().splitlines()[1].split(",")[: -len(RATIOS)]
    assert written == [str(expected[name]) for name in FIGURES]


def row(calls: int, cost: int = 0, reserved: int = 0, **fields: str) -> ReportRow:
    figures = dict.fromkeys(FIGURES, 0) | {
        "calls": calls,
        "cached_tokens": 20 * calls,
        "reasoning_tokens": 10 * calls,
        "input_tokens": 100 * calls,
        "output_tokens": 50 * calls,
        "cost_pico_usd": cost,
        "reserved_pico_usd": reserved,
    }
    return {**fields, **figures}


def test_a_report_shows_itself_as_a_table_with_exact_costs_and_no_markup_of_a_label(ledger: Ledger) -> None:
    ledger.reserve(call("one", client="<b>Rossi"), Money.usd("0.50"))
    ledger.settle("one", Money(12_345))
    shown = ledger.report(by="tag:client")._repr_html_()
    assert "<td>&lt;b&gt;Rossi</td><td>1</td><td>0.000000012345 USD</td>" in shown
    assert "<th>tag:client</th>" in shown


def test_of_a_long_report_only_the_rows_on_show_are_made() -> None:
    codes, seen = range(10_000), Counted()
    report = Report(("day",), {"day": (codes, seen)}, dict.fromkeys(FIGURES, codes))
    shown = report._repr_html_()
    assert shown.count("<tr>") == 1 + MOST_ROWS + 1
    assert shown.endswith("<td>…</td></tr></table>")
    assert seen.asked == MOST_ROWS + 1


class Counted(Sequence[str]):
    """Labels that tell how many of them were asked for."""

    asked = 0

    def __getitem__(self, place: Any) -> Any:
        self.asked += 1
        return str(place)

    def __len__(self) -> int:
        return 10_000
