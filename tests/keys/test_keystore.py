"""Kept keys: one contract for memory, file and keyring."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sweeps import sweep

from ppkit.keys import ApiKey, FileKeyStore, InvalidKeyName, KeyringStore, KeyStore, NoSuchKey

from .keyrings import MemoryKeyring, in_force
from .memory_key_store import MemoryKeyStore

FIRST = ApiKey("sk-practice-" + "CANARY" * 8)
SECOND = ApiKey("sk-practice-" + "SECOND" * 8)
INFIX = "T3Blbk" + "FJ"


@pytest.fixture(params=["memory", "file", "keyring"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyStore]:
    with ExitStack() as stack:
        if request.param == "memory":
            yield MemoryKeyStore()
        elif request.param == "file":
            yield FileKeyStore(tmp_path / "keys" / "keys.json")
        else:
            stack.enter_context(in_force(MemoryKeyring()))
            yield KeyringStore(tmp_path / "keyring.json", "ppkit (practice)")


def test_an_empty_store_has_no_key(store: KeyStore) -> None:
    assert store.load() is None
    assert store.list() == []
    assert store.forget() is False


def test_the_newest_key_is_active_and_others_stay(store: KeyStore) -> None:
    store.save(FIRST)
    store.save(SECOND, "second")
    assert store.load() == SECOND
    assert store.load("PostPickr-AI") == FIRST
    assert [(saved.name, saved.masked, saved.kind, saved.active) for saved in store.list()] == [
        ("PostPickr-AI", "sk-…NARY", "practice", False),
        ("second", "sk-…COND", "practice", True),
    ]


def test_a_key_takes_the_place_of_another_of_its_name(store: KeyStore) -> None:
    store.save(FIRST)
    store.save(SECOND)
    assert store.load() == SECOND
    assert [saved.masked for saved in store.list()] == ["sk-…COND"]


def test_an_older_key_can_be_made_active(store: KeyStore) -> None:
    store.save(FIRST)
    store.save(SECOND, "second")
    store.activate("PostPickr-AI")
    assert store.load() == FIRST
    with pytest.raises(NoSuchKey):
        store.activate("nobody")


def test_a_store_that_rests_has_keys_but_none_in_use(store: KeyStore) -> None:
    store.save(FIRST)
    store.save(SECOND, "second")
    store.activate(None)
    assert store.load() is None
    assert [saved.active for saved in store.list()] == [False, False]
    store.forget("second")
    assert store.load() is None
    assert store.load("PostPickr-AI") == FIRST


def test_forgetting_really_forgets(store: KeyStore) -> None:
    store.save(FIRST)
    store.save(SECOND, "second")
    assert store.forget("second") is True
    assert store.load() == FIRST
    assert store.load("second") is None
    assert store.forget("second") is False
    assert store.forget() is True
    assert store.load() is None
    assert store.list() == []


def test_no_store_prints_a_key(store: KeyStore) -> None:
    store.save(FIRST)
    store.load()
    assert "CANARYCANARY" not in repr(store) + repr(store.list()) + str(vars(store))


ODD_NAMES = ["Cliente Rossi & Figli", "città", "プロジェクト", "a/b\\c:d", 'it\'s "odd"', "🗝️"]
NO_NAMES = ["", "  ", "two\nlines", "a\x00b", "x" * 61, "typed", "environment", "a" + INFIX]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_may_have_odd_characters(store: KeyStore, name: str) -> None:
    store.save(FIRST, f" {name} ")
    assert store.load(name) == FIRST
    assert [saved.name for saved in store.list()] == [name]
    assert store.forget(name) is True


@sweep("name", [*NO_NAMES, FIRST.get_secret_value()])
def test_a_name_that_cannot_be_shown_or_is_a_key_is_refused_and_not_quoted(
    store: KeyStore, name: str
) -> None:
    with pytest.raises(InvalidKeyName) as refused:
        store.save(FIRST, name)
    assert refused.value.facts == {}
    assert store.list() == []
