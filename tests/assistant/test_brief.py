"""A brief that exists is a brief that can be written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.ai_assistant import Brief, InvalidBrief, Post, Purse, networks
from ppkit.keys import KeyInText


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"topic": ""}, "topic"),
        ({"topic": " \n"}, "topic"),
        ({"topic": "x" * 2001}, "topic"),
        ({"topic": "x", "call_to_action": "x" * 2001}, "call_to_action"),
        ({"topic": "x", "network": "myspace"}, "network"),
        ({"topic": "x", "tone": "angry"}, "tone"),
        ({"topic": "x", "language": "de"}, "language"),
        ({"topic": "x", "also_for": ["myspace"]}, "also_for"),
        ({"topic": "x", "hashtags": 31}, "hashtags"),
        ({"topic": "x", "emoji": "some"}, "emoji"),
        ({"topic": "x", "variants": 6}, "variants"),
        ({"topic": "x", "source": "x" * 20_001}, "source"),
        ({"topic": "x", "voice": "x" * 2_001}, "voice"),
    ],
)
def test_a_brief_that_cannot_be_written_names_its_field(fields: dict[str, Any], wrong: str) -> None:
    with pytest.raises(InvalidBrief) as caught:
        Brief(**fields)
    assert caught.value.facts["field"] == wrong


def test_every_network_has_a_size_the_image_models_accept() -> None:
    for network in networks().values():
        width, height = map(int, network.size.split("x"))
        assert width % 16 == height % 16 == 0
        assert network.best <= network.longest


def post_with(text: str) -> Post:
    return Post(text, networks()["x"], Purse.PLAN, "m", 1, True, None, None)


@pytest.mark.parametrize(
    ("text", "hashtags"),
    [
        ("#uno #due", ("uno", "due")),
        ("#uno #uno", ("uno",)),
        ("la #città_2026, e #È", ("città_2026", "È")),
        ("numero #1 e C# e a#b e &#39;", ()),
        ("niente", ()),
    ],
)
def test_hashtags_are_read_from_the_text(text: str, hashtags: tuple[str, ...]) -> None:
    assert post_with(text).hashtags == hashtags


@given(text=st.text(max_size=300))
def test_any_text_can_be_counted(text: str) -> None:
    post = post_with(text)
    assert post.count.used + post.count.left == 280
    assert all(tag in text for tag in post.hashtags)


def test_a_topic_is_enough() -> None:
    brief = Brief("Riapriamo la terrazza")
    assert [network.name for network in brief.networks] == ["instagram"]
    assert brief.hashtags_for(networks()["linkedin"]) == networks()["linkedin"].hashtags


def test_other_networks_are_each_named_once() -> None:
    brief = Brief("x", "x", also_for=["linkedin", "x", "linkedin"])
    assert [network.name for network in brief.networks] == ["x", "linkedin"]
    assert hash(brief)


@pytest.mark.parametrize("field", ["audience", "voice", "source", "call_to_action"])
def test_a_key_in_any_text_of_a_brief_is_refused(field: str) -> None:
    fields: dict[str, Any] = {field: "usa sk-practice-" + "CANARY" * 8}
    with pytest.raises(KeyInText):
        Brief("x", **fields)
