"""What a prompt and its instructions wish of a text: language, subject, length, hashtags, closing call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ppkit.practice_platform.subjects import LABEL, LONGEST_HEADLINE, shortened, subject_and_rest

Language = Literal["it", "en"]

MOST_READ = 20_000
"""Characters of a prompt that are looked at: wishes stand at the beginning of it or of the instructions."""
SHORTEST_POST = 60
"""Smaller bounds are about something else than the whole text (a title, a hashtag)."""

_NUMBER = r"(\d[\d.,]{0,8})"
_AT_MOST = (
    r"(?:(?:never|no|not) more than|at most|max(?:imum|\.)?(?: of)?|up to|under|below|less than|within|"
    r"(?:mai|non) (?:più|oltre) (?:di |i |le )?|al massimo(?: di)?|massimo|entro(?: i)?|meno di|fino a)"
)
_CHARACTERS = r"[\s-]*(?:characters?|chars?|caratteri|battute)\b"
_BOUND = re.compile(rf"\b{_AT_MOST}\s*{_NUMBER}(?:{_CHARACTERS}|(?=\s*(?:[,.;:!)\n]|$)))", re.IGNORECASE)
_LENGTH = re.compile(rf"\b{_NUMBER}{_CHARACTERS}", re.IGNORECASE)
_HASHTAGS = re.compile(r"\b(\d{1,2}) hashtag", re.IGNORECASE)
_NO_HASHTAGS = re.compile(r"\b(?:no|without|senza|nessun) hashtag", re.IGNORECASE)
_CALL = re.compile(
    r"^[^\w\n]{0,10}(?:call to action|cta|invito finale|invito)\s*:[ \t*_]*(\S.{0,300})$",
    re.IGNORECASE | re.M,
)
_LABELLED = re.compile(rf"^[^\w\n]{{0,10}}{LABEL}[ \t]*:[ \t*_]*\S", re.IGNORECASE | re.M)
_QUOTED = re.compile(r"[\"“«„]([^\"“”»„]{2,200})[\"”»“]")
_ABOUT = re.compile(
    r"\b(?:about|regarding|su|sul|sullo|sulla|sui|sugli|sulle|riguardo a|dedicato a|per lanciare)"
    r"\s+(.{3,200}?)(?=[.!?;\n]|$)",
    re.IGNORECASE,
)
_NAMED_LANGUAGE: Sequence[tuple[Language, re.Pattern[str]]] = (
    ("it", re.compile(r"\b(?:in italiano|in italian|lingua\s*:\s*it|language\s*:\s*it)", re.IGNORECASE)),
    ("en", re.compile(r"\b(?:in inglese|in english|lingua\s*:\s*en|language\s*:\s*en)", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class Length:
    """In characters: how long a text should be, and how long it may be; None where nothing is said."""

    best: int | None = None
    longest: int | None = None


def named_language(text: str) -> Language | None:
    """The language that is asked for by name."""
    return next((language for language, name in _NAMED_LANGUAGE if name.search(text[:MOST_READ])), None)


def topic_of(prompt: str) -> str:
    """What a text is asked about: a labelled line, a quoted phrase, what follows "about", or the start."""
    prompt = prompt[:MOST_READ]
    if labelled := _LABELLED.search(prompt):
        topic = subject_and_rest(prompt[labelled.start() :])[0]
    else:
        found = _QUOTED.search(prompt) or _ABOUT.search(prompt)
        topic = " ".join((found[1] if found else prompt).split())
    return shortened(topic.strip(" .,:;-–—'\"“”«»"), LONGEST_HEADLINE) or "…"


def call_of(prompt: str) -> str | None:
    """The closing invitation that is asked for on a line of its own."""
    found = _CALL.search(prompt[:MOST_READ])
    return " ".join(found[1].split()) if found else None


def length_of(*texts: str) -> Length:
    """The length asked for; of several texts the first that names one counts."""
    for text in texts:
        bounds = [_whole(number) for number in _BOUND.findall(text[:MOST_READ])]
        lengths = [_whole(number) for number in _LENGTH.findall(text[:MOST_READ])]
        bounds = [bound for bound in bounds if bound >= SHORTEST_POST]
        longest = min(bounds) if bounds else None
        best = [length for length in lengths if length >= SHORTEST_POST and length not in bounds]
        if longest or best:
            return Length(min(best) if best else None, longest)
    return Length()


def hashtags_of(*texts: str) -> int | None:
    """How many hashtags are asked for; of several texts the first that says so counts."""
    for text in texts:
        if found := _HASHTAGS.search(text[:MOST_READ]):
            return int(found[1])
        if _NO_HASHTAGS.search(text[:MOST_READ]):
            return 0
    return None


def _whole(number: str) -> int:
    """ "2.200" and "2,200" are both two thousand two hundred."""
    return int(re.sub(r"\D", "", number))
