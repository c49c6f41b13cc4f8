"""What calls under way will cost counts at once: calls in parallel pass a limit as far as one by one."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import httpx2
import openai
import pytest
from starlette.applications import Starlette

from ppkit.money import Money
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.rows import ORGANIZATION, AutoRecharge

from .strictly import BASE_URL, examined

CHEAP = "gpt-6-luna"
PICTURE: Any = {"model": "gpt-image-2", "prompt": "x", "size": "256x256", "quality": "low"}


def all_at_once(app: Starlette, secret: str, calls: list[tuple[str, Any]]) -> list[int]:
    """The statuses of these (path, body) calls, made in parallel."""

    async def make() -> list[int]:
        transport = httpx2.ASGITransport(app)
        headers = {"authorization": f"Bearer {secret}"}
        async with httpx2.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers) as client:
            answers = await asyncio.gather(*(client.post(f"/v1{path}", json=body) for path, body in calls))
            return [answer.status_code for answer in answers]

    return asyncio.run(make())


def price_of_a_picture(funded: Platform, app: Starlette, secret: str) -> Money:
    before = funded.limits.spent()
    assert all_at_once(app, secret, [("/images/generations", PICTURE)]) == [200]
    return funded.limits.spent() - before


@pytest.mark.parametrize("scope", ["organization", "project"])
def test_ten_pictures_in_parallel_pass_a_limit_as_far_as_one_after_the_other(
    app: Starlette, secret: str, funded: Platform, scope: str
) -> None:
    price = price_of_a_picture(funded, app, secret)
    cents = 1
    assert funded.limits.spent() < Money(cents * 10**10)
    funded.limits.set_limit(cents, ORGANIZATION if scope == "organization" else funded.projects.default().id)
    statuses = all_at_once(app, secret, [("/images/generations", PICTURE)] * 10)
    assert set(statuses) == {200, 429}
    spent = funded.limits.spent()
    assert Money(cents * 10**10) <= spent < Money(cents * 10**10) + price
    assert spent == Money(price.pico_usd * (1 + statuses.count(200)))
    assert funded.holds.is_empty()


def test_the_credit_is_enforced_in_the_same_way(app: Starlette, secret: str, funded: Platform) -> None:
    price = price_of_a_picture(funded, app, secret)
    funded.billing.take(funded.balance() - Money(price.pico_usd * 3 // 2))
    statuses = all_at_once(app, secret, [("/images/generations", PICTURE)] * 6)
    assert sorted(statuses) == [200, 200, 429, 429, 429, 429]
    assert funded.balance() == Money(price.pico_usd * 3 // 2 - 2 * price.pico_usd)


def test_limits_that_act_late_let_all_of_them_in(app: Starlette, secret: str, funded: Platform) -> None:
    price_of_a_picture(funded, app, secret)
    funded.limits.set_limit(1)
    funded.faults.switch("late_limits", on=True)
    assert set(all_at_once(app, secret, [("/images/generations", PICTURE)] * 6)) == {200}


def test_streams_and_work_in_the_background_hold_their_price_too(
    sdk: openai.OpenAI, funded: Platform
) -> None:
    def ask(letter: str, **more: Any) -> Any:
        return sdk.responses.create(model="gpt-5.4", input=letter * 40_000, **more)

    ask("a")
    cost = funded.limits.spent()
    assert cost > Money.usd("0.01")
    funded.limits.set_limit(1 + 2 * cost.pico_usd // 10**10)
    ask("b", background=True)
    assert funded.holds.held() > Money.usd("0.01")
    sdk.responses.create(model=CHEAP, input="x")  # what is held leaves room still
    ask("c", background=True)
    with pytest.raises(openai.RateLimitError, match="monthly limit"):
        sdk.responses.create(model=CHEAP, input="x")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/responses", {"model": CHEAP, "input": "x", "stream": True}),
        ("/chat/completions", {"model": CHEAP, "messages": [{"role": "user", "content": "x"}]}),
        ("/images/generations", PICTURE | {"stream": True}),
        ("/embeddings", {"model": "text-embedding-3-small", "input": "x"}),
        ("/responses", {"model": CHEAP, "input": "x", "wrong": 1}),
    ],
)
def test_nothing_stays_held_when_a_call_is_over(
    app: Starlette, secret: str, funded: Platform, path: str, body: Any
) -> None:
    all_at_once(app, secret, [(path, body)] * 3)
    assert funded.holds.is_empty()


def test_a_limit_tells_whether_it_blocks_now_or_how_it_is_set(
    admin: openai.OpenAI, sdk: openai.OpenAI, funded: Platform
) -> None:
    limits: Any = admin.admin.organization.spend_limit.with_raw_response

    def status() -> str:
        return str(examined(limits.retrieve()).enforcement.status)

    funded.limits.set_limit(100)
    assert status() == "inactive"
    funded.faults.switch("limit_status_as_switch", on=True)
    assert status() == "enforcing"
    funded.limits.set_limit(100, enforced=False)
    assert status() == "inactive"
    funded.faults.switch("limit_status_as_switch", on=False)
    funded.limits.set_limit(1)
    sdk.responses.create(model="gpt-5.4", input="x" * 40_000)
    assert status() == "enforcing"


def test_a_cap_that_stops_a_recharge_is_told_once_a_month(sdk: openai.OpenAI, funded: Platform) -> None:
    funded.add_payment_method("4242 4242 4242 4242", "12/30", "123", "Anna")
    rule = AutoRecharge(on=True, below=Money.usd(5), to=Money.usd(50), month_cap=Money.usd(10))
    funded.billing.set_auto_recharge(rule)
    for _call in range(3):
        sdk.responses.create(model=CHEAP, input="x")

    def mails() -> list[Any]:
        return [mail for mail in funded.mails() if mail.kind == "auto_recharge_capped"]

    (mail,) = mails()
    assert mail.facts["cap_pico_usd"] == Money.usd(10).pico_usd
    assert int(mail.facts["amount_pico_usd"]) > Money.usd(10).pico_usd
    assert [purchase.kind for purchase in funded.purchases()] == ["gift"]
    funded.advance_to_next_month()
    sdk.responses.create(model=CHEAP, input="x")
    assert len(mails()) == 2


def test_invoices_are_numbered_from_one_and_only_what_is_paid_has_a_number(funded: Platform) -> None:
    funded.add_payment_method("4242 4242 4242 4242", "12/30", "123", "Anna")
    first, second = funded.buy_credits(Money.usd(5)), funded.buy_credits(Money.usd(5))
    assert first.invoice.endswith("-0001")
    assert second.invoice.endswith("-0002")
    assert {purchase.invoice for purchase in funded.purchases() if purchase.kind == "gift"} == {""}


@pytest.mark.parametrize(
    ("fault", "unit", "limit", "remaining", "reset", "wait"),
    [
        ("rate_limit", "requests", "3", "0", "1s", "1"),
        ("rate_limit_storm", "requests", "3", "0", "1s", "1"),
        ("rate_limit_old_type", "tokens", "10000", "652", "56.088s", "27"),
    ],
)
def test_the_headers_of_a_rehearsed_rate_limit_say_what_its_sentence_says(
    sdk: openai.OpenAI,
    funded: Platform,
    fault: str,
    unit: str,
    limit: str,
    remaining: str,
    reset: str,
    wait: str,
) -> None:
    funded.faults.switch(fault, on=True)
    with pytest.raises(openai.RateLimitError, match=f"Limit {limit}") as refusal:
        sdk.responses.create(model=CHEAP, input="x")
    headers = refusal.value.response.headers
    names = [f"x-ratelimit-{kind}-{unit}" for kind in ("limit", "remaining", "reset")]
    assert [headers[name] for name in names] == [limit, remaining, reset]
    assert headers["retry-after"] == wait


def test_nothing_new_is_made_in_an_archived_project(admin: openai.OpenAI, funded: Platform) -> None:
    projects = admin.admin.organization.projects
    project = projects.create(name="old").id
    account = projects.service_accounts.create(project, name="before")
    projects.archive(project)
    keys = len(funded.keys.keys())
    with pytest.raises(openai.BadRequestError, match="archived"):
        projects.service_accounts.create(project, name="after")
    with pytest.raises(openai.BadRequestError, match="archived"):
        projects.service_accounts.api_keys.create(account.id, project_id=project)
    assert len(funded.keys.keys()) == keys


def test_the_usage_limit_that_openai_assigns_is_not_said_to_be_raised_by_hand(
    sdk: openai.OpenAI, funded: Platform
) -> None:
    funded.faults.switch("usage_limit", on=True)
    with pytest.raises(openai.RateLimitError) as refusal:
        sdk.responses.create(model=CHEAP, input="x")
    assert "Raise" not in refusal.value.message
    assert "usage tier" in refusal.value.message


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_format_that_is_not_drawn_here_is_refused_before_money_is_held_or_taken(
    app: Starlette, secret: str, funded: Platform, monkeypatch: pytest.MonkeyPatch, is_streamed: bool
) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    before = funded.balance()
    body = PICTURE | {"output_format": "webp", "stream": is_streamed}
    assert all_at_once(app, secret, [("/images/generations", body)]) == [501]
    assert funded.holds.is_empty()
    assert funded.balance() == before
