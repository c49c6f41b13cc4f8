"""How practice posts sound: sentences by tone and language, each with its counterpart in every other set."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from ppkit.practice_platform.wishes import Language, Opening

_TONE = re.compile(r"\b(?:tone|tono)\s*(?::|of voice:)[ \t*_]*([^\n.,;]{3,60})", re.IGNORECASE)
_STEMS = {
    "friendly": ("friendly", "amichevol", "informal", "casual"),
    "professional": ("profession", "business"),
    "enthusiastic": ("enthusias", "entusias", "excited"),
    "ironic": ("iron", "funny", "divertent", "spiritos"),
    "informative": ("inform", "educat", "didattic"),
    "warm": ("warm", "caldo", "caloros"),
    "formal": ("formal",),
}
_NO_WORD = re.compile(r"\w")
_ENDS = (".", "!", "?", "…")
_CLOSING = "»”\"')"


def tone_of(*texts: str) -> str | None:
    """The tone asked for, of the first text that names one that there are sentences for."""
    for text in texts:
        for named in _TONE.findall(text):
            for tone, stems in _STEMS.items():
                if any(stem in named.lower() for stem in stems):
                    return tone
    return None


def hooks_of(language: Language, tone: str) -> Sequence[str]:
    return tuple(tones()[language]["tones"][tone]["hooks"])


def bodies_of(language: Language, tone: str) -> Sequence[str]:
    return tuple(tones()[language]["tones"][tone]["bodies"])


def openings_of(language: Language, kind: Opening) -> Sequence[str]:
    return tuple(tones()[language]["openings"][kind])


def emoji_of_tone(tone: str | None) -> str:
    return str(tones()["emoji"].get(tone or "friendly", ""))


def more_emoji(number: int) -> str:
    emoji = tones()["more_emoji"]
    return str(emoji[number % len(emoji)])


def counterpart(sentence: str, language: Language, tone: str | None) -> str:
    """The sentence in another tone (None: in its own) and language; one that nobody here wrote stays.

    What is no word at its end (an emoji) stays there.
    """
    words = without_emoji(sentence)
    place = _places().get(words)
    if place is None:
        return sentence
    own_tone, part, number = place
    if part == "opening":
        found = tones()[language]["openings"][own_tone][number]
    else:
        found = tones()[language]["tones"][tone or own_tone][part][number]
    return str(found) + sentence[len(words) :]


def kind_of_opening(sentence: str) -> str | None:
    """Which kind of opening the sentence is, "hook" for the usual one; None when it is none of ours."""
    place = _places().get(without_emoji(sentence))
    if place is None or place[1] == "bodies":
        return None
    return place[0] if place[1] == "opening" else "hook"


def is_body(sentence: str) -> bool:
    place = _places().get(without_emoji(sentence))
    return place is not None and place[1] == "bodies"


def sentences_in(text: str) -> list[str]:
    """The sentences of a text; what is no word after an end belongs to the sentence before."""
    found: list[str] = []
    words: list[str] = []
    for word in text.split():
        if found and not words and not _NO_WORD.search(word):
            found[-1] += f" {word}"
            continue
        words.append(word)
        if word.rstrip(_CLOSING).endswith(_ENDS):
            found.append(" ".join(words))
            words = []
    return [*found, " ".join(words)] if words else found


def without_emoji(sentence: str) -> str:
    """The sentence up to its last word and the mark after it."""
    words = sentence.split()
    while len(words) > 1 and not _NO_WORD.search(words[-1]):
        words.pop()
    return " ".join(words)


@cache
def _places() -> dict[str, tuple[str, str, int]]:
    """Where each of our sentences stands: its set, the part of it, and its number there."""
    found: dict[str, tuple[str, str, int]] = {}
    for language in ("it", "en"):
        for tone, parts in tones()[language]["tones"].items():
            for part, sentences in parts.items():
                found |= {text: (tone, part, number) for number, text in enumerate(sentences)}
        for kind, sentences in tones()[language]["openings"].items():
            found |= {text: (kind, "opening", number) for number, text in enumerate(sentences)}
    return found


@cache
def tones() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        resources.files("ppkit.practice_platform").joinpath("data/tones.json").read_text("utf-8")
    )
    return document
