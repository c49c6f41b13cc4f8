"""Billing: overview, buying credit, auto-recharge, history with invoices, business data."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from ppkit.extras import is_installed
from ppkit.money import Money
from ppkit.practice_platform.console.card_pages import remove_card
from ppkit.practice_platform.console.forms import amount
from ppkit.practice_platform.console.frame import Page, Visit
from ppkit.practice_platform.console.invoice import invoice_pdf
from ppkit.practice_platform.console.plain_invoice import invoice_text
from ppkit.practice_platform.errors import CardDeclined, UnknownPracticeThing
from ppkit.practice_platform.rows import AutoRecharge, PaymentMethod
from ppkit.practice_platform.wallet import HOLD

OFFERED = (Money.usd(5), Money.usd(10), Money.usd(20))


def overview(visit: Visit) -> Response:
    platform = visit.platform
    purchases = platform.purchases()
    return visit.render(
        "billing.html",
        balance=platform.balance(),
        methods=platform.payment_methods(),
        hold=HOLD,
        rule=platform.billing.auto_recharge(),
        arriving=[purchase for purchase in purchases if purchase.status == "pending"],
        purchases=purchases[:3],
    )


def credits_form(visit: Visit) -> Response:
    ready = [method for method in visit.platform.payment_methods() if method.status == "ready"]
    return visit.render(
        "buy_credits.html",
        offered=OFFERED,
        methods=ready,
        method=_card_to_try(ready, visit),
        balance=visit.platform.balance(),
        rule=visit.platform.billing.auto_recharge(),
    )


def _card_to_try(ready: Sequence[PaymentMethod], visit: Visit) -> str:
    """The newest card; after a declined purchase the newest of the others, if there are any."""
    tried = visit.form.get("method", "")
    if isinstance(visit.problem, CardDeclined):
        ready = [method for method in ready if method.id != tried] or ready
    elif tried:
        return tried
    return ready[-1].id if ready else ""


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
    drawn = is_installed("reportlab")
    content = (invoice_pdf if drawn else invoice_text)(found, visit.language)
    # Made of letters, digits and hyphens by the platform itself.
    name = f"{found.purchase.invoice}.{'pdf' if drawn else 'txt'}"
    return Response(
        content,
        media_type="application/pdf" if drawn else "text/plain",
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
    "buy-credits": Page(credits_form, {"buy": buy}),
    "billing-history": Page(history),
    "invoice": Page(invoice),
    "preferences": Page(preferences, {"save": save_preferences}),
}
