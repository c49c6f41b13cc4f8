"""Sign up, sign in, the language, and ChatGPT as the product next door."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from sweeps import sweep

from ppkit.look.texts import LANGUAGES, Texts
from ppkit.money import Money
from ppkit.practice_platform.console.console_routes import PAGES
from ppkit.practice_platform.platform import Platform

from .person import Person, spend, words


@sweep("page", sorted(name for name, page in PAGES.items() if page.needs_account))
def test_without_an_account_every_page_leads_to_sign_up(visitor: Person, page: str) -> None:
    answer = visitor.read(page)
    assert (answer.status_code, answer.headers["location"]) == (303, "sign-up")


def test_signing_up_makes_the_account_and_leads_home(visitor: Person, platform: Platform) -> None:
    answer = visitor.send(
        "sign-up", "sign_up", name="Anna", email="anna@example.com", organization_name="Studio"
    )
    assert answer.headers["location"] == "./?done=signed_up"
    account = platform.account()
    assert account is not None
    assert account.organization_name == "Studio"
    assert "Anna" in words(visitor.read())


def test_a_field_that_is_wrong_is_named_and_the_others_are_kept(visitor: Person) -> None:
    answer = visitor.send("sign-up", "sign_up", name="Anna", email="anna", organization_name="Studio")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert 'value="Anna"' in answer.text
    assert Texts("en")("console.wrong.not_an_email") in words(answer)


def test_after_signing_out_only_the_accounts_address_opens_the_door(person: Person) -> None:
    person.send("sign-out", "sign_out")
    assert person.read("billing").headers["location"] == "sign-in"
    assert person.send("sign-in", "sign_in", email="somebody@example.com").status_code == 422
    assert person.send("sign-in", "sign_in", email="ANNA@example.com").status_code == 303
    assert person.read("billing").status_code == 200


def test_chatgpt_is_another_product_without_api_credit(visitor: Person, platform: Platform) -> None:
    page = visitor.read("chatgpt")
    assert "ChatGPT Plus active subscription" in words(page)
    assert "API credit $0.00" in words(page)
    assert 'class="console-menu"' not in page.text
    assert "· PRACTICE</title>" in page.text
    assert 'href="chatgpt"' in visitor.read("sign-up").text
    platform.sign_up("Anna", "anna@example.com", "Studio")
    assert 'href="chatgpt"' in visitor.read().text


def test_the_browsers_language_is_spoken_until_one_is_chosen(person: Person) -> None:
    page = person.web.get("/", headers={"accept-language": "it-IT,it;q=0.9"})
    assert '<html lang="it">' in page.text
    person.send("language", "language", language="en", back="billing")
    assert '<html lang="en">' in person.web.get("/", headers={"accept-language": "it"}).text


def test_choosing_a_language_leads_back_to_the_same_page(person: Person) -> None:
    answer = person.send("language", "language", language="it", back="billing")
    assert answer.headers["location"] == "billing"


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "../x", "javascript:alert(1)"])
def test_choosing_a_language_never_leads_elsewhere(person: Person, back: str) -> None:
    answer = person.send("language", "language", language="it", back=back)
    assert answer.headers["location"] == "./"


def test_an_address_can_carry_the_language(person: Person) -> None:
    assert '<html lang="it">' in person.read("?language=it").text
    assert '<html lang="it">' in person.read("billing").text
    assert '<html lang="it">' in person.read("?language=xx").text


@sweep("language", LANGUAGES)
@sweep("page", sorted(PAGES))
def test_every_page_opens_in_both_languages(
    buyer: Person, platform: Platform, page: str, language: str
) -> None:
    key, _secret = platform.create_key("PostPickr-AI", expires_in=timedelta(days=7))
    platform.buy_credits(Money.usd(5))
    spend(platform, key, "0.0123")
    answer = buyer.web.get(f"/{page}?language={language}", follow_redirects=True)
    assert answer.status_code == 200


def test_an_unknown_page_is_a_page_too(person: Person, web: TestClient) -> None:
    answer = web.get("/no/such/page")
    assert answer.status_code == 404
    assert 'href="../.././"' in answer.text or 'href="../../"' in answer.text
