"""The window group: windows may open and close while a thread redraws those that are open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from weakref import WeakSet

from ppkit.widgets.base.window_group import WindowGroup


class Sheet:
    """As much of a window as a window group sees."""

    def __init__(self) -> None:
        self.drawn = 0

    def redraw(self) -> None:
        self.drawn += 1


class SlowSet(WeakSet[Any]):
    """Lets another thread in while it is gone through."""

    def __init__(self) -> None:
        super().__init__()
        self.is_read, self.go_on = Event(), Event()

    def __iter__(self) -> Any:
        for one in super().__iter__():
            yield one
            self.is_read.set()
            self.go_on.wait(0.05)


def test_a_window_that_opens_while_others_are_redrawn_disturbs_nobody() -> None:
    window_group: Any = WindowGroup("en")
    windows = SlowSet()
    window_group._windows = windows
    first, second = Sheet(), Sheet()

    def open_second() -> None:
        window_group.add(second)
        windows.go_on.set()

    window_group.add(first)
    with ThreadPoolExecutor(2) as pool:
        redrawn = pool.submit(window_group.redraw)
        windows.is_read.wait(5)
        opened = pool.submit(open_second)
        redrawn.result(5)
        opened.result(5)
    window_group.redraw()
    assert (first.drawn, second.drawn) == (2, 1)
    window_group.discard(first)
    window_group.redraw()
    assert first.drawn == 2
