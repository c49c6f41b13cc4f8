"""Bar charts: heights in proportion, and nothing that counts is invisible."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ppkit.look.charts import SMALLEST_SEEN, TALLEST, bars, stacks

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


COLUMNS = st.lists(st.lists(st.integers(0, 10**18), min_size=1, max_size=5), max_size=31)


@given(COLUMNS)
def test_a_column_is_as_high_as_its_sum_and_its_parts_fill_it(columns: list[list[int]]) -> None:
    drawn = stacks(("", [("", value) for value in column]) for column in columns)
    whole = bars(("", "", sum(column)) for column in columns)
    for stack, bar in zip(drawn, whole, strict=True):
        assert sum(part.height for part in stack.parts) == bar.height
        edge = TALLEST
        for part in stack.parts:
            assert part.height > 0
            assert part.top + part.height == edge
            edge = part.top


@given(COLUMNS)
def test_more_of_a_column_is_never_drawn_smaller(columns: list[list[int]]) -> None:
    for column, stack in zip(columns, stacks(("", [("", v) for v in c]) for c in columns), strict=True):
        heights = {part.series: part.height for part in stack.parts}
        for one, value in enumerate(column):
            for other, larger in enumerate(column):
                if larger > value:
                    assert heights.get(other, 0) >= heights.get(one, 0) - 1


def test_a_part_keeps_its_series_and_its_words() -> None:
    (stack,) = stacks([("Nov 1", [("a", 1), ("b", 0), ("c", 3)])])
    assert [(part.series, part.title, part.height) for part in stack.parts] == [(0, "a", 250), (2, "c", 750)]
