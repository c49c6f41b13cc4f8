"""A brief that is a picture, in the Assistant's window: shown small, priced, sent, kept with the post."""

from __future__ import annotations

import base64
import sys
from typing import Any

import pytest
from assistant.test_own_pictures import SECRET, photo

from ppkit.ai_assistant import PictureTooLarge
from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
from ppkit.widgets.assistant.assistant_window import AssistantWindow
from ppkit.widgets.base.background_thread import at_once

from .fakes import PRACTICE_KEY, click
from .test_picture_panel import send_file, shown_in_draft


@pytest.fixture
def window(session: Any) -> AssistantWindow:
    session.linking.adopt(ApiKey(PRACTICE_KEY))
    return AssistantWindow(session, run=at_once)


def name_of(window: AssistantWindow) -> str:
    return window.form.picture_name


def test_a_chosen_picture_is_shown_small_and_nothing_is_sent_yet(
    session: Any, window: AssistantWindow, outbound: list[object]
) -> None:
    send_file(window, "brief_picture", "brief_picture", photo(size=(3000, 2000)), form="brief", topic="")
    assert f'data-picture="{name_of(window)}"' in window.html
    assert "960 × 1440" in window.html
    assert 'type="file" accept="image/jpeg,image/png,image/webp" data-action-on-change' not in window.html
    small = window.picture(name_of(window))
    assert small
    assert len(small) < 20_000
    assert session.openai.bodies == []
    assert not any(SECRET in str(sent) for sent in outbound)
    click(window, "drop_brief_picture")
    assert (name_of(window), window.picture("")) == ("", None)
    assert 'id="pp-brief-picture"' in window.html


def test_where_no_picture_can_be_made_ready_none_is_asked_for(
    window: AssistantWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    chooser = 'type="file"'
    click(window, "write", form="brief", topic="Terrazza")
    assert window.html.count(chooser) == 2
    monkeypatch.setitem(sys.modules, "PIL", None)
    window.redraw()
    assert chooser not in window.html


def test_a_picture_is_enough_for_a_post_and_goes_with_it_into_the_draft(
    session: Any, window: AssistantWindow
) -> None:
    send_file(window, "brief_picture", "brief_picture", photo())
    click(window, "write", form="brief", topic="")
    (asked,) = session.openai.bodies
    assert asked["input"][0]["content"][1]["type"] == "input_image"
    assert Texts("it")("assistant.topic_missing") not in window.html
    assert window.form.picture
    assert list(window.pictures.values()) == shown_in_draft(session) == [window.form.picture.data]
    (draft,) = session.drafts.all()
    assert draft.topic.startswith("Il tramonto")
    assert draft.made_by_ai == ("text",)
    assert len(draft.receipts) == 1
    assert session.drafts.brief_of(draft.id).shown_picture == window.form.picture
    click(window, "draw", form="brief", topic="")  # an image for a post whose brief has no words
    assert "Argomento" not in session.openai.bodies[-1]["prompt"]


def test_nothing_of_the_photo_but_what_it_shows_is_sent_or_kept(
    session: Any, window: AssistantWindow
) -> None:
    send_file(window, "brief_picture", "brief_picture", photo())
    click(window, "write", form="brief", topic="")
    send_file(window, "own_picture", "picture", photo("PNG"))
    click(window, "redraw_picture", picture_wish="più luce")
    hidden = (SECRET.encode(), base64.b64encode(SECRET.encode())[:-4])
    kept = [path.read_bytes() for path in session.home.rglob("*") if path.is_file()]
    for told in (str(session.openai.bodies).encode(), *kept, *window.pictures.values(), window.html.encode()):
        assert not any(piece in told for piece in hidden)


@pytest.mark.parametrize(
    ("content", "fields", "code"),
    [(b"%PDF", {}, "no_picture_file"), (b"", {"too_large": "yes"}, "picture_too_large")],
)
@pytest.mark.parametrize(
    ("action", "field"), [("brief_picture", "brief_picture"), ("own_picture", "picture")]
)
def test_what_cannot_be_taken_is_a_card_and_what_was_typed_stays(
    window: AssistantWindow, action: str, field: str, content: bytes, fields: dict[str, str], code: str
) -> None:
    send_file(window, action, field, content, form="brief", topic="La terrazza", **fields)
    assert window.card
    assert window.card.code == code
    if code == "picture_too_large":
        assert Texts("it")("error.picture_too_large.why", **PictureTooLarge(8).facts) == window.card.why
    if action == "brief_picture":
        assert "La terrazza" in window.html
    assert window.form.picture is None


def test_a_file_that_the_page_could_not_read_is_told_in_words(window: AssistantWindow) -> None:
    click(window, "file_unreadable")
    assert window.card
    assert window.card.what == Texts("it")("error.file_unreadable.what")
    assert window.card.now == Texts("it")("error.file_unreadable.now")
