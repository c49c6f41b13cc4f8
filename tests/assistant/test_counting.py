"""Counting as each network counts: against the figures of their own code, and against other programs."""

from __future__ import annotations

import sys
import time
import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from mastodon import Mastodon
from sweeps import sweep

from ppkit.ai_assistant import Unit, count, fitted, networks
from ppkit.ai_assistant.counting import LONGEST_READ, graphemes, measured
from ppkit.extras import ExtraMissing

ITALIAN = "Perché l’Università è così bella – “davvero”… 5 € • ok"
FAMILY = "Vieni a trovarci 👩‍👩‍👧‍👦🏳️‍🌈🇮🇹 #Sardegna https://www.example.com/" + "a" * 63
NAMES = (
    "Ciao @anna@mastodon.social e @bruno.bsky.social: example.com, http://città.it/è — #caffè #2026 #1maggio"
)
DECOMPOSED = "Perche\u0301 no? Cosi\u0300 sia\r\nriga 2"
NEW = "Nuovi: \U0001fae9 \U0001faea \U0001facd 1️⃣ ☺ ❤ ❤️ © ™ 👍🏽"
FLAGS = "\n🇮🇹 Italia\n🇫🇷 Francia\r\n🇪🇸🇵🇹\u200b🇬🇷"
ASIAN = "東京で新しいカフェ☕️ क्षि ไทย: 한국어"
EXPECTED = {
    # graphemes by Intl.Segmenter, X by twitter-text 3.1.0 for JavaScript, Mastodon by Mastodon.py
    ITALIAN: (54, 57, 54),
    FAMILY: (118, 57, 54),
    NAMES: (103, 121, 93),
    DECOMPOSED: (26, 26, 26),
    NEW: (26, 35, 26),
    FLAGS: (24, 29, 24),
    ASIAN: (21, 37, 21),
}
# What a text on a network is made of, so that random texts try the rules against each other.
PIECES = st.sampled_from(
    [
        "perché",
        "È",
        "…",
        "€",
        "👍🏽",
        "👩\u200d👩\u200d👧\u200d👦",
        "🇮🇹",
        "\n",
        "1️⃣",
        "❤️",
        "#sole",
        "@anna",
        "a",
        "!",
        "漢字",
        "é",
        "http://example.com/a?b=c",
        "https://città.it",
        "example.com",
        "ciao.shop",
        "no.notatld",
    ]
)
POSTS = st.lists(PIECES, max_size=12).map(" ".join)


@sweep("text", list(EXPECTED))
def test_texts_count_as_the_networks_own_code_counts_them(text: str) -> None:
    found = tuple(measured(text, unit) for unit in (Unit.GRAPHEMES, Unit.WEIGHTED, Unit.SHORT_LINKS))
    assert found == EXPECTED[text]


@sweep("text", ["file.md", "ciao.shop", "città.it", "https://example.com/" + "x" * 200])
def test_a_link_counts_23_on_x_with_or_without_its_scheme(text: str) -> None:
    assert count(text, "x").used == 23


@pytest.mark.parametrize(
    ("text", "weight"),
    [("☕️ ⭐️", 5), ("©®", 2), ("™", 2), ("❤️‍🔥", 5), ("à è « » “ ” ’ – —", 17), ("… € • → ✓", 14)],
)
def test_x_weighs_letters_and_emoji_as_its_parser_for_javascript_does(text: str, weight: int) -> None:
    assert count(text, "x").used == weight


def test_threads_counts_an_emoji_by_its_bytes() -> None:
    assert [count(text, "threads").used for text in ("👩‍👩‍👧‍👦", "🏳️‍🌈", "🇮🇹", "perché")] == [25, 14, 8, 6]


def test_bytes_and_utf16_are_counted_where_the_network_counts_them() -> None:
    assert count("à👍", "youtube").used == 6
    assert count("à👍", "telegram").used == 3


@given(POSTS)
def test_mastodon_is_counted_as_mastodon_py_counts_it(text: str) -> None:
    assert measured(text, Unit.SHORT_LINKS) == Mastodon.get_status_length(text)


@given(st.text(max_size=80))
def test_characters_are_those_that_another_library_finds(text: str) -> None:
    assert measured(text, Unit.GRAPHEMES) == len(regex.findall(r"\X", text.replace("\r\n", "\n")))


@given(POSTS)
def test_x_is_counted_as_its_parser_counts_it(text: str) -> None:
    # It asks for pkg_resources, which Pythons from 3.12 on do not bring. Its port counts some emoji too high
    # unless this selector is left out.
    parser = pytest.importorskip("twitter_text")
    assert measured(text, Unit.WEIGHTED) == parser.parse_tweet(text.replace("\ufe0f", "")).weightedLength


@given(st.text(max_size=60), st.sampled_from(sorted(networks())))
def test_no_text_counts_less_than_nothing_or_more_than_it_holds(text: str, network: str) -> None:
    found = count(text, network)
    assert found.used >= 0
    assert found.over == max(0, found.used - found.longest)
    if found.unit not in (Unit.WEIGHTED, Unit.SHORT_LINKS):  # a short link there may count more than it has
        assert found.used <= len(text.encode("utf-8", "surrogatepass"))


LONG_POSTS = st.lists(PIECES, min_size=30, max_size=200).map(" ".join)


@given(LONG_POSTS, st.sampled_from(["x", "bluesky", "threads"]))
def test_a_text_made_to_fit_fits_and_begins_as_before(text: str, network: str) -> None:
    cut = fitted(text, network)
    assert count(cut, network).over == 0
    assert cut == text or (cut.endswith("…") and text.startswith(cut[:-1]))


def test_a_text_is_cut_after_a_whole_word_and_never_inside_a_character() -> None:
    assert fitted("parola " * 100, "x").endswith(" parola…")
    families = fitted("👩‍👩‍👧‍👦" * 301, "bluesky")
    assert unicodedata.normalize("NFC", families).rstrip("…") == "👩‍👩‍👧‍👦" * families.count("👩‍👩‍👧‍👦")


def test_the_limit_that_is_passed_is_the_one_that_counts() -> None:
    found = count("👩‍👩‍👧‍👦" * 150, "bluesky")  # 150 characters, and 3,750 bytes
    assert (found.unit, found.longest, found.over) == (Unit.BYTES, 3000, 750)
    assert count("ciao", "bluesky").unit is Unit.GRAPHEMES


def test_other_parts_have_their_own_limits() -> None:
    assert count("x" * 2000, "telegram", "caption").over == 976
    assert count("x", "pinterest", "title").longest == 100
    with pytest.raises(LookupError):
        count("x", "tiktok", "alt")


@sweep("text", ["क्षि", "a्क", "\u0600क", "🇮🇹🇫🇷🇪", "👩\u0301\u200d👧", "한국어", "\n\u0301", "\u200b\u094dक"])
def test_clusters_are_those_of_unicode(text: str) -> None:
    """All that the library misses follows a prefix such as the Arabic sign of a number."""
    assert graphemes(text) == regex.findall(r"\X", text)
    assert [len(graphemes("\u0600" + rest)) for rest in ("🇮🇹", "\u094dक")] == [2, 2]


@sweep(
    "piece",
    ["\u0301", "a.", "https://", "@a", "👩‍👩‍👧‍👦", "\u200f", "http://a.it/(", "a@", "((((a.it", "<script>"],
)
def test_no_text_takes_long_to_count(piece: str) -> None:
    """A page of "a." takes X's own parser, or its port to Python, minutes."""
    text = (piece * LONGEST_READ)[:LONGEST_READ]
    started = time.process_time()
    for network in ("x", "bluesky", "mastodon"):
        count(text, network)
    assert time.process_time() - started < 30


@sweep("unit", [Unit.GRAPHEMES, Unit.SHORT_LINKS])
def test_of_a_text_that_fits_nowhere_only_the_beginning_is_read(unit: Unit) -> None:
    """One cluster of a million code points would take its reader minutes."""
    assert measured("a" + "\u0301" * (LONGEST_READ + 9), unit) == 1 + 10


def test_without_its_packages_counting_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "emoji", None)
    with pytest.raises(ExtraMissing) as missing:
        count("ciao", "x")
    assert missing.value.facts == {"extra": "assistant", "package": "emoji"}
