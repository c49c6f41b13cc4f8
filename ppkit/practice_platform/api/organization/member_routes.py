"""Users of the organization and of its projects, and invitations."""

from __future__ import annotations

from typing import Any, cast

from starlette.responses import Response

from ppkit.practice_platform.api import request_gate
from ppkit.practice_platform.api.answer import JsonAnswer
from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.listing import page_of, query_list
from ppkit.practice_platform.api.organization.project_routes import READ, WRITE, project_of, seconds
from ppkit.practice_platform.api.parameters import Parameters, invalid_type, missing
from ppkit.practice_platform.members import Granted
from ppkit.practice_platform.rows import Invite, Member, OrganizationRole, ProjectMember, ProjectRole

# --- users of the organization


async def list_users(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    emails = {email.casefold() for email in query_list(call, "emails")}
    found = [
        one for one in call.state.platform.members.members() if not emails or one.email.casefold() in emails
    ]
    return page_of(call, [_user_on_wire(call, one) for one in found], newest_first=False)


async def retrieve_user(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    return JsonAnswer(_user_on_wire(call, call.state.platform.members.member(_user_id(call))))


async def update_user(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    parameters = await call.parameters_named("role")
    members = call.state.platform.members
    member = members.member(_user_id(call))
    if (role := parameters.choice("role", ("owner", "reader"))) is not None:
        member = members.set_role(member.id, cast(OrganizationRole, role))
    return JsonAnswer(_user_on_wire(call, member))


async def delete_user(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    call.state.platform.members.remove(_user_id(call))
    return JsonAnswer({"object": "organization.user.deleted", "id": _user_id(call), "deleted": True})


# --- invitations


async def list_invites(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    invites = call.state.platform.members.invites()
    return page_of(call, [_invite_on_wire(call, one) for one in invites], newest_first=False)


async def create_invite(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    parameters = await call.parameters_named("email", "role", "projects")
    email = parameters.text("email", required=True) or ""
    role = parameters.choice("role", ("owner", "reader"))
    if role is None:
        raise missing("role")
    made = call.state.platform.members.invite(email, cast(OrganizationRole, role), _projects(parameters))
    return JsonAnswer(_invite_on_wire(call, made))


async def retrieve_invite(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    found = call.state.platform.members.find_invite(call.request.path_params["invite_id"])
    return JsonAnswer(_invite_on_wire(call, found))


async def delete_invite(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    invite_id = call.request.path_params["invite_id"]
    if call.state.platform.members.find_invite(invite_id).accepted_at:
        raise ApiError(400, "An invite that has been accepted cannot be deleted.", code="invalid_value")
    call.state.platform.members.withdraw(invite_id)
    return JsonAnswer({"object": "organization.invite.deleted", "id": invite_id, "deleted": True})


# --- users of a project


async def list_project_users(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    found = call.state.platform.members.project_members(project_of(call).id)
    return page_of(call, [_place_on_wire(one) for one in found], newest_first=False)


async def create_project_user(call: ApiCall) -> Response:
    """Somebody of the organization, by id or by e-mail address."""
    request_gate.need_admin(call, WRITE)
    parameters = await call.parameters_named("user_id", "email", "role")
    members = call.state.platform.members
    user_id, email = parameters.text("user_id"), parameters.text("email")
    role = _project_role(parameters, "role")
    if user_id is None:
        if email is None:
            raise missing("user_id")
        named = [one.id for one in members.members() if one.email.casefold() == email.casefold()]
        if not named:
            raise ApiError(
                400,
                "Users must already be members of the organization to be added to a project.",
                param="email",
                code="invalid_value",
            )
        user_id = named[0]
    return JsonAnswer(_place_on_wire(members.add_to_project(project_of(call).id, user_id, role)))


async def retrieve_project_user(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    return JsonAnswer(_place_on_wire(_place(call)))


async def update_project_user(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    parameters = await call.parameters_named("role")
    place = _place(call)
    if parameters.get("role") is not None:
        role = _project_role(parameters, "role")
        place = call.state.platform.members.set_project_role(place.project_id, place.member.id, role)
    return JsonAnswer(_place_on_wire(place))


async def delete_project_user(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    place = _place(call)
    call.state.platform.members.remove_from_project(place.project_id, place.member.id)
    return JsonAnswer({"object": "organization.project.user.deleted", "id": place.member.id, "deleted": True})


# --- inside


def _user_id(call: ApiCall) -> str:
    return str(call.request.path_params["user_id"])


def _place(call: ApiCall) -> ProjectMember:
    return call.state.platform.members.project_member(project_of(call).id, _user_id(call))


def _project_role(parameters: Parameters, name: str) -> ProjectRole:
    role = parameters.choice(name, ("member", "owner"))
    if role is None:
        raise missing(name)
    return cast(ProjectRole, role)


def _projects(parameters: Parameters) -> list[Granted] | None:
    """Which projects an invitation opens; None when nothing is said about it."""
    given = parameters.array("projects")
    if given is None:
        return None
    found: dict[str, ProjectRole] = {}
    for index, project in enumerate(given):
        if not isinstance(project, dict):
            raise invalid_type(f"projects[{index}]", "an object", project)
        inner = Parameters(project)
        inner.refuse_unknown(("id", "role"))
        found[inner.text("id", required=True) or ""] = _project_role(inner, "role")
    return list(found.items())


def _user_on_wire(call: ApiCall, member: Member) -> dict[str, Any]:
    places = call.state.platform.members.places(member)
    return {
        "object": "organization.user",
        "id": member.id,
        "name": member.name,
        "email": member.email,
        "role": member.role,
        "added_at": seconds(member.added_at),
        "created": seconds(member.added_at),
        "is_service_account": False,
        "projects": {
            "object": "list",
            "data": [{"id": project.id, "name": project.name, "role": role} for project, role in places],
        },
    }


def _invite_on_wire(call: ApiCall, invite: Invite) -> dict[str, Any]:
    return {
        "object": "organization.invite",
        "id": invite.id,
        "email": invite.email,
        "role": invite.role,
        "status": invite.status(call.state.platform.clock.now()),
        "created_at": seconds(invite.created_at),
        "expires_at": seconds(invite.expires_at),
        "accepted_at": seconds(invite.accepted_at),
        "projects": [{"id": project_id, "role": role} for project_id, role in invite.projects],
    }


def _place_on_wire(place: ProjectMember) -> dict[str, Any]:
    return {
        "object": "organization.project.user",
        "id": place.member.id,
        "name": place.member.name,
        "email": place.member.email,
        "role": place.role,
        "added_at": seconds(place.added_at),
    }
