"""A sweep tries every case, names all that fail, and has no more parameters than its fixtures."""

from __future__ import annotations

import inspect

import pytest
import sweeps
from sweeps import sweep


@sweep("left", [1, 2, 3])
@sweep(("right", "factor"), [(2, 1), (3, 1)])
def differ(left: int, right: int, factor: int, offset: int = 0) -> None:
    assert left != right * factor + offset


def test_every_combination_is_tried_and_each_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "most_cases", 0)  # also where the run tries few of each
    with pytest.raises(ExceptionGroup) as failures:
        differ()
    assert failures.value.message.splitlines() == [
        "2 of 6 cases fail:",
        "right=2, factor=1, left=2",
        "right=3, factor=1, left=3",
    ]
    assert [type(failure) for failure in failures.value.exceptions] == [AssertionError, AssertionError]


def test_what_is_left_are_the_fixtures() -> None:
    assert list(inspect.signature(differ).parameters) == ["offset"]
    differ(offset=7)


def test_a_failure_that_pytest_raises_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "most_cases", 0)

    @sweep("number", [1, 2])
    def fails(number: int) -> None:
        with pytest.raises(ValueError, match="never"):
            pass

    with pytest.raises(ExceptionGroup, match="2 of 2 cases fail"):
        fails()


def test_a_sweep_over_nothing_is_refused() -> None:
    with pytest.raises(AssertionError, match="proves nothing"):
        sweep("number", [])


def test_few_cases_are_the_first_the_last_and_some_between(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    @sweep("number", range(101))
    def collects(number: int) -> None:
        tried.append(number)

    monkeypatch.setattr(sweeps, "most_cases", 3)
    collects()
    assert tried == [0, 50, 100]
