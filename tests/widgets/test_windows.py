"""The windows by name, and what stands in for one that cannot be opened."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import ppkit
from ppkit.place import Place
from ppkit.widgets import windows
from ppkit.widgets.base.notice import Notice
from ppkit.widgets.base.view import View
from ppkit.widgets.base.window_group import window_group_of

from .fakes import FakeSession


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("setup", "setup"),
        ("assistant", "assistant"),
        ("costs", "costs"),
        ("replace_key", "key_rotation"),
        ("course", "course"),
        ("drills", "drills"),
    ],
)
def test_a_notebook_opens_each_window_by_its_name(name: str, window: str, session: Any) -> None:
    opened = getattr(ppkit, name)(session)
    assert f'data-window="{window}"' in opened.html
    assert "JupyterLab" in repr(opened)


def test_settings_that_cannot_be_used_are_a_card_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PPKIT_MODE", "rehearsal")
    shown = windows.setup()
    assert isinstance(shown, Notice)
    assert "“mode”" in shown.html
    assert "“mode”" in repr(shown)


def test_windows_speak_the_language_of_the_notebooks_folder(tmp_path: Path) -> None:
    for folder, spoken in (("it", "it"), ("en", "en"), ("anything", "en")):
        (tmp_path / folder).mkdir()
        session: Any = FakeSession(tmp_path / folder, language="en")
        assert window_group_of(session, tmp_path / folder).language == spoken
        session.ledger.close()


@pytest.mark.parametrize(
    ("place", "menu"),
    [
        (Place.LOCAL, "“Kernel”"),
        (Place.HUB, "“Kernel”"),
        (Place.COLAB, "“Runtime”"),
        (Place.VSCODE, "“Riavvia”"),
    ],
)
def test_who_hears_nothing_is_told_of_menus_that_are_on_that_screen(
    session: Any, monkeypatch: pytest.MonkeyPatch, place: Place, menu: str
) -> None:
    monkeypatch.setattr(type(session.linking), "place", place)
    opened = ppkit.costs(session)
    others = {"“Kernel”", "“Runtime”", "“Riavvia”"} - {menu}
    assert menu in opened.silence
    assert not [other for other in others if other in opened.silence]
    assert ("{file}" in opened.apart) == (place is Place.COLAB)
    assert opened.channel == (window_group_of(session).channel if place is Place.COLAB else "")
    assert ("href=" in _twins(ppkit.lesson("connect", session))) == (place in (Place.LOCAL, Place.HUB))


def _twins(head: View) -> str:
    return "".join(re.findall(r'<(?:a|button)[^>]*data-action="speak"[^>]*>', head.html))
