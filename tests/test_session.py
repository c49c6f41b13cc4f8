"""The session: which key, which address, which ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest

import ppkit
from ppkit.clock import ManualClock
from ppkit.keys import ApiKey
from ppkit.money import Money
from ppkit.practice.address import Address
from ppkit.practice.remote import Control
from ppkit.session import KeyRefused, NoKeyLinked, Session
from ppkit.settings import Settings
from ppkit.spending.ledger import Call, LedgerOfOtherMode

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


@pytest.mark.parametrize(("mode", "key"), [("practice", REAL), ("live", PRACTICE)])
def test_an_address_of_the_callers_own_takes_no_key_of_the_other_mode(
    home: Path, mode: str, key: str
) -> None:
    elsewhere = {"base_url": "http://localhost:8000/v1"}
    with pytest.raises(KeyRefused):
        a_session(home, mode).connection({**elsewhere, "api_key": key})
    with pytest.raises(KeyRefused):
        a_session(home, mode, OPENAI_API_KEY=key).connection(elsewhere)


def test_nothing_that_a_session_holds_shows_a_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Control, "post", lambda _self, _path: {"key": PRACTICE})
    session = a_session(home, OPENAI_API_KEY=PRACTICE)
    session.link(ApiKey(PRACTICE))
    assert session._plan_key.last4 == PRACTICE[-4:]
    assert PRACTICE not in repr(vars(session))


def test_a_traceback_with_variables_shows_no_key(home: Path) -> None:
    session = a_session(home, OPENAI_API_KEY=REAL)
    with pytest.raises(KeyRefused) as refused:
        session.connection({"base_url": "http://localhost:8000/v1"})
    ours = [entry for entry in refused.traceback if entry.path != Path(__file__)]
    assert ours
    assert not any(REAL in repr(value) for entry in ours for value in entry.frame.f_locals.values())


def test_what_the_caller_gives_stays(home: Path) -> None:
    given = {"api_key": "anything", "base_url": "http://localhost:8000/v1", "max_retries": 0}
    assert a_session(home).connection(given) == given


def test_live_calls_take_the_key_of_the_environment(home: Path) -> None:
    connection = a_session(home, "live", OPENAI_API_KEY=REAL).connection({})
    assert connection == {"api_key": REAL}


def test_the_accounts_ids_count_wherever_they_are_set(home: Path) -> None:
    settings = Settings(home=home, mode="live", organization="org-ours", project="proj_ours")
    session = Session(settings, environment={"OPENAI_API_KEY": REAL})
    connection = session.connection({"project": "proj_given"})
    assert (connection["organization"], connection["project"]) == ("org-ours", "proj_given")


def test_the_tier_of_a_project_sets_live_prices_and_leaves_practice_alone(home: Path) -> None:
    def dearest(mode: Literal["practice", "live"], **chosen: Any) -> Money:
        settings = Settings(home=home, mode=mode, **chosen)
        return Session(settings, environment={}).highest_cost(
            "responses", {"model": "gpt-6.1-sol", "input": ""}
        )

    usual = dearest("live")
    assert dearest("live", project_tier="priority") == usual * 2
    assert dearest("practice", project_tier="priority") == usual


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


def test_what_a_former_session_left_open_is_counted_as_soon_as_the_ledger_is_opened(home: Path) -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    former = Session(Settings(home=home), ManualClock(noon), {})
    former.ledger.reserve(Call("lost", "gpt-5-nano", "…WXYZ", "responses", {}), Money.usd("0.02"))
    former.ledger.close()
    later = Session(Settings(home=home), ManualClock(noon + timedelta(minutes=15)), {})
    assert later.ledger.totals().unknown == Money.usd("0.02")
    later.ledger.close()
