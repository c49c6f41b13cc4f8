"""The file of saved keys: for its owner alone, never half, kept when damaged, really gone when forgotten."""

from __future__ import annotations

import multiprocessing
import os
import stat
import traceback
from pathlib import Path

import pytest

from ppkit.keys import ApiKey, FileKeyStore, KeyFileNotWritten, KeyFileUnreadable
from ppkit.lock import FileLock

FIRST = ApiKey("sk-practice-" + "CANARY" * 8)
SECOND = ApiKey("sk-practice-" + "SECOND" * 8)
SECRET = FIRST.get_secret_value().encode()


def files_holding(secret: bytes, folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and secret in path.read_bytes()]


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_the_file_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "deep" / "keys" / "keys.json"
    before = os.umask(umask)
    try:
        FileKeyStore(path).save(FIRST)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700
    assert files_holding(SECRET, tmp_path) == ["keys.json"]


def test_another_session_reads_what_one_saved(tmp_path: Path) -> None:
    FileKeyStore(tmp_path / "keys.json").save(FIRST)
    assert FileKeyStore(tmp_path / "keys.json").load() == FIRST


def test_nothing_is_left_when_nothing_is_kept(tmp_path: Path) -> None:
    store = FileKeyStore(tmp_path / "keys.json")
    store.save(FIRST)
    (tmp_path / ".keys.json.killed.tmp").write_bytes(SECRET)  # what a process leaves that is killed
    store.forget()
    assert files_holding(SECRET, tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == [".keys.json.lock"]


@pytest.mark.skipif(os.name == "nt", reason="a file that is open cannot be replaced on Windows")
@pytest.mark.parametrize("name", [None, "first"])
def test_the_bytes_of_a_forgotten_key_are_overwritten(tmp_path: Path, name: str | None) -> None:
    store = FileKeyStore(tmp_path / "keys.json")
    store.save(FIRST, "first")
    store.save(SECOND, "second")
    with (tmp_path / "keys.json").open("rb") as old:
        store.forget(name)
        assert SECRET not in old.read()


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
        b"[" * 500_000,
    ],
)
def test_a_damaged_file_is_an_error_and_is_never_replaced(tmp_path: Path, damaged: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(damaged)
    store = FileKeyStore(path)
    for use in (
        store.load,
        store.list,
        store.forget,
        lambda: store.save(FIRST),
        lambda: store.activate(None),
    ):
        with pytest.raises(KeyFileUnreadable) as caught:
            use()
        assert "CANARYCANARY" not in "".join(traceback.format_exception(caught.value))
        assert caught.value.__context__ is None
    assert path.read_bytes() == damaged


def test_a_damaged_file_can_be_set_aside_and_is_forgotten_with_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    store = FileKeyStore(path)
    for number in (1, 2):
        path.write_bytes(b"{ damaged " + SECRET)
        assert store.document.set_aside() == tmp_path / f"keys.damaged-{number}.json"
    assert store.document.set_aside() is None
    assert len(files_holding(SECRET, tmp_path)) == 2
    store.save(SECOND)
    assert store.document.set_aside() is None
    assert store.forget() is True
    assert files_holding(SECRET, tmp_path) == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_an_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(KeyFileNotWritten):
        FileKeyStore(tmp_path / "keys.json").save(FIRST)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(KeyFileNotWritten):
        FileKeyStore(tmp_path / "taken" / "keys.json").save(FIRST)


def test_a_full_disk_leaves_the_saved_key_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileKeyStore(tmp_path / "keys.json")
    store.save(FIRST)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileNotWritten) as caught:
        store.save(SECOND)
    assert "SECONDSECOND" not in "".join(traceback.format_exception(caught.value))
    assert store.load() == FIRST
    assert files_holding(SECOND.get_secret_value().encode(), tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_stays_a_link_and_what_it_points_to_is_kept_and_forgotten(tmp_path: Path) -> None:
    real = tmp_path / "elsewhere" / "real.json"
    link = tmp_path / "keys.json"
    link.symlink_to(real)
    store = FileKeyStore(link)
    store.save(FIRST)
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    store.save(SECOND, "second")
    assert FileKeyStore(real).load("PostPickr-AI") == FIRST
    store.forget()
    assert files_holding(SECRET, tmp_path) == []
    assert store.load() is None


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_that_leads_nowhere_but_to_itself_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "keys.json").symlink_to(tmp_path / "keys.json")
    with pytest.raises(KeyFileUnreadable):
        FileKeyStore(tmp_path / "keys.json").save(FIRST)


def save_many(path: Path, letter: str, count: int) -> None:
    store = FileKeyStore(path)
    for number in range(count):
        store.save(ApiKey("sk-practice-" + letter * 48), f"{letter}{number}")


def test_processes_that_save_at_once_lose_nothing(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=save_many, args=(tmp_path / "keys.json", letter, 5)) for letter in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    names = {saved.name for saved in FileKeyStore(tmp_path / "keys.json").list()}
    assert names == {f"{letter}{number}" for letter in "abc" for number in range(5)}


def test_a_lock_that_is_never_given_back_is_an_error_and_no_endless_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ppkit.lock.WRITER_SECONDS", 0.0)
    held = FileLock(tmp_path / ".keys.json.lock")
    assert held.take()
    with held, pytest.raises(KeyFileNotWritten):
        FileKeyStore(tmp_path / "keys.json").save(FIRST)
