"""The Assistant: what is written, who pays, and that nothing is taken for nothing."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import openai
import pytest

from ppkit.ai_assistant import Brief, Estimate, NeedsKey, NothingWritten, Purse, Tone, Unit
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.onboarding import ProgressNotWritten
from ppkit.spending.plan_credits import TakenCredits

from .conftest import PNG, POST, Credits, Stage, deltas, event, response, stream_of

BRIEF = Brief("Il nuovo negozio apre domenica")


def test_a_post_comes_back_with_its_text_and_hashtags(stage: Stage) -> None:
    post = stage.assistant.write_post(BRIEF)
    assert post.text == POST
    assert post.hashtags == ("inaugurazione", "PostPickr")
    assert post.model == "gpt-6-luna-2026-10-01"
    assert post.is_complete


def test_characters_are_counted_against_the_network(stage: Stage) -> None:
    stage.answer = httpx2.Response(200, json=response("x" * 281))
    post = stage.assistant.write_post(Brief("Topic", network="x"))
    assert (post.count.used, post.count.over, post.fits) == (281, 1, False)
    stage.answer = httpx2.Response(200, json=response("x" * 280))
    assert stage.assistant.write_post(Brief("Topic", network="x")).fits


def test_without_a_key_the_plan_pays_and_no_use_of_a_key_is_told(stage: Stage) -> None:
    post = stage.assistant.write_post(BRIEF)
    assert (post.purse, post.credits, stage.credits.amount) == (Purse.PLAN, 1, 99)
    assert stage.own_key_used == 0


def test_the_linked_key_goes_on_when_the_credits_are_used_up(stage: Stage) -> None:
    stage.credits.amount, stage.key_linked = 0, True
    stage.assistant.purses.preferred = Purse.PLAN
    post = stage.assistant.write_post(BRIEF)
    assert (post.purse, post.credits, post.receipt) == (Purse.OWN_KEY, 0, "receipt")
    assert stage.own_key_used == 1


def test_without_credits_and_key_nothing_is_sent_and_it_is_said(stage: Stage) -> None:
    stage.credits.amount = 3
    with pytest.raises(NeedsKey) as caught:
        stage.assistant.draw(BRIEF)
    assert caught.value.facts == {"kind": "image", "credits": 10, "left": 3}
    assert stage.requests == []


def test_a_platform_that_does_not_answer_is_waited_for_so_long_and_asked_once(stage: Stage) -> None:
    stage.answer = httpx2.ReadTimeout("nothing came")
    with pytest.raises(openai.APITimeoutError):
        stage.assistant.write_post(BRIEF, lambda _piece: None)
    with pytest.raises(openai.APITimeoutError):
        stage.assistant.draw(BRIEF)
    assert stage.seconds_allowed == [60, 240]


def test_credits_come_back_when_the_call_fails(stage: Stage) -> None:
    stage.answer = httpx2.Response(500, json={})
    with pytest.raises(openai.InternalServerError):
        stage.assistant.write_post(BRIEF)
    assert stage.credits.amount == 100


def test_a_failed_call_with_the_own_key_proves_nothing(stage: Stage) -> None:
    stage.credits.amount, stage.key_linked = 0, True
    stage.answer = httpx2.Response(429, json={"error": {"code": "credit_balance_exhausted"}})
    with pytest.raises(openai.RateLimitError):
        stage.assistant.write_post(BRIEF)
    assert stage.own_key_used == 0


def test_a_linked_key_pays_though_nobody_said_so_in_this_session(stage: Stage) -> None:
    stage.key_linked = True
    assert stage.assistant.write_post(BRIEF).purse is Purse.OWN_KEY
    assert stage.credits.amount == 100
    stage.key_linked = False
    assert stage.assistant.write_post(BRIEF).purse is Purse.PLAN


def test_the_learner_may_choose_the_plan_while_a_key_is_linked(stage: Stage) -> None:
    stage.key_linked = True
    stage.assistant.purses.preferred = Purse.PLAN
    assert stage.assistant.write_post(BRIEF).purse is Purse.PLAN
    stage.assistant.purses.preferred = Purse.OWN_KEY
    assert stage.assistant.write_post(BRIEF).purse is Purse.OWN_KEY


def test_a_post_is_not_lost_because_progress_could_not_be_saved(stage: Stage) -> None:
    stage.credits.amount, stage.key_linked = 0, True
    stage.used_trouble = ProgressNotWritten(path="x", reason="full")
    post = stage.assistant.write_post(BRIEF)
    assert post.text == POST
    assert post.trouble
    assert post.trouble.code == "progress_not_written"
    stage.answer_with_image()
    picture = stage.assistant.draw(BRIEF)
    assert picture.trouble
    assert picture.data == PNG


class LastCreditTaken(Credits):
    """Another window takes the last credit between the look and the taking."""

    def take(self, kind: str) -> TakenCredits:
        self.amount = 0
        return super().take(kind)


@pytest.mark.parametrize("key_linked", [True, False])
def test_a_race_for_the_last_credit_is_lost_gracefully(stage: Stage, key_linked: bool) -> None:
    stage.key_linked = key_linked
    stage.assistant.purses.preferred = Purse.PLAN
    stage.assistant.purses._credits = LastCreditTaken(1)
    if key_linked:
        assert stage.assistant.write_post(BRIEF).purse is Purse.OWN_KEY
    else:
        with pytest.raises(NeedsKey):
            stage.assistant.write_post(BRIEF)


def test_an_estimate_tells_purse_model_credits_and_highest_cost(stage: Stage) -> None:
    assert stage.assistant.estimate_image(BRIEF) == Estimate(
        Purse.PLAN, "gpt-image-2", 10, 100, Money.usd("0.001")
    )
    assert stage.requests == []


def test_the_request_is_bounded_not_stored_and_names_the_network(stage: Stage) -> None:
    stage.assistant.write_post(
        Brief("Sconti", network="x", tone=Tone.IRONIC, call_to_action="Passa in negozio")
    )
    [body] = stage.requests
    assert body["store"] is False
    assert body["max_output_tokens"] == 2000
    assert "280" in body["instructions"]
    assert "ironico" in body["instructions"]
    assert body["input"] == "Argomento: Sconti\nInvito finale: Passa in negozio"


def test_an_english_post_is_asked_for_in_english(stage: Stage) -> None:
    stage.assistant.write_post(Brief("Sales", language="en"))
    assert stage.requests[0]["instructions"].startswith("Write a post in English for Instagram")


def test_the_model_is_the_briefs_own_else_the_best_wish(stage: Stage) -> None:
    stage.assistant.write_post(BRIEF)
    stage.assistant.write_post(Brief("Sales", model="gpt-6-astra"))
    assert [body["model"] for body in stage.requests] == ["gpt-6-luna", "gpt-6-astra"]


def test_a_stream_hands_on_each_piece_and_gives_the_whole(stage: Stage) -> None:
    stage.answer = stream_of(
        event("response.created", response=response("", "in_progress")),
        *deltas("Domenica ", "si inaugura!"),
        event("response.completed", response=response("Domenica si inaugura!")),
    )
    pieces: list[str] = []
    post = stage.assistant.write_post(BRIEF, pieces.append)
    assert pieces == ["Domenica ", "si inaugura!"]
    assert post.text == "Domenica si inaugura!"
    assert post.is_complete


def test_a_stopped_stream_keeps_what_has_arrived(stage: Stage) -> None:
    stage.answer = stream_of(*deltas("Domenica ", "si ", "inaugura"))
    pieces: list[str] = []
    post = stage.assistant.write_post(BRIEF, pieces.append, lambda: len(pieces) == 2)
    assert post.text == "Domenica si "
    assert not post.is_complete
    assert post.trouble is None
    assert stage.credits.amount == 99


def test_a_stream_that_breaks_keeps_its_text_and_says_what_happened(stage: Stage) -> None:
    def broken() -> Iterator[bytes]:
        yield deltas("Domenica ")[0].encode()
        raise httpx2.RemoteProtocolError("peer closed connection without sending complete message body")

    stage.answer = httpx2.Response(200, content=broken(), headers={"content-type": "text/event-stream"})
    post = stage.assistant.write_post(BRIEF, lambda _piece: None)
    assert (post.text, post.is_complete) == ("Domenica ", False)
    assert post.trouble
    assert post.trouble.code == "answer_broke_off"
    assert "RemoteProtocolError" in str(post.trouble.details["causes"])


def test_a_stream_that_breaks_before_any_text_is_an_error_and_takes_no_credit(stage: Stage) -> None:
    def broken() -> Iterator[bytes]:
        yield event("response.created", response=response("", "in_progress")).encode()
        raise httpx2.ReadTimeout("slow")

    stage.answer = httpx2.Response(200, content=broken(), headers={"content-type": "text/event-stream"})
    with pytest.raises(openai.APITimeoutError):
        stage.assistant.write_post(BRIEF, lambda _piece: None)
    assert stage.credits.amount == 100


def test_what_a_listener_raises_comes_out(stage: Stage) -> None:
    def listener(_piece: str) -> None:
        raise KeyboardInterrupt

    stage.answer = stream_of(*deltas("Domenica "))
    with pytest.raises(KeyboardInterrupt):
        stage.assistant.write_post(BRIEF, listener)


@pytest.mark.parametrize(
    "ending", [[], [event("error", code="server_error", message="x", param=None)]], ids=["cut", "error"]
)
def test_a_stream_that_ends_in_its_middle_keeps_its_text_and_says_so(stage: Stage, ending: list[str]) -> None:
    stage.answer = stream_of(*deltas("Domenica "), *ending)
    post = stage.assistant.write_post(BRIEF, lambda _piece: None)
    assert (post.text, post.is_complete) == ("Domenica ", False)
    assert post.trouble
    assert post.trouble.code == "answer_broke_off"
    assert post.trouble.details.get("code") == ("server_error" if ending else None)


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([event("error", code="server_error", message="x", param=None)], "server_error"),
        ([], "cut_off"),
        (
            [
                event(
                    "response.failed",
                    response=response("", "failed", error={"code": "server_error", "message": "x"}),
                )
            ],
            "server_error",
        ),
        (
            [
                event(
                    "response.incomplete",
                    response=response("", "incomplete", incomplete_details={"reason": "max_output_tokens"}),
                )
            ],
            "max_output_tokens",
        ),
    ],
)
def test_a_stream_without_text_says_why_at_no_credit(stage: Stage, events: list[str], reason: str) -> None:
    stage.answer = stream_of(*events)
    with pytest.raises(NothingWritten) as caught:
        stage.assistant.write_post(BRIEF, lambda _piece: None)
    assert caught.value.facts == {"reason": reason}
    assert stage.credits.amount == 100


def test_a_refusal_is_named(stage: Stage) -> None:
    part = {"type": "refusal", "refusal": "no"}
    item = {"id": "m", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    stage.answer = httpx2.Response(200, json=response(output=[item]))
    with pytest.raises(NothingWritten) as caught:
        stage.assistant.write_post(BRIEF)
    assert caught.value.facts == {"reason": "refusal"}


def test_an_incomplete_answer_with_text_is_kept_and_marked(stage: Stage) -> None:
    stage.answer = httpx2.Response(
        200, json=response("Inizio", "incomplete", incomplete_details={"reason": "max_output_tokens"})
    )
    post = stage.assistant.write_post(BRIEF)
    assert (post.text, post.is_complete) == ("Inizio", False)


def test_an_image_comes_back_as_its_file_with_words_for_who_cannot_see_it(stage: Stage) -> None:
    stage.answer_with_image()
    picture = stage.assistant.draw(BRIEF)
    assert picture.data == PNG
    assert picture.alt == "Immagine per il post: Il nuovo negozio apre domenica"
    assert (picture.size, picture.credits, stage.credits.amount) == ("1088x1360", 10, 90)
    assert stage.requests[0]["quality"] == "low"
    assert "PNG" not in repr(picture)


@pytest.mark.parametrize("data", [[], [{"b64_json": None}], [{"b64_json": "not base64!"}]])
def test_an_answer_without_an_image_takes_no_credit(stage: Stage, data: list[object]) -> None:
    stage.answer = httpx2.Response(200, json={"created": 1, "data": data})
    with pytest.raises(NothingWritten):
        stage.assistant.draw(BRIEF)
    assert stage.credits.amount == 100


@pytest.mark.parametrize("language", ["it", "en"])
def test_every_tone_and_purse_has_its_text(language: str) -> None:
    texts = Texts(language)
    assert all(texts(f"assistant.tone.{tone}") for tone in Tone)
    assert all(texts(f"assistant.purse.{purse}") for purse in Purse)
    assert all(texts(f"assistant.unit.{unit}") for unit in Unit if unit is not Unit.ITEMS)
