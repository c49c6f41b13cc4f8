"""Every failure that the practice platform can play has its own diagnosis, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openai
import pytest
from practice.failures import FAILURES, Failure
from starlette.testclient import TestClient
from sweeps import sweep

from ppkit.checkup import Checkup, Diagnosis, Finding, Rung, State, Verdict, diagnose, explain, verdict_of
from ppkit.checkup.help_request import request_for_help
from ppkit.checkup.hints import hints_for
from ppkit.checkup.remedies import REMEDIES
from ppkit.checkup.root_causes import CAUSES, with_root_cause
from ppkit.clock import ManualClock
from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.onboarding import cause_in_practice, is_rehearsed
from ppkit.onboarding.practice_causes import REHEARSED
from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.faults import FAULTS
from ppkit.practice_platform.platform import Platform

ADDRESS = "http://127.0.0.1:8099"
TOKEN = "control-" + "t" * 20

# What each failure is called once the practice platform's own state has been asked.
EXPECTED = {
    "no_key": "no_key",
    "wrong_key": "wrong_key",
    "revoked_key": "key_revoked",
    "expired_key": "key_expired",
    "leaked_key": "key_leaked",
    "account_deactivated": "account_deactivated",
    "project_archived": "project_archived",
    "mismatched_organization": "wrong_organization",
    "invalid_organization": "wrong_organization",
    "mismatched_project": "wrong_project",
    "no_organization": "not_a_member",
    "ip_not_authorized": "address_not_allowed",
    "restricted_models": "missing_scope",
    "restricted_responses": "missing_scope",
    "restricted_chat": "missing_scope",
    "restricted_embeddings": "missing_scope",
    "restricted_images": "missing_scope",
    "insufficient_scope": "missing_scope",
    "ordinary_key_for_costs": "admin_key_needed",
    "admin_key_for_texts": "missing_scope",
    "country": "country_not_supported",
    "no_credit": "credit_used_up",
    "credit_expired": "credit_expired",
    "credit_on_its_way": "credit_on_its_way",
    "card_declined": "card_refused",
    "no_credit_old_code": "credit_used_up",
    "organization_limit": "organization_spend_limit",
    "project_limit": "project_spend_limit",
    "usage_limit": "usage_limit",
    "billing_not_active": "billing_not_active",
    "image_billing_limit": "billing_limit",
    "image_billing_limit_as_request_error": "billing_limit",
    "image_billing_limit_as_image_error": "billing_limit",
    "unknown_model": "model_not_found",
    "retired_model": "model_not_found",
    "model_denied": "model_not_allowed",
    "requests_a_minute": "rate_limited",
    "tokens_a_minute": "rate_limited",
    "rate_limit": "rate_limited",
    "rate_limit_storm": "rate_limited",
    "rate_limit_old_type": "rate_limited",
    "slow_down": "slow_down",
    "not_verified": "organization_not_verified",
    "verified_lately": "verification_spreading",
    "not_verified_for_text": "organization_not_verified",
    "not_verified_for_stream_of_responses": "organization_not_verified",
    "not_verified_for_stream_of_chat": "organization_not_verified",
    "not_verified_for_reasoning_summary": "organization_not_verified",
    "image_moderation": "content_refused",
    "service_tier": "service_tier_not_allowed",
    "overloaded": "overloaded",
    "server_error": "server_error",
    "web_page_error": "not_the_platform",
}

# Where the ladder meets a failure, for those that it meets: the rung that falls.
FALLS_AT = {
    "revoked_key": Rung.SIGN_IN,
    "expired_key": Rung.SIGN_IN,
    "leaked_key": Rung.SIGN_IN,
    "account_deactivated": Rung.SIGN_IN,
    "project_archived": Rung.SIGN_IN,
    "mismatched_organization": Rung.SIGN_IN,
    "invalid_organization": Rung.SIGN_IN,
    "mismatched_project": Rung.SIGN_IN,
    "no_organization": Rung.SIGN_IN,
    "ip_not_authorized": Rung.SIGN_IN,
    "country": Rung.SIGN_IN,
    "restricted_models": Rung.RIGHTS,
    "restricted_responses": Rung.RIGHTS,
    "restricted_chat": Rung.RIGHTS,
    "restricted_embeddings": Rung.RIGHTS,
    "insufficient_scope": Rung.RIGHTS,
    "no_credit": Rung.CREDIT,
    "credit_expired": Rung.CREDIT,
    "credit_on_its_way": Rung.CREDIT,
    "card_declined": Rung.CREDIT,
    "no_credit_old_code": Rung.CREDIT,
    "organization_limit": Rung.CREDIT,
    "project_limit": Rung.CREDIT,
    "usage_limit": Rung.CREDIT,
    "billing_not_active": Rung.CREDIT,
    "model_denied": Rung.MODEL,
    "requests_a_minute": Rung.CREDIT,
    "tokens_a_minute": Rung.CREDIT,
    "rate_limit": Rung.CREDIT,
    "rate_limit_old_type": Rung.CREDIT,
    "slow_down": Rung.CREDIT,
    "image_billing_limit": Rung.IMAGES,
    "image_billing_limit_as_request_error": Rung.IMAGES,
    "image_billing_limit_as_image_error": Rung.IMAGES,
    "not_verified": Rung.IMAGES,
    "verified_lately": Rung.IMAGES,
    "image_moderation": Rung.IMAGES,
    "overloaded": Rung.SIGN_IN,
    "server_error": Rung.SIGN_IN,
    "web_page_error": Rung.REACH,
}


@dataclass
class Practice:
    """A platform in process, and the doors to it: the SDK, and the state that a session asks for."""

    platform: Platform
    web: TestClient

    def sdk(self, **arguments: Any) -> openai.OpenAI:
        """With an HTTP client of its own, since a check run closes what it was given."""
        http_client: Any = TestClient(self.web.app, base_url=ADDRESS)
        return openai.OpenAI(**arguments, base_url=f"{ADDRESS}/v1", http_client=http_client, max_retries=0)

    def state(self) -> Mapping[str, Any]:
        state: Mapping[str, Any] = self.web.get(
            "/control/state", headers={"x-ppkit-control-token": TOKEN}
        ).json()
        return state

    def named(self, diagnosis: Diagnosis, key: str) -> Diagnosis:
        cause = cause_in_practice(diagnosis.code, self.state(), ApiKey(key))
        return with_root_cause(diagnosis, cause) if cause else diagnosis


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Practice]:
    platform = Platform.open(
        tmp_path / "practice.sqlite3", ManualClock(datetime(2026, 11, 23, 9, 30, tzinfo=UTC))
    )
    platform.sign_up("Anna Bianchi", "anna@example.com", "Studio Bianchi")
    platform.billing.give_credits(Money.usd(5))
    with TestClient(create_app(platform, control_token=TOKEN), base_url=ADDRESS) as web:
        yield Practice(platform, web)
    platform.close()


def arranged(practice: Practice, failure: Failure) -> dict[str, str]:
    """The failure brought about; the arguments of the client that meets it."""
    arguments = {
        "api_key": practice.platform.create_key("k")[1],
        **(failure.arrange(practice.platform) or {}),
    }
    for fault in failure.faults:
        practice.platform.faults.switch(fault, on=True)
    return arguments


def refusal_of(ask: Callable[[openai.OpenAI], object], sdk: openai.OpenAI) -> Exception:
    try:
        ask(sdk)
    except Exception as error:
        return error
    raise AssertionError("nothing was refused")


@dataclass
class Clients:
    """The client of one failure for every key."""

    practice: Practice
    arguments: dict[str, str]
    linked_key: ApiKey | None = None

    def client_for(self, _key: ApiKey) -> openai.OpenAI:
        return self.practice.sdk(**self.arguments)

    admin_client_for = client_for


def checked(practice: Practice, arguments: dict[str, str]) -> list[Finding]:
    key = ApiKey(arguments["api_key"])
    clock = ManualClock(datetime(2026, 11, 23, 9, 30, tzinfo=UTC))
    clients = Clients(practice, arguments)
    checkup = Checkup(clients, clock, "practice", lambda _endpoint, _body: Money.usd("0.001"))
    return checkup.run(key, consent=True, images=True)


def test_the_table_names_every_failure() -> None:
    assert set(EXPECTED) == {failure.name for failure in FAILURES}
    assert set(EXPECTED.values()) <= set(REMEDIES)
    assert "unexpected" not in EXPECTED.values()


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_each_failure_has_its_diagnosis(practice: Practice, failure: Failure) -> None:
    arguments = arranged(practice, failure)
    diagnosis = practice.named(
        diagnose(refusal_of(failure.ask, practice.sdk(**arguments))), arguments["api_key"]
    )
    assert diagnosis.code == EXPECTED[failure.name]
    assert diagnosis.details["status"] == failure.status
    assert arguments["api_key"] not in repr(diagnosis)


# What is on is not what refuses (another code for credit that is gone), or is met elsewhere than in a check.
BESIDE = {
    "clock_skew",
    "cut_stream",
    "error_in_stream",
    "late_limits",
    "limit_status_as_switch",
    "no_credit_old_code",
    "slow_answers",
    "slow_background",
    "slow_stream",
}


def test_each_failure_that_can_be_switched_on_is_known_by_its_diagnosis() -> None:
    assert set(REHEARSED) <= set(REMEDIES)
    assert {fault for faults in REHEARSED.values() for fault in faults} == set(FAULTS) - BESIDE


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_a_failure_that_was_switched_on_is_told_from_one_that_came_about(
    practice: Practice, failure: Failure
) -> None:
    arranged(practice, failure)
    code = EXPECTED[failure.name]
    assert is_rehearsed(code, practice.state()) == bool(set(failure.faults) - BESIDE)
    for fault in failure.faults:
        practice.platform.faults.switch(fault, on=False)
    assert not is_rehearsed(code, practice.state())


@pytest.mark.parametrize(
    "failure", [one for one in FAILURES if one.name in FALLS_AT], ids=lambda one: one.name
)
def test_the_ladder_falls_at_the_right_rung_with_one_request_each(
    practice: Practice, failure: Failure
) -> None:
    arguments = arranged(practice, failure)
    findings = checked(practice, arguments)
    fallen = next(finding for finding in findings if finding.state is State.FAILED)
    assert fallen.rung is FALLS_AT[failure.name]
    assert fallen.diagnosis
    assert practice.named(fallen.diagnosis, arguments["api_key"]).code == EXPECTED[failure.name]
    usable = verdict_of(findings) is Verdict.USABLE
    assert usable == (fallen.rung is Rung.IMAGES)
    assert practice.platform.usage.calls() == (1 if usable else 0)


def test_a_key_that_never_was_falls_at_sign_in(practice: Practice) -> None:
    findings = checked(practice, {"api_key": "sk-practice-" + "0" * 48})
    fallen = next(finding for finding in findings if finding.state is State.FAILED)
    assert fallen.diagnosis
    assert (fallen.rung, fallen.diagnosis.code) == (Rung.SIGN_IN, "wrong_key")


def test_a_person_who_never_bought_is_told_so_and_one_with_a_card_only_as_well(practice: Practice) -> None:
    platform = practice.platform
    platform.reset()
    platform.sign_up("Anna Bianchi", "anna@example.com", "Studio Bianchi")
    secret = platform.create_key("k")[1]
    no_credit = Diagnosis("no_credit")
    assert practice.named(no_credit, secret).code == "chatgpt_only"
    platform.add_payment_method("4242 4242 4242 4242", "12/30", "123", "Anna Bianchi")
    assert practice.named(no_credit, secret).code == "hold_not_purchase"


def test_a_captive_portal_that_answers_200_is_not_taken_for_the_platform(practice: Practice) -> None:
    secret = practice.platform.create_key("k")[1]
    practice.platform.faults.switch("captive_portal", on=True)
    findings = checked(practice, {"api_key": secret})
    fallen = next(finding for finding in findings if finding.state is State.FAILED)
    assert fallen.diagnosis
    assert (fallen.rung, fallen.diagnosis.code) == (Rung.REACH, "not_the_platform")


def test_a_clock_that_is_five_hours_off_is_remarked_upon(practice: Practice) -> None:
    secret = practice.platform.create_key("k")[1]
    practice.platform.faults.switch("clock_skew", on=True)
    reach = next(finding for finding in checked(practice, {"api_key": secret}) if finding.rung is Rung.REACH)
    assert reach.diagnosis
    assert (reach.diagnosis.code, reach.diagnosis.facts["minutes"]) == ("clock_wrong", 300)


@pytest.mark.parametrize("language", ["it", "en"])
def test_every_diagnosis_says_something_of_its_own(language: str) -> None:
    texts = Texts(language)
    told = {code: explain(Diagnosis(code), texts).what for code in REMEDIES}
    assert len(set(told.values())) == len(told)
    assert all(not text.endswith("…") for text in told.values())


@sweep("language", ["it", "en"])
@sweep("code", sorted(REMEDIES))
def test_every_diagnosis_leads_on_by_at_least_two_ways(code: str, language: str) -> None:
    diagnosis, texts = Diagnosis(code), Texts(language)
    help_text = request_for_help(code, explain(diagnosis, texts), texts, mode="live")
    assert code in help_text
    # Checking again and asking for help are always there; these are what the diagnosis itself adds.
    own_ways = [
        *diagnosis.links,
        *diagnosis.recheck_minutes,
        *hints_for(diagnosis, texts),
        *CAUSES.get(code, ()),
    ]
    assert own_ways or code in ALONE


ALONE = {
    *("cannot_paste", "real_key_in_practice", "clock_wrong", "cancelled"),
    *("certificate_expired", "certificate_not_yet_valid"),
    *("address_unusable", "header_unsendable", "disk_full", "failed_here"),
}
"""What is mended in this window or on this computer: another way in or key, the clock, the check itself."""
