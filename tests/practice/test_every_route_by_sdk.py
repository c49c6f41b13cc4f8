"""Every route of the wire is called through the official SDK, and every answer held against its types."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import openai
import pytest
from openai.types import ImageEditStreamEvent, ImageGenStreamEvent
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseStreamEvent
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from ppkit.practice_platform.api.wire_routes import ROUTES
from ppkit.practice_platform.platform import Platform

from .conftest import Connect
from .pictures_to_send import picture
from .strictly import complaints, examined
from .test_wire_admin import items_of

CHEAP = "gpt-6-luna"
MESSAGES: Any = [{"role": "user", "content": "Ciao"}]
PICTURE = ("a.png", picture(), "image/png")
MONTH: Any = {"threshold_amount": 500, "currency": "USD", "interval": "month"}
CHANNEL: Any = {"type": "email", "recipients": ["anna@example.com"]}
REPORTS = (
    *(
        "completions",
        "images",
        "embeddings",
        "audio_speeches",
        "audio_transcriptions",
        "moderations",
        "decisions",
    ),
    *("vector_stores", "code_interpreter_sessions", "file_search_calls", "web_search_calls", "costs"),
)


@pytest.fixture
def asked(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """(method, path) of every request that reaches the application."""
    seen: set[tuple[str, str]] = set()
    answer = Starlette.__call__

    async def listening(self: Starlette, scope: Scope, receive: Receive, send: Send) -> None:
        seen.add((scope["method"], scope["path"]))
        await answer(self, scope, receive, send)

    monkeypatch.setattr(Starlette, "__call__", listening)
    return seen


def routes_of(asked: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The routes that these requests lead to: of several that fit the most literal one, as in the router."""
    patterns = [
        (method, path, re.compile("/v1" + re.sub(r"\{[^}]+\}", "[^/]+", path)))
        for method, path, _do in ROUTES
    ]
    return {
        next((method, path) for method, path, pattern in patterns if (method == by and pattern.fullmatch(at)))
        for by, at in asked
    }


def streamed(events: Any, kind: Any) -> None:
    found = [event.to_dict(mode="json") for event in events]
    assert found
    for event in found:
        assert complaints(event, kind) == []


def test_every_route_is_answered_in_the_shapes_of_the_sdk(
    connect: Connect, secret: str, funded: Platform, asked: set[tuple[str, str]]
) -> None:
    sdk = connect(api_key=secret)
    admin = connect(admin_api_key=funded.keys.create_admin("reports")[1], api_key="").admin.organization
    for act in (models, texts, pictures_and_vectors):
        act(sdk)
    for administer in (reports, projects, keys, people, allowances, lambda org: spending(org, None)):
        administer(admin)
    spending(admin, admin.projects.create(name="p").id)
    assert routes_of(asked) == {(method, path) for method, path, _handler in ROUTES}


def models(sdk: openai.OpenAI) -> None:
    examined(sdk.models.with_raw_response.list())
    examined(sdk.models.with_raw_response.retrieve(CHEAP))


def texts(sdk: openai.OpenAI) -> None:
    raw: Any = sdk.responses.with_raw_response
    response = examined(raw.create(model=CHEAP, input="Ciao"))
    examined(sdk.responses.input_tokens.with_raw_response.count(model=CHEAP, input="Ciao"))
    examined(raw.retrieve(response.id))
    for item in sdk.responses.input_items.list(response.id):
        assert complaints(item.to_dict(), type(item)) == []
    with pytest.raises(openai.BadRequestError):
        raw.cancel(response.id)
    streamed(sdk.responses.retrieve(response.id, stream=True, starting_after=3), ResponseStreamEvent)
    waiting = examined(raw.create(model=CHEAP, input="Ciao", background=True))
    examined(raw.retrieve(waiting.id))
    examined(raw.cancel(waiting.id))
    followed: Any = {"model": CHEAP, "input": "Ciao", "background": True, "stream": True}
    streamed(sdk.responses.create(**followed), ResponseStreamEvent)
    raw.delete(response.id)
    streamed(sdk.responses.create(model=CHEAP, input="Ciao", stream=True), ResponseStreamEvent)
    chats: Any = sdk.chat.completions.with_raw_response
    chat = examined(chats.create(model=CHEAP, messages=MESSAGES, store=True))
    items_of(chats.list())
    examined(chats.retrieve(chat.id))
    examined(chats.update(chat.id, metadata={"a": "b"}))
    for message in sdk.chat.completions.messages.list(chat.id):
        assert complaints(message.to_dict(), type(message)) == []
    examined(chats.delete(chat.id))
    streamed(
        sdk.chat.completions.create(
            model=CHEAP, messages=MESSAGES, stream=True, stream_options={"include_usage": True}
        ),
        ChatCompletionChunk,
    )


def pictures_and_vectors(sdk: openai.OpenAI) -> None:
    images: Any = sdk.images
    wanted: dict[str, Any] = {"model": "gpt-image-2", "prompt": "x", "size": "256x256", "quality": "low"}
    examined(images.with_raw_response.generate(**wanted))
    examined(images.with_raw_response.edit(**wanted, image=PICTURE))
    partly = {"stream": True, "partial_images": 1}
    streamed(images.generate(**wanted, **partly), ImageGenStreamEvent)
    streamed(images.edit(**wanted, **partly, image=[PICTURE, PICTURE]), ImageEditStreamEvent)
    examined(sdk.moderations.with_raw_response.create(input="Ciao"))
    for encoding in ("float", "base64"):
        raw: Any = sdk.embeddings.with_raw_response.create(
            model="text-embedding-3-small", input=["a", "b"], encoding_format=encoding
        )
        assert raw.http_response.json()["usage"] == {"prompt_tokens": 2, "total_tokens": 2}
        if encoding == "float":  # as base64 the SDK's own type does not hold: it decodes behind it
            examined(raw)


def reports(admin: Any) -> None:
    for name in REPORTS:
        examined(getattr(admin.usage.with_raw_response, name)(start_time=1_700_000_000))


def projects(admin: Any) -> None:
    raw = admin.projects.with_raw_response
    made = examined(raw.create(name="Lezione"))
    examined(raw.retrieve(made.id))
    examined(raw.update(made.id, name="Lezione 2"))
    items_of(raw.list(include_archived=True))
    examined(raw.archive(made.id))


def keys(admin: Any) -> None:
    project = admin.projects.create(name="keys").id
    accounts, project_keys = admin.projects.service_accounts, admin.projects.api_keys
    made = examined(accounts.with_raw_response.create(project, name="s"))
    examined(accounts.with_raw_response.retrieve(made.id, project_id=project))
    examined(accounts.with_raw_response.update(made.id, project_id=project, name="t"))
    examined(accounts.api_keys.with_raw_response.create(made.id, project_id=project, name="second"))
    items_of(accounts.with_raw_response.list(project))
    first, *_more = items_of(project_keys.with_raw_response.list(project))
    examined(project_keys.with_raw_response.retrieve(first.id, project_id=project))
    project_keys.with_raw_response.update(first.id, project_id=project, scopes=["api.all.read"])
    examined(project_keys.with_raw_response.delete(first.id, project_id=project))
    examined(accounts.with_raw_response.delete(made.id, project_id=project))
    admin_keys = admin.admin_api_keys.with_raw_response
    admin_key = examined(admin_keys.create(name="a"))
    examined(admin_keys.retrieve(admin_key.id))
    items_of(admin_keys.list())
    examined(admin_keys.delete(admin_key.id))


def people(admin: Any) -> None:
    project = admin.projects.create(name="people").id
    anna = items_of(admin.users.with_raw_response.list())[0]
    users, places = admin.users.with_raw_response, admin.projects.users.with_raw_response
    examined(users.retrieve(anna.id))
    examined(users.update(anna.id, role="owner"))
    items_of(places.list(project))
    examined(places.retrieve(anna.id, project_id=project))
    examined(places.update(anna.id, project_id=project, role="owner"))
    invites = admin.invites.with_raw_response
    made = examined(invites.create(email="luca@example.com", role="reader"))
    examined(invites.retrieve(made.id))
    items_of(invites.list())
    examined(invites.delete(made.id))
    # The first owner is in every project and cannot be taken out of one: test_members.py does it with others.
    refusals: tuple[Callable[[], Any], ...] = (
        lambda: places.create(project, user_id=anna.id, role="owner"),
        lambda: places.delete(anna.id, project_id=project),
        lambda: users.delete(anna.id),
    )
    for refused in refusals:
        with pytest.raises(openai.BadRequestError):
            refused()


def allowances(admin: Any) -> None:
    project = admin.projects.create(name="allowances").id
    rates = admin.projects.rate_limits.with_raw_response
    first, *_more = items_of(rates.list_rate_limits(project))
    examined(rates.update_rate_limit(first.id, project_id=project, max_requests_per_1_day=9))
    permissions = admin.projects.model_permissions.with_raw_response
    examined(permissions.update(project, mode="deny_list", model_ids=["gpt-5"]))
    examined(permissions.retrieve(project))
    examined(permissions.delete(project))


def spending(admin: Any, project: str | None) -> None:
    """Limits and alerts, of the organization or of a project."""
    place = admin.projects if project else admin
    own = (project,) if project else ()
    named = {"project_id": project} if project else {}
    limit, alerts = place.spend_limit.with_raw_response, place.spend_alerts.with_raw_response
    examined(limit.update(*own, **MONTH))
    examined(limit.retrieve(*own))
    examined(limit.delete(*own))
    made = examined(alerts.create(*own, **MONTH, notification_channel=CHANNEL))
    items_of(alerts.list(*own))
    examined(alerts.retrieve(made.id, **named))
    examined(alerts.update(made.id, **named, **MONTH, notification_channel=CHANNEL))
    examined(alerts.delete(made.id, **named))
