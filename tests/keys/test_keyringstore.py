"""The system's keyring: which ones count, what a locked or failing one means, and that forgetting deletes."""

from __future__ import annotations

import builtins
import json
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import chainer

from ppkit.keys import (
    ApiKey,
    KeyFileUnreadable,
    KeyringFailed,
    KeyringIsLocked,
    KeyringLostKey,
    KeyringStore,
    KeyTooLongForKeyring,
    NoKeyring,
    secure_backend,
)

from .keyrings import MemoryKeyring, chain_of_keyrings, fail_keyring, in_force, null_keyring

FIRST = ApiKey("sk-practice-" + "CANARY" * 8)
SECOND = ApiKey("sk-practice-" + "SECOND" * 8)


@pytest.fixture
def backend() -> Iterator[MemoryKeyring]:
    backend = MemoryKeyring()
    with in_force(backend):
        yield backend


@pytest.fixture
def store(tmp_path: Path, backend: MemoryKeyring) -> KeyringStore:
    return KeyringStore(tmp_path / "keyring.json", "ppkit (practice)")


class PlainText(MemoryKeyring):
    """Like the file keyrings of the package keyrings.alt."""

    priority = 0.5


class Masquerade(MemoryKeyring):
    __module__ = "keyrings.alt.file"


@pytest.mark.parametrize("insecure", [null_keyring, fail_keyring, PlainText, Masquerade])
def test_a_keyring_that_keeps_no_secret_counts_as_none(insecure: Callable[[], KeyringBackend]) -> None:
    with in_force(insecure()):
        assert secure_backend() is None


@pytest.mark.processes
def test_of_a_chain_its_first_secure_link_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    good = MemoryKeyring()
    for links, taken in (([PlainText(), good], good), ([PlainText(), fail_keyring()], None)):
        monkeypatch.setattr(chainer.ChainerBackend, "backends", links)
        with in_force(chain_of_keyrings()):
            assert secure_backend() is taken


def test_without_the_library_there_is_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def importing(name: str, *arguments: Any) -> Any:
        if name == "keyring":
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", importing)
    assert secure_backend() is None


def test_a_keyring_that_was_named_and_does_not_exist_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "no.such.Keyring")
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    assert secure_backend() is None


def test_the_secret_is_in_the_keyring_alone(store: KeyringStore, backend: MemoryKeyring) -> None:
    store.save(FIRST, "agency")
    assert list(backend.kept.values()) == [FIRST.get_secret_value()]
    assert "CANARYCANARY" not in store.document.path.read_text()


def test_listing_and_resting_never_open_the_keyring(store: KeyringStore, backend: MemoryKeyring) -> None:
    store.save(FIRST)
    backend.is_locked = True
    assert [saved.masked for saved in store.list()] == ["sk-…NARY"]
    store.activate(None)


def test_the_keyring_is_asked_once_for_a_key(store: KeyringStore, backend: MemoryKeyring) -> None:
    store.save(FIRST)
    another = KeyringStore(store.document.path, "ppkit (practice)")
    before = backend.asked
    assert [another.load(), another.load(), another.load()] == [FIRST] * 3
    assert backend.asked == before + 1


def test_what_another_process_saved_or_forgot_counts_at_once(store: KeyringStore) -> None:
    another = KeyringStore(store.document.path, "ppkit (practice)")
    another.save(FIRST)
    assert store.load() == FIRST
    another.save(SECOND)
    assert store.load() == SECOND
    another.forget()
    assert store.load() is None


def test_two_data_folders_do_not_meet_in_one_keyring(backend: MemoryKeyring, tmp_path: Path) -> None:
    ours, theirs = (KeyringStore(tmp_path / name / "keyring.json", "ppkit (live)") for name in "ab")
    ours.save(FIRST)
    theirs.save(SECOND)
    theirs.forget()
    assert KeyringStore(ours.document.path, "ppkit (live)").load() == FIRST


def test_forgetting_deletes_in_the_keyring(store: KeyringStore, backend: MemoryKeyring) -> None:
    store.save(FIRST)
    store.save(SECOND)
    assert list(backend.kept.values()) == [SECOND.get_secret_value()]
    store.forget()
    assert backend.kept == {}
    assert not store.document.path.exists()


def test_a_locked_keyring_is_told_and_nothing_is_lost(store: KeyringStore, backend: MemoryKeyring) -> None:
    store.save(FIRST)
    backend.is_locked = True
    with pytest.raises(KeyringIsLocked):
        store.save(SECOND)
    with pytest.raises(KeyringIsLocked):
        KeyringStore(store.document.path, "ppkit (practice)").load()
    backend.is_locked = False
    assert KeyringStore(store.document.path, "ppkit (practice)").load() == FIRST


def refused_when(store: KeyringStore, backend: MemoryKeyring) -> int:
    """How often a locked keyring is asked by one more look at the key."""
    before = backend.refused
    with pytest.raises(KeyringIsLocked):
        store.load()
    return backend.refused - before


def test_a_locked_keyring_is_not_asked_at_every_look(store: KeyringStore, backend: MemoryKeyring) -> None:
    store.save(FIRST)
    backend.is_locked = True
    now = 1_000.0
    another = KeyringStore(store.document.path, "ppkit (practice)", seconds=lambda: now)
    assert [refused_when(another, backend) for _ in range(3)] == [1, 0, 0]
    now += 59
    assert refused_when(another, backend) == 0
    now += 1
    assert [refused_when(another, backend) for _ in range(2)] == [1, 0]
    now += 60
    backend.is_locked = False
    assert another.load() == FIRST


def save(store: KeyringStore) -> None:
    store.save(SECOND, "other")


def forget(store: KeyringStore) -> None:
    store.forget("nobody")


def use(store: KeyringStore) -> None:
    store.activate("PostPickr-AI")


@pytest.mark.parametrize("change", [save, forget, use])
def test_a_locked_keyring_is_asked_again_after_the_person_did_something(
    store: KeyringStore, backend: MemoryKeyring, change: Callable[[KeyringStore], None]
) -> None:
    store.save(FIRST)
    backend.is_locked = True
    another = KeyringStore(store.document.path, "ppkit (practice)", seconds=lambda: 0.0)
    refused_when(another, backend)
    with suppress(KeyringIsLocked):
        change(another)
    assert refused_when(another, backend) == 1
    assert refused_when(another, backend) == 0


def test_a_key_forgotten_while_the_keyring_was_locked_is_deleted_the_next_time(
    store: KeyringStore, backend: MemoryKeyring
) -> None:
    store.save(FIRST)
    backend.is_locked = True
    with pytest.raises(KeyringIsLocked):
        store.forget()
    assert store.load() is None
    backend.is_locked = False
    assert store.forget() is True
    assert backend.kept == {}


def test_what_a_crash_leaves_in_the_keyring_is_known_and_forgotten(
    store: KeyringStore, backend: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = MemoryKeyring.set_password

    def set_then_die(self: MemoryKeyring, service: str, username: str, password: str) -> None:
        original(self, service, username, password)
        raise KeyboardInterrupt

    monkeypatch.setattr(MemoryKeyring, "set_password", set_then_die)
    with pytest.raises(KeyboardInterrupt):
        store.save(FIRST)
    assert len(backend.kept) == 1
    assert store.list() == []
    assert store.forget() is True
    assert backend.kept == {}


def test_a_failing_keyring_quotes_nothing_of_what_it_was_given(
    store: KeyringStore, backend: MemoryKeyring
) -> None:
    def fails(value: str) -> str:
        raise ValueError(f"cannot keep {value}")

    backend.on_set = fails
    with pytest.raises(KeyringFailed) as caught:
        store.save(FIRST)
    assert "CANARYCANARY" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


def test_a_keyring_that_gives_back_something_else_has_kept_nothing(
    store: KeyringStore, backend: MemoryKeyring
) -> None:
    backend.on_set = lambda value: value[:40]
    with pytest.raises(KeyringFailed):
        store.save(FIRST)
    assert store.list() == []
    store.forget()
    assert backend.kept == {}


def test_a_key_too_long_for_windows_is_refused_everywhere(store: KeyringStore) -> None:
    store.save(ApiKey("sk-" + "a" * 1_277))
    with pytest.raises(KeyTooLongForKeyring):
        store.save(ApiKey("sk-" + "a" * 1_278))


def test_a_key_deleted_in_the_keyring_itself_is_told(store: KeyringStore, backend: MemoryKeyring) -> None:
    store.save(FIRST)
    backend.kept.clear()
    fresh = KeyringStore(store.document.path, "ppkit (practice)")
    with pytest.raises(KeyringLostKey):
        fresh.load()
    assert fresh.forget() is True


def test_a_machine_whose_keyring_has_gone_is_told(store: KeyringStore) -> None:
    store.save(FIRST)
    with in_force(fail_keyring()):
        with pytest.raises(NoKeyring):
            KeyringStore(store.document.path, "ppkit (practice)").load()
        with pytest.raises(NoKeyring):
            store.save(SECOND)
    assert store.load() == FIRST


LINE_DAMAGED = json.dumps({"schema": 1, "keys": {"a": 1}, "active": None, "to_delete": []})


@pytest.mark.parametrize("damage", ["{", LINE_DAMAGED])
def test_a_damaged_list_is_an_error_and_is_never_replaced(store: KeyringStore, damage: str) -> None:
    store.document.path.write_text(damage)
    for use in (store.load, store.list, store.forget, lambda: store.save(FIRST)):
        with pytest.raises(KeyFileUnreadable):
            use()
    assert store.document.path.read_text() == damage
