"""Roles of a shared ledger: gateways write calls, a learner's login reads its own rows and nothing else.

PostgreSQL judges each statement, whatever a learner sends: rows are chosen by policies, which follow the
login itself (`session_user`) and not a role that was set afterwards. What a call counts in is shared by a
whole class (its sums, its turn): calls are written by gateways alone, and a learner's login changes nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from ppkit.errors import PpkitError
from ppkit.keys.key_refusal import refuse_keys
from ppkit.spending.ledger.postgres.errors import translated
from ppkit.spending.ledger.postgres.migrations import TABLE_LOCK_SECONDS
from ppkit.spending.ledger.postgres.server_address import OWN_SCHEMA, PostgresAddress
from ppkit.spending.ledger.scopes import tag_scope_of

BY_TAGS = "{schema}.has_own_tag(tags)"
BY_SCOPE = "scope = 'tag:' || {schema}.own_tag()"
BY_SERIES = "series IN (SELECT id FROM {schema}.series)"  # of those, a login sees its own
READABLE = {
    "reservation": BY_TAGS,
    "series": BY_TAGS,
    "entry": "{schema}.is_own_call(call_id)",
    "rollup": BY_SERIES,
    "scope_sum": BY_SCOPE,
    "spending_limit": BY_SCOPE,
    "threshold": BY_SCOPE,
}
"""The tables that a learner's login may read, and which of their rows are its own."""

FUNCTIONS = {
    "own_tag()": "TEXT|SELECT tag FROM {schema}.ledger_login WHERE login = session_user",
    "has_own_tag(tags TEXT)": "BOOLEAN|SELECT tags::jsonb ->> split_part({schema}.own_tag(), '=', 1) "
    "= substr({schema}.own_tag(), strpos({schema}.own_tag(), '=') + 1)",
    "is_own_call(wanted TEXT)": "BOOLEAN|SELECT EXISTS (SELECT FROM {schema}.entry JOIN {schema}.series "
    "ON series.id = entry.series WHERE entry.call_id = wanted AND {schema}.has_own_tag(series.tags))",
}
"""What the policies ask, with the owner's eyes: result and query. A correction names no series of its own."""

FIND_LOGIN = "SELECT pg_has_role(oid, %s, 'member') FROM pg_roles WHERE rolname = %s"
NOTE_LOGIN = """
INSERT INTO {schema}.ledger_login VALUES (%s, %s) ON CONFLICT (login) DO UPDATE SET tag = excluded.tag"""
FIND_FUNCTIONS = """
SELECT format('%%I.%%I(%%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = 'pg_catalog' AND p.proname ~ %s"""
TURNS = "^pg_(try_)?advisory"
WRITERS = "^(lo_|loread$|lowrite$|pg_logical_emit_message$)"
"""What anybody may call, and what writes to the server's disk: large objects, and messages in its log."""

END_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity JOIN pg_roles ON pg_roles.oid = usesysid
WHERE datname = current_database() AND NOT rolsuper
  AND EXISTS (SELECT FROM pg_auth_members WHERE member = usesysid
              AND roleid = (SELECT oid FROM pg_roles WHERE rolname = {learners_text}))
  AND (pg_has_role(usesysid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE'))"""
"""Of learners, where this user may end them: an open transaction of theirs would keep the tables locked."""

LOGINS = "SELECT login FROM {schema}.ledger_login JOIN pg_roles ON rolname = login"
BOUNDS = {
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
    "temp_file_limit": "256MB",
}
"""What a learner's login begins with. It may set the times otherwise; the last one only a superuser may."""


class LoginTaken(PpkitError):
    """A role of this name exists, and is no learner's login of this ledger. Facts: login."""

    code = "login_taken"


@dataclass(frozen=True, slots=True)
class LedgerRoles:
    """The names of the two groups. `turn_is_protected`: a learner's login cannot make the ledger's writers
    wait, which only a superuser can see to.
    """

    gateways: str
    learners: str
    turn_is_protected: bool


@dataclass(frozen=True, slots=True)
class NewLogin:
    """A login, and its password, which is kept nowhere here."""

    name: str
    tag: str
    password: str = field(repr=False)


def make_roles(address: PostgresAddress) -> LedgerRoles:
    """Make both groups, their rights and the policies, or make them anew, as after an update of ppkit.

    The ledger's tables are there. Learners' sessions are ended first, where this user may. Raises the
    ledger's errors; LedgerAccessDenied for a user who may not make roles or does not own the tables;
    LedgerLocked where somebody's open transaction keeps a table for longer than we wait.
    """
    with _connected(address) as connection:
        schema, names = _schema_of(address), _names(connection)
        for statement in _statements(schema, names.gateways, names.learners, _database(connection)):
            connection.execute(statement)
        for (login,) in connection.execute(sql.SQL(LOGINS).format(schema=schema)).fetchall():
            _bound(connection, login)
        return LedgerRoles(names.gateways, names.learners, _protect_turn(connection, names))


def add_learner(address: PostgresAddress, login: str, tag: str) -> NewLogin:
    """A login that reads the rows of this tag ("learner=…") alone; an earlier one of this name changes.

    Raises InvalidTag, KeyInText, and as `make_roles`, which has to come first.
    """
    tag_scope_of(tag)
    refuse_keys("login", login)
    password = secrets.token_urlsafe(24)
    with _connected(address) as connection:
        schema, names = _schema_of(address), _names(connection)
        learners, name = sql.Identifier(names.learners), sql.Identifier(login)
        known = connection.execute(FIND_LOGIN, (names.learners, login)).fetchone()
        if known is not None and not known[0]:
            raise LoginTaken(login=login)
        make = "CREATE" if known is None else "ALTER"
        # Made here, so that the server's log holds no password.
        scrambled = connection.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256")
        for statement in (
            sql.SQL(make + " ROLE {} LOGIN CONNECTION LIMIT 4 PASSWORD {}").format(
                name, sql.Literal(scrambled.decode())
            ),
            sql.SQL("GRANT {} TO {}").format(learners, name),
        ):
            connection.execute(statement)
        connection.execute(sql.SQL(NOTE_LOGIN).format(schema=schema), (login, tag))
        _bound(connection, login)
    return NewLogin(login, tag, password)


def _statements(
    schema: sql.Identifier, gateways: str, learners: str, database: sql.Identifier
) -> Iterator[sql.Composed]:
    known = {
        "schema": schema,
        "gateways": sql.Identifier(gateways),
        "learners": sql.Identifier(learners),
        "database": database,
        "learners_text": sql.Literal(learners),
    }

    def filled(text: str, **more: sql.Composable) -> sql.Composed:
        return sql.SQL(text).format(**known, **more)

    for group in ("gateways", "learners"):
        name = {"gateways": gateways, "learners": learners}[group]
        yield sql.SQL(
            "DO $do$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {text}) THEN "
            "CREATE ROLE {name} NOLOGIN; END IF; END $do$"
        ).format(text=sql.Literal(name), name=sql.Identifier(name))
        yield filled("GRANT USAGE ON SCHEMA {schema} TO {" + group + "}")
        yield filled("GRANT CONNECT ON DATABASE {database} TO {" + group + "}")
    yield filled("REVOKE ALL ON DATABASE {database} FROM PUBLIC")  # temporary tables among it
    yield filled("REVOKE ALL ON SCHEMA {schema} FROM PUBLIC")
    yield filled("REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, {learners}")
    yield filled("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {schema} FROM PUBLIC, {learners}")
    yield filled(
        "CREATE TABLE IF NOT EXISTS {schema}.ledger_login (login TEXT PRIMARY KEY, tag TEXT NOT NULL)"
    )
    for function, text in FUNCTIONS.items():
        kind, _, query = text.partition("|")
        yield filled(
            "CREATE OR REPLACE FUNCTION {schema}." + function + " RETURNS " + kind + " LANGUAGE sql STABLE "
            "SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ " + query + " $$"
        )
        named = "{schema}." + function.replace("tags ", "").replace("wanted ", "")
        yield filled("REVOKE ALL ON FUNCTION " + named + " FROM PUBLIC")
        yield filled("GRANT EXECUTE ON FUNCTION " + named + " TO {learners}")
    yield filled("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {gateways}")
    yield filled("GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA {schema} TO {gateways}")
    yield filled("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {gateways}")
    yield filled("REVOKE ALL ON {schema}.ledger_login FROM {gateways}")
    yield filled(END_SESSIONS)
    for table, mine in READABLE.items():
        here = {"table": sql.Identifier(table)}
        yield filled("ALTER TABLE {schema}.{table} ENABLE ROW LEVEL SECURITY", **here)
        yield filled("DROP POLICY IF EXISTS all_of_gateways ON {schema}.{table}", **here)
        yield filled("DROP POLICY IF EXISTS own_of_learners ON {schema}.{table}", **here)
        yield filled(
            "CREATE POLICY all_of_gateways ON {schema}.{table} TO {gateways} USING (true) WITH CHECK (true)",
            **here,
        )
        yield filled(
            "CREATE POLICY own_of_learners ON {schema}.{table} FOR SELECT TO {learners} USING (" + mine + ")",
            **here,
        )
        yield filled("GRANT SELECT ON {schema}.{table} TO {learners}", **here)


def _bound(connection: psycopg.Connection, login: str) -> None:
    """Give the login its bounds, as far as this user may."""
    for name, value in BOUNDS.items():
        statement = sql.SQL("ALTER ROLE {} SET {} = {}").format(
            sql.Identifier(login), sql.Identifier(name), sql.Literal(value)
        )
        with suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute(statement)


def _protect_turn(connection: psycopg.Connection, names: LedgerRoles) -> bool:
    """Take the functions by which the ledger's writers take turns away from everybody else, and those that
    write to the server's disk from everybody.

    For an owner of the database that is no superuser, nothing changes, with a warning of the server.
    """
    gateways = sql.Identifier(names.gateways)
    for (function,) in connection.execute(FIND_FUNCTIONS, (TURNS,)).fetchall():
        for statement in (
            f"GRANT EXECUTE ON FUNCTION {function} TO {{gateways}}",
            f"GRANT EXECUTE ON FUNCTION {function} TO CURRENT_USER",
            f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC",
        ):
            connection.execute(sql.SQL(statement).format(gateways=gateways))
    for (function,) in connection.execute(FIND_FUNCTIONS, (WRITERS,)).fetchall():
        connection.execute(sql.SQL(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC"))
    asked = "SELECT has_function_privilege(%s, 'pg_advisory_lock(bigint)', 'execute')"
    row = connection.execute(asked, (names.learners,)).fetchone()
    return row is not None and not row[0]


@contextmanager
def _connected(address: PostgresAddress) -> Iterator[psycopg.Connection]:
    """One transaction of a connection of its own. Raises the ledger's errors."""
    try:
        with psycopg.connect(address.conninfo, connect_timeout=10) as connection:
            connection.execute(f"SET LOCAL lock_timeout = '{TABLE_LOCK_SECONDS}s'".encode())
            yield connection
    except psycopg.Error as error:
        found = translated(error, address.shown)
        if found is error:
            raise
        raise found from None  # libpq's words may quote the address


def _schema_of(address: PostgresAddress) -> sql.Identifier:
    return sql.Identifier(address.schema or OWN_SCHEMA)


def _database(connection: psycopg.Connection) -> sql.Identifier:
    return sql.Identifier(connection.info.dbname)


def _names(connection: psycopg.Connection) -> LedgerRoles:
    """Roles belong to a whole server, so that their names hold the database's."""
    database = connection.info.dbname
    return LedgerRoles(f"{database}_gateways", f"{database}_learners", turn_is_protected=False)
