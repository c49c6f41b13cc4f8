"""Test cards: what each one rehearses, and that no other number is taken, shown or kept."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest

from ppkit.money import ZERO, Money
from ppkit.practice_platform.cards import TEST_CARDS
from ppkit.practice_platform.console.card_pages import SHOWN_CARDS
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.rows import PaymentMethod
from ppkit.practice_platform.wallet import MOST_BANK_TRIES, bank_code

from .person import CARD, Person, words

NEVER_EN = "Never enter a real card here."
NEVER_IT = "Non scrivere mai qui una carta vera."


def test_the_form_offers_exactly_the_published_test_cards(person: Person) -> None:
    page = person.read("payment-method").text
    offered = re.findall(r'data-fill-number="([^"]+)"', page)
    assert offered == [card.number for card in SHOWN_CARDS]
    assert [number.replace(" ", "") for number in offered] == [card.number for card in TEST_CARDS]


REAL_LOOKING = (
    "4111" + " 1111 1111 " + "1111",
    "37828" + "2246310" + "005",
    "424242424242" + "4241",
    "",
    "x" * 500,
)


@pytest.mark.parametrize("number", REAL_LOOKING)
@pytest.mark.parametrize(("language", "sentence"), [("en", NEVER_EN), ("it", NEVER_IT)])
def test_any_other_card_is_refused_never_shown_never_kept_never_logged(
    person: Person,
    tmp_path: Path,
    platform: Platform,
    caplog: pytest.LogCaptureFixture,
    number: str,
    language: str,
    sentence: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    person.read(f"?language={language}")
    answer = person.send("payment-method", "add_card", number=number, **CARD)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert platform.payment_methods() == []
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir()).decode("utf-8", "replace")
    places = answer.text + str(answer.headers) + caplog.text + kept
    assert [form for form in {number, number.replace(" ", "")} - {""} if form in places] == []


@pytest.mark.parametrize("field", ["expires", "security_code", "holder"])
def test_a_card_number_in_another_field_is_refused_and_gone_too(
    person: Person, tmp_path: Path, platform: Platform, field: str
) -> None:
    number = "4539-1400-" + "3123-4563"
    form = {**CARD, field: f"Anna {number}"}
    answer = person.send("payment-method", "add_card", number="4242 4242 4242 4242", **form)
    assert NEVER_EN in words(answer)
    assert platform.payment_methods() == []
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert number not in answer.text
    assert number.encode() not in kept


def test_a_test_card_is_added_and_leads_to_buying(person: Person, platform: Platform) -> None:
    answer = person.send("payment-method", "add_card", number="4242 4242 4242 4242", **CARD)
    assert answer.headers["location"] == "buy-credits?done=card_added"
    assert [method.last4 for method in platform.payment_methods()] == ["4242"]


def test_even_a_test_card_is_not_shown_again_when_something_else_is_wrong(person: Person) -> None:
    answer = person.send(
        "payment-method", "add_card", number="4242424242424242", **{**CARD, "expires": "1/20"}
    )
    assert answer.status_code == 422
    assert "This date is in the past." in words(answer)
    assert re.findall(r"<input[^>]*4242", answer.text) == []


def test_a_declined_card_says_so(person: Person) -> None:
    answer = person.send("payment-method", "add_card", number="4000000000000002", **CARD)
    assert "The card was declined." in words(answer)


# --- 3-D Secure


def asked(person: Person, platform: Platform) -> PaymentMethod:
    """A card that its bank asks about."""
    answer = person.send("payment-method", "add_card", number="4000002500003155", **CARD)
    assert answer.headers["location"] == "bank"
    waiting = platform.wallet.waiting()
    assert waiting is not None
    return waiting


def test_the_bank_asks_on_its_own_page_and_takes_the_code_it_sent(person: Person, platform: Platform) -> None:
    card = asked(person, platform)
    page = person.read("bank")
    shown = re.search(r"(\d{3}) (\d{3})", words(page))
    assert shown is not None
    assert "Do you confirm this card?" in words(page)
    assert 'class="console-menu"' not in page.text
    assert "· PRACTICE</title>" in page.text
    code = f"{shown[1]} {shown[2]}"
    answer = person.send("bank", "answer_bank", method=card.id, bank_code=code)
    assert answer.headers["location"] == "buy-credits?done=card_added"
    assert platform.payment_methods()[0].status == "ready"
    assert person.read("bank").headers["location"] == "payment-method"


def test_until_the_bank_is_answered_the_card_buys_nothing(person: Person, platform: Platform) -> None:
    card = asked(person, platform)
    answer = person.send("buy-credits", "buy", amount="5", method=card.id)
    assert "The card is still waiting for its bank." in words(answer)
    assert platform.purchases() == []
    assert 'href="bank"' in person.read("billing").text


def test_refusing_at_the_bank_adds_no_card(person: Person, platform: Platform) -> None:
    card = asked(person, platform)
    answer = person.send("bank", "refuse_bank", method=card.id)
    assert answer.headers["location"] == "payment-method?done=card_refused"
    assert platform.payment_methods() == []


def test_three_wrong_codes_cost_the_card(person: Person, platform: Platform) -> None:
    card = asked(person, platform)
    wrong = f"{(int(bank_code(card)) + 1) % 10**6:06d}"
    said = [
        words(person.send("bank", "answer_bank", method=card.id, bank_code=wrong))
        for _ in range(MOST_BANK_TRIES)
    ]
    assert "You have two more tries." in said[0]
    assert "After one more mistake the bank refuses the card" in said[1]
    assert "The bank refused the card." in said[2]
    assert platform.payment_methods() == []
    assert person.send("bank", "answer_bank", method=card.id, bank_code=bank_code(card)).status_code == 303


# --- a hold, a review


def test_a_hold_is_no_purchase_and_comes_back_by_itself(person: Person, platform: Platform) -> None:
    answer = person.send("payment-method", "add_card", number="5200828282828210", **CARD)
    assert answer.headers["location"] == "billing?done=card_held"
    assert (platform.balance(), platform.purchases()) == (ZERO, [])
    assert "The bank is holding $5.00 until Nov 30, 2026" in words(person.read("billing"))
    assert platform.mails()[0].kind == "card_hold"
    platform.advance(timedelta(days=7))
    assert "The bank released $5.00 on Nov 30, 2026" in words(person.read("billing"))
    assert platform.balance() == ZERO


def test_a_reviewed_card_pays_at_once_and_its_credit_comes_minutes_later(
    person: Person, platform: Platform
) -> None:
    person.send("payment-method", "add_card", number="4000000000009235", **CARD)
    answer = person.send("buy-credits", "buy", amount="5")
    assert answer.headers["location"] == "billing?done=credit_pending"
    assert platform.balance() == ZERO
    assert "$5.00 arrives at 09:40 UTC" in words(person.read("billing"))
    platform.advance(timedelta(minutes=10))
    assert platform.balance() == Money.usd(5)
    assert "arriving" not in words(person.read("billing"))
