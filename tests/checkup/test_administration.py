"""What an admin key may read, from the practice platform: keys, calls, limits and alerts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import openai
import pytest
from starlette.testclient import TestClient

from ppkit.checkup import administration
from ppkit.checkup.administration import Administration, SpendControls
from ppkit.checkup.platform_limits import ReportedSpendLimit
from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.platform import Platform

ADDRESS = "http://127.0.0.1:8099"


@pytest.fixture
def account(platform: Platform) -> Platform:
    platform.sign_up("Anna Bianchi", "anna@example.com", "Studio Bianchi")
    platform.billing.give_credits(Money.usd(5))
    return platform


@pytest.fixture
def web(account: Platform) -> Iterator[TestClient]:
    with TestClient(create_app(account), base_url=ADDRESS) as client:
        yield client


def client_for(web: TestClient, **keys: Any) -> openai.OpenAI:
    http_client: Any = web
    return openai.OpenAI(**keys, base_url=f"{ADDRESS}/v1", http_client=http_client, max_retries=0)


@pytest.fixture
def admin(web: TestClient, account: Platform) -> Administration:
    secret = account.keys.create_admin("reports")[1]
    return Administration(client_for(web, api_key="", admin_api_key=secret))


def test_a_key_is_found_by_its_end_in_whichever_project_it_is(
    admin: Administration, account: Platform
) -> None:
    account.create_key("in the default project")
    project = account.projects.create("Clients").id
    row, secret = account.create_key("for clients", project)
    for named in (None, project):
        found = admin.find_key(secret[-4:], named)
        assert found is not None
        assert (found.id, found.name, found.project) == (row.id, "for clients", project)
        assert found.last_used_at is None
    assert admin.find_key(secret[-4:], account.projects.default().id) is None
    assert admin.find_key("none") is None


def test_the_last_use_of_a_key_is_told_with_its_moment(
    admin: Administration, account: Platform, web: TestClient, clock: ManualClock
) -> None:
    secret = account.create_key("PostPickr-AI")[1]
    client_for(web, api_key=secret).responses.create(model="gpt-6-luna", input="Ciao")
    found = admin.find_key(secret[-4:])
    assert found is not None
    assert found.last_used_at == clock.now().replace(microsecond=0)


def test_no_more_projects_are_looked_into_than_a_minute_allows(
    admin: Administration, account: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = account.create_key("in the last one", account.projects.create("Last").id)[1]
    assert admin.find_key(secret[-4:]) is not None
    monkeypatch.setattr(administration, "MOST_PROJECTS", 1)
    assert admin.find_key(secret[-4:]) is None


def test_texts_and_images_of_the_last_thirty_days_are_counted_for_one_key(
    admin: Administration, account: Platform, web: TestClient, clock: ManualClock
) -> None:
    row, secret = account.create_key("PostPickr-AI")
    mine, other = (client_for(web, api_key=key) for key in (secret, account.create_key("other")[1]))
    assert admin.calls_with(row.id, clock.now()) == 0
    for client in (mine, mine, other):
        client.responses.create(model="gpt-6-luna", input="Ciao")
    mine.images.generate(model="gpt-image-2", prompt="Il mare", size="256x256", quality="low")
    assert admin.calls_with(row.id, clock.now()) == 3
    assert admin.calls_with(row.id, clock.now() + timedelta(days=31)) == 0


def test_the_limit_and_the_alerts_are_read_at_the_level_they_are_set_at(
    admin: Administration, account: Platform
) -> None:
    project = account.projects.default().id
    assert admin.organization_controls() == admin.project_controls(project) == SpendControls(None, ())
    account.limits.set_limit(1_000)
    account.limits.create_alert(500, ["anna@example.com"])
    account.limits.set_limit(250, project, enforced=False)
    organization, of_project = admin.organization_controls(), admin.project_controls(project)
    assert organization == SpendControls(
        ReportedSpendLimit(Money.usd(10), "inactive"), (Money.usd(5),), ("anna@example.com",)
    )
    assert of_project == SpendControls(ReportedSpendLimit(Money.usd("2.50"), "inactive"), ())


def test_a_limit_that_blocks_is_told_from_one_that_may_not(admin: Administration, account: Platform) -> None:
    account.faults.switch("limit_status_as_switch", on=True)
    account.limits.set_limit(1_000)
    enforced = admin.organization_controls().limit
    account.limits.set_limit(1_000, enforced=False)
    written_down = admin.organization_controls().limit
    assert enforced is not None
    assert written_down is not None
    assert (enforced.blocks, written_down.blocks) == (True, False)


def test_that_the_limit_may_not_be_read_is_not_taken_for_there_being_none(
    web: TestClient, account: Platform
) -> None:
    ordinary = Administration(client_for(web, api_key="", admin_api_key=account.create_key("k")[1]))
    with pytest.raises(openai.APIStatusError) as refusal:
        ordinary.organization_controls()
    assert refusal.value.status_code in (401, 403)
