"""The ladder: what each rung proves, and what it must never claim."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from threading import Event
from typing import Any

import httpx2
import openai
import pytest

from ppkit.checkup import (
    Checkup,
    Diagnosis,
    Finding,
    NotedAccount,
    Proposal,
    Rung,
    Skip,
    State,
    Verdict,
    trouble_in,
    verdict_of,
    was_stopped,
)
from ppkit.clock import ManualClock
from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
from ppkit.mode import Mode
from ppkit.money import Money

from .conftest import KEY, Wire, error_answer

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
DATE = {"date": "Mon, 23 Nov 2026 14:04:57 GMT", "x-request-id": "req_123"}


def models(*names: str, shutdown: str | None = None) -> httpx2.Response:
    rows = [
        {"id": name, "object": "model", "created": 1, "owned_by": "x", "shutdown_date": shutdown}
        for name in names
    ]
    return httpx2.Response(200, json={"object": "list", "data": rows}, headers=DATE)


INVALID_INPUT = error_answer(400, "invalid_type", "invalid_request_error", "Invalid type for 'input'.")


def text_answer(request: httpx2.Request) -> httpx2.Response:
    """The probe of the rights has no valid input, the paid one has."""
    if json.loads(request.content)["input"] == []:
        return INVALID_INPUT
    body = {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "incomplete",
        "model": "gpt-6-luna",
        "output": [],
        "usage": {"input_tokens": 9, "output_tokens": 16, "total_tokens": 25},
    }
    rates = {"x-ratelimit-limit-requests": "500", "x-ratelimit-remaining-tokens": "29996"}
    return httpx2.Response(200, json=body, headers={**DATE, **rates})


IMAGE = httpx2.Response(200, json={"created": 1, "data": [{"b64_json": "AAAA"}]}, headers=DATE)
NO_CREDIT = error_answer(
    429, "credit_balance_exhausted", "insufficient_quota", "You have no credits remaining."
)


def price_of_ours(_endpoint: str, body: Mapping[str, Any]) -> Money:
    if body["model"] == "somebody-elses-model":
        raise LookupError("no price")
    return Money.usd("0.00001")


@pytest.fixture
def checkup(wire: Wire) -> Checkup:
    wire.answers = {
        "/v1/models": models("gpt-6-luna", "gpt-image-2"),
        "/v1/responses": text_answer,
        "/v1/images/generations": IMAGE,
    }
    return Checkup(wire, ManualClock(NOW), "practice", price_of_ours)


def of(findings: list[Finding], rung: Rung) -> Finding:
    return next(finding for finding in findings if finding.rung is rung)


def states(findings: list[Finding]) -> dict[str, str]:
    return {finding.rung.value: finding.state.value for finding in findings}


def paths(wire: Wire) -> list[str]:
    return [request.url.path for request in wire.requests]


def test_a_good_key_passes_every_rung_with_one_request_each(checkup: Checkup, wire: Wire) -> None:
    findings = checkup.run(KEY, consent=True, images=True, written=NotedAccount("org-a", "proj_b"))
    assert {rung for rung, state in states(findings).items() if state != "passed"} == {"use"}
    assert paths(wire) == [
        "/v1/models",  # reach and sign-in
        "/v1/responses",  # rights
        "/v1/models",  # account
        "/v1/responses",  # credit
        "/v1/images/generations",
    ]
    assert verdict_of(findings) is Verdict.USABLE
    assert all(finding.at == NOW for finding in findings)


def test_the_evidence_of_each_rung_is_told(checkup: Checkup) -> None:
    facts = {finding.rung: finding.facts for finding in checkup.run(KEY, consent=True)}
    assert facts[Rung.SHAPE] == {"kind": "practice", "masked": "sk-…NARY"}
    assert facts[Rung.REACH] == {"host": "platform.example", "clock_difference_seconds": 3}
    assert facts[Rung.SIGN_IN] == {"models": 2}
    assert facts[Rung.MODEL] == {"model": "gpt-6-luna"}
    assert facts[Rung.CREDIT] == {
        "model": "gpt-6-luna",
        "highest_cost": Money.usd("0.00001"),
        "input_tokens": 9,
        "output_tokens": 16,
        "request_id": "req_123",
    }
    assert facts[Rung.LIMITS] == {"requests": 500, "tokens_left": 29996}


def test_nothing_is_paid_without_consent_and_the_cost_is_told_first(checkup: Checkup, wire: Wire) -> None:
    findings = checkup.run(KEY)
    assert paths(wire) == ["/v1/models", "/v1/responses"]
    assert json.loads(wire.requests[1].content)["input"] == []  # nothing that could be answered and billed
    credit = of(findings, Rung.CREDIT)
    assert credit.state is State.SKIPPED
    assert credit.facts == {
        "reason": Skip.NO_CONSENT,
        "model": "gpt-6-luna",
        "highest_cost": Money.usd("0.00001"),
    }
    assert verdict_of(findings) is Verdict.RECOGNISED


def test_consent_may_be_a_question_that_hears_model_and_price(checkup: Checkup, wire: Wire) -> None:
    asked: list[Proposal] = []

    def decline(proposal: Proposal) -> bool:
        asked.append(proposal)
        return False

    findings = checkup.run(KEY, consent=decline)
    assert asked == [Proposal(Rung.CREDIT, "gpt-6-luna", Money.usd("0.00001"))]
    assert states(findings)["credit"] == "skipped"


def test_the_paid_call_is_tiny_and_not_stored(checkup: Checkup, wire: Wire) -> None:
    checkup.run(KEY, consent=True)
    body = json.loads(wire.requests[-1].content)
    assert body["max_output_tokens"] == 16
    assert body["store"] is False


def test_a_list_of_models_followed_by_no_credit_is_not_green(checkup: Checkup, wire: Wire) -> None:
    wire.answers["/v1/responses"] = NO_CREDIT
    findings = checkup.run(KEY, consent=True)
    assert states(findings)["sign_in"] == "passed"
    assert states(findings)["credit"] == "failed"
    assert states(findings)["images"] == "skipped"
    diagnosis = of(findings, Rung.CREDIT).diagnosis
    assert diagnosis
    assert diagnosis.code == "no_credit"
    assert verdict_of(findings) is Verdict.NOT_USABLE
    assert paths(wire) == ["/v1/models", "/v1/responses"]  # the rights' probe was told already
    assert states(findings)["rights"] == "passed"


def test_a_wrong_key_stops_at_sign_in(checkup: Checkup, wire: Wire) -> None:
    wire.answers["/v1/models"] = error_answer(
        401, "invalid_api_key", "invalid_request_error", "Incorrect API key"
    )
    findings = checkup.run(KEY, consent=True)
    assert states(findings) == {
        "shape": "passed",
        "reach": "passed",
        "sign_in": "failed",
        "rights": "skipped",
        "account": "skipped",
        "model": "skipped",
        "credit": "skipped",
        "images": "skipped",
        "limits": "skipped",
        "use": "skipped",
    }
    assert findings[3].facts == {"reason": Skip.EARLIER}
    assert verdict_of(findings) is Verdict.NOT_USABLE


def test_a_missing_scope_proves_the_key_and_the_climb_goes_on(checkup: Checkup, wire: Wire) -> None:
    wire.answers["/v1/models"] = httpx2.Response(403, json={"error": "Missing scopes: api.model.read."})
    findings = checkup.run(KEY, consent=True)
    assert states(findings)["sign_in"] == "passed"
    assert findings[2].facts == {"restricted": True}
    assert findings[2].diagnosis
    assert findings[2].diagnosis.facts == {"scope": "api.model.read"}
    assert of(findings, Rung.MODEL).facts == {"reason": Skip.LIST_NOT_READABLE, "model": "gpt-6-luna"}
    assert states(findings)["credit"] == "passed"


def test_no_connection_stops_at_reach_after_one_attempt(checkup: Checkup, wire: Wire) -> None:
    wire.answers["/v1/models"] = httpx2.ConnectError("[Errno 111] Connection refused")
    findings = checkup.run(KEY, consent=True)
    assert states(findings)["reach"] == "failed"
    assert len(wire.requests) == 1


def test_a_web_page_instead_of_the_platform_stops_at_reach(checkup: Checkup, wire: Wire) -> None:
    wire.answers["/v1/models"] = httpx2.Response(503, html="<html>Sign in to this network</html>")
    assert states(checkup.run(KEY))["reach"] == "failed"


@pytest.mark.parametrize(
    "answer", [httpx2.Response(200, html="<html>welcome</html>"), httpx2.Response(200, json=[])]
)
def test_an_answer_that_is_no_list_of_models_is_not_green(
    checkup: Checkup, wire: Wire, answer: httpx2.Response
) -> None:
    wire.answers["/v1/models"] = answer
    findings = checkup.run(KEY, consent=True)
    assert verdict_of(findings) is Verdict.NOT_USABLE
    assert "credit" not in [rung for rung, state in states(findings).items() if state == "passed"]


def test_no_known_model_is_a_diagnosis(checkup: Checkup, wire: Wire) -> None:
    wire.answers["/v1/models"] = models("somebody-elses-model")
    findings = checkup.run(KEY, consent=True)
    diagnosis = of(findings, Rung.RIGHTS).diagnosis
    assert diagnosis
    assert diagnosis.code == "no_model"
    assert paths(wire) == ["/v1/models"]


def test_a_model_whose_last_day_has_come_is_not_picked(checkup: Checkup, wire: Wire) -> None:
    wire.answers["/v1/models"] = models("gpt-6-luna", shutdown="2026-11-23")
    assert states(checkup.run(KEY))["model"] == "skipped"
    wire.answers["/v1/models"] = models("gpt-6-luna", shutdown="2026-11-24")
    model = of(checkup.run(KEY), Rung.MODEL)
    assert model.facts["shutdown"] == date(2026, 11, 24)
    assert model.diagnosis
    assert model.diagnosis.code == "model_ends_soon"


@pytest.mark.parametrize(
    ("key", "mode", "code"),
    [
        (ApiKey("sk-proj-" + "a" * 156), "practice", "real_key_in_practice"),
        (KEY, "live", "practice_key_in_live"),
        (ApiKey("sk-practice-admin-" + "a" * 48), "practice", "admin_key"),
        (ApiKey("not-a-key-at-all-but-long"), "live", "unusable_key"),
    ],
)
def test_a_key_of_the_wrong_shape_is_never_sent(wire: Wire, key: ApiKey, mode: Mode, code: str) -> None:
    findings = Checkup(wire, ManualClock(NOW), mode).run(key, consent=True)
    assert findings[0].diagnosis
    assert findings[0].diagnosis.code == code
    assert wire.requests == []


def test_the_image_probe_is_opt_in_and_its_price_is_told(checkup: Checkup, wire: Wire) -> None:
    findings = checkup.run(KEY, consent=True)
    assert of(findings, Rung.IMAGES).facts == {
        "reason": Skip.NOT_ASKED,
        "model": "gpt-image-2",
        "highest_cost": Money.usd("0.00001"),
    }
    assert verdict_of(findings) is Verdict.USABLE


def test_images_refused_do_not_take_texts_away(checkup: Checkup, wire: Wire) -> None:
    message = "Your organization must be verified to use the model `gpt-image-2`."
    wire.answers["/v1/images/generations"] = error_answer(403, None, "invalid_request_error", message)
    findings = checkup.run(KEY, consent=True, images=True)
    diagnosis = of(findings, Rung.IMAGES).diagnosis
    assert diagnosis
    assert diagnosis.code == "organization_not_verified"
    assert states(findings)["limits"] == "passed"
    assert verdict_of(findings) is Verdict.USABLE


def test_each_rung_is_reported_as_it_runs(checkup: Checkup) -> None:
    reported: list[tuple[str, str]] = []
    checkup.run(KEY, on_finding=lambda finding: reported.append((finding.rung.value, finding.state.value)))
    assert reported[:4] == [
        ("shape", "running"),
        ("shape", "passed"),
        ("reach", "running"),
        ("reach", "passed"),
    ]


def test_a_cancelled_climb_sends_nothing_more(checkup: Checkup, wire: Wire) -> None:
    findings = checkup.run(KEY, consent=True, cancelled=lambda: len(wire.requests) > 0)
    assert paths(wire) == ["/v1/models"]
    assert findings[-1].facts == {"reason": Skip.CANCELLED}
    assert verdict_of(findings) is Verdict.NOT_USABLE


def test_a_price_that_is_not_known_does_not_stop_the_ladder(wire: Wire, checkup: Checkup) -> None:
    def unknown(_endpoint: str, _body: object) -> Money:
        raise LookupError

    findings = Checkup(wire, ManualClock(NOW), "practice", unknown).run(KEY)
    assert of(findings, Rung.CREDIT).facts["highest_cost"] is None


def test_a_client_that_cannot_be_made_is_a_finding_not_a_traceback() -> None:
    class BrokenWire(Wire):
        def client_for(self, key: ApiKey) -> openai.OpenAI:
            raise RuntimeError("nothing there")

    findings = Checkup(BrokenWire(), ManualClock(NOW), "practice").run(KEY)
    assert states(findings)["reach"] == "failed"


def test_the_cheapest_listed_model_steps_in_where_no_wish_is_listed(wire: Wire) -> None:
    prices = {"dear-one": Money.usd("0.02"), "cheap-one": Money.usd("0.001")}
    wire.answers = {"/v1/models": models("dear-one", "cheap-one", "no-price"), "/v1/responses": text_answer}
    priced = Checkup(wire, ManualClock(NOW), "practice", lambda _endpoint, body: prices[body["model"]])
    assert of(priced.run(KEY, consent=True), Rung.CREDIT).facts["model"] == "cheap-one"


def test_a_right_that_is_missing_is_named_and_nothing_is_paid(checkup: Checkup, wire: Wire) -> None:
    wire.answers["/v1/responses"] = error_answer(
        401, None, "invalid_request_error", "Missing scopes: api.responses.write."
    )
    findings = checkup.run(KEY, consent=True)
    assert states(findings)["sign_in"] == "passed"
    diagnosis = of(findings, Rung.RIGHTS).diagnosis
    assert diagnosis
    assert (diagnosis.code, diagnosis.facts) == ("missing_scope", {"scope": "api.responses.write"})
    assert of(findings, Rung.CREDIT).facts == {"reason": Skip.EARLIER}
    assert paths(wire) == ["/v1/models", "/v1/responses"]


def test_the_account_written_down_is_sent_along_and_a_mismatch_is_told(checkup: Checkup, wire: Wire) -> None:
    def listing(request: httpx2.Request) -> httpx2.Response:
        if request.headers.get("openai-project") == "proj_other":
            return error_answer(401, "mismatched_project", "invalid_request_error", "header should match")
        return models("gpt-6-luna")

    wire.answers["/v1/models"] = listing
    findings = checkup.run(KEY, written=NotedAccount("org-mine", "proj_other"))
    account = of(findings, Rung.ACCOUNT)
    assert wire.requests[2].headers["openai-organization"] == "org-mine"
    assert account.diagnosis
    assert account.diagnosis.code == "wrong_project"
    assert account.facts == {"organization": "org-mine", "project": "proj_other"}
    assert states(findings)["model"] == "passed"  # the key itself is none the worse for it


def test_a_clock_that_is_wrong_is_remarked_upon(wire: Wire, checkup: Checkup) -> None:
    late = Checkup(wire, ManualClock(NOW + timedelta(hours=2)), "practice")
    reach = of(late.run(KEY), Rung.REACH)
    assert reach.state is State.PASSED
    assert reach.diagnosis
    assert (reach.diagnosis.code, reach.diagnosis.facts) == ("clock_wrong", {"minutes": 120})


def test_an_answer_that_never_comes_is_given_up_after_twenty_seconds(wire: Wire) -> None:
    clock, gone = ManualClock(NOW), Event()

    def never(_request: httpx2.Request) -> httpx2.Response:
        clock.advance(timedelta(seconds=21))
        gone.wait(30)
        return models("gpt-6-luna")

    wire.answers["/v1/models"] = never
    findings = Checkup(wire, clock, "practice").run(KEY)
    gone.set()
    reach = of(findings, Rung.REACH)
    assert reach.state is State.FAILED
    assert reach.diagnosis
    assert reach.diagnosis.code == "timed_out"
    assert len(wire.requests) == 1


def test_a_climb_can_be_stopped_while_it_waits(wire: Wire) -> None:
    gone = Event()

    def never(_request: httpx2.Request) -> httpx2.Response:
        gone.wait(30)
        return models("gpt-6-luna")

    wire.answers["/v1/models"] = never
    findings = Checkup(wire, ManualClock(NOW), "practice").run(KEY, cancelled=lambda: len(wire.requests) > 0)
    gone.set()
    assert trouble_in(findings) == Diagnosis("cancelled")
    assert all(one.facts == {"reason": Skip.CANCELLED} for one in findings if one.rung is not Rung.SHAPE)


@pytest.mark.parametrize(
    ("stopped", "request_number", "verdict"),
    [
        (Rung.REACH, 1, Verdict.NOT_USABLE),
        (Rung.RIGHTS, 2, Verdict.RECOGNISED),
        (Rung.CREDIT, 3, Verdict.RECOGNISED),
        (Rung.IMAGES, 4, Verdict.USABLE),
    ],
)
def test_the_rung_under_way_at_a_stop_has_not_failed(
    checkup: Checkup, wire: Wire, stopped: Rung, request_number: int, verdict: Verdict
) -> None:
    stop, gone, answer_at_once = Event(), Event(), wire.answer

    def answer(request: httpx2.Request) -> httpx2.Response:
        if len(wire.requests) == request_number:
            stop.set()
            gone.wait(30)
        return answer_at_once(request)

    wire.answer = answer  # type: ignore[method-assign]
    findings = checkup.run(KEY, consent=True, images=True, cancelled=stop.is_set)
    gone.set()
    rung = of(findings, stopped)
    assert (rung.state, rung.diagnosis, rung.facts) == (State.SKIPPED, None, {"reason": Skip.CANCELLED})
    assert was_stopped(findings)
    assert verdict_of(findings) is verdict


def test_no_finding_holds_the_key(checkup: Checkup, wire: Wire) -> None:
    message = f"Incorrect API key provided: {KEY.get_secret_value()}"
    wire.answers["/v1/models"] = error_answer(401, "invalid_api_key", "invalid_request_error", message)
    assert "CANARYCANARY" not in repr(checkup.run(KEY, consent=True))


def test_every_rung_state_skip_and_verdict_has_its_text() -> None:
    for language in ("it", "en"):
        texts = Texts(language)
        names = [
            *(f"checkup.rung.{rung}" for rung in Rung),
            *(f"checkup.state.{state}" for state in State),
            *(f"checkup.verdict.{verdict}" for verdict in Verdict),
        ]
        assert all(texts(name) for name in names)
        assert all(texts(f"checkup.skipped.{skip}", model="m", highest_cost="x") for skip in Skip)


def test_an_admin_key_that_is_refused_says_nothing_about_the_key_that_is_checked(
    wire: Wire, checkup: Checkup
) -> None:
    def refused(_request: httpx2.Request) -> httpx2.Response:
        return error_answer(401, "invalid_api_key", "invalid_request_error", "Incorrect API key")

    wire.answers |= {
        "/v1/organization/projects": refused,
        "/v1/organization/spend_limit": refused,
        "/v1/organization/spend_alerts": refused,
    }
    findings = checkup.run(KEY, admin_key=ApiKey("sk-practice-admin-" + "a" * 48))
    assert of(findings, Rung.USE).facts["reason"] is Skip.ADMIN_KEY_REFUSED
    assert verdict_of(findings) is Verdict.RECOGNISED


def test_a_server_that_answers_400_to_everything_is_not_the_platform(wire: Wire, checkup: Checkup) -> None:
    wire.answers = dict.fromkeys(wire.answers, httpx2.Response(400, text="no"))
    assert states(checkup.run(KEY))["sign_in"] == "failed"


def test_a_server_that_accepts_what_cannot_be_answered_is_remarked_upon(wire: Wire, checkup: Checkup) -> None:
    def obliging(request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content) | {"input": "Say OK."}
        return text_answer(httpx2.Request("POST", request.url, json=body))

    wire.answers["/v1/responses"] = obliging
    rights = of(checkup.run(KEY), Rung.RIGHTS)
    assert rights.diagnosis
    assert rights.diagnosis.code == "unlike_the_platform"


def test_no_image_model_is_no_failure_of_a_key_that_was_not_asked_for_images(
    wire: Wire, checkup: Checkup
) -> None:
    wire.answers["/v1/models"] = models("gpt-6-luna")
    findings = checkup.run(KEY)
    assert of(findings, Rung.IMAGES).facts == {"reason": Skip.NOT_ASKED, "model": "", "highest_cost": None}
    assert verdict_of(findings) is Verdict.RECOGNISED
