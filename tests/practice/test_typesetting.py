"""What a picture says: the subject large, the rest small, nothing beside the page."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweeps import examples, sweep

from ppkit.practice_platform.picture_order import PictureOrder
from ppkit.practice_platform.pictures import draw
from ppkit.practice_platform.subjects import LONGEST_HEADLINE, shortened, subject_and_rest
from ppkit.practice_platform.typesetting import drawable, largest_block, small_block

LONG_LINE = "Apriamo la terrazza sul mare. " + "Luce naturale e un solo soggetto. " * 5
WORDS = st.text(st.sampled_from("abcdefghi àè.,"), max_size=400)


@pytest.mark.parametrize(
    ("prompt", "subject", "rest"),
    [
        ("Argomento: la terrazza\nUna foto.\nNessun logo.", "la terrazza", "Una foto. Nessun logo."),
        ("Topic: our bakery\nAn image", "our bakery", "An image"),
        ("**Topic:**\n\nour bakery\nAn image", "our bakery", "An image"),
        ("Un gatto   sul tetto", "Un gatto sul tetto", ""),
        ("Topics: all of them", "Topics: all of them", ""),
        (LONG_LINE, "Apriamo la terrazza sul mare.", LONG_LINE.partition("mare. ")[2].strip()),
        (" \n ", "", ""),
    ],
)  # fmt: skip
def test_the_subject_is_the_first_line_without_its_label(prompt: str, subject: str, rest: str) -> None:
    assert subject_and_rest(prompt) == (subject, rest)


@given(WORDS)
def test_a_subject_is_never_longer_than_a_headline(prompt: str) -> None:
    assert len(subject_and_rest(prompt)[0]) <= LONGEST_HEADLINE


@given(WORDS, st.integers(1, 60))
def test_a_shortened_text_fits_and_tells_that_there_was_more(text: str, longest: int) -> None:
    short = shortened(text, longest)
    assert len(short) <= longest
    assert short == text or short.endswith("…")


@settings(max_examples=examples(30), deadline=None)
@given(WORDS, st.integers(120, 900), st.integers(60, 500), st.integers(20, 120))
def test_no_line_leaves_its_room(text: str, width: int, height: int, largest: int) -> None:
    for block in (
        largest_block(text, (width, height), largest, "Bold"),
        small_block(text, width, max(10, largest // 4), 3),
    ):
        assert all(block.font.getlength(line) <= width for line in block.lines)
    assert largest_block(text, (width, height), largest, "Bold").height <= max(height, largest)


def test_small_print_that_goes_on_ends_with_an_ellipsis() -> None:
    block = small_block("una parola dopo l’altra " * 40, 300, 14, 3)
    assert len(block.lines) == 3
    assert block.lines[-1].endswith("…")


def test_what_the_font_lacks_is_left_out() -> None:
    assert drawable("Gelato 😀 al مرحبا limone") == "Gelato al limone"


@sweep("size", [(1024, 1024), (1024, 1536), (1536, 1024), (256, 256), (64, 192)])
@sweep("prompt", ["Topic: " + "x" * 900, "😀", "Topic: tea\n" + "More of it. " * 90, "مرحبا"])
def test_the_same_order_gives_the_same_picture_of_the_asked_size(prompt: str, size: tuple[int, int]) -> None:
    order = PictureOrder(prompt, size, transparent=True)
    assert draw(order) == draw(order)
