"""Buying credit, automatic recharge, and the data on invoices."""

from __future__ import annotations

import re

import pytest
from httpx2 import Response

from ppkit.money import Money
from ppkit.practice_platform.platform import Platform

from .person import CARD, Person, words


@pytest.mark.parametrize(
    ("fields", "usd"),
    [({"amount": "5"}, "5"), ({"amount": "20"}, "20"), ({"amount": "other", "other_amount": "7,50"}, "7.50")],
)
def test_credit_is_bought_for_the_chosen_amount(
    buyer: Person, platform: Platform, fields: dict[str, str], usd: str
) -> None:
    answer = buyer.send("buy-credits", "buy", **fields)
    assert answer.headers["location"] == "billing?done=credit_bought"
    assert platform.balance() == Money.usd(usd)


@pytest.mark.parametrize("amount", ["4.99", "1000.01", "0", "-5", "5.001", "abc", "", "٥", "1e3"])
def test_an_amount_outside_the_rules_buys_nothing(buyer: Person, platform: Platform, amount: str) -> None:
    answer = buyer.send("buy-credits", "buy", amount="other", other_amount=amount)
    assert answer.status_code == 422
    assert platform.purchases() == []


def test_a_purchase_without_funds_is_on_record_and_explained(person: Person, platform: Platform) -> None:
    person.send("payment-method", "add_card", number="4000000000009995", **CARD)
    answer = person.send("buy-credits", "buy", amount="10")
    assert "insufficient funds" in words(answer)
    assert [purchase.status for purchase in platform.purchases()] == ["declined"]


GOOD, EMPTY = "4242424242424242", "4000000000009995"


def selected_card(answer: Response) -> str:
    (chosen,) = re.findall(r"<option[^>]* selected>([^<]*)</option>", answer.text)
    return str(chosen)


def test_the_newest_card_is_the_one_that_pays_unless_another_is_chosen(person: Person) -> None:
    for number in (EMPTY, GOOD):
        person.send("payment-method", "add_card", number=number, **CARD)
    assert selected_card(person.read("buy-credits")) == "Visa •••• 4242"


def test_after_a_declined_purchase_another_card_is_offered_and_a_new_one_can_be_added(
    person: Person, platform: Platform
) -> None:
    for number in (GOOD, EMPTY):
        person.send("payment-method", "add_card", number=number, **CARD)
    declined = next(card for card in platform.payment_methods() if card.last4 == "9995")
    answer = person.send("buy-credits", "buy", amount="5", method=declined.id)
    assert selected_card(answer) == "Visa •••• 4242"
    assert 'href="payment-method"' in answer.text


def test_without_a_card_the_problem_leads_to_adding_one(person: Person) -> None:
    answer = person.send("buy-credits", "buy", amount="10")
    assert 'href="payment-method"' in answer.text
    assert "There is no card yet." in words(answer)


def test_auto_recharge_is_ticked_until_somebody_unticks_it(buyer: Person, platform: Platform) -> None:
    assert re.search(r'name="auto_recharge" value="on" checked', buyer.read("buy-credits").text)
    buyer.send("buy-credits", "buy", amount="5")
    assert platform.billing.auto_recharge().on is False


def test_auto_recharge_is_saved_as_typed(buyer: Person, platform: Platform) -> None:
    buyer.send("billing", "save_recharge", auto_recharge="on", below="6,50", to="20.00", month_cap="50")
    rule = platform.billing.auto_recharge()
    assert (rule.below, rule.to, rule.month_cap) == (Money.usd("6.50"), Money.usd(20), Money.usd(50))


def test_a_refused_recharge_rule_keeps_the_old_one_and_says_the_bounds(
    buyer: Person, platform: Platform
) -> None:
    answer = buyer.send("billing", "save_recharge", auto_recharge="on", below="20", to="10")
    assert "Amounts from $5.00 to $1,000.00" in words(answer)
    assert platform.billing.auto_recharge().to == Money.usd(10)


def test_a_wrong_vat_number_is_named_and_kept_for_correction(person: Person, platform: Platform) -> None:
    answer = person.send("preferences", "save", company="Studio", address="", vat_number="IT00743110158")
    assert answer.status_code == 422
    assert "IT00743110158" in answer.text
    assert person.send("preferences", "save", company="Studio", vat_number="IT00743110157").status_code == 303


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("it 00743 110157", "IT00743110157"),
        ("DE 136.695.976", "DE136695976"),
        ("FR40303265045", "FR40303265045"),
        ("NL004495445B01", "NL004495445B01"),
        ("", ""),
    ],
)
def test_vat_numbers_of_the_whole_union_are_kept_in_one_piece(
    person: Person, platform: Platform, typed: str, kept: str
) -> None:
    assert person.send("preferences", "save", company="Studio", vat_number=typed).status_code == 303
    account = platform.account()
    assert account is not None
    assert account.vat_number == kept


@pytest.mark.parametrize(
    "typed", ["DE136695977", "00743110157", "XX123456789", "ITxyz", "IT٠٠٧٤٣١١٠١٥٧", "?"]
)
def test_what_no_country_of_the_union_gives_out_is_refused(person: Person, typed: str) -> None:
    answer = person.send("preferences", "save", company="Studio", vat_number=typed)
    assert answer.status_code == 422
    assert "This number is not valid" in words(answer)
