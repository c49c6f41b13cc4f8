"""API keys: the list, a new one shown once, revoking."""

from __future__ import annotations

import secrets
from datetime import timedelta

from starlette.responses import Response

from ppkit.practice_platform.console.frame import Page, Visit
from ppkit.practice_platform.errors import InvalidField
from ppkit.practice_platform.rows import Permissions
from ppkit.practice_platform.secret_keys import SCOPES

PERMISSIONS: tuple[Permissions, ...] = ("all", "restricted", "read_only")
EXPIRY_DAYS = (7, 30, 90)
SUGGESTED_NAME = "PostPickr-AI"
LAST_ATTEMPT = "console_last_key_form"


def key_list(visit: Visit) -> Response:
    """The list; with ?revoke=ID it asks about that key first, with ?closed=ID it says what closing meant."""
    return visit.render("api_keys.html", **_list(visit))


def key_form(visit: Visit) -> Response:
    return visit.render("new_key.html", **_form_choices(visit))


def create_key(visit: Visit) -> Response:
    """The one answer that ever holds the secret, in a dialog over the list: kept by no browser.

    Reloading it sends the same form again, which makes no second key.
    """
    form, notes = visit.form, visit.platform.database
    if (attempt := form.get("attempt")) and attempt == notes.note(LAST_ATTEMPT):
        return visit.go("api-keys")
    permissions = next((p for p in PERMISSIONS if p == form.get("permissions")), None)
    if permissions is None:
        raise InvalidField(field="permissions", reason="unknown")
    days = form.get("expires_in", "")
    key, secret = visit.platform.create_key(
        form.get("name", ""),
        form.get("project") or None,
        permissions=permissions,
        scopes=[scope for scope in SCOPES if form.get(f"scope:{scope}") == "on"],
        expires_in=timedelta(days=int(days)) if days in map(str, EXPIRY_DAYS) else None,
    )
    notes.set_note(LAST_ATTEMPT, attempt or "")
    return visit.render("key_once.html", key=key, secret=secret, **_list(visit))


def revoke_key(visit: Visit) -> Response:
    visit.platform.revoke_key(visit.form.get("key", ""))
    return visit.go("api-keys", done="key_revoked")


def _list(visit: Visit) -> dict[str, object]:
    keys = {key.id: key for key in visit.platform.list_keys()}
    return {
        "listing": "api-keys",
        "listing_template": "api_keys.html",
        "keys": list(keys.values()),
        "projects": _project_names(visit),
        "asked": keys.get(visit.query.get("revoke", "")),
        "closed": keys.get(visit.query.get("closed", "")),
        **_form_choices(visit),
    }


def _form_choices(visit: Visit) -> dict[str, object]:
    return {
        "project_choices": [(project.id, project.name) for project in visit.platform.projects.projects()],
        "permissions": PERMISSIONS,
        "scopes": SCOPES,
        "expiry_days": EXPIRY_DAYS,
        "suggested_name": SUGGESTED_NAME,
        "attempt": secrets.token_urlsafe(12),
    }


def _project_names(visit: Visit) -> dict[str, str]:
    return {project.id: project.name for project in visit.platform.projects.projects(include_archived=True)}


PAGES = {
    "api-keys": Page(key_list, {"revoke": revoke_key}),
    "new-key": Page(key_form, {"create": create_key}),
}
