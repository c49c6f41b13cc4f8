"""`ppkit key` and `ppkit scan`: kept when asked, shown masked, forgotten, found where they lie open."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from .conftest import Ppkit

KEY = "sk-practice-" + "Ab3Cd4Ef5Gh6" * 4
SHORT = KEY[-4:]


def test_a_key_is_kept_listed_masked_and_forgotten(ppkit: Ppkit, home: Path) -> None:
    assert ppkit("key", "set", typed=f"{KEY}\n").code == 0
    assert stat.S_IMODE((home / "practice/keys.json").stat().st_mode) == 0o600
    listed = ppkit("key", "list")
    assert SHORT in listed.out
    assert KEY not in listed.out
    row = ppkit("key", "list", "--json").json[0]
    assert (row["name"], row["active"], row["key"]) == ("PostPickr-AI", True, f"sk-…{SHORT}")
    assert ppkit("key", "forget").code == 0
    assert ppkit("key", "list", "--json").json == []


def test_forgetting_nothing_is_told_by_the_exit_code(ppkit: Ppkit) -> None:
    assert ppkit("key", "forget").code == 1


def test_forgetting_says_what_still_keeps_the_link(ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch) -> None:
    ppkit("key", "set", typed=KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert f"sk-…{SHORT}" in ppkit("key", "forget").out


@pytest.mark.parametrize("pasted", ["", "sk-practice-short", "not a key", "sk-proj-" + "Ab3Cd4Ef5Gh6" * 8])
def test_what_is_no_key_of_this_mode_is_refused_and_never_repeated(ppkit: Ppkit, pasted: str) -> None:
    ran = ppkit("key", "set", typed=pasted)
    assert ran.code == 1
    assert len(ran.err.splitlines()) >= 3
    assert not pasted or pasted not in ran.err + ran.out
    assert ppkit("key", "list", "--json").json == []


def test_a_repaired_key_is_kept_and_the_repair_is_told(ppkit: Ppkit) -> None:
    ran = ppkit("key", "set", typed=f"OPENAI_API_KEY='{KEY}'\n")
    assert ran.code == 0
    assert ran.err
    assert SHORT in ppkit("key", "list").out


def test_a_damaged_key_file_is_told_and_left_as_it_is(ppkit: Ppkit, home: Path) -> None:
    ppkit("key", "set", typed=KEY)
    (home / "practice/keys.json").write_text("{ damaged")
    for arguments, code in ((("key", "list"), 0), (("key", "set"), 2), (("key", "forget"), 2)):
        ran = ppkit(*arguments, typed=KEY)
        assert ran.code == code
        assert "keys.json" in ran.err
        assert "Traceback" not in ran.err
    assert (home / "practice/keys.json").read_text() == "{ damaged"


def test_a_key_in_a_file_is_found_and_shown_masked(ppkit: Ppkit, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "notes.ipynb").write_text(f'{{"source": ["x\\n", "key = \\"{KEY}\\""]}}\n')
    ran = ppkit("scan", str(tmp_path / "deep"))
    assert ran.code == 1
    assert f"notes.ipynb:1: sk-…{SHORT}" in ran.out
    assert KEY not in ran.out + ran.err
    assert ppkit("scan", str(tmp_path / "deep"), "--json").json[0]["line"] == 1


def test_masked_keys_and_examples_are_no_leak(ppkit: Ppkit, tmp_path: Path) -> None:
    examples = [
        "sk-…abcd",
        "sk-proj-" + "x" * 60,
        "sk-your-key-here",
        "task-force-of-the-year-for-everything",
    ]
    (tmp_path / "readme.md").write_text("\n".join(examples))
    assert ppkit("scan", str(tmp_path / "readme.md")).code == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have names on POSIX only")
def test_a_pipe_in_a_folder_is_passed_over(ppkit: Ppkit, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    os.mkfifo(tmp_path / "deep" / "pipe")
    assert ppkit("scan", str(tmp_path / "deep")).code == 0


def test_what_cannot_be_read_is_named_and_not_taken_for_clean(
    ppkit: Ppkit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_file: Path) -> bytes:
        raise PermissionError

    (tmp_path / "locked.txt").write_text("?")
    monkeypatch.setattr(Path, "read_bytes", denied)
    ran = ppkit("scan", str(tmp_path / "locked.txt"))
    assert ran.code == 2
    assert "locked.txt" in ran.err


def test_a_path_that_does_not_exist_is_a_misuse(ppkit: Ppkit) -> None:
    assert ppkit("scan", "nowhere").code == 2
