"""What a prompt and its instructions wish of a text: language, subject, length, hashtags, closing call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ppkit.practice_platform.subjects import LABEL, LONGEST_HEADLINE, shortened, subject_and_rest

Language = Literal["it", "en"]
Opening = Literal["question", "scene", "benefit", "surprise", "plain"]
Emoji = Literal["none", "few", "many"]
Revision = Literal["shorter", "longer", "formal", "warm", "language", "opening", "emoji", "add", "other"]

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
_LENGTH = re.compile(rf"(?<!first )(?<!primi )\b{_NUMBER}{_CHARACTERS}", re.IGNORECASE)
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
_TAG = re.compile(r"<([a-z][a-z0-9-]{1,20})>\n")
_PERSON = re.compile(r"^(?:audience|pubblico)\s*:[ \t]*(\S[^\n]{0,200})$", re.IGNORECASE | re.M)
_OPENING = re.compile(r"^(?:opening|apertura)\s*:[ \t]*(\S[^\n]{0,200})$", re.IGNORECASE | re.M)
_OPENINGS: Sequence[tuple[Opening, tuple[str, ...]]] = (
    ("question", ("question", "domanda")),
    ("scene", ("scene", "scena", "story", "storia")),
    ("benefit", ("gain", "guadagna", "benefit", "vantagg")),
    ("surprise", ("surpris", "sorprend", "curio")),
    ("plain", ("plain", "semplice", "short", "breve")),
)
_EMOJI: Sequence[tuple[Emoji, re.Pattern[str]]] = (
    ("none", re.compile(r"\b(?:no|without|nessuna|senza|zero) emoji", re.IGNORECASE)),
    ("many", re.compile(r"\b(?:many|more|lots of|molte|tante|più) emoji", re.IGNORECASE)),
    ("few", re.compile(r"\b(?:few|some|poche|qualche|alcune) emoji", re.IGNORECASE)),
)
_REVISIONS: Sequence[tuple[Revision, re.Pattern[str]]] = (
    ("shorter", re.compile(r"\b(?:shorter|shorten|accorcia\w*|più (?:breve|cort[oa]))\b", re.IGNORECASE)),
    ("longer", re.compile(r"\b(?:longer|lengthen|allunga\w*|più lung[oa])\b", re.IGNORECASE)),
    ("opening", re.compile(r"\b(?:(?:an)?other|different|new|altra|nuova) (?:opening|apertura)", re.I)),
    ("formal", re.compile(r"\b(?:more|più) (?:formal|professional)", re.IGNORECASE)),
    ("warm", re.compile(r"\b(?:warmer|(?:più|more) (?:cald|caloros|friendly|amichevol))", re.IGNORECASE)),
    ("emoji", re.compile(r"\b(?:no|without|nessuna|senza|more|più|many|molte) emoji", re.IGNORECASE)),
    (
        "add",
        re.compile(r"\b(?:add|mention|say|aggiungi|di’|di'|cita|ricorda)(?: that| che)?\b", re.IGNORECASE),
    ),
    ("language", re.compile(r"\b(?:in (?:english|italian|inglese|italiano))\b", re.IGNORECASE)),
    ("other", re.compile(r"\b(?:change|rewrite|cambia|riscrivi|modifica) (?:the |il |questo )?post", re.I)),
)
_ADDED = re.compile(
    r"\b(?:add|mention|say|aggiungi|di’|di'|cita|ricorda)(?: that| che| il fatto che)?:?\s+(\S.{1,300})",
    re.IGNORECASE,
)
_ALT = re.compile(r"\b(?:alternative text|alt text|testo alternativo|text alternative)\b", re.IGNORECASE)
_VOICE = re.compile(r"\b(?:brand voice|voce del marchio|tone of voice) (?:of|in)\b", re.IGNORECASE)
_ADAPT = re.compile(r"\b(?:adapt|adatta|rework|rielabora)\b", re.IGNORECASE)


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


def has_topic(prompt: str) -> bool:
    """Whether it says on a line of its own what the text is about."""
    return _LABELLED.search(prompt[:MOST_READ]) is not None


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


def material_in(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The text without what is quoted between tags, and each quotation with its tag.

    Quotations are data: nothing that they say is a wish.
    """
    left, quoted, at = [], [], 0
    while opening := _TAG.search(text, at):
        end = text.find(f"\n</{opening[1]}>", opening.end() - 1)
        if end < 0:
            break
        left.append(text[at : opening.start()])
        quoted.append(
            (opening[1].rstrip("0123456789").rstrip("-"), text[opening.end() : max(end, opening.end())])
        )
        at = end + len(opening[1]) + 4
    return "".join([*left, text[at:]]), quoted


def opening_of(prompt: str) -> Opening | None:
    """How the text is asked to open, on a line of its own."""
    found = _OPENING.search(prompt[:MOST_READ])
    named = found[1].lower() if found else ""
    return next((kind for kind, stems in _OPENINGS if any(stem in named for stem in stems)), None)


def audience_of(instructions: str) -> str | None:
    found = _PERSON.search(instructions[:MOST_READ])
    return " ".join(found[1].split()).rstrip(".") if found else None


def emoji_of(*texts: str) -> Emoji | None:
    """How many emoji are asked for; of several texts the first that says so counts."""
    for text in texts:
        for amount, pattern in _EMOJI:
            if pattern.search(text[:MOST_READ]):
                return amount
    return None


def revision_of(wish: str) -> Revision | None:
    """What is wished of the text that was written last; None when it is something else that is asked."""
    return next((kind for kind, pattern in _REVISIONS if pattern.search(wish[:MOST_READ])), None)


def added_by(wish: str) -> str | None:
    """What is to be said besides."""
    found = _ADDED.search(wish[:MOST_READ])
    return " ".join(found[1].split()) if found else None


def asks_for_alt_text(prompt: str) -> bool:
    return _ALT.search(prompt[:MOST_READ]) is not None


def asks_for_voice(prompt: str) -> bool:
    return _VOICE.search(prompt[:MOST_READ]) is not None


def asks_to_adapt(prompt: str) -> bool:
    return _ADAPT.search(prompt[:MOST_READ]) is not None
