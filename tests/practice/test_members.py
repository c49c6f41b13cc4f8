"""Members and invitations: who belongs to what, who sees which keys; on the wire as the SDK's types say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import openai
import pytest

from ppkit.practice_platform.errors import InvalidField
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.rows import Member

from .strictly import complaints, examined


@pytest.fixture
def luca(funded: Platform) -> Member:
    """A member who accepted an invitation to the default project."""
    return funded.members.accept(funded.members.invite("luca.rossi@example.com", "reader").id)


def items(listed: Any) -> list[Any]:
    found = list(listed)
    for item in found:
        assert complaints(item.to_dict(), type(item)) == []
    return found


def test_an_invitation_becomes_a_member_of_the_projects_it_names(admin: Any, funded: Platform) -> None:
    organization = admin.admin.organization
    client = funded.projects.create("Client A")
    made = examined(
        organization.invites.with_raw_response.create(
            email="luca.rossi@example.com", role="reader", projects=[{"id": client.id, "role": "owner"}]
        )
    )
    assert (made.status, made.projects[0].role) == ("pending", "owner")
    mail = funded.mails()[0]
    assert (mail.kind, mail.recipients) == ("invitation", ("luca.rossi@example.com",))
    member = funded.members.accept(made.id)
    again = examined(organization.invites.with_raw_response.retrieve(made.id))
    assert (again.status, again.accepted_at is not None) == ("accepted", True)
    [anna, luca] = items(organization.users.list())
    assert (anna.role, luca.id, luca.name, luca.role) == ("owner", member.id, "Luca Rossi", "reader")
    assert [(one.id, one.role) for one in luca.projects.data] == [(client.id, "owner")]
    assert [one.id for one in items(organization.projects.users.list(client.id))] == [anna.id, luca.id]
    assert funded.mails()[0].kind == "invitation_accepted"


def test_without_projects_the_default_one_is_opened_and_with_none_none(funded: Platform) -> None:
    first = funded.members.accept(funded.members.invite("a@example.com", "reader").id)
    second = funded.members.accept(funded.members.invite("b@example.com", "reader", []).id)
    assert [project.is_default for project, _role in funded.members.places(first)] == [True]
    assert funded.members.places(second) == []


def test_roles_and_places_are_changed_and_taken_back(admin: Any, funded: Platform, luca: Member) -> None:
    organization = admin.admin.organization
    users, places = organization.users.with_raw_response, organization.projects.users.with_raw_response
    assert examined(users.update(luca.id, role="owner")).role == "owner"
    assert examined(users.retrieve(luca.id)).email == "luca.rossi@example.com"
    client = funded.projects.create("Client A").id
    assert examined(places.create(client, user_id=luca.id, role="member")).role == "member"
    assert examined(places.update(luca.id, project_id=client, role="owner")).role == "owner"
    assert examined(places.retrieve(luca.id, project_id=client)).name == "Luca Rossi"
    assert examined(places.delete(luca.id, project_id=client)).deleted
    assert examined(places.create(client, email="LUCA.rossi@example.com", role="member")).id == luca.id
    assert examined(users.delete(luca.id)).deleted
    assert len(funded.members.members()) == 1
    assert len(funded.members.project_members(client)) == 1
    assert [one.id for one in organization.users.list(emails=["anna@example.com"])] != []
    assert list(organization.users.list(emails=["luca.rossi@example.com"])) == []


def test_whose_keys_somebody_sees_follows_from_their_roles(funded: Platform, luca: Member) -> None:
    members, client = funded.members, funded.projects.create("Client A")
    assert members.sight(members.members()[0]).kind == "all"
    assert members.sight(luca).joined == (funded.projects.default(),)
    members.add_to_project(client.id, luca.id, "owner")
    assert members.sight(luca).owned == (client,)
    funded.projects.archive(client.id)
    assert members.sight(luca).owned == ()
    members.remove_from_project(funded.projects.default().id, luca.id)
    assert members.sight(luca).kind == "none"
    assert members.sight(members.set_role(luca.id, "owner")).kind == "all"


def test_an_invitation_lasts_a_week_and_can_be_withdrawn(admin: Any, funded: Platform) -> None:
    invites = admin.admin.organization.invites
    first = funded.members.invite("a@example.com", "reader")
    examined(invites.with_raw_response.delete(first.id))
    late = funded.members.invite("a@example.com", "reader")
    funded.advance(timedelta(days=7))
    assert [one.status for one in items(invites.list())] == ["expired"]
    with pytest.raises(InvalidField):
        funded.members.accept(late.id)
    again = funded.members.invite("a@example.com", "reader")
    funded.members.accept(again.id)
    with pytest.raises(openai.BadRequestError):
        invites.delete(again.id)


def test_nobody_is_invited_or_added_twice(admin: Any, funded: Platform, luca: Member) -> None:
    organization, default = admin.admin.organization, funded.projects.default().id
    for email in ("anna@example.com", "Luca.Rossi@example.com", "no address"):
        with pytest.raises(openai.BadRequestError) as refusal:
            organization.invites.create(email=email, role="reader")
        assert refusal.value.param == "email"
    organization.invites.create(email="c@example.com", role="owner")
    with pytest.raises(openai.BadRequestError):
        organization.invites.create(email="C@example.com", role="owner")
    with pytest.raises(openai.BadRequestError):
        organization.projects.users.create(default, user_id=luca.id, role="owner")
    with pytest.raises(openai.BadRequestError):
        organization.projects.users.create(default, email="nobody@example.com", role="owner")


def test_the_first_owner_stays_owner_and_stays(admin: Any, funded: Platform) -> None:
    organization, anna = admin.admin.organization, funded.members.members()[0]
    default = funded.projects.default().id
    assert organization.users.update(anna.id, role="owner").role == "owner"
    acts: tuple[Callable[[], Any], ...] = (
        lambda: organization.users.update(anna.id, role="reader"),
        lambda: organization.users.delete(anna.id),
        lambda: organization.projects.users.update(anna.id, project_id=default, role="member"),
        lambda: organization.projects.users.delete(anna.id, project_id=default),
    )
    for act in acts:
        with pytest.raises(openai.BadRequestError):
            act()


def test_unknown_people_projects_and_roles_are_refused(admin: Any, funded: Platform) -> None:
    organization = admin.admin.organization
    acts: tuple[Callable[[], Any], ...] = (
        lambda: organization.users.retrieve("user-x"),
        lambda: organization.invites.retrieve("invite-x"),
        lambda: organization.projects.users.retrieve("user-x", project_id=funded.projects.default().id),
        lambda: organization.projects.users.list("proj_x"),
        lambda: organization.invites.create(
            email="a@example.com", role="reader", projects=[{"id": "proj_x", "role": "member"}]
        ),
    )
    for act in acts:
        with pytest.raises(openai.NotFoundError):
            act()
    for role in ("admin", None, 5):
        with pytest.raises(openai.BadRequestError):
            organization.invites.create(email="a@example.com", role=role)


def test_an_ordinary_key_sees_no_members(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError):
        sdk.with_options(admin_api_key=sdk.api_key).admin.organization.users.list()


def test_a_reset_forgets_members_and_invitations(funded: Platform, luca: Member) -> None:
    funded.members.invite("b@example.com", "reader")
    funded.reset()
    assert funded.members.invites() == []
    funded.sign_up("Anna Bianchi", "anna@example.com", "Studio Bianchi")
    assert len(funded.members.members()) == 1
