"""One variable of a `.env` file, also of one that was written by hand or by another system."""

from __future__ import annotations

import codecs
import io
import re
from pathlib import Path

from dotenv import dotenv_values

from ppkit.errors import PpkitError

LARGEST_FILE = 1_000_000  # bytes; more is no file of settings


class DotenvUnreadable(PpkitError):
    """There is a `.env`, but it cannot be read. Facts: path, reason."""

    code = "dotenv_unreadable"


def read_variable(path: Path, variable: str) -> str | None:
    """What stands after the variable's name; None when there is no file, or the name is not in it.

    A line that is no assignment (`NAME: value`, `NAME value`) counts too: the person meant it as one, and
    whoever gets the text can say what is wrong with it. Raises DotenvUnreadable.
    """
    text = _text_of(path)
    if text is None:
        return None
    value = dotenv_values(stream=io.StringIO(text), interpolate=False).get(variable)
    if value:
        return value
    line = re.search(rf"(?m)^[ \t]*(?:export[ \t]+)?{re.escape(variable)}\b[ \t]*[:=]?(.*)$", text)
    return line[1].strip() or None if line else None


def _text_of(path: Path) -> str | None:
    reason = None
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) <= LARGEST_FILE:
            return _decoded(content)
        reason = "too large"
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except UnicodeDecodeError:
        reason = "UTF-8"
    # Raised outside: the decoder's error carries the content, which may hold a key.
    raise DotenvUnreadable(path=str(path), reason=reason)


def _decoded(content: bytes) -> str:
    """PowerShell's `>` writes UTF-16, and editors on Windows a byte-order mark. Raises UnicodeDecodeError."""
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if utf16 else "utf-8-sig")
