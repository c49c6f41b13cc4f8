"""The gate for text from outside: where a name, a label, an amount or a path belongs, no secret key passes.

What is typed there is shown again and kept: in tables, databases, logs. So a text in which a key stands is
refused before anything else happens to it, and the refusal does not repeat it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from ppkit.errors import PpkitError, hide_in_facts
from ppkit.keys.apikey import OPENAI_INFIX
from ppkit.keys.cleaning import as_meant
from ppkit.keys.key_search import keys_and_examples_in
from ppkit.keys.leak_rules import is_random
from ppkit.keys.masking import HIDDEN, SHORTEST_KEY
from ppkit.keys.redaction import redact
from ppkit.keys.vendors import ANY_BEGINNING, VENDORS

# A word may end in "sk" ("task-force"), so these begin where one does; how long they must be is no less than
# what a name that somebody chose has never been seen to reach by chance.
_NO_WORD = r"(?<![A-Za-z0-9])"
_ANNOUNCED = re.compile(
    rf"(?i){_NO_WORD}sk-(?:practice|proj|svcacct|service|admin|ant|or|lf)-[a-z0-9_-]{{16,}}"
)
_PLAIN = re.compile(rf"(?i){_NO_WORD}sk-[a-z0-9_-]{{17,}}")
_VENDORS = re.compile(rf"(?i){_NO_WORD}(?={ANY_BEGINNING})[A-Za-z0-9_.:-]{{{SHORTEST_KEY},}}")
# Of a broken key, what its first signs must be. "Asia, seen by train in 2026" begins like a key of AWS, but
# within a sentence's words small letters, capitals and digits do not take turns.
_BROKEN = re.compile(
    rf"(?i)(?:sk-|{'|'.join(sorted({vendor.begin for vendor in VENDORS}))})[A-Za-z0-9_.-]{{16,32}}"
)
_SIGN = re.compile(r"[A-Za-z0-9_.-]")
_TURN = re.compile(r"(?=[a-z][A-Z0-9]|[0-9][A-Za-z]|[A-Z][0-9])")
FEWEST_TURNS = 4
LONGEST_REMEMBERED = 200  # tags and names; what somebody writes about is not kept in memory
_BEGINS_LIKE_NO_WORD = re.compile(r"(?i)sk-(?:practice|proj|svcacct|ant-api)")


class KeyInText(PpkitError):
    """A key stands where something else belongs; nothing was done with it. Facts: field."""

    code = "key_in_text"


def refuse_keys(field: str, *given: object) -> None:
    """Raises KeyInText when a key stands in one of these, however deep: texts, lists, mappings, paths.

    `field` says, in the program's own words, what was asked for.
    """
    for text in _texts_in(given):
        try:
            (_pass if len(text) <= LONGEST_REMEMBERED else _pass.__wrapped__)(text)
        except _KeyFound:
            raise KeyInText(field=field) from None


def holds_key(text: str) -> bool:
    """Whether a secret key stands in the text: ours, OpenAI's or another service's; also one that is cut,
    escaped as in an address, in capitals, or broken by whatever no key holds: spaces, quotes, line ends.
    """
    if len(text) < SHORTEST_KEY:
        return False
    meant = as_meant(text)
    return any(map(_holds, {text, meant})) or _holds_broken(meant)


def presentable(text: str) -> str:
    """The text with its keys masked, for what cannot be refused: a field shown again, an error's fact.

    Where a key is written so that nobody can say where it ends, nothing of the text is left.
    """
    masked = redact(text)
    return HIDDEN if holds_key(masked) else masked


class _KeyFound(Exception):
    pass


@lru_cache(maxsize=1_000)
def _pass(text: str) -> None:
    """Remembers what may pass, such as the tags of every call; what raises is not remembered."""
    if holds_key(text):
        raise _KeyFound


def _holds(text: str) -> bool:
    if OPENAI_INFIX.lower() in text.lower() or next(keys_and_examples_in(text), None):
        return True
    announced = (found.group() for found in _ANNOUNCED.finditer(text))
    plain = (found.group() for found in _PLAIN.finditer(text))
    others = (found.group() for found in _VENDORS.finditer(text))
    return (
        any(_is_mixed(value) for value in announced)
        or any(is_random(value[3:]) for value in plain)
        or any(_is_mixed(value) for value in others)
    )


def _holds_broken(text: str) -> bool:
    """Whether there is a key once all that no key holds is left out.

    A sentence becomes one long word then, so beginnings that a word may have too ask for more.
    """
    joined = "".join(_SIGN.findall(text))
    if len(joined) == len(text):
        return False
    if OPENAI_INFIX.lower() in joined.lower():
        return True
    if not _BEGINS_LIKE_NO_WORD.search(joined) and len(_TURN.findall(text)) < FEWEST_TURNS:
        return False  # at once, for nearly all that people write
    places = [sign.start() for sign in _SIGN.finditer(text)]
    position = 0
    while found := _BROKEN.search(joined, position):
        first, last = places[found.start()], places[found.end() - 1]
        begins_word = first == 0 or not text[first - 1].isalnum()
        if begins_word and _is_broken_key(found.group(), text[first : last + 1]):
            return True
        position = found.start() + 1
    return False


def _is_broken_key(joined: str, written: str) -> bool:
    if _BEGINS_LIKE_NO_WORD.match(joined) and _is_mixed(joined):
        return True
    return len(_TURN.findall(written)) >= FEWEST_TURNS


def _is_mixed(value: str) -> bool:
    """Digits, small letters among capitals, or no end of letters: words joined by hyphens have none."""
    is_long = max(map(len, re.split("[-_.:]", value))) >= SHORTEST_KEY
    return is_long or any(map(str.isdigit, value)) or value not in (value.lower(), value.upper())


def _texts_in(given: object) -> Iterator[str]:
    match given:
        case None | bool() | int():
            return
        case str():
            yield given
        case bytes():
            yield given.decode("latin-1")
        case Mapping():
            for pair in given.items():
                yield from _texts_in(pair)
        case Iterable():
            for part in given:
                yield from _texts_in(part)
        case _:
            yield str(given)


hide_in_facts(presentable)
