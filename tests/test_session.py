"""The session: which key, which address, which ledger."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

import ppkit
from ppkit.keys import ApiKey
from ppkit.practice.address import Address
from ppkit.session import KeyRefused, NoKeyLinked, Session
from ppkit.settings import Settings
from ppkit.spending.ledger import LedgerOfOtherMode

PRACTICE = "sk-practice-" + "Ab3" * 16
REAL = "sk-proj-" + "Ab3" * 16
ADDRESS = Address("http://127.0.0.1:1/v1", "http://127.0.0.1:1/", "token", 1)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Session, "practice_address", lambda _self: ADDRESS)
    return tmp_path


def a_session(home: Path, mode: str = "practice", **environment: str) -> Session:
    return Session(Settings(home=home, mode=mode), environment=environment)  # type: ignore[arg-type]


def test_every_public_name_exists() -> None:
    assert [name for name in ppkit.__all__ if not hasattr(ppkit, name)] == []


def test_functions_stay_functions_when_the_rooms_of_the_same_name_are_imported() -> None:
    import ppkit.assistant
    import ppkit.practice.platform
    import ppkit.session

    assert not any(isinstance(getattr(ppkit, name), ModuleType) for name in ppkit.__all__)


def test_practice_calls_go_to_the_practice_platform_with_the_linked_key(home: Path) -> None:
    session = a_session(home)
    session.link(ApiKey(PRACTICE))
    connection = session.connection({})
    assert (connection["base_url"], connection["api_key"]) == (ADDRESS.base_url, PRACTICE)


def test_practice_never_sends_the_real_accounts_ids(home: Path) -> None:
    session = a_session(home)
    session.link(ApiKey(PRACTICE))
    connection = session.connection({})
    assert (connection["organization"], connection["project"]) == ("", "")


def test_a_real_key_in_the_environment_is_passed_over_in_practice(home: Path) -> None:
    with pytest.raises(NoKeyLinked):
        a_session(home, OPENAI_API_KEY=REAL).connection({})


@pytest.mark.parametrize(("mode", "key"), [("practice", REAL), ("live", PRACTICE)])
def test_neither_mode_takes_the_keys_of_the_other(home: Path, mode: str, key: str) -> None:
    session = a_session(home, mode)
    with pytest.raises(KeyRefused):
        session.link(ApiKey(key))
    with pytest.raises(KeyRefused):
        session.connection({"api_key": key})
    assert session.linked_key is None


def test_what_the_caller_gives_stays(home: Path) -> None:
    given = {"api_key": "anything", "base_url": "http://localhost:8000/v1", "max_retries": 0}
    assert a_session(home).connection(given) == given


def test_live_calls_take_the_key_of_the_environment(home: Path) -> None:
    connection = a_session(home, "live", OPENAI_API_KEY=REAL).connection({})
    assert connection == {"api_key": REAL}


def test_a_key_is_kept_only_when_asked_and_forgetting_says_what_still_holds_one(home: Path) -> None:
    session = a_session(home, OPENAI_API_KEY=PRACTICE)
    session.link(ApiKey(PRACTICE))
    assert session.key_store.load() is None
    session.link(ApiKey(PRACTICE), store=True)
    assert a_session(home).linked_key == ApiKey(PRACTICE)
    still = session.forget()
    assert a_session(home).linked_key is None
    assert still.active is not None
    assert still.active.source == "environment"


def test_one_ledger_file_never_serves_both_modes(home: Path) -> None:
    url = f"sqlite:///{home / 'shared.sqlite3'}"
    practice = Session(Settings(home=home, ledger_url=url), environment={})
    practice.ledger.close()
    with pytest.raises(LedgerOfOtherMode):
        _ = Session(Settings(home=home, mode="live", ledger_url=url), environment={}).ledger
