"""What keys look like: OpenAI's and the practice platform's, whole or not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ppkit.keys.apikey import OPENAI_INFIX

RUN = re.compile(r"[A-Za-z0-9_-]+")  # no key seen so far has any other character

PRACTICE_BODY = 48  # letters and digits after "sk-practice-" or "sk-practice-admin-"
# Characters on the two sides of the infix: gitleaks' rule of July 2026 takes either length on either side.
KNOWN_SIDES = ((20, 20), (58, 58), (74, 74), (58, 74), (74, 58))
KEY_START = re.compile(r"sk-(?:practice-(?:admin-)?|proj-|svcacct-|service-|admin-)?")
LONG_START = re.compile(r"sk-(?:practice|proj|svcacct|service|admin)-")
_BODY = "|".join(
    rf"[A-Za-z0-9_-]{{{left}}}{OPENAI_INFIX}[A-Za-z0-9_-]{{{right}}}" for left, right in KNOWN_SIDES
)
COMPLETE = re.compile(
    rf"sk-practice-(?:admin-)?[A-Za-z0-9]{{{PRACTICE_BODY}}}|sk-(?:(?:proj|svcacct|service|admin)-)?(?:{_BODY})"
)


_OPENED = re.compile(r"(?<![A-Za-z0-9])_")  # Markdown's emphasis; no key begins with it, but one may end so


def runs(text: str) -> Iterator[tuple[str, str | None]]:
    """Every run of key characters, and the key in it if it is whole and of a known format.

    Where emphasis was opened, underscores at the end may close it: they are taken off one by one, only as far
    as it needs to make the key whole.
    """
    for found in RUN.finditer(text):
        run = found[0]
        key = run.lstrip("_-")
        if _OPENED.search(text, 0, found.end() - len(key)):
            while key.endswith("_") and not COMPLETE.fullmatch(key):
                key = key[:-1]
        yield run, key if COMPLETE.fullmatch(key) else None


def whole_keys(text: str) -> list[str]:
    """Every whole key of a known format in the text, in order, repeated ones too."""
    return [key for _run, key in runs(text) if key]


def with_its_beginning(run: str) -> str | None:
    """A key whose first letters were not copied ("proj-…", "k-proj-…"): they are the same in every key."""
    for lost in ("s", "sk", "sk-"):
        if COMPLETE.fullmatch(lost + run) and not run.startswith("sk-"):
            return lost + run
    return None
