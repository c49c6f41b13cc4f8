"""The PostgreSQL server itself: what it may be set to, how it may fail, and what is left when it does."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from postgres_server import PostgresServer, ServerMissing, binaries, connect, free_port, new_database

from ppkit.clock import ManualClock, SystemClock
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Call, Ledger, LedgerError, Totals, open_ledger
from ppkit.spending.ledger.postgres import migrations, store

from .examples import USAGE, call, on_postgres, usd
from .test_storms import Heard, judge, passed_limits, storm, watch_limits

pytestmark = pytest.mark.processes

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "ledger-on-postgresql.md"
PASSWORD = "pass" + "word-" + "CANARY" * 3


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server of the test's own, to be stopped and started, which writes everything to its disk."""
    try:
        server = PostgresServer(settings={})
    except ServerMissing as missing:
        pytest.skip(f"PostgreSQL not found here: {missing}")
    yield server
    server.close()


def refusal(url: str, clock: ManualClock) -> LedgerError:
    """What opening and using the ledger raises: an error of ours that does not hold the password."""
    with pytest.raises(LedgerError) as refused, closing(open_ledger(url, clock)) as ledger:
        ledger.reserve(call("a"), Money(1))
    error: BaseException | None = refused.value
    while error is not None:
        assert PASSWORD not in f"{error!r} {error}"
        error = error.__cause__
    parts = urlsplit(url)
    assert refused.value.facts["path"] == f"{parts.scheme}://{parts.hostname}:{parts.port}{parts.path}"
    return refused.value


# How a database may be set up.


def test_reports_are_sorted_alike_whatever_language_the_database_speaks(
    postgres_server_url: str, clock: ManualClock
) -> None:
    try:
        with new_database(
            postgres_server_url, "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'it-IT'"
        ) as url:
            ledger = open_ledger(url, clock)
            for number, name in enumerate(("b", "a", "B", "à", "-a", "…")):
                ledger.reserve(call(f"c{number}", model=name, client=name), Money(1))
                ledger.settle(f"c{number}", Money(1))
            for by in ("model", "tag:client"):
                assert [row[by] for row in ledger.report(by)] == ["-a", "B", "a", "b", "à", "…"]
            ledger.close()
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("this PostgreSQL was built without ICU")


@pytest.mark.parametrize(
    "setting",
    [
        "default_transaction_isolation = 'serializable'",
        "default_transaction_isolation = 'repeatable read'",
        "timezone = 'Pacific/Auckland'",
        "datestyle = 'German'",
        "synchronous_commit = off",
        "bytea_output = 'escape'",
        "search_path = 'app, public'",
    ],
)
@on_postgres
def test_whatever_a_database_is_set_to_the_rules_hold(ledger_url: str, setting: str) -> None:
    name = urlsplit(ledger_url).path.lstrip("/")
    with connect(ledger_url) as server:
        server.execute(f"ALTER DATABASE {name} SET {setting}".encode())
    ledger = open_ledger(ledger_url, SystemClock())
    watch_limits(ledger_url)
    Budget(ledger).set(hard=Money(30))
    heard = storm(ledger_url, "--unit", "3", "--processes", "4")
    judge(ledger, ledger_url, heard)
    assert (heard.words["settle"], dict(heard.troubles)) == (10, {})
    ledger.close()


@on_postgres
def test_two_ledgers_live_in_two_schemas_of_one_database(ledger_url: str, clock: ManualClock) -> None:
    with connect(ledger_url) as server:
        for schema in ("one", "two"):
            server.execute(f"CREATE SCHEMA {schema}".encode())
    ledgers = [
        open_ledger(f"{ledger_url}?options=-csearch_path%3D{schema}", clock) for schema in ("one", "two")
    ]
    ledgers[0].reserve(call("a"), usd("1"))
    ledgers[1].reserve(call("a"), usd("2"))
    assert [ledger.totals().reserved for ledger in ledgers] == [usd("1"), usd("2")]
    for ledger in ledgers:
        ledger.close()


@on_postgres
def test_somebody_elses_tables_are_left_alone(ledger_url: str, clock: ManualClock) -> None:
    with connect(ledger_url) as server:
        server.execute("CREATE SCHEMA ppkit")
        server.execute("CREATE TABLE ppkit.month (name TEXT)")
    assert refusal(ledger_url, clock).code == "not_a_ledger"
    with connect(ledger_url) as server:
        found = server.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'ppkit'"
        )
        assert found.fetchall() == [("month",)]


@on_postgres
def test_the_ledger_keeps_to_a_schema_of_its_own(ledger: Ledger, ledger_url: str) -> None:
    ledger.reserve(call("a"), usd("1"))
    with connect(ledger_url) as server:
        found = server.execute("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename = 'entry'")
        assert found.fetchall() == [("ppkit",)]


@on_postgres
def test_many_processes_may_open_a_new_ledger_at_once(ledger_url: str) -> None:
    heard = storm(ledger_url, "--threads", "1", "--unit", "1")
    assert (heard.words["settle"], dict(heard.troubles)) == (8, {})


@on_postgres
@pytest.mark.parametrize("has_schema", [True, False])
def test_a_first_start_that_waits_for_another_finds_the_tables_made(
    ledger_url: str, has_schema: bool
) -> None:
    found: list[int] = []

    def start() -> None:
        with closing(connect(ledger_url)) as second:
            second.autocommit = True
            second.execute("SET search_path = ppkit")
            migrations.migrate(second, "ppkit", "the test's")
            found.append(migrations.version_of(second))

    waiting = """
SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"""
    with closing(connect(ledger_url)) as first:
        first.autocommit = True
        if has_schema:
            first.execute("CREATE SCHEMA ppkit")
        first.execute("SET search_path = ppkit")
        with first.transaction():
            first.execute(migrations.TURN if has_schema else "SELECT pg_advisory_xact_lock(1886415980)")
            starting = threading.Thread(target=start)
            starting.start()
            while first.execute(waiting).fetchone() != (1,):
                assert starting.is_alive()
            migrations.migrate(first, "ppkit", "the test's")
        starting.join(20)
    assert found == [len(migrations.migrations())]


# Who may do what.


@on_postgres
def test_entries_can_neither_be_changed_nor_deleted(ledger: Ledger, ledger_url: str) -> None:
    ledger.reserve(call("a"), Money(1))
    ledger.settle("a", Money(1))
    with connect(ledger_url) as server:
        for forbidden in ("UPDATE entry SET pico_usd = 0", "DELETE FROM entry", "TRUNCATE entry"):
            with pytest.raises(psycopg.Error, match="never"):
                server.execute(forbidden.encode())


@on_postgres
def test_a_wrong_password_is_told_without_it(ledger_url: str, clock: ManualClock) -> None:
    parts = urlsplit(ledger_url)
    url = f"{parts.scheme}://{parts.username}:{PASSWORD}@{parts.hostname}:{parts.port}{parts.path}"
    assert refusal(url, clock).code == "ledger_access_denied"


@on_postgres
def test_a_database_that_does_not_exist_is_named(ledger_url: str, clock: ManualClock) -> None:
    url = urlsplit(ledger_url)._replace(path="/no_such_database").geturl()
    assert refusal(url, clock).code == "ledger_database_missing"


def test_nobody_at_the_address_is_told_without_the_password(clock: ManualClock) -> None:
    url = f"postgresql+psycopg://anna:{PASSWORD}@127.0.0.1:{free_port()}/class"
    assert refusal(url, clock).code == "ledger_unreachable"


@on_postgres
def test_a_database_that_may_only_be_read_is_named(ledger_url: str, clock: ManualClock) -> None:
    open_ledger(ledger_url, clock).close()
    name = urlsplit(ledger_url).path.lstrip("/")
    with connect(ledger_url) as server:
        server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    assert refusal(ledger_url, clock).code != "ledger_unreachable"


@on_postgres
def test_a_user_without_rights_is_told_so(ledger_url: str, clock: ManualClock) -> None:
    open_ledger(ledger_url, clock).close()
    parts = urlsplit(ledger_url)
    name = f"stranger_{os.getpid()}"
    with connect(ledger_url) as server:
        server.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'".encode())
        try:
            url = f"{parts.scheme}://{name}:{PASSWORD}@{parts.hostname}:{parts.port}{parts.path}"
            assert refusal(url, clock).code == "ledger_access_denied"
        finally:
            server.execute(f"DROP ROLE {name}".encode())


@on_postgres
@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_a_text_that_no_database_can_hold_is_refused_in_words_of_ours(ledger: Ledger, text: str) -> None:
    """SQLite takes the one and refuses the other; here neither may look like a fault of the server's."""
    before = ledger.totals()
    with pytest.raises((LedgerError, ValueError)) as refused:
        ledger.reserve(call("a", model=text), Money(1))
    assert not isinstance(refused.value, psycopg.Error)
    assert ledger.totals() == before
    ledger.reserve(call("b"), Money(1))


# A connection that breaks, a server that goes away.


def cut_all_connections(url: str) -> None:
    with connect(url) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@on_postgres
def test_a_connection_that_was_cut_between_two_calls_is_made_anew(ledger: Ledger, ledger_url: str) -> None:
    ledger.reserve(call("a"), usd("0.10"))
    cut_all_connections(ledger_url)
    ledger.settle("a", usd("0.10"))
    cut_all_connections(ledger_url)
    assert ledger.totals() == Totals(usd("0.10"), Money(0), 1, Money(0))
    cut_all_connections(ledger_url)
    ledger.reserve(call("b"), usd("0.10"))


@on_postgres
@pytest.mark.parametrize("last_word", [*store.ENDED_BY_SERVER, psycopg.OperationalError])
def test_a_commit_that_was_answered_with_the_servers_end_is_not_done_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, last_word: type[psycopg.Error]
) -> None:
    """A server that is told to end says so right behind its last answer; the connection looks whole still."""
    run, words = store.PostgresStore._run, [last_word("the server says that it ends")]

    def run_and_hear(self: store.PostgresStore, *arguments: Any) -> None:
        run(self, *arguments)  # the last argument knows by now that the commit was asked for
        if words:
            raise words.pop()

    monkeypatch.setattr(store.PostgresStore, "_run", run_and_hear)
    ledger.reserve(call("a"), Money(5))
    assert not words
    assert ledger.totals().reserved == Money(5)


@pytest.mark.parametrize("how", ["fast", "crash"])
def test_a_ledger_is_served_again_after_its_server_was(
    own_server: PostgresServer, clock: ManualClock, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "RECONNECT_SECONDS", 0.3)
    with new_database(own_server.url) as url, closing(open_ledger(url, clock)) as ledger:
        ledger.reserve(call("a"), usd("0.10"))
        own_server.stop(signal.SIGINT if how == "fast" else signal.SIGQUIT)
        with pytest.raises(LedgerError) as refused:
            ledger.reserve(call("b"), usd("0.10"))
        assert refused.value.code == "ledger_unreachable"
        own_server.start()
        ledger.settle("a", usd("0.10"), USAGE)
        ledger.reserve(call("b"), usd("0.10"))
        assert ledger.totals() == Totals(usd("0.10"), usd("0.10"), 1, Money(0))
        assert ledger.audit() == []
        ledger.close()


def test_a_server_restarted_in_the_middle_of_a_storm_loses_nothing_and_counts_nothing_twice(
    own_server: PostgresServer,
) -> None:
    restarts = [(40, signal.SIGINT), (160, signal.SIGQUIT), (280, signal.SIGINT), (400, signal.SIGQUIT)]

    def restart(heard: Heard) -> None:
        if restarts and heard.words["reserved"] >= restarts[0][0]:
            own_server.restart(restarts.pop(0)[1])

    with new_database(own_server.url) as url, closing(open_ledger(url, SystemClock())) as ledger:
        watch_limits(url)
        budget = Budget(ledger)
        budget.set(hard=Money(1_000_000))
        budget.set(hard=Money(900), tag="student=3")
        heard = storm(url, "--calls", "8", "--seed", "5", meanwhile=restart)
        assert restarts == []
        judge(ledger, url, heard)
        assert set(heard.troubles) <= {"ledger_unreachable"}  # most often all are served, once it is back
        # Every call has ended, since the callers tried again: no reservation is left, none was lost.
        assert ledger.totals().calls == heard.words["settle"] + heard.words["give_up"]
        assert passed_limits(url) == []
        ledger.close()


@on_postgres
def test_callers_of_one_process_share_few_connections(ledger: Ledger, ledger_url: str) -> None:
    def call_often(thread: int) -> None:
        for number in range(5):
            ledger.reserve(call(f"{thread}-{number}"), Money(1))
            ledger.settle(f"{thread}-{number}", Money(1))
            ledger.totals()

    crowd = [threading.Thread(target=call_often, args=(thread,)) for thread in range(16)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    with connect(ledger_url) as server:
        row = server.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    assert row is not None
    assert row[0] <= 4
    assert ledger.totals().spent == Money(80)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@on_postgres
def test_a_forked_child_and_its_parent_write_to_the_same_books(ledger: Ledger) -> None:
    ledger.reserve(call("before"), Money(1))
    child = os.fork()
    if child == 0:
        code = 1
        try:
            ledger.reserve(call("child"), Money(10))
            ledger.settle("child", Money(10))
            ledger.close()
            code = 0
        finally:
            os._exit(code)
    ledger.reserve(call("parent"), Money(100))
    assert os.waitpid(child, 0)[1] == 0
    ledger.settle("parent", Money(100))
    ledger.settle("before", Money(1))
    assert ledger.totals().spent == Money(111)


# What the documentation promises.


@on_postgres
def test_a_backup_as_documented_is_restored_with_every_pico_dollar(
    ledger: Ledger, ledger_url: str, postgres_server_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    try:
        folder = binaries()
    except ServerMissing as missing:
        pytest.skip(f"pg_dump not found here: {missing}")
    Budget(ledger).set(soft="0.01", hard="5")
    for number in range(20):
        ledger.reserve(Call(f"c{number}", "m", "…WXYZ", "chat", {"client": "a"}), usd("0.02"))
        ledger.settle(f"c{number}", usd("0.01"), USAGE)
    ledger.reserve(call("open"), usd("0.5"))
    with new_database(postgres_server_url) as restored:
        for program, address in (("pg_dump", ledger_url), ("pg_restore", restored)):
            (line,) = re.findall(rf"^{program} .*", DOCUMENTATION.read_text("utf-8"), re.MULTILINE)
            line = re.sub(r"postgresql://[^' ]+", address.replace("+psycopg", ""), line)
            subprocess.run([folder / program, *shlex.split(line)[1:]], cwd=tmp_path, check=True)
        with closing(open_ledger(restored, clock)) as copy:
            assert copy.audit() == []
            assert copy.totals() == ledger.totals()
            assert Budget(copy).all() == Budget(ledger).all()
            assert [copy.entry(f"c{number}") for number in range(20)] == [
                ledger.entry(f"c{number}") for number in range(20)
            ]
            copy.settle("open", usd("0.4"))
