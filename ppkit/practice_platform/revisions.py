"""A practice post changed as wished, or made into one for another network: sentence by sentence.

What nobody here wrote (the topic, the call, what was typed by hand) is kept as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ppkit.practice_platform.sample_posts import (
    as_sentence,
    compose,
    filled,
    foot_of,
    joined,
    language_of,
    sample_texts,
)
from ppkit.practice_platform.subjects import shortened
from ppkit.practice_platform.tones import (
    bodies_of,
    counterpart,
    emoji_of_tone,
    is_body,
    kind_of_opening,
    more_emoji,
    openings_of,
    sentences_in,
    tone_of,
    without_emoji,
)
from ppkit.practice_platform.wishes import (
    Language,
    Length,
    Opening,
    Revision,
    added_by,
    emoji_of,
    hashtags_of,
    length_of,
    revision_of,
)

_TAGS = re.compile(r"#\w+")
_ORDER: Sequence[Opening] = ("question", "scene", "benefit", "surprise", "plain")
WAYS = {"linkedin": "professional", "google business": "informative", "tiktok": "enthusiastic"}
"""Where a post sounds otherwise than elsewhere, whatever its tone was."""


@dataclass(frozen=True, slots=True)
class TakenApart:
    """A post in its sentences, without the mark, and its hashtags."""

    sentences: tuple[str, ...]
    tags: tuple[str, ...]


def taken_apart(text: str) -> TakenApart:
    for language in ("it", "en"):
        text = text.strip().removeprefix(sample_texts()[language]["mark"])
    lines = text.strip().splitlines()
    last = lines[-1].split() if lines else []
    is_tags = bool(last) and all(_TAGS.fullmatch(word) for word in last)
    sentences = sentences_in("\n".join(lines[:-1] if is_tags else lines))
    return TakenApart(tuple(sentences), tuple(last) if is_tags else ())


def revised(previous: str, wish: str, instructions: str, *, seed: int = 0) -> str | None:
    """The post as the wish wants it; None when the wish is none that is understood."""
    kind = revision_of(wish)
    post = taken_apart(previous)
    if kind is None or not post.sentences:
        return None
    language = language_of(wish, instructions)
    changed = replace(post, sentences=tuple(_changed(kind, list(post.sentences), wish, instructions, seed)))
    most = hashtags_of(wish, instructions)
    tags = [_translated_tag(tag, language) for tag in changed.tags][:most]
    length = length_of(instructions)
    wished = length_of(wish)
    longest = min(filter(None, (length.longest, wished.longest)), default=None)
    return _set(replace(changed, tags=tuple(tags)), Length(wished.best, longest), language)


def adapted(post: str, prompt: str, instructions: str) -> str:
    """The post for another network: as many of its sentences as read well there, with that many hashtags."""
    language = language_of(prompt, instructions)
    own = taken_apart(post)
    fresh = taken_apart(compose(prompt, instructions))
    way = next((tone for network, tone in WAYS.items() if network in prompt.lower()), None)
    amount, tone = emoji_of(prompt, instructions), way or tone_of(prompt, instructions)
    sentences = [counterpart(one, language, way) for one in own.sentences]
    if amount == "none":
        sentences = [without_emoji(one) for one in sentences]
    elif amount == "many":
        sentences = _with_more_emoji(sentences)
    if not sentences:
        return compose(prompt, instructions)
    if len(" ".join(sentences)) < (length_of(instructions).best or 0):
        sentences = _with_more(sentences, language, tone)
    most = hashtags_of(prompt, instructions)
    tags = tuple(dict.fromkeys([*own.tags, *fresh.tags]))[:most]
    return _set(TakenApart(tuple(sentences), tags), length_of(instructions), language)


def _changed(kind: Revision, sentences: list[str], wish: str, instructions: str, seed: int) -> list[str]:
    language = language_of(wish, instructions)
    match kind:
        case "formal":
            tone = "formal" if tone_of(instructions) == "professional" else "professional"
            changed = [without_emoji(counterpart(one, language, tone)) for one in sentences]
        case "warm":
            changed = _signed([counterpart(one, language, "warm") for one in sentences], "warm")
        case "language":
            changed = [counterpart(one, language, None) for one in sentences]
        case "opening":
            changed = _opened_anew(sentences, language, seed)
        case "emoji":
            none = emoji_of(wish) == "none"
            changed = [without_emoji(one) for one in sentences] if none else _with_more_emoji(sentences)
        case "add":
            added = as_sentence(added_by(wish) or wish)
            changed = [*sentences[:-1], added, *sentences[-1:]]
        case "longer":
            changed = _with_more(sentences, language, tone_of(instructions))
        case "other":
            bodies = [one for one in sentences if is_body(one)]
            turned = iter([*bodies[1:], *bodies[:1]])
            changed = [next(turned) if is_body(one) else one for one in sentences]
        case _:
            changed = sentences
    return changed


def _with_more(sentences: list[str], language: Language, tone: str | None) -> list[str]:
    """More sentences than are needed, before the call."""
    used = {without_emoji(one) for one in sentences}
    sets = dict.fromkeys([tone or "friendly", "informative", "warm"])
    more = [one for name in sets for one in bodies_of(language, name) if one not in used]
    return [*sentences[:-1], *more, *sentences[-1:]]


def _opened_anew(sentences: list[str], language: Language, seed: int) -> list[str]:
    """Another kind of opening than those that the post has, in the place of the one in front."""
    kinds = {kind_of_opening(one) for one in sentences[:2]}
    new = next(kind for kind in [*_ORDER[seed % 5 :], *_ORDER] if kind not in kinds)
    rest = sentences[1:] if kind_of_opening(sentences[0]) else sentences
    return [openings_of(language, new)[seed % 2], *rest]


def _signed(sentences: list[str], tone: str) -> list[str]:
    """With the sign of the tone behind the first sentence that has an emoji, or behind the first of all."""
    plain = [without_emoji(one) for one in sentences]
    place = next((at for at, one in enumerate(sentences) if one != plain[at]), 0)
    return [f"{one} {emoji_of_tone(tone)}" if at == place else one for at, one in enumerate(plain)]


def _with_more_emoji(sentences: Sequence[str]) -> list[str]:
    return [
        one if one != without_emoji(one) else f"{one} {more_emoji(at)}" for at, one in enumerate(sentences)
    ]


def _translated_tag(tag: str, language: Language) -> str:
    """One of our own hashtags in the other language; the user's stay."""
    for other in ("it", "en"):
        own = sample_texts()[other]["tags"]
        if tag in own:
            return str(sample_texts()[language]["tags"][own.index(tag)])
    return tag


def _set(post: TakenApart, length: Length, language: Language) -> str:
    """The post with its mark and hashtags, as long as asked: what is too much goes from the end."""
    mark, tags = sample_texts()[language]["mark"], list(post.tags)
    longest = length.longest or length.best or 10**6
    best = min(length.best or longest, longest)
    opening, *rest = post.sentences
    call = rest.pop() if rest else ""
    while tags and longest - len(mark) - 1 - len(foot_of(tags)) < len(joined(opening, [], [], call)):
        tags.pop()
    room = longest - len(mark) - 1 - len(foot_of(tags))
    opening = shortened(opening, room)
    text = filled(opening, rest, call, Length(best - longest + room, room))
    return f"{mark} {text}{foot_of(tags)}"
