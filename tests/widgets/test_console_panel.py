"""The console inside a window: what it is asked for it sends as a message, and keeps nothing."""

from __future__ import annotations

from typing import Any

import pytest

from ppkit.practice_link import INSIDE
from ppkit.practice_platform.visitor import Answer
from ppkit.spending.ledger import Ledger, LedgerDamaged
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.course.lesson_window import LessonWindow
from ppkit.widgets.setup.console_window import ConsoleWindow
from ppkit.widgets.setup.setup_window import SetupWindow

from .fakes import FakeSession, click, may_switch

CANARY = "sk-practice-" + "CANARY" * 8
KEY_PAGE = f'<link href="static/b.css"><link href="../static/a.css"><p>{CANARY}</p>'.encode()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], list[bytes]]]:
    """The messages that go to the page, with what they carry."""
    messages: list[tuple[dict[str, Any], list[bytes]]] = []
    monkeypatch.setattr(
        SetupWindow, "send", lambda _view, content, buffers=None: messages.append((content, buffers or []))
    )
    return messages


def told(sent: list[tuple[dict[str, Any], list[bytes]]]) -> list[tuple[dict[str, Any], list[bytes]]]:
    return [(content, buffers) for content, buffers in sent if content["type"].startswith("console_")]


@pytest.fixture
def window(session: FakeSession, sent: object) -> SetupWindow:
    session.platform.port = INSIDE
    return SetupWindow(session, run=at_once)


def test_where_no_port_is_reached_the_link_is_a_button_that_opens_the_console_in_the_window(
    window: SetupWindow,
) -> None:
    assert "data-practice-port" not in window.html
    assert 'data-action="console_open" data-page=""' in window.html
    assert "<iframe" not in window.html
    click(window, "console_open", page="billing")
    assert 'data-address="billing"' in window.html
    click(window, "console_close")
    assert "<iframe" not in window.html


def test_a_page_with_a_key_goes_out_as_a_message_and_stays_nowhere(
    window: SetupWindow, session: FakeSession, sent: list[tuple[dict[str, Any], list[bytes]]]
) -> None:
    session.platform.pages["new-key"] = Answer("new-key", "text/html", KEY_PAGE)
    click(window, "console_open", page="new-key")
    click(window, "console_submit", {"address": "new-key", "form": "do=create"}, errand="a.1")
    ((content, _),) = told(sent)
    assert content["html"] == KEY_PAGE.decode()
    assert content["errand"] == "a.1"
    for kept in (window.get_state(), vars(window), vars(window.console), repr(window), window.html):
        assert "CANARY" not in repr(kept)


def test_what_is_typed_into_a_form_reaches_the_console_as_it_is_and_nothing_else(
    window: SetupWindow, session: FakeSession, outbound: list[object]
) -> None:
    session.platform.pages["payment-method"] = Answer("billing", "text/html", b"<p>")
    form = "number=4242+4242+4242+4242&address=Via+Roma"
    click(window, "console_submit", {"address": "payment-method", "form": form}, errand="a.1")
    assert session.platform.sent[-1] == ("payment-method", form)
    assert "4242" not in repr((outbound, window.get_state(), vars(window)))


def test_style_sheets_come_once_and_in_the_pages_order(
    window: SetupWindow, session: FakeSession, sent: list[tuple[dict[str, Any], list[bytes]]]
) -> None:
    session.platform.pages["api-keys"] = Answer("api-keys", "text/html", KEY_PAGE)
    for name in "ab":
        session.platform.pages[f"static/{name}.css"] = Answer("", "text/css", name.encode())
    click(window, "console_visit", {"address": "api-keys"}, errand="a.1", assets="wanted")
    click(window, "console_visit", {"address": "api-keys"}, errand="a.2", assets="")
    (first, _), (second, _) = told(sent)
    assert list(first["assets"].items()) == [("static/b.css", "b"), ("static/a.css", "a")]
    assert second["assets"] == {}


def test_a_file_travels_beside_the_message(
    window: SetupWindow, session: FakeSession, sent: list[tuple[dict[str, Any], list[bytes]]]
) -> None:
    session.platform.pages["invoice"] = Answer("invoice", "application/pdf", b"%PDF", "a.pdf")
    click(window, "console_visit", {"address": "invoice"}, errand="a.1")
    ((content, buffers),) = told(sent)
    assert (content["type"], content["name"], buffers) == ("console_file", "a.pdf", [b"%PDF"])


def test_a_platform_that_is_silent_is_told_in_the_frame_and_a_form_that_fails_by_a_card(
    window: SetupWindow, sent: list[tuple[dict[str, Any], list[bytes]]]
) -> None:
    click(window, "console_visit", {"address": "usage"}, errand="a.1")
    assert told(sent)[-1][0] == {"type": "console_failed", "errand": "a.1"}
    assert "pp-problem" not in window.html
    click(window, "console_submit", {"address": "usage", "form": ""}, errand="a.2")
    assert told(sent)[-1][0] == {"type": "console_failed", "errand": "a.2"}
    assert "pp-problem" in window.html
    assert not window.working


def test_a_form_that_was_sent_lets_the_window_look_at_what_it_has_done(
    window: SetupWindow, session: FakeSession
) -> None:
    session.platform.pages["sign-up"] = Answer("", "text/html", b"<p>")
    session.platform.found = {"account": True, "signed_up": "2026-11-23T10:00:00+00:00"}
    click(window, "console_submit", {"address": "sign-up", "form": ""}, errand="a.1")
    assert session.wizard.current != "account"


def test_the_window_of_its_own_is_open_from_the_start_and_stays_in_practice(session: FakeSession) -> None:
    window = ConsoleWindow(session, run=at_once)
    assert "<iframe" in window.html
    assert "console_close" not in window.html
    live = FakeSession(session.home.parent / "live", mode="live")
    may_switch(session, live)
    head = LessonWindow(session, "real", at_once)
    window = ConsoleWindow(session, run=at_once)
    click(head, "switch", mode="live")
    assert (head.session, window.session) == (live, session)
    click(window, "speak", language="en")  # and it still answers
    assert window.language == "en"


def test_a_learner_in_live_mode_gets_the_practice_console_all_the_same(
    session: FakeSession, tmp_path: Any
) -> None:
    live = FakeSession(tmp_path / "live", mode="live")
    assert ConsoleWindow(live, run=at_once, practice=lambda: session).session is session


def test_the_console_is_closed_when_the_window_changes_over_to_live(
    window: SetupWindow, tmp_path: Any
) -> None:
    click(window, "console_open", page="")
    window.move_to(FakeSession(tmp_path / "live", mode="live"))
    assert not window.console.is_open


def test_with_the_console_open_a_ledger_that_cannot_be_read_is_a_card(
    window: SetupWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    click(window, "console_open", page="billing")

    def unreadable(_ledger: object) -> None:
        raise LedgerDamaged(path="ledger.sqlite3")

    monkeypatch.setattr(Ledger, "totals", unreadable)
    click(window, "look_again")
    assert window.card
    assert window.card.what in window.html
