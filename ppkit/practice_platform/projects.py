"""Projects and service accounts of the organization."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from ppkit.practice_platform.accounts import text_field
from ppkit.practice_platform.database import Database
from ppkit.practice_platform.errors import InvalidField, NotSignedUp, TooMany, UnknownPracticeThing
from ppkit.practice_platform.ids import Token
from ppkit.practice_platform.practice_clock import PracticeClock, moment, moment_or_none
from ppkit.practice_platform.rows import Project, ServiceAccount

MOST_PROJECTS = 1_000


@dataclass(frozen=True, slots=True)
class Projects:
    database: Database
    clock: PracticeClock
    token: Token

    def projects(self, *, include_archived: bool = False) -> list[Project]:
        """Oldest first, the default project before all."""
        rows = self.database.rows("SELECT * FROM project ORDER BY is_default DESC, created_at, rowid")
        found = [_project(row) for row in rows]
        return found if include_archived else [project for project in found if project.archived_at is None]

    def project(self, project_id: str) -> Project:
        """Raises UnknownPracticeThing."""
        row = self.database.row("SELECT * FROM project WHERE id = ?", project_id)
        if row is None:
            raise UnknownPracticeThing(what="project", id=project_id[:60])
        return _project(row)

    def default(self) -> Project:
        """Raises NotSignedUp."""
        row = self.database.row("SELECT * FROM project WHERE is_default = 1")
        if row is None:
            raise NotSignedUp()
        return _project(row)

    def create(self, name: str) -> Project:
        """Raises NotSignedUp, InvalidField, TooMany."""
        name = text_field("name", name)
        self.default()
        if self.database.number("SELECT count(*) FROM project") >= MOST_PROJECTS:
            raise TooMany(what="project", most=MOST_PROJECTS)
        project_id = f"proj_{self.token(24)}"
        self.database.run(
            "INSERT INTO project (id, name, created_at) VALUES (?, ?, ?)",
            project_id,
            name,
            self.clock.timestamp(),
        )
        return self.project(project_id)

    def rename(self, project_id: str, name: str) -> Project:
        name = text_field("name", name)
        self.database.run("UPDATE project SET name = ? WHERE id = ?", name, self.project(project_id).id)
        return self.project(project_id)

    def archive(self, project_id: str) -> Project:
        """Its keys stop working. Raises InvalidField for the default project, which cannot be archived."""
        if self.project(project_id).is_default:
            raise InvalidField(field="project", reason="default_project")
        self.database.run(
            "UPDATE project SET archived_at = coalesce(archived_at, ?) WHERE id = ?",
            self.clock.timestamp(),
            project_id,
        )
        return self.project(project_id)

    # --- service accounts

    def service_accounts(self, project_id: str) -> list[ServiceAccount]:
        rows = self.database.rows(
            "SELECT * FROM service_account WHERE project_id = ? AND deleted_at IS NULL"
            " ORDER BY created_at, rowid",
            project_id,
        )
        return [_service_account(row) for row in rows]

    def service_account(self, project_id: str, account_id: str) -> ServiceAccount:
        """Raises UnknownPracticeThing."""
        row = self.database.row(
            "SELECT * FROM service_account WHERE project_id = ? AND id = ? AND deleted_at IS NULL",
            project_id,
            account_id,
        )
        if row is None:
            raise UnknownPracticeThing(what="service_account", id=account_id[:60])
        return _service_account(row)

    def create_service_account(self, project_id: str, name: str) -> ServiceAccount:
        name = text_field("name", name)
        account_id = f"svc_acct_{self.token(24)}"
        self.database.run(
            "INSERT INTO service_account (id, project_id, name, role, created_at)"
            " VALUES (?, ?, ?, 'member', ?)",
            account_id,
            self.project(project_id).id,
            name,
            self.clock.timestamp(),
        )
        return self.service_account(project_id, account_id)

    def update_service_account(
        self, project_id: str, account_id: str, *, name: str | None, role: str | None
    ) -> ServiceAccount:
        self.database.run(
            "UPDATE service_account SET name = coalesce(?, name), role = coalesce(?, role) WHERE id = ?",
            text_field("name", name) if name is not None else None,
            role,
            self.service_account(project_id, account_id).id,
        )
        return self.service_account(project_id, account_id)

    def delete_service_account(self, project_id: str, account_id: str) -> None:
        """The account goes, and its keys with it."""
        now = self.clock.timestamp()
        with self.database.write():
            self.database.run(
                "UPDATE service_account SET deleted_at = ? WHERE id = ?",
                now,
                self.service_account(project_id, account_id).id,
            )
            self.database.run(
                "UPDATE api_key SET revoked_at = coalesce(revoked_at, ?) WHERE service_account_id = ?",
                now,
                account_id,
            )


def _project(row: sqlite3.Row) -> Project:
    return Project(
        id=row["id"],
        name=row["name"],
        is_default=bool(row["is_default"]),
        created_at=moment(row["created_at"]),
        archived_at=moment_or_none(row["archived_at"]),
    )


def _service_account(row: sqlite3.Row) -> ServiceAccount:
    return ServiceAccount(
        id=row["id"],
        project_id=row["project_id"],
        name=row["name"],
        role=row["role"],
        created_at=moment(row["created_at"]),
    )
