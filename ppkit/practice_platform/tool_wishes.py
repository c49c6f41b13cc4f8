"""Which tools a prompt wishes for: the rule by which a practice model calls a tool of its own accord.

A function is called when the prompt names it (as it is written, or by the words of its name), or says what
its description says. The web is searched when the prompt asks for something from the web.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Protocol, TypeVar

MOST_READ = 20_000
"""Characters of a prompt and of a description that are looked at."""
STEM = 4
"""Words are the same when so many of their first letters are: "order" and "orders", "treno" and "treni"."""
SHORTEST_WORD = 4
SHARED_WORDS = 2
MOST_SEARCHES = 3
LONGEST_QUERY = 120

_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEARCH = re.compile(
    r"\b(?:(?:look(?: it)? up|browse|google|find out|check)\b[^.!?\n]{0,60}\b(?:web|internet|online)"
    r"|search(?:es)?\b[^.!?\n]{0,20}\b(?:the|for|online)|(?:on|from) the (?:web|internet)"
    r"|latest news|news (?:about|on|of)"
    r"|(?:guarda|trova|controlla)\b[^.!?\n]{0,60}\b(?:web|internet|online|rete)"
    r"|cerca(?:mi)?\b|ultime (?:notizie|novità)|notizie (?:su|di)|sul web|su internet|in rete)",
    re.IGNORECASE,
)


class DescribedTool(Protocol):
    """A tool as it is offered: its name, and what it says of itself."""

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...


T = TypeVar("T", bound=DescribedTool)


def wished(tools: Sequence[T], prompt: str) -> list[T]:
    """The tools that the prompt wishes for, in the order in which they are offered."""
    prompt = prompt[:MOST_READ]
    words = set(_words(prompt))
    return [tool for tool in tools if _is_wished(tool, prompt, words)]


def _is_wished(tool: DescribedTool, prompt: str, words: set[str]) -> bool:
    if re.search(rf"(?<![\w-]){re.escape(tool.name)}(?![\w-])", prompt, re.IGNORECASE):
        return True
    named = _words(_HUMP.sub(" ", tool.name).replace("_", " ").replace("-", " "))
    telling = {word for word in named if word not in _left_out("verbs")}
    if telling and {word[:STEM] for word in telling} <= {word[:STEM] for word in words}:
        return True
    said = _stems(_words(tool.description[:MOST_READ]))
    shared = said & _stems(words)
    return len(shared) >= SHARED_WORDS or (bool(shared) and 2 * len(shared) >= len(said))


def searches_in(prompt: str) -> list[str]:
    """What the prompt wants to be looked up on the web: each sentence that asks for it is a query."""
    sentences = _sentences(prompt[:MOST_READ])
    return [query_in(sentence) for sentence in sentences if _SEARCH.search(sentence)][:MOST_SEARCHES]


def query_in(prompt: str) -> str:
    """The sentence that a prompt begins with, as a query."""
    first = next(iter(_sentences(prompt[:MOST_READ])), "")
    return " ".join(first.split())[:LONGEST_QUERY]


def _sentences(text: str) -> list[str]:
    return [found for found in re.split(r"(?<=[.!?;])\s+|\n+", text.strip()) if found]


def _stems(words: set[str] | Sequence[str]) -> set[str]:
    telling = (
        word
        for word in words
        if len(word) >= SHORTEST_WORD and word not in _left_out("little") | _left_out("verbs")
    )
    return {word[:STEM] for word in telling}


@cache
def _left_out(kind: str) -> frozenset[str]:
    """Words that mean nothing: verbs of names that every tool could have, little words of descriptions."""
    text = resources.files("ppkit.practice_platform").joinpath("data/tool_words.json").read_text("utf-8")
    return frozenset(json.loads(text)[kind].split())


def _words(text: str) -> list[str]:
    """Lower case, without accents."""
    plain = unicodedata.normalize("NFD", text.lower())
    return _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))
