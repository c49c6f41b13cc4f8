"""Images in the Assistant's window: what is asked for, shown as it grows, chosen, edited, saved."""

from __future__ import annotations

import io
from typing import Any

import httpx2
import openai
import pytest
from PIL import Image
from signed_pictures import provenance_of, signed_picture

from ppkit.ai_assistant import Picture, Pictures
from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
from ppkit.widgets.assistant.assistant_window import AssistantWindow
from ppkit.widgets.base.background_thread import at_once

from .fakes import PRACTICE_KEY, REQUEST, click, send
from .test_posts_window import photo

SIZE = (64, 80)
_count = iter(range(10_000))


def opened(session: Any) -> AssistantWindow:
    session.linking.adopt(ApiKey(PRACTICE_KEY))
    window = AssistantWindow(session, run=at_once)
    click(window, "write", topic="Terrazza", network="instagram")
    return window


def send_file(window: AssistantWindow, action: str, name: str, content: bytes, **fields: str) -> None:
    message = {"id": f"file {next(_count)}", "action": action, "fields": fields, "files": [name]}
    window._handle_custom_msg(message, [memoryview(content)])


def mask(opaque: int = 0, size: tuple[int, int] = SIZE) -> bytes:
    output = io.BytesIO()
    Image.new("RGBA", size, (0, 0, 0, opaque)).save(output, "PNG")
    return output.getvalue()


def png(colour: tuple[int, int, int]) -> bytes:
    output = io.BytesIO()
    Image.new("RGB", SIZE, colour).save(output, "PNG")
    return output.getvalue()


@pytest.fixture
def drawing(session: Any, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Each call to draw gives another picture; all that were given."""
    given: list[bytes] = []

    def picture() -> bytes:
        given.append(png((len(given) * 20, 100, 100)))
        return given[-1]

    monkeypatch.setattr("ppkit.ai_assistant.drawing._decoded", lambda _encoded: picture())
    return given


def shown_in_draft(session: Any) -> list[bytes | None]:
    (draft,) = session.drafts.all()
    return [session.drafts.image(image) for image in draft.images]


def test_an_image_is_asked_for_the_post_on_show_in_the_ratio_and_format_of_its_network(session: Any) -> None:
    window = opened(session)
    assert "4:5 · 1088 × 1360" in window.html
    click(window, "draw")
    body = session.openai.bodies[-1]
    assert (body["size"], body["output_format"], body["stream"]) == ("1088x1360", "jpeg", True)
    assert "Il tramonto ha un nuovo indirizzo" in body["prompt"]


def test_words_of_its_own_are_drawn_instead_of_the_post_also_without_a_topic(session: Any) -> None:
    window = opened(session)
    click(window, "draw", topic="", picture_words="Un gatto sul tetto")
    body = session.openai.bodies[-1]
    assert "Un gatto sul tetto" in body["prompt"]
    assert "Il tramonto" not in body["prompt"]


@pytest.mark.parametrize(("typed", "asked"), [("1200x640", "1200x640"), ("1200 × 640", "1200x640")])
def test_another_size_can_be_typed(session: Any, typed: str, asked: str) -> None:
    window = opened(session)
    click(window, "wish", size="own", own_size=typed)
    assert 'name="own_size"' in window.html
    click(window, "draw", size="own", own_size=typed)
    assert session.openai.bodies[-1]["size"] == asked


def test_a_size_that_cannot_be_drawn_is_a_card_and_nothing_is_sent(session: Any) -> None:
    window = opened(session)
    before = len(session.openai.bodies)
    click(window, "draw", size="own", own_size="1000x1000")
    assert window.card
    assert window.card.code == "invalid_size"
    assert len(session.openai.bodies) == before


def test_unfinished_images_are_shown_one_after_the_other_and_gone_in_the_end(
    session: Any, drawing: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened(session)
    pages: list[tuple[str, list[str]]] = []
    redraw = window.redraw

    def watched() -> None:
        redraw()
        pages.append((window.html, [name for name in window.pictures if name.startswith("partial")]))

    monkeypatch.setattr(window, "redraw", watched)
    click(window, "draw")
    grown = [(html, names) for html, names in pages if names]
    assert [names for _html, names in grown][:2] == [["partial-1"], ["partial-2"]]
    assert 'data-picture="partial-1"' in grown[0][0]
    assert "partial" not in window.html
    assert list(window.pictures) == ["picture-1"]


def test_of_several_images_one_is_chosen_and_that_one_is_the_drafts_with_all_receipts(
    session: Any, drawing: list[bytes]
) -> None:
    window = opened(session)
    click(window, "wish", picture_number="3")
    assert Texts("it")("assistant.image.several", count=3) in window.html
    assert "0,0013 USD" in window.html  # three times the most that one costs
    click(window, "draw", picture_number="3")
    finals = [drawing[place] for place in (2, 5, 8)]  # two unfinished ones come before each
    assert [window.picture(f"picture-{number}") for number in (1, 2, 3)] == finals
    assert shown_in_draft(session) == [finals[0]]
    click(window, "choose_picture", number="3")
    assert shown_in_draft(session) == [finals[2]]
    click(window, "choose_picture", number="1")
    assert shown_in_draft(session) == [finals[0]]
    (draft,) = session.drafts.all()
    assert [receipt.kind for receipt in draft.receipts] == ["text", "image", "image", "image"]
    assert draft.made_by_ai == ("text", "image")


def test_an_edit_sends_the_mask_that_was_drawn_and_the_new_image_takes_the_place_of_the_old(
    session: Any, drawing: list[bytes]
) -> None:
    window = opened(session)
    click(window, "draw")
    click(window, "open_edit")
    assert f'width="{SIZE[0]}" height="{SIZE[1]}"' in window.html
    send_file(window, "redraw_picture", "mask", mask(), picture_wish="più luce")
    body = session.openai.bodies[-1]
    assert body["mask"][1] == mask()
    assert body["image"][1] == drawing[2]
    assert body["prompt"].startswith("più luce")
    assert shown_in_draft(session) == [drawing[-1]]
    click(window, "choose_picture", number="1")  # to undo is to choose the one before
    assert shown_in_draft(session) == [drawing[2]]


@pytest.mark.parametrize("wrong", [mask(255), mask(size=(10, 10)), b"no picture"])
def test_a_mask_that_cannot_be_used_is_a_card_and_nothing_is_sent(
    session: Any, drawing: list[bytes], wrong: bytes
) -> None:
    window = opened(session)
    click(window, "draw")
    click(window, "open_edit")
    before = len(session.openai.bodies)
    send_file(window, "redraw_picture", "mask", wrong, picture_wish="più luce")
    assert window.card
    assert window.card.code == "invalid_mask"
    assert len(session.openai.bodies) == before
    assert "più luce" in window.html  # what was typed is still there


def test_without_a_wish_an_edit_asks_for_one(session: Any, drawing: list[bytes]) -> None:
    window = opened(session)
    click(window, "draw")
    click(window, "open_edit")
    before = len(session.openai.bodies)
    click(window, "redraw_picture", picture_wish=" ")
    assert len(session.openai.bodies) == before
    assert Texts("it")("assistant.edit_missing") in window.html


def test_a_picture_of_ones_own_is_opened_free_of_charge_and_can_be_edited(session: Any) -> None:
    window = opened(session)
    before = len(session.openai.bodies)
    send_file(window, "own_picture", "picture", photo(96))
    assert 'width="96" height="96"' in window.html
    assert len(session.openai.bodies) == before
    click(window, "redraw_picture", picture_wish="più luce")
    assert session.openai.bodies[-1]["size"] == "auto"
    send_file(window, "own_picture", "picture", b"no picture")
    assert window.card
    assert window.card.code == "no_picture_file"


def test_words_for_who_cannot_see_are_written_by_the_model_edited_by_hand_and_kept(
    session: Any, drawing: list[bytes]
) -> None:
    window = opened(session)
    click(window, "draw")
    click(window, "open_alt")
    assert Texts("it")("assistant.picture.alt_longest", most="1.000") in window.html
    click(window, "describe")
    (draft,) = session.drafts.all()
    assert draft.images[0].alt.startswith("Il tramonto")
    assert draft.images[0].alt_model
    assert [receipt.kind for receipt in draft.receipts] == ["text", "image", "text"]
    click(window, "save_alt", alt="x" * 1001)
    assert Texts("it")("assistant.picture.alt_over", network="Instagram", most="1.000") in window.html
    click(window, "save_alt", alt="Una terrazza al tramonto")
    assert session.drafts.all()[0].images[0].alt == "Una terrazza al tramonto"


@pytest.mark.parametrize(("kind", "names"), [("jpeg", ["post-1.jpg"]), ("png", ["post-1.jpg", "post-1.png"])])
def test_it_is_saved_as_the_network_takes_it_and_the_signed_original_can_be_had_too(
    session: Any, outbound: list[Any], monkeypatch: pytest.MonkeyPatch, kind: str, names: list[str]
) -> None:
    sent: list[tuple[str, bytes]] = []
    monkeypatch.setattr(
        "ppkit.widgets.assistant.picture_desk.send_file",
        lambda _window, name, _kind, data: sent.append((name, data)),
    )
    window = opened(session)
    window._picture_panel.desk.add(
        Pictures((Picture(signed_picture(kind), "1088x1360", "Una terrazza", model="gpt-image-2"),))
    )
    window.redraw()
    click(window, "save_picture")
    if kind == "png":
        assert Texts("it")("assistant.picture.copy_loses", network="Instagram") in window.html
        click(window, "save_picture", original="yes")
    assert [name for name, _data in sent] == names
    assert provenance_of(sent[-1][1], kind) == "Valid"


def test_no_image_is_in_a_trait_and_each_goes_to_the_page_by_its_name(
    session: Any, drawing: list[bytes], outbound: list[Any]
) -> None:
    window = opened(session)
    click(window, "draw")
    send(window, {"id": "p", "action": "picture", "fields": {"name": "picture-1"}})
    assert {"type": "picture", "name": "picture-1"} in outbound
    assert all(
        drawing[-1] not in repr(value).encode("latin-1", "ignore") for value in window.get_state().values()
    )
    assert not any(isinstance(value, bytes) for value in window.get_state().values())


def refusal(code: str, message: str, status: int = 400) -> openai.APIStatusError:
    body = {"message": message, "type": "image_generation_user_error", "code": code}
    response = httpx2.Response(status, json={"error": body}, request=REQUEST)
    kind = openai.BadRequestError if status == 400 else openai.PermissionDeniedError
    return kind(message, response=response, body=body)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (refusal("moderation_blocked", "Your request was rejected by the safety system."), "content_refused"),
        (
            refusal("", "Your organization must be verified to use the model `gpt-image-2`.", 403),
            "organization_not_verified",
        ),
    ],
)
def test_a_refusal_for_safety_and_a_missing_verification_are_explained_with_a_way_on(
    session: Any, error: Exception, code: str
) -> None:
    window = opened(session)
    session.openai.trouble = error
    click(window, "draw")
    assert window.card
    assert window.card.code == code
    assert window.card.why
    assert window.card.now
    assert 'data-action="retry"' in window.html


def test_after_a_stop_the_images_that_were_finished_are_kept(session: Any, drawing: list[bytes]) -> None:
    window = opened(session)
    seen = window._picture_panel.desk.show_partial

    def stopping(data: bytes, stop: Any) -> None:
        seen(data, stop)
        if len(session.openai.bodies) == 3:  # the post, and the second image
            stop.set()

    window._picture_panel.desk.show_partial = stopping  # type: ignore[method-assign]
    click(window, "draw", picture_number="3")
    assert list(window.pictures) == ["picture-1"]
    assert len(session.openai.bodies) == 3


def test_the_price_before_counts_the_unfinished_images_too(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened(session)
    asked: list[bool] = []
    estimate = session.assistant.estimate_pictures

    def watched_too(*wishes: Any, watched: bool = False, **more: Any) -> Any:
        asked.append(watched)
        return estimate(*wishes, watched=watched, **more)

    monkeypatch.setattr(session.assistant, "estimate_pictures", watched_too)
    window.redraw()
    assert asked
    assert all(asked)
