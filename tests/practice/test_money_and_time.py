"""Money and time together: whatever is bought, spent, limited and waited for, the books agree."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import openai
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from starlette.testclient import TestClient
from sweeps import examples

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.errors import CardDeclined
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.rows import ORGANIZATION, AutoRecharge, Bill

from .strictly import BASE_URL

START = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
VISA = ("4242424242424242", "12/30", "123", "Anna Bianchi")


def code_of(make: Callable[[], object]) -> str | None:
    """The code of the refusal, None when there is none."""
    try:
        make()
    except openai.RateLimitError as refusal:
        return refusal.code
    return None


class Books(RuleBasedStateMachine):
    """An account that is used at random, over the wire where money is spent."""

    def __init__(self) -> None:
        super().__init__()
        self.platform = Platform.open(":memory:", ManualClock(START))
        self.platform.sign_up("Anna", "anna@example.com", "Studio")
        self.platform.add_payment_method(*VISA)
        self.project = self.platform.projects.default().id
        self.web = TestClient(create_app(self.platform), base_url=BASE_URL).__enter__()
        secret, admin = self.platform.create_key("k")[1], self.platform.keys.create_admin("a")[1]
        base_url = f"{BASE_URL}/v1"
        self.sdk = openai.OpenAI(api_key=secret, base_url=base_url, http_client=self.web, max_retries=0)
        self.admin = openai.OpenAI(
            admin_api_key=admin, base_url=base_url, http_client=self.web, max_retries=0
        )

    def teardown(self) -> None:
        self.web.__exit__()
        self.platform.close()

    # --- what can happen

    @rule(dollars=st.integers(5, 30))
    def buy(self, dollars: int) -> None:
        with suppress(CardDeclined):
            self.platform.buy_credits(Money.usd(dollars))

    @rule(model=st.sampled_from(["gpt-6-astra", "gpt-6-luna", "gpt-5.4"]), stream=st.booleans())
    def write(self, model: str, stream: bool) -> None:
        text = "Linee guida del marchio: tono cordiale, frasi brevi. " * 150

        def make() -> None:
            answer: Any = self.sdk.responses.create(model=model, input=text, stream=stream)
            if stream:
                list(answer)

        expected = self._refusal()
        assert code_of(make) == expected

    @rule(quality=st.sampled_from(["low", "high"]), count=st.integers(1, 10))
    def paint(self, quality: Any, count: int) -> None:
        expected = self._refusal()
        paint = partial(self.sdk.images.generate, model="gpt-image-2", prompt="Ciao", size="16x16")
        assert code_of(lambda: paint(quality=quality, n=count)) == expected

    @rule(dollars=st.integers(1, 40))
    def be_billed_for_something_large(self, dollars: int) -> None:
        """More than a test could generate, to come near limits: as a call's bill takes it."""
        key = self.platform.list_keys()[0]
        lines = (("gpt-6-astra, output_tokens", 1, Money.usd(dollars)),)
        bill = Bill("completions", "gpt-6-astra", output_tokens=1, lines=lines)
        self.platform.usage.bill(key, "user", bill)

    @rule(cents=st.integers(1, 4_000), scope=st.sampled_from(["project", "organization"]))
    def limit(self, cents: int, scope: str) -> None:
        self.platform.limits.set_limit(cents, self.project if scope == "project" else ORGANIZATION)
        self.platform.limits.create_alert(max(1, cents // 2), ["anna@example.com"])

    @rule()
    def remove_limits(self) -> None:
        self.platform.limits.remove_limit(self.project)
        self.platform.limits.remove_limit(ORGANIZATION)

    @rule(hours=st.integers(1, 24 * 90))
    def wait(self, hours: int) -> None:
        self.platform.advance(timedelta(hours=hours))

    @rule()
    def wait_for_the_next_month(self) -> None:
        self.platform.advance_to_next_month()
        assert self.platform.limits.spent() == Money(0)

    @rule(fault=st.sampled_from(["slow_credit", "card_declined", "late_limits"]), on=st.booleans())
    def rehearse(self, fault: str, on: bool) -> None:
        self.platform.faults.switch(fault, on=on)

    @rule(on=st.booleans(), cap=st.none() | st.integers(5, 40))
    def set_recharge(self, on: bool, cap: int | None) -> None:
        month_cap = None if cap is None else Money.usd(cap)
        self.platform.billing.set_auto_recharge(AutoRecharge(on, Money.usd(5), Money.usd(10), month_cap))

    def _refusal(self) -> str | None:
        """The code that a call must be refused with now, None when it must be answered."""
        if self.platform.balance().pico_usd <= 0:
            return "credit_balance_exhausted"
        late = 11 if self.platform.faults.is_on("late_limits") else 10
        for scope, code in ((self.project, "project"), (ORGANIZATION, "organization")):
            limit = self.platform.limits.limit(scope)
            if limit and limit.spent.pico_usd * 10 >= limit.amount.pico_usd * late:
                return f"{code}_spend_limit_exceeded"
        return None

    # --- what must always hold

    @invariant()
    def nothing_is_made_or_lost(self) -> None:
        purchases = [one for one in self.platform.purchases() if one.status != "declined"]
        bought = sum(one.amount.pico_usd for one in purchases)
        held = sum(one.remaining.pico_usd for one in purchases if one.status != "expired")
        expired = sum(one.remaining.pico_usd for one in purchases if one.status == "expired")
        debt = self.platform.database.number("SELECT debt_pico_usd FROM organization")
        assert bought - expired - self.platform.usage.billed().pico_usd == held - debt
        now = self.platform.clock.now()
        there = sum(one.remaining.pico_usd for one in purchases if one.available_at <= now < one.expires_at)
        assert self.platform.balance().pico_usd == there - debt

    @invariant()
    def every_account_of_the_spending_agrees(self) -> None:
        billed, database = self.platform.usage.billed().pico_usd, self.platform.database
        assert database.number("SELECT sum(pico_usd) FROM charge_line") == billed
        assert database.number("SELECT sum(pico_usd) FROM month_spend") == billed
        assert self.platform.limits.spent(self.project) == self.platform.limits.spent()

    @invariant()
    def an_alert_is_mailed_at_most_once_a_month(self) -> None:
        told = [
            (mail.created_at.strftime("%Y-%m"), mail.facts["threshold_pico_usd"])
            for mail in self.platform.mails()
            if mail.kind == "limit_reached"
        ]
        scopes = 2
        assert all(told.count(one) <= scopes for one in told)


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=examples(12), stateful_step_count=25, deadline=None)


def test_the_report_on_costs_is_the_bill_page_by_page(
    admin: openai.OpenAI, sdk: openai.OpenAI, funded: Platform
) -> None:
    for days in (0, 1, 9, 30):
        if days:
            funded.advance(timedelta(days=days))
        sdk.responses.create(model="gpt-6-luna", input="Ciao")
    costs = admin.admin.organization.usage.costs
    values: list[float] = []
    page: Any = None
    while True:
        more: dict[str, Any] = {"page": page} if page else {}
        answer = costs(start_time=int(START.timestamp()) - 86_400, limit=7, group_by=["line_item"], **more)
        values += [result.amount.value for bucket in answer.data for result in bucket.results]  # type: ignore[union-attr,misc]
        page = answer.next_page
        if not answer.has_more:
            break
    assert len(values) == 8  # four days, input and output
    assert sum(round(value * 10**12) for value in values) == funded.usage.billed().pico_usd


@pytest.fixture
def paying(platform: Platform) -> Platform:
    """Signed up, with a card and 10 USD bought with it."""
    platform.sign_up("Anna", "anna@example.com", "Studio")
    platform.add_payment_method(*VISA)
    platform.buy_credits(Money.usd(10))
    return platform


def test_credit_that_expires_is_recharged_for_who_wants_that(paying: Platform) -> None:
    paying.advance(timedelta(days=364))
    assert [purchase.kind for purchase in paying.purchases()] == ["purchase"]
    paying.advance(timedelta(days=1))
    assert [mail.kind for mail in paying.mails()][:2] == ["auto_recharge_done", "credit_expired"]
    assert paying.balance() == Money.usd(10)


def test_a_new_month_lifts_the_cap_of_auto_recharge(paying: Platform) -> None:
    recharge = AutoRecharge(True, Money.usd(5), Money.usd(10), Money.usd(5))
    paying.billing.set_auto_recharge(recharge)
    with paying.database.write():
        paying.billing.take(Money.usd(8))
    paying.billing.recharge_if_low()
    assert paying.balance() == Money.usd(2), "8 USD are missing, and only 5 may be bought a month"
    paying.billing.set_auto_recharge(AutoRecharge(True, Money.usd(5), Money.usd(10), Money.usd(10)))
    paying.billing.recharge_if_low()
    assert paying.balance() == Money.usd(10)
    with paying.database.write():
        paying.billing.take(Money.usd(8))
    paying.advance(timedelta(hours=1))
    assert paying.balance() == Money.usd(2)
    paying.advance_to_next_month()
    assert paying.balance() == Money.usd(10)


def test_a_card_alone_buys_nothing_however_long_one_waits(platform: Platform) -> None:
    platform.sign_up("Anna", "anna@example.com", "Studio")
    platform.add_payment_method(*VISA)
    platform.advance(timedelta(days=40))
    assert platform.purchases() == []


def test_keys_models_limits_and_alerts_follow_the_clock(
    web: TestClient, admin: openai.OpenAI, funded: Platform
) -> None:
    organization = admin.admin.organization
    project = organization.projects.create(name="Lezione")
    made = organization.projects.service_accounts.create(project.id, name="s", expires_in_seconds=60 * 86_400)
    organization.projects.spend_limit.update(project.id, threshold_amount=1, currency="USD", interval="month")
    assert made.api_key is not None
    with openai.OpenAI(
        api_key=made.api_key.value, base_url=f"{BASE_URL}/v1", http_client=web, max_retries=0
    ) as sdk:

        def paint() -> None:
            sdk.images.generate(model="gpt-image-2", prompt="Ciao", size="256x256", quality="low", n=10)

        paint()
        with pytest.raises(openai.RateLimitError, match="monthly limit"):
            paint()
        assert organization.projects.spend_limit.retrieve(project.id).enforcement.status == "enforcing"
        funded.advance_to_next_month()  # 1 December
        assert organization.projects.spend_limit.retrieve(project.id).enforcement.status == "inactive"
        paint()
        assert sdk.models.retrieve("gpt-5").shutdown_date == "2026-12-11"
        funded.advance(timedelta(days=10))
        with pytest.raises(openai.NotFoundError):
            sdk.models.retrieve("gpt-5")
        funded.advance_to_next_month()
        paint()
        funded.advance(timedelta(days=22))  # sixty days have passed
        with pytest.raises(openai.AuthenticationError):
            paint()
