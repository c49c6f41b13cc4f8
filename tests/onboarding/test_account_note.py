"""The account that was written down: ids and nothing else, least of all a key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ppkit.checkup import NO_ACCOUNT_NOTED, NotedAccount
from ppkit.onboarding import AccountNote, AccountNotWritten, NotAnAccountId

KEY = "sk-proj-" + "CANARY" * 8
OURS = NotedAccount("org-Ab_1-2", "proj_Ab_1-2")


@pytest.fixture
def note(tmp_path: Path) -> AccountNote:
    return AccountNote(tmp_path / "account.json")


def test_ids_are_kept_and_blank_means_none(note: AccountNote) -> None:
    assert note.write(" org-Ab_1-2\n", "proj_Ab_1-2") == OURS
    assert note.read() == OURS
    assert note.write("", " ") == NO_ACCOUNT_NOTED
    assert note.read() == NO_ACCOUNT_NOTED


@pytest.mark.parametrize("field", ["organization", "project"])
@pytest.mark.parametrize("typed", [KEY, f" {KEY}", "Acme", "org-", "proj_a b", "org-" + "a" * 97, "org-à"])
def test_what_is_no_id_is_neither_written_nor_quoted(note: AccountNote, field: str, typed: str) -> None:
    note.write("org-Ab_1-2", "proj_Ab_1-2")
    with pytest.raises(NotAnAccountId) as raised:
        note.write(**{"organization": "", "project": "", field: typed})
    assert raised.value.facts == {"field": field}
    assert "CANARY" not in repr(raised.value)
    assert note.read() == OURS
    assert all(b"CANARY" not in file.read_bytes() for file in note.path.parent.iterdir())


def test_a_key_that_an_older_note_holds_is_not_shown(note: AccountNote) -> None:
    note.path.write_text(json.dumps({"organization": KEY, "project": None}))
    assert note.read() == NO_ACCOUNT_NOTED


def test_a_note_that_cannot_be_saved_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AccountNotWritten):
        AccountNote(tmp_path / "file" / "account.json").write("org-a", "")
