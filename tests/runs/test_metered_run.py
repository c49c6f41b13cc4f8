"""A run meters what the program's own clients send, stops it at limits of its own, and gives a receipt."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import httpx2
import openai
import pytest
from metering.fake_platform import FakePlatform

import ppkit
from ppkit.clock import ManualClock
from ppkit.footing import WEB_PAGE, standing_on
from ppkit.keys import ApiKey, KeyInText
from ppkit.look.texts import Texts
from ppkit.metering import HardLimitReached, LentKeyElsewhere, UnknownPriceRefused
from ppkit.practice_platform.in_process import unmount
from ppkit.runs import MeteredRun, RunReceipt, RunTerms, receipt_text, tags_in
from ppkit.runs.metered_run import LABEL
from ppkit.runs.program_environment import AddressElsewhere
from ppkit.sessions import Session
from ppkit.settings import Settings
from ppkit.spending.ledger.errors import InvalidLimit, InvalidTag

from .conftest import ASK, KEY, ask

# Built so that no scanner takes them for keys.
REAL, OWN = "sk-proj-" + "Canary7" * 8, "sk-proj-" + "Own4567" * 8


def ran(session: Session, program: Callable[[], object], terms: RunTerms | None = None) -> RunReceipt:
    run = MeteredRun(session, "report.py", terms or RunTerms())
    run.start()
    try:
        program()
    finally:
        receipt = run.end()
    return receipt


def test_a_client_from_the_environment_calls_the_practice_platform_and_is_in_the_receipt(
    session: Session, platform: FakePlatform
) -> None:
    receipt = ran(session, lambda: [ask(), ask()])
    assert {request.url.host for request in platform.requests} == {"127.0.0.1"}
    assert [request.headers["authorization"] for request in platform.requests] == [f"Bearer {KEY}"] * 2
    (model,) = receipt.models
    assert (model.model, model.calls) == ("gpt-6-luna", 2)
    assert receipt.sum_of("cost") == session.ledger.totals().spent
    assert model.input_tokens + model.output_tokens > 0


@pytest.fixture
def page_session(tmp_path: Path) -> Iterator[Session]:
    """Where no port leads to the practice platform; a request that looks for one fails."""
    with standing_on(WEB_PAGE):
        made = Session(Settings(home=tmp_path, mode="practice", language="en"))
        made.link(made.practice_link.new_key("Anna"))
        yield made
        made.ledger.close()
        unmount(tmp_path)


def test_where_there_are_no_ports_a_plain_client_is_led_to_the_platform_in_this_process(
    page_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(_transport: object, request: httpx2.Request) -> httpx2.Response:
        pytest.fail(f"sent to {request.url}")

    async def cell() -> RunReceipt:
        run = MeteredRun(page_session, "cell", RunTerms())
        run.start()
        ask()
        openai.OpenAI().models.list()
        await openai.AsyncOpenAI(max_retries=0).responses.create(**ASK)
        stream = await openai.AsyncOpenAI(max_retries=0).responses.create(**ASK, stream=True)
        assert [event.type async for event in stream][-1] == "response.completed"
        with pytest.raises(openai.APIConnectionError):
            openai.OpenAI(base_url="http://localhost/v1", max_retries=0).models.list()
        return run.end()

    for kind in (httpx2.HTTPTransport, httpx2.AsyncHTTPTransport):
        name = "handle_request" if kind is httpx2.HTTPTransport else "handle_async_request"
        monkeypatch.setattr(kind, name, asked)
    receipt = asyncio.run(cell())
    assert receipt.count_of("calls") == 3
    assert receipt.sum_of("cost").pico_usd == page_session.practice_link.state()["billed_pico_usd"]


def test_a_run_in_a_page_needs_no_loop_that_runs(page_session: Session) -> None:
    run = MeteredRun(page_session, "script", RunTerms(soft="0.01", hard="0.05"))
    run.start()
    ask()
    assert run.end().count_of("calls") == 1


def test_clients_of_ppkit_are_in_it_as_well(session: Session, platform: FakePlatform) -> None:
    receipt = ran(session, lambda: session.client().responses.create(**ASK))
    assert receipt.count_of("calls") == 1


def test_what_was_spent_before_and_after_is_not(session: Session, platform: FakePlatform) -> None:
    session.client().responses.create(**ASK)
    receipt = ran(session, ask)
    session.client().responses.create(**ASK)
    assert receipt.count_of("calls") == 1
    assert session.ledger.totals().calls == 3


def test_the_limit_of_a_run_stops_it_with_the_sdks_own_error(
    session: Session, platform: FakePlatform
) -> None:
    stopped: list[openai.RateLimitError] = []

    def program() -> None:
        client = openai.OpenAI(max_retries=0)
        for _ in range(100):
            try:
                client.responses.create(**ASK)
            except openai.RateLimitError as error:
                stopped.append(error)
                return

    receipt = ran(session, program, RunTerms(hard="0.00005"))
    assert isinstance(stopped[0], HardLimitReached)
    assert 0 < receipt.count_of("calls") == len(platform.requests) < 100
    assert receipt.stopped == 1
    (own,) = receipt.limits
    assert own.left is not None
    assert own.left + receipt.sum_of("cost") == own.hard


def test_the_limits_of_the_month_hold_too_and_stand_in_the_receipt(
    session: Session, platform: FakePlatform
) -> None:
    session.budget.set(hard="0")
    with pytest.raises(HardLimitReached):
        ran(session, ask, RunTerms(hard="1"))
    session.budget.set(hard="10", tag="client=rossi")
    session.budget.set(soft="5", hard=None, why="a month without a limit")
    receipt = ran(session, ask, RunTerms(hard="1", tags={"client": "rossi"}))
    scopes = [limit.scope for limit in receipt.limits]
    assert scopes == [f"tag:run={receipt.run}", "tag:client=rossi", "all"]


def test_the_limit_of_a_key_stands_there_where_the_run_used_it(
    session: Session, platform: FakePlatform
) -> None:
    session.budget.set(hard="3", key=f"…{KEY[-4:]}")
    session.budget.set(hard="3", key="…ZZZZ")
    receipt = ran(session, ask)
    assert [limit.scope for limit in receipt.limits] == [f"key:…{KEY[-4:]}"]


def test_two_runs_have_a_limit_each(session: Session, platform: FakePlatform) -> None:
    first = ran(session, ask, RunTerms(hard="1"))
    second = ran(session, ask, RunTerms(hard="1"))
    assert first.run != second.run
    assert first.limits[0].counted == first.sum_of("cost")
    assert second.limits[0].counted == second.sum_of("cost")


@pytest.mark.parametrize("ends_first", ["the outer one", "the inner one"])
def test_a_run_beside_another_takes_no_call_out_of_its_limit(
    session: Session, platform: FakePlatform, ends_first: str
) -> None:
    before = dict(os.environ)
    outer = MeteredRun(session, "ipython", RunTerms(hard="0.0001", tags={"lesson": "6"}))
    inner = MeteredRun(session, "cell", RunTerms(hard="1", allow_unpriced=True))
    outer.start()
    inner.start()
    with pytest.raises(HardLimitReached):
        [ask() for _ in range(100)]
    paid = len(platform.requests)
    first, last = (inner, outer) if ends_first == "the inner one" else (outer, inner)
    receipts = [first.end()]
    if first is inner:
        with pytest.raises(HardLimitReached):
            [ask() for _ in range(100)]
    else:
        ask()
        assert session.budget.status()[0].spent > receipts[0].sum_of("cost")
    after = len(platform.requests)
    receipts.append(last.end())
    assert [receipt.count_of("calls") for receipt in receipts] == [paid, after]
    assert [receipt.limits[0].scope for receipt in receipts] == [
        f"tag:{receipt.tag}={receipt.run}" for receipt in receipts
    ]
    assert dict(os.environ) == before
    assert session.budget.status() == []
    meter = session.meter
    assert (meter.default_tags, meter.run_tag, meter.allow_unpriced) == ({}, {}, False)


def test_a_run_that_begins_after_the_first_of_two_has_ended_takes_nobodys_tag(session: Session) -> None:
    first, second, third = (MeteredRun(session, name, RunTerms()) for name in "abc")
    first.start()
    second.start()
    first.end()
    third.start()
    assert set(session.meter.run_tag.values()) == {second.name, third.name}
    assert second.end().tag != third.end().tag


def test_afterwards_everything_is_as_it_was(session: Session, platform: FakePlatform) -> None:
    before = dict(os.environ)
    ran(session, ask, RunTerms(soft="0.5", hard="1", tags={"lesson": "6"}, allow_unpriced=True))
    assert dict(os.environ) == before
    assert session.budget.status() == []
    meter = session.meter
    assert (meter.default_tags, meter.run_tag, meter.allow_unpriced) == ({}, {}, False)


def test_a_variable_that_the_program_has_changed_stays_as_the_program_left_it(session: Session) -> None:
    def program() -> None:
        os.environ["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1"

    ran(session, program)
    assert os.environ.pop("OPENAI_BASE_URL") == "http://127.0.0.1:9/v1"


def test_nothing_of_a_real_account_is_in_the_environment_of_a_practice_run(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin-" + "Canary7" * 8)
    seen: list[str] = []
    ran(session, lambda: seen.extend(name for name in os.environ if name.startswith("OPENAI_")))
    assert {"OPENAI_ORG_ID", "OPENAI_ADMIN_KEY"}.isdisjoint(seen)
    assert os.environ["OPENAI_ORG_ID"] == "org-mine"


def test_a_variable_of_a_real_account_makes_no_other_practice_session(
    session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("PPKIT_HOME", str(tmp_path))
    before = ppkit.session()
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    assert ppkit.session() is before


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> Iterator[Session]:
    for name in list(os.environ):
        if name.startswith(("PPKIT_", "OPENAI_")):
            monkeypatch.delenv(name)
    made = Session(Settings(home=tmp_path, mode="live", language="en"), environment={})
    made.link(ApiKey(REAL))
    yield made
    made.ledger.close()


def test_the_key_that_a_run_lends_goes_to_the_address_of_the_settings_alone(
    live: Session, platform: FakePlatform
) -> None:
    async def models_elsewhere() -> None:
        await openai.AsyncOpenAI(base_url="https://elsewhere.example/v1", max_retries=0).models.list()

    def program() -> None:
        ask()
        elsewhere = openai.OpenAI(base_url="https://elsewhere.example/v1", max_retries=0)
        for call in (lambda: elsewhere.responses.create(**ASK), elsewhere.models.list):
            with pytest.raises(LentKeyElsewhere, match=r"elsewhere\.example") as refused:
                call()
            assert REAL not in str(refused.value) + repr(refused.value.__dict__)
        with pytest.raises(LentKeyElsewhere):
            asyncio.run(models_elsewhere())
        elsewhere.with_options(api_key=OWN).responses.create(**ASK)  # its own business

    ran(live, program)
    sent = [(request.url.host, request.headers["authorization"]) for request in platform.requests]
    assert sent == [("api.openai.com", f"Bearer {REAL}"), ("elsewhere.example", f"Bearer {OWN}")]
    assert "OPENAI_API_KEY" not in os.environ


@pytest.mark.parametrize("name", ["OPENAI_API_BASE", "OPENAI_BASE_URL"])
def test_no_key_is_lent_where_the_environment_leads_elsewhere(
    live: Session, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "https://elsewhere.example/v1")
    with pytest.raises(AddressElsewhere) as refused:
        ran(live, lambda: None)
    assert refused.value.facts == {"name": name, "host": "elsewhere.example"}
    assert "OPENAI_API_KEY" not in os.environ
    monkeypatch.setenv("OPENAI_API_KEY", OWN)
    ran(live, lambda: None)


def test_tags_label_every_call_and_those_of_the_place_win(session: Session, platform: FakePlatform) -> None:
    def program() -> None:
        ask()
        with ppkit.tags(lesson="7", run="elsewhere"):
            ask()

    receipt = ran(session, program, RunTerms(hard="1", tags={"lesson": "6"}))
    rows = session.ledger.report(by="tag:lesson").rows
    assert [(row["tag:lesson"], row["calls"]) for row in rows] == [("6", 1), ("7", 1)]
    assert receipt.count_of("calls") == 2  # no tag of the program takes a call out of its run


def test_a_model_without_a_price_is_refused_unless_it_was_allowed(
    session: Session, platform: FakePlatform
) -> None:
    def local() -> None:
        openai.OpenAI().responses.create(model="llama", input="Ciao")

    with pytest.raises(UnknownPriceRefused):
        ran(session, local)
    assert ran(session, local, RunTerms(allow_unpriced=True)).count_of("calls") == 1


@pytest.mark.parametrize("hard", ["-1", "free", "NaN"])
def test_an_impossible_limit_leaves_no_trace(session: Session, hard: str) -> None:
    before = dict(os.environ)
    with pytest.raises(InvalidLimit):
        MeteredRun(session, "report.py", RunTerms(hard=hard)).start()
    assert dict(os.environ) == before
    assert session.meter.run_tag == {}


def test_tags_are_typed_with_a_name_or_without() -> None:
    assert tags_in(("client=rossi", "six", "a=b=c")) == {"client": "rossi", LABEL: "six", "a": "b=c"}
    for wrong in ("", "=x", "client=", "a b=c", "x=\x1b"):
        with pytest.raises(InvalidTag):
            tags_in((wrong,))
    with pytest.raises(KeyInText):
        tags_in((f"client={KEY}",))


def test_a_key_in_the_programs_name_goes_nowhere(session: Session) -> None:
    with pytest.raises(KeyInText):
        MeteredRun(session, f"{KEY}.py", RunTerms())


@pytest.mark.parametrize("language", ["it", "en"])
def test_the_receipt_is_a_table_by_model_and_a_line_for_each_limit(
    language: str, session: Session, platform: FakePlatform
) -> None:
    receipt = ran(session, ask, RunTerms(soft="0.00000001", hard="0.01"))
    text = receipt_text(receipt, Texts(language))
    heading, columns, model, limit = text.splitlines()
    assert "report.py" in heading
    assert model.split()[:2] == ["gpt-6-luna", "1"]
    assert len(columns) == len(model)
    assert Texts(language)("runs.scope.run") in limit
    assert ("reached" if language == "en" else "raggiunto") in limit
    assert KEY not in text


def test_a_run_in_which_nothing_was_called_says_so_in_one_line(session: Session) -> None:
    assert (
        receipt_text(ran(session, lambda: None), Texts("en"))
        == "ppkit (PRACTICE) · report.py: 0 calls, $0.00"
    )


def test_as_json_it_has_whole_pico_dollars(session: Session, platform: FakePlatform) -> None:
    told = ran(session, ask, RunTerms(hard="1")).as_json()
    assert told["cost_pico_usd"] == session.ledger.totals().spent.pico_usd
    assert told["models"] == [
        {
            "model": "gpt-6-luna",
            "calls": 1,
            **{name: told[name] for name in told if name.endswith(("_tokens", "_pico_usd"))},
        }
    ]
    (limit,) = cast(list[dict[str, object]], told["limits"])
    assert limit.pop("starts_at")
    assert [limit] == [
        {
            "scope": f"tag:run={told['run']}",
            "period": "total",
            "opens_at": None,
            "thresholds_pico_usd": [],
            "hard_pico_usd": 10**12,
            "spent_pico_usd": told["cost_pico_usd"],
            "uncertain_pico_usd": 0,
            "reserved_pico_usd": 0,
            "counted_pico_usd": told["cost_pico_usd"],
            "left_pico_usd": 10**12 - session.ledger.totals().spent.pico_usd,
            "undelivered": [],
        }
    ]


def test_a_run_that_goes_on_into_another_month_has_no_more_to_spend(
    session: Session, platform: FakePlatform, clock: ManualClock
) -> None:
    run = MeteredRun(session, "report.py", RunTerms(hard="0.00005"))
    run.start()
    ask()
    clock.advance(timedelta(days=40))
    with pytest.raises(HardLimitReached, match="total"):
        [ask() for _ in range(50)]
    assert run.end().stopped == 1
