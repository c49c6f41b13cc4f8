"""A cell that is run again closes the window that it showed: nobody redraws it, nothing holds it."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from assistant.test_own_pictures import photo

import ppkit
from ppkit.keys import ApiKey
from ppkit.widgets.assistant.assistant_window import AssistantWindow
from ppkit.widgets.base.background_thread import BackgroundRunner
from ppkit.widgets.base.view import View
from ppkit.widgets.base.window import Window
from ppkit.widgets.base.window_group import window_group_of
from ppkit.widgets.cells import cell_windows
from ppkit.widgets.cells.cell_windows import note_window, watch_cells
from ppkit.widgets.posts.posts_window import PostsWindow

from .fakes import PRACTICE_KEY, click
from .test_picture_panel import png, send_file


class Shell:
    """As much of IPython as is needed: which cell runs, and who is told of that."""

    def __init__(self) -> None:
        self.told: dict[str, object] = {}
        self.hooks: list[Callable[[Any], None]] = []
        self.events = SimpleNamespace(register=lambda _event, hook: self.hooks.append(hook))

    def get_parent(self) -> dict[str, object]:
        return {"metadata": self.told}

    def run(self, cell: str | None, opens: Callable[[], View] | None = None, **more: object) -> View | None:
        self.told = {"cellId": cell, **more}
        for hook in self.hooks:
            hook(SimpleNamespace(cell_id=cell))
        shown = opens() if opens else None
        if shown:
            note_window(shown)
        return shown


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    made = Shell()
    watch_cells(made)
    watch_cells(made)
    monkeypatch.setattr(cell_windows, "get_ipython", lambda: made)
    return made


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Window]:
    """Each page that is rendered, by its window; none because something that was looked up has come."""
    seen: list[Window] = []
    monkeypatch.setattr("ppkit.widgets.base.background_thread.do_beside", lambda *_: None)
    render = Window._rendered

    def rendered(window: Window, *given: Any) -> str:
        seen.append(window)
        return render(window, *given)

    monkeypatch.setattr(Window, "_rendered", rendered)
    return seen


def test_of_a_cell_that_is_run_ten_times_one_window_is_there_drawn_and_held(
    session: Any, shell: Shell, drawn: list[Window]
) -> None:
    def run_again() -> weakref.ref[View | None]:
        return weakref.ref(shell.run("a", lambda: ppkit.assistant(session)))

    held = [run_again() for _ in range(10)]
    other = shell.run("b", lambda: ppkit.posts(session))
    drawn.clear()
    window_group_of(session).redraw()
    assert len(drawn) == 2
    last = held[-1]()
    assert set(map(id, drawn)) == {id(last), id(other)}
    del last
    drawn.clear()
    gc.collect()
    assert [one() is not None for one in held] == [False] * 9 + [True]


def test_a_cell_that_shows_something_else_now_gives_its_windows_back_one_cut_and_pasted_does_not(
    session: Any, shell: Shell
) -> None:
    windows = [
        shell.run("a", lambda: ppkit.assistant(session)),
        shell.run("b", lambda: ppkit.posts(session)),
        shell.run("c", lambda: ppkit.costs(session)),
    ]
    shell.run("a")
    assert [window.comm is None for window in windows if window] == [True, False, False]
    shell.run("d", deletedCells=["b", "c"])  # pasted elsewhere, or the deletion was undone
    shell.run(None)
    assert [window.comm is None for window in windows if window] == [True, False, False]


def test_where_no_cell_has_an_id_all_windows_stay(session: Any, shell: Shell) -> None:
    first = shell.run(None, lambda: ppkit.posts(session))
    shell.run(None, lambda: ppkit.posts(session))
    assert first
    assert first.comm is not None


@pytest.fixture
def ends() -> list[Callable[[], None]]:
    """What is under way, to be ended one by one."""
    return []


@pytest.fixture
def later(ends: list[Callable[[], None]]) -> BackgroundRunner:
    def begun(function: Callable[[], Any], then: Callable[[Any], None], _failed: object) -> None:
        ends.append(lambda: then(function()))

    return cast(BackgroundRunner, begun)


def end_all(ends: list[Callable[[], None]]) -> None:
    while ends:
        ends.pop(0)()


def test_what_a_closed_window_had_under_way_is_kept_and_shown_by_nobody(
    session: Any, later: BackgroundRunner, ends: list[Callable[[], None]]
) -> None:
    session.linking.adopt(ApiKey(PRACTICE_KEY))
    window = AssistantWindow(session, run=later)
    ends.clear()
    click(window, "write", topic="Terrazza")
    window.close()
    window.close()
    window.redraw()
    assert (window.html, window.pictures) == ("", {})
    assert not window_group_of(session).shows("assistant")
    end_all(ends)
    assert [draft.topic for draft in session.drafts.all()] == ["Terrazza"]
    assert window.html == ""


def test_an_image_that_a_closed_window_was_drawing_is_kept_with_its_post(
    session: Any, later: BackgroundRunner, ends: list[Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    session.linking.adopt(ApiKey(PRACTICE_KEY))
    monkeypatch.setattr("ppkit.ai_assistant.drawing._decoded", lambda _encoded: png((90, 100, 100)))
    window = AssistantWindow(session, run=later)
    click(window, "write", topic="Terrazza")
    end_all(ends)
    click(window, "draw")
    window.close()
    end_all(ends)
    (draft,) = session.drafts.all()
    assert len(draft.images) == 1
    assert (window.html, window.pictures, window.draft_id) == ("", {}, None)


def test_a_closed_window_holds_no_picture_that_a_brief_was_to_be_about(session: Any) -> None:
    window = AssistantWindow(session, run=lambda *_: None)
    send_file(window, "brief_picture", "brief_picture", photo("PNG"))
    assert window.form.picture
    window.close()
    assert window.form.picture is None


def test_texts_that_a_closed_window_was_comparing_become_drafts(
    session: Any, later: BackgroundRunner, ends: list[Callable[[], None]]
) -> None:
    session.linking.adopt(ApiKey(PRACTICE_KEY))
    window = PostsWindow(session, run=later)
    models = [model for model, _estimate in window.comparison.models][:2]
    click(window, "compare", None, topic="Pane", network="x", **{f"model:{model}": "yes" for model in models})
    window.close()
    end_all(ends)
    assert [draft.topic for draft in session.drafts.all()] == ["Pane", "Pane"]


def test_a_batch_of_a_closed_window_ends_after_the_post_under_way_and_can_be_gone_on_with(
    session: Any, later: BackgroundRunner, ends: list[Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    session.linking.adopt(ApiKey(PRACTICE_KEY))
    window = PostsWindow(session, run=later)
    click(window, "tab", tab="batch")
    send_file(window, "read_table", "table", b"topic\nPane\nTorta\nPizza\n")
    write = session.assistant.write_post

    def closed_meanwhile(*given: Any, **named: Any) -> Any:
        window.close()
        return write(*given, **named)

    monkeypatch.setattr(session.assistant, "write_post", closed_meanwhile)
    click(window, "run_batch")
    end_all(ends)
    (batch,) = session.drafts.batches()
    assert (batch.done, batch.waiting) == (1, 2)


def test_a_watch_of_the_ledger_ends_with_its_window(session: Any) -> None:
    from ppkit.widgets.base.ledger_watch import LedgerWatch

    window = AssistantWindow(session, run=lambda *_: None)
    watch = LedgerWatch(window, session.clock.monotonic)
    assert watch.look() is not None
    window.close()
    assert watch.look() is None
