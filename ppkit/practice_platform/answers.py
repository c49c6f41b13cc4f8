"""What is answered to a conversation: a post, a changed one, words for a picture, a brand's voice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ppkit.practice_platform.revisions import adapted, revised
from ppkit.practice_platform.sample_posts import compose, language_of, sample_texts
from ppkit.practice_platform.subjects import shortened
from ppkit.practice_platform.tones import tones
from ppkit.practice_platform.wishes import (
    asks_for_alt_text,
    asks_for_voice,
    asks_to_adapt,
    has_topic,
    length_of,
    material_in,
)


@dataclass(frozen=True, slots=True)
class SeenPicture:
    """What there is to say of a picture: its form and colour, and what our own ones have written on them."""

    form: str
    colour: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of a conversation: whose it is ("user" or "assistant"), and what was said and shown."""

    role: str
    text: str
    pictures: Sequence[SeenPicture] = ()


def answer(turns: Sequence[Said], instructions: str, *, seed: int = 0, variant: int = 0) -> str:
    """The same turns, instructions and seed give the same answer."""
    asked = max((at for at, turn in enumerate(turns) if turn.role == "user"), default=None)
    if asked is None:
        return compose("", instructions, seed=seed, variant=variant)
    prompt, quoted = material_in(turns[asked].text)
    previous = next((turn.text for turn in reversed(turns[:asked]) if turn.role == "assistant"), "")
    if turns[asked].pictures and asks_for_alt_text(prompt):
        return _described(turns[asked].pictures[0], prompt, instructions)
    posts = [text for tag, text in quoted if tag == "post"]
    if posts and asks_for_voice(prompt):
        return _voice(posts, prompt, instructions)
    if posts and asks_to_adapt(prompt):
        return adapted(posts[0], prompt, instructions)
    changed = (
        revised(previous, prompt, material_in(instructions)[0], seed=seed + variant) if previous else None
    )
    if changed:
        return changed
    asked_for = turns[asked].text
    if turns[asked].pictures and not has_topic(prompt):
        asked_for = _about_picture(turns[asked].pictures[0], asked_for, instructions)
    return compose(asked_for, instructions, seed=seed, variant=variant)


def _described(picture: SeenPicture, prompt: str, instructions: str) -> str:
    """Words for who cannot see the picture, marked as practice where there is room."""
    language = language_of(prompt, instructions)
    words = tones()[language]["alt"]
    parts = [words[picture.form], words["colour"].format(colour=words["colours"][picture.colour])]
    if picture.subject:
        parts.append(words["text"].format(subject=picture.subject))
    text = f"{sample_texts()[language]['mark']} {', '.join(parts)}."
    longest = length_of(prompt).longest
    return shortened(text, longest) if longest else text


def _about_picture(picture: SeenPicture, asked: str, instructions: str) -> str:
    """The prompt with what can be seen as its topic: what our own pictures say they show, else the colour."""
    words = tones()[language_of(asked, instructions)]["alt"]
    seen = words["topics"][picture.form].format(colour=words["colours"][picture.colour])
    return f"Topic: {picture.subject or seen}\n{asked}"


def _voice(posts: Sequence[str], prompt: str, instructions: str) -> str:
    """How posts sound, as far as it can be counted: length of sentences, questions, emoji, hashtags."""
    language = language_of(prompt, instructions)
    lines = tones()[language]["voice"]
    whole = "\n".join(posts)
    has_emoji = any(ord(letter) >= 0x1F300 for letter in whole)
    words = len(whole.split()) / max(1, sum(whole.count(mark) for mark in ".!?…"))
    found = [
        lines["short" if words < 12 else "long"],
        lines["questions" if "?" in whole else "statements"],
        lines["loud" if "!" in whole else "calm"],
        lines["emoji" if has_emoji else "no_emoji"],
        lines["hashtags" if "#" in whole else "no_hashtags"],
    ]
    return "\n".join([sample_texts()[language]["mark"], *found])
