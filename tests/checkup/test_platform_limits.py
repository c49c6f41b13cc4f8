"""The limit and alerts set on the platform: read, set, changed, deleted with an admin key, and mirrored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from ppkit.checkup import LimitsAtPlatform, LimitStep, carry_out, diagnose, drift_of, mirror_steps
from ppkit.checkup.limit_drift import in_whole_cents
from ppkit.checkup.platform_limits import (
    OUR_PREFIX,
    NoAlertRecipient,
    NoSuchPlatformAlert,
    PlatformControls,
    ReportedSpendAlert,
    ReportedSpendLimit,
    UnknownLimitTerms,
    cents_of,
)
from ppkit.keys import ApiKey, KeyInText
from ppkit.money import Money
from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.platform import Platform
from ppkit.spending.ledger.errors import LimitNegative, LimitTooLarge
from ppkit.spending.ledger.values import Limits

from .conftest import Wire

ADDRESS = "http://127.0.0.1:8099"
ANNA = ("anna@example.com",)


@dataclass
class Clients:
    """Clients of the unmodified SDK in front of the practice platform; it counts those not closed."""

    web: TestClient
    linked_key: ApiKey | None = None
    open: int = 0

    def admin_client_for(self, key: ApiKey) -> openai.OpenAI:
        http_client: Any = self.web
        client = openai.OpenAI(
            api_key="",
            admin_api_key=key.get_secret_value(),
            base_url=f"{ADDRESS}/v1",
            http_client=http_client,
            max_retries=0,
        )
        self.open += 1

        def close() -> None:
            self.open -= 1

        client.close = close  # type: ignore[method-assign]
        return client

    def client_for(self, key: ApiKey) -> openai.OpenAI:
        raise AssertionError("only an admin key may be used")


@pytest.fixture
def account(platform: Platform) -> Platform:
    platform.sign_up("Anna Bianchi", "anna@example.com", "Studio Bianchi")
    platform.billing.give_credits(Money.usd(5))
    return platform


@pytest.fixture
def clients(account: Platform) -> Iterator[Clients]:
    with TestClient(create_app(account), base_url=ADDRESS) as web:
        found = Clients(web)
        yield found
        assert found.open == 0


@pytest.fixture(params=["organization", "project"])
def there(request: pytest.FixtureRequest, clients: Clients, account: Platform) -> LimitsAtPlatform:
    project = account.projects.default().id if request.param == "project" else None
    secret = account.keys.create_admin("limits")[1]
    return LimitsAtPlatform(clients, ApiKey(secret), project)


def test_the_limit_is_set_read_changed_and_removed(there: LimitsAtPlatform) -> None:
    assert there.read() == PlatformControls(None, ())
    assert there.set_limit(Money.usd(10)) == ReportedSpendLimit(Money.usd(10), "inactive")
    assert there.set_limit(Money.usd(20)).amount == Money.usd(20)
    assert there.read().limit == ReportedSpendLimit(Money.usd(20), "inactive")
    assert there.set_limit(Money(0)).amount == Money.usd("0.01")  # zero is no limit there
    assert there.remove_limit()
    assert not there.remove_limit()
    assert there.read().limit is None


def test_an_alert_is_created_changed_in_part_and_deleted(there: LimitsAtPlatform) -> None:
    created = there.create_alert(Money.usd(5), ANNA)
    assert (created.amount, created.recipients, created.subject_prefix) == (Money.usd(5), ANNA, OUR_PREFIX)
    assert there.change_alert(created.id, Money.usd(6)).recipients == ANNA
    changed = there.change_alert(created.id, recipients=("b@example.com", "c@example.com"))
    assert (changed.amount, len(changed.recipients), changed.is_ours) == (Money.usd(6), 2, True)
    assert there.read().alerts == (changed,)
    there.delete_alert(created.id)
    assert there.read().alerts == ()


def test_an_alert_that_is_not_there_is_named(there: LimitsAtPlatform) -> None:
    for ask in (lambda: there.change_alert("alert_x", Money.usd(1)), lambda: there.delete_alert("alert_x")):
        with pytest.raises(NoSuchPlatformAlert) as refusal:
            ask()
        assert diagnose(refusal.value).code == "no_such_platform_alert"


def test_what_was_set_for_a_project_is_not_set_for_the_organization(
    clients: Clients, account: Platform
) -> None:
    key = ApiKey(account.keys.create_admin("limits")[1])
    of_project = LimitsAtPlatform(clients, key, account.projects.default().id)
    alert = of_project.create_alert(Money.usd(1), ANNA)
    of_project.set_limit(Money.usd(2))
    whole = LimitsAtPlatform(clients, key)
    assert whole.read() == PlatformControls(None, ())
    with pytest.raises(NoSuchPlatformAlert):
        whole.delete_alert(alert.id)


def test_nothing_is_asked_of_the_platform_for_what_cannot_be_right(wire: Wire) -> None:
    there = LimitsAtPlatform(wire, ApiKey("sk-practice-admin-" + "Ab3" * 16))
    secret = "sk-practice-" + "Ab3" * 16
    with pytest.raises(LimitNegative):
        there.set_limit(Money(-1))
    with pytest.raises(LimitTooLarge):
        there.set_limit(Money(2**70 * 10**10))
    with pytest.raises(NoAlertRecipient):
        there.create_alert(Money.usd(1), ["  "])
    with pytest.raises(KeyInText):
        there.create_alert(Money.usd(1), [f"{secret}@example.com"])
    with pytest.raises(KeyInText):
        there.delete_alert(secret)
    assert wire.requests == []


def test_another_currency_or_period_is_not_taken_for_dollars_a_month(wire: Wire) -> None:
    for currency, interval in (("EUR", "month"), ("USD", "year")):
        wire.answers = {
            "/v1/organization/spend_alerts": httpx2.Response(200, json={"object": "list", "data": []}),
            "/v1/organization/spend_limit": httpx2.Response(
                200,
                json={
                    "object": "organization.spend_limit",
                    "threshold_amount": 500,
                    "currency": currency,
                    "interval": interval,
                    "enforcement": {"status": "inactive"},
                },
            ),
        }
        with pytest.raises(UnknownLimitTerms):
            LimitsAtPlatform(wire, ApiKey("sk-practice-admin-" + "Ab3" * 16)).read()


def test_an_ordinary_key_is_told_that_an_admin_key_is_needed(clients: Clients, account: Platform) -> None:
    there = LimitsAtPlatform(clients, ApiKey(account.create_key("k")[1]))
    with pytest.raises(openai.APIStatusError) as refusal:
        there.set_limit(Money.usd(1))
    assert diagnose(refusal.value).code == "admin_key_needed"
    assert account.limits.limit() is None


@given(st.integers(0, 10**20))
def test_an_amount_becomes_the_fewest_whole_cents_that_are_no_less(pico_usd: int) -> None:
    cents = cents_of(Money(pico_usd))
    assert (cents - 1) * 10**10 < pico_usd <= cents * 10**10


ALERT = ReportedSpendAlert("alert_1", Money.usd(3), ANNA, "Studio")
OURS = ReportedSpendAlert("alert_2", Money.usd(4), ANNA, OUR_PREFIX)
LIMIT = ReportedSpendLimit(Money.usd(10), "inactive")


@pytest.mark.parametrize(
    ("soft", "hard", "states"),
    [
        (None, None, ("only_there", "only_there")),
        ("3.00", "10.00", ("agree", "agree")),
        ("2.991", "9.9999", ("agree", "agree")),
        ("5", "11", ("lower_there", "lower_there")),
        ("2", "9", ("higher_there", "higher_there")),
    ],
)
def test_drift_is_said_beside_whole_cents(
    soft: str | None, hard: str | None, states: tuple[str, str]
) -> None:
    ours = Limits(*(None if one is None else Money.usd(one) for one in (soft, hard)))
    assert tuple(one.state for one in drift_of(ours, PlatformControls(LIMIT, (ALERT,)))) == states


def test_what_is_only_here_or_nowhere_is_said() -> None:
    nothing = PlatformControls(None, ())
    assert [one.state for one in drift_of(Limits(Money.usd(1), Money.usd(2)), nothing)] == ["only_here"] * 2
    assert [one.state for one in drift_of(Limits(), nothing)] == ["none_set"] * 2


def test_the_mirror_removes_no_limit_and_touches_no_alert_of_others() -> None:
    there = PlatformControls(LIMIT, (ALERT, OURS))
    assert mirror_steps(Limits(), there, ANNA) == [LimitStep("delete_alert", None, OURS.amount, OURS.id)]
    assert mirror_steps(Limits(Money.usd(5)), there, ANNA) == [
        LimitStep("change_alert", Money.usd(5), OURS.amount, OURS.id)
    ]
    assert mirror_steps(Limits(Money.usd(3)), there, ()) == []
    with pytest.raises(NoAlertRecipient):
        mirror_steps(Limits(Money.usd(5)), PlatformControls(None, (ALERT,)), [""])


def test_once_mirrored_nothing_drifts_and_nothing_is_left_to_do(there: LimitsAtPlatform) -> None:
    for soft, hard in ((5_000, 10_001), (0, 3), (7_000, 8_000), (7_000, 20_000)):
        ours = Limits(Money(soft * 10**9), Money(hard * 10**9))
        for step in mirror_steps(ours, there.read(), ANNA):
            carry_out(step, there)
        found = there.read()
        assert [one.state for one in drift_of(ours, found)] == ["agree", "agree"]
        assert mirror_steps(ours, found, ANNA) == []
    assert found.limit is not None
    assert found.limit.amount == in_whole_cents(Money.usd(20), "hard")
    assert len(found.alerts) == 1


def test_a_step_without_what_it_needs_is_a_mistake(there: LimitsAtPlatform) -> None:
    with pytest.raises(ValueError, match="lacks"):
        carry_out(LimitStep("set_limit", None), there)
