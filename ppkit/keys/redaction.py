"""Redaction: text that may hold a key becomes text that may be shown.

Hides rather too much than too little; where every other sign must stay, `finding.without_keys` serves.
"""

from __future__ import annotations

import re

from ppkit.keys.apikey import OPENAI_INFIX, ApiKey
from ppkit.keys.finding import keys_in
from ppkit.keys.masking import HIDDEN, masked
from ppkit.keys.vendors import ANY_BEGINNING

# Signs of a key, with the escapes that `repr`, JSON and URLs write between them. Possessive, so that no text,
# however long, is gone through twice.
_RUN = re.compile(
    r"(?:[A-Za-z0-9_-]++|\\(?:[nrtvf]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})|%[0-9A-Fa-f]{2})++"
)
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

    Takes time in proportion to the text's length; redacting twice changes nothing more.
    """
    for key in known:
        text = text.replace(key.get_secret_value(), key.masked)
    # Where a key is broken or encoded, only the whole of it can be recognised; all others are runs of signs.
    broken = [found for found in keys_in(text) if text[found.start : found.end] != found.value]
    for found in reversed(broken):
        text = text[: found.start] + found.masked + text[found.end :]
    text = _RUN.sub(lambda run: _hidden_in(run.group(), text, run.start()), text)
    return _SECRET_FOLLOWS.sub(_hidden_after, text)


def _hidden_in(run: str, text: str, place: int) -> str:
    """The run with the key in it hidden, if there is one."""
    joined = _ESCAPE.sub(_unescaped, run)
    begins = []
    if OPENAI_INFIX in joined or _LONG.search(joined):
        start = _START.search(run, 0, LONGEST_GLUE)
        begins.append(start.start() if start else 0)
    if short := _SHORT.search(text, max(0, place - 8), place + len(run)):
        begins.append(max(short.start() - place, 0))
    if not begins:
        return run
    begin = min(begins)
    secret, escapes = _split_escapes(run[begin:])
    # Across an escape nobody knows where the key ends, so its last four are not known either.
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
