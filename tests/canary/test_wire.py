"""A key in a text of the practice platform's API, other than the header it belongs into, is kept nowhere."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ppkit.money import Money
from ppkit.practice_platform.api import organization
from ppkit.practice_platform.api.organization.admin_routes import ADMIN_ROUTES
from ppkit.practice_platform.api.wire_routes import ROUTES
from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.platform import Platform

from .canary import CANARIES, SOME, Canary

BASE_URL = "http://127.0.0.1:8000"
ASKED = re.compile(r'\.(?:text|choice|get|array|mapping|integer|number|flag)\("(\w+)"')


def names() -> set[str]:
    """Every field that the administration asks a body for, read from its source."""
    sources = [path.read_text("utf-8") for path in Path(organization.__path__[0]).glob("*.py")]
    return {name for source in sources for name in ASKED.findall(source)}


@pytest.fixture
def web(platform: Platform) -> Iterator[TestClient]:
    platform.sign_up("Anna Bianchi", "anna@example.com", "Studio Bianchi")
    platform.billing.give_credits(Money.usd(5))
    with TestClient(create_app(platform), base_url=BASE_URL) as client:
        yield client


@pytest.fixture
def admin(platform: Platform, web: TestClient) -> dict[str, str]:
    assert web.base_url == BASE_URL  # there is an account by now
    return {"authorization": f"Bearer {platform.keys.create_admin('admin')[1]}"}


@pytest.fixture
def caller(platform: Platform, web: TestClient) -> dict[str, str]:
    assert web.base_url == BASE_URL
    return {"authorization": f"Bearer {platform.create_key('caller')[1]}"}


def path_of(route: str, platform: Platform) -> str:
    """The route with the default project in it, and nothing that exists elsewhere."""
    project = platform.projects.projects()[0].id
    return "/v1" + re.sub(r"\{[^}]+\}", "x", route.replace("{project_id}", project))


def test_no_body_of_the_administration_takes_it(
    web: TestClient, platform: Platform, admin: dict[str, str], tmp_path: Path
) -> None:
    """Each field of each route as a text, in a list and in an object; the shapes of keys take turns."""
    assert {"name", "threshold_amount"} <= names()
    routes = [route for method, route, _handler in ADMIN_ROUTES if method == "POST"]
    turns = itertools.cycle(SOME)
    for route, name, depth in itertools.product(routes, sorted(names()), range(3)):
        canary = next(turns)
        value = (canary.text, [canary.text], {"recipients": [canary.text]})[depth]
        answer = web.post(path_of(route, platform), json={name: value}, headers=admin)
        assert 400 <= answer.status_code < 500, (route, name)
        assert not canary.is_in(answer.text), (route, name)
    assert [canary.places(tmp_path) for canary in SOME] == [[]] * len(SOME)


@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.shape)
def test_the_name_of_a_project_is_refused_in_a_sentence(
    web: TestClient, admin: dict[str, str], canary: Canary
) -> None:
    answer = web.post("/v1/organization/projects", json={"name": canary.text}, headers=admin)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "practice_key_typed_in"
    assert "secret key" in answer.json()["error"]["message"]


@pytest.mark.parametrize("canary", SOME, ids=lambda canary: canary.shape)
def test_no_route_repeats_it_from_its_path_or_query(
    web: TestClient, admin: dict[str, str], caller: dict[str, str], tmp_path: Path, canary: Canary
) -> None:
    name = canary.text.replace("\n", "")
    for method, route, _handler in ROUTES:
        path = "/v1" + re.sub(r"\{[^}]+\}", name, route)
        for headers in (admin, caller):
            answer = web.request(method, path, headers=headers, params={"model": name, "after": name})
            assert not canary.is_in(answer.text), (method, route)
    for path in (f"/v1/{name}", f"/v1/models/{name}", f"/v1/files/{name}"):
        assert not canary.is_in(web.get(path, headers=caller).text)
    assert canary.places(tmp_path) == []


@pytest.mark.parametrize("canary", SOME, ids=lambda canary: canary.shape)
def test_a_wrong_key_in_the_header_is_kept_nowhere(
    web: TestClient, platform: Platform, tmp_path: Path, canary: Canary
) -> None:
    assert platform.account()
    key = canary.text.replace("\n", "")
    for headers in (
        {"authorization": f"Bearer {key}"}, {"openai-organization": key}, {"openai-project": key},
    ):  # fmt: skip
        for path in ("/v1/models", "/v1/organization/projects"):
            assert not canary.is_in(web.get(path, headers=headers).text)
    assert canary.places(tmp_path) == []


@pytest.mark.parametrize("canary", SOME, ids=lambda canary: canary.shape)
def test_a_prompt_is_answered_and_not_kept_with_it(
    web: TestClient, caller: dict[str, str], tmp_path: Path, canary: Canary
) -> None:
    label = {"metadata": {"topic": canary.text}, "store": True, "model": "gpt-6-luna"}
    asked = web.post("/v1/responses", json={**label, "input": f"a post: {canary.text}"}, headers=caller)
    assert asked.status_code == 200, asked.text
    messages = [{"role": "user", "content": f"a post: {canary.text}"}]
    chat = web.post("/v1/chat/completions", json={**label, "messages": messages}, headers=caller)
    assert chat.status_code == 200, chat.text
    again = web.get(f"/v1/responses/{asked.json()['id']}", headers=caller)
    assert again.status_code == 200
    assert canary.places(tmp_path) == []
