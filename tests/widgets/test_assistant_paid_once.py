"""The Assistant's window pays for what was asked, once, from the purse and for the client that were chosen."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import openai
import pytest

from ppkit.drafts.errors import DraftsFull
from ppkit.keys import ApiKey
from ppkit.widgets.assistant_window import AssistantWindow
from ppkit.widgets.background_thread import at_once

from .fakes import PRACTICE_KEY, REQUEST, FakeSession, click
from .test_picture_panel import png, send_file


def opened(session: Any, *, linked: bool = True) -> AssistantWindow:
    if linked:
        session.linking.adopt(ApiKey(PRACTICE_KEY))
    return AssistantWindow(session, run=at_once)


def leave_credits(session: Any, number: int) -> None:
    while session.accounting.plan_credits.left() > number:
        session.accounting.plan_credits.take("text")


def test_the_card_of_a_free_action_offers_no_retry_and_a_retry_after_success_pays_nothing(
    session: Any,
) -> None:
    window = opened(session)
    click(window, "write", topic="Terrazza")
    send_file(window, "own_picture", "picture", b"GIF89a no picture")
    assert window.card
    assert 'data-action="retry"' not in window.html
    click(window, "retry")
    assert len(session.openai.bodies) == 1


def test_a_post_that_was_paid_but_not_kept_is_not_paid_again(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: object, **_named: object) -> None:
        raise DraftsFull(path="drafts.sqlite3")

    monkeypatch.setattr(session.drafts, "keep", refuse)
    window = opened(session)
    click(window, "write", topic="Terrazza")
    assert window.card
    assert 'data-action="retry"' not in window.html


def test_a_call_that_failed_is_offered_again_until_it_has_gone_through(session: Any) -> None:
    window = opened(session)
    session.openai.trouble = openai.APITimeoutError(request=REQUEST)
    click(window, "write", topic="Terrazza")
    assert 'data-action="retry"' in window.html
    send_file(window, "own_picture", "picture", b"GIF89a no picture")
    assert 'data-action="retry"' not in window.html  # that card is not about the call
    session.openai.trouble = None
    click(window, "retry")
    click(window, "retry")
    assert len(session.openai.bodies) == 2


def test_a_page_that_could_not_be_drawn_is_drawn_again_without_any_call(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened(session)
    session.openai.trouble = openai.APITimeoutError(request=REQUEST)
    click(window, "write", topic="Terrazza")
    with monkeypatch.context() as broken:
        broken.setattr(window, "page", lambda: 1 // 0)
        window.redraw()
    assert 'data-action="redraw"' in window.html
    assert 'data-action="retry"' not in window.html
    click(window, "redraw")
    assert len(session.openai.bodies) == 1
    assert 'data-action="write"' in window.html


def test_a_key_that_fails_its_check_does_not_take_the_way_on_away(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_credits(session, 0)
    window = opened(session, linked=False)
    click(window, "write", topic="Terrazza")
    good = session.checkup.run
    monkeypatch.setattr(session.checkup, "run", lambda _key: 1 // 0)
    click(window, "link", {"key": PRACTICE_KEY})
    assert window.card
    monkeypatch.setattr(session.checkup, "run", good)
    click(window, "link", {"key": PRACTICE_KEY})
    assert window.page()["may_go_on"]
    click(window, "retry")
    assert len(session.openai.bodies) == 1


@pytest.fixture
def drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each image is another one."""
    colours = count(1)
    monkeypatch.setattr(
        "ppkit.ai_assistant.drawing._decoded", lambda _encoded: png((next(colours) % 256, 100, 100))
    )


@pytest.mark.parametrize("paid", [0, 1])
def test_when_credits_run_out_amid_images_only_the_missing_ones_are_drawn_as_they_were_wished(
    session: Any, drawing: None, paid: int
) -> None:
    leave_credits(session, 10 * paid)
    window = opened(session, linked=False)
    click(window, "draw", topic="Terrazza", picture_number="3", quality="high")
    assert window.card
    assert window.card.code == "needs_key"
    assert len(session.openai.bodies) == paid
    click(window, "wish", topic="Saldi", picture_number="1", quality="low")
    click(window, "link", {"key": PRACTICE_KEY})
    assert window.page()["may_go_on"]
    click(window, "retry")
    assert len(session.openai.bodies) == 3
    assert all(body["quality"] == "high" for body in session.openai.bodies)
    assert all("Terrazza" in body["prompt"] for body in session.openai.bodies)
    assert len({body["prompt"] for body in session.openai.bodies}) == 3
    assert len([name for name in window.pictures if name.startswith("picture")]) == 3


def test_a_stop_keeps_the_finished_image_also_when_the_next_one_fails(
    session: Any, monkeypatch: pytest.MonkeyPatch, drawing: None
) -> None:
    window = opened(session)
    draw = session.openai.images.generate

    def second_fails(**body: Any) -> Any:
        if session.openai.bodies:
            window.stop_asked.set()
            raise openai.APITimeoutError(request=REQUEST)
        return draw(**body)

    monkeypatch.setattr(session.openai.images, "generate", second_fails)
    click(window, "draw", topic="Terrazza", picture_number="2")
    assert len(window.pictures) == 1


def test_an_image_of_the_other_mode_never_has_a_name_that_the_page_knows(
    session: Any, tmp_path: Path, drawing: None
) -> None:
    window = opened(session)
    click(window, "draw", topic="Terrazza")
    before = set(window.pictures)
    other = FakeSession(tmp_path / "other")
    other.linking.adopt(ApiKey(PRACTICE_KEY))
    window.move_to(other)
    click(window, "draw", topic="Terrazza")
    assert window.pictures
    assert not before & set(window.pictures)
