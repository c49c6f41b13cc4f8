"""What the pages say when something goes wrong."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from ppkit.look.texts import Texts
from ppkit.practice_platform import mailbox
from ppkit.practice_platform.errors import PracticeError
from ppkit.practice_platform.platform import Platform

from .person import Person, words


def test_every_reason_for_refusing_a_field_has_its_words() -> None:
    folder = Path(mailbox.__file__).parent
    sources = [
        path.read_text()
        for path in (*folder.glob("*.py"), *folder.glob("console/*.py"))
        if path.name
        not in ("control.py", "drill_control.py")  # rooms for programs, which get the bare reason
    ]
    reasons = {
        reason
        for source in sources
        for call in re.findall(r"InvalidField\([^)]*\)", source)
        for reason in re.findall(r'"([a-z_0-9]+)"', call.partition("reason=")[2])
    }
    assert len(reasons) > 8
    assert [reason for reason in sorted(reasons) if f"console.wrong.{reason}" not in Texts("en")] == []


def test_every_refusal_of_the_platform_has_its_words() -> None:
    codes = {error.code for error in PracticeError.__subclasses__()}
    codes -= {
        code for code in codes if re.search("database|started|running|port|host", code)
    }  # before any page
    codes -= {"practice_card_declined"}
    codes |= {
        f"practice_card_declined.{reason}"
        for reason in ("card_declined", "insufficient_funds", "needs_confirmation")
    }
    missing = [
        f"{code}.{part}"
        for code in sorted(codes)
        for part in ("what", "why", "now")
        if f"console.problem.{code}.{part}" not in Texts("en")
    ]
    assert missing == []


def test_a_full_disk_is_a_page_and_changes_nothing(
    buyer: Person, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(platform.billing.database, "run", full)
    answer = buyer.send("buy-credits", "buy", amount="10")
    monkeypatch.undo()
    assert answer.status_code == 503
    assert "The disk may be full" in words(answer)
    assert platform.purchases() == []
