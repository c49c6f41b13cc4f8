"""A chart is one value: the same columns in an SVG, a notebook and a table, and nothing of it is markup."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from ppkit.look.stacked_chart import stacked

DAYS = [("2026-11-22", "Nov 22"), ("2026-11-23", "Nov 23"), ("2026-11-24", "Nov 24")]
SVG = "{http://www.w3.org/2000/svg}"


def test_columns_without_an_amount_stay_and_the_dearest_series_is_at_the_bottom() -> None:
    rows = [("2026-11-22", "a", 10), ("2026-11-24", "b", 30), ("2026-11-24", "a", 5), ("2026-11-30", "c", 9)]
    chart = stacked("Cost", DAYS, rows, "en")
    assert chart.columns == ("Nov 22", "Nov 23", "Nov 24")
    assert chart.series == ("b", "a")
    assert chart.amounts == ((0, 10), (0, 0), (30, 5))
    assert chart.highest == ("Nov 24", 35)


@given(st.dictionaries(st.text(min_size=1, max_size=4), st.integers(1, 10**15), min_size=1, max_size=12))
def test_what_has_no_colour_of_its_own_is_in_the_others_and_nothing_is_lost(costs: dict[str, int]) -> None:
    chart = stacked("Cost", DAYS, [("2026-11-23", name, amount) for name, amount in costs.items()], "en")
    assert len(chart.series) <= 5
    assert sum(chart.amounts[1]) == sum(costs.values())
    assert list(chart.amounts[1][:4]) == sorted(costs.values(), reverse=True)[: len(chart.series)][:4]


def test_the_picture_is_one_svg_that_names_nothing_elsewhere_and_holds_no_markup_of_others() -> None:
    evil = '<script>alert("1")</script>&'
    chart = stacked(evil, [(evil, evil)], [(evil, evil, 10**12)], "en")
    for drawn in (chart.to_svg(), chart._repr_svg_(), chart._repr_html_()):
        root = ElementTree.fromstring(drawn)
        assert not re.search(r"(?:href|src|url)\s*[=(]", drawn)
        assert "<script" not in drawn
        assert any(evil in (text.text or "") for text in root.iter(f"{SVG}text"))


def test_words_of_a_figure_have_the_colour_of_the_page() -> None:
    figure = stacked("Cost", [], [], "it")._repr_html_()
    assert set(re.findall(r'<text[^>]* fill="([^"]+)"', figure)) == {"currentColor"}


def test_an_empty_chart_is_drawn_too() -> None:
    assert ElementTree.fromstring(stacked("Cost", [], [], "it").to_svg()) is not None


def test_it_is_a_table_of_whole_pico_dollars_too() -> None:
    frame = stacked("Cost", DAYS, [("2026-11-22", "a", 10**15 + 1)], "en").to_frame()
    assert frame.loc["Nov 22", "a"] == 10**15 + 1
    assert list(frame.index) == ["Nov 22", "Nov 23", "Nov 24"]
