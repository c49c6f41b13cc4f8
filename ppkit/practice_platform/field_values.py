"""What stands in a field by its name, its description and the prompt: a date, a hashtag, a caption."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

from ppkit.practice_platform.sample_posts import language_of
from ppkit.practice_platform.subjects import shortened
from ppkit.practice_platform.wishes import topic_of

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+")
_NAME = re.compile(r"\b[A-ZÀ-Ý][a-zà-ÿ]+(?: [A-ZÀ-Ý][a-zà-ÿ]+)*")
_NUMBER = re.compile(r"(?<![\w.,])\d{1,9}(?:[.,]\d{1,4})?(?!\w)")
USUAL_NAMES = ("Anna Bianchi", "Luca Rossi", "Giulia Ferri")
MOST_READ = 4_000
"""Characters of a prompt in which names and numbers are looked for."""


@dataclass(frozen=True)
class Subject:
    """What the values are about: the prompt, and the text that was composed for it."""

    prompt: str
    text: str

    @cached_property
    def topic(self) -> str:
        return shortened(topic_of(self.prompt), 80) if self.prompt.strip() else self.sentences[0]

    @cached_property
    def sentences(self) -> list[str]:
        """Those of the composed text, without mark and hashtags; never none."""
        plain = " ".join(word for word in re.sub(r"^\[[^]]*\]", "", self.text).split() if word[0] != "#")
        return [part for part in re.split(r"(?<=[.!?…])\s+", plain) if part] or ["Practice."]

    @cached_property
    def tags(self) -> list[str]:
        return [word for word in self.text.split() if word.startswith("#")] or ["#practice"]

    @cached_property
    def names(self) -> list[str]:
        """What looks like a name in the prompt, else usual ones."""
        found = dict.fromkeys(_NAME.findall(self.prompt[:MOST_READ]))
        no_names = _fields()["no_names"].split()
        return [name for name in found if name.split()[0].lower() not in no_names] or list(USUAL_NAMES)

    @cached_property
    def numbers(self) -> list[float]:
        return [float(found.replace(",", ".")) for found in _NUMBER.findall(self.prompt[:MOST_READ])]

    @cached_property
    def language(self) -> str:
        return language_of(self.prompt)


MADE: Mapping[str, Callable[[Subject, int], str]] = {
    "tag": lambda subject, number: subject.tags[number % len(subject.tags)],
    "word": lambda subject, number: subject.tags[number % len(subject.tags)].lstrip("#"),
    "slug": lambda subject, _number: "-".join(re.findall(r"\w+", subject.topic.lower())[:6]) or "post",
    "number": lambda _subject, number: f"practice-{number + 1}",
    "topic": lambda subject, number: f"{subject.topic} ({number + 1})" if number else subject.topic,
    "call": lambda subject, _number: subject.sentences[-1],
    "sentence": lambda subject, number: subject.sentences[number % len(subject.sentences)],
    "text": lambda subject, _number: subject.text,
    "name": lambda subject, number: subject.names[number % len(subject.names)],
}
"""Values made of the subject, by the name that the table of fields calls them; the number is the item's."""


def known_formats() -> dict[str, str]:
    """A text in each format that is known."""
    found: dict[str, str] = _fields()["formats"]
    return found


def text_for(subject: Subject, name: str, description: str, number: int) -> str:
    """A text for the field, by its name (the last word says most), else by its description."""
    for word in [*reversed(_words_of(name)), *_words_of(description)[:12]]:
        if entry := _texts().get(word):
            if made := entry.get("made"):
                return MADE[made](subject, number)
            choices = entry[subject.language]
            return str(choices[number % len(choices)])
    return MADE["sentence"](subject, number)


def numbers_for(subject: Subject, name: str, description: str) -> list[float]:
    """Numbers that would suit the field, the best first: the prompt's own, then what it usually holds."""
    words = [*reversed(_words_of(name)), *_words_of(description)[:12]]
    entries = [entry for word in words for entry in _fields()["numbers"] if word in entry["words"].split()]
    told = subject.numbers if any(entry["from_the_prompt"] for entry in entries) else []
    return [*told, *(entry["usual"] for entry in entries)]


def _words_of(name: str) -> list[str]:
    """The words of "authorName", "author_name" and "author name" are the same."""
    return [word.lower() for word in _WORDS.findall(name[:200])]


@cache
def _texts() -> dict[str, dict[str, Any]]:
    return {word: entry for entry in reversed(_fields()["texts"]) for word in entry["words"].split()}


@cache
def _fields() -> dict[str, Any]:
    text = resources.files("ppkit.practice_platform").joinpath("data/fields.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
