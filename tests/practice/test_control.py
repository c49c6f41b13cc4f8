"""The control room: only with its token; account, key, clock, faults and reset in one go."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from ppkit.practice_platform.address import TOKEN_HEADER
from ppkit.practice_platform.faults import FAULTS
from ppkit.practice_platform.platform import Platform

from .conftest import CONTROL_TOKEN


def call(web: TestClient, method: str, path: str, body: Any = None) -> Any:
    return web.request(method, f"/control{path}", json=body, headers={TOKEN_HEADER: CONTROL_TOKEN})


@pytest.mark.parametrize("token", [None, "", "wrong", "è" * 4])
def test_without_the_token_nothing_is_told_or_done(
    web: TestClient, platform: Platform, token: str | None
) -> None:
    headers = {} if token is None else {TOKEN_HEADER: token.encode()}
    for method, path in (("GET", "/state"), ("POST", "/key"), ("POST", "/reset"), ("GET", "/ping")):
        assert web.request(method, f"/control{path}", headers=headers).status_code == 403  # type: ignore[arg-type]
    assert platform.account() is None


def test_a_key_comes_with_account_and_credit_in_one_go(web: TestClient, platform: Platform) -> None:
    made = call(web, "POST", "/key", {"name": "lesson", "credit": "2.50", "permissions": "read_only"}).json()
    assert made["key"].startswith("sk-practice-")
    state = call(web, "GET", "/state").json()
    assert state["account"] is True
    assert state["balance_pico_usd"] == 25 * 10**11
    assert [(key["name"], key["permissions"], key["last_used_at"]) for key in state["keys"]] == [
        ("lesson", "read_only", None)
    ]
    assert made["key"] not in str(state)
    models = web.get("/v1/models", headers={"authorization": f"Bearer {made['key']}"})
    assert models.status_code == 200
    assert call(web, "GET", "/state").json()["keys"][0]["last_used_at"] is not None
    admin = call(web, "POST", "/admin-key", {"name": "reports"}).json()
    assert admin["key"].startswith("sk-practice-admin-")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/key", {"credit": "much"}),
        ("/key", {"credit": "-1"}),
        ("/key", {"name": 3}),
        ("/key", {"permissions": "god"}),
        ("/key", {"scopes": ["everything"], "permissions": "restricted"}),
        ("/clock", {"days": -1}),
        ("/clock", {"days": "x"}),
        ("/clock", {"days": 9_999_999_999}),
        ("/clock", {"days": 36_525}),
        ("/faults", {"name": "earthquake", "on": True}),
        ("/pace", {"milliseconds": -1}),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_code_and_changes_nothing(
    web: TestClient, platform: Platform, path: str, body: Any
) -> None:
    answer = call(web, "POST", path, body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"].startswith("practice_")
    assert platform.account() is None


def test_the_clock_is_shown_and_moved(web: TestClient) -> None:
    assert call(web, "GET", "/clock").json()["now"].startswith("2026-11-23T09:30")
    assert call(web, "POST", "/clock", {"days": 2, "hours": 1}).json()["now"].startswith("2026-11-25T10:30")
    assert call(web, "POST", "/clock", {"to": "next_month"}).json()["now"].startswith("2026-12-01T00:00")


def test_faults_are_listed_and_switched(web: TestClient) -> None:
    listed = call(web, "POST", "/faults", {"name": "overloaded", "on": True}).json()["faults"]
    assert [fault["name"] for fault in listed] == list(FAULTS)
    assert [fault["name"] for fault in listed if fault["on"]] == ["overloaded"]
    assert web.get("/v1/models").status_code == 503
    call(web, "POST", "/faults", {"name": "overloaded", "on": False})
    assert web.get("/v1/models").status_code == 401


def test_a_reset_forgets_everything(web: TestClient, funded: Platform, secret: str) -> None:
    call(web, "POST", "/clock", {"days": 2})
    assert call(web, "POST", "/reset").json() == {"reset": True}
    state = call(web, "GET", "/state").json()
    assert (state["account"], state["balance_pico_usd"], state["keys"]) == (False, 0, [])
    assert state["now"].startswith("2026-11-23")
    funded.sign_up("Bea", "bea@example.com", "Studio")


@pytest.mark.usefixtures("plan")
@pytest.mark.parametrize("path", ["/v1/responses", "/v1/chat/completions"])
def test_the_pace_of_streams_is_set_for_both_accounts(
    web: TestClient, funded: Platform, secret: str, slept: list[float], path: str
) -> None:
    plan_key = call(web, "POST", "/plan-key").json()["key"]
    said = (
        {"input": "Ciao"}
        if path.endswith("responses")
        else {"messages": [{"role": "user", "content": "Ciao"}]}
    )
    for place, key in (("", secret), ("/plan", plan_key)):
        for milliseconds in (40, 0):
            slept.clear()
            assert call(web, "POST", "/pace", {"milliseconds": milliseconds}).status_code == 200
            answer = web.post(
                f"{place}{path}",
                json={"model": "gpt-6-luna", "stream": True} | said,
                headers={"authorization": f"Bearer {key}"},
            )
            assert answer.status_code == 200
            assert set(slept) == ({0.04} if milliseconds else set())
            assert len(slept) > 20 or not milliseconds


def test_a_leaked_key_dies_and_a_mail_says_so(web: TestClient, platform: Platform) -> None:
    made = call(web, "POST", "/key", {"name": "k"}).json()
    assert call(web, "POST", "/leak", {"id": made["id"]}).json() == {"id": made["id"], "revoked": True}
    answer = web.get("/v1/models", headers={"authorization": f"Bearer {made['key']}"})
    assert answer.json()["error"]["code"] == "invalid_api_key"
    assert platform.mails()[0].kind == "key_leaked"


def test_the_failures_are_told_with_the_answers_they_make(web: TestClient) -> None:
    told = {one["name"]: one for one in call(web, "GET", "/faults").json()["faults"]}
    assert (told["slow_down"]["status"], told["slow_down"]["code"]) == (429, "slow_down")
    assert (told["cut_stream"]["status"], told["cut_stream"]["stage"]) == (None, "elsewhere")


def test_the_inbox_is_told_as_facts(web: TestClient, platform: Platform) -> None:
    call(web, "POST", "/key", {"name": "k"})
    mails = call(web, "GET", "/inbox").json()["mails"]
    assert [mail["kind"] for mail in mails] == ["welcome"]
    assert mails[0]["recipients"] == ["learner@practice.example"]
    assert mails[0]["facts"]["organization"] == "Practice organization"


def test_a_mail_of_the_learners_app_lies_in_the_inbox_once_however_often_it_is_brought(
    web: TestClient, platform: Platform
) -> None:
    mail = {"subject": "[PRACTICE] Spend alert", "text": "You have reached it."}
    for brought in (mail, mail, mail | {"subject": "[PRACTICE] Another"}):
        assert call(web, "POST", "/mail", brought).json() == {"delivered": True}
    assert [(found.kind, found.facts["subject"]) for found in platform.mails()] == [
        ("app_alert", "[PRACTICE] Another"),
        ("app_alert", "[PRACTICE] Spend alert"),
    ]
