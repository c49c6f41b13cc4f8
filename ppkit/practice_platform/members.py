"""Who belongs to the organization and its projects, who was invited, and whose keys each of them sees."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from ppkit.practice_platform.accounts import Accounts, email_field, text_field
from ppkit.practice_platform.database import Database
from ppkit.practice_platform.errors import InvalidField, TooMany, UnknownPracticeThing
from ppkit.practice_platform.ids import Token
from ppkit.practice_platform.mailbox import Mailbox
from ppkit.practice_platform.practice_clock import PracticeClock, moment, moment_or_none
from ppkit.practice_platform.projects import Projects
from ppkit.practice_platform.rows import (
    Account,
    Invite,
    Member,
    OrganizationRole,
    Project,
    ProjectMember,
    ProjectRole,
)

INVITE_LASTS = timedelta(days=7)
MOST_MEMBERS = 1_000
Granted = tuple[str, ProjectRole]


@dataclass(frozen=True, slots=True)
class KeyVisibility:
    """Whose keys somebody sees: names, ends and owners of keys, never a secret.

    all: every key; some: every key of `owned` projects and their own ones in `joined`; none: none at all.
    """

    kind: Literal["all", "some", "none"]
    owned: tuple[Project, ...] = ()
    joined: tuple[Project, ...] = ()


@dataclass(frozen=True, slots=True)
class Members:
    """The learner is an owner of the organization and of every project, and can be neither moved nor removed.

    Every method that changes something raises NotSignedUp, InvalidField and UnknownPracticeThing.
    """

    database: Database
    clock: PracticeClock
    accounts: Accounts
    projects: Projects
    mailbox: Mailbox
    token: Token

    # --- the organization

    def members(self) -> list[Member]:
        """The learner first, then the others in the order they came."""
        rows = self.database.rows("SELECT * FROM member ORDER BY added_at, rowid")
        return [_learner(self.accounts.required()), *map(_member, rows)]

    def member(self, user_id: str) -> Member:
        found = next((one for one in self.members() if one.id == user_id), None)
        if found is None:
            raise UnknownPracticeThing(what="user", id=user_id[:60])
        return found

    def set_role(self, user_id: str, role: OrganizationRole) -> Member:
        member = self.member(user_id)
        if member.is_learner:
            _refuse_learner(role != "owner")
        else:
            self.database.run("UPDATE member SET role = ? WHERE id = ?", role, member.id)
        return self.member(user_id)

    def remove(self, user_id: str) -> None:
        """Out of the organization and of all its projects."""
        member = self.member(user_id)
        _refuse_learner(member.is_learner)
        self.database.run("DELETE FROM member WHERE id = ?", member.id)

    def sight(self, member: Member) -> KeyVisibility:
        if member.role == "owner":
            return KeyVisibility("all")
        places = [(place, self.projects.project(place.project_id)) for place in self._places(member.id)]
        active = [(place, project) for place, project in places if project.archived_at is None]
        owned = tuple(project for place, project in active if place.role == "owner")
        joined = tuple(project for place, project in active if place.role == "member")
        return KeyVisibility("some", owned, joined) if active else KeyVisibility("none")

    # --- invitations

    def invites(self) -> list[Invite]:
        """Oldest first, accepted and expired ones among them."""
        return [_invite(row) for row in self.database.rows("SELECT * FROM invite ORDER BY created_at, rowid")]

    def pending(self) -> list[Invite]:
        now = self.clock.now()
        return [invite for invite in self.invites() if invite.status(now) == "pending"]

    def find_invite(self, invite_id: str) -> Invite:
        row = self.database.row("SELECT * FROM invite WHERE id = ?", invite_id)
        if row is None:
            raise UnknownPracticeThing(what="invite", id=invite_id[:60])
        return _invite(row)

    def invite(self, email: str, role: OrganizationRole, projects: Sequence[Granted] | None = None) -> Invite:
        """Send an invitation. Without `projects` it opens the default project; an empty list opens none."""
        account, email = self.accounts.required(), email_field("email", email)
        if any(_is_same(one.email, email) for one in self.members()):
            raise InvalidField(field="email", reason="already_member")
        if any(_is_same(one.email, email) for one in self.pending()):
            raise InvalidField(field="email", reason="already_invited")
        if len(self.invites()) >= MOST_MEMBERS:
            raise TooMany(what="invite", most=MOST_MEMBERS)
        granted = [(self.projects.default().id, "member")] if projects is None else list(projects)
        for project_id, _role in granted:
            self._active(project_id)
        now, invite_id = self.clock.now(), f"invite-{self.token(24)}"
        with self.database.write():
            self.database.run(
                "INSERT INTO invite VALUES (?, ?, ?, ?, ?, ?, NULL)",
                invite_id,
                email,
                role,
                json.dumps(granted),
                int(now.timestamp()),
                int((now + INVITE_LASTS).timestamp()),
            )
            self.mailbox.send(
                "invitation", [email], name=account.name, organization=account.organization_name
            )
        return self.find_invite(invite_id)

    def accept(self, invite_id: str, name: str = "") -> Member:
        """What the invited person does with the mail, practised: they become a member."""
        invite, now = self.find_invite(invite_id), self.clock.now()
        if invite.status(now) != "pending":
            raise InvalidField(field="invite", reason="not_pending")
        name = text_field("name", name, required=False) or _name_in(invite.email)
        user_id = f"user-{self.token(24)}"
        with self.database.write():
            self.database.run(
                "INSERT INTO member VALUES (?, ?, ?, ?, ?)",
                user_id,
                name,
                invite.email,
                invite.role,
                int(now.timestamp()),
            )
            for project_id, role in invite.projects:
                if self.projects.project(project_id).archived_at is None:
                    self._join(project_id, user_id, role)
            self.database.run(
                "UPDATE invite SET accepted_at = ? WHERE id = ?", int(now.timestamp()), invite.id
            )
            self.mailbox.send("invitation_accepted", name=name, email=invite.email)
        return self.member(user_id)

    def withdraw(self, invite_id: str) -> None:
        """Its link opens nothing any more. One that was accepted stays: its member is removed instead."""
        invite = self.find_invite(invite_id)
        if invite.accepted_at:
            raise InvalidField(field="invite", reason="not_pending")
        self.database.run("DELETE FROM invite WHERE id = ?", invite.id)

    # --- projects

    def project_members(self, project_id: str) -> list[ProjectMember]:
        """The learner first, then the others in the order they came."""
        project, people = self.projects.project(project_id), {one.id: one for one in self.members()}
        rows = self.database.rows(
            "SELECT * FROM project_member WHERE project_id = ? ORDER BY added_at, user_id", project_id
        )
        learner = next(iter(people.values()))
        return [
            ProjectMember(learner, project.id, "owner", project.created_at),
            *(_place(row, people[row["user_id"]]) for row in rows),
        ]

    def project_member(self, project_id: str, user_id: str) -> ProjectMember:
        found = next((one for one in self.project_members(project_id) if one.member.id == user_id), None)
        if found is None:
            raise UnknownPracticeThing(what="user", id=user_id[:60])
        return found

    def add_to_project(self, project_id: str, user_id: str, role: ProjectRole) -> ProjectMember:
        """A member of the organization joins a project."""
        self._active(project_id)
        member = self.member(user_id)
        if any(one.member.id == member.id for one in self.project_members(project_id)):
            raise InvalidField(field="user_id", reason="already_member")
        self._join(project_id, member.id, role)
        return self.project_member(project_id, member.id)

    def set_project_role(self, project_id: str, user_id: str, role: ProjectRole) -> ProjectMember:
        place = self.project_member(project_id, user_id)
        if place.member.is_learner:
            _refuse_learner(role != "owner")
        self.database.run(
            "UPDATE project_member SET role = ? WHERE project_id = ? AND user_id = ?",
            role,
            project_id,
            user_id,
        )
        return self.project_member(project_id, user_id)

    def remove_from_project(self, project_id: str, user_id: str) -> None:
        place = self.project_member(project_id, user_id)
        _refuse_learner(place.member.is_learner)
        self.database.run(
            "DELETE FROM project_member WHERE project_id = ? AND user_id = ?", project_id, user_id
        )

    def places(self, member: Member) -> list[tuple[Project, ProjectRole]]:
        """The active projects that somebody belongs to, and as what."""
        if member.is_learner:
            return [(project, "owner") for project in self.projects.projects()]
        held = [(self.projects.project(place.project_id), place.role) for place in self._places(member.id)]
        return [(project, role) for project, role in held if project.archived_at is None]

    # --- inside

    def _places(self, user_id: str) -> list[ProjectMember]:
        rows = self.database.rows(
            "SELECT * FROM project_member WHERE user_id = ? ORDER BY added_at, project_id", user_id
        )
        member = self.member(user_id)
        return [_place(row, member) for row in rows]

    def _join(self, project_id: str, user_id: str, role: ProjectRole) -> None:
        self.database.run(
            "INSERT INTO project_member VALUES (?, ?, ?, ?)",
            project_id,
            user_id,
            role,
            self.clock.timestamp(),
        )

    def _active(self, project_id: str) -> Project:
        project = self.projects.project(project_id)
        if project.archived_at:
            raise InvalidField(field="project", reason="archived")
        return project


def _refuse_learner(refused: bool) -> None:
    if refused:
        raise InvalidField(field="user", reason="only_owner")


def _is_same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _name_in(email: str) -> str:
    """ "Luca Rossi" for luca.rossi@example.com."""
    words = re.split(r"[._+-]+", email.partition("@")[0])
    return " ".join(word.capitalize() for word in words if word) or email


def _learner(account: Account) -> Member:
    return Member(account.user_id, account.name, account.email, "owner", account.created_at, is_learner=True)


def _member(row: sqlite3.Row) -> Member:
    return Member(row["id"], row["name"], row["email"], row["role"], moment(row["added_at"]))


def _place(row: sqlite3.Row, member: Member) -> ProjectMember:
    return ProjectMember(member, row["project_id"], row["role"], moment(row["added_at"]))


def _invite(row: sqlite3.Row) -> Invite:
    return Invite(
        id=row["id"],
        email=row["email"],
        role=row["role"],
        projects=tuple((project_id, role) for project_id, role in json.loads(row["projects"])),
        created_at=moment(row["created_at"]),
        expires_at=moment(row["expires_at"]),
        accepted_at=moment_or_none(row["accepted_at"]),
    )
