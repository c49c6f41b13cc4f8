"""Secret keys: made once, shown once, kept as a SHA-256 hash, with permissions, expiry and last use."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ppkit.practice_platform.accounts import text_field
from ppkit.practice_platform.database import Database
from ppkit.practice_platform.errors import InvalidField, NotSignedUp, TooMany, UnknownPracticeThing
from ppkit.practice_platform.ids import Token, new_secret
from ppkit.practice_platform.mailbox import Mailbox
from ppkit.practice_platform.practice_clock import PracticeClock, moment, moment_or_none
from ppkit.practice_platform.rows import ApiKeyRow, KeyKind, Permissions

SCOPES = (
    "api.model.read",
    "model.request",
    "api.responses.read",
    "api.responses.write",
    "api.model.images.request",
)
"""What a restricted key can be given. Names as OpenAI's "Missing scopes" answers spell them."""
READ_SCOPES = ("api.model.read", "api.responses.read")
MOST_KEYS = 1_000


@dataclass(frozen=True, slots=True)
class SecretKeys:
    database: Database
    clock: PracticeClock
    mailbox: Mailbox
    token: Token

    def create(
        self,
        name: str,
        project_id: str,
        *,
        permissions: Permissions = "all",
        scopes: Sequence[str] = (),
        expires_in: timedelta | None = None,
        service_account_id: str | None = None,
    ) -> tuple[ApiKeyRow, str]:
        """A project key and, this once, its secret. A restricted key has exactly `scopes`, by default none.

        Raises InvalidField, TooMany.
        """
        unknown = [scope for scope in scopes if scope not in SCOPES]
        if unknown or permissions not in ("all", "restricted", "read_only"):
            raise InvalidField(field="permissions", reason="unknown")
        kind: KeyKind = "service_account" if service_account_id else "project"
        return self._insert(
            kind,
            name,
            project_id=project_id,
            service_account_id=service_account_id,
            permissions=permissions,
            scopes=scopes,
            expires_in=expires_in,
        )

    def create_admin(self, name: str, expires_in: timedelta | None = None) -> tuple[ApiKeyRow, str]:
        """An admin key and, this once, its secret. Raises NotSignedUp, TooMany."""
        if self.database.row("SELECT id FROM organization") is None:
            raise NotSignedUp()
        return self._insert("admin", name, expires_in=expires_in)

    def keys(
        self, kind: KeyKind | None = None, *, project_id: str | None = None, include_revoked: bool = False
    ) -> list[ApiKeyRow]:
        """Newest first; without `kind` those of projects and service accounts."""
        rows = self.database.rows("SELECT * FROM api_key ORDER BY created_at DESC, rowid DESC")
        return [
            key
            for key in map(_key, rows)
            if (key.kind == kind if kind else key.kind != "admin")
            and (project_id is None or key.project_id == project_id)
            and (include_revoked or key.revoked_at is None)
        ]

    def key(self, key_id: str) -> ApiKeyRow:
        """Raises UnknownPracticeThing, for a revoked one too."""
        row = self.database.row("SELECT * FROM api_key WHERE id = ? AND revoked_at IS NULL", key_id)
        if row is None:
            raise UnknownPracticeThing(what="key", id=key_id[:60])
        return _key(row)

    def find(self, secret: str) -> ApiKeyRow | None:
        """The key with this secret, revoked or expired ones included."""
        row = self.database.row("SELECT * FROM api_key WHERE digest = ?", digest_of(secret))
        return _key(row) if row else None

    def touch(self, key_id: str) -> None:
        """Remember that the key was used now."""
        self.database.run("UPDATE api_key SET last_used_at = ? WHERE id = ?", self.clock.timestamp(), key_id)

    def revoke(self, key_id: str) -> None:
        """From now on the key is answered like any wrong one. Raises UnknownPracticeThing."""
        self.database.run(
            "UPDATE api_key SET revoked_at = ? WHERE id = ?", self.clock.timestamp(), self.key(key_id).id
        )

    def update(
        self,
        key_id: str,
        *,
        name: str | None = None,
        scopes: Sequence[str] | None = None,
        expires_in: timedelta | None = None,
    ) -> ApiKeyRow:
        """Change name, scopes ([]: all rights) or expiry. Raises UnknownPracticeThing, InvalidField."""
        key = self.key(key_id)
        permissions = key.permissions if scopes is None else ("restricted" if scopes else "all")
        self.database.run(
            "UPDATE api_key SET name = ?, permissions = ?, scopes = ?, expires_at = coalesce(?, expires_at)"
            " WHERE id = ?",
            text_field("name", name) if name is not None else key.name,
            permissions,
            json.dumps(list(key.scopes if scopes is None else scopes)),
            self._expiry(expires_in),
            key.id,
        )
        return self.key(key_id)

    def report_leak(self, key_id: str) -> None:
        """Rehearse what follows a key pushed to a public repository: it dies, and a mail says so."""
        key = self.key(key_id)
        with self.database.write():
            self.revoke(key_id)
            self.mailbox.send("key_leaked", name=key.name, redacted=key.redacted)

    def _expiry(self, expires_in: timedelta | None) -> int | None:
        if expires_in is None:
            return None
        if not timedelta(0) < expires_in <= timedelta(days=3650):
            raise InvalidField(field="expires_in", reason="out_of_range")
        return self.clock.timestamp() + int(expires_in.total_seconds())

    def _insert(
        self,
        kind: KeyKind,
        name: str,
        *,
        expires_in: timedelta | None,
        project_id: str | None = None,
        service_account_id: str | None = None,
        permissions: Permissions = "all",
        scopes: Sequence[str] = (),
    ) -> tuple[ApiKeyRow, str]:
        name = text_field("name", name)
        if self.database.number("SELECT count(*) FROM api_key WHERE revoked_at IS NULL") >= MOST_KEYS:
            raise TooMany(what="key", most=MOST_KEYS)
        secret = new_secret("sk-practice-admin-" if kind == "admin" else "sk-practice-", self.token)
        key_id = f"key_{self.token(16)}"
        self.database.run(
            "INSERT INTO api_key VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, NULL)",
            key_id,
            kind,
            name,
            digest_of(secret),
            redacted(secret),
            project_id,
            service_account_id,
            permissions,
            json.dumps(list(scopes)),
            self.clock.timestamp(),
            self._expiry(expires_in),
        )
        return self.key(key_id), secret


def scopes_of(key: ApiKeyRow) -> frozenset[str]:
    """The rights a project key has on the model routes."""
    if key.permissions == "all":
        return frozenset(SCOPES)
    return frozenset(READ_SCOPES if key.permissions == "read_only" else key.scopes)


def digest_of(secret: str) -> bytes:
    """A plain SHA-256 is enough for 48 random letters and digits: there is nothing to guess."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def redacted(secret: str) -> str:
    """As lists of keys show it: head and last four."""
    head = "sk-practice-admin-" if secret.startswith("sk-practice-admin-") else "sk-practice-"
    return f"{head}...{secret[-4:]}"


def _key(row: sqlite3.Row) -> ApiKeyRow:
    return ApiKeyRow(
        id=row["id"],
        kind=row["kind"],
        name=row["name"],
        redacted=row["redacted"],
        project_id=row["project_id"],
        service_account_id=row["service_account_id"],
        permissions=row["permissions"],
        scopes=tuple(json.loads(row["scopes"])),
        created_at=moment(row["created_at"]),
        last_used_at=moment_or_none(row["last_used_at"]),
        expires_at=moment_or_none(row["expires_at"]),
        revoked_at=moment_or_none(row["revoked_at"]),
    )
