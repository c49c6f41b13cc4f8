"""The account for drills: failing states by name, apart from the learner's own account in every respect."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from starlette.testclient import TestClient

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.practice_platform.address import TOKEN_HEADER
from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.drill_account import DRILLS
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.process import ensure_running
from ppkit.practice_platform.remote import Control, PracticeRefused

TOKEN = "control-" + "t" * 20
NAMES = {"organization": "Esercitazione", "project": "Cliente"}


@pytest.fixture
def drill(clock: ManualClock) -> Iterator[Platform]:
    found = Platform.open(":memory:", clock)
    yield found
    found.close()


@pytest.fixture
def web(platform: Platform, drill: Platform) -> Iterator[TestClient]:
    app = create_app(platform, drill=drill, control_token=TOKEN)
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        yield client


def control(web: TestClient, path: str, **body: Any) -> Any:
    return web.post(f"/control/{path}", json=body, headers={TOKEN_HEADER: TOKEN})


@pytest.mark.parametrize("name", DRILLS)
def test_a_drill_begins_anew_whatever_was_there(
    web: TestClient, platform: Platform, drill: Platform, name: str
) -> None:
    first = control(web, "drill", name=name, **NAMES).json()["key"]
    drill.projects.create("Left over")
    second = control(web, "drill", name=name, **NAMES).json()["key"]
    assert first != second
    assert "Left over" not in [project.name for project in drill.projects.projects()]
    account = drill.accounts.required()
    assert account.organization_name == "Esercitazione"
    assert platform.account() is None


def test_a_drill_that_does_not_exist_is_refused_and_clears_nothing(web: TestClient, drill: Platform) -> None:
    control(web, "drill", name="hold_only", **NAMES)
    answer = control(web, "drill", name="earthquake", **NAMES)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "practice_unknown")
    assert drill.account() is not None


@pytest.mark.parametrize("minutes", [0, -1, 100_000, "ten", None])
def test_the_drills_clock_goes_forward_by_a_day_at_most(web: TestClient, minutes: object) -> None:
    assert control(web, "drill-clock", minutes=minutes).status_code == 400


def test_the_drills_clock_is_not_the_learners(web: TestClient, platform: Platform, drill: Platform) -> None:
    control(web, "drill", name="late_credit", **NAMES)
    control(web, "drill-clock", minutes=10)
    assert drill.balance() == Money.usd(5)
    assert not platform.clock.offset


def test_what_is_ended_leaves_nothing(web: TestClient, drill: Platform) -> None:
    control(web, "drill", name="not_verified", **NAMES)
    control(web, "drill-end")
    assert drill.account() is None
    assert drill.faults.names_on() == frozenset()


def test_without_the_token_no_drill_begins(web: TestClient, drill: Platform) -> None:
    for path in ("drill", "drill-mend", "drill-clock", "drill-end"):
        assert web.post(f"/control/{path}", json={"name": "hold_only"}).status_code == 403
    assert drill.account() is None


@pytest.mark.parametrize("path", ["drill", "drill-mend", "drill-clock", "drill-end"])
def test_the_room_takes_a_key_in_no_field(web: TestClient, drill: Platform, path: str) -> None:
    secret = "sk-practice-" + "CANARY" * 8
    for body in ({"name": secret}, {"organization": secret}, {"project": secret}, {"minutes": secret}):
        answer = control(web, path, **{"name": "hold_only", **body})
        assert answer.status_code == 400
        assert secret not in answer.text
    assert drill.account() is None


def test_the_console_says_that_it_is_a_drill_and_hides_what_was_switched_on(web: TestClient) -> None:
    control(web, "drill", name="not_verified", **NAMES)
    page = web.get("/drill/general?language=en").text
    assert "Drill: this is a separate account." in page
    assert 'href="faults"' not in page
    assert "turned on" not in page
    own = web.get("/sign-up?language=en").text
    assert "Drill:" not in own


def test_every_page_of_the_drills_console_leads_to_its_own_pages(web: TestClient) -> None:
    control(web, "drill", name="chatgpt_only", **NAMES)
    page = web.get("/drill/billing")
    assert page.status_code == 200
    assert 'href="payment-method"' in page.text
    assert web.get("/drill/static/console.css").status_code == 200
    assert web.get("/drill/nothing").status_code == 404
    assert web.get("/billing", follow_redirects=False).headers["location"] == "sign-up"


def test_a_tab_that_is_left_open_after_a_drill_leads_to_ones_own_console(web: TestClient) -> None:
    control(web, "drill", name="chatgpt_only", **NAMES)
    control(web, "drill-end")
    for page in ("billing", "sign-up", ""):
        gone = web.get(f"/drill/{page}", follow_redirects=False)
        assert (gone.status_code, gone.headers["location"]) == (303, "../")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Control, str]]:
    address = ensure_running(tmp_path, idle_seconds=60)
    yield Control(address), address.console_url
    os.kill(address.pid, signal.SIGTERM)


@pytest.mark.processes
def test_the_real_process_has_the_account_and_neither_key_opens_the_other(
    running: tuple[Control, str],
) -> None:
    room, console_url = running
    own = room.post("key", name="learner")["key"]
    before = room.get("state")
    broken = room.post("drill", name="chatgpt_only", **NAMES)["key"]
    with openai.OpenAI(api_key=broken, base_url=f"{console_url}drill/v1", max_retries=0) as client:
        with pytest.raises(openai.RateLimitError) as refused:
            client.responses.create(model="gpt-6-luna", input="Ciao")
        assert refused.value.code == "credit_balance_exhausted"
    whole = room.post("drill-mend", name="chatgpt_only", **NAMES)["key"]
    with openai.OpenAI(api_key=whole, base_url=f"{console_url}drill/v1") as client:
        assert client.responses.create(model="gpt-6-luna", input="Ciao").output_text
    for key, place in ((own, "drill/v1"), (whole, "v1")):
        with (
            openai.OpenAI(api_key=key, base_url=f"{console_url}{place}") as client,
            pytest.raises(openai.AuthenticationError),
        ):
            client.models.list()
    after = room.get("state")
    assert {**after, "now": ""} == {**before, "now": ""}
    with pytest.raises(PracticeRefused):
        room.post("drill", name="earthquake")
