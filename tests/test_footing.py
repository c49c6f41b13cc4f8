"""What is done where there are no threads, no ports and no other processes."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar
from pathlib import Path

import pytest

from ppkit.beside import do_beside, repeat_beside
from ppkit.footing import COMPUTER, WEB_PAGE, Footing, footing, standing_on
from ppkit.lock import FileLock

LABEL = ContextVar("LABEL", default="")


def test_a_computer_has_everything_and_what_is_tried_inside_a_block_ends_with_it() -> None:
    assert footing() == COMPUTER
    with standing_on(WEB_PAGE):
        assert footing() == Footing(has_threads=False, has_ports=False, has_neighbours=False)
    assert footing() == COMPUTER


def test_without_threads_work_is_done_in_the_loops_next_turn_and_in_its_callers_context() -> None:
    seen: list[tuple[str, bool]] = []

    async def click() -> None:
        LABEL.set("a label")
        do_beside(lambda: seen.append((LABEL.get(), threading.current_thread() is main)), "work")
        assert seen == []
        LABEL.set("another")
        await asyncio.sleep(0)

    main = threading.current_thread()
    with standing_on(WEB_PAGE):
        asyncio.run(click())
    assert seen == [("a label", True)]


@pytest.mark.parametrize("place", [COMPUTER, WEB_PAGE], ids=["computer", "web page"])
def test_a_look_is_repeated_until_it_finds_nothing_to_look_for(place: Footing) -> None:
    looks: list[float | None] = [0, 0, None]
    done = threading.Event()

    def look() -> float | None:
        found = looks.pop(0)
        if found is None:
            done.set()
        return found

    async def follow() -> None:
        repeat_beside(look, threading.Event(), "looks")
        for _ in range(10):
            await asyncio.sleep(0)

    with standing_on(place):
        asyncio.run(follow())
    assert done.wait(60)
    assert looks == []


def test_where_neither_threads_nor_a_loop_are_what_is_due_is_done_at_once() -> None:
    seen: list[str] = []

    def look() -> float:
        seen.append("look")
        return 60

    with standing_on(WEB_PAGE):
        do_beside(lambda: seen.append("work"), "work")
        repeat_beside(look, threading.Event(), "looks")
    assert seen == ["work", "look"]


def test_alone_a_lock_still_keeps_out_who_comes_second(tmp_path: Path) -> None:
    with standing_on(WEB_PAGE):
        first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
        assert first.take()
        assert not second.take()
        assert not second.wait(60), "nobody gives it back while one waits"
        first.release()
        assert second.take()
        second.release()
