"""Redaction: text that may hold a key becomes text that may be shown.

Hides rather too much than too little; where every other sign must stay, `key_search.without_keys` serves.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from ppkit.keys.apikey import OPENAI_INFIX, ApiKey
from ppkit.keys.key_search import FoundKey, keys_in
from ppkit.keys.masking import HIDDEN, masked
from ppkit.keys.vendors import ANY_BEGINNING

# Signs of a key, with the escapes that `repr`, JSON and URLs write between them. Possessive, so that no text,
# however long, is gone through twice.
_RUN = re.compile(
    r"(?:[A-Za-z0-9_-]++|\\(?:[nrtvf]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})|%[0-9A-Fa-f]{2})++"
)
_SIGNS = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPE = re.compile(
    r"\\(?:[nrtvf]|x(?P<x>[0-9A-Fa-f]{2})|u(?P<u>[0-9A-Fa-f]{4})|U[0-9A-Fa-f]{8})|%(?P<p>[0-9A-Fa-f]{2})"
)
_LONG = re.compile(
    r"sk-(?:practice|proj|svcacct|service|admin|ant|or)-[A-Za-z0-9_-]{16,}|sk-[A-Za-z0-9_-]{32,}"
)
_START = re.compile(r"sk[-\\%]")
# Not inside of a word, unless the letter before ends an escape or a terminal's colour.
_AFTER_NO_LETTER = (
    r"(?:(?<![A-Za-z0-9])|(?<=\\[nrtvf])|(?<=%[0-9A-Fa-f]{2})"
    r"|(?<=\[\dm)|(?<=\[\d\dm)|(?<=;\d\dm)|(?<=;\d\d\dm))"
)
_SHORT = re.compile(rf"{_AFTER_NO_LETTER}(?:sk-[A-Za-z0-9_-]{{8,}}|{ANY_BEGINNING})")
# Whatever follows these words is a secret, whatever its shape: a damaged key is quoted like this by the SDK,
# and the platform's 401 echoes a short wrong key whole.
MOST_REPEATED = 100  # keys that are looked for once more in the whole text
LONGEST_GLUE = 24  # characters before "sk-" that may be something else; beyond, they may be a key's own
_FOLLOWING = r"[^\s'\"<>&,;]"
_SECRET_FOLLOWS = re.compile(
    r"(?i)(?P<lead>\bbearer\s+|api[ _-]?key provided:\s*|\bapi[_-]?key['\"]?\s*[=:]\s*)"
    rf"(?P<quote>b?['\"]?)(?P<secret>{_FOLLOWING}+)"
)
_NO_SECRET = re.compile(rf"(?s:(?:sk-)?{HIDDEN}.{{0,4}}(?:\\[nrtvf])*)")  # hidden already
_CODE = re.compile(r"[A-Za-z_.|()\[\]{}$]+")  # a name or a call, as a traceback's lines of code hold them


def redact(text: str, *known: ApiKey) -> str:
    """The text with every key-shaped part, and the known keys of any shape, reduced to "sk-…WXYZ".

    Takes time in proportion to the text's length.
    """
    for key in known:
        text = text.replace(key.get_secret_value(), key.masked)
    # What the finder takes for a key is one here, too. Where it is broken, encoded, or holds other signs than
    # a run, the whole of it is replaced; otherwise the run that it stands in is hidden from there on.
    found = list(keys_in(text))
    text, starts = _without_keys_over_runs(text, found)
    text = _RUN.sub(lambda run: _hidden_in(run.group(), text, run.start(), starts), text)
    text = _SECRET_FOLLOWS.sub(_hidden_after, text)
    # A secret is one wherever it stands once more, also where nothing distinguishes it from a word.
    for value, shown in list({key.value: key.masked for key in found}.items())[:MOST_REPEATED]:
        while value in text:  # where keys are glued together, the four signs that stay may begin one anew
            text = text.replace(value, shown)
    return text


def _without_keys_over_runs(text: str, found: list[FoundKey]) -> tuple[str, list[int]]:
    """The text with these keys masked, and where in it the other keys begin."""
    parts: list[str] = []
    starts: list[int] = []
    done = length = 0
    for key in found:
        is_in_run = text[key.start : key.end] == key.value and _SIGNS.fullmatch(key.value)
        part = text[done : key.start] + ("" if is_in_run else key.masked)
        parts.append(part)
        length += len(part)
        done = key.start if is_in_run else key.end
        if is_in_run:
            starts.append(length)
    return "".join(parts) + text[done:], starts


def _hidden_in(run: str, text: str, place: int, starts: list[int]) -> str:
    """The run with the key in it hidden, if there is one. `starts` is where the finder saw keys begin."""
    joined = _ESCAPE.sub(_unescaped, run)
    begins = []
    first = bisect_left(starts, place)
    if first < len(starts) and starts[first] < place + len(run):
        begins.append(starts[first] - place)
    if OPENAI_INFIX in joined or _LONG.search(joined):
        start = _START.search(run, 0, LONGEST_GLUE)
        begins.append(start.start() if start else 0)
    if short := _SHORT.search(text, max(0, place - 8), place + len(run)):
        begins.append(max(short.start() - place, 0))
    if not begins:
        return run
    begin = min(begins)
    secret, escapes = _split_escapes(run[begin:])
    # Across an escape it is not known where the key ends, so its last four are not known either.
    shown = masked("sk-" if "\\" in secret else secret)
    return run[:begin] + shown + escapes


def _unescaped(escape: re.Match[str]) -> str:
    """A hyphen or another sign of a key that was escaped; a line end between two parts is dropped."""
    code = escape["x"] or escape["u"] or escape["p"]
    sign = chr(int(code, 16)) if code else ""
    return sign if sign in "-_" or (sign.isascii() and sign.isalnum()) else ""


def _split_escapes(secret: str) -> tuple[str, str]:
    r"""A secret and the `\n` it ends with: the damage may be shown, it explains what happened."""
    end = len(secret)
    while secret[max(0, end - 2) : end] in (r"\n", r"\r", r"\t", r"\v", r"\f"):
        end -= 2
    return secret[:end], secret[end:]


def _hidden_after(found: re.Match[str]) -> str:
    secret, escapes = _split_escapes(found["secret"])
    in_code = not found["quote"] and "provided" not in found["lead"].lower() and _CODE.fullmatch(secret)
    if in_code or _NO_SECRET.fullmatch(found["secret"]):
        return found.group()
    return found["lead"] + found["quote"] + masked(secret) + escapes
