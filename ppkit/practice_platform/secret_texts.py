"""Keys in texts, as the practice platform knows them: refused where a user types, hidden in what it says.

The client side has rules of its own, and shares none with us: one mistake must not hide the other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from ppkit.errors import hide_in_facts

FEWEST_SIGNS = 16  # after a beginning; a key that was cut shorter opens nothing
_OF_OTHERS = (
    "AIza|AQ\\.|GOCSPX-|ya29\\.|gsk_|hf_|xai-|pplx-|r8_|csk-|nvapi-|fw_|tgp_v1_|tvly-|pcsk_|lsv2_|gh[pousr]_"
    "|github_pat_|glpat-|npm_|[rs]k_live_|[rs]k_test_|AKIA|ASIA|xox[abeprs]-|xapp-|ntn_|SG\\.|shp(?:at|ss)_|dop_v1_"
)
_KEY = re.compile(rf"(?i)(?<![A-Za-z0-9])(?:sk-|{_OF_OTHERS})[A-Za-z0-9_.-]{{{FEWEST_SIGNS},}}")
# A word is read from its beginning only: from each of its letters, a long one would take its length squared.
_FROM_ITS_BEGINNING = r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]*"
_MARKED = re.compile(rf"(?i){_FROM_ITS_BEGINNING}T3Blbk" + r"FJ[A-Za-z0-9_-]*")  # inside of every real key
_ANNOUNCED = re.compile(r"(?i)(?<![A-Za-z0-9])sk-(?:practice|proj|svcacct|ant-api)")
_NO_SIGN = re.compile(r"[^A-Za-z0-9_.-]+")
_MIXED_WORD = re.compile(rf"{_FROM_ITS_BEGINNING}(?:[a-z][A-Z0-9]|[0-9][A-Za-z])[A-Za-z0-9_-]*")


def holds_key(text: str) -> bool:
    """Whether a key stands in it, real or of practice, of whatever service; also broken by spaces."""
    return next(_places(text), None) is not None or _holds_broken(text)


def _holds_broken(text: str) -> bool:
    """A sentence without its spaces is one long word: there, what only begins like a key is none.

    "Asia, seen by train in 2026" would be one of AWS. Of a real one, at least two pieces mix their signs.
    """
    text = "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    joined = _NO_SIGN.sub("", text)
    if _MARKED.search(joined):
        return True
    is_no_sentence = len(_MIXED_WORD.findall(text)) >= 2 or _ANNOUNCED.search(text)
    return joined != text and bool(is_no_sentence) and next(_places(joined), None) is not None


def without_keys(text: str) -> str:
    """The text with every key in it reduced to a sign that there was one."""
    for start, end in reversed(list(_places(text))):
        text = f"{text[:start]}…{text[end:]}"
    return text


def texts_in(given: object) -> Iterator[str]:
    """Every text in what JSON or a form can hold, names too."""
    if isinstance(given, str):
        yield given
    elif isinstance(given, Mapping):
        for pair in given.items():
            yield from texts_in(pair)
    elif isinstance(given, Iterable):
        for part in given:
            yield from texts_in(part)


def _places(text: str) -> Iterator[tuple[int, int]]:
    """Where keys stand, in order and apart from each other."""
    found = [match.span() for match in _MARKED.finditer(text)]
    found += [match.span() for match in _KEY.finditer(text) if _is_no_words(match.group())]
    end = 0
    for start, stop in sorted(found):
        if start >= end:
            end = stop
            yield start, stop


def _is_no_words(text: str) -> bool:
    """Digits, mixed letters or one long piece: "sk-bratislava-office-plan" is a name that somebody chose."""
    body = text[3:]
    is_long = max(map(len, re.split("[-_.]", body))) >= FEWEST_SIGNS
    return is_long or (any(map(str.isdigit, body)) and body not in (body.lower(), body.upper()))


hide_in_facts(without_keys)
