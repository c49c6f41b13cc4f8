"""A post that breaks a network's rule is told so, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweeps import sweep

from ppkit.ai_assistant import Rule, breaches, escaped, networks
from ppkit.look.texts import LANGUAGES, Texts

SIX_LINKS = " ".join(f"https://example.com/{number}" for number in range(6))
CASES = [
    ("x" * 281, "x", None, Rule.TOO_LONG),
    ("x" * 1025, "telegram", True, Rule.CAPTION_TOO_LONG),
    ("#a1 #b #c #d #e #f", "instagram", True, Rule.TOO_MANY_HASHTAGS),
    ("#" + "a" * 65, "bluesky", None, Rule.HASHTAG_TOO_LONG),
    ("@anna " * 21, "instagram", True, Rule.TOO_MANY_MENTIONS),
    (SIX_LINKS, "threads", None, Rule.TOO_MANY_LINKS),
    ("<b>", "youtube", None, Rule.FORBIDDEN_CHARACTERS),
    ("www.facebook.com/ppkit", "facebook", None, Rule.REFUSED_LINK),
    ("Ciao", "instagram", False, Rule.MEDIA_REQUIRED),
    ("example.com", "instagram", True, Rule.LINK_NOT_CLICKABLE),
    ("example.com", "mastodon", None, Rule.LINK_WITHOUT_SCHEME),
    ("due [2] cose", "linkedin", None, Rule.ESCAPE_NEEDED),
]


@sweep(("text", "network", "has_picture", "rule"), CASES)
def test_the_broken_rule_is_told(text: str, network: str, has_picture: bool | None, rule: Rule) -> None:
    [breach] = breaches(text, network, has_picture=has_picture)
    assert breach.rule is rule
    for language in LANGUAGES:
        assert networks()[network].label in breach.sentence(Texts(language))


def test_every_rule_has_a_case() -> None:
    assert {rule for *_case, rule in CASES} == set(Rule)


def test_what_the_network_would_refuse_comes_before_what_it_would_not_do() -> None:
    found = breaches("example.com " + "x " * 1200, "instagram", has_picture=False)
    assert [breach.blocks for breach in found] == [True, False, False]


@pytest.mark.parametrize(
    ("text", "network"),
    [
        (" ".join(["https://example.com"] * 9), "threads"),  # one link, nine times
        ("x" * 1025, "telegram"),
        ("notfacebook.com", "facebook"),
        ("C# e a#b e #1", "threads"),
        ("Ciao a tutti! #sole", "linkedin"),
        ("Ciao", "instagram"),  # whether there is an image is not settled
    ],
)
def test_what_breaks_no_rule_is_not_complained_of(text: str, network: str) -> None:
    assert breaches(text, network) == []


def test_linkedins_markup_is_escaped_for_its_api() -> None:
    assert escaped("a (b) #c", "linkedin") == r"a \(b\) #c"
    assert escaped("a (b)", "x") == "a (b)"


@given(st.text(max_size=80), st.sampled_from(sorted(networks())), st.sampled_from([None, True, False]))
def test_any_text_can_be_judged(text: str, network: str, has_picture: bool | None) -> None:
    for breach in breaches(text, network, has_picture=has_picture):
        assert breach.sentence(Texts("it"))
