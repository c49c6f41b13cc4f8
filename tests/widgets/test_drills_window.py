"""The window of the drills where there is no drill: live, and when the platform is away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ppkit.practice_platform.remote import PracticeNotAnswering
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.course.drills_window import DrillsWindow

from .fakes import FakeSession, click, may_switch


def test_live_the_drills_lead_to_practice_and_break_nothing(tmp_path: Path, session: Any) -> None:
    live: Any = FakeSession(tmp_path / "live", mode="live")
    may_switch(live, session)
    window = DrillsWindow(live, at_once)
    assert "data-drill" not in window.html
    click(window, "switch", mode="practice")
    assert window.session is session
    assert window.html.count('data-action="open"') == 10
    live.ledger.close()


def test_a_drill_that_cannot_be_brought_about_is_a_card_and_leaves_the_list(session: Any) -> None:
    window = DrillsWindow(session, at_once)
    session.platform.begin_drill = no_platform
    click(window, "open", drill="hold_only")
    assert 'class="pp-problem"' in window.html
    assert window.html.count('data-action="open"') == 10


def no_platform(*_names: str) -> None:
    raise PracticeNotAnswering(reason="ConnectionRefusedError")
