"""Usage: the figures, the chart and the table."""

from __future__ import annotations

import re

import pytest

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.practice_platform.console.usage_pages import add_up, bounds, days_of, series_of, total
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.rows import UsageRow

from .person import Person, spend, words


def row(day: str, model: str, usd: str) -> UsageRow:
    return UsageRow({"day": day, "model": model, "key": "K", "project": "P"}, 1, 10, 20, 0, Money.usd(usd))


def test_usage_adds_up_to_the_same_sum_whatever_the_group() -> None:
    rows = [row("2026-11-01", "a", "0.1"), row("2026-11-02", "a", "0.2"), row("2026-11-02", "b", "0.4")]
    for by in ("day", "model", "key"):
        assert sum(line.cost.pico_usd for line in add_up(rows, by)) == total(rows).cost.pico_usd
    assert [line.name for line in add_up(rows, "model")] == ["a", "b"]


def test_every_day_of_the_period_is_there(clock: ManualClock) -> None:
    days = days_of(*bounds("this_month", clock.now()))
    assert len(days) == 30
    assert (days[0].isoformat(), days[-1].isoformat()) == ("2026-11-01", "2026-11-30")


def test_the_chart_shows_up_to_five_models_and_the_rest_together() -> None:
    rows = [row("2026-11-01", f"m{number}", f"0.{number}") for number in range(1, 8)]
    assert list(series_of(rows, "others").values()) == ["m7", "m6", "m5", "m4", "others", "others", "others"]
    assert list(series_of(rows[:5], "others").values()) == ["m5", "m4", "m3", "m2", "m1"]


def test_the_legend_names_each_model_with_its_cost(person: Person, platform: Platform) -> None:
    key, _secret = platform.create_key("PostPickr-AI")
    for number in range(1, 8):
        spend(platform, key, f"0.0{number}", model=f"m{number}")
    html = person.read("usage").text
    legend = html[html.index('<ul class="pp-legend">') :].partition("</ul>")[0]
    named = re.findall(r"<span>([^<]+)</span> <b>([^<]+)</b>", legend)
    assert named == [
        ("m7", "$0.07"),
        ("m6", "$0.06"),
        ("m5", "$0.05"),
        ("m4", "$0.04"),
        ("Other models", "$0.06"),
    ]
    assert "Nov 23, 2026, m7: $0.07" in html


@pytest.mark.parametrize(("period", "days"), [("this_month", 30), ("last_month", 31), ("last_30_days", 30)])
def test_a_period_has_its_days(clock: ManualClock, period: str, days: int) -> None:
    since, until = bounds(period, clock.now())
    assert (until - since).days == days


@pytest.mark.parametrize("by", ["day", "model", "key", "project", "nonsense"])
def test_the_usage_page_shows_what_calls_cost(person: Person, platform: Platform, by: str) -> None:
    key, _secret = platform.create_key("PostPickr-AI")
    spend(platform, key, "0.0123")
    spend(platform, key, "0.2", model="gpt-image-2")
    page = words(person.read(f"usage?by={by}"))
    assert "$0.21" in page
    filtered = words(person.read(f"usage?by={by}&model=gpt-6-luna"))
    assert "$0.0123" in filtered
    assert "$0.2000" not in filtered
