"""The networks' data file: complete, dated, with a source for every number."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from sweeps import sweep

from ppkit.ai_assistant import networks
from ppkit.ai_assistant.networks import ImageRules, shapes, sources


def ratio(text: str) -> Fraction:
    width, height = text.split(":")
    return Fraction(width) / Fraction(height)


def size(text: str) -> tuple[int, int]:
    width, height = map(int, text.split("x"))
    return width, height


def test_all_twelve_networks_are_there() -> None:
    assert list(networks()) == [
        *("instagram", "facebook", "linkedin", "x", "threads", "bluesky", "mastodon", "tiktok", "pinterest"),
        *("youtube", "google", "telegram"),
    ]


def test_every_number_names_a_source_that_is_explained() -> None:
    marks = {limit.source for network in networks().values() for limit in network.limits}
    marks |= {network.image.source for network in networks().values()}
    assert marks <= sources().keys()


def test_what_rests_on_no_statement_of_the_network_is_marked() -> None:
    limits = [limit for network in networks().values() for limit in network.limits]
    unchecked = [limit for limit in limits if limit.source in ("schedulers", "general", "instagram-app")]
    assert unchecked
    assert all(limit.unverified for limit in unchecked)


@sweep("shape", sorted(shapes()))
def test_a_shape_is_asked_in_its_own_ratio_of_models_that_take_any_size(shape: str) -> None:
    width, height = size(shapes()[shape]["size"])
    assert width % 16 == height % 16 == 0
    assert 655_360 <= width * height <= 8_294_400
    assert abs(Fraction(width, height) / ratio(shape) - 1) < Fraction(6, 1000)


@sweep("name", sorted(networks()))
def test_the_pictures_that_are_asked_for_are_pictures_that_the_network_takes(name: str) -> None:
    network = networks()[name]
    for shape in network.image.shapes:
        width, height = size(network.size_of(shape))
        narrowest, widest = network.image.widths
        assert (narrowest or 0) <= width
        assert width <= (widest or width) or shape == "9:16"  # a story is scaled down, as every other is
        assert width * height <= (network.image.most_pixels or width * height)
        if network.image.ratios and shape != "9:16":  # a story, beside the feed
            assert ratio(network.image.ratios[0]) <= Fraction(width, height) <= ratio(network.image.ratios[1])
        assert network.size_of(shape, "gpt-image-1-mini") in ("1024x1024", "1024x1536", "1536x1024")


def test_a_shape_that_does_not_suit_the_network_is_refused() -> None:
    with pytest.raises(LookupError, match="YouTube"):
        networks()["youtube"].size_of("9:16")


def test_every_network_takes_jpeg() -> None:
    assert {network.image.best_format for network in networks().values()} == {"jpeg"}
    assert ImageRules(("webp",), ("1:1",), 1, "general").best_format == "webp"


@sweep("name", sorted(networks()))
def test_a_post_that_reads_well_fits(name: str) -> None:
    network = networks()[name]
    assert network.best <= network.longest
    assert all(network.hashtags <= limit.most for limit in network.limits_of("hashtags"))
    assert (network.fold or 1) > 0


def test_the_file_holds_no_address_of_a_package_registry() -> None:
    assert not any(re.search(r"pypi|npmjs", text) for text in sources().values())
