"""Bar charts: heights in proportion, and nothing that counts is invisible."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ppkit.look.charts import SMALLEST_SEEN, TALLEST, bars

VALUES = st.lists(st.integers(0, 10**18), max_size=60)


@given(VALUES)
def test_only_what_counts_is_drawn_and_all_of_it_can_be_seen(values: list[int]) -> None:
    drawn = bars(("", "", value) for value in values)
    assert [bar.height == 0 for bar in drawn] == [value == 0 for value in values]
    assert all(SMALLEST_SEEN <= bar.height <= TALLEST for bar in drawn if bar.height)


@given(VALUES.filter(any))
def test_the_tallest_fills_the_chart_and_more_is_never_lower(values: list[int]) -> None:
    heights = [bar.height for bar in bars(("", "", value) for value in sorted(values))]
    assert heights[-1] == TALLEST
    assert heights == sorted(heights)


def test_no_values_draw_nothing() -> None:
    assert bars([]) == []
