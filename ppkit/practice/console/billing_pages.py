"""Billing: overview, payment methods, buying credit, auto-recharge, history, business data."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from ppkit.money import Money
from ppkit.practice.cards import TEST_CARDS, published_card
from ppkit.practice.console.forms import amount
from ppkit.practice.console.frame import Page, Visit
from ppkit.practice.console.invoice import invoice_pdf
from ppkit.practice.errors import UnknownPracticeThing
from ppkit.practice.rows import AutoRecharge

OFFERED = (Money.usd(5), Money.usd(10), Money.usd(20))


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


def overview(visit: Visit) -> Response:
    platform = visit.platform
    return visit.render(
        "billing.html",
        balance=platform.balance(),
        methods=platform.payment_methods(),
        rule=platform.billing.auto_recharge(),
        purchases=platform.purchases()[:3],
    )


def card_form(visit: Visit) -> Response:
    """The form never shows a number again that was typed into it."""
    waiting = [m for m in visit.platform.payment_methods() if m.status == "needs_confirmation"]
    return visit.render("payment_method.html", cards=SHOWN_CARDS, waiting=waiting[0] if waiting else None)


def add_card(visit: Visit) -> Response:
    form = visit.form
    number = form.get("number", "")
    published_card(number)  # any other number is refused before anything else is looked at
    method = visit.platform.add_payment_method(
        number, form.get("expires", ""), form.get("security_code", ""), form.get("holder", "")
    )
    if method.status == "needs_confirmation":
        return visit.go("payment-method")
    return visit.go("buy-credits", done="card_added")


def answer_bank(visit: Visit) -> Response:
    """The 3-D Secure question: the bank asks whether it is really you."""
    approved = visit.form.get("answer") == "approve"
    visit.platform.billing.confirm_payment_method(visit.form.get("method", ""), approved=approved)
    if approved:
        return visit.go("buy-credits", done="card_added")
    return visit.go("payment-method", done="card_refused")


def remove_card(visit: Visit) -> Response:
    visit.platform.billing.remove_payment_method(visit.form.get("method", ""))
    return visit.go("billing", done="card_removed")


def credits_form(visit: Visit) -> Response:
    ready = [method for method in visit.platform.payment_methods() if method.status == "ready"]
    return visit.render(
        "buy_credits.html",
        offered=OFFERED,
        methods=ready,
        balance=visit.platform.balance(),
        rule=visit.platform.billing.auto_recharge(),
    )


def buy(visit: Visit) -> Response:
    """The purchase, and beside it the choice about auto-recharge that the form shows ticked."""
    form = visit.form
    chosen = form.get("amount", "")
    asked = amount("other_amount", form.get("other_amount", "") if chosen == "other" else chosen)
    billing = visit.platform.billing
    purchase = visit.platform.buy_credits(asked, form.get("method") or None)
    rule = billing.auto_recharge()
    wanted = form.get("auto_recharge") == "on"
    if rule.on != wanted:
        billing.set_auto_recharge(AutoRecharge(wanted, rule.below, rule.to, rule.month_cap))
    return visit.go("billing", done="credit_pending" if purchase.status == "pending" else "credit_bought")


def save_recharge(visit: Visit) -> Response:
    form, billing = visit.form, visit.platform.billing
    rule = billing.auto_recharge()
    if form.get("auto_recharge") != "on":
        billing.set_auto_recharge(AutoRecharge(False, rule.below, rule.to, rule.month_cap))
        return visit.go("billing", done="recharge_saved")
    cap = form.get("month_cap", "").strip()
    billing.set_auto_recharge(
        AutoRecharge(
            True,
            amount("below", form.get("below", "")),
            amount("to", form.get("to", "")),
            amount("month_cap", cap) if cap else None,
        )
    )
    return visit.go("billing", done="recharge_saved")


def history(visit: Visit) -> Response:
    return visit.render("billing_history.html", purchases=visit.platform.purchases())


def invoice(visit: Visit) -> Response:
    """The invoice of ?purchase=ID as a file; without one, the list."""
    try:
        found = visit.platform.billing.invoice(visit.query.get("purchase", ""))
    except UnknownPracticeThing:
        return visit.go("billing-history")
    name = f"{found.purchase.invoice}.pdf"  # made of letters, digits and hyphens by the platform itself
    return Response(
        invoice_pdf(found, visit.language),
        media_type="application/pdf",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def preferences(visit: Visit) -> Response:
    return visit.render("preferences.html")


def save_preferences(visit: Visit) -> Response:
    form = visit.form
    visit.platform.accounts.set_business(
        form.get("company", ""), form.get("address", ""), form.get("vat_number", "")
    )
    return visit.go("preferences", done="preferences_saved")


PAGES = {
    "billing": Page(overview, {"remove_card": remove_card, "save_recharge": save_recharge}),
    "payment-method": Page(card_form, {"add_card": add_card, "answer_bank": answer_bank}),
    "buy-credits": Page(credits_form, {"buy": buy}),
    "billing-history": Page(history),
    "invoice": Page(invoice),
    "preferences": Page(preferences, {"save": save_preferences}),
}
