"""Pictures: bounded closely where the rule is known, by the dearest where it is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweeps import sweep

from ppkit.spending.bounds import UnboundedRequest
from ppkit.spending.cost import cost_of
from ppkit.spending.image_bounds import MOST_IMAGES, picture_tokens
from ppkit.spending.usage import Usage

from .requests import DATA_URL, ceiling, image, refusal
from .strategies import CATALOGUE, IMAGE_MODELS, NOW


@given(
    model=st.sampled_from(IMAGE_MODELS),
    quality=st.sampled_from([None, "auto", "low", "medium", "high", "xhigh", "max"]),
    size=st.sampled_from([None, "auto", "1024x1024", "1024x1536", "1536x1024", "512x512", "3840x2160"]),
    images=st.integers(1, MOST_IMAGES),
    partials=st.integers(0, 3),
    prompt=st.text(min_size=1),
    data=st.data(),
)
def test_no_picture_costs_more_than_its_ceiling(
    model: str,
    quality: str | None,
    size: str | None,
    images: int,
    partials: int,
    prompt: str,
    data: st.DataObject,
) -> None:
    price = CATALOGUE.price_of(model, NOW)
    body = image(model=model, quality=quality, size=size, n=images, partial_images=partials, prompt=prompt)
    text_tokens = data.draw(st.integers(0, len(prompt.encode("utf-8", "replace"))))
    drawn = images * (picture_tokens(price.family, size, quality) + 100 * partials)
    image_tokens = data.draw(st.integers(0, drawn) | st.just(drawn))
    usage = Usage(text_tokens, image_tokens, image_output_tokens=image_tokens)
    assert cost_of(usage, price).total <= ceiling("images", body, price).total


@pytest.mark.parametrize(
    ("quality", "size", "published_tokens"),
    [
        ("low", "1024x1024", 196),
        ("medium", "1024x1024", 1756),
        ("high", "1024x1024", 7024),
        ("low", "1024x1536", 158),
        ("medium", "1536x1024", 1372),
        ("high", "1024x1536", 5488),
    ],
)
def test_a_picture_is_bounded_closely_where_the_rule_is_known(
    quality: str, size: str, published_tokens: int
) -> None:
    assert 0 < picture_tokens("gpt-image-2", size, quality) - published_tokens <= 17


@sweep(
    ("model", "quality", "reported_tokens"),
    [
        ("gpt-image-2.5-flare", "low", 196),
        ("gpt-image-2.5-flare", "medium", 439),
        ("gpt-image-2.5-flare", "high", 1756),
        ("gpt-image-2.5-sunburst", "xhigh", 3122),
        ("gpt-image-2.5-sunburst", "max", 7024),
        ("gpt-image-2.6-flare", "low", 784),
        ("gpt-image-2.6-flare", "high", 1756),
        ("gpt-image-2.6-flare", "auto", 5800),
        ("gpt-image-1.5", "medium", 1056),
        ("gpt-image-1-mini", "low", 625),
        ("gpt-image-1-mini", "high", 4500),
    ],
)
def test_reported_pictures_stay_below_their_bound(model: str, quality: str, reported_tokens: int) -> None:
    assert picture_tokens(model, "1024x1024", quality) > reported_tokens


@sweep("family", ["gpt-image-2", "gpt-image-2.5-flare", "gpt-image-2.6-flare", "gpt-image-1.5"])
@sweep("quality", [None, "auto", "hd", 7])
@sweep("size", [None, "auto", "9999x9999", "1x1", "big", 7])
def test_auto_and_unknown_words_are_bounded_by_the_dearest(family: str, quality: Any, size: Any) -> None:
    known = [
        picture_tokens(family, one_size, one_quality)
        for one_size in ("1024x1024", "1536x1024", "1024x1536")
        for one_quality in ("low", "medium", "high", "xhigh", "max")
    ]
    assert picture_tokens(family, size, quality) >= max(known)


@given(width=st.integers(1, 240), height=st.integers(1, 240), quality=st.sampled_from(["low", "high", "max"]))
def test_no_allowed_size_passes_the_bound_of_an_unknown_one(width: int, height: int, quality: str) -> None:
    size = f"{16 * width}x{16 * height}"
    assert picture_tokens("gpt-image-2.5-flare", size, quality) <= picture_tokens(
        "gpt-image-2.5-flare", None, None
    )


def test_more_pictures_and_partial_pictures_raise_the_ceiling() -> None:
    price = CATALOGUE.price_of("gpt-image-2", NOW)
    one = ceiling("images", image(), price)
    four = ceiling("images", image(n=4), price)
    partial = ceiling("images", image(n=1, partial_images=2, stream=True), price)
    assert four.output_tokens == 4 * one.output_tokens
    assert partial.output_tokens == one.output_tokens + 200


@pytest.mark.parametrize("n", ["4", 4])
def test_a_forms_numbers_may_come_as_text(n: Any) -> None:
    price = CATALOGUE.price_of("gpt-image-2", NOW)
    assert (
        ceiling("images", image(n=n), price).output_tokens
        == 4 * ceiling("images", image(), price).output_tokens
    )


@pytest.mark.parametrize("n", ["many", -1, 11, 2.5, True])
def test_what_is_no_count_is_bounded_by_the_most_pictures(n: Any) -> None:
    price = CATALOGUE.price_of("gpt-image-2", NOW)
    ten = ceiling("images", image(n=10), price)
    assert ceiling("images", image(n=n), price).output_tokens == ten.output_tokens


@pytest.mark.parametrize(
    ("fields", "pictures"),
    [
        ({"image": "file"}, 1),
        ({"image": ["a", "b"], "mask": "m"}, 3),
        ({"image[]": ["a", "b", "c"]}, 3),
        ({"image[0]": "a", "image[1]": "b", "markup": "m"}, 3),
        ({"images": [{"image_url": DATA_URL}]}, 1),
        ({"image": None}, 0),
    ],
)
def test_every_picture_to_edit_counts(fields: dict[str, Any], pictures: int) -> None:
    price = CATALOGUE.price_of("gpt-image-2", NOW)
    added = (
        ceiling("images", image(**fields), price).input_tokens
        - ceiling("images", image(), price).input_tokens
    )
    assert added == pictures * 24_000


@pytest.mark.parametrize(
    "fields",
    [{"output_format": "gif"}, {"output_format": "svg"}, {"svg": {"model": "x"}}, {"svg[model]": "x"}],
)
def test_animated_and_written_pictures_are_refused(fields: dict[str, Any]) -> None:
    assert refusal("images", image(**fields), "gpt-image-2") == "image_format"


def test_a_picture_model_without_a_rule_is_refused() -> None:
    with pytest.raises(UnboundedRequest):
        picture_tokens("gpt-image-3", "1024x1024", "low")


@pytest.mark.parametrize("impossible", [0, -1, "0", 11, 2.0, True, "many"])
def test_a_count_that_is_none_is_bounded_by_the_most_it_could_mean(impossible: object) -> None:
    price = CATALOGUE.price_of("gpt-image-2", NOW)
    most = ceiling("images", image(n=MOST_IMAGES), price).total
    assert ceiling("images", image(n=impossible), price).total == most
