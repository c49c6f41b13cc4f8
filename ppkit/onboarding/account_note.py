"""The account that the user wrote down in step 1: where the credit is, to be held against the key's own."""

from __future__ import annotations

import json
import re
from pathlib import Path

from ppkit.checkup import NO_ACCOUNT_NOTED, NotedAccount
from ppkit.errors import PpkitError
from ppkit.private_file import PrivateFile

ORGANIZATION = re.compile(r"org-[A-Za-z0-9_-]{1,96}")
PROJECT = re.compile(r"proj_[A-Za-z0-9_-]{1,96}")


class NotAnAccountId(PpkitError):
    """What was typed has not the form of the id; it may be a key, so it is not quoted. Facts: field."""

    code = "not_an_account_id"


class AccountNotWritten(PpkitError):
    """The note could not be saved; what was saved before is untouched. Facts: path, reason."""

    code = "account_not_written"


class AccountNote:
    """Organization and project ids in a small file of this mode's own; neither is a secret.

    Where the settings name an account, `in_settings`, that one counts.
    """

    def __init__(self, path: Path, in_settings: NotedAccount = NO_ACCOUNT_NOTED) -> None:
        self.path = path
        self._in_settings = in_settings

    def read(self) -> NotedAccount:
        """Where the credit should be. A damaged note counts as none: it is soon written again."""
        if self._in_settings:
            return self._in_settings
        try:
            note = json.loads(self.path.read_text(encoding="utf-8"))
            return _checked(note["organization"] or "", note["project"] or "")
        except (OSError, ValueError, KeyError, TypeError, NotAnAccountId):
            return NO_ACCOUNT_NOTED

    def write(self, organization: str, project: str) -> NotedAccount:
        """Keep these ids, blank for none. Raises NotAnAccountId, AccountNotWritten: the old note stays."""
        written = _checked(organization, project)
        note = {"organization": written.organization, "project": written.project}
        file = PrivateFile(self.path, AccountNotWritten)
        with file.locked():
            file.write(json.dumps(note).encode())
        return written


def _checked(organization: str, project: str) -> NotedAccount:
    return NotedAccount(_id(organization, ORGANIZATION, "organization"), _id(project, PROJECT, "project"))


def _id(typed: str, form: re.Pattern[str], field: str) -> str | None:
    """The id; None for blank. Raises NotAnAccountId."""
    text = str(typed).strip()
    if text and not form.fullmatch(text):
        raise NotAnAccountId(field=field)
    return text or None
