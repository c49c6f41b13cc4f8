"""A `.env` file, however it came about: by hand, by another system's shell, by several of them in turn.

The one reader of that file, for settings and for keys. Nothing in it stops the reading: what is no assignment
is passed over, and reported by the number of its line, never by what stands there.
"""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from dotenv.parser import parse_stream

from ppkit.errors import PpkitError

LARGEST_FILE = 1_000_000  # bytes; more is no file of settings
MOST_LINES_OF_A_VALUE = 20
MOST_LINES_TOLD = 10


class DotenvUnreadable(PpkitError):
    """There is a `.env`, but it cannot be opened, or is too large. Facts: path, reason."""

    code = "dotenv_unreadable"


@dataclass(frozen=True, slots=True)
class Assignment:
    """`NAME=value` and the line where it begins, from 1 on."""

    name: str
    value: str = field(repr=False)
    line: int


@dataclass(frozen=True, slots=True)
class PassedOver:
    """The number of a line that is no assignment; `like_key` says that it may hold a key all the same."""

    line: int
    like_key: bool


def line_numbers(lines: Sequence[PassedOver | Assignment]) -> str:
    """ "2, 5, 9": the first few are enough to see what kind of file it is."""
    numbers = [str(one.line) for one in lines[:MOST_LINES_TOLD]]
    return ", ".join(numbers if len(lines) <= MOST_LINES_TOLD else [*numbers, "…"])


@dataclass(frozen=True, slots=True)
class Dotenv:
    """What a `.env` says. Of several for one name, the last that holds something counts."""

    assignments: tuple[Assignment, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()

    def get(self, name: str) -> Assignment | None:
        """The assignment in force; None when there is none, or all are empty."""
        found = self.all_of(name)
        return found[-1] if found else None

    def all_of(self, name: str) -> list[Assignment]:
        wanted = name.upper()
        return [one for one in self.assignments if one.name.upper() == wanted and one.value]


def read_dotenv(path: Path) -> Dotenv:
    """What the file says; nothing when there is none. Raises DotenvUnreadable."""
    reason = None
    try:
        if path.stat().st_size <= LARGEST_FILE:
            return parse(decoded(path.read_bytes()))
        reason = "too large"
    except FileNotFoundError:
        return Dotenv()
    except OSError as error:
        reason = error.strerror or type(error).__name__
    raise DotenvUnreadable(path=str(path), reason=reason)


# --- bytes become text


def decoded(content: bytes) -> str:
    """The text, each line by its own encoding; never raises.

    PowerShell's `>>` appends UTF-16 to whatever is there, and an editor may add Windows-1252 to UTF-8.
    """
    lines, position = [], 0
    while position < len(content):
        line, position = _line_at(content, position)
        lines.append(line)
    return "\n".join(lines)


_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def _line_at(content: bytes, start: int) -> tuple[str, int]:
    """The line that begins here, without its end, and where the next one begins."""
    start += next((len(mark) for mark in _MARKS if content.startswith(mark, start)), 0)
    end = content.find(b"\n", start)
    end = len(content) if end < 0 else end
    narrow = content[start:end]
    # Latin letters are zero every other byte in UTF-16. A line without any is known by its end, unless it can
    # be read as it is: then the zero byte begins the next line.
    ends_wide = content[end + 1 : end + 2] == b"\0" and (not narrow or not _is_utf8(narrow))
    if not ends_wide and not _is_wide(narrow, content[end + 1 : end + 2]):
        return _from_bytes(narrow), end + 1
    big = narrow[::2].count(0) > narrow[1::2].count(0)
    break_, encoding = (b"\0\n", "utf-16-be") if big else (b"\n\0", "utf-16-le")
    end = _find_pair(content, break_, start)
    return content[start:end].decode(encoding, errors="replace"), end + 2


def _is_wide(line: bytes, after: bytes) -> bool:
    """Whether these bytes, up to a line feed, are UTF-16. A zero byte here and there is only a damage."""
    ends_little, ends_big = after == b"\0" and len(line) % 2 == 0, line.endswith(b"\0") and len(line) % 2 == 1
    zeros = line.count(0)
    return zeros > 0 and (ends_little or ends_big or zeros * 3 >= len(line))


def _find_pair(content: bytes, pair: bytes, start: int) -> int:
    """Where this pair of bytes stands, a whole number of pairs after `start`; the end when nowhere."""
    found = content.find(pair, start)
    while found >= 0 and (found - start) % 2:
        found = content.find(pair, found + 1)
    return len(content) if found < 0 else found


def _from_bytes(line: bytes) -> str:
    return line.decode("utf-8") if _is_utf8(line) else line.decode("cp1252", errors="replace")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


# --- text becomes assignments

_QUOTES = "\"'`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb"
_NAME = r"[A-Za-z_][A-Za-z0-9_.]*"
# What shells, programs and other formats write before a name.
_BEFORE = (
    r"(?:-\s+)?(?P<shell>(?:export|set|setx|setenv|env|declare\s+-x|-e|const|let|var)\s+)?"
    rf"(?P<around>[{_QUOTES}])?(?:\$?env:|os\.environ\[|process\.env\.|\$)?"
)
_ASSIGNMENT = re.compile(
    rf"(?i)\A\s*[{{,]?\s*{_BEFORE}(?P<quote>[{_QUOTES}])?(?P<name>{_NAME})(?P<quoted>[{_QUOTES}])?\]?"
    r"(?P<sign>\s*:?=\s*|\s*:(?!//)\s*|\s+)(?P<rest>.*)\Z"
)
_SET_BY_DOTNET = re.compile(rf"(?i)SetEnvironmentVariable\(\s*[\"'](?P<name>{_NAME})[\"']\s*,\s*(?P<rest>.*)")
KEY_NAME = re.compile(r"openai_(?:api|admin)_key", re.IGNORECASE)
# Whatever a program of another kind writes before it, a key's own name with a key behind it is meant as that.
_KEY_OF_OURS = re.compile(
    rf"(?i)(?<![A-Za-z0-9_])(?P<name>{KEY_NAME.pattern})[{_QUOTES}]?[\])}}]*"
    rf"(?:\s*[=:,;\uff1d]+>?\s*|\s+(?:-value\s+)?)(?P<rest>[{_QUOTES}]*sk-.*)"
)
# Without a sign between, only these are names; anything else is a sentence.
_OURS = re.compile(r"(?i)(?:openai|ppkit)_[a-z_]+\Z")
_COMMENT = re.compile(r"(?i)\A\s*(?:#|//|;|::|rem\b)")
_BRACKETS = frozenset("{}[](),;")
LIKE_KEY = re.compile(r"\bsk-[A-Za-z0-9_-]{8}")
_BEGINS_LIKE_KEY = re.compile(rf"\A[{_QUOTES}]?(?:bearer\s+)?sk-", re.IGNORECASE)
_MORE_OF_A_KEY = re.compile(rf"\A[\s>|{_QUOTES}]*[A-Za-z0-9_-]+[\s=\\,;{_QUOTES}]*\Z")


def parse(text: str) -> Dotenv:
    """Every assignment in a text, and the lines that are none. Never raises."""
    lines = [_plain(line) for line in re.split(r"\r\n|[\r\n\x85\u2028\u2029]", text)]
    from_json = _from_json(text, lines)
    if from_json is not None:
        return Dotenv(tuple(from_json))
    found: list[Assignment] = []
    passed_over: list[PassedOver] = []
    number = 0
    while number < len(lines):
        line, taken = lines[number], 1
        begun = None if _COMMENT.match(line) else _begun(line)
        if begun:
            value, taken = _value(begun, lines[number + 1 : number + 1 + MOST_LINES_OF_A_VALUE])
            found.append(Assignment(begun["name"], value, number + 1))
        elif not _COMMENT.match(line) and set(line.strip()) - _BRACKETS:
            passed_over.append(PassedOver(number + 1, bool(LIKE_KEY.search(line))))
        number += taken
    return Dotenv(tuple(found), tuple(passed_over))


def _plain(line: str) -> str:
    """Without invisible characters, and with plain spaces."""
    if line.isascii():
        return line.replace("\0", "")
    kinds = ((character, unicodedata.category(character)) for character in line)
    return "".join(" " if kind == "Zs" else character for character, kind in kinds if kind != "Cf")


def _from_json(text: str, lines: Sequence[str]) -> list[Assignment] | None:
    """The text fields of a JSON object, also of one inside of it; None for a text that is no such object."""
    if not text.lstrip("\ufeff \t\r\n").startswith("{"):
        return None
    try:
        document = json.loads(text.lstrip("\ufeff \t\r\n"))
    except (ValueError, RecursionError):
        return None
    return [
        Assignment(name, value.strip(), _line_of(name, lines)) for name, value in _texts_in(document, depth=3)
    ]


def _texts_in(document: object, depth: int) -> Iterator[tuple[str, str]]:
    for name, value in document.items() if isinstance(document, dict) else ():
        if isinstance(value, str):
            yield str(name), value
        elif depth > 0:
            yield from _texts_in(value, depth - 1)


def _line_of(name: str, lines: Sequence[str]) -> int:
    return next((number for number, line in enumerate(lines, 1) if json.dumps(name) in line), 1)


def _begun(line: str) -> re.Match[str] | None:
    found = _SET_BY_DOTNET.search(line)
    if found:
        return found
    found = _ASSIGNMENT.match(line)
    if found and _OURS.match(found["name"]):
        return found
    return _KEY_OF_OURS.search(line) or (
        found if found and (found["sign"].strip() or found["shell"]) else None
    )


def _value(begun: re.Match[str], following: Sequence[str]) -> tuple[str, int]:
    """What is assigned, and over how many lines it goes."""
    rest = re.sub(r"\"{3}|'{3}", lambda three: three[0][0], begun["rest"].strip())
    if rest[:1] in {"'", '"'}:
        quoted = _quoted(rest, following)
        if quoted:
            return quoted
    value = _unquoted(rest, begun)
    more = _rest_of_key(value, following)
    return "\n".join([value, *more]).strip(), 1 + len(more)


def _quoted(rest: str, following: Sequence[str]) -> tuple[str, int] | None:
    """A value between quotes as `.env` files have it, or up to the closing quote; None without one."""
    binding = next(parse_stream(io.StringIO("\n".join([f"V={rest}", *following]))))
    taken = max(1, len(binding.original.string.splitlines()))
    # A quote that was left open must not swallow the next assignment.
    if not binding.error and not any(_begun(line) for line in islice(following, taken - 1)):
        return (binding.value or "").strip(), taken
    closed = re.match(r"([\"'])(.*?)\1", rest)
    return (closed[2].strip(), 1) if closed else None


def _unquoted(rest: str, begun: re.Match[str]) -> str:
    value = re.sub(r"(?:\A|\s+)#.*", "", rest).strip()
    groups = begun.groupdict()
    if (groups.get("shell") or "").lower().startswith("setx"):
        value = re.sub(r"(?i)\s+/m\Z", "", value)
    if groups.get("shell") or groups.get("quoted"):
        value = value.rstrip(";,").rstrip()
    if groups.get("around") and not groups.get("quoted"):  # set "NAME=value"
        value = value.removesuffix(groups["around"])
    if value[:1] in _QUOTES or value[-1:] in _QUOTES:
        value = value.strip(_QUOTES)
    return value.strip()


def _rest_of_key(value: str, following: Sequence[str]) -> list[str]:
    """The lines over which a key goes on: mail programs and terminals break it, unseen."""
    if value and not _BEGINS_LIKE_KEY.match(value):
        return []
    if not value and not (following and _BEGINS_LIKE_KEY.match(following[0].strip())):
        return []
    more: list[str] = []
    for line in following:
        if _begun(line) or not _MORE_OF_A_KEY.match(line):
            break
        more.append(line.strip())
    return more
