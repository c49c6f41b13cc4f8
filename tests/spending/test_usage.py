"""A Usage can only be made if it is possible."""

from __future__ import annotations

from typing import Any

import pytest

from ppkit.spending.usage import ImpossibleUsage, Usage


@pytest.mark.parametrize(
    "parts",
    [
        {"cached_tokens": 6, "cache_write_tokens": 5},
        {"image_input_tokens": 11},
        {"cached_tokens": 5, "image_input_tokens": 6},
        {"cached_image_tokens": 1},
        {"cached_tokens": 3, "image_input_tokens": 5, "cached_image_tokens": 4},
        {"cache_write_12h_tokens": 1},
        {"reasoning_tokens": 6, "image_output_tokens": 5},
    ],
)
def test_parts_never_exceed_their_whole(parts: dict[str, int]) -> None:
    with pytest.raises(ImpossibleUsage):
        Usage(10, 10, **parts)


@pytest.mark.parametrize("figure", [True, 1.0, "1", None])
def test_a_figure_is_a_whole_number(figure: Any) -> None:
    with pytest.raises(ImpossibleUsage):
        Usage(figure, 1)


def test_a_figure_is_never_negative() -> None:
    with pytest.raises(ImpossibleUsage):
        Usage(1, -1)
