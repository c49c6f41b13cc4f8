"""The Assistant's window: prices before, receipts after, the key panel, and every refusal as a card."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, TypeVar

import openai
import pytest

from ppkit.checkup import Diagnosis, Finding, Rung, State
from ppkit.look.texts import Texts
from ppkit.onboarding import StepName
from ppkit.widgets.assistant.assistant_window import AssistantWindow
from ppkit.widgets.base.background_thread import at_once

from .fakes import PNG, PRACTICE_KEY, REQUEST, click, limit_reached

OTHER_KEY = "sk-practice-" + "ANOTHER9" * 6
T = TypeVar("T")


def opened(session: Any) -> AssistantWindow:
    return AssistantWindow(session, run=at_once)


def link(session: Any) -> None:
    click(opened(session), "link", {"key": PRACTICE_KEY})


def use_up_credits(session: Any) -> None:
    while session.accounting.plan_credits.left():
        session.accounting.plan_credits.take("text")


def done_of(session: Any) -> set[StepName]:
    return {view.name for view in session.wizard.steps if view.is_done} & {StepName.KEY, StepName.LINK}


def test_another_key_has_to_earn_its_own_ticks(session: Any) -> None:
    link(session)
    session.wizard.observe_checkup([Finding(rung, State.PASSED) for rung in Rung], session.linked_key)
    session.wizard.record("link.used", key=session.linked_key)
    click(opened(session), "link", {"key": PRACTICE_KEY})
    assert done_of(session) == {StepName.KEY, StepName.LINK}
    click(opened(session), "link", {"key": OTHER_KEY})
    assert done_of(session) == set()


def test_the_price_is_told_before_anything_is_sent(session: Any) -> None:
    link(session)
    window = opened(session)
    assert "fino a 0,00042 USD" in window.html
    assert session.openai.bodies == []


def test_a_post_appears_with_its_hashtags_count_and_receipt(session: Any) -> None:
    link(session)
    window = opened(session)
    click(window, "write", topic="Riapriamo la terrazza", network="x", tone="ironic", language="it")
    for shown in (
        "Il tramonto ha un nuovo indirizzo",
        "#aperitivo",
        "su 280",
        "0,00022 USD",
        "412 + 96 token",
    ):
        assert shown in window.html
    assert window.html.count('data-copy="') == 1


@pytest.mark.parametrize(
    ("mark", "shown"),
    [
        (None, "Testo 0,00022 USD"),
        ("estimated", "circa 0,00022 USD"),
        ("ceiling", "fino a 0,00022 USD"),
        ("uncertain", Texts("it")("assistant.receipt.uncertain", cost="0,00022 USD")),
        ("overrun", "0,00022 USD, più del previsto"),
    ],
)
def test_a_receipt_says_how_sure_its_cost_is(session: Any, mark: Any, shown: str) -> None:
    link(session)
    session.openai.receipt = replace(session.openai.receipt, mark=mark)
    window = opened(session)
    click(window, "write", topic="Riapriamo la terrazza")
    assert shown in " ".join(re.sub(r"<[^>]*>", " ", window.html).split())


def test_an_image_appears_with_words_for_who_cannot_see_it(session: Any) -> None:
    window = opened(session)
    click(window, "draw", topic="Riapriamo la terrazza", size="1088x1088", quality="low")
    assert window.pictures == {"picture-1": PNG}
    assert 'alt="Immagine per il post: Riapriamo la terrazza"' in window.html
    assert "crediti del piano: 10" in window.html


def test_without_a_topic_nothing_is_sent_and_the_field_says_so(session: Any) -> None:
    window = opened(session)
    for action in ("write", "draw"):
        click(window, action, topic="  ")
        assert 'aria-invalid="true"' in window.html
    assert session.openai.bodies == []


def test_without_a_key_plan_credits_pay_and_then_a_key_is_asked_for(session: Any) -> None:
    window = opened(session)
    click(window, "write", topic="Terrazza")
    assert "Crediti del piano: 11 di 12" in window.html
    use_up_credits(session)
    click(window, "write", topic="Terrazza")
    card = window.html.split('class="pp-problem"')[1]
    assert 'data-action="open_key"' in card
    assert len(session.openai.bodies) == 1


def test_a_linked_key_pays_and_the_person_can_go_back_to_the_credits(session: Any) -> None:
    link(session)
    window = opened(session)
    assert '<option value="own_key" selected>' in window.html
    click(window, "payer", payer="plan")
    assert '<option value="plan" selected>' in window.html
    click(window, "write", topic="Terrazza")
    assert session.accounting.plan_credits.left() == 11


def test_a_call_with_the_linked_key_completes_the_last_step(session: Any) -> None:
    link(session)
    assert session.wizard.steps[3].evidence.label == "todo"
    click(opened(session), "write", topic="Terrazza")
    assert session.wizard.steps[3].evidence.label == "practised"


def test_the_hard_limit_is_a_card_with_the_facts_and_ways_on(session: Any) -> None:
    link(session)
    window = opened(session)
    session.openai.trouble = limit_reached()
    click(window, "draw", topic="Terrazza")
    card = window.html.split('class="pp-problem"')[1]
    for shown in ("0,006 USD", "0,001 USD", "1 dic 2026", 'data-go-to="costs"', 'data-action="retry"'):
        assert shown in card
    session.openai.trouble = None
    click(window, "retry")
    assert "pp-problem" not in window.html
    assert window.pictures


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (openai.APIConnectionError(request=REQUEST), "no_connection"),
        (ValueError("anything at all"), "failed_here"),
    ],
)
def test_any_failure_is_a_card_and_the_last_post_stays(session: Any, trouble: Exception, code: str) -> None:
    window = opened(session)
    click(window, "write", topic="Terrazza")
    session.openai.trouble = trouble
    click(window, "write", topic="Terrazza")
    assert window.card is not None
    assert window.card.code == code
    assert "Traceback" not in window.html
    assert "Il tramonto ha un nuovo indirizzo" in window.html
    assert not window.working


def test_a_call_that_is_refused_is_told_on_the_desk_also_while_a_key_could_be_pasted(session: Any) -> None:
    window = opened(session)
    click(window, "open_key")
    use_up_credits(session)
    for action, fields, is_of_key in (
        ("write", {}, False),
        ("link", {"key": "x"}, True),
        ("write", {}, False),
    ):
        click(window, action, fields if is_of_key else {}, topic="Terrazza")
        assert 'type="password"' in window.html
        assert window.html.count('class="pp-problem"') == 1
        card = window.html.partition('class="pp-problem"')[2].partition("</details>")[0]
        assert is_of_key or re.findall(r'class="(pp-button[^"]*)"', card) == ["pp-button pp-button-quiet"] * 2
        assert (window.html.index('class="pp-problem"') < window.html.index('class="pp-desk"')) == is_of_key


def test_a_key_is_linked_from_the_assistant_once_it_is_recognised(
    session: Any, outbound: list[object]
) -> None:
    window = opened(session)
    assert "Collega una chiave API" in window.html
    click(window, "open_key")
    assert 'type="password"' in window.html
    session.checkup.broken = {Rung.SIGN_IN: Diagnosis("wrong_key", {}, {"status": 401})}
    click(window, "link", {"key": PRACTICE_KEY})
    assert not session.linked_key
    assert window.html.count("pp-problem") == 1
    at = [window.html.index(part) for part in ('type="password"', "pp-problem", 'class="pp-desk"')]
    assert at == sorted(at)  # beside the field, not a screen below it
    session.checkup.broken = {}
    click(window, "link", {"key": PRACTICE_KEY})
    assert session.linked_key.get_secret_value() == PRACTICE_KEY
    assert "Cambia chiave" in window.html
    assert PRACTICE_KEY not in repr(window.get_state()) + repr(outbound)


def test_a_refused_paste_is_told_and_not_linked(session: Any) -> None:
    window = opened(session)
    click(window, "link", {"key": "hello"})
    assert session.linked_key is None
    assert "pp-problem" in window.html


def test_a_stream_is_shown_as_it_comes_and_whole_in_the_end(session: Any, outbound: list[object]) -> None:
    window = opened(session)
    click(window, "write", topic="Terrazza")
    appended = [sent["text"] for sent in outbound if isinstance(sent, dict) and sent.get("type") == "append"]
    assert appended
    assert "#terrazza" in window.html


class Held:
    """Holds its work back until the test releases it: a request that has left and is not answered yet."""

    def __init__(self) -> None:
        self._work: list[Callable[[], None]] = []

    def __call__(
        self, function: Callable[[], T], then: Callable[[T], None], failed: Callable[[Exception], None]
    ) -> None:
        self._work.append(lambda: at_once(function, then, failed))

    def answer(self) -> None:
        self._work.pop(0)()


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def unanswered(session: Any, held: Held) -> AssistantWindow:
    """A window whose requests leave and are not answered until the test says so."""
    link(session)
    window = AssistantWindow(session, run=held)
    held.answer()  # the look for the practice pages
    held.answer()  # and that for the models
    return window


@pytest.mark.parametrize("action", ["write", "draw"])
def test_a_stop_gives_the_buttons_back_though_nothing_was_answered(
    unanswered: AssistantWindow, held: Held, action: str
) -> None:
    click(unanswered, action, topic="Terrazza")
    assert 'data-action="stop"' in unanswered.html
    click(unanswered, "stop")
    assert not unanswered.working
    assert 'data-action="stop"' not in unanswered.html
    assert "Hai fermato la richiesta." in unanswered.html
    click(unanswered, action, topic="Terrazza")
    assert unanswered.working


def test_an_answer_after_the_stop_covers_nothing_that_was_begun_since(
    session: Any, unanswered: AssistantWindow, held: Held
) -> None:
    click(unanswered, "draw", topic="Terrazza")
    click(unanswered, "stop")
    click(unanswered, "write", topic="Terrazza")
    held.answer()
    assert len(session.openai.bodies) == 1
    assert "data-picture=" not in unanswered.html
    assert unanswered.working
    held.answer()
    assert "#aperitivo" in unanswered.html
    assert not unanswered.working


def test_a_picture_or_a_failure_after_the_stop_is_not_shown(
    session: Any, unanswered: AssistantWindow, held: Held
) -> None:
    click(unanswered, "draw", topic="Terrazza")
    click(unanswered, "stop")
    held.answer()
    assert not unanswered.pictures
    click(unanswered, "write", topic="Terrazza")
    click(unanswered, "stop")
    session.openai.trouble = openai.APITimeoutError(request=REQUEST)
    held.answer()
    assert "pp-problem" not in unanswered.html


def test_a_stopped_text_stays_and_gets_its_receipt_when_the_stream_is_closed(
    session: Any, outbound: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    link(session)
    window = opened(session)
    pages: list[str] = []
    first, second, *rest = session.openai._events("gpt-6-luna")

    def stopped_between_two_pieces(_model: str) -> Iterator[SimpleNamespace]:
        yield first
        click(window, "stop")
        pages.append(window.html)
        session.clock.advance(timedelta(seconds=1))
        yield from (second, *rest)

    monkeypatch.setattr(session.openai, "_events", stopped_between_two_pieces)
    click(window, "write", topic="Terrazza")
    for page in (*pages, window.html):
        assert "Il tramonto ha un nuovo" in page
        assert "#aperitivo" not in page
        assert Texts("it")("assistant.post.incomplete") in page
    assert "0,00022 USD" in window.html
    appended = [sent["text"] for sent in outbound if isinstance(sent, dict) and sent.get("type") == "append"]
    assert window.card is None
    assert appended == [first.delta]  # what came after could stand in the next text


def test_half_an_answer_stands_under_a_card_that_says_so_and_leads_on(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened(session)
    first, *_ = session.openai._events("gpt-6-luna")
    trouble = SimpleNamespace(type="error", code="server_error")
    monkeypatch.setattr(session.openai, "_events", lambda _model: [first, trouble])
    click(window, "write", topic="Terrazza")
    for shown in ("La risposta si è interrotta a metà.", "Il tramonto ha un nuovo", 'data-action="retry"'):
        assert shown in window.html


def test_a_failed_drawing_leaves_the_stopped_text(
    session: Any, unanswered: AssistantWindow, held: Held
) -> None:
    click(unanswered, "write", topic="Terrazza")
    unanswered._post_panel.streams._buffers[0][1].add("Il tramonto")
    click(unanswered, "stop")
    click(unanswered, "draw", topic="Terrazza")
    session.openai.trouble = openai.APITimeoutError(request=REQUEST)
    held.answer()
    held.answer()
    assert unanswered.card
    assert "Il tramonto" in unanswered.html


@pytest.mark.parametrize("chosen", ["1088x1088", "1088x1360"])  # 1088x1360 is Instagram's own
def test_another_network_brings_its_own_shape(session: Any, chosen: str) -> None:
    window = opened(session)
    click(window, "wish", network="instagram", size=chosen, topic="")
    click(window, "wish", network="linkedin", size=chosen, topic="")  # the form still shows the old shape
    assert '<option value="1216x640" selected>' in window.html
    click(window, "draw", network="linkedin", size="1216x640", topic="Terrazza")
    assert session.openai.bodies[0]["size"] == "1216x640"


def test_a_shape_that_was_chosen_stays_until_the_network_changes_again(session: Any) -> None:
    window = opened(session)
    click(window, "wish", network="linkedin", size="1088x1360", topic="")
    click(window, "wish", network="linkedin", size="1088x1088", topic="")
    click(window, "write", network="linkedin", size="1088x1088", topic="Terrazza")
    assert '<option value="1088x1088" selected>' in window.html
    click(window, "wish", network="facebook", size="1088x1088", topic="")
    assert '<option value="1216x640" selected>' in window.html


def test_a_shape_that_arrives_with_another_network_was_chosen_for_it(session: Any) -> None:
    window = opened(session)  # what is changed while the window is at work arrives with the next press
    click(window, "draw", network="linkedin", size="1088x1088", topic="Terrazza")
    assert session.openai.bodies[0]["size"] == "1088x1088"


def test_what_is_typed_cannot_become_markup(session: Any) -> None:
    window = opened(session)
    click(window, "write", topic='</textarea><script>alert(1)</script>"')
    assert "<script>" not in window.html
