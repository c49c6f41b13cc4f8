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
from ppkit.practice_platform.tones import (
    bodies_of,
    emoji_of_tone,
    hooks_of,
    more_emoji,
    openings_of,
    sentences_in,
    tone_of,
    tones,
)
from ppkit.practice_platform.wishes import (
    Emoji,
    Language,
    Length,
    Opening,
    audience_of,
    call_of,
    emoji_of,
    hashtags_of,
    length_of,
    material_in,
    named_language,
    opening_of,
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

    As long as the prompt or the instructions say, in characters, mark and hashtags included; in the tone, for
    the audience and with the emoji that they ask for. What is quoted between tags is drawn on, not obeyed.
    """
    (prompt, quoted), instructions = material_in(prompt), material_in(instructions)[0]
    language, topic = language_of(prompt, instructions), topic_of(prompt)
    texts, tone = sample_texts()[language], tone_of(prompt, instructions)
    dice, length = _dice(prompt, seed, variant), length_of(prompt, instructions)
    longest = length.longest or length.best or sys.maxsize
    opening = as_sentence(topic)
    most = hashtags_of(prompt, instructions)
    tags = list(dict.fromkeys([texts["tags"][0], *_tags_from(topic), texts["tags"][1 + dice[4] % 3]]))[:most]
    room = longest - len(texts["mark"]) - 1
    while tags and room - len(foot_of(tags)) < min(len(opening), SHORTEST_OPENING):
        tags.pop()
    foot, room = foot_of(tags), room - len(foot_of(tags))
    opening = _led_in(shortened(opening, room), opening_of(prompt), language, dice[5], room)
    call = as_sentence(call_of(prompt) or texts["calls"][dice[3] % len(texts["calls"])])
    bodies = _in_turn(texts["bodies"], dice[1], 1 + dice[2] % (len(texts["bodies"]) - 1))
    hook = texts["hooks"][dice[0] % len(texts["hooks"])]
    if tone:
        hook = hooks_of(language, tone)[dice[0] % 2]
        bodies = [*_in_turn(bodies_of(language, tone), dice[1], 1 + dice[2] % 3), *bodies]
    bodies = [*_from_brief(language, topic, audience_of(instructions), quoted), *bodies]
    hook, bodies = _with_emoji(hook, bodies, emoji_of(prompt, instructions), tone)
    wanted = Length((length.best or longest) - longest + room, room)
    if length == Length():
        text = joined(opening, [hook], bodies[:USUAL_BODIES], call)
    else:
        text = filled(opening, [hook, *bodies], call, wanted)
    return f"{texts['mark']} {text}{foot}"


def _led_in(opening: str, kind: Opening | None, language: Language, die: int, room: int) -> str:
    """The topic behind a sentence that opens the way that was asked for, where there is room for both."""
    if kind is None:
        return opening
    led_in = f"{openings_of(language, kind)[die % 2]} {opening}"
    return led_in if len(led_in) <= room else opening


def _from_brief(
    language: Language, topic: str, audience: str | None, quoted: Sequence[tuple[str, str]]
) -> list[str]:
    """Sentences for whom the text is for, and from the text that it draws on."""
    words = tones()[language]
    found = [as_sentence(words["audience"].format(audience=audience))] if audience else []
    sources = [text for tag, text in quoted if tag == "source"]
    if sources and (sentence := _nearest(topic, sources[0])):
        found.append(words["source"].format(sentence=sentence))
    return found


def _nearest(topic: str, text: str) -> str:
    """The sentence of the text that shares most words with the topic."""
    wanted = set(_HASHTAG_WORD.findall(topic.lower()))
    sentences = [one for one in sentences_in(text[:4000]) if 20 <= len(one) <= 200]
    shared = [(len(wanted & set(_HASHTAG_WORD.findall(one.lower()))), one) for one in sentences]
    return max(shared, key=lambda found: found[0])[1] if shared else ""


def _with_emoji(
    hook: str, bodies: Sequence[str], wanted: Emoji | None, tone: str | None
) -> tuple[str, list[str]]:
    if wanted in (None, "none"):
        return hook, list(bodies)
    if sign := emoji_of_tone(tone):
        hook = f"{hook} {sign}"
    if wanted == "few":
        return hook, list(bodies)
    return hook, [f"{body} {more_emoji(number)}" for number, body in enumerate(bodies)]


def filled(opening: str, sentences: Sequence[str], call: str, wanted: Length) -> str:
    """The opening, the call when there is room, and sentences up to the wished length."""
    best, longest = wanted.best or 0, wanted.longest or 0
    call = call if len(joined(opening, [], [], call)) <= longest else ""
    hook: list[str] = []
    bodies: list[str] = []
    for number, sentence in enumerate(sentences):
        longer = (hook, [*bodies, sentence]) if number else ([sentence], bodies)
        size = len(joined(opening, *longer, call))
        # One sentence too many is nearer to the wish than none when less than half of it is too much.
        if size <= longest and size - best <= len(sentence) // 2:
            hook, bodies = longer
    return joined(opening, hook, bodies, call)


def joined(opening: str, hook: Sequence[str], bodies: Sequence[str], call: str) -> str:
    """Opening and hook, then the body in paragraphs of at most three sentences, the call at the end."""
    head = " ".join([opening, *hook])
    rest = [*bodies, call] if call else list(bodies)
    paragraphs = [" ".join(rest[start : start + 3]) for start in range(0, len(rest), 3)]
    return "\n\n".join([head, *paragraphs])


def foot_of(tags: Sequence[str]) -> str:
    return "\n\n" + " ".join(tags) if tags else ""


def _in_turn(choices: Sequence[str], first: int, step: int) -> list[str]:
    """All of them, each once, in an order that two throws decide."""
    left, place, found = list(choices), first, []
    while left:
        place %= len(left)
        found.append(left.pop(place))
        place += step
    return found


def as_sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith(_OPEN_END) else f"{text}."


def summary_of_thoughts(prompt: str, instructions: str = "") -> str:
    """What a summary of the reasoning says: that there was none to speak of, in the prompt's language."""
    return str(sample_texts()[language_of(prompt, instructions)]["summary"])


def _tags_from(topic: str) -> list[str]:
    """A hashtag or two from the longest words of the topic."""
    words = sorted(dict.fromkeys(_HASHTAG_WORD.findall(topic.lower())), key=len, reverse=True)
    return [f"#{word[:30]}" for word in words[:2]]


def _dice(prompt: str, seed: int, variant: int) -> Sequence[int]:
    return hashlib.sha256(f"{seed}/{variant}/{prompt}".encode("utf-8", "surrogatepass")).digest()


@cache
def _little_words(language: str) -> frozenset[str]:
    return frozenset(sample_texts()[language]["words"].split())


@cache
def sample_texts() -> dict[str, Any]:
    texts: dict[str, Any] = json.loads(
        resources.files("ppkit.practice_platform").joinpath("data/answers.json").read_text("utf-8")
    )
    return texts
