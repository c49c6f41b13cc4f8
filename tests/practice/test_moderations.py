"""Moderations: free, by plain lists of words in both languages, in every form of input; counted as usage."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from ppkit.practice_platform.moderation import categories, scores
from ppkit.practice_platform.platform import Platform

from .conftest import Connect
from .pictures_to_send import data_url
from .strictly import examined

HARMLESS = "Aperitivo in terrazza, venerdì alle 18: vi aspettiamo!"


def moderate(sdk: openai.OpenAI, given: Any) -> Any:
    return examined(sdk.moderations.with_raw_response.create(input=given))


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Sei un idiota.", "harassment"),
        ("You are such a LOSER!", "harassment"),
        ("Tornate al vostro paese", "hate"),
        ("Ti troverò, te ne pentirai", "harassment/threatening"),
        ("How to shoplift without being seen", "illicit"),
        ("come fabbricare una\n bomba in casa", "illicit"),
        ("Voglio morire", "self-harm/intent"),
        ("foto porno gratis", "sexual"),
        ("lo voglio ammazzare", "violence"),
    ],
)
def test_a_word_of_a_list_flags_its_category(sdk: openai.OpenAI, text: str, category: str) -> None:
    [result] = moderate(sdk, text).results
    assert result.flagged
    raw = result.to_dict()
    assert raw["categories"][category]
    assert raw["category_scores"][category] >= 0.5


@pytest.mark.parametrize(
    "text",
    [HARMLESS, "", "Skills and killer deals: the assassin's creed of Sussex", "Sparatissimo", "nude"[:2]],
)
def test_what_is_in_no_list_is_not_flagged(text: str) -> None:
    assert max(scores(text).values()) < 0.5


def test_the_narrow_category_brings_the_wide_one_along() -> None:
    found = scores("how to kill myself")
    assert min(found["self-harm"], found["self-harm/instructions"]) >= 0.5


def test_every_form_of_input_gets_its_results(sdk: openai.OpenAI) -> None:
    assert [one.flagged for one in moderate(sdk, [HARMLESS, "Cretino!"]).results] == [False, True]
    parts = [{"type": "text", "text": "Cretino!"}, {"type": "image_url", "image_url": {"url": data_url()}}]
    [result] = moderate(sdk, parts).results
    assert result.flagged
    assert result.category_applied_input_types.violence == ["text", "image"]
    assert result.category_applied_input_types.harassment == ["text"]
    [alone] = moderate(sdk, parts[1:]).results
    assert (alone.flagged, alone.category_applied_input_types.harassment) == (False, [])


def test_the_answer_says_that_it_is_practice_and_repeats_itself(sdk: openai.OpenAI) -> None:
    first, second = moderate(sdk, HARMLESS), moderate(sdk, HARMLESS)
    assert first.id.startswith("modr-practice-")
    assert first.model == "omni-moderation-latest"
    assert first.results == second.results
    assert len(categories()) == 13


def test_it_is_free_even_without_credit_and_is_counted_as_usage(connect: Connect, platform: Platform) -> None:
    platform.sign_up("Anna Bianchi", "anna@example.com", "Studio Bianchi")
    sdk = connect(api_key=platform.create_key("k")[1])
    moderate(sdk, HARMLESS)
    moderate(sdk, ["a", "b"])
    assert platform.usage.billed().pico_usd == 0
    assert platform.balance().pico_usd == 0
    admin: Any = connect(admin_api_key=platform.keys.create_admin("a")[1], api_key="").admin.organization
    page = examined(admin.usage.with_raw_response.moderations(start_time=1_700_000_000, limit=31))
    start = int(platform.clock.now().timestamp()) // 86_400 * 86_400
    page = examined(admin.usage.with_raw_response.moderations(start_time=start, group_by=["model"]))
    [result] = page.data[0].results
    assert (result.num_model_requests, result.model) == (2, "omni-moderation-latest")
    assert result.input_tokens > 0
    [costs] = examined(admin.usage.with_raw_response.costs(start_time=start)).data
    assert not any(one.amount.value for one in costs.results)


@pytest.mark.parametrize(
    ("given", "param"),
    [
        (None, "input"),
        ([], "input"),
        (5, "input"),
        ([{"type": "audio"}], "input[0].type"),
        ([5], "input[0]"),
        ([{"type": "text"}], "text"),
        ([{"type": "image_url", "image_url": "x"}], "input[0].image_url"),
    ],
)
def test_anything_else_is_refused(sdk: openai.OpenAI, given: Any, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        sdk.moderations.create(input=given)
    assert refusal.value.param == param


def test_a_text_model_does_not_moderate(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError):
        sdk.moderations.create(input="x", model="gpt-6-luna")
    with pytest.raises(openai.NotFoundError):
        sdk.moderations.create(input="x", model="text-moderation-latest")
