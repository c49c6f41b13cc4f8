"""Slow work beside the kernel's main thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar

import pytest

from ppkit.widgets.base import background_thread

TAG: ContextVar[str] = ContextVar("tag", default="none")
RUNNERS = [background_thread.run, background_thread.at_once]


def wait_for(
    run: background_thread.BackgroundRunner, function: Callable[[], object]
) -> tuple[object, object]:
    """What `then` and `failed` were given."""
    ended = threading.Event()
    results: list[object] = [None, None]

    def told(place: int, value: object) -> None:
        results[place] = value
        ended.set()

    run(function, lambda result: told(0, result), lambda error: told(1, error))
    assert ended.wait(5)
    return results[0], results[1]


@pytest.mark.parametrize("run", RUNNERS)
def test_the_result_is_handed_on(run: background_thread.BackgroundRunner) -> None:
    assert wait_for(run, lambda: 7) == (7, None)


@pytest.mark.parametrize("run", RUNNERS)
def test_an_exception_is_handed_on_and_goes_nowhere_else(run: background_thread.BackgroundRunner) -> None:
    def fail() -> None:
        raise LookupError("gone")

    result, error = wait_for(run, fail)
    assert result is None
    assert isinstance(error, LookupError)


def test_the_thread_sees_the_callers_context() -> None:
    token = TAG.set("client-a")
    try:
        assert wait_for(background_thread.run, TAG.get) == ("client-a", None)
    finally:
        TAG.reset(token)


def test_the_callers_thread_goes_on_meanwhile() -> None:
    release, ended = threading.Event(), threading.Event()
    background_thread.run(lambda: release.wait(5), lambda _result: ended.set(), lambda _error: None)
    assert not ended.is_set()
    release.set()
    assert ended.wait(5)
