"""One click, one look: however many windows are open, a redraw reads keys and files once."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ppkit.keys import ApiKey, KeyChoice, sources
from ppkit.widgets.assistant.assistant_window import AssistantWindow
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.setup.setup_window import SetupWindow

from .fakes import PRACTICE_KEY, FakeSession, click

KINDS_OF_KEYS = 2  # project and admin keys are looked for apart

_opened: list[str] = []
_watching: list[Path] = []


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _watching and str(arguments[0]).startswith(str(_watching[0])):
        _opened.append(str(arguments[0]))


sys.addaudithook(_note)


@contextmanager
def files_opened_in(folder: Path) -> Iterator[list[str]]:
    _opened.clear()
    _watching.append(folder)
    yield _opened
    _watching.clear()


def two_windows(folder: Path) -> tuple[FakeSession, SetupWindow, AssistantWindow]:
    session = FakeSession(folder, OPENAI_API_KEY=f"{PRACTICE_KEY[:-4]}AAAA")
    session.linking.saved.save(ApiKey(f"{PRACTICE_KEY[:-4]}BBBB"), "Cliente B")
    return session, SetupWindow(session, run=at_once), AssistantWindow(session, run=at_once)


def test_a_click_with_two_windows_open_walks_the_keys_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walks: list[object] = []
    choose = sources.choose

    def counted(*asked: object) -> KeyChoice:
        walks.append(asked)
        return choose(*asked)  # type: ignore[arg-type]

    session, window, _beside = two_windows(tmp_path)
    monkeypatch.setattr("ppkit.keys.keychain.choose", counted)
    with files_opened_in(tmp_path) as opened:
        click(window, "go", step="key")
    assert len(walks) == KINDS_OF_KEYS
    assert 0 < len(opened) < 8, opened
    session.ledger.close()


def test_a_click_that_changes_the_key_shows_the_new_one_in_every_window(tmp_path: Path) -> None:
    session, window, beside = two_windows(tmp_path)
    click(window, "go", step="link")
    assert "sk-…AAAA" in window.html
    click(window, "use_key", name="Cliente B")
    assert session.linked_key == ApiKey(f"{PRACTICE_KEY[:-4]}BBBB")
    assert "sk-…BBBB" in beside.html
    with session.linking.one_look():
        session.link(ApiKey(f"{PRACTICE_KEY[:-4]}CCCC"))
        assert session.linked_key == ApiKey(f"{PRACTICE_KEY[:-4]}CCCC")
    session.ledger.close()


def test_a_session_whose_windows_are_closed_is_not_kept(tmp_path: Path) -> None:
    session, window, beside = two_windows(tmp_path)
    session.ledger.close()
    for one in (window, beside):
        one.close()
    left = weakref.ref(session)
    del session, window, beside, one
    gc.collect()
    assert left() is None
