"""Home, sign up, sign in and out, and the language of the explanations."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.responses import Response

from ppkit.clock import next_month
from ppkit.look.texts import LANGUAGES
from ppkit.money import ZERO
from ppkit.practice_platform.console.frame import LANGUAGE, SIGNED_OUT, Page, Visit
from ppkit.practice_platform.errors import InvalidField
from ppkit.practice_platform.platform import Platform


@dataclass(frozen=True, slots=True)
class SetupTask:
    """One thing to do on the way to a working key. `name` finds its texts, `page` is where it is done."""

    name: str
    page: str
    done: bool
    current: bool = False


def tasks(platform: Platform) -> list[SetupTask]:
    """The way from an account to a first call, in order; the first one open is the current one."""
    keys = platform.keys.keys(include_revoked=True)
    states = [
        ("account", "", True),
        ("payment_method", "payment-method", bool(platform.payment_methods())),
        ("credits", "buy-credits", any(purchase.status != "declined" for purchase in platform.purchases())),
        ("key", "new-key", bool(keys)),
        ("call", "", any(key.last_used_at for key in keys)),
        ("limit", "limits", platform.limits.limit() is not None),
    ]
    current = next((name for name, _page, done in states if not done), None)
    return [SetupTask(name, page, done, name == current) for name, page, done in states]


def home(visit: Visit) -> Response:
    platform = visit.platform
    return visit.render(
        "home.html",
        tasks=tasks(platform),
        balance=platform.balance(),
        spent=platform.limits.spent(),
        keys=len(platform.list_keys()),
        calls=platform.usage.calls(),
    )


def chatgpt(visit: Visit) -> Response:
    """The product next door: a subscription in good order, and not a cent of API credit."""
    return visit.render("chatgpt.html", renews=next_month(visit.platform.clock.now()), nothing=ZERO)


def sign_up_form(visit: Visit) -> Response:
    if visit.platform.accounts.current():
        return visit.go("")
    return visit.render("sign_up.html")


def sign_up(visit: Visit) -> Response:
    form = visit.form
    visit.platform.sign_up(form.get("name", ""), form.get("email", ""), form.get("organization_name", ""))
    visit.platform.database.set_note(SIGNED_OUT, "")
    return visit.go("", done="signed_up")


def sign_in_form(visit: Visit) -> Response:
    if visit.platform.accounts.current() is None:
        return visit.go("sign-up")
    return visit.render("sign_in.html")


def sign_in(visit: Visit) -> Response:
    """The e-mail is enough: a practice account has no password, see Accounts.sign_up."""
    if visit.form.get("email", "").strip().lower() != visit.account.email.lower():
        raise InvalidField(field="email", reason="another_email")
    visit.platform.database.set_note(SIGNED_OUT, "")
    return visit.go("")


def sign_out(visit: Visit) -> Response:
    visit.platform.database.set_note(SIGNED_OUT, "yes")
    return visit.go("sign-in")


def change_language(visit: Visit) -> Response:
    """Back to the page it was chosen on; a name of letters and hyphens leads nowhere but to our own pages."""
    chosen, back = visit.form.get("language", ""), visit.form.get("back", "")
    if chosen in LANGUAGES:
        visit.platform.database.set_note(LANGUAGE, chosen)
    return visit.go(back if re.fullmatch(r"[a-z-]{1,40}", back) else "")


def to_home(visit: Visit) -> Response:
    return visit.go("")


PAGES = {
    "": Page(home),
    "chatgpt": Page(chatgpt, needs_account=False),
    "sign-up": Page(sign_up_form, {"sign_up": sign_up}, needs_account=False),
    "sign-in": Page(sign_in_form, {"sign_in": sign_in}, needs_account=False),
    "sign-out": Page(to_home, {"sign_out": sign_out}),
    "language": Page(to_home, {"language": change_language}, needs_account=False),
}
