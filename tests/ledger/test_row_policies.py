"""An attacker with a learner's login on a shared ledger: whatever SQL is sent, only the own rows are seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from class_service.conftest import a_lesson
from postgres_server import connect

from ppkit.class_service.progress_records import StepReport
from ppkit.class_service.pseudonyms import STARS
from ppkit.class_service.roster import Roster
from ppkit.class_service.roster_places import RosterDatabase, RosterUnreachable
from ppkit.cli.main import run
from ppkit.clock import ManualClock
from ppkit.current_session import session
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Call, Ledger, open_ledger
from ppkit.spending.ledger.errors import LedgerLocked
from ppkit.spending.ledger.postgres import migrations, row_policies
from ppkit.spending.ledger.postgres.errors import translated
from ppkit.spending.ledger.postgres.row_policies import (
    READABLE,
    LedgerRoles,
    LoginTaken,
    NewLogin,
    add_learner,
    make_roles,
)
from ppkit.spending.ledger.postgres.server_address import PostgresAddress

pytestmark = pytest.mark.processes

MINE, OTHER = "learner=tuesday/Vega", "learner=tuesday/Altair"


@dataclass(frozen=True)
class Shared:
    url: str
    roles: LedgerRoles
    login: NewLogin

    def as_learner(self) -> psycopg.Connection:
        place = urlsplit(self.url)
        netloc = f"{self.login.name}:{self.login.password}@{place.hostname}:{place.port}"
        return connect(place._replace(netloc=netloc).geturl())


def spend(ledger: Ledger, name: str, tag: str) -> None:
    labels = dict([tag.split("=")]) | {"lesson": "tuesday"}
    ledger.reserve(Call(f"{name}-settled", "m", "…", "chat", labels), Money(10))
    ledger.settle(f"{name}-settled", Money(7))
    ledger.reserve(Call(f"{name}-doubtful", "m", "…", "chat", labels), Money(10))
    ledger.give_up(f"{name}-doubtful")
    ledger.resolve(f"{name}-doubtful", Money(3), by="Ada", why="looked")
    ledger.reserve(Call(f"{name}-open", "m", "…", "chat", labels), Money(10))
    Budget(ledger).set("0.5", "1", tag=tag, why="class")


@pytest.fixture
def shared(postgres_url: str, clock: ManualClock) -> Iterator[Shared]:
    with closing(open_ledger(postgres_url, clock)) as ledger:
        spend(ledger, "mine", MINE)
        spend(ledger, "other", OTHER)
    address = PostgresAddress.of(postgres_url)
    with closing(RosterDatabase(address)) as place:
        Roster(place, clock).prepare(a_lesson())
    roles = make_roles(address)
    assert make_roles(address) == roles  # again, as after an update
    login = add_learner(address, f"{roles.learners}_vega", MINE)
    made = Shared(postgres_url, roles, login)
    yield made
    drop(made)


def drop(made: Shared) -> None:
    """Roles belong to the whole server, and would outlive the test's database."""
    names = f"{made.login.name}, {made.roles.learners}, {made.roles.gateways}"
    with connect(made.url) as owner:
        owner.execute(f"DROP OWNED BY {names}".encode())
        owner.execute(f"DROP ROLE {names}".encode())


def test_a_learner_reads_the_own_rows_and_no_others(shared: Shared) -> None:
    with shared.as_learner() as learner, connect(shared.url) as owner:
        for table in READABLE:
            select = f"SELECT t::text FROM ppkit.{table} AS t".encode()
            seen = {row[0] for row in learner.execute(select)}
            everything = {row[0] for row in owner.execute(select)}
            assert seen, table
            assert seen < everything, table
            assert not [row for row in seen if "Altair" in row or "other-" in row]
        calls = learner.execute("SELECT DISTINCT call_id FROM ppkit.entry ORDER BY 1").fetchall()
        assert [call for (call,) in calls] == ["mine-doubtful", "mine-settled"]
        rows = learner.execute("SELECT sum(spent_pico_usd) FROM ppkit.scope_sum").fetchone()
        assert rows == (10,)


def test_of_a_class_beside_the_ledger_gateways_write_and_learners_read_nothing(
    shared: Shared, clock: ManualClock
) -> None:
    address = PostgresAddress.of(shared.url)
    with closing(Roster(RosterDatabase(address), clock)) as roster:
        who = roster.join("tuesday", roster.prepare(a_lesson()).join_code, "visit").learner.pseudonym
        roster.progress.record("tuesday", who, StepReport(open_lesson="connect"))
        roster.progress.tell("tuesday", "Coffee")
        assert set(roster.progress.by_pseudonym("tuesday")) == {who}
    make_roles(address)  # as after an update
    tables = [
        *("class_lesson", "class_learner", "class_trainer"), "class_progress", "class_notice",
    ]  # fmt: skip
    with shared.as_learner() as learner, connect(shared.url) as owner:
        for table in tables:
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE"):
                asked = "SELECT has_table_privilege(%s, %s, %s)"
                may = (shared.roles.gateways, f"ppkit.{table}", right)
                assert owner.execute(asked, may).fetchone() == (True,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                learner.execute(f"SELECT * FROM ppkit.{table}".encode())
            learner.rollback()


CHANGES = [
    *(f"DELETE FROM ppkit.{table}" for table in READABLE),
    *(f"TRUNCATE ppkit.{table}" for table in READABLE),
    "UPDATE ppkit.scope_sum SET spent_pico_usd = 0",
    "UPDATE ppkit.spending_limit SET hard_pico_usd = 1000000",
    "UPDATE ppkit.series SET tags = '{}'",
    "INSERT INTO ppkit.spending_limit (scope, hard_pico_usd) VALUES ('all', 0)",
    "INSERT INTO ppkit.reservation SELECT * FROM ppkit.reservation",
    "UPDATE ppkit.limit_change SET scope = 'tag:learner=tuesday/forgotten 00000000'",
    "UPDATE ppkit.class_learner SET forgotten_as = 'forgotten 00000000'",
    "DELETE FROM ppkit.class_progress",
    "SELECT * FROM ppkit.scope_sum FOR UPDATE",
    "BEGIN; LOCK TABLE ppkit.scope_sum IN EXCLUSIVE MODE",
    "ALTER TABLE ppkit.entry DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE ppkit.entry DISABLE TRIGGER ALL",
    "DROP POLICY own_of_learners ON ppkit.entry",
    "DROP FUNCTION ppkit.own_tag()",
    "CREATE OR REPLACE FUNCTION ppkit.own_tag() RETURNS TEXT LANGUAGE sql AS $$ SELECT 'x' $$",
]
SECRETS = [
    f"SELECT * FROM ppkit.{table}"
    for table in (
        *("ledger_login", "key_salt", "limit_change", "alert", "answer", "last_write", "uncertain_call"),
        *("plan_credit", "world", "schema_version", "class_schema_version"),
        *("class_lesson", "class_learner", "class_trainer", "class_progress", "class_notice"),
    )
]
TRICKS = [
    "CREATE TEMP TABLE ledger_login AS SELECT session_user::text AS login, 'learner=tuesday/Altair' AS tag",
    "CREATE TABLE public.mine (x text)",
    "CREATE TABLE ppkit.mine (x text)",
    "CREATE FUNCTION public.leak(text) RETURNS boolean LANGUAGE sql COST 0.01 AS $$ SELECT true $$",
    "CREATE VIEW public.everything AS SELECT * FROM ppkit.entry",
    "SET row_security = off; SELECT * FROM ppkit.entry",
    "SET SESSION AUTHORIZATION ppkit",
    "SET ROLE {gateways}",
    "GRANT {gateways} TO {login}",
    "ALTER ROLE {login} BYPASSRLS",
    "CREATE ROLE another LOGIN",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY ppkit.entry TO PROGRAM 'cat'",
    "COPY ppkit.ledger_login TO STDOUT",
    "SELECT pg_advisory_lock(1886415980, hashtext('ppkit'))",
    "SELECT pg_advisory_xact_lock(1)",
    "DO $$ BEGIN EXECUTE 'SELECT pg_advisory_lock(1)'; END $$",
    "SELECT lo_creat(-1)",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT lo_put(1, 0, 'x')",
    "SELECT lo_unlink(1)",
    "SELECT lowrite(0, 'x')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_logical_emit_message(false, 'x', 'y')",
    "SELECT pg_logical_emit_message(true, 'x', 'y'::bytea)",
    "SET temp_file_limit = -1",
    "ALTER ROLE {login} SET temp_file_limit = -1",
]


def allowed(shared: Shared, attacks: list[str]) -> list[tuple[str, str]]:
    """Those that are not refused for want of a right, and what came of them."""
    found = []
    names = {"gateways": shared.roles.gateways, "login": shared.login.name}
    with shared.as_learner() as learner:
        for attack in attacks:
            text = attack
            for name, value in names.items():
                text = text.replace("{" + name + "}", value)
            try:
                learner.execute(text.encode())
            except psycopg.errors.InsufficientPrivilege:
                learner.rollback()
            except psycopg.Error as error:
                found.append((attack, type(error).__name__))
            else:
                found.append((attack, "done"))
    return found


@pytest.mark.parametrize("attacks", [CHANGES, SECRETS, TRICKS], ids=["changes", "secrets", "tricks"])
def test_what_a_learner_may_not_do_is_refused(shared: Shared, attacks: list[str]) -> None:
    assert shared.roles.turn_is_protected
    assert allowed(shared, attacks) == []
    with connect(shared.url) as owner:
        assert owner.execute("SELECT count(*) FROM ppkit.entry").fetchone() == (6,)


def test_rights_that_somebody_gave_are_taken_back_when_roles_are_made_anew(shared: Shared) -> None:
    with connect(shared.url) as owner:
        for given in (
            f"TEMPORARY ON DATABASE {owner.info.dbname} TO PUBLIC",
            "CREATE ON SCHEMA ppkit TO PUBLIC",
            "ALL ON ALL TABLES IN SCHEMA ppkit TO PUBLIC",
            f"ALL ON ALL TABLES IN SCHEMA ppkit TO {shared.roles.learners}",
        ):
            owner.execute(f"GRANT {given}".encode())
    make_roles(PostgresAddress.of(shared.url))
    assert allowed(shared, [*CHANGES, *SECRETS, *TRICKS]) == []


def test_a_learners_login_begins_with_bounds_also_one_that_was_made_before(shared: Shared) -> None:
    with connect(shared.url) as owner:
        owner.execute(f"ALTER ROLE {shared.login.name} RESET ALL".encode())
    make_roles(PostgresAddress.of(shared.url))
    with shared.as_learner() as learner:
        told = [learner.execute(f"SHOW {name}".encode()).fetchone() for name in row_policies.BOUNDS]
    assert told == [("1min",), ("1min",), ("256MB",)]


def test_a_learner_who_holds_a_transaction_open_keeps_no_roles_from_being_made_anew(
    shared: Shared, clock: ManualClock
) -> None:
    with closing(shared.as_learner()) as learner, closing(open_ledger(shared.url, clock)) as ledger:
        learner.execute("BEGIN; SELECT * FROM ppkit.scope_sum")
        make_roles(PostgresAddress.of(shared.url))
        ledger.reserve(Call("more", "m", "…", "chat", {}), Money(1))
        with pytest.raises(psycopg.OperationalError):
            learner.execute("SELECT 1")


def test_a_transaction_that_stays_open_makes_nobody_wait_for_long(
    shared: Shared, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_policies, "END_SESSIONS", "SELECT 1")  # where the user may not end sessions
    for module in (row_policies, migrations):
        monkeypatch.setattr(module, "TABLE_LOCK_SECONDS", "0.05")
    with connect(shared.url) as owner:  # so that whoever waits without an end of its own fails otherwise
        owner.execute(f"ALTER DATABASE {owner.info.dbname} SET statement_timeout = '5s'".encode())
    with closing(shared.as_learner()) as learner, closing(open_ledger(shared.url, clock)) as ledger:
        learner.execute("BEGIN; SELECT * FROM ppkit.scope_sum; SELECT * FROM ppkit.spending_limit")
        with pytest.raises(LedgerLocked):
            make_roles(PostgresAddress.of(shared.url))
        with connect(shared.url) as owner:
            owner.execute("SET search_path = ppkit")
            with pytest.raises(psycopg.errors.LockNotAvailable) as kept:
                migrations.migrate(owner, "ppkit", "the test's", 4)
            assert isinstance(translated(kept.value, "the test's"), LedgerLocked)
        ledger.reserve(Call("more", "m", "…", "chat", {}), Money(1))


def test_a_role_or_a_setting_of_ones_own_shows_nothing_more(shared: Shared) -> None:
    with shared.as_learner() as learner:
        for preparation in (
            f"SET ROLE {shared.roles.learners}",
            "SET search_path = pg_temp, public, ppkit",
            "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        ):
            learner.execute(preparation.encode())
            seen = learner.execute("SELECT DISTINCT tags FROM ppkit.series").fetchall()
            assert len(seen) == 1
            assert "Vega" in seen[0][0]
        answers = learner.execute("SELECT ppkit.is_own_call('other-settled'), ppkit.has_own_tag('{}')")
        assert answers.fetchone() == (False, None)


def test_a_gateways_login_keeps_the_books_and_makes_no_tables(shared: Shared, clock: ManualClock) -> None:
    name = f"{shared.roles.gateways}_one"
    with connect(shared.url) as owner:
        owner.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'gateway-password'".encode())
        owner.execute(f"GRANT {shared.roles.gateways} TO {name}".encode())
    try:
        place = urlsplit(shared.url)
        netloc = f"{name}:gateway-password@{place.hostname}:{place.port}"
        with closing(open_ledger(place._replace(netloc=netloc).geturl(), clock)) as ledger:
            spend(ledger, "third", "learner=tuesday/Sirio")
            assert ledger.audit() == []
            assert ledger.totals(scope="tag:lesson=tuesday").spent == Money(30)
            for number in ("mine", "other", "third"):
                ledger.settle(f"{number}-open", Money(0))
            ledger.forget_tag("learner", "tuesday/Sirio", "tuesday/forgotten 0123abcd")
            assert ledger.totals(scope="tag:lesson=tuesday").spent == Money(30)
            assert ledger.audit() == []
        with (
            connect(place._replace(netloc=netloc).geturl()) as gateway,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            gateway.execute("SELECT * FROM ppkit.ledger_login")
    finally:
        with connect(shared.url) as owner:
            owner.execute(f"DROP ROLE {name}".encode())


def test_after_an_update_a_gateways_login_serves_on_until_the_owner_has_made_the_tables(
    shared: Shared, clock: ManualClock
) -> None:
    owners, name = PostgresAddress.of(shared.url), f"{shared.roles.gateways}_two"
    with closing(Roster(RosterDatabase(owners), clock)) as roster:
        code = roster.prepare(a_lesson()).join_code
    make_roles(owners)
    with connect(shared.url) as owner:
        owner.execute(b"DROP TABLE ppkit.class_progress, ppkit.class_notice")  # as before the update
        owner.execute(b"ALTER TABLE ppkit.class_learner DROP COLUMN forgotten_as")
        owner.execute(b"UPDATE ppkit.class_schema_version SET version = 2")
        owner.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'gateway-password'".encode())
        owner.execute(f"GRANT {shared.roles.gateways} TO {name}".encode())
    try:
        place = urlsplit(shared.url)
        netloc = f"{name}:gateway-password@{place.hostname}:{place.port}"
        gateways = PostgresAddress.of(place._replace(netloc=netloc).geturl())
        with closing(Roster(RosterDatabase(gateways), clock)) as roster:
            assert roster.join("tuesday", code, "visit").learner.pseudonym in STARS
            with pytest.raises(RosterUnreachable):
                roster.progress.notice("tuesday")
            with closing(RosterDatabase(owners)) as database:
                database.make_tables()
            make_roles(owners)
            assert roster.progress.notice("tuesday").message == ""
    finally:
        with connect(shared.url) as owner:
            owner.execute(f"DROP ROLE {name}".encode())


def test_no_other_role_becomes_a_learner(shared: Shared) -> None:
    with pytest.raises(LoginTaken):
        add_learner(PostgresAddress.of(shared.url), shared.roles.gateways, MINE)
    again = add_learner(PostgresAddress.of(shared.url), shared.login.name, OTHER)
    assert again.password != shared.login.password
    with Shared(shared.url, shared.roles, again).as_learner() as learner:
        seen = learner.execute("SELECT DISTINCT tags FROM ppkit.series").fetchall()
    assert "Altair" in seen[0][0]


def test_the_password_is_in_no_repr(shared: Shared) -> None:
    assert shared.login.password not in repr(shared.login)


def test_the_command_makes_roles_and_a_login(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PPKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PPKIT_LEDGER_URL", postgres_url)
    login = urlsplit(postgres_url).path.lstrip("/") + "_learners_command"
    assert run(["ledger", "roles", "--learner", login, "--tag", MINE, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["login"], told["tag"], told["turn_is_protected"]) == (login, MINE, True)
    with connect(postgres_url) as owner:
        rights = "SELECT has_table_privilege(%s, 'ppkit.class_progress', 'INSERT')"
        assert owner.execute(rights, (told["gateways"],)).fetchone() == (True,)
    session().ledger.close()
    made = Shared(
        postgres_url,
        LedgerRoles(told["gateways"], told["learners"], turn_is_protected=True),
        NewLogin(login, MINE, told["password"]),
    )
    with made.as_learner() as learner:
        assert learner.execute("SELECT count(*) FROM ppkit.entry").fetchone() == (0,)
    drop(made)


def test_a_ledger_in_a_file_has_no_roles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PPKIT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PPKIT_LEDGER_URL", raising=False)
    assert run(["ledger", "roles", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "roles_need_server"
