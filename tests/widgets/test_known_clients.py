"""Clients are offered where one is asked for: those of the drafts and of the agency; others can be typed."""

from __future__ import annotations

import re
from typing import Any

from ppkit.agency import FILE_NAME
from ppkit.widgets.assistant.assistant_window import AssistantWindow
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.base.window import Window
from ppkit.widgets.posts.posts_window import PostsWindow

from .fakes import click

AGENCY = """
name = "Studio Verdi"
[clients.rossi]
name = "Rossi & Figli"
"""


def offered(window: Window) -> list[str]:
    (shown,) = re.findall(r"<datalist[^>]*>(.*?)</datalist>", window.html)
    (named,) = re.findall(r'<datalist id="([^"]*)"', window.html)
    assert f'list="{named}"' in window.html
    return re.findall(r'value="([^"]*)"', shown)


def test_clients_of_drafts_and_of_the_agency_are_offered_and_a_new_one_is_taken(session: Any) -> None:
    (session.settings.home / FILE_NAME).write_text(AGENCY)
    draft = session.drafts.new("Pane", {"x": "Pane"}, client="bianchi")
    window = AssistantWindow(session, run=at_once)
    assert offered(window) == ["bianchi", "Rossi &amp; Figli"]
    click(window, "write", topic="Torta", client="Neri")
    assert offered(window) == ["bianchi", "Neri", "Rossi &amp; Figli"]
    drafts = PostsWindow(session, run=at_once)
    click(drafts, "tab", tab="batch")
    assert len(offered(drafts)) == 3
    click(drafts, "open", draft=str(draft.id))
    assert len(offered(drafts)) == 3


def test_an_agencys_file_that_cannot_be_read_costs_no_suggestion_of_the_drafts(session: Any) -> None:
    (session.settings.home / FILE_NAME).write_text("[agency")
    session.drafts.new("Pane", client="Bianchi")
    assert offered(AssistantWindow(session, run=at_once)) == ["Bianchi"]
