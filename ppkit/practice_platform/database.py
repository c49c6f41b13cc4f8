"""The practice platform's own SQLite file: one connection, short transactions, nothing lost on SIGKILL."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from ppkit.footing import footing
from ppkit.practice_platform.errors import PracticeDatabaseTooNew, PracticeDatabaseUnreadable

SCHEMA_VERSION = 4
UPGRADES = {
    1: """
CREATE TABLE invoice (
  purchase_id TEXT PRIMARY KEY REFERENCES purchase (id),
  organization TEXT NOT NULL, company TEXT NOT NULL, address TEXT NOT NULL, vat_number TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO invoice SELECT p.id, o.name, o.company, o.address, o.vat_number FROM purchase p, organization o
  WHERE p.kind <> 'gift' AND p.status <> 'declined';
""",
    2: """
ALTER TABLE payment_method ADD COLUMN hold_until INTEGER;
ALTER TABLE payment_method ADD COLUMN bank_tries INTEGER NOT NULL DEFAULT 0;
CREATE TABLE identity_check (
  id INTEGER PRIMARY KEY, document TEXT NOT NULL, started_at INTEGER NOT NULL, answered_at INTEGER NOT NULL,
  approved INTEGER NOT NULL, told INTEGER NOT NULL DEFAULT 0
);
""",
    3: """
CREATE TABLE member (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('owner', 'reader')), added_at INTEGER NOT NULL
);
CREATE TABLE project_member (
  project_id TEXT NOT NULL REFERENCES project (id),
  user_id TEXT NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('member', 'owner')), added_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, user_id)
) WITHOUT ROWID;
CREATE TABLE invite (
  id TEXT PRIMARY KEY, email TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN ('owner', 'reader')),
  projects TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, accepted_at INTEGER
);
CREATE TABLE new_usage_event (
  id TEXT PRIMARY KEY, created_at INTEGER NOT NULL,
  endpoint TEXT NOT NULL CHECK (endpoint IN ('completions', 'images', 'embeddings', 'moderations')),
  model TEXT NOT NULL, project_id TEXT NOT NULL, key_id TEXT NOT NULL, user_id TEXT NOT NULL,
  service_tier TEXT NOT NULL DEFAULT 'default', input_tokens INTEGER NOT NULL DEFAULT 0,
  cached_tokens INTEGER NOT NULL DEFAULT 0, cache_write_tokens INTEGER NOT NULL DEFAULT 0,
  image_input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0,
  reasoning_tokens INTEGER NOT NULL DEFAULT 0, image_output_tokens INTEGER NOT NULL DEFAULT 0,
  images INTEGER NOT NULL DEFAULT 0, size TEXT, source TEXT, pico_usd INTEGER NOT NULL CHECK (pico_usd >= 0)
);
INSERT INTO new_usage_event SELECT * FROM usage_event;
DROP TABLE usage_event;
ALTER TABLE new_usage_event RENAME TO usage_event;
CREATE INDEX usage_event_by_time ON usage_event (created_at);
CREATE TABLE new_spend_alert (
  id TEXT PRIMARY KEY, scope TEXT NOT NULL, cents INTEGER NOT NULL CHECK (cents >= 0),
  recipients TEXT NOT NULL, subject_prefix TEXT, created_at INTEGER NOT NULL
);
INSERT INTO new_spend_alert SELECT * FROM spend_alert;
DROP TABLE spend_alert;
ALTER TABLE new_spend_alert RENAME TO spend_alert;
""",
}
"""From each older version to the next one."""

type_of_value = str | int | bytes | None


class Database:
    """One connection shared by the whole process, guarded by a lock.

    WAL with synchronous=NORMAL: a commit survives the death of the process at any moment, because it has
    reached the operating system; only a power cut could take the last few, and practice money is not worth
    an fsync a call.
    """

    def __init__(self, path: Path | str) -> None:
        """Open or create the file. Raises PracticeDatabaseTooNew, PracticeDatabaseUnreadable."""
        self.path = path
        self._lock = threading.RLock()
        self._depth = 0
        try:
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=10
            )
        except sqlite3.Error as error:
            raise PracticeDatabaseUnreadable(path=str(path), reason=str(error)) from error
        self._connection.row_factory = sqlite3.Row
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._connection.close()
            raise PracticeDatabaseUnreadable(path=str(path), reason=str(error)) from error
        except PracticeDatabaseTooNew:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        found = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if found > SCHEMA_VERSION:
            raise PracticeDatabaseTooNew(path=str(self.path), found=found, known=SCHEMA_VERSION)
        journal = "WAL" if footing().has_neighbours else "DELETE"  # of one process the file is everything
        self._connection.execute(f"PRAGMA journal_mode = {journal}")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        if found == 0:
            schema = resources.files("ppkit.practice_platform").joinpath("schema.sql").read_text("utf-8")
            self._run_script(schema, SCHEMA_VERSION)
        else:
            for version in range(found, SCHEMA_VERSION):
                self._run_script(UPGRADES[version], version + 1)
        # Only now: an upgrade that makes a table anew would drop what other tables point to.
        self._connection.execute("PRAGMA foreign_keys = ON")

    def _run_script(self, script: str, version: int) -> None:
        """One transaction: a process killed here leaves the file as it was, not half a schema."""
        self._connection.executescript(f"BEGIN;\n{script}\nPRAGMA user_version = {version};\nCOMMIT;")

    @contextmanager
    def write(self) -> Iterator[None]:
        """A transaction that takes the write lock at once; one inside another joins it."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def run(self, sql: str, *values: type_of_value) -> int:
        """Change something; how many rows changed."""
        with self._lock:
            return self._connection.execute(sql, values).rowcount

    def run_many(self, sql: str, rows: Sequence[tuple[type_of_value, ...]]) -> None:
        with self._lock:
            self._connection.executemany(sql, rows)

    def rows(self, sql: str, *values: type_of_value) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: type_of_value) -> sqlite3.Row | None:
        with self._lock:
            found: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
            return found

    def number(self, sql: str, *values: type_of_value) -> int:
        """The first column of the first row, 0 when there is none."""
        found = self.row(sql, *values)
        return int(found[0] or 0) if found else 0

    def note(self, name: str) -> str | None:
        found = self.row("SELECT value FROM note WHERE name = ?", name)
        return str(found[0]) if found else None

    def set_note(self, name: str, value: str) -> None:
        self.run(
            "INSERT INTO note VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            name,
            value,
        )

    def clear(self) -> None:
        """Forget everything, in one transaction; the schema stays."""
        with self.write():
            self._connection.execute("PRAGMA defer_foreign_keys = ON")
            for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
                self._connection.execute(f'DELETE FROM "{name}"')  # noqa: S608  (names from our own schema)

    def close(self) -> None:
        with self._lock:
            self._connection.close()
