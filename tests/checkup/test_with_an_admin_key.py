"""The whole ladder with an admin key, against the practice platform: limits, alerts, who uses the key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import openai
import pytest
from starlette.testclient import TestClient

from ppkit.checkup import Checkup, Finding, Rung, State, Verdict, explain, verdict_of
from ppkit.checkup.finding_texts import evidence_of
from ppkit.checkup.findings import Skip
from ppkit.clock import ManualClock
from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.platform import Platform
from ppkit.spending.calls_paid import CallsPaid

ADDRESS = "http://127.0.0.1:8099"
TEN = Money.usd(10)


class OneCheckup(CallsPaid):
    """A ledger that knows of one call by a checkup."""

    def __init__(self) -> None:
        """Without a ledger."""

    def by_checkups(self, key: ApiKey, days: int) -> int:
        return 1


class Account:
    """A funded account, its project's key and its admin key; `status` is what the platform says of limits."""

    def __init__(self, platform: Platform, clock: ManualClock, opened: ExitStack) -> None:
        self.platform, self.clock, self._opened = platform, clock, opened
        platform.sign_up("Anna Bianchi", "anna@example.com", "Studio Bianchi")
        platform.billing.give_credits(Money.usd(5))
        row, secret = platform.create_key("PostPickr-AI")
        self.key, self.project = ApiKey(secret), row.project_id or ""
        self.admin_key = ApiKey(platform.keys.create_admin("reports")[1])
        self.linked_key: ApiKey | None = None
        self.status: str | None = None

    def client_for(self, key: ApiKey) -> openai.OpenAI:
        return self._client(api_key=key.get_secret_value())

    def admin_client_for(self, key: ApiKey) -> openai.OpenAI:
        return self._client(api_key="", admin_api_key=key.get_secret_value())

    def _client(self, **keys: Any) -> openai.OpenAI:
        web = self._opened.enter_context(
            TestClient(create_app(self.platform, control_token="control-" + "t" * 20), base_url=ADDRESS)
        )

        def forward(request: httpx2.Request) -> httpx2.Response:
            got = web.request(
                request.method, str(request.url), headers=dict(request.headers), content=request.read()
            )
            content = got.content
            if self.status and request.url.path.endswith("/spend_limit") and got.status_code == 200:
                told = json.loads(content)
                told["enforcement"]["status"] = self.status
                content = json.dumps(told).encode()
            headers = {name: value for name, value in got.headers.items() if name != "content-length"}
            return httpx2.Response(got.status_code, headers=headers, content=content)

        http = httpx2.Client(transport=httpx2.MockTransport(forward))
        return openai.OpenAI(**keys, base_url=f"{ADDRESS}/v1", http_client=http, max_retries=0)

    def check_run(self, *, is_linked: bool = True) -> dict[Rung, Finding]:
        self.linked_key = self.key if is_linked else None
        checkup = Checkup(
            self, self.clock, "practice", lambda _endpoint, _body: Money.usd("0.001"), OneCheckup()
        )
        findings = checkup.run(self.key, consent=True, admin_key=self.admin_key)
        assert verdict_of(findings) is Verdict.USABLE
        return {finding.rung: finding for finding in findings}

    def calls(self) -> None:
        """One call that is not a checkup's."""
        client = self.client_for(self.key)
        client.responses.create(model="gpt-6-luna", input="Ciao", max_output_tokens=16)


@pytest.fixture
def account(platform: Platform, clock: ManualClock) -> Iterator[Account]:
    with ExitStack() as opened:
        yield Account(platform, clock, opened)


def told_of(finding: Finding, language: str) -> str:
    texts = Texts(language)
    said = [evidence_of(finding, texts)]
    if finding.diagnosis:
        explained = explain(finding.diagnosis, texts)
        said += [explained.what, explained.why, explained.now]
    return " ".join(said)


@pytest.mark.parametrize("level", ["organization", "project"])
@pytest.mark.parametrize("status", ["inactive", "enforcing"])
def test_a_limit_is_told_with_its_amount_and_what_its_status_leaves_open(
    account: Account, status: str, level: str
) -> None:
    if level == "project":
        account.platform.limits.set_limit(1000, account.project)
    else:
        account.platform.limits.set_limit(1000)
    account.status = status
    limits = account.check_run()[Rung.LIMITS]
    assert limits.state is State.PASSED
    for language, amount in (("it", "10,00 USD"), ("en", "$10.00")):
        said = told_of(limits, language)
        assert amount in said
        assert status in said
        assert not re.search("No monthly limit|Nessun limite|no limit that|nessun limite", said)
    if status == "enforcing":
        assert (limits.facts["hard_limit"], limits.diagnosis) == (TEN, None)
        return
    assert (limits.facts["hard_limit"], limits.facts["limit_open"]) == (None, TEN)
    assert limits.diagnosis
    assert limits.diagnosis.code == "limit_status_open"
    assert next(link.label for link in limits.diagnosis.links) == "Limits"
    assert "Enforce a hard limit" in explain(limits.diagnosis, Texts("en")).now


def test_a_status_that_nobody_knows_yet_is_shown_as_it_is(account: Account) -> None:
    account.platform.limits.set_limit(1000, enforced=False)
    limits = account.check_run()[Rung.LIMITS]
    assert limits.facts["status"] == "inactive"
    account.status = "a word of next year"
    assert account.check_run()[Rung.LIMITS].facts["status"] == "a word of next year"


def test_an_alert_beside_an_undecided_limit_is_not_called_an_alert_without_one(account: Account) -> None:
    account.platform.limits.create_alert(500, ["anna@example.com"])
    alone = account.check_run()[Rung.LIMITS]
    assert alone.diagnosis
    assert alone.diagnosis.code == "alert_without_limit"
    account.platform.limits.set_limit(1000)
    account.status = "inactive"
    beside = account.check_run()[Rung.LIMITS]
    assert beside.diagnosis
    assert (beside.diagnosis.code, beside.facts["alert"]) == ("limit_status_open", Money.usd(5))


def test_without_any_limit_that_is_told(account: Account) -> None:
    limits = account.check_run()[Rung.LIMITS]
    assert (limits.facts["hard_limit"], limits.facts["alert"], limits.diagnosis) == (None, None, None)
    assert Texts("en")("checkup.found.no_hard_limit") in told_of(limits, "en")


def test_calls_of_others_are_counted_and_those_of_checkups_taken_off(account: Account) -> None:
    first = account.check_run()[Rung.USE]
    assert (first.state, first.facts["reason"]) == (State.SKIPPED, Skip.NOT_USED_YET)
    account.calls()
    used = account.check_run()[Rung.USE]
    assert used.state is State.PASSED
    assert used.facts["name"] == "PostPickr-AI"
    shared = account.check_run(is_linked=False)[Rung.USE]
    assert shared.diagnosis
    assert shared.diagnosis.code == "key_shared"
