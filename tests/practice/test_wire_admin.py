"""The admin side, examined by the official SDK: reports, projects, keys, alerts, limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import openai
import pytest
from starlette.testclient import TestClient

from ppkit.money import Money
from ppkit.practice_platform.platform import Platform

from .strictly import complaints, examined

START = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp())


def items_of(raw: Any) -> list[Any]:
    """The items of a raw list answer, once each fits the SDK's type exactly and the cursors are there."""
    page = raw.parse()
    body = raw.http_response.json()
    assert set(body) == {"object", "data", "first_id", "last_id", "has_more"}
    for item, parsed in zip(body["data"], page.data, strict=True):
        assert not complaints(item, type(parsed)), complaints(item, type(parsed))
    return list(page.data)


def spend(sdk: openai.OpenAI) -> None:
    """One call of each billed kind."""
    sdk.responses.create(model="gpt-6-luna", input="Ciao")
    sdk.chat.completions.create(model="gpt-5.4-nano", messages=[{"role": "user", "content": "Ciao"}])
    sdk.embeddings.create(model="text-embedding-3-small", input="Ciao")
    sdk.images.generate(model="gpt-image-2", prompt="Ciao", size="256x256", quality="low", n=2)


def test_costs_add_up_to_the_bill_in_every_grouping(
    sdk: openai.OpenAI, admin: openai.OpenAI, funded: Platform
) -> None:
    spend(sdk)
    billed = float(funded.usage.billed().to_usd())
    for groups in ([], ["line_item"], ["project_id", "api_key_id"], ["user_id", "line_item"], ["api_source"]):
        answer = examined(
            admin.admin.organization.usage.with_raw_response.costs(start_time=START, group_by=groups)  # type: ignore[arg-type]
        )
        total = sum(result.amount.value for bucket in answer.data for result in bucket.results)
        assert total == pytest.approx(billed, rel=1e-12)


def test_cost_lines_name_model_and_kind_of_token(sdk: openai.OpenAI, admin: openai.OpenAI) -> None:
    spend(sdk)
    answer = admin.admin.organization.usage.costs(start_time=START, group_by=["line_item"])
    items = {result.line_item for bucket in answer.data for result in bucket.results}  # type: ignore[union-attr]
    assert items == {
        "gpt-6-luna, input_tokens",
        "gpt-6-luna, output_tokens",
        "gpt-5.4-nano, input_tokens",
        "gpt-5.4-nano, output_tokens",
        "text-embedding-3-small, input_tokens",
        "gpt-image-2, input_tokens",
        "gpt-image-2, image_output_tokens",
    }


@pytest.mark.parametrize("width", ["1m", "1h", "1d"])
def test_usage_counts_every_call_whatever_the_bucket(
    sdk: openai.OpenAI, admin: openai.OpenAI, width: Any
) -> None:
    spend(sdk)
    start = int(datetime(2026, 11, 23, 9, tzinfo=UTC).timestamp())
    usage = admin.admin.organization.usage.with_raw_response
    texts = examined(usage.completions(start_time=start, bucket_width=width, group_by=["model", "batch"]))
    assert sum(result.num_model_requests for bucket in texts.data for result in bucket.results) == 2
    pictures = examined(usage.images(start_time=start, bucket_width=width, group_by=["size", "source"]))
    found = [result for bucket in pictures.data for result in bucket.results]
    assert [(result.images, result.size, result.source) for result in found] == [
        (2, "256x256", "image.generation")
    ]
    vectors = examined(usage.embeddings(start_time=start, bucket_width=width))
    assert sum(result.input_tokens for bucket in vectors.data for result in bucket.results) == 1


@pytest.mark.parametrize(
    "kind",
    [
        "audio_speeches",
        "audio_transcriptions",
        "moderations",
        "vector_stores",
        "code_interpreter_sessions",
        "file_search_calls",
        "web_search_calls",
        "decisions",
    ],
)
def test_usage_that_never_happens_here_is_an_empty_bucket(admin: openai.OpenAI, kind: str) -> None:
    ask = getattr(admin.admin.organization.usage.with_raw_response, kind)
    assert [bucket.results for bucket in examined(ask(start_time=START)).data] == [[]]


def test_reports_filter_and_turn_pages(sdk: openai.OpenAI, admin: openai.OpenAI, funded: Platform) -> None:
    spend(sdk)
    funded.advance(timedelta(days=3))
    spend(sdk)
    usage = admin.admin.organization.usage
    first = usage.completions(start_time=START, limit=2, models=["gpt-6-luna"])
    assert (len(first.data), first.has_more) == (2, True)
    second = usage.completions(start_time=START, limit=2, models=["gpt-6-luna"], page=first.next_page or "")
    assert second.has_more is False
    counts = [len(bucket.results) for bucket in (*first.data, *second.data)]
    assert counts == [1, 0, 0, 1]
    assert usage.costs(start_time=START, api_key_ids=["key_other"]).data[0].results == []


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({}, "start_time"),
        ({"start_time": "soon"}, "start_time"),
        ({"start_time": 1, "bucket_width": "1y"}, "bucket_width"),
        ({"start_time": 1, "limit": 1000}, "limit"),
        ({"start_time": 1, "group_by[]": "colour"}, "group_by"),
        ({"start_time": 1, "page": "x"}, "page"),
    ],
)
def test_a_report_that_cannot_be_made_says_why(
    web: TestClient, funded: Platform, query: dict[str, Any], param: str
) -> None:
    key = funded.keys.create_admin("a")[1]
    answer = web.get("/v1/organization/costs", params=query, headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


def test_projects_are_made_renamed_listed_and_archived(admin: openai.OpenAI, funded: Platform) -> None:
    projects = admin.admin.organization.projects
    made = examined(projects.with_raw_response.create(name="Cliente A"))
    examined(projects.with_raw_response.update(made.id, name="Cliente B"))
    assert examined(projects.with_raw_response.retrieve(made.id)).name == "Cliente B"
    secret = funded.create_key("k", made.id)[1]
    assert examined(projects.with_raw_response.archive(made.id)).status == "archived"
    assert [project.name for project in items_of(projects.with_raw_response.list())] == ["Default project"]
    assert len(projects.list(include_archived=True).data) == 2
    with pytest.raises(openai.AuthenticationError) as refusal:
        admin.with_options(api_key=secret).models.list()
    assert refusal.value.code == "not_authorized_invalid_project"


def test_project_keys_are_listed_changed_and_deleted_but_never_made(
    admin: openai.OpenAI, funded: Platform, sdk: openai.OpenAI
) -> None:
    project = funded.projects.default().id
    keys = admin.admin.organization.projects.api_keys
    sdk.responses.create(model="gpt-6-luna", input="Ciao")
    (listed,) = items_of(keys.with_raw_response.list(project))
    assert listed.redacted_value.startswith("sk-practice-...")
    assert listed.last_used_at == int(funded.clock.now().timestamp())
    examined(keys.with_raw_response.update(listed.id, project_id=project, scopes=["api.all.read"]))
    with pytest.raises(openai.AuthenticationError, match="Missing scopes"):
        sdk.responses.create(model="gpt-6-luna", input="Ciao")
    sdk.models.list()
    examined(keys.with_raw_response.update(listed.id, project_id=project, scopes=[], expires_in_seconds=3600))
    sdk.responses.create(model="gpt-6-luna", input="Ciao")
    examined(keys.with_raw_response.retrieve(listed.id, project_id=project))
    examined(keys.with_raw_response.delete(listed.id, project_id=project))
    with pytest.raises(openai.AuthenticationError) as refusal:
        sdk.models.list()
    assert refusal.value.code == "invalid_api_key"
    with pytest.raises(openai.NotFoundError):
        keys.retrieve(listed.id, project_id=project)


def test_a_service_account_comes_with_a_key_that_works(admin: openai.OpenAI, funded: Platform) -> None:
    project = funded.projects.default().id
    accounts = admin.admin.organization.projects.service_accounts
    made = examined(accounts.with_raw_response.create(project, name="bot", expires_in_seconds=60))
    bot = admin.with_options(api_key=made.api_key.value)
    bot.models.list()
    second = examined(accounts.api_keys.with_raw_response.create(made.id, project_id=project, name="two"))
    assert second.value != made.api_key.value
    renamed = examined(accounts.with_raw_response.update(made.id, project_id=project, name="robot"))
    assert renamed.name == "robot"
    examined(accounts.with_raw_response.retrieve(made.id, project_id=project))
    assert [account.name for account in items_of(accounts.with_raw_response.list(project))] == ["robot"]
    listed = items_of(admin.admin.organization.projects.api_keys.with_raw_response.list(project))
    assert {key.owner.type for key in listed} == {"service_account"}
    examined(accounts.with_raw_response.delete(made.id, project_id=project))
    with pytest.raises(openai.AuthenticationError):
        bot.models.list()
    alone = examined(accounts.with_raw_response.create(project, name="b", create_service_account_only=True))
    assert alone.api_key is None


def test_admin_keys_are_made_shown_once_listed_and_deleted(admin: openai.OpenAI) -> None:
    keys = admin.admin.organization.admin_api_keys
    made = examined(keys.with_raw_response.create(name="second"))
    assert made.value.startswith("sk-practice-admin-")
    assert "value" not in keys.with_raw_response.retrieve(made.id).http_response.json()
    assert len(items_of(keys.with_raw_response.list())) == 2
    examined(keys.with_raw_response.delete(made.id))
    assert len(keys.list().data) == 1


def test_lists_turn_pages_by_cursor(admin: openai.OpenAI, funded: Platform) -> None:
    for number in range(7):
        funded.projects.create(f"P{number}")
    names = [project.name for project in admin.admin.organization.projects.list(limit=3)]
    assert names == ["Default project", *(f"P{number}" for number in range(7))]


@pytest.mark.parametrize("level", ["organization", "project"])
def test_spend_limits_are_set_read_and_removed(admin: openai.OpenAI, funded: Platform, level: str) -> None:
    organization = admin.admin.organization
    limits: Any = organization.spend_limit if level == "organization" else organization.projects.spend_limit
    where = () if level == "organization" else (funded.projects.default().id,)
    with pytest.raises(openai.NotFoundError):
        limits.retrieve(*where)
    wanted = {"threshold_amount": 500, "currency": "USD", "interval": "month"}
    examined(limits.with_raw_response.update(*where, **wanted))
    assert examined(limits.with_raw_response.retrieve(*where)).threshold_amount == 500
    examined(limits.with_raw_response.delete(*where))
    with pytest.raises(openai.BadRequestError):
        limits.update(*where, **(wanted | {"threshold_amount": 0}))


@pytest.mark.parametrize("level", ["organization", "project"])
def test_spend_alerts_are_made_changed_listed_and_deleted(
    admin: openai.OpenAI, funded: Platform, level: str
) -> None:
    organization = admin.admin.organization
    is_project = level == "project"
    alerts: Any = organization.projects.spend_alerts if is_project else organization.spend_alerts
    where = {"project_id": funded.projects.default().id} if is_project else {}
    place = (where["project_id"],) if is_project else ()
    wanted = {
        "threshold_amount": 400,
        "currency": "USD",
        "interval": "month",
        "notification_channel": {"type": "email", "recipients": ["a@example.com"]},
    }
    made = examined(alerts.with_raw_response.create(*place, **wanted))
    examined(alerts.with_raw_response.retrieve(made.id, **where))
    changed = examined(
        alerts.with_raw_response.update(made.id, **where, **(wanted | {"threshold_amount": 300}))
    )
    assert changed.threshold_amount == 300
    assert len(items_of(alerts.with_raw_response.list(*place))) == 1
    examined(alerts.with_raw_response.delete(made.id, **where))
    assert alerts.list(*place).data == []


def test_a_spend_alert_mails_once_and_a_limit_blocks_until_next_month(
    admin: openai.OpenAI, sdk: openai.OpenAI, funded: Platform
) -> None:
    channel: Any = {"type": "email", "recipients": ["capo@example.com"]}
    admin.admin.organization.spend_alerts.create(
        threshold_amount=1, currency="USD", interval="month", notification_channel=channel
    )
    admin.admin.organization.spend_limit.update(threshold_amount=3, currency="USD", interval="month")

    def paint() -> None:
        sdk.images.generate(model="gpt-image-2", prompt="Ciao", size="1024x1024", quality="low")

    for _ in range(6):  # 0.6 cents each
        paint()
    with pytest.raises(openai.RateLimitError) as refusal:
        paint()
    assert refusal.value.code == "organization_spend_limit_exceeded"
    assert refusal.value.type == "insufficient_quota"
    assert funded.limits.spent() >= Money.usd("0.03")
    kinds = [(mail.kind, mail.recipients) for mail in funded.mails()]
    assert kinds.count(("spend_alert", ("capo@example.com",))) == 1
    assert kinds.count(("limit_reached", ("anna@example.com",))) == 1
    funded.advance_to_next_month()
    paint()


def test_lowered_rate_limits_are_enforced_and_told_in_headers(
    admin: openai.OpenAI, sdk: openai.OpenAI, funded: Platform
) -> None:
    project = funded.projects.default().id
    rates = admin.admin.organization.projects.rate_limits
    assert all(
        limit.max_requests_per_1_minute > 1000
        for limit in items_of(rates.with_raw_response.list_rate_limits(project))
    )
    examined(
        rates.with_raw_response.update_rate_limit(
            "rl-gpt-6-luna", project_id=project, max_requests_per_1_minute=2
        )
    )
    sdk.responses.create(model="gpt-6-luna", input="Ciao")
    raw = sdk.responses.with_raw_response.create(model="gpt-6-luna", input="Ciao")
    assert raw.headers["x-ratelimit-limit-requests"] == "2"
    assert raw.headers["x-ratelimit-remaining-requests"] == "0"
    with pytest.raises(openai.RateLimitError) as refusal:
        sdk.responses.create(model="gpt-6-luna", input="Ciao")
    assert refusal.value.code == "rate_limit_exceeded"
    assert 1 <= int(refusal.value.response.headers["retry-after"]) <= 60
    funded.advance(timedelta(minutes=1))
    sdk.responses.create(model="gpt-6-luna", input="Ciao")


def test_model_permissions_keep_models_from_a_project(
    admin: openai.OpenAI, sdk: openai.OpenAI, funded: Platform
) -> None:
    project = funded.projects.default().id
    permissions = admin.admin.organization.projects.model_permissions
    examined(permissions.with_raw_response.update(project, mode="allow_list", model_ids=["gpt-6-luna"]))
    sdk.responses.create(model="gpt-6-luna", input="Ciao")
    with pytest.raises(openai.PermissionDeniedError) as refusal:
        sdk.responses.create(model="gpt-6-astra", input="Ciao")
    assert refusal.value.code == "model_not_found"
    examined(permissions.with_raw_response.retrieve(project))
    examined(permissions.with_raw_response.delete(project))
    sdk.responses.create(model="gpt-6-astra", input="Ciao")


def test_each_kind_of_key_is_refused_where_the_other_belongs(
    web: TestClient, secret: str, funded: Platform
) -> None:
    ordinary = web.get("/v1/organization/costs?start_time=1", headers={"authorization": f"Bearer {secret}"})
    assert ordinary.status_code == 401
    assert "Missing scopes: api.usage.read" in ordinary.json()["error"]["message"]
    admin_key = funded.keys.create_admin("a")[1]
    chat = web.post("/v1/chat/completions", json={}, headers={"authorization": f"Bearer {admin_key}"})
    assert chat.status_code == 401
    assert "Missing scopes: model.request" in chat.json()["error"]["message"]


def test_keys_are_listed_by_whether_their_project_is_alive(admin: openai.OpenAI, funded: Platform) -> None:
    project = funded.projects.create("Old customer").id
    funded.create_key("k", project)
    keys = admin.admin.organization.projects.api_keys
    assert len(keys.list(project, owner_project_access="active").data) == 1
    funded.projects.archive(project)
    assert keys.list(project, owner_project_access="active").data == []
    assert len(keys.list(project, owner_project_access="inactive").data) == 1


def test_parts_of_the_admin_api_that_are_left_out_say_so(admin: openai.OpenAI, funded: Platform) -> None:
    project = funded.projects.default().id
    organization = admin.admin.organization
    for ask in (
        organization.roles.list,
        lambda: organization.projects.groups.list(project),
        lambda: organization.projects.service_tier_settings.retrieve(project),
    ):
        with pytest.raises(openai.InternalServerError) as refusal:
            ask()
        assert refusal.value.code == "not_in_practice"


@pytest.mark.parametrize(
    "name",
    [
        'O\'Brien & "Figli" <script>alert(1)</script>',
        "'; DROP TABLE project; --",
        "مرحبا \u202e txt.exe",
        "👩‍👩‍👧‍👦 café ☕ ﷽",
        "{{ 7 * 7 }} %s {0} \\x00 \\",
        "a\tb\nc",
        "x" * 10_000,
    ],
)
def test_any_name_survives_the_round_trip(admin: openai.OpenAI, funded: Platform, name: str) -> None:
    projects = admin.admin.organization.projects
    project = projects.create(name=name)
    assert project.name == name
    assert projects.retrieve(project.id).name == name
    assert [found.name for found in projects.list() if found.id == project.id] == [name]
    made = projects.service_accounts.create(project.id, name=name)
    assert made.name == name
    assert projects.service_accounts.retrieve(made.id, project_id=project.id).name == name
    key = admin.admin.organization.admin_api_keys.create(name=name)
    assert admin.admin.organization.admin_api_keys.retrieve(key.id).name == name
    assert funded.projects.project(project.id).name == name


def test_a_name_longer_than_ten_thousand_characters_is_refused(admin: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        admin.admin.organization.projects.create(name="x" * 10_001)
    assert refusal.value.param == "name"
