"""Payment methods: test cards, the bank's own page for 3-D Secure, removing a card."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.responses import Response

from ppkit.money import ZERO
from ppkit.practice_platform.cards import TEST_CARDS, published_card
from ppkit.practice_platform.console.frame import Page, Visit
from ppkit.practice_platform.errors import CardDeclined
from ppkit.practice_platform.wallet import HOLD, bank_code


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A test card as the form offers it: its number in groups of four, and what it rehearses."""

    number: str
    brand: str
    behaviour: str


SHOWN_CARDS = tuple(
    ShownCard(
        " ".join(card.number[start : start + 4] for start in range(0, 16, 4)), card.brand, card.behaviour
    )
    for card in TEST_CARDS
)


def card_form(visit: Visit) -> Response:
    """The form never shows a number again that was typed into it."""
    return visit.render(
        "payment_method.html", cards=SHOWN_CARDS, methods=visit.platform.payment_methods(), hold=HOLD
    )


def add_card(visit: Visit) -> Response:
    form = visit.form
    number = form.get("number", "")
    published_card(number)  # any other number is refused before anything else is looked at
    method = visit.platform.add_payment_method(
        number, form.get("expires", ""), form.get("security_code", ""), form.get("holder", "")
    )
    if method.status == "needs_confirmation":
        return visit.go("bank")
    if method.hold_until:
        return visit.go("billing", done="card_held")
    return visit.go("buy-credits", done="card_added")


def remove_card(visit: Visit) -> Response:
    visit.platform.wallet.remove(visit.form.get("method", ""))
    return visit.go("billing", done="card_removed")


# --- 3-D Secure: the bank asks, on a page of its own


def bank(visit: Visit) -> Response:
    waiting = visit.platform.wallet.waiting()
    if waiting is None:
        return visit.go("payment-method")
    return visit.render("bank.html", waiting=waiting, code=bank_code(waiting), nothing=ZERO)


def answer_bank(visit: Visit) -> Response:
    try:
        visit.platform.wallet.answer_bank(visit.form.get("method", ""), visit.form.get("bank_code", ""))
    except CardDeclined as declined:
        return card_form(replace(visit, page="payment-method", problem=declined))
    return visit.go("buy-credits", done="card_added")


def refuse_bank(visit: Visit) -> Response:
    visit.platform.wallet.remove(visit.form.get("method", ""))
    return visit.go("payment-method", done="card_refused")


PAGES = {
    "payment-method": Page(card_form, {"add_card": add_card, "remove_card": remove_card}),
    "bank": Page(bank, {"answer_bank": answer_bank, "refuse_bank": refuse_bank}),
}
