"""When something that looks like a key is one: the rules of the leak scan, beside `shapes` and `vendors`."""

from __future__ import annotations

import re

from ppkit.keys.apikey import OPENAI_INFIX
from ppkit.keys.shapes import KEY_START

SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
"""Every character that a key may hold."""

ANNOUNCED = re.compile(r"sk-(?:practice|proj|svcacct|service|admin)-[A-Za-z0-9_-]{32,}")
"""A key of OpenAI's or of the practice platform that says what it is and has a length not known yet."""

LONGEST_LOOKED_AT = 300  # signs of a key that show whether it was made up
_BEGINNING = re.compile(rf"(?:{KEY_START.pattern})(?:ant-(?:api\d\d-)?|or-v1-|kimi-)?")
_PUBLIC_BEGINNING = re.compile(
    r"[A-Za-z0-9]{1,10}[-_.]"
)  # "hf_", "xai-", "AQ.": what every key of a service has
# How many different signs a body has at least, by its length: a real one is random. So few have a chance of
# one in ten thousand million, also among the sixteen signs of hexadecimal numbers.
_FEWEST_DIFFERENT = ((16, 9), (24, 5), (48, 7))  # shorter than sixteen signs, none is a whole one
_FEWEST_DIFFERENT_IN_LONG = 9
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "01234567890123456789")
_BOTH_WAYS = (*_ROWS, *(row[::-1] for row in _ROWS))


def _steps(size: int) -> frozenset[str]:
    return frozenset(row[start : start + size] for row in _BOTH_WAYS for start in range(len(row) - size + 1))


_LONG_STEPS, _LONG_COUNTS, _SHORT_STEPS = _steps(8), _steps(10), _steps(6)
_LONGEST_PERIOD = 8
_ONE_SIGN = re.compile(r"(.)\1{7}|x{6}|X{6}")
# Words of seven letters and more do not come about by chance; shorter ones count where they stand alone, and
# never in a key that carries OpenAI's mark, for a long random body may hold one.
_WORDS = re.compile(
    r"(?i)example|placeholder|redacted|changeme|dummykey|fakekey|testkey|samplekey|examplekey|mykeyhere|yourkey"
    r"|yourapi|yourtoken|yoursecret|notarealkey|not-?a-?real|donotuse|loremipsum|helloworld|foobarbaz"
)
_WORDS_ALONE = re.compile(
    r"(?i)(?:(?<![A-Za-z0-9])|(?<=[a-z0-9][-_]))(?:your|here|dummy|fake|test|sample|demo|mock|replace|insert|invalid)"
    r"(?![A-Za-z0-9])"
)


def is_example(value: str) -> bool:
    """ "sk-xxxx…", "sk-abc123def456…", "sk-your-key-goes-here…": what papers put in a key's place.

    A key that a service drew by chance is never taken for one: each rule asks for what chance does not bring
    about, and a test draws a hundred thousand of every form.
    """
    value = value[:LONGEST_LOOKED_AT]
    return _has_words(value) or _is_patterned(_body_of(value))


def _body_of(value: str) -> str:
    begin = _BEGINNING.match(value) or _PUBLIC_BEGINNING.match(value)
    return value[begin.end() if begin else 0 :].replace(OPENAI_INFIX, "")


def _has_words(value: str) -> bool:
    return bool(_WORDS.search(value)) or (OPENAI_INFIX not in value and bool(_WORDS_ALONE.search(value)))


def _is_patterned(body: str) -> bool:
    """Few different signs, one of them again and again, a short piece repeated, or signs in their order."""
    if len(set(body)) < _fewest_different(len(body)) or _ONE_SIGN.search(body):
        return True
    return _is_repeated(body) or _is_in_order(body.lower())


def _fewest_different(length: int) -> int:
    return next((fewest for below, fewest in _FEWEST_DIFFERENT if length < below), _FEWEST_DIFFERENT_IN_LONG)


def _is_repeated(body: str) -> bool:
    """ "a1b2c3a1b2c3a1b2c3": a piece of up to eight signs, three times at least."""
    longest = min(_LONGEST_PERIOD, len(body) // 3)
    return any(body.startswith(body[period:]) for period in range(1, longest + 1))


def _is_in_order(lower: str) -> bool:
    """ "abcdefgh", "1a2b3c4d5e6f", "abc123def456": letters in order, digits in order, or both mixed."""
    if _holds(lower, _LONG_STEPS):
        return True
    letters = "".join(filter(str.isalpha, lower))
    digits = "".join(filter(str.isdigit, lower))
    if _holds(letters, _LONG_STEPS) or _holds(digits, _LONG_COUNTS):
        return True
    return _holds(letters, _SHORT_STEPS) and _holds(digits, _SHORT_STEPS)


def _holds(text: str, steps: frozenset[str]) -> bool:
    return any(step in text for step in steps)


def is_random(body: str) -> bool:
    """Whether this could be a key's body rather than words joined by hyphens: digits, and one long part."""
    digits = sum(sign.isdigit() for sign in body)
    return digits >= 2 and max(map(len, re.split("[-_]", body))) >= 20
