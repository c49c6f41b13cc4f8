"""`ppkit key`: kept when asked, shown masked, forgotten."""

from __future__ import annotations

import io
import stat
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from keys.keyrings import MemoryKeyring, in_force

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


OTHER = "sk-practice-" + "Zy9Xw8Vu7Ts6" * 4


@pytest.fixture
def keyring() -> Iterator[MemoryKeyring]:
    backend = MemoryKeyring()
    with in_force(backend):
        yield backend


def test_the_keyring_is_used_where_there_is_one_and_this_is_told(
    ppkit: Ppkit, home: Path, keyring: MemoryKeyring
) -> None:
    assert "keyring" in ppkit("key", "set", typed=KEY).out
    assert list(keyring.kept.values()) == [KEY]
    assert not (home / "practice/keys.json").exists()
    assert ppkit("key", "list", "--json").json[0]["source"] == "keyring"
    assert ppkit("key", "forget").code == 0
    assert keyring.kept == {}


def test_a_locked_keyring_is_told_with_two_ways_on(ppkit: Ppkit, keyring: MemoryKeyring) -> None:
    keyring.is_locked = True
    ran = ppkit("key", "set", typed=KEY)
    assert ran.code == 2
    assert "Unlock" in ran.err
    assert "--where file" in ran.err
    assert ppkit("key", "set", "--where", "file", typed=KEY).code == 0


def test_what_hides_a_saved_key_is_told(ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", OTHER)
    ran = ppkit("key", "set", typed=KEY)
    assert ran.code == 0
    assert f"sk-…{OTHER[-4:]} (environment variable OPENAI_API_KEY)" in ran.err
    assert [(row["source"], row["state"]) for row in ppkit("key", "list", "--json").json] == [
        ("environment", "active"),
        ("file", "hidden"),
    ]


def test_one_switches_between_saved_keys(ppkit: Ppkit) -> None:
    ppkit("key", "set", "--name", "rossi", typed=KEY)
    ppkit("key", "set", "--name", "bianchi", typed=OTHER)
    ran = ppkit("key", "use", "rossi")
    assert (ran.code, f"sk-…{SHORT}" in ran.out) == (0, True)
    states = {row["name"]: row["state"] for row in ppkit("key", "list", "--json").json}
    assert states == {"rossi": "active", "bianchi": "resting"}
    assert ppkit("key", "forget", "--name", "rossi").code == 0
    assert ppkit("key", "use", "rossi").code == 2


def test_a_key_given_as_a_name_is_refused_and_not_repeated(ppkit: Ppkit) -> None:
    for arguments in (("set", "--name", KEY), ("use", KEY), ("forget", "--name", KEY)):
        ran = ppkit("key", *arguments, typed=KEY)
        assert ran.code != 0
        assert KEY[12:] not in ran.out + ran.err


def test_what_is_passed_over_is_told_in_the_list(
    ppkit: Ppkit, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(".env").write_text(f"OPENAI_API_KEY={KEY[:-5]}")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-" + "Ab3Cd4Ef5Gh6" * 8)
    listed = ppkit("key", "list")
    assert len(listed.err.splitlines()) == 2
    assert [row["refused"] for row in ppkit("key", "list", "--json").json] == ["real_key_in_practice", "half"]
    assert KEY[12:-5] not in listed.out + listed.err


def test_a_damaged_file_is_set_aside_on_request_and_goes_when_all_is_forgotten(
    ppkit: Ppkit, home: Path
) -> None:
    (home / "practice").mkdir(parents=True)
    (home / "practice/keys.json").write_text("{" + OTHER)
    ran = ppkit("key", "set", "--set-aside", typed=KEY)
    assert ran.code == 0
    assert "keys.damaged-1.json" in ran.err
    assert ppkit("key", "forget").code == 0
    assert not any(OTHER.encode() in path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_on_binder_nothing_is_saved_nor_asked_for(
    ppkit: Ppkit, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BINDER_LAUNCH_HOST", "https://mybinder.org/")
    ran = ppkit("key", "set", typed="no key at all")  # it is not even looked at
    assert ran.code == 2
    assert "Binder" in ran.err
    assert not list(home.rglob("*key*"))


def test_what_is_no_text_is_refused(ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = io.TextIOWrapper(io.BytesIO(b"\xff\xfe" + KEY.encode("utf-16-le")), encoding="utf-8")
    monkeypatch.setattr("ppkit.cli.key_input.sys", SimpleNamespace(stdin=binary))
    ran = ppkit("key", "set")
    assert ran.code == 1
    assert KEY not in ran.err
