"""How much output fits into an amount, and how small a request can be made."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.money import Money
from ppkit.spending.ceiling import ceiling_of
from ppkit.spending.token_rates import Price

from .requests import LUNA, ceiling, chat, image, response
from .strategies import CATALOGUE, NOW, TEXT_MODELS

TEXT_PRICES = st.builds(
    lambda model, tier: CATALOGUE.price_of(model, NOW, tier),
    st.sampled_from(TEXT_MODELS),
    st.sampled_from(["default", "flex", "batch"]),
)
MONEY = st.integers(0, 10**14).map(Money)


@given(price=TEXT_PRICES, money=MONEY, body_bytes=st.integers(0, 1_200_000), choices=st.integers(1, 128))
def test_the_affordable_output_is_the_most_that_fits(
    price: Price, money: Money, body_bytes: int, choices: int
) -> None:
    bound = ceiling_of("chat", chat(n=choices), body_bytes, price)
    affordable = bound.affordable_output_tokens(money)
    assert affordable is not None
    if affordable:
        assert bound.input_cost + bound.output_token_cost * affordable <= money
    if affordable < bound.output_tokens:
        assert bound.input_cost + bound.output_token_cost * (affordable + 1) > money
    if money >= bound.smallest:
        assert affordable >= choices


@given(price=TEXT_PRICES, money=MONEY)
def test_a_request_capped_to_what_is_affordable_fits(price: Price, money: Money) -> None:
    free = ceiling_of("responses", response(), 500, price)
    affordable = free.affordable_output_tokens(money)
    if affordable:
        capped = ceiling_of("responses", response(max_output_tokens=affordable), 500, price)
        assert capped.output_bounded
        assert capped.total <= money


def test_the_smallest_useful_answer_has_sixteen_tokens_or_one_for_each_choice() -> None:
    answer, choices = ceiling("responses", response()), ceiling("chat", chat(n=4))
    assert answer.smallest == answer.input_cost + LUNA.rates.output * 16
    assert choices.smallest == choices.input_cost + LUNA.rates.output * 4


def test_a_bounded_request_has_no_smaller_form() -> None:
    bound = ceiling("responses", response(max_output_tokens=500))
    assert bound.smallest == bound.total


@pytest.mark.parametrize(("endpoint", "body"), [("images", image()), ("embeddings", {"input": "mare"})])
def test_pictures_and_embeddings_cannot_be_capped(endpoint: str, body: dict[str, Any]) -> None:
    model = "gpt-image-2" if endpoint == "images" else "text-embedding-3-small"
    bound = ceiling(endpoint, body, CATALOGUE.price_of(model, NOW))
    assert bound.affordable_output_tokens(Money.usd("9")) is None
    assert (bound.output_bounded, bound.smallest) == (True, bound.total)
