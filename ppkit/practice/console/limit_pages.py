"""Limits: spend alerts, which only tell, and the spend limit, which blocks when it is enforced."""

from __future__ import annotations

import re

from starlette.responses import Response

from ppkit.practice.console.forms import cents
from ppkit.practice.console.frame import Page, Visit


def limits(visit: Visit) -> Response:
    room = visit.platform.limits
    alerts = room.alerts()
    return visit.render(
        "limits.html",
        limit=room.limit(),
        alerts=alerts,
        lowest=min((alert.amount for alert in alerts), default=None),
        spent=room.spent(),
        blocked=room.blocks("organization"),
    )


def save_limit(visit: Visit) -> Response:
    asked = cents("limit", visit.form.get("limit", ""))
    visit.platform.limits.set_limit(asked, enforced=visit.form.get("enforced") == "on")
    return visit.go("limits", done="limit_saved")


def remove_limit(visit: Visit) -> Response:
    visit.platform.limits.remove_limit()
    return visit.go("limits", done="limit_removed")


def add_alert(visit: Visit) -> Response:
    recipients = [part for part in re.split(r"[\s,;]+", visit.form.get("recipients", "")) if part]
    visit.platform.limits.create_alert(cents("threshold", visit.form.get("threshold", "")), recipients)
    return visit.go("limits", done="alert_added")


def remove_alert(visit: Visit) -> Response:
    visit.platform.limits.delete_alert(visit.form.get("alert", ""))
    return visit.go("limits", done="alert_removed")


PAGES = {
    "limits": Page(
        limits,
        {
            "save_limit": save_limit,
            "remove_limit": remove_limit,
            "add_alert": add_alert,
            "remove_alert": remove_alert,
        },
    )
}
