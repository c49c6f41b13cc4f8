"""The Assistant's window pays for what was asked, once, from the purse for the client that was chosen."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import openai
import pytest
from PIL import Image

from ppkit.ai_assistant import Estimate, Purse, networks
from ppkit.drafts.errors import DraftsFull
from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
from ppkit.metering.tags import current_tags
from ppkit.money import Money
from ppkit.widgets.assistant.assistant_window import AssistantWindow
from ppkit.widgets.base.background_thread import at_once

from .fakes import PRACTICE_KEY, REQUEST, FakeSession, click
from .test_picture_panel import png, send_file

texts = Texts("it")


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


@dataclass
class Held:
    """Runs nothing until `answer`."""

    waiting: list[Callable[[], None]] = field(default_factory=list)

    def run(
        self, function: Callable[[], Any], then: Callable[[Any], None], failed: Callable[[Exception], None]
    ) -> None:
        self.waiting.append(lambda: at_once(function, then, failed))

    def answer(self) -> None:
        self.waiting.pop(0)()


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def waiting(session: Any, held: Held) -> AssistantWindow:
    """A window with a linked key whose calls are answered when the test says so."""
    session.linking.adopt(ApiKey(PRACTICE_KEY))
    window = AssistantWindow(session, run=held.run)
    while held.waiting:
        held.answer()
    return window


def payer(session: Any) -> Purse:
    preferred: Purse = session.assistant.purses.preferred
    return preferred


@pytest.mark.parametrize("ends", ["answer", "stop"])
def test_what_is_chosen_while_something_is_written_counts_for_the_next_call(
    session: Any, waiting: AssistantWindow, held: Held, ends: str
) -> None:
    click(waiting, "write", topic="Terrazza")
    click(waiting, "payer", payer="plan")
    click(waiting, "wish", picture_number="4", quality="high")
    assert payer(session) is Purse.OWN_KEY  # the call under way is paid as it was shown
    if ends == "answer":
        held.answer()
    else:
        click(waiting, "stop")
    assert payer(session) is Purse.PLAN
    assert (waiting.wishes["picture_number"], waiting.wishes["quality"]) == ("4", "high")
    click(waiting, "write", topic="Terrazza", payer="own_key")
    assert payer(session) is Purse.OWN_KEY  # as the select says in the form that is sent


AGENCY = 'name = "Studio"\n[clients.bianchi]\nname = "Trattoria Bianchi"\ntag = "cliente=b1"\n'


@pytest.mark.parametrize(
    ("client", "labels"), [("Trattoria Bianchi", {"cliente": "b1"}), ("Rossi", {"client": "Rossi"}), ("", {})]
)
def test_every_call_is_booked_on_its_client_as_the_statement_looks_for_it(
    session: Any, monkeypatch: pytest.MonkeyPatch, client: str, labels: dict[str, str]
) -> None:
    (session.settings.home / "agency.toml").write_text(AGENCY, encoding="utf-8")
    seen: list[dict[str, str]] = []
    remember = session.openai._remember

    def watched(body: dict[str, Any]) -> None:
        seen.append(dict(current_tags()))
        remember(body)

    monkeypatch.setattr(session.openai, "_remember", watched)
    window = opened(session)
    click(window, "write", topic="Terrazza", client=client)
    click(window, "wish", client="Verdi" if client else "")
    click(window, "refine", wish="shorter")
    click(window, "draw")
    assert seen == [labels] * 3
    batch = session.drafts.batch([window.brief()], client=client, again=True)
    batch.run(batch.estimate().agreed())
    assert seen == [labels] * 4


def test_an_image_that_was_drawn_before_the_post_is_kept_with_it(session: Any, drawing: None) -> None:
    window = opened(session)
    click(window, "draw", topic="Terrazza", picture_number="2")
    drawn = dict(window.pictures)
    click(window, "write", topic="Terrazza")
    assert window.pictures == drawn
    (draft,) = session.drafts.all()
    assert [session.drafts.image(image) for image in draft.images] == [drawn["picture-1"]]
    assert sorted(receipt.kind for receipt in draft.receipts) == ["image", "image", "text"]
    click(window, "write", topic="Saldi")
    assert window.pictures == {}  # the draft before has it


def test_the_next_briefs_client_does_not_take_the_last_draft_along(session: Any) -> None:
    window = opened(session)
    click(window, "write", topic="Terrazza", client="Bianchi")
    click(window, "wish", client="Verdi", topic="Saldi")
    click(window, "refine", wish="shorter")
    click(window, "write", client="Verdi", topic="Saldi")
    assert {draft.topic: draft.client for draft in session.drafts.all()} == {
        "Terrazza": "Bianchi",
        "Saldi": "Verdi",
    }


def test_a_wish_repeated_later_changes_the_variant_that_it_was_for(session: Any) -> None:
    window = opened(session)
    click(window, "write", topic="Terrazza", variants="2")
    session.openai.trouble = openai.APITimeoutError(request=REQUEST)
    click(window, "refine", wish="shorter")
    session.openai.trouble = None
    click(window, "choose", variant="1")
    assert window.again
    window.again()
    desk = window._post_panel.desk
    assert desk.chosen == 0
    assert desk.can_undo
    desk.choose(1)
    assert not desk.can_undo


def test_words_about_an_image_go_to_the_image_that_they_were_asked_for(session: Any, drawing: None) -> None:
    window = opened(session)
    click(window, "draw", topic="Terrazza", picture_number="2")
    session.openai.trouble = openai.APITimeoutError(request=REQUEST)
    click(window, "describe")
    session.openai.trouble = None
    click(window, "choose_picture", number="2")
    assert window.again
    window.again()
    alts = [picture.alt for _number, picture in window._picture_panel.desk.all]
    assert alts[0].startswith("Il tramonto")
    assert not alts[1].startswith("Il tramonto")


def test_a_voice_is_kept_for_the_client_that_it_was_asked_for(
    session: Any, waiting: AssistantWindow, held: Held
) -> None:
    click(waiting, "wish", client="Bianchi")
    click(waiting, "make_voice", sample1="Uno", sample2="Due", sample3="Tre")
    click(waiting, "stop")
    click(waiting, "wish", client="Rossi")
    held.answer()
    assert session.drafts.voices.of("Bianchi")
    assert not session.drafts.voices.of("Rossi")


def test_while_a_text_is_edited_nothing_is_offered_that_would_leave_it_behind(session: Any) -> None:
    window = opened(session)
    both: dict[str, Any] = {"net-instagram": "on", "net-x": "on"}
    click(window, "write", topic="Terrazza", form="brief", variants="2", **both)
    click(window, "edit_text")
    for action in ("refine", "adapt", "choose"):
        assert f'data-action="{action}"' not in window.html
    click(window, "typed", text="Scritto a mano.")
    click(window, "refine", wish="shorter")  # from a page that was drawn before
    assert {"role": "assistant", "content": "Scritto a mano."} in session.openai.bodies[-1]["input"]
    click(window, "edit_text")
    click(window, "typed", text="Di nuovo.")
    click(window, "write", topic="Saldi")
    assert "Di nuovo." in [text.text for draft in session.drafts.all() for text in draft.texts.values()]


def test_what_is_written_after_the_draft_was_deleted_elsewhere_is_kept_in_a_new_one(session: Any) -> None:
    window = opened(session)
    click(window, "write", topic="Terrazza")
    (draft,) = session.drafts.all()
    session.drafts.delete(draft.id)
    click(window, "refine", wish="shorter")
    assert window.card is None
    (draft,) = session.drafts.all()
    assert draft.topic == "Terrazza"
    click(window, "draw")
    assert len(session.drafts.all()[0].images) == 1


def test_a_network_without_a_text_in_the_draft_is_not_exported_as_another(
    session: Any, outbound: list[object]
) -> None:
    window = opened(session)
    click(window, "write", topic="Terrazza", network="x")
    (draft,) = session.drafts.all()
    session.drafts.edit(draft.id, texts={"x": "", "linkedin": "Per LinkedIn."})
    click(window, "export")
    assert window.card
    assert window.card.code == "nothing_to_export"
    assert not [sent for sent in outbound if isinstance(sent, dict) and sent.get("type") == "download"]


def test_an_image_that_cannot_be_read_is_a_card_where_it_is_to_be_edited(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ppkit.ai_assistant.drawing._decoded", lambda _encoded: b"\xff\xd8\xffbroken")
    window = opened(session)
    click(window, "draw", topic="Terrazza")
    click(window, "open_edit")
    assert window.card
    assert window.card.code == "no_picture_file"
    assert 'data-action="write"' in window.html


def test_beside_go_on_and_retry_stands_what_is_left_would_take(session: Any, drawing: None) -> None:
    leave_credits(session, 1)
    window = opened(session, linked=False)
    click(window, "write", topic="Terrazza", variants="3")
    click(window, "link", {"key": PRACTICE_KEY})
    price = window.page()["again_price"]
    assert isinstance(price, Estimate)
    assert price.highest_cost == Money.usd("0.000832")  # of two, where each takes 0.000416 at most
    verdict = window.html.split("pp-verdict")[1].split("</div>")[0]
    assert "0,00084 USD" in verdict


def test_the_price_of_an_edit_counts_the_unfinished_images_that_are_sent_for(
    session: Any, monkeypatch: pytest.MonkeyPatch, drawing: None
) -> None:
    window = opened(session)
    click(window, "draw", topic="Terrazza")
    asked: list[Mapping[str, Any]] = []

    def cost(_endpoint: str, body: Mapping[str, Any]) -> Money:
        asked.append(body)
        return Money.usd("0.001")

    monkeypatch.setattr(session.assistant._calls, "cost", cost)
    click(window, "open_edit")
    (edit,) = [body for body in asked if "mask" in body]
    assert edit["partial_images"] == 2


def test_a_copy_of_ones_own_photo_does_not_say_that_a_model_made_it(session: Any) -> None:
    output = io.BytesIO()
    Image.new("RGB", (64, 80)).save(output, "WEBP")
    window = opened(session)
    send_file(window, "own_picture", "picture", output.getvalue())
    click(window, "close_edit")
    (_number, own), *_ = window._picture_panel.desk.all
    instagram = networks()["instagram"]
    assert b"trainedAlgorithmicMedia" not in own.for_network(instagram)
    assert texts("assistant.picture.copy_only", network="Instagram") in window.html
    drawn = replace(own, model="gpt-image-2")
    assert b"trainedAlgorithmicMedia" in drawn.for_network(instagram)


def test_where_retry_is_the_only_way_on_it_is_the_filled_button(session: Any) -> None:
    window = opened(session)
    session.openai.trouble = openai.APITimeoutError(request=REQUEST)
    click(window, "write", topic="Terrazza")
    assert re.search(r'class="pp-button" [^>]*data-action="retry"', window.html)


def test_a_redraw_looks_once_at_the_credits(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    window = opened(session, linked=False)
    click(window, "write", topic="Terrazza")
    looks = count()
    left = session.accounting.plan_credits.left

    def counted() -> int:
        next(looks)
        number: int = left()
        return number

    monkeypatch.setattr(session.accounting.plan_credits, "left", counted)
    window.redraw()
    assert next(looks) == 1
    leave_credits(session, 0)
    window.redraw()
    assert window.page()["post_price"] is None  # the next look sees what was taken since
