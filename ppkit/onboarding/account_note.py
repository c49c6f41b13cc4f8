"""The account that the person wrote down in step 1: where the credit is, to be held against the key's own."""

from __future__ import annotations

import json
from pathlib import Path

from ppkit.checkup import NOTHING_WRITTEN, Written
from ppkit.files import write_private

LONGEST_ID = 100


class AccountNote:
    """Organization and project ids in a small file of this mode's own; neither is a secret."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Written:
        """What was written down; nothing without a note, or with a damaged one: it is soon written again."""
        try:
            note = json.loads(self.path.read_text(encoding="utf-8"))
            return Written(_text(note["organization"]), _text(note["project"]))
        except (OSError, ValueError, KeyError, TypeError):
            return NOTHING_WRITTEN

    def write(self, organization: str, project: str) -> Written:
        """Keep these ids, blank for none. Raises OSError; the old note is then untouched."""
        written = Written(_text(organization), _text(project))
        note = {"organization": written.organization, "project": written.project}
        write_private(self.path, json.dumps(note).encode())
        return written


def _text(value: object) -> str | None:
    """An id as it may travel in a header: printable ASCII without spaces, not too long; else none."""
    text = value.strip() if isinstance(value, str) else ""
    usable = text.isascii() and text.isprintable() and " " not in text and len(text) <= LONGEST_ID
    return text if text and usable else None
