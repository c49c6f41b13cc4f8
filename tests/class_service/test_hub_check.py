"""With a JupyterHub: its tokens are the learners' keys, and it says whose they are."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import openai
import pytest
from keys.canaries import key_of
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from ppkit.class_service.class_app import class_app
from ppkit.class_service.class_door import WRONG_SECONDS
from ppkit.class_service.hub_check import REMEMBERED_SECONDS, HubCheck, HubPlace, NotUnderHub
from ppkit.metering import AsyncMeteredTransport
from ppkit.money import Money

from .conftest import START, ClassRoom, NewClass
from .test_gateway import ASK, VEGA

PLACE = HubPlace("http://hub.test/hub/api", "class", "/services/class/", "127.0.0.1", 10101)
SCOPE = "access:services!service=class"


class FakeHub:
    """`GET /hub/api/user`, as a Hub answers it."""

    def __init__(self) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self.asked = 0
        self.status = 200

    def add(self, token: str, name: str, *scopes: str, kind: str = "user") -> str:
        self.users[token] = {"kind": kind, "name": name, "scopes": list(scopes), "groups": [], "admin": False}
        return token

    async def user(self, request: Request) -> Response:
        self.asked += 1
        scheme, _, token = request.headers["authorization"].partition(" ")
        if self.status != 200:
            return JSONResponse({"status": self.status}, self.status)
        if scheme != "token" or token not in self.users:
            return JSONResponse({"status": 403, "message": "Forbidden"}, 403)
        return JSONResponse(self.users[token])

    def client(self) -> httpx2.AsyncClient:
        app = Starlette(routes=[Route("/hub/api/user", self.user)])
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app))


def under_hub(room: ClassRoom, hub: FakeHub) -> Starlette:
    transport = AsyncMeteredTransport(httpx2.MockTransport(room.platform), room.meter)
    return class_app(
        room.served,
        room.meter,
        room.upstream,
        room.clock,
        "practice",
        hub=PLACE,
        check=HubCheck(PLACE, room.served, room.clock, hub.client()),
        client=httpx2.AsyncClient(transport=transport),
    )


def asked(room: ClassRoom, app: Starlette, *tokens: str) -> list[Any]:
    async def ask() -> list[Any]:
        answers = []
        for token in tokens:
            transport = httpx2.ASGITransport(app)
            client = openai.AsyncOpenAI(
                base_url="http://hub.test/services/class/v1",
                api_key=token,
                max_retries=0,
                http_client=httpx2.AsyncClient(transport=transport),
            )
            async with client:
                try:
                    answers.append(await client.responses.create(**ASK))
                except openai.APIStatusError as error:
                    answers.append((error.status_code, error.code))
        return answers

    return asyncio.run(ask())


def test_a_hub_token_is_the_key_and_its_owner_a_learner_with_a_limit(room: ClassRoom) -> None:
    hub = FakeHub()
    ada, bea = hub.add("token-of-ada", "ada", SCOPE), hub.add("token-of-bea", "bea", "access:services")
    again = hub.add("ada-s-other-server", "ada", SCOPE)
    answers = asked(room, under_hub(room, hub), ada, bea, again)
    assert all(answer.usage.total_tokens == 22 for answer in answers)
    assert [each.pseudonym for each in room.roster.learners("tuesday")] == ["Altair", "Vega"]
    assert room.totals(VEGA).calls == 2
    assert room.budget.get(VEGA, period="total").hard == room.lesson.limit_per_learner
    assert not any("token-of" in str(request.headers) for request in room.platform.requests)


@pytest.mark.parametrize(
    ("token", "model"),
    [
        ("unknown", None),
        ("no-access", ("ada", "self")),
        ("other-service", ("ada", "access:services!service=other")),
        ("servers-only", ("ada", "access:servers")),
    ],
)
def test_without_access_to_the_service_a_token_is_wrong(room: ClassRoom, token: str, model: Any) -> None:
    hub = FakeHub()
    if model:
        hub.add(token, *model)
    assert asked(room, under_hub(room, hub), token) == [(401, "invalid_api_key")]
    assert room.roster.learners("tuesday") == []


def test_a_key_is_not_shown_to_the_hub(room: ClassRoom) -> None:
    hub = FakeHub()
    assert asked(room, under_hub(room, hub), key_of("project")) == [(401, "invalid_api_key")]
    assert hub.asked == 0


def test_a_wrong_token_costs_the_hub_one_request(room: ClassRoom) -> None:
    hub = FakeHub()
    app = under_hub(room, hub)
    asked(room, app, *["unknown"] * 5)
    assert hub.asked == 1
    hub.add("unknown", "ada", SCOPE)
    room.clock.advance(timedelta(seconds=WRONG_SECONDS))
    (answer,) = asked(room, app, "unknown")
    assert answer.usage.total_tokens == 22


def test_a_service_is_no_learner(room: ClassRoom) -> None:
    hub = FakeHub()
    token = hub.add("token", "culler", SCOPE, kind="service")
    assert asked(room, under_hub(room, hub), token) == [(401, "invalid_api_key")]


def test_a_full_lesson_lets_nobody_else_in(new_class: NewClass) -> None:
    room, hub = new_class(learners=1), FakeHub()
    tokens = [hub.add(f"token-{name}", name, SCOPE) for name in ("ada", "bea")]
    answers = asked(room, under_hub(room, hub), *tokens)
    assert answers[1] == (403, "ppkit_lesson_full")


def test_the_hub_is_asked_again_after_a_minute_and_a_hub_that_is_away_lets_nobody_in(room: ClassRoom) -> None:
    hub = FakeHub()
    app, token = under_hub(room, hub), hub.add("token", "ada", SCOPE)
    asked(room, app, token, token)
    assert hub.asked == 1
    room.clock.advance(timedelta(seconds=REMEMBERED_SECONDS))
    hub.status = 500
    assert asked(room, app, token) == [(502, "ppkit_platform_unreachable")]
    hub.status, hub.users = 200, {}
    assert asked(room, app, token) == [(401, "invalid_api_key")]


def test_under_a_hub_nobody_joins_by_a_code_and_no_token_is_shown(room: ClassRoom) -> None:
    browser = TestClient(under_hub(room, FakeHub()), base_url="http://hub.test")
    page = browser.get("/services/class/").text
    assert '"OPENAI_BASE_URL"] = "http://hub.test/services/class/v1"' in page
    assert "JUPYTERHUB_API_TOKEN" in page
    assert "<form" not in page
    assert browser.post("/services/class/join", data={"code": room.join_code}).status_code == 405
    assert browser.get("/services/class/static/class.css").status_code == 200
    room.served.join_as("hub:ada")
    token = room.roster.new_trainer("tuesday")
    form = {"token": token, "do": "reset", "learner": "Vega"}
    board = browser.post("/services/class/trainer", data=form).text
    assert "Vega" in board
    assert "sk-class" not in board
    assert room.join_code not in board


def test_before_a_lesson_opens_and_with_a_no_nobody_takes_a_place(new_class: NewClass) -> None:
    room, hub = new_class(opens=START + timedelta(minutes=1)), FakeHub()
    app, token = under_hub(room, hub), hub.add("token", "ada", SCOPE)
    browser = TestClient(app, base_url="http://hub.test")
    bearer = {"authorization": f"Bearer {token}"}
    address = "/services/class/progress"
    assert browser.delete(address, headers=bearer).status_code == 204
    early = browser.post(address, headers=bearer)
    assert (early.status_code, early.json()["error"]["code"]) == (403, "ppkit_lesson_not_open")
    assert asked(room, app, token) == [(403, "ppkit_lesson_not_open")]
    room.clock.advance(timedelta(minutes=2))
    assert browser.delete(address, headers=bearer).status_code == 204
    assert room.roster.learners("tuesday") == []
    assert browser.post(address, headers=bearer).json()["pseudonym"] == "Vega"


def test_what_the_hub_says_in_the_environment_is_understood() -> None:
    given = {
        "JUPYTERHUB_API_URL": "http://hub.test/hub/api/",
        "JUPYTERHUB_SERVICE_NAME": "class",
        "JUPYTERHUB_SERVICE_PREFIX": "/services/class/",
        "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:10101",
    }
    assert HubPlace.of(given) == PLACE
    with pytest.raises(NotUnderHub) as missing:
        HubPlace.of(given | {"JUPYTERHUB_API_URL": ""})
    assert missing.value.facts == {"name": "JUPYTERHUB_API_URL"}


def test_money_of_a_lesson_under_a_hub_has_the_same_limits(new_class: NewClass) -> None:
    room, hub = new_class(limit_per_learner=Money.usd("0.0007")), FakeHub()
    token = hub.add("token", "ada", SCOPE)
    answers = asked(room, under_hub(room, hub), token, token)
    assert answers[1] == (429, "ppkit_hard_limit_reached")


def test_below_the_hubs_prefix_windows_tell_their_step_and_the_trainer_clears_it(room: ClassRoom) -> None:
    hub = FakeHub()
    ada, other = hub.add("token-of-ada", "ada", SCOPE), hub.add("no-access", "eve", "self")
    browser = TestClient(under_hub(room, hub), base_url="http://hub.test")
    statuses = [
        browser.post(
            "/services/class/progress",
            json={"open_lesson": "connect"},
            headers={"authorization": f"Bearer {token}"},
        ).status_code
        for token in (ada, other, "sk-proj-" + "a" * 40)
    ]
    assert statuses == [200, 401, 401]
    assert set(room.roster.progress.by_pseudonym("tuesday")) == {"Vega"}
    form = {"token": room.roster.new_trainer("tuesday"), "learner": "Vega"}
    page = browser.post("/services/class/trainer", data=form).text
    assert 'id="clear-Vega"' in page
    assert 'id="reset-Vega"' not in page
    browser.post("/services/class/trainer", data=form | {"do": "reset"})
    browser.post("/services/class/trainer", data=form | {"do": "remove"})
    assert [each.is_removed for each in room.roster.learners("tuesday")] == [False]
    browser.post("/services/class/trainer", data=form | {"do": "clear"})
    assert room.roster.progress.by_pseudonym("tuesday") == {}
