"""A key in any field of any form of the practice console is shown nowhere and written nowhere."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ppkit.look.texts import Texts
from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.console.console_routes import PAGES
from ppkit.practice_platform.console.security import form_token
from ppkit.practice_platform.platform import Platform

from .canary import CANARIES, SOME, Canary

BASE_URL = "http://127.0.0.1:8000"


@dataclass
class Form:
    """A form as it stands on a page."""

    page: str
    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """Every form of a page, with the fields a person or the page itself fills in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(
                Form(self.page, given.get("method", "get").lower(), given.get("action", self.page))
            )
        elif tag in ("input", "select", "textarea", "button") and given.get("name") and self.found:
            self.found[-1].fields.setdefault(given["name"], given.get("value", ""))


@pytest.fixture
def web(platform: Platform) -> Iterator[TestClient]:
    app = create_app(platform, control_token="t" * 30)
    with TestClient(app, base_url=BASE_URL, follow_redirects=False) as client:
        yield client


def settle(platform: Platform) -> None:
    """An account with a card, credit, a project and a key, so that every form is there."""
    from ppkit.money import Money

    platform.sign_up("Anna Bianchi", "anna@example.com", "Studio Bianchi")
    platform.add_payment_method("4242 4242 4242 4242", "12/29", "123", "Anna Bianchi")
    platform.billing.give_credits(Money.usd(5))
    platform.projects.create("Clients")
    platform.create_key("PostPickr-AI")


def forms_of(web: TestClient) -> list[Form]:
    found: list[Form] = []
    for page in PAGES:
        answer = web.get(f"/{page}")
        if answer.status_code == 200:
            reader = Forms(page)
            reader.feed(answer.text)
            found += reader.found
    return found


def send(web: TestClient, form: Form, fields: dict[str, str]) -> tuple[int, str]:
    place = form.action.removeprefix("./").removeprefix("../").partition("?")[0]
    if form.method == "post":
        answer = web.post(f"/{place}", data=fields)
    else:
        answer = web.get(f"/{place}", params=fields)
    return answer.status_code, answer.text + str(answer.headers)


def walk(web: TestClient, folder: Path, token: str) -> set[tuple[str, str]]:
    """Each field of each form once with a canary, whose shapes take turns; the page and field names met."""
    met: set[tuple[str, str]] = set()
    turns = itertools.cycle(SOME)
    for form in forms_of(web):
        for name in form.fields:
            if name == "token":
                continue
            met.add((form.page, name))
            canary = next(turns)
            fields = {**form.fields, name: canary.text} | ({"token": token} if form.method == "post" else {})
            status, told = send(web, form, fields)
            assert 400 <= status < 500, (form.page, name, status)
            assert not canary.is_in(told), (form.page, name)
        canary = next(turns)
        status, told = send(web, form, {**form.fields, canary.text: "on", "token": token})
        assert not canary.is_in(told), form.page
    assert [canary.places(folder) for canary in SOME] == [[]] * len(SOME)
    return met


def test_no_field_of_a_visitor_takes_it(web: TestClient, platform: Platform, tmp_path: Path) -> None:
    met = walk(web, tmp_path, form_token(platform.database))
    assert {("sign-up", "name"), ("sign-up", "email"), ("sign-up", "organization_name")} <= met
    assert platform.account() is None


def test_no_field_of_an_account_takes_it(web: TestClient, platform: Platform, tmp_path: Path) -> None:
    settle(platform)
    met = walk(web, tmp_path, form_token(platform.database))
    assert len(met) > 40
    names = ("projects name", "new-key name", "preferences company", "preferences address", "limits limit")
    more = ("preferences vat_number", "limits recipients", "payment-method holder")
    known = {(page, field) for page, field in map(str.split, (*names, *more))}
    assert known <= met, known - met


@pytest.mark.parametrize("language", ["it", "en"])
def test_the_person_is_told_at_the_field_and_keeps_what_else_was_typed(
    web: TestClient, platform: Platform, language: str
) -> None:
    canary = CANARIES[0]
    texts = Texts(language)
    token = form_token(platform.database)
    fields = {"do": "sign_up", "token": token, "name": canary.text, "email": "anna@example.com"}
    web.get("/sign-up", params={"language": language})
    answer = web.post("/sign-up", data=fields)
    assert answer.status_code == 422
    assert texts("console.problem.practice_key_typed_in.what") in answer.text
    assert texts("console.wrong.key") in answer.text
    assert "anna@example.com" in answer.text


@pytest.mark.parametrize("canary", SOME, ids=lambda canary: canary.shape)
def test_no_address_of_a_page_takes_it(
    web: TestClient, platform: Platform, tmp_path: Path, canary: Canary
) -> None:
    settle(platform)
    for page in PAGES:
        for query in ({"period": canary.text}, {canary.text: "1"}, {"language": canary.text}):
            answer = web.get(f"/{page}", params=query)
            assert answer.status_code == 400
            assert not canary.is_in(answer.text + str(answer.headers))
    for path in (f"/{canary.text}", f"/api-keys/{canary.text}"):
        answer = web.get(path.replace("\n", "%0A"))
        assert not canary.is_in(answer.text)
    assert canary.places(tmp_path) == []


@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.shape)
def test_the_control_room_takes_it_in_no_field(
    web: TestClient, platform: Platform, tmp_path: Path, canary: Canary
) -> None:
    from ppkit.practice_platform.address import TOKEN_HEADER

    settle(platform)
    for path in ("key", "admin-key", "clock", "faults", "leak", "pace", "reset", "plan-key"):
        for body in (
            {"name": canary.text}, {"credit": canary.text}, {"id": canary.text}, {"to": canary.text},
            {"scopes": [canary.text]}, {"permissions": canary.text}, {"any": {"thing": [canary.text]}},
            {canary.text: "x"},
        ):  # fmt: skip
            answer = web.post(f"/control/{path}", json=body, headers={TOKEN_HEADER: "t" * 30})
            assert answer.status_code >= 400
            assert not canary.is_in(answer.text)
    assert canary.places(tmp_path) == []


@pytest.mark.parametrize(
    "name",
    ["Studio Bianchi S.r.l.", "sk-bratislava-office-plan", "risk-assessment-of-the-whole-department-2026"],
)
def test_names_that_people_choose_are_taken(web: TestClient, platform: Platform, name: str) -> None:
    settle(platform)
    fields = {"do": "create", "token": form_token(platform.database), "name": name}
    assert web.post("/projects", data=fields).status_code == 303
    assert name in [project.name for project in platform.projects.projects()]
