"""`ppkit scan`: what it reports, and with which exit code; the hook before a commit."""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest

from ppkit.keys.scan import PlaceUnit, Reason
from ppkit.look.texts import Texts

from .conftest import Ppkit

ROOT = Path(__file__).resolve().parents[2]
# Put together here, so that no scanner takes this file for a leak.
SIDE = "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=74))
KEY = f"sk-proj-{SIDE}T3Blbk" + f"FJ{SIDE}"
PRACTICE = f"sk-practice-{SIDE[:48]}"
SHORT = KEY[-4:]


def test_a_key_in_a_file_is_told_by_line_and_shown_masked(ppkit: Ppkit, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "notes.txt").write_text(f"\nkey = {KEY}\n")
    ran = ppkit("scan", str(tmp_path / "deep"))
    assert ran.code == 1
    assert f"notes.txt:2: sk-…{SHORT}  (OpenAI project key, " in ran.out
    assert "revoke" in ran.out
    assert KEY[12:40] not in ran.out + ran.err


def test_for_programs_there_is_json(ppkit: Ppkit, tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": "", "outputs": [{"output_type": "stream", "text": KEY}]}]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    (tmp_path / "b.txt").write_text(PRACTICE)
    ran = ppkit("scan", str(tmp_path / "a.ipynb"), str(tmp_path / "b.txt"), "--json")
    first, second = ran.json["found"]
    assert (ran.json["clear"], ran.json["examples"], ran.json["not_read"]) == (False, [], [])
    assert re.fullmatch("[0-9a-f]{16}", first.pop("fingerprint"))
    assert first == {
        "path": str(tmp_path / "a.ipynb"),
        "part": "output",
        "cell": 1,
        "output": 1,
        "key": f"sk-…{SHORT}",
        "kind": "project",
        "practice": False,
    }
    assert (second["line"], second["kind"], second["practice"]) == (1, "practice", True)
    assert KEY[12:40] not in ran.out


@pytest.mark.parametrize("language", ["it", "en"])
def test_a_practice_key_is_a_note_and_no_failure(
    ppkit: Ppkit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("PPKIT_LANGUAGE", language)
    (tmp_path / "notes.txt").write_text(PRACTICE)
    ran = ppkit("scan", str(tmp_path / "notes.txt"))
    assert ran.code == 0
    assert Texts(language).plural("keys.scan.practice", 1) in ran.out
    assert Texts(language)("keys.scan.now") not in ran.out
    assert PRACTICE not in ran.out


def test_without_a_path_it_looks_into_this_folder(ppkit: Ppkit) -> None:
    Path("notes.txt").write_text(KEY)
    assert ppkit("scan").code == 1


def test_masked_keys_and_examples_are_no_leak(ppkit: Ppkit, tmp_path: Path) -> None:
    (tmp_path / "readme.md").write_text("sk-…abcd\nsk-your-key-here\ntask-force-of-the-year\n")
    ran = ppkit("scan", str(tmp_path / "readme.md"))
    assert (ran.code, ran.out.strip()) == (0, Texts("en")("keys.scan.clean"))


EXAMPLE = "sk-proj-" + "abc123def456ghi789jkl012mno345pqr678stu901vwx234"


@pytest.mark.parametrize("language", ["it", "en"])
def test_an_example_is_a_note_and_fails_a_strict_scan_only(
    ppkit: Ppkit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("PPKIT_LANGUAGE", language)
    (tmp_path / "readme.md").write_text(EXAMPLE)
    ran = ppkit("scan", str(tmp_path / "readme.md"))
    texts = Texts(language)
    assert ran.code == 0
    assert texts.plural("keys.scan.examples", 1) in ran.out
    assert texts("keys.scan.clean") in ran.out
    assert texts("keys.scan.now") not in ran.out
    assert ppkit("scan", "--strict", str(tmp_path / "readme.md")).code == 1
    (tmp_path / "readme.md").write_text("words")
    assert ppkit("scan", "--strict", str(tmp_path / "readme.md")).code == 0


def test_an_example_says_so_in_json_with_the_form_it_has(ppkit: Ppkit, tmp_path: Path) -> None:
    (tmp_path / "readme.md").write_text(EXAMPLE)
    ran = ppkit("scan", "--json", str(tmp_path / "readme.md"))
    (told,) = ran.json["examples"]
    assert (ran.json["clear"], ran.json["found"]) == (True, [])
    assert (told["kind"], told["form"], told["key"]) == ("example", "project", "sk-…x234")


def test_the_document_for_programs_tells_what_was_not_read(ppkit: Ppkit, tmp_path: Path) -> None:
    (tmp_path / "a.7z").write_bytes(b"7z\xbc\xaf\x27\x1c\0\4")
    (tmp_path / f"{KEY}.zip").write_bytes(b"PK\x03\x04 damaged")
    (tmp_path / ".venv").mkdir()
    ran = ppkit("scan", "--json", str(tmp_path))
    assert ran.json["not_read"] == [
        {"path": str(tmp_path / "a.7z"), "reason": "not_opened", "what": "7z"},
        {"path": str(tmp_path / f"sk-…{SHORT}.zip"), "reason": "damaged"},
    ]
    assert (ran.json["clear"], ran.json["passed_over"], ran.json["accepted"]) == (False, [".venv"], 0)
    assert "a.7z" in ran.err
    assert KEY[12:40] not in ran.out + ran.err


def test_a_scan_is_clear_only_when_everything_was_read(ppkit: Ppkit, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words")
    assert ppkit("scan", "--json", str(tmp_path)).json["clear"] is True
    (tmp_path / "a.7z").write_bytes(b"7z\xbc\xaf\x27\x1c\0\4")
    ran = ppkit("scan", "--json", str(tmp_path))
    assert (ran.json["clear"], ran.json["found"], ran.code) == (False, [], 2)


@pytest.mark.processes
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (KEY.encode(), 1),
        (b"words", 0),
        (b"7z\xbc\xaf\x27\x1c\0\4", 2),
        (gzip.compress(KEY.encode()), 1),
        (b"PK\x03\x04 damaged", 2),
    ],
)
def test_standard_input_is_read_like_a_file(home: Path, content: bytes, code: int) -> None:
    command = [sys.executable, "-m", "ppkit", "scan", "-"]
    ran = subprocess.run(command, input=content, capture_output=True, check=False)
    assert ran.returncode == code
    assert KEY[12:40].encode() not in ran.stdout + ran.stderr


def test_a_text_in_place_of_standard_input_is_read_too(ppkit: Ppkit) -> None:
    assert ppkit("scan", "-", typed=KEY).code == 1


@pytest.mark.parametrize("json_too", [False, True])
def test_a_key_as_a_name_is_found_and_shown_nowhere(ppkit: Ppkit, tmp_path: Path, json_too: bool) -> None:
    (tmp_path / KEY).mkdir()
    (tmp_path / KEY / "a.zip").write_bytes(b"PK\x03\x04 and no more")
    ran = ppkit("scan", str(tmp_path), *(["--json"] if json_too else []))
    assert ran.code == 1
    assert f"sk-…{SHORT}" in ran.out
    assert f"sk-…{SHORT}{os.sep}a.zip" in ran.err
    assert KEY[12:40] not in ran.out + ran.err


@pytest.mark.parametrize("language", ["it", "en"])
def test_a_kind_that_is_not_opened_is_named_and_never_called_clear(
    ppkit: Ppkit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("PPKIT_LANGUAGE", language)
    (tmp_path / "notes.txt").write_bytes(b"7z\xbc\xaf\x27\x1c\0\4")
    ran, texts = ppkit("scan", str(tmp_path)), Texts(language)
    assert ran.code == 2
    assert texts("keys.scan.unread.not_opened", what="7z", path=tmp_path / "notes.txt") in ran.err
    assert texts("keys.scan.none_seen") in ran.out
    assert texts("keys.scan.clean") not in ran.out


def test_every_reason_has_its_sentence() -> None:
    for language in ("it", "en"):
        texts = Texts(language)
        told = {texts(f"keys.scan.unread.{reason}", path="p", what="w") for reason in Reason}
        assert len(told) == len(Reason)
        for part in set(PlaceUnit) - {PlaceUnit.LINE}:
            assert texts(f"keys.scan.part.{part}", cell=1, number=2, table="t")


def test_what_is_never_looked_into_is_named(ppkit: Ppkit, tmp_path: Path) -> None:
    (tmp_path / "a" / ".venv").mkdir(parents=True)
    ran = ppkit("scan", str(tmp_path / "a"))
    assert ran.code == 0
    assert ".venv" in ran.out


def test_what_cannot_be_read_is_named_and_not_taken_for_clean(
    ppkit: Ppkit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_arguments: object, **_named: object) -> bytes:
        raise PermissionError

    (tmp_path / "locked.txt").write_text("?")
    monkeypatch.setattr(Path, "open", denied)
    ran = ppkit("scan", str(tmp_path / "locked.txt"))
    assert ran.code == 2
    assert "locked.txt" in ran.err
    assert Texts("en")("keys.scan.clean") not in ran.out


def test_a_damaged_archive_is_not_taken_for_clean(ppkit: Ppkit, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 and no more")
    ran = ppkit("scan", str(tmp_path / "a.zip"))
    assert ran.code == 2
    assert "damaged" in ran.err


def test_a_key_weighs_more_than_what_cannot_be_read(ppkit: Ppkit, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 and no more")
    (tmp_path / "b.txt").write_text(KEY)
    assert ppkit("scan", str(tmp_path)).code == 1


def test_a_path_that_does_not_exist_is_a_misuse(ppkit: Ppkit) -> None:
    assert ppkit("scan", "nowhere").code == 2


def test_home_is_where_keys_stay_behind(
    ppkit: Ppkit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "ada")
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / ".bash_history").write_text(f"export OPENAI_API_KEY={KEY}\n")
    ran = ppkit("scan", "--home")
    assert ran.code == 1
    assert ".bash_history:1: sk-…" in ran.out


def git(*arguments: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", *who, *arguments], env=os.environ | own, check=True, capture_output=True)


@pytest.fixture
def repository(home: Path) -> None:
    """The working folder is one."""
    git("init", "--quiet")


@pytest.mark.processes
@pytest.mark.usefixtures("repository")
def test_staged_sees_what_the_next_commit_would_hold(ppkit: Ppkit) -> None:
    Path("notes.txt").write_text(KEY)
    assert ppkit("scan", "--staged").code == 0
    git("add", "notes.txt")
    Path("notes.txt").write_text("clean")
    ran = ppkit("scan", "--staged")
    assert ran.code == 1
    assert "notes.txt:1: sk-…" in ran.out


@pytest.mark.processes
@pytest.mark.usefixtures("repository")
def test_staged_follows_the_same_rules(ppkit: Ppkit) -> None:
    Path("a.7z").write_bytes(b"7z\xbc\xaf\x27\x1c\0\4")
    Path("readme.md").write_text(EXAMPLE)
    git("add", "readme.md")
    assert ppkit("scan", "--staged").code == 0
    assert ppkit("scan", "--staged", "--strict").code == 1
    git("add", "a.7z")
    assert ppkit("scan", "--staged").code == 2
    Path(f"{KEY}.txt").write_text("words")
    git("add", "--all")
    ran = ppkit("scan", "--staged")
    assert ran.code == 1
    assert KEY[12:40] not in ran.out + ran.err


@pytest.mark.processes
@pytest.mark.usefixtures("repository")
def test_history_finds_what_was_deleted_and_says_that_git_keeps_it(ppkit: Ppkit) -> None:
    Path("notes.txt").write_text(KEY)
    git("add", "notes.txt")
    git("commit", "--quiet", "-m", "add")
    git("rm", "--quiet", "notes.txt")
    git("commit", "--quiet", "-m", "clean")
    assert "--history" in ppkit("scan").out
    ran = ppkit("scan", "--history")
    assert ran.code == 1
    assert re.search(r"commit [0-9a-f]{10}, notes.txt:1: sk-…", ran.out)
    assert Texts("en")("keys.scan.now_history") in ran.out


@pytest.mark.processes
@pytest.mark.parametrize("option", ["--staged", "--history"])
def test_outside_of_git_it_is_explained(ppkit: Ppkit, option: str) -> None:
    ran = ppkit("scan", option)
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 3


HOOKS = (ROOT / ".pre-commit-hooks.yaml").read_text()
OWN = (ROOT / ".pre-commit-config.yaml").read_text()


def entry_of(hooks: str) -> str:
    """The command of the hook `ppkit-scan` in these settings."""
    (found,) = re.findall(r"id: ppkit-scan\n(?:.*\n)*?\s+entry: (.*)", hooks)
    return str(found)


def test_both_settings_call_the_same_command() -> None:
    assert entry_of(HOOKS) == "ppkit scan"
    assert entry_of(OWN) == ".venv/bin/ppkit scan"


@pytest.mark.processes
@pytest.mark.usefixtures("repository")
def test_the_hook_stops_a_commit_with_a_key_and_lets_others_pass(home: Path) -> None:
    """pre-commit itself, with the published entry run by this Python."""
    entry = entry_of(HOOKS).replace("ppkit", f"{sys.executable} -m ppkit", 1)
    Path(".pre-commit-config.yaml").write_text(
        f"repos: [{{repo: local, hooks: [{{id: ppkit-scan, name: s, entry: {entry}, language: system}}]}}]"
    )
    own = os.environ | {
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
        "PYTHONPATH": str(ROOT),
        "GIT_CONFIG_GLOBAL": os.devnull,
    }

    def run() -> subprocess.CompletedProcess[str]:
        git("add", "--all")
        command = [sys.executable, "-m", "pre_commit", "run"]
        return subprocess.run(command, env=own, capture_output=True, text=True, check=False)

    Path("notes.txt").write_text("words")
    assert run().returncode == 0
    Path("notes.txt").write_text(KEY)
    stopped = run()
    assert stopped.returncode == 1
    assert f"notes.txt:1: sk-…{SHORT}" in stopped.stdout
    assert KEY[12:40] not in stopped.stdout + stopped.stderr
