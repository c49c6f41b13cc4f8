"""Letters of other alphabets and styles that look like those of a key.

Two kinds, told apart by Unicode itself. A *style* (full-width, mathematical bold, a ligature) is the same
letter drawn otherwise: undoing it loses nothing, so it is always undone. A *look-alike* (the Cyrillic "а") is
another letter. It is undone only where exactly one of the 64 characters of a key looks like it, and the
caller keeps the result only if it is a whole key of a known format: its length and its fixed middle then say
that nothing else is amiss, and a wrong guess costs no more than the platform's "wrong key". Where O and 0, or
I, l and 1, look alike, only the original can show which: the character and its place are named instead.
"""

from __future__ import annotations

import string
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

INDISTINCT = frozenset("O0Il1")
STYLES = ("<font>", "<wide>", "<compat>")
DASHES = "\u2010\u2011\u2212\ufe63\uff0d"  # each stands for one hyphen; an en or em dash may stand for two
LONG_DASHES = "\u2012\u2013\u2014\u2015"
_KEY_CHARACTERS = frozenset("-_" + string.ascii_letters + string.digits)


@dataclass(frozen=True, slots=True)
class ForeignCharacter:
    """A character that is not of a key: its Unicode name and its place, counted from 1."""

    name: str
    place: int


def plain_style(character: str) -> str:
    """The ASCII letters or digits that this character is a style of; the character itself if it is none."""
    if character.isascii():
        return character
    if character in DASHES:
        return "-"
    plain = unicodedata.normalize("NFKC", character)
    is_style = unicodedata.decomposition(character).startswith(STYLES)
    is_key_text = all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in plain)
    return plain if is_style and is_key_text else character


def strangers(text: str) -> list[ForeignCharacter]:
    """Every character outside ASCII."""
    return [
        ForeignCharacter(unicodedata.name(character, f"U+{ord(character):04X}"), place)
        for place, character in enumerate(text, start=1)
        if not character.isascii()
    ]


def words(text: str) -> list[str]:
    """The parts of the text that may be meant as a key: of key characters and what looks like them."""
    meant = [
        character
        if character in _KEY_CHARACTERS or ord(character) in _twins() or character in LONG_DASHES
        else " "
        for character in text
    ]
    return "".join(meant).split()


def begins_like_key(word: str) -> bool:
    """Whether a word was meant as a key: its strange letters undone, it begins with "sk-" in any case."""
    head = "".join(_twins().get(ord(letter), letter) for letter in word[:3]).lower()
    return head.translate({ord("к"): "k", ord("κ"): "k", **{ord(dash): "-" for dash in LONG_DASHES}}) == "sk-"


def as_read(text: str) -> str:
    """The text as the eye reads it: look-alikes with one reading undone, any dash as a hyphen."""
    return (
        text if text.isascii() else text.translate({**_twins(), **{ord(dash): "-" for dash in LONG_DASHES}})
    )


def undone(text: str) -> list[str]:
    """The texts that this one may have been; none where a look-alike has more than one reading, or none."""
    dashes = {ord(dash): "-" for dash in LONG_DASHES}
    # A word processor turns two hyphens into a dash; other programs turn each hyphen into one.
    readings = {text.translate(_twins()).translate(dashes)}
    readings.add(text.translate(_twins()).translate(dict.fromkeys(dashes, "--")))
    return sorted(reading for reading in readings if reading.isascii())


@cache
def _twins() -> dict[int, str]:
    """Look-alikes with one reading. Read when the first strange character is met."""
    lines = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split(" ", 1) for line in lines if not line.startswith("#")]
    return {ord(alike): plain for plain, others in pairs if plain not in INDISTINCT for alike in others}
