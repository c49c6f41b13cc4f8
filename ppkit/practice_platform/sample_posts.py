"""Texts that read like a social post about the prompt, in its language, marked as practice.

The same prompt and seed give the same text, so that lessons and tests can be repeated.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from ppkit.practice_platform.subjects import shortened
from ppkit.practice_platform.wishes import (
    Language,
    Length,
    call_of,
    hashtags_of,
    length_of,
    named_language,
    topic_of,
)

_HASHTAG_WORD = re.compile(r"[^\W\d_]{4,}")
_ITALIAN_ENDS = ("a", "i", "o", "zione", "ale", "are", "ere", "ire", "ante", "ente")
"""Most Italian words end in a vowel; those in "e" that English has too are left out."""
_OPEN_END = (".", "!", "?", "…")
USUAL_BODIES = 2
SHORTEST_OPENING = 24
"""Characters; hashtags are left out before the topic is cut to less."""


def language_of(prompt: str, instructions: str = "") -> Language:
    """The language asked for by name, else the prompt's own by its little words: Italian or English."""
    if named := named_language(prompt) or named_language(instructions):
        return named
    words = re.findall(r"[^\W\d_]+", prompt[:4000].lower())
    italian, english = (sum(word in _little_words(language) for word in words) for language in ("it", "en"))
    italian += 2 * len(re.findall(r"[àèéìòù]", prompt[:4000]))
    if italian == english:  # few words, and none of the little ones tells
        longer = [word for word in words if len(word) >= 3]
        italian += 2 * sum(word.endswith(_ITALIAN_ENDS) for word in longer) > len(longer)
    return "it" if italian > english else "en"


def compose(prompt: str, instructions: str = "", *, seed: int = 0, variant: int = 0) -> str:
    """A post about the prompt: a mark, the topic as opening, a hook, a body, an invitation, hashtags.

    As long as the prompt or the instructions say, in characters, mark and hashtags included.
    """
    texts, topic = _texts()[language_of(prompt, instructions)], topic_of(prompt)
    dice, length = _dice(prompt, seed, variant), length_of(prompt, instructions)
    most = hashtags_of(prompt, instructions)
    longest = length.longest or length.best or sys.maxsize
    opening = _sentence(topic)
    tags = list(dict.fromkeys([texts["tags"][0], *_tags_from(topic), texts["tags"][1 + dice[4] % 3]]))[:most]
    room = longest - len(texts["mark"]) - 1
    while tags and room - len(_foot(tags)) < min(len(opening), SHORTEST_OPENING):
        tags.pop()
    foot, room = _foot(tags), room - len(_foot(tags))
    opening = shortened(opening, room)
    call = _sentence(call_of(prompt) or texts["calls"][dice[3] % len(texts["calls"])])
    bodies = _in_turn(texts["bodies"], dice[1], 1 + dice[2] % (len(texts["bodies"]) - 1))
    wanted = Length((length.best or longest) - longest + room, room)
    hook = texts["hooks"][dice[0] % len(texts["hooks"])]
    if length == Length():
        text = _joined(opening, [hook], bodies[:USUAL_BODIES], call)
    else:
        text = _filled(opening, [hook, *bodies], call, wanted)
    return f"{texts['mark']} {text}{foot}"


def _filled(opening: str, sentences: Sequence[str], call: str, wanted: Length) -> str:
    """The opening, the call when there is room, and sentences up to the wished length."""
    best, longest = wanted.best or 0, wanted.longest or 0
    call = call if len(_joined(opening, [], [], call)) <= longest else ""
    hook: list[str] = []
    bodies: list[str] = []
    for number, sentence in enumerate(sentences):
        longer = (hook, [*bodies, sentence]) if number else ([sentence], bodies)
        size = len(_joined(opening, *longer, call))
        # One sentence too many is nearer to the wish than none when less than half of it is too much.
        if size <= longest and size - best <= len(sentence) // 2:
            hook, bodies = longer
    return _joined(opening, hook, bodies, call)


def _joined(opening: str, hook: Sequence[str], bodies: Sequence[str], call: str) -> str:
    """Opening and hook, then the body in paragraphs of at most three sentences, the call at the end."""
    head = " ".join([opening, *hook])
    rest = [*bodies, call] if call else list(bodies)
    paragraphs = [" ".join(rest[start : start + 3]) for start in range(0, len(rest), 3)]
    return "\n\n".join([head, *paragraphs])


def _foot(tags: Sequence[str]) -> str:
    return "\n\n" + " ".join(tags) if tags else ""


def _in_turn(choices: Sequence[str], first: int, step: int) -> list[str]:
    """All of them, each once, in an order that two throws decide."""
    left, place, found = list(choices), first, []
    while left:
        place %= len(left)
        found.append(left.pop(place))
        place += step
    return found


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith(_OPEN_END) else f"{text}."


def summary_of_thoughts(prompt: str, instructions: str = "") -> str:
    """What a summary of the reasoning says: that there was none to speak of, in the prompt's language."""
    return str(_texts()[language_of(prompt, instructions)]["summary"])


def _tags_from(topic: str) -> list[str]:
    """A hashtag or two from the longest words of the topic."""
    words = sorted(dict.fromkeys(_HASHTAG_WORD.findall(topic.lower())), key=len, reverse=True)
    return [f"#{word[:30]}" for word in words[:2]]


def _dice(prompt: str, seed: int, variant: int) -> Sequence[int]:
    return hashlib.sha256(f"{seed}/{variant}/{prompt}".encode("utf-8", "surrogatepass")).digest()


@cache
def _little_words(language: str) -> frozenset[str]:
    return frozenset(_texts()[language]["words"].split())


@cache
def _texts() -> dict[str, Any]:
    texts: dict[str, Any] = json.loads(
        resources.files("ppkit.practice_platform").joinpath("data/answers.json").read_text("utf-8")
    )
    return texts
