"""Models in words: from the list of now, never one about to end without a word."""

from __future__ import annotations

from datetime import date, timedelta

import httpx2
import pytest

from ppkit.ai_assistant import Brief, Level
from ppkit.ai_assistant.model_levels import NOTICE, Purpose, choose_models, model_levels, model_named
from ppkit.checkup import LiveModel
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.spending.prices import PriceCatalogue

from .conftest import NOW, Stage

TODAY = NOW.date()
COST = Money.usd("0.001")


def chosen(live: list[LiveModel], today: date = TODAY) -> dict[str, str]:
    return {one.level.value: one.model for one in choose_models("text", live, today, lambda _model: COST)}


def listed(**shutdowns: date | None) -> list[LiveModel]:
    names = [name for wishes in model_levels("text").values() for name in wishes]
    return [LiveModel(name, shutdowns.get(name.replace("-", "_").replace(".", "_"))) for name in names]


def test_each_level_has_its_first_wish_that_is_listed() -> None:
    everything = listed()
    assert chosen(everything) == {level: names[0] for level, names in model_levels("text").items()}
    without = [one for one in everything if one.name != "gpt-6-luna"]
    assert chosen(without)["economical"] == "gpt-5.6-luna"
    assert chosen([LiveModel("gpt-6-luna")]) == {"economical": "gpt-6-luna"}


def test_a_model_about_to_end_is_passed_over_or_told() -> None:
    end = TODAY + NOTICE
    assert chosen(listed(gpt_6_luna=end))["economical"] == "gpt-5.6-luna"
    assert chosen(listed(gpt_6_luna=end + timedelta(days=1)))["economical"] == "gpt-6-luna"
    [only] = choose_models("text", [LiveModel("gpt-6-luna", end)], TODAY, lambda _model: None)
    assert (only.ends_soon, only.shutdown, only.cost) == (True, end, None)
    assert chosen([LiveModel("gpt-6-luna", TODAY)]) == {}


@pytest.mark.parametrize("language", ["it", "en"])
def test_a_level_and_an_end_have_words(language: str) -> None:
    texts = Texts(language)
    assert len({texts(f"assistant.level.{level}") for level in Level}) == 3
    assert "gpt" in texts("assistant.model.ends_soon", model="gpt", date="1")


def test_a_brief_may_name_a_level_or_a_model() -> None:
    assert model_named(None) == model_named("economical") == model_levels("text")[Level.ECONOMICAL][0]
    assert model_named("best") == model_levels("text")[Level.BEST][0]
    assert model_named("gpt-4o") == "gpt-4o"


@pytest.mark.parametrize("purpose", ["text", "image"])
def test_every_wish_has_a_price(purpose: Purpose) -> None:
    catalogue = PriceCatalogue()
    for wishes in model_levels(purpose).values():
        assert all(catalogue.price_of(name, NOW) for name in wishes)


def test_the_list_of_now_is_asked_and_read(stage: Stage) -> None:
    models = [
        {"id": name, "object": "model", "created": 1, "owned_by": "openai", "shutdown_date": day}
        for name, day in (("gpt-6-luna", "2026-12-11"), ("gpt-6.1-terra", None), ("gpt-6-sol", None))
    ]
    stage.answer = httpx2.Response(200, json={"object": "list", "data": models})
    economical, balanced, best = stage.assistant.models()
    assert (economical.model, economical.ends_soon, economical.cost) == ("gpt-6-luna", True, COST)
    assert (balanced.model, best.model) == ("gpt-6.1-terra", "gpt-6-sol")
    assert stage.credits.amount == 100
    stage.answer = httpx2.Response(200, json={"object": "list", "data": []})
    assert stage.assistant.models("image") == ()


def test_a_level_in_a_brief_becomes_the_model_of_the_request(stage: Stage) -> None:
    stage.assistant.write_post(Brief("x", model="best"))
    assert stage.requests[0]["model"] == model_levels("text")[Level.BEST][0]
