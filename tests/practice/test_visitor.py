"""A visitor without a browser reads the console's pages, sends its forms and takes files along."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from console.served import served

from ppkit.money import Money
from ppkit.practice_platform.address import Address
from ppkit.practice_platform.console.security import form_token
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.remote import PracticeNotAnswering
from ppkit.practice_platform.visitor import visit

pytestmark = pytest.mark.processes


@pytest.fixture
def console(platform: Platform) -> Iterator[Address]:
    with served(platform) as address:
        yield Address(f"{address}/v1", f"{address}/", "token", 1)


def sign_up(console: Address, platform: Platform) -> str:
    fields = {"name": "Ada", "email": "ada@example.com", "organization_name": "Studio"}
    form = urlencode({"do": "sign_up", "token": form_token(platform.database), **fields})
    return visit(console, "sign-up", form).address


def test_a_page_is_found_where_the_console_leads(console: Address) -> None:
    answer = visit(console, "?language=it")
    assert answer.address == "sign-up"
    assert (answer.media_type, answer.file_name) == ("text/html", "")
    assert '<html lang="it">' in answer.body.decode()


def test_a_form_is_sent_as_a_page_of_the_console_sends_it(console: Address, platform: Platform) -> None:
    assert sign_up(console, platform) == "?done=signed_up"
    assert platform.account() is not None


def test_a_form_without_the_consoles_own_token_is_refused(console: Address, platform: Platform) -> None:
    visit(console, "sign-up", urlencode({"do": "sign_up", "name": "Ada"}))
    assert platform.account() is None


def test_a_file_comes_with_its_name(console: Address, platform: Platform) -> None:
    sign_up(console, platform)
    platform.add_payment_method("4242 4242 4242 4242", "12/29", "123", "Ada")
    platform.buy_credits(Money.usd(5))
    page = visit(console, "billing-history").body.decode()
    found = re.search(r'href="(invoice[^"]*)"', page)
    assert found
    answer = visit(console, found[1])
    assert answer.media_type == "application/pdf"
    assert answer.file_name.endswith(".pdf")
    assert answer.body.startswith(b"%PDF")


@pytest.mark.parametrize("address", ["http://example.com/sign-up", "//example.com/sign-up", "/sign-up"])
def test_no_address_leads_anywhere_but_to_the_console(console: Address, address: str) -> None:
    assert "Create account" in visit(console, address).body.decode()


@pytest.mark.parametrize("address", ["a b", "x\r\nHost: example.com"])
def test_an_address_that_is_none_is_not_sent(console: Address, address: str) -> None:
    with pytest.raises(PracticeNotAnswering):
        visit(console, address)


def test_nobody_at_the_port_is_an_error_of_ours(platform: Platform) -> None:
    with served(platform) as address:
        gone = Address(f"{address}/v1", f"{address}/", "token", 1)
    with pytest.raises(PracticeNotAnswering):
        visit(gone, "")
