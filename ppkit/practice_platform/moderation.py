"""What a text is flagged for, by plain lists of Italian and English words: a rehearsal, no judgement."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from importlib import resources

FLAGGED = 0.5
ALSO: dict[str, str] = {
    "harassment/threatening": "harassment",
    "hate/threatening": "hate",
    "illicit/violent": "illicit",
    "self-harm/intent": "self-harm",
    "self-harm/instructions": "self-harm",
    "sexual/minors": "sexual",
    "violence/graphic": "violence",
}
"""What is found in a narrower category belongs to the wider one too."""
LONGEST_READ = 100_000


def categories() -> tuple[str, ...]:
    return tuple(_patterns())


def scores(text: str) -> dict[str, float]:
    """A score of each category between 0 and 1, of at least FLAGGED where a word of its list stands."""
    read = " ".join(text[:LONGEST_READ].lower().replace("’", "'").split())
    found = {name: len(pattern.findall(read)) for name, pattern in _patterns().items()}
    for narrow, wide in ALSO.items():
        found[wide] += found[narrow]
    return {name: _score(name, count, read) for name, count in found.items()}


def _score(name: str, count: int, text: str) -> float:
    """More words, more certain; with none a trace that stays the same for the same text."""
    trace = hashlib.sha256(f"{name}/{text}".encode("utf-8", "replace")).digest()[0] / 255
    return round(1 - 0.3 / count - trace / 100, 6) if count else round(1e-5 + trace / 1000, 6)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    text = resources.files("ppkit.practice_platform").joinpath("data/moderation.json").read_text("utf-8")
    lists: dict[str, str] = json.loads(text)
    return {name: re.compile(rf"(?<!\w)(?:{_any_of(words)})(?!\w)") for name, words in lists.items()}


def _any_of(words: str) -> str:
    return "|".join(re.escape(word.replace("_", " ")) for word in words.split())
