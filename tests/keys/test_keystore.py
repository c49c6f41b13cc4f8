"""Kept keys: in memory, or in a file for its owner alone."""

import os
import stat
import traceback
from pathlib import Path

import pytest

from ppkit.keys import ApiKey, FileKeyStore, KeyFileNotWritten, KeyFileUnreadable, KeyStore, MemoryKeyStore

FIRST = ApiKey("sk-practice-" + "CANARY" * 8)
SECOND = ApiKey("sk-practice-" + "SECOND" * 8)


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> KeyStore:
    return MemoryKeyStore() if request.param == "memory" else FileKeyStore(tmp_path / "keys" / "keys.json")


def test_an_empty_store_has_no_key(store: KeyStore) -> None:
    assert store.load() is None
    assert store.list() == []
    assert store.forget() is False


def test_the_newest_key_is_active_and_others_stay(store: KeyStore) -> None:
    store.save(FIRST)
    store.save(SECOND, "second")
    assert store.load() == SECOND
    assert store.load("PostPickr-AI") == FIRST
    assert [(saved.name, saved.masked, saved.active) for saved in store.list()] == [
        ("PostPickr-AI", "sk-…NARY", False),
        ("second", "sk-…COND", True),
    ]


def test_an_older_key_can_be_made_active(store: KeyStore) -> None:
    store.save(FIRST)
    store.save(SECOND, "second")
    store.activate("PostPickr-AI")
    assert store.load() == FIRST
    with pytest.raises(LookupError):
        store.activate("nobody")


def test_forgetting_really_forgets(store: KeyStore) -> None:
    store.save(FIRST)
    store.save(SECOND, "second")
    assert store.forget("second") is True
    assert store.load() == FIRST
    assert store.forget("second") is False
    assert store.forget() is True
    assert store.load() is None


def test_no_store_prints_a_key(store: KeyStore) -> None:
    store.save(FIRST)
    assert "CANARYCANARY" not in repr(store) + repr(store.list()) + str(vars(store))


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keys.json"
    FileKeyStore(path).save(FIRST)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"]


def test_another_session_reads_what_one_saved(tmp_path: Path) -> None:
    FileKeyStore(tmp_path / "keys.json").save(FIRST)
    assert FileKeyStore(tmp_path / "keys.json").load() == FIRST


def test_no_file_is_left_when_nothing_is_kept(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / "keys.json")
    store.save(FIRST)
    store.forget()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{",
        b"[]",
        b'{"schema": 2, "keys": {}, "active": null}',
        b'{"schema": 1, "keys": {"a": 7}, "active": null}',
        b'{"schema": 1, "keys": {"a": "sk-practice-' + b"CANARY" * 8 + b'"',
        b'{"schema": 1, "keys": {"a": "short"}, "active": "a"}',
        b"\xff\xfe",
    ],
)
def test_a_damaged_file_is_an_error_and_is_never_replaced(tmp_path: Path, damaged: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(damaged)
    store = FileKeyStore(path)
    for use in (store.load, store.list, store.forget, lambda: store.save(FIRST)):
        with pytest.raises(KeyFileUnreadable) as caught:
            use()
        assert "CANARYCANARY" not in "".join(traceback.format_exception(caught.value))
        assert caught.value.__context__ is None
    assert path.read_bytes() == damaged


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_an_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(KeyFileNotWritten):
        FileKeyStore(tmp_path / "keys.json").save(FIRST)


def test_a_full_disk_leaves_the_saved_key_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileKeyStore(tmp_path / "keys.json")
    store.save(FIRST)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileNotWritten):
        store.save(SECOND)
    assert store.load() == FIRST
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.json"]
