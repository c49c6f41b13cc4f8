"""Redaction: text that may hold a key becomes text that may be shown."""

from __future__ import annotations

import logging
import re
import traceback

from ppkit.keys.apikey import OPENAI_INFIX, SHORTEST_KEY, ApiKey

HIDDEN = "…"

# OpenAI's own form (also OpenRouter's and Anthropic's), then what people paste by mistake from other vendors.
KEY_SHAPED = re.compile(
    rf"[A-Za-z0-9_-]*{OPENAI_INFIX}[A-Za-z0-9_-]*"  # any real key, and half of one
    r"|sk-(?:practice|proj|svcacct|service|admin|ant)-[A-Za-z0-9_-]{16,}|sk-[A-Za-z0-9_-]{32,}"
    r"|(?<![A-Za-z0-9])(?:"
    r"sk-[A-Za-z0-9_-]{8,}"
    r"|[sr]k_(?:live|test)_[A-Za-z0-9]{8,}"
    r"|(?:gsk|hf|ghp|gho|ghs|r8)_[A-Za-z0-9]{16,}"
    r"|github_pat_[A-Za-z0-9_]{16,}"
    r"|(?:xai|pplx)-[A-Za-z0-9]{16,}"
    r"|AIza[A-Za-z0-9_-]{20,}"
    r")"
)
# Whatever follows these words is a secret, whatever its shape: a damaged key is quoted like this by the SDK,
# and the platform's 401 echoes a short wrong key whole.
SECRET_FOLLOWS = re.compile(
    r"(?i)(?P<lead>\bbearer\s+|api[ _-]?key provided:\s*|\bapi[_-]?key['\"]?\s*[=:]\s*['\"]?)"
    r"(?P<secret>(?!sk-…)[^\s'\"<>&,;]+(?:\\[nrt])*)"
)


def redact(text: str, *known: ApiKey) -> str:
    """The text with every key-shaped part, and the known keys of any shape, reduced to "sk-…WXYZ"."""
    for key in known:
        text = text.replace(key.get_secret_value(), key.masked)
    text = KEY_SHAPED.sub(lambda found: _masked(found.group()), text)
    return SECRET_FOLLOWS.sub(lambda found: found["lead"] + _masked(found["secret"]), text)


def _masked(secret: str) -> str:
    """The last four characters of a long secret help to recognise it; of a short one they tell too much."""
    head = "sk-" if secret.startswith("sk-") else ""
    if HIDDEN in secret:
        return secret
    return f"{head}{HIDDEN}{secret[-4:]}" if len(secret) >= SHORTEST_KEY else f"{head}{HIDDEN}"


class RedactingFilter(logging.Filter):
    """Put on a handler, it redacts the message, the arguments and the traceback of every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        if record.exc_info and record.exc_info[0]:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
            record.exc_info = None
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        return True


def guard_handlers(logger: logging.Logger) -> None:
    """Give every handler of this logger the filter, once."""
    for handler in logger.handlers:
        if not any(isinstance(known, RedactingFilter) for known in handler.filters):
            handler.addFilter(RedactingFilter())
