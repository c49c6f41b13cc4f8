"""What stands in front of the pages: host names, form tokens, sizes, headers, words that look like markup."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from sweeps import examples, sweep

from ppkit.look.texts import Texts
from ppkit.practice_platform.app import ANY_HOST, create_app
from ppkit.practice_platform.console.console_routes import FILES, PAGES
from ppkit.practice_platform.console.security import MOST_FORM_BYTES
from ppkit.practice_platform.platform import Platform

from .person import Person, words

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'🌅\u202eevil{{7*7}}</title>"
ALL_PAGES = sorted(PAGES)


def test_a_form_without_its_token_is_refused_and_changes_nothing(
    person: Person, web: TestClient, platform: Platform
) -> None:
    for token in ({}, {"token": ""}, {"token": "x" * 43}, {"token": "é"}):
        answer = web.post("/projects", data={"do": "create", "name": "Sneaky", **token})
        assert answer.status_code == 403
    assert [project.name for project in platform.projects.projects()] == ["Default project"]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_a_form_sent_by_another_site_is_refused_even_with_the_token(
    person: Person, web: TestClient, platform: Platform, headers: dict[str, str]
) -> None:
    answer = web.post(
        "/projects", data={"do": "create", "token": person.token, "name": "Sneaky"}, headers=headers
    )
    assert answer.status_code == 403
    assert len(platform.projects.projects()) == 1


def test_a_form_of_our_own_page_is_taken(person: Person, web: TestClient) -> None:
    answer = web.post(
        "/projects",
        data={"do": "create", "token": person.token, "name": "Client A"},
        headers={"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"},
    )
    assert answer.status_code == 303


def test_every_form_on_every_page_carries_the_token(buyer: Person, platform: Platform) -> None:
    platform.create_key("PostPickr-AI")
    platform.limits.create_alert(500, ["anna@example.com"])
    platform.limits.set_limit(1000)
    for page in ALL_PAGES:
        for form in re.findall(r'<form[^>]*method="post".*?</form>', buyer.read(page).text, re.S):
            assert f'name="token" value="{buyer.token}"' in form


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", ""])
def test_a_foreign_host_name_is_turned_away(person: Person, web: TestClient, host: str) -> None:
    assert web.get("/", headers={"host": host}).status_code == 400


def test_behind_a_hub_any_host_name_is_served(person: Person, platform: Platform) -> None:
    behind_a_hub = TestClient(create_app(platform, hosts=ANY_HOST), base_url="http://hub.example")
    assert behind_a_hub.get("/").status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1:9999", "localhost", "localhost:1", "[::1]:8000"])
def test_the_machines_own_names_are_served(person: Person, web: TestClient, host: str) -> None:
    assert web.get("/", headers={"host": host}).status_code == 200


def test_a_form_that_is_too_large_is_refused(person: Person) -> None:
    answer = person.send("projects", "create", name="x" * MOST_FORM_BYTES)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x"]
)
def test_only_plain_forms_are_read(person: Person, web: TestClient, content_type: str) -> None:
    answer = web.post("/projects", content=b"do=create", headers={"content-type": content_type})
    assert answer.status_code == 415


@pytest.mark.parametrize("body", [b"\xff\xfe", b"&".join(b"a%d=1" % n for n in range(100))])
def test_a_broken_form_is_refused(person: Person, web: TestClient, body: bytes) -> None:
    answer = web.post(
        "/projects", content=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 400


@sweep("page", [*ALL_PAGES, "no/such/page", "static/ppkit.css", "static/none"])
def test_every_answer_carries_the_strict_headers(person: Person, page: str) -> None:
    headers = person.read(page).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] in ("no-store", "no-cache")
    assert "set-cookie" not in headers


@sweep("page", ALL_PAGES)
def test_no_page_holds_anything_inline_or_from_elsewhere(buyer: Person, page: str) -> None:
    html = buyer.read(page).text
    assert re.findall(r"\sstyle=|<style|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", html) == []
    assert re.findall(r'(?:href|src|action)="(?:[a-z]+:)?//?[^"]*', html) == []


@sweep("page", ALL_PAGES)
def test_every_page_says_practice_in_its_title_and_on_its_band(buyer: Person, page: str) -> None:
    answer = buyer.web.get(f"/{page}?language=en", follow_redirects=True)
    assert re.search(r"<title>[^<]*PRACTICE</title>", answer.text)
    assert Texts("en")("common.mode.practice_note") in answer.text


@sweep("page", ALL_PAGES)
def test_english_labels_on_italian_pages_are_marked_as_english(buyer: Person, page: str) -> None:
    html = buyer.web.get(f"/{page}?language=it", follow_redirects=True).text
    assert re.findall(r"&lt;span|<span lang=\"en\">[^<]*(?:è|à|ù)", html) == []
    bare = re.findall(
        r"(?:<h[12][^>]*>|<label[^>]*>|<b>)(Billing|API keys|Usage|Limits|Name|Payment method)", html
    )
    assert bare == []


def test_hostile_names_survive_as_words(visitor: Person, platform: Platform) -> None:
    visitor.send("sign-up", "sign_up", name=HOSTILE, email="anna@example.com", organization_name=HOSTILE)
    visitor.send("projects", "create", name=HOSTILE)
    key, _secret = platform.create_key(HOSTILE)
    visitor.send("preferences", "save", company=HOSTILE, address=HOSTILE, vat_number="")
    account = platform.account()
    assert account is not None
    assert account.name == account.company == HOSTILE
    for page in [*ALL_PAGES, f"api-keys?revoke={key.id}", "inbox?mail=1"]:
        html = visitor.read(page).text
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "evil49" not in html
    assert HOSTILE in words(visitor.read("projects"))


@pytest.mark.parametrize("name", ["שלום", "مرحبا", "\u202egpj.exe", "a \u2067b"])
def test_a_name_that_runs_the_other_way_does_not_turn_the_sentence(
    person: Person, platform: Platform, name: str
) -> None:
    key, _secret = platform.create_key(name)
    assert f"\u2068{name}\u2069" in words(person.read(f"api-keys?revoke={key.id}"))
    plain, _secret = platform.create_key("Zoë – Cliente 1")
    assert "“Zoë – Cliente 1”" in words(person.read(f"api-keys?revoke={plain.id}"))


def test_ten_thousand_characters_survive_and_one_more_is_refused(person: Person, platform: Platform) -> None:
    long = "🌅" * 10_000
    assert person.send("projects", "create", name=long).status_code == 303
    assert person.send("projects", "create", name=long + "!").status_code == 422
    assert [project.name for project in platform.projects.projects()] == ["Default project", long]
    assert person.read("projects").status_code == 200


@settings(
    max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(fields=st.dictionaries(st.sampled_from(["do", "name", "key", "amount", "number", "limit"]), st.text()))
@pytest.mark.parametrize("page", ["new-key", "limits", "payment-method"])
def test_no_form_however_odd_breaks_a_page(buyer: Person, page: str, fields: dict[str, str]) -> None:
    chosen = {"do": next(iter(PAGES[page].actions)), **fields}
    answer = buyer.web.post(f"/{page}", data={**chosen, "token": buyer.token})
    assert answer.status_code in (200, 303, 400, 422)


@pytest.mark.parametrize("name", ["..%2f..%2fpages.py", "../pages.py", "ppkit.css%00", "PPKIT.CSS"])
def test_no_other_file_is_ever_served(person: Person, web: TestClient, name: str) -> None:
    assert web.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize("name", FILES)
def test_the_pages_own_files_are_served(web: TestClient, name: str) -> None:
    assert web.get(f"/static/{name}").status_code == 200


def test_every_page_leads_on_under_any_prefix(buyer: Person, platform: Platform) -> None:
    platform.wallet.add("4000002500003155", "12/29", "123", "Anna")  # so that the bank has a question
    prefix = "/user/anna/proxy/8899"
    web = TestClient(
        Starlette(routes=[Mount(prefix, app=create_app(platform))]), base_url="http://127.0.0.1:8000"
    )
    led_to: dict[str, str] = {}
    for page in [*ALL_PAGES, "nowhere", "no/such/page", "static/console.js"]:
        answer = web.get(f"{prefix}/{page}")
        leads = re.findall(r'(?:href|src|action)="([^"#]*)"|from "([^"]+)"', answer.text)
        assert leads, page
        assert answer.url.path.startswith(f"{prefix}/"), page
        led_to |= {str(answer.url.join("".join(lead))): page for lead in leads}
    assert {page: at for at, page in led_to.items() if not urlsplit(at).path.startswith(f"{prefix}/")} == {}
    assert {page: at for at, page in led_to.items() if web.get(at).status_code != 200} == {}
