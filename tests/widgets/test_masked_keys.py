"""A key in any text of the Assistant's or the drafts' window is masked and told, and is found nowhere."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import pytest
from canary.canary import SOME, Canary

from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
from ppkit.widgets.assistant.assistant_window import AssistantWindow
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.base.window import Window
from ppkit.widgets.posts.posts_window import PostsWindow

from .fakes import PRACTICE_KEY, click
from .test_picture_panel import send_file
from .test_posts_window import photo

IN_ASSISTANT = {
    "topic": ("write", "topic"),
    "source": ("write", "source"),
    "audience": ("write", "audience"),
    "call to action": ("write", "call_to_action"),
    "client": ("wish", "client"),
    "hand edit": ("save_text", "text"),
    "free words": ("refine", "wish"),
    "voice sample": ("make_voice", "sample2"),
    "picture words": ("draw", "picture_words"),
    "own size": ("draw", "own_size"),
    "edit of a picture": ("redraw_picture", "picture_wish"),
    "alt text": ("save_alt", "alt"),
}
IN_DRAFTS = {
    "post": ("save", "text:instagram"),
    "topic of a draft": ("save", "topic"),
    "client of a draft": ("save", "client"),
    "alt of a draft": ("save", "alt:0"),
    "left unsaved": ("close", "topic"),
    "search": ("find", "words"),
    "client of a batch": ("read_table", "client"),
    "topic of a comparison": ("compare", "topic"),
}
PAID = ("write", "refine", "make_voice", "draw", "redraw_picture", "compare")
EVERYWHERE = {**IN_ASSISTANT, **IN_DRAFTS}


@pytest.fixture
def told() -> str:
    return Texts("it")("common.key_masked")


def assistant_of(session: Any) -> Window:
    """A post with an image that is being edited: every text has its field."""
    window = AssistantWindow(session, run=at_once)
    click(window, "write", topic="Terrazza", network="instagram")
    send_file(window, "own_picture", "picture", photo(64))
    return window


def drafts_of(session: Any, action: str) -> Window:
    draft = session.drafts.new("Terrazza", {"instagram": "Riapre"})
    session.drafts.add_image(draft.id, photo(64))
    window = PostsWindow(session, run=at_once)
    if action in ("save", "close"):
        click(window, "open", draft=str(draft.id))
    else:
        click(window, "tab", tab={"find": "list", "read_table": "batch"}.get(action, action))
    return window


@pytest.mark.parametrize(
    ("place", "canary"),
    list(zip(EVERYWHERE, cycle(SOME), strict=False)),
    ids=lambda one: getattr(one, "shape", one),
)
def test_it_is_masked_told_not_paid_for_and_found_nowhere(
    place: str, canary: Canary, session: Any, outbound: list[object], told: str
) -> None:
    action, field = EVERYWHERE[place]
    session.linking.adopt(ApiKey(PRACTICE_KEY))
    window = assistant_of(session) if place in IN_ASSISTANT else drafts_of(session, action)
    assert told not in window.html
    sent = len(session.openai.bodies)
    outbound.clear()
    more = {"topic": "Terrazza"} if action in ("write", "draw") and field != "topic" else {}
    more |= {"size": "own"} if field == "own_size" else {}
    more |= {"sample1": "Uno.", "sample2": "Due.", "sample3": "Tre."} if action == "make_voice" else {}
    click(window, action, None, **{**more, field: f"nota {canary.text}"})
    said = Texts("it")("common.key_held_back") if action in PAID else told
    assert said in window.html, (place, canary.shape)
    assert len(session.openai.bodies) == sent, (place, canary.shape)
    for everything in (window.html, session.openai.bodies, session.drafts.all(), outbound, window.news):
        assert not canary.is_in(everything), (place, canary.shape)
    assert canary.places(session.home) == []
    click(window, "speak", language="it")
    assert said not in window.html


def test_while_a_text_is_edited_it_is_told_at_once(session: Any, outbound: list[object], told: str) -> None:
    window = assistant_of(session)
    click(window, "edit_text")
    click(window, "typed", text=f"nota {SOME[0].text}")
    assert {"type": "told", "name": "count", "text": told, "wrong": True} in outbound


def test_after_the_masked_text_was_seen_it_can_be_sent(session: Any) -> None:
    session.linking.adopt(ApiKey(PRACTICE_KEY))
    window = assistant_of(session)
    click(window, "refine", wish=f"nota {SOME[0].text}")
    sent = len(session.openai.bodies)
    assert "nota sk-…" in window.html
    click(window, "refine", wish="nota sk-…abcd")
    assert len(session.openai.bodies) == sent + 1


@pytest.mark.parametrize("canary", SOME, ids=lambda canary: canary.shape)
def test_a_table_with_it_is_read_without_that_row_and_says_so(
    canary: Canary, session: Any, outbound: list[object]
) -> None:
    from .test_posts_window import upload

    window = drafts_of(session, "read_table")
    cell = canary.text.replace("\n", " ")
    upload(window, f"topic;network;client\nPane;x;Bianchi\n{cell};x;Verdi\nTorta;x;{cell}\n".encode())
    assert window.html.count(Texts("it")("drafts.fault.key")) == 2
    click(window, "faulty_rows")
    click(window, "keep_ideas")
    assert {draft.topic for draft in session.drafts.all()} == {"Terrazza", "Pane"}
    assert not any(canary.is_in(told) for told in (window.html, outbound))
    assert canary.places(session.home) == []
