"""Limits of the organization or of one project.

Alerts only inform, the spend limit blocks when it is enforced, rate limits slow down.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.responses import Response

from ppkit.practice_platform.api.rates import limits_of
from ppkit.practice_platform.console.forms import cents
from ppkit.practice_platform.console.frame import Page, Visit
from ppkit.practice_platform.errors import UnknownPracticeThing
from ppkit.practice_platform.models import practice_models
from ppkit.practice_platform.rows import ORGANIZATION, Project


@dataclass(frozen=True, slots=True)
class Rate:
    """What a model takes in a minute; None where it does not count that. `changed` from the usual values."""

    model: str
    requests: int
    tokens: int | None
    images: int | None
    changed: bool


def limits(visit: Visit) -> Response:
    """For the project of ?project=ID; for the organization without one, or when it is no longer there."""
    room, projects = visit.platform.limits, visit.platform.projects.projects()
    project = next((each for each in projects if each.id == visit.query.get("project")), None)
    scope = project.id if project else ORGANIZATION
    alerts = room.alerts(scope)
    return visit.render(
        "limits.html",
        project=project,
        projects=projects,
        limit=room.limit(scope),
        alerts=alerts,
        lowest=min((alert.amount for alert in alerts), default=None),
        spent=room.spent(scope),
        blocked=room.blocks(scope),
        above=room.limit() if project else None,
        above_blocked=project is not None and room.blocks(ORGANIZATION),
        limited_projects=[each for each in projects if room.limit(each.id)],
        rates=rates(visit, scope),
    )


def limit_form(visit: Visit) -> Response:
    """The form of the dialog "Edit spend limit", as a page: without JavaScript, and when it was refused."""
    asked = visit.query.get("project")
    project = next((each for each in visit.platform.projects.projects() if each.id == asked), None)
    if asked and project is None:  # gone: never the organization's form in its place
        return limits(replace(visit, page="limits"))
    limit = visit.platform.limits.limit(project.id if project else ORGANIZATION)
    return visit.render("spend_limit.html", project=project, limit=limit)


def rates(visit: Visit, scope: str) -> list[Rate]:
    """In the order of the catalogue, models that were shut down left out."""
    platform = visit.platform
    found = []
    for name, model in practice_models().available(platform.clock.now()):
        if name == model.id:
            values = limits_of(platform.database, scope, name)
            usual = limits_of(platform.database, ORGANIZATION, name)
            is_image = model.kind == "image"
            found.append(
                Rate(
                    name,
                    values["max_requests_per_1_minute"],
                    None if is_image else values["max_tokens_per_1_minute"],
                    values["max_images_per_1_minute"] if is_image else None,
                    values != usual,
                )
            )
    return found


def project_of(visit: Visit) -> Project | None:
    """The project whose limits a form changes, None for the organization.

    Raises UnknownPracticeThing: a form for a project that has gone must never change the organization.
    """
    asked = visit.query.get("project", "")
    if not asked:
        return None
    project = visit.platform.projects.project(asked)
    if project.archived_at:
        raise UnknownPracticeThing(what="project", id=project.id)
    return project


def scope_of(visit: Visit) -> str:
    project = project_of(visit)
    return project.id if project else ORGANIZATION


def back(visit: Visit, done: str) -> Response:
    """To the same page, with what was done."""
    asked: Mapping[str, str] = {"project": visit.query["project"]} if visit.query.get("project") else {}
    return visit.go("limits", **asked, done=done)


def save_limit(visit: Visit) -> Response:
    asked = cents("limit", visit.form.get("limit", ""))
    visit.platform.limits.set_limit(asked, scope_of(visit), enforced=visit.form.get("enforced") == "on")
    return back(visit, "limit_saved")


def remove_limit(visit: Visit) -> Response:
    visit.platform.limits.remove_limit(scope_of(visit))
    return back(visit, "limit_removed")


def add_alert(visit: Visit) -> Response:
    recipients = [part for part in re.split(r"[\s,;]+", visit.form.get("recipients", "")) if part]
    threshold = cents("threshold", visit.form.get("threshold", ""))
    visit.platform.limits.create_alert(threshold, list(dict.fromkeys(recipients)), scope_of(visit))
    return back(visit, "alert_added")


def remove_alert(visit: Visit) -> Response:
    visit.platform.limits.delete_alert(visit.form.get("alert", ""), scope_of(visit))
    return back(visit, "alert_removed")


PAGES = {
    "limits": Page(limits, {"add_alert": add_alert, "remove_alert": remove_alert}),
    "spend-limit": Page(limit_form, {"save_limit": save_limit, "remove_limit": remove_limit}),
}
