"""The session: which key, which address, which ledger."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import openai
import pytest

import ppkit
from ppkit.agency import Agency, AgencyFileInvalid
from ppkit.ai_assistant import Purse
from ppkit.clock import ManualClock
from ppkit.keys import ApiKey, KeyInText, PasteRefusal, StoringRefused
from ppkit.linking import KeyPassedOver, KeyRefused, NoKeyLinked
from ppkit.mode import Mode
from ppkit.money import Money
from ppkit.place import Place
from ppkit.practice_link import PracticeLink
from ppkit.practice_platform.address import Address
from ppkit.practice_platform.remote import Control
from ppkit.sessions import Session
from ppkit.settings import Settings
from ppkit.spending.calls_paid import CHECKUP_TAG, CallsPaid
from ppkit.spending.ledger import Call, LedgerOfOtherMode

PRACTICE = "sk-practice-" + "Ab3" * 16
REAL = "sk-proj-" + "Ab3" * 16
ADDRESS = Address("http://127.0.0.1:1/v1", "http://127.0.0.1:1/", "token", 1)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(PracticeLink, "address", lambda _self: ADDRESS)
    return tmp_path


def a_session(home: Path, mode: str = "practice", **environment: str) -> Session:
    return Session(Settings(home=home, mode=mode), environment=environment)  # type: ignore[arg-type]


def test_every_public_name_exists() -> None:
    assert [name for name in ppkit.__all__ if not hasattr(ppkit, name)] == []


def test_functions_stay_functions_when_the_rooms_of_the_same_name_are_imported() -> None:
    import ppkit.ai_assistant
    import ppkit.practice_platform.platform
    import ppkit.sessions

    assert not any(isinstance(getattr(ppkit, name), ModuleType) for name in ppkit.__all__)


def test_practice_calls_go_to_the_practice_platform_with_the_linked_key(home: Path) -> None:
    session = a_session(home)
    session.link(ApiKey(PRACTICE))
    connection = session.connection.arguments({})
    assert (connection["base_url"], connection["api_key"]) == (ADDRESS.base_url, PRACTICE)


def test_no_client_of_a_practice_session_takes_a_proxy(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = a_session(home)
    session.link(ApiKey(PRACTICE))
    monkeypatch.setattr(PracticeLink, "plan_key", ApiKey(PRACTICE))
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")  # the SDK's own client cannot even be made
    clients: list[Any] = [
        session.client(),
        session.async_client(),
        session.connection.client_for(ApiKey(PRACTICE)),
        session.connection.admin_client_for(ApiKey(PRACTICE)),
        session.connection.client_of(Purse.PLAN),
    ]
    assert [client._client._mounts for client in clients] == [{}] * 5
    session.ledger.close()


def test_a_data_residency_is_left_out_in_practice_whose_address_is_its_own(home: Path) -> None:
    session = a_session(home)
    session.link(ApiKey(PRACTICE))
    client = session.client(data_residency="eu")
    assert client.base_url == client.with_options(data_residency="us").base_url == f"{ADDRESS.base_url}/"
    session.ledger.close()


@pytest.mark.parametrize("address", [None, "https://proxy.example/v1"])
def test_a_data_residency_reaches_the_sdk_in_live_mode_and_wins_over_the_settings_as_there(
    home: Path, monkeypatch: pytest.MonkeyPatch, address: str | None
) -> None:
    if address:
        monkeypatch.setenv("OPENAI_BASE_URL", address)
    arguments: dict[str, Any] = {"api_key": REAL, "data_residency": "eu"}
    session = Session(Settings(home=home, mode="live", base_url=address), environment={})
    client = session.client(**arguments)
    assert client.base_url == openai.OpenAI(**arguments).base_url == "https://eu.api.openai.com/v1/"
    assert session.client(api_key=REAL).base_url == f"{address or 'https://api.openai.com/v1'}/"
    with pytest.raises(ValueError, match="mutually exclusive"):
        session.client(**arguments, base_url="https://proxy.example/v1")
    session.ledger.close()


def test_the_highest_cost_is_that_of_the_address_in_the_settings(home: Path) -> None:
    ask = ("responses", {"model": "gpt-6-luna", "input": "Ciao", "max_output_tokens": 100})
    usual = a_session(home, "live").accounting.highest_cost(*ask)
    settings = Settings(home=home, mode="live", base_url="https://eu.api.openai.com/v1")
    assert (
        Session(settings, environment={}).accounting.highest_cost(*ask).pico_usd * 10 == usual.pico_usd * 11
    )


def test_practice_never_sends_the_real_accounts_ids(home: Path) -> None:
    session = a_session(home)
    session.link(ApiKey(PRACTICE))
    connection = session.connection.arguments({})
    assert (connection["organization"], connection["project"]) == ("", "")


def test_a_real_key_in_the_environment_is_passed_over_in_practice(home: Path) -> None:
    session = a_session(home, OPENAI_API_KEY=REAL)
    with pytest.raises(KeyPassedOver) as refused:
        session.connection.arguments({})
    assert refused.value.facts == {"mode": "practice", "place": "OPENAI_API_KEY"}
    assert [found.pasted.refusal for found in session.chosen_key().refused] == ["real_key_in_practice"]


def test_without_any_key_a_call_says_that_none_is_linked(home: Path) -> None:
    with pytest.raises(NoKeyLinked):
        a_session(home).connection.arguments({})


@pytest.mark.parametrize(("mode", "key"), [("practice", REAL), ("live", PRACTICE)])
def test_neither_mode_takes_the_keys_of_the_other(home: Path, mode: str, key: str) -> None:
    session = a_session(home, mode)
    with pytest.raises(KeyRefused):
        session.link(ApiKey(key))
    with pytest.raises(KeyRefused):
        session.connection.arguments({"api_key": key})
    assert session.linked_key is None


# Each text passes for an ApiKey: printable, without spaces, long enough.
REFUSED: dict[PasteRefusal, tuple[str, dict[str, object]]] = {
    PasteRefusal.HALF: ("sk-proj-" + "Ab3" * 5, {"length": 23}),
    PasteRefusal.STRANGE_CHARACTER: (
        "sk-proj-" + "Ab3" * 8 + "!" + "Ab3" * 8,
        {"character": "!", "place": 33},
    ),
    PasteRefusal.OTHER_VENDOR: ("sk-ant-" + "CANARY3" * 8, {"vendor": "Anthropic"}),
    PasteRefusal.LIKE_OTHER_VENDOR: ("CANARY3x" * 4, {"vendor": "Mistral"}),
    PasteRefusal.PRACTICE_KEY_IN_LIVE: (PRACTICE, {}),
}


@pytest.mark.parametrize("refusal", REFUSED)
def test_a_refused_key_is_told_with_the_facts_of_its_refusal_and_never_quoted(
    home: Path, refusal: PasteRefusal
) -> None:
    text, facts = REFUSED[refusal]
    session = a_session(home, "live")
    for link in (session.link, session.linking.adopt_admin):
        with pytest.raises(KeyRefused) as refused:
            link(ApiKey(text))
        assert refused.value.facts == {"refusal": refusal.value, "mode": "live", **facts}
        assert not any(text[start : start + 10] in str(refused.value) for start in range(len(text) - 9))


@pytest.mark.parametrize(("mode", "key"), [("practice", REAL), ("live", PRACTICE)])
def test_an_address_of_the_callers_own_takes_no_key_of_the_other_mode(
    home: Path, mode: str, key: str
) -> None:
    elsewhere = {"base_url": "http://localhost:8000/v1"}
    with pytest.raises(KeyRefused):
        a_session(home, mode).connection.arguments({**elsewhere, "api_key": key})
    with pytest.raises(KeyRefused):
        a_session(home, mode, OPENAI_API_KEY=key).connection.arguments(elsewhere)


def test_nothing_that_a_session_holds_shows_a_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Control, "post", lambda _self, _path: {"key": PRACTICE})
    session = a_session(home, OPENAI_API_KEY=PRACTICE)
    session.link(ApiKey(PRACTICE))
    assert session.practice_link.plan_key.last4 == PRACTICE[-4:]
    assert PRACTICE not in repr(vars(session))


def test_a_traceback_with_variables_shows_no_key(home: Path) -> None:
    session = a_session(home, OPENAI_API_KEY=REAL)
    with pytest.raises(KeyRefused) as refused:
        session.connection.arguments({"base_url": "http://localhost:8000/v1"})
    ours = [entry for entry in refused.traceback if entry.path != Path(__file__)]
    assert ours
    assert not any(REAL in repr(value) for entry in ours for value in entry.frame.f_locals.values())


def test_what_the_caller_gives_stays(home: Path) -> None:
    given = {"api_key": "anything", "base_url": "http://localhost:8000/v1", "max_retries": 0}
    assert a_session(home).connection.arguments(given) == given


def test_live_calls_take_the_key_of_the_environment(home: Path) -> None:
    connection = a_session(home, "live", OPENAI_API_KEY=REAL).connection.arguments({})
    assert connection == {"api_key": REAL}


def test_the_accounts_ids_count_wherever_they_are_set(home: Path) -> None:
    settings = Settings(home=home, mode="live", organization="org-ours", project="proj_ours")
    session = Session(settings, environment={"OPENAI_API_KEY": REAL})
    connection = session.connection.arguments({"project": "proj_given"})
    assert (connection["organization"], connection["project"]) == ("org-ours", "proj_given")


def test_the_tier_of_a_project_sets_live_prices_and_leaves_practice_alone(home: Path) -> None:
    def dearest(mode: Literal["practice", "live"], **chosen: Any) -> Money:
        settings = Settings(home=home, mode=mode, **chosen)
        return Session(settings, environment={}).accounting.highest_cost(
            "responses", {"model": "gpt-6.1-sol", "input": ""}
        )

    usual = dearest("live")
    assert dearest("live", project_tier="priority") == usual * 2
    assert dearest("practice", project_tier="priority") == usual


def test_a_key_is_kept_only_when_asked_and_forgetting_says_what_still_holds_one(home: Path) -> None:
    session = a_session(home, OPENAI_API_KEY=PRACTICE)
    assert session.link(ApiKey(PRACTICE)) == "typed"
    assert session.linking.saved.list() == []
    assert session.link(ApiKey(PRACTICE), store=True) == "file"
    assert a_session(home).linked_key == ApiKey(PRACTICE)
    still = session.forget()
    assert a_session(home).linked_key is None
    assert still.active is not None
    assert still.active.source == "environment"


def test_a_saved_key_pays_in_the_next_session_too(home: Path) -> None:
    a_session(home).link(ApiKey(PRACTICE), store=True, where="file")
    assert a_session(home).assistant.purses.choose("text") is Purse.OWN_KEY


def test_a_session_lists_switches_and_forgets_and_holds_no_key_in_sight(home: Path) -> None:
    other = ApiKey("sk-practice-" + "Cd4" * 16)
    session = a_session(home, OPENAI_API_KEY=PRACTICE)
    session.link(other, store=True, name="agency", where="file")
    lines = session.keys()
    assert [(line.name, line.state) for line in lines] == [
        ("typed", "active"),
        ("environment", "hidden"),
        ("agency", "hidden"),
    ]
    assert session.use("environment").key == ApiKey(PRACTICE)
    assert session.use("agency").key == other
    assert not any(
        secret in repr(vars(session)) + repr(session.keys()) + repr(session.chosen_key())
        for secret in (PRACTICE, other.get_secret_value())
    )
    session.forget()
    assert not any(
        other.get_secret_value().encode() in path.read_bytes() for path in home.rglob("*") if path.is_file()
    )


def test_an_admin_key_is_taken_from_its_own_variable_and_never_stored(home: Path) -> None:
    admin = "sk-practice-admin-" + "Ab3" * 16
    assert a_session(home).linking.admin_key is None
    assert a_session(home, OPENAI_ADMIN_KEY=admin).linking.admin_key == ApiKey(admin)
    session = a_session(home)
    with pytest.raises(KeyRefused):
        session.linking.adopt_admin(ApiKey(PRACTICE))
    session.linking.adopt_admin(ApiKey(admin))
    assert session.linking.admin_key == ApiKey(admin)
    session.forget()
    assert a_session(home).linking.admin_key is None
    assert session.linking._admin_chain.chosen().key is None
    assert not list(home.rglob("*key*.json"))


def test_on_binder_nothing_is_stored_and_the_key_is_in_use_all_the_same(home: Path) -> None:
    session = a_session(home, BINDER_LAUNCH_HOST="https://mybinder.org/")
    assert session.linking.place is Place.BINDER
    assert not session.linking.may_store
    with pytest.raises(StoringRefused):
        session.link(ApiKey(PRACTICE), store=True)
    assert session.linked_key == ApiKey(PRACTICE)
    assert not list(home.rglob("*key*"))


def test_a_secret_of_colab_is_looked_for_in_colab_only(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    userdata = ModuleType("google.colab.userdata")
    userdata.get = lambda name: PRACTICE if name == "OPENAI_API_KEY" else ""  # type: ignore[attr-defined]
    for name in ("google", "google.colab"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "google.colab.userdata", userdata)
    assert a_session(home).linked_key is None
    session = a_session(home, COLAB_RELEASE_TAG="release-colab_20261120")
    found = session.chosen_key().active
    assert (session.linked_key, found and found.source) == (ApiKey(PRACTICE), "colab")
    assert PRACTICE not in repr(vars(session))


@pytest.mark.parametrize(("first", "other"), [("practice", "live"), ("live", "practice")])
def test_one_ledger_file_never_serves_both_modes(home: Path, first: Mode, other: Mode) -> None:
    url = f"sqlite:///{home / 'shared.sqlite3'}"
    Session(Settings(home=home, mode=first, ledger_url=url), environment={}).ledger.close()
    with pytest.raises(LedgerOfOtherMode):
        _ = Session(Settings(home=home, mode=other, ledger_url=url), environment={}).ledger


def test_what_a_former_session_left_open_is_counted_as_soon_as_the_ledger_is_opened(home: Path) -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    former = Session(Settings(home=home), ManualClock(noon), {})
    former.ledger.reserve(Call("lost", "gpt-5-nano", "…WXYZ", "responses", {}), Money.usd("0.02"))
    former.ledger.close()
    later = Session(Settings(home=home), ManualClock(noon + timedelta(minutes=15)), {})
    assert later.ledger.totals().uncertain == Money.usd("0.02")
    later.ledger.close()


def test_only_the_checkups_of_the_platforms_window_are_taken_from_its_usage(home: Path) -> None:
    clock = ManualClock(datetime(2026, 10, 1, 12, tzinfo=UTC))
    session = Session(Settings(home=home), clock=clock, environment={})
    for days, name in enumerate(("31 days ago", "today")):
        clock.advance(timedelta(days=31 * days))
        session.ledger.reserve(Call(name, "gpt-5-nano", "…WXYZ", "responses", CHECKUP_TAG), Money.usd("0.01"))
        session.ledger.settle(name, Money.usd("0.001"))
    assert CallsPaid(session.ledger, clock).by_checkups(ApiKey(PRACTICE[:-4] + "WXYZ"), 30) == 1
    session.ledger.close()


def test_in_practice_no_traces_of_agents_leave_even_after_a_first_run(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_AGENTS_DISABLE_TRACING", "0")
    monkeypatch.setenv("PPKIT_HOME", str(home))
    switched: list[bool] = []
    agents = ModuleType("agents")
    vars(agents)["set_tracing_disabled"] = switched.append
    monkeypatch.setitem(sys.modules, "agents", agents)
    ppkit.live()
    assert (os.environ["OPENAI_AGENTS_DISABLE_TRACING"], switched) == ("0", [])
    ppkit.practice()
    assert (os.environ["OPENAI_AGENTS_DISABLE_TRACING"], switched) == ("1", [True])
    monkeypatch.setitem(sys.modules, "agents", ModuleType("agents"))  # another package of that name
    ppkit.practice()


@pytest.mark.parametrize("mode", ["practice", "live"])
@pytest.mark.parametrize("name", ["base_url", "organization", "project"])
def test_a_key_in_another_argument_s_place_makes_no_client(home: Path, mode: str, name: str) -> None:
    misplaced = "sk-practice-" + "Ab3Cd4Ef5Gh6" * 4
    with pytest.raises(KeyInText) as refused:
        a_session(home, mode).connection.arguments({name: misplaced})
    assert misplaced not in f"{refused.value!r}"


def test_a_report_tells_the_purses_apart_only_when_asked(tmp_path: Path) -> None:
    session = Session(Settings(home=tmp_path))
    for ledger, model, cost in ((session.ledger, "m2", 30), (session.accounting.plan_ledger, "m1", 5)):
        ledger.reserve(Call("a", model, "…WXYZ", "responses"), Money(100))
        ledger.settle("a", Money(cost))
    costs = {row["purse"]: row["cost_pico_usd"] for row in session.report(by="purse")}
    assert costs == {"own_key": 30, "plan": 5}
    assert [row["cost_pico_usd"] for row in session.report()] == [30]
    assert [row["cost_pico_usd"] for row in session.report(where={"purse": "plan"})] == [5]
    by_both = session.report(by=("model", "purse"))
    assert [(row["model"], row["purse"]) for row in by_both] == [("m1", "plan"), ("m2", "own_key")]
    assert by_both.to_frame()["cost_pico_usd"].tolist() == [5, 30]
    assert session.report(by="purse", since="2001-01-01", until="2001-01-02").rows == []
    assert session.report(by=("day", "model"), where={"purse": "a friend"}).to_frame().empty


def test_plan_credits_are_as_the_agencys_file_says_and_a_wrong_file_changes_nothing_of_them(
    home: Path,
) -> None:
    file = home / "agency.toml"
    file.write_text('name = "A"\n[plan]\ncredits = 30\nimage = 20\n', encoding="utf-8")
    session = a_session(home)
    plan = session.accounting.plan_credits
    assert (plan.quota, dict(plan.tariff)) == (30, {"text": 1, "image": 20})
    session.ledger.close()
    file.write_text('name = "A"\n[plan]\ncredits = "many"\n', encoding="utf-8")
    session = a_session(home)
    assert session.accounting.plan_credits.quota == 100
    session.ledger.close()


def test_one_agencys_file_may_serve_many_learners(home: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared.toml"
    shared.write_text('name = "Studio Bianchi"\n', encoding="utf-8")
    (home / "agency.toml").write_text('name = "Own"\n', encoding="utf-8")

    def agency_of(named: Path | None) -> Agency:
        settings = Settings(home=home, mode="practice", agency=named)
        return Session(settings, environment={}).accounting.agency

    assert agency_of(shared).name == "Studio Bianchi"
    assert agency_of(None).name == "Own"
    with pytest.raises(AgencyFileInvalid):
        agency_of(tmp_path / "missing.toml")
