"""One variable of a `.env` file, also of one that was written by hand or by another system."""

from __future__ import annotations

import io
import re
from pathlib import Path

from dotenv import dotenv_values

from ppkit.errors import PpkitError
from ppkit.files import text_encoding

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
        if path.stat().st_size <= LARGEST_FILE:
            return path.read_text(encoding=text_encoding(path))
        reason = "too large"
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except UnicodeError:
        reason = "UTF-8"
    # Raised outside: the decoder's error carries the content, which may hold a key.
    raise DotenvUnreadable(path=str(path), reason=reason)
