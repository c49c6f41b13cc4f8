"""The chain as a person sees it: a masked list, one in use, switching, forgetting, two stores as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ppkit.errors import PpkitError
from ppkit.keys import (
    ApiKey,
    FileKeyStore,
    KeyChain,
    KeyFileUnreadable,
    KeyringIsLocked,
    KeyringStore,
    NoSuchKey,
    NotOursToForget,
    SavedKeys,
    StoringRefused,
    Where,
    read_only_sources,
)

from .keyrings import MemoryKeyring, in_force

TYPED, ENVIRONMENT, FIRST, SECOND = (
    ApiKey("sk-practice-" + letters * 8) for letters in ("TYPEDx", "ENVIRO", "FIRSTx", "SECOND")
)


@pytest.fixture
def backend() -> Iterator[MemoryKeyring]:
    backend = MemoryKeyring()
    with in_force(backend):
        yield backend


@pytest.fixture
def saved(tmp_path: Path, backend: MemoryKeyring) -> SavedKeys:
    return SavedKeys(KeyringStore(tmp_path / "keyring.json", "ppkit"), FileKeyStore(tmp_path / "keys.json"))


@pytest.fixture
def chain(tmp_path: Path, saved: SavedKeys) -> KeyChain:
    variables = {"OPENAI_API_KEY": ENVIRONMENT.get_secret_value()}
    return KeyChain(
        "practice", lambda: read_only_sources("OPENAI_API_KEY", variables, tmp_path / ".env", None), saved
    )


def rows(chain: KeyChain) -> list[tuple[str, str, str]]:
    return [(line.name, line.source.value, line.state) for line in chain.lines()]


def test_the_list_shows_every_key_masked_and_one_in_use(chain: KeyChain, saved: SavedKeys) -> None:
    saved.save(FIRST, "first", "file")
    saved.save(SECOND, "second")
    chain.type_in(TYPED)
    assert rows(chain) == [
        ("typed", "typed", "active"),
        ("environment", "environment", "hidden"),
        ("second", "keyring", "hidden"),
        ("first", "file", "resting"),
    ]
    assert [line.masked for line in chain.lines()] == ["sk-…PEDx", "sk-…VIRO", "sk-…COND", "sk-…RSTx"]
    assert not any(letters * 2 in repr(chain.lines()) for letters in ("TYPEDx", "ENVIRO", "FIRSTx", "SECOND"))


def test_a_hidden_key_is_not_taken_out_of_the_keyring(
    chain: KeyChain, saved: SavedKeys, backend: MemoryKeyring, tmp_path: Path
) -> None:
    saved.save(FIRST)
    asked = backend.asked
    saved.keyring = KeyringStore(tmp_path / "keyring.json", "ppkit")  # as a new process would have it
    assert [found.masked for found in chain.chosen().hidden] == ["sk-…RSTx"]
    assert backend.asked == asked


def test_switching_puts_a_key_first_and_back(chain: KeyChain, saved: SavedKeys) -> None:
    saved.save(FIRST, "first", "file")
    saved.save(SECOND, "second")
    chain.type_in(TYPED)
    assert chain.use("first").key == FIRST
    assert chain.use("second").key == SECOND
    assert chain.use("environment").key == ENVIRONMENT
    assert chain.use("typed").key == TYPED
    with pytest.raises(NoSuchKey):
        chain.use("dotenv")
    with pytest.raises(NoSuchKey):
        chain.use("nobody")


def test_a_switch_among_saved_keys_lasts_for_other_sessions(
    chain: KeyChain, saved: SavedKeys, tmp_path: Path
) -> None:
    saved.save(FIRST, "first", "file")
    saved.save(SECOND, "second")
    chain.use("first")
    assert KeyChain("practice", lambda: [], saved).chosen().key == FIRST


def test_what_is_typed_later_counts_before_what_was_switched_to(chain: KeyChain, saved: SavedKeys) -> None:
    saved.save(FIRST)
    chain.use("PostPickr-AI")
    chain.type_in(TYPED)
    assert chain.chosen().key == TYPED


def test_forgetting_all_drops_typed_and_saved_and_says_what_still_links(
    chain: KeyChain, saved: SavedKeys, backend: MemoryKeyring, tmp_path: Path
) -> None:
    saved.save(FIRST, "first", "file")
    saved.save(SECOND, "second")
    chain.type_in(TYPED)
    still = chain.forget()
    assert [found.source for found in (still.active,) if found] == ["environment"]
    assert saved.list() == []
    assert backend.kept == {}
    assert not any(b"FIRSTxFIRSTx" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_one_key_of_the_list_can_be_forgotten(chain: KeyChain, saved: SavedKeys) -> None:
    saved.save(FIRST, "first")
    saved.save(SECOND, "second")
    chain.type_in(TYPED)
    chain.forget("typed")
    chain.forget("second")
    assert [name for name, _, _ in rows(chain)] == ["environment", "first"]
    with pytest.raises(NoSuchKey):
        chain.forget("second")


def test_a_place_that_is_only_read_is_not_ours_to_forget(chain: KeyChain) -> None:
    with pytest.raises(NotOursToForget) as refused:
        chain.forget("environment")
    assert refused.value.facts == {"place": "OPENAI_API_KEY"}
    assert chain.chosen().key == ENVIRONMENT


def test_one_name_stands_for_one_key_wherever_it_was_saved(saved: SavedKeys) -> None:
    saved.save(FIRST, "agency", "file")
    saved.save(SECOND, "agency", "keyring")
    assert [(kept.source, kept.key.masked) for kept in saved.list()] == [("keyring", "sk-…COND")]


def test_the_keyring_is_taken_where_there_is_one_else_the_file(saved: SavedKeys, tmp_path: Path) -> None:
    assert saved.save(FIRST) == "keyring"
    none = SavedKeys(
        KeyringStore(tmp_path / "none.json", "ppkit", backend=lambda: None),
        FileKeyStore(tmp_path / "other.json"),
    )
    assert none.save(FIRST) == "file"


def test_a_locked_keyring_is_never_replaced_by_a_file_in_silence(
    saved: SavedKeys, backend: MemoryKeyring, tmp_path: Path
) -> None:
    backend.is_locked = True
    with pytest.raises(KeyringIsLocked):
        saved.save(FIRST)
    assert not (tmp_path / "keys.json").exists()
    assert saved.save(FIRST, wanted="file") == "file"


def test_where_nothing_may_be_stored_nothing_is(tmp_path: Path, backend: MemoryKeyring) -> None:
    keyring, file = KeyringStore(tmp_path / "keyring.json", "ppkit"), FileKeyStore(tmp_path / "keys.json")
    public = SavedKeys(keyring, file, may_store=False)
    wishes: tuple[Where | None, ...] = (None, "file", "keyring")
    for where in wishes:
        with pytest.raises(StoringRefused):
            public.save(FIRST, "first", where)
    assert list(tmp_path.iterdir()) == []
    assert backend.kept == {}


@pytest.mark.parametrize("act", [lambda saved: saved.forget(), lambda saved: saved.forget("second")])
def test_trouble_with_one_store_does_not_keep_the_other(
    saved: SavedKeys, backend: MemoryKeyring, tmp_path: Path, act: Callable[[SavedKeys], object]
) -> None:
    saved.save(FIRST, "first", "file")
    saved.save(SECOND, "second")
    (tmp_path / "keys.json").write_text("{ damaged")
    with pytest.raises(KeyFileUnreadable):
        act(saved)
    assert backend.kept == {}


def test_a_damaged_file_is_told_in_the_chain_and_a_typed_key_works_on(
    chain: KeyChain, saved: SavedKeys, tmp_path: Path
) -> None:
    (tmp_path / "keys.json").write_text("{ damaged")
    chain.type_in(TYPED)
    assert chain.chosen().key == TYPED
    refused = chain.chosen().refused
    assert [found.trouble.code for found in refused if found.trouble] == ["key_file_unreadable"]
    assert ("file", "file", "refused") in rows(chain)
    assert [path.name for path in saved.set_aside_damaged()] == ["keys.damaged-1.json"]
    assert chain.chosen().refused == ()


def test_a_chain_of_admin_keys_takes_no_other(tmp_path: Path) -> None:
    variables = {"OPENAI_ADMIN_KEY": ENVIRONMENT.get_secret_value()}
    chain = KeyChain(
        "practice",
        lambda: read_only_sources("OPENAI_ADMIN_KEY", variables, tmp_path / ".env", None),
        expected="admin",
    )
    assert chain.chosen().key is None
    assert [found.pasted.refusal for found in chain.chosen().refused] == ["not_an_admin_key"]
    admin = ApiKey("sk-practice-admin-" + "ADMINx" * 8)
    chain.type_in(admin)
    assert chain.chosen().key == admin
    chain.forget()
    assert chain.chosen().key is None
    with pytest.raises(PpkitError):
        chain.use("anything")


@pytest.mark.parametrize("where", ["file", "keyring"])
def test_a_saved_key_that_is_no_key_of_this_mode_is_passed_over_and_hides_nothing(
    saved: SavedKeys, where: Where
) -> None:
    saved.save(SECOND, "whole", "file")
    saved.save(ApiKey("sk-practice-" + "HALFxx" * 9), "half", where)
    chosen = KeyChain("practice", list, saved).chosen()
    assert chosen.key is None
    assert [found.pasted.refusal for found in chosen.refused] == ["half"]
