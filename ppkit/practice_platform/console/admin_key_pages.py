"""Admin keys: the list, a new one shown once, revoking. They manage the organization and pay for nothing."""

from __future__ import annotations

import secrets
from datetime import timedelta

from starlette.responses import Response

from ppkit.practice_platform.console.frame import Page, Visit
from ppkit.practice_platform.console.key_pages import EXPIRY_DAYS, LAST_ATTEMPT
from ppkit.practice_platform.errors import UnknownPracticeThing

SUGGESTED_ADMIN_NAME = "ppkit-admin"


def admin_key_list(visit: Visit) -> Response:
    """The list; with ?revoke=ID it asks about that key first, with ?closed=ID it says what closing meant."""
    return visit.render("admin_keys.html", **_admin_keys(visit))


def admin_key_form(visit: Visit) -> Response:
    return visit.render("new_admin_key.html", **_form())


def create_admin_key(visit: Visit) -> Response:
    """The one answer that ever holds the secret; sent again by a reload, it makes no second key."""
    form, notes = visit.form, visit.platform.database
    if (attempt := form.get("attempt")) and attempt == notes.note(LAST_ATTEMPT):
        return visit.go("admin-keys")
    days = form.get("expires_in", "")
    key, secret = visit.platform.keys.create_admin(
        form.get("name", ""), timedelta(days=int(days)) if days in map(str, EXPIRY_DAYS) else None
    )
    notes.set_note(LAST_ATTEMPT, attempt or "")
    return visit.render("key_once.html", key=key, secret=secret, **_admin_keys(visit))


def revoke_admin_key(visit: Visit) -> Response:
    asked = visit.form.get("key", "")
    if visit.platform.keys.key(asked).kind != "admin":
        raise UnknownPracticeThing(what="key", id=asked[:60])
    visit.platform.keys.revoke(asked)
    return visit.go("admin-keys", done="key_revoked")


def _admin_keys(visit: Visit) -> dict[str, object]:
    keys = {key.id: key for key in visit.platform.keys.keys("admin")}
    return {
        "listing": "admin-keys",
        "listing_template": "admin_keys.html",
        "keys": list(keys.values()),
        "asked": keys.get(visit.query.get("revoke", "")),
        "closed": keys.get(visit.query.get("closed", "")),
        **_form(),
    }


def _form() -> dict[str, object]:
    return {
        "expiry_days": EXPIRY_DAYS,
        "suggested_name": SUGGESTED_ADMIN_NAME,
        "attempt": secrets.token_urlsafe(12),
    }


PAGES = {
    "admin-keys": Page(admin_key_list, {"revoke": revoke_admin_key}),
    "new-admin-key": Page(admin_key_form, {"create": create_admin_key}),
}
