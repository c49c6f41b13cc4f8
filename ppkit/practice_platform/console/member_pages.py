"""Members: who belongs to the organization, who was invited, and who sees which keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from starlette.responses import Response

from ppkit.practice_platform.console.frame import Page, Visit, named
from ppkit.practice_platform.errors import InvalidField
from ppkit.practice_platform.members import Granted
from ppkit.practice_platform.rows import OrganizationRole, Project, ProjectRole

ROLES: tuple[OrganizationRole, ...] = ("reader", "owner")
PLACES = ("none", "member", "owner")
"""What somebody may be in a project; "none" takes them out of it."""


def members(visit: Visit) -> Response:
    """The list; with ?person=ID it shows that person's projects, with ?remove=ID it asks first."""
    room = visit.platform.members
    people, projects = room.members(), visit.platform.projects.projects()
    by_id = {one.id: one for one in people if not one.is_learner}
    chosen = by_id.get(visit.query.get("person", "") or visit.form.get("person", ""))
    return visit.render(
        "members.html",
        people=[(one, room.sight(one)) for one in people],
        pending=room.pending(),
        projects=projects,
        roles=ROLES,
        places=PLACES,
        chosen=chosen,
        held={project.id: role for project, role in room.places(chosen)} if chosen else {},
        names_of=_names_of,
        asked=by_id.get(visit.query.get("remove", "")),
    )


def invite(visit: Visit) -> Response:
    granted: list[Granted] = [
        (project.id, "member")
        for project in visit.platform.projects.projects()
        if visit.form.get(f"project:{project.id}") == "on"
    ]
    visit.platform.members.invite(visit.form.get("email", ""), _role(visit), granted)
    return visit.go("members", done="invited")


def accept(visit: Visit) -> Response:
    """The learner plays the invited person, who would find the link in the mail."""
    visit.platform.members.accept(visit.form.get("invite", ""))
    return visit.go("members", done="invite_accepted")


def withdraw(visit: Visit) -> Response:
    visit.platform.members.withdraw(visit.form.get("invite", ""))
    return visit.go("members", done="invite_withdrawn")


def change(visit: Visit) -> Response:
    """Role in the organization, and place in every project, as one form says them."""
    room, user_id = visit.platform.members, visit.form.get("person", "")
    with visit.platform.database.write():
        member = room.set_role(user_id, _role(visit))
        held = {project.id for project, _role in room.places(member)}
        for project in visit.platform.projects.projects():
            wished = visit.form.get(f"place:{project.id}", "none")
            if wished not in PLACES:
                raise InvalidField(field="role", reason="unknown")
            if wished == "none" and project.id in held:
                room.remove_from_project(project.id, user_id)
            elif wished != "none":
                put = room.set_project_role if project.id in held else room.add_to_project
                put(project.id, user_id, cast(ProjectRole, wished))
    return visit.go("members", done="member_changed")


def remove(visit: Visit) -> Response:
    visit.platform.members.remove(visit.form.get("person", ""))
    return visit.go("members", done="member_removed")


def _names_of(projects: Sequence[Project]) -> str:
    return ", ".join(named(project.name, 40) for project in projects)


def _role(visit: Visit) -> OrganizationRole:
    role = next((role for role in ROLES if role == visit.form.get("role")), None)
    if role is None:
        raise InvalidField(field="role", reason="unknown")
    return role


PAGES = {
    "members": Page(
        members,
        {"invite": invite, "accept": accept, "withdraw": withdraw, "change": change, "remove": remove},
    )
}
