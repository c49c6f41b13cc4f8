"""What the practice platform writes into its log has no key in it, whatever failed."""

from __future__ import annotations

import logging
import re
import traceback

from ppkit.practice_platform import secret_texts

# In a log also what is damaged, and what only begins like a key.
_BEGUN = re.compile(r"sk-[A-Za-z0-9_-]{8,}")


def without_keys(record: logging.LogRecord) -> bool:
    """A filter for a logger: lets every record pass, with what looks like a key hidden."""
    record.msg, record.args = _hidden(record.getMessage()), ()
    if record.exc_info and record.exc_info[0]:
        told = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        record.exc_text, record.exc_info = _hidden(told), None
    return True


def _hidden(text: str) -> str:
    return secret_texts.without_keys(_BEGUN.sub("sk-…", text))
