"""When something that looks like a key is one: the rules of the leak scan, beside `shapes` and `vendors`."""

from __future__ import annotations

import re

from ppkit.keys.apikey import OPENAI_INFIX
from ppkit.keys.shapes import KEY_START

SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
"""Every character that a key may hold."""

ANNOUNCED = re.compile(r"sk-(?:practice|proj|svcacct|service|admin)-[A-Za-z0-9_-]{32,}")
"""A key of OpenAI's or of the practice platform that says what it is and has a length nobody knows yet."""

_BEGINNING = re.compile(rf"(?:{KEY_START.pattern})(?:ant-|or-v1-)?")
FEWEST_DIFFERENT_SIGNS = 9  # a real body is random: a run of one letter, or of a few, is a placeholder
_ALPHABETS = ("abcdefghijklmnopqrstuvwxyz", "0123456789")
_STEPS = frozenset(letters[start : start + 8] for letters in _ALPHABETS for start in range(len(letters) - 7))
_WORDS = re.compile(r"(?i)example|placeholder|redacted|changeme|replace[-_]|your[-_]|[-_]here\b")


def is_placeholder(value: str) -> bool:
    """ "sk-xxxx…", "sk-abcdefgh12345678…", "sk-your-key-goes-here…": what papers put in a key's place."""
    body = _BEGINNING.sub("", value).replace(OPENAI_INFIX, "")
    if len(set(body)) < FEWEST_DIFFERENT_SIGNS:
        return True
    lower = value.lower()
    if any(step in lower for step in _STEPS):
        return True
    return OPENAI_INFIX not in value and bool(_WORDS.search(value))


def is_random(body: str) -> bool:
    """Whether this could be a key's body rather than words joined by hyphens: digits, and one long part."""
    digits = sum(sign.isdigit() for sign in body)
    return digits >= 2 and max(map(len, re.split("[-_]", body))) >= 20
