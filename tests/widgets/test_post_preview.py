"""How a post looks on its network: where it folds, what is a link there, and no character lost."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ppkit.ai_assistant import Post, Purse, count, networks
from ppkit.widgets.assistant.post_preview import Preview, preview_of


def preview(text: str, network: str = "instagram") -> Preview:
    return preview_of(Post(text, networks()[network], Purse.PLAN, "m", 1, True, None, None))


def whole(seen: Preview) -> str:
    """The text that was given, also where a link is shown shortened."""
    return "".join(piece.whole or piece.text for piece in (*seen.beginning, *seen.rest))


def test_a_long_post_folds_after_a_whole_word_where_its_network_folds_it() -> None:
    text = "parole " * 60
    seen = preview(text)
    beginning = "".join(piece.text for piece in seen.beginning)
    assert 100 < len(beginning) <= 125
    assert beginning.endswith(" ")
    assert seen.rest
    assert not preview(text, "x").rest  # X hides nothing


def test_a_few_characters_more_are_not_folded() -> None:
    assert not preview("a" * 140).rest


def test_links_and_hashtags_look_as_they_work_there() -> None:
    text = "Vieni su https://example.com #aperitivo con @anna"
    kinds = {piece.whole or piece.text: piece.kind for piece in preview(text, "x").beginning}
    assert kinds["https://example.com"] == "link"
    assert kinds["#aperitivo"] == kinds["@anna"] == "tag"
    kinds = {piece.text: piece.kind for piece in preview(text).beginning}
    assert kinds["https://example.com"] == "dead_link"  # Instagram makes none of it


LONG = "https://www.bottega.example.com/autunno/nuova-collezione?da=post#saldi"


@pytest.mark.parametrize(
    ("network", "link", "seen"),
    [
        ("x", LONG, "bottega.example.com/autunno/nuova-…"),
        ("x", "https://example.com/", "example.com"),
        ("x", "example.com/orari", "example.com/orari"),
        ("bluesky", LONG, "www.bottega.example.com/autunno/nuov..."),
        ("bluesky", "https://example.com/orari/natale", "example.com/orari/natale"),
        ("mastodon", LONG, "bottega.example.com/autunno/nu…"),
        ("mastodon", "https://example.com/orari/di/natale1", "example.com/orari/di/natale1"),
        ("linkedin", LONG, "https://lnkd.in/…"),
        ("linkedin", "https://example.com/orari", "https://example.com/orari"),
        ("threads", LONG, "bottega.example.com/autun…"),
        ("youtube", LONG, "https://www.bottega.example.com/autun..."),
        ("facebook", LONG, LONG),
        ("telegram", LONG, LONG),
        ("instagram", LONG, LONG),  # it cannot be clicked there
    ],
)
def test_a_link_reads_as_its_network_shows_it_and_counts_as_before(
    network: str, link: str, seen: str
) -> None:
    found = preview(f"Vieni: {link} ciao", network)
    (piece,) = [one for one in found.beginning if one.kind.endswith("link")]
    assert (piece.text, piece.whole) == (seen, "" if seen == link else link)
    assert whole(found) == f"Vieni: {link} ciao"
    assert found.count == count(f"Vieni: {link} ciao", networks()[network])


def test_with_a_picture_the_caption_counts() -> None:
    post = preview("a" * 2_000, "telegram").post
    assert preview_of(post).is_taken
    seen = preview_of(post, "1024x1536")
    assert seen.count.longest == 1_024
    assert not seen.is_taken


@pytest.mark.parametrize(
    ("network", "size", "height"),
    [
        ("instagram", "1024x1536", 125.0),  # nothing taller than 4:5 is shown there
        ("instagram", "1088x1088", 100.0),
        ("bluesky", "1024x1536", 150.0),
        ("x", "auto", 56.25),
    ],
)
def test_a_picture_is_shown_whole_where_its_network_does_not_cut_it(
    network: str, size: str, height: float
) -> None:
    assert preview_of(preview("Ciao", network).post, size).picture_height == pytest.approx(height)


@given(st.text(alphabet="ab #@.:/\n👩‍é\u202e<>&htpsmco", max_size=400), st.sampled_from(sorted(networks())))
@example("https://example.com/?a=#sezione @anna", "x")  # what looks like a hashtag, inside a link
def test_nothing_of_a_text_is_lost_or_doubled(text: str, network: str) -> None:
    assert whole(preview(text, network)) == text
