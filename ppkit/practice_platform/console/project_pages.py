"""Projects, and the drill of the wrong-project trap."""

from __future__ import annotations

from starlette.responses import Response

from ppkit.practice_platform.console import trap
from ppkit.practice_platform.console.frame import Page, Visit


def projects(visit: Visit) -> Response:
    platform = visit.platform
    listed = platform.projects.projects(include_archived=True)
    return visit.render(
        "projects.html",
        projects=listed,
        counts={each.id: len(platform.keys.keys(project_id=each.id)) for each in listed},
        spent={each.id: platform.limits.spent(each.id) for each in listed},
        limits={each.id: platform.limits.limit(each.id) for each in listed},
        trap=trap.state(platform),
        trap_limit=trap.LIMIT,
    )


def create_project(visit: Visit) -> Response:
    visit.platform.projects.create(visit.form.get("name", ""))
    return visit.go("projects", done="project_created")


def archive_project(visit: Visit) -> Response:
    visit.platform.projects.archive(visit.form.get("project", ""))
    return visit.go("projects", done="project_archived")


def set_trap(visit: Visit) -> Response:
    trap.begin(visit.platform, visit.texts("console.trap.project"))
    return visit.go("projects", done="trap_set")


def end_trap(visit: Visit) -> Response:
    trap.end(visit.platform)
    return visit.go("projects", done="trap_ended")


PAGES = {
    "projects": Page(
        projects,
        {"create": create_project, "archive": archive_project, "set_trap": set_trap, "end_trap": end_trap},
    )
}
