"""The ladder: what each rung proves, and what it must never claim."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx2
import pytest

from ppkit.checkup import Checkup, Finding, Proposal, Rung, Skip, State, Verdict, verdict_of
from ppkit.clock import ManualClock
from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
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


def text_answer(_request: httpx2.Request) -> httpx2.Response:
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


@pytest.fixture
def checkup(wire: Wire) -> Checkup:
    wire.answers = {
        "/v1/models": models("gpt-6-luna", "gpt-image-2"),
        "/v1/responses": text_answer,
        "/v1/images/generations": IMAGE,
    }
    return Checkup(
        wire.client_for, ManualClock(NOW), "practice", lambda _endpoint, _body: Money.usd("0.00001")
    )


def states(findings: list[Finding]) -> dict[str, str]:
    return {finding.rung.value: finding.state.value for finding in findings}


def paths(wire: Wire) -> list[str]:
    return [request.url.path for request in wire.requests]


def test_a_good_key_passes_every_rung_with_one_request_each(checkup: Checkup, wire: Wire) -> None:
    findings = checkup.run(KEY, consent=True, images=True)
    assert set(states(findings).values()) == {"passed"}
    assert paths(wire) == ["/v1/models", "/v1/responses", "/v1/images/generations"]
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
    assert paths(wire) == ["/v1/models"]
    credit = findings[4]
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
    body = json.loads(wire.requests[1].content)
    assert body["max_output_tokens"] == 16
    assert body["store"] is False


def test_a_list_of_models_followed_by_no_credit_is_not_green(checkup: Checkup, wire: Wire) -> None:
    wire.answers["/v1/responses"] = NO_CREDIT
    findings = checkup.run(KEY, consent=True)
    assert states(findings)["sign_in"] == "passed"
    assert states(findings)["credit"] == "failed"
    assert states(findings)["images"] == "skipped"
    assert findings[4].diagnosis
    assert findings[4].diagnosis.code == "no_credit"
    assert verdict_of(findings) is Verdict.NOT_USABLE
    assert paths(wire) == ["/v1/models", "/v1/responses"]


def test_a_wrong_key_stops_at_sign_in(checkup: Checkup, wire: Wire) -> None:
    wire.answers["/v1/models"] = error_answer(
        401, "invalid_api_key", "invalid_request_error", "Incorrect API key"
    )
    findings = checkup.run(KEY, consent=True)
    assert states(findings) == {
        "shape": "passed",
        "reach": "passed",
        "sign_in": "failed",
        "model": "skipped",
        "credit": "skipped",
        "images": "skipped",
        "limits": "skipped",
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
    assert findings[3].facts == {"reason": Skip.LIST_NOT_READABLE, "model": "gpt-6-luna"}
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
    assert findings[3].diagnosis
    assert findings[3].diagnosis.code == "no_model"
    assert paths(wire) == ["/v1/models"]


def test_a_model_whose_last_day_has_come_is_not_picked(checkup: Checkup, wire: Wire) -> None:
    wire.answers["/v1/models"] = models("gpt-6-luna", shutdown="2026-11-23")
    assert states(checkup.run(KEY))["model"] == "failed"
    wire.answers["/v1/models"] = models("gpt-6-luna", shutdown="2026-11-24")
    assert checkup.run(KEY)[3].facts["shutdown"]


@pytest.mark.parametrize(
    ("key", "mode", "code"),
    [
        (ApiKey("sk-proj-" + "a" * 156), "practice", "real_key_in_practice"),
        (KEY, "live", "practice_key_in_live"),
        (ApiKey("sk-practice-admin-" + "a" * 48), "practice", "admin_key"),
        (ApiKey("not-a-key-at-all-but-long"), "live", "unusable_key"),
    ],
)
def test_a_key_of_the_wrong_shape_is_never_sent(wire: Wire, key: ApiKey, mode: str, code: str) -> None:
    findings = Checkup(wire.client_for, ManualClock(NOW), mode).run(key, consent=True)
    assert findings[0].diagnosis
    assert findings[0].diagnosis.code == code
    assert wire.requests == []


def test_the_image_probe_is_opt_in_and_its_price_is_told(checkup: Checkup, wire: Wire) -> None:
    findings = checkup.run(KEY, consent=True)
    assert findings[5].facts == {
        "reason": Skip.NOT_ASKED,
        "model": "gpt-image-2",
        "highest_cost": Money.usd("0.00001"),
    }
    assert verdict_of(findings) is Verdict.USABLE


def test_images_refused_do_not_take_texts_away(checkup: Checkup, wire: Wire) -> None:
    message = "Your organization must be verified to use the model `gpt-image-2`."
    wire.answers["/v1/images/generations"] = error_answer(403, None, "invalid_request_error", message)
    findings = checkup.run(KEY, consent=True, images=True)
    assert findings[5].diagnosis
    assert findings[5].diagnosis.code == "organization_not_verified"
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

    findings = Checkup(wire.client_for, ManualClock(NOW), "practice", unknown).run(KEY)
    assert findings[4].facts["highest_cost"] is None


def test_a_client_that_cannot_be_made_is_a_finding_not_a_traceback() -> None:
    def broken(_key: ApiKey) -> None:
        raise RuntimeError("nothing there")

    findings = Checkup(broken, ManualClock(NOW), "practice").run(KEY)  # type: ignore[arg-type]
    assert states(findings)["reach"] == "failed"


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
