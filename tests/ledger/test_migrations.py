"""The schema's history: from every earlier version to the present one, wholly or not at all."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from postgres_server import connect

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.schema_steps import SchemaStep
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import DuplicateCall, Ledger, Limits, Totals, open_ledger
from ppkit.spending.ledger.sqlite import migrations
from ppkit.spending.ledger.sqlite.migrations import migrate
from ppkit.spending.usage import Usage
from ppkit.sqlite_schema import statements

from .examples import call, on_postgres, usd

ALL_OF_THEM = migrations.migrations()
LATEST = len(ALL_OF_THEM)


def database(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def version_of(path: Path) -> int:
    connection = database(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(version)


# What the ppkit of each version wrote for one call settled and one under way, as far as its schema shows.
BOOKS_BEFORE_5 = """
INSERT INTO entry (call_id, kind, at, pico_usd, model, key, endpoint, tags) VALUES
  ('settled', 'reserve', :at, 20000000000, 'gpt-5.2', '…WXYZ', 'responses', '{"client":"a"}'),
  ('under way', 'reserve', :at, 50000000000, 'gpt-5.2', '…WXYZ', 'responses', '{}');
INSERT INTO entry (call_id, kind, at, pico_usd, mark, usage) VALUES
  ('settled', 'settle', :at, 10000000000, 'estimated', '{"input_tokens":100,"output_tokens":50}');
INSERT INTO open_reservation VALUES
  ('under way', '2026-11', '2026-11-23', 50000000000, 'gpt-5.2', '…WXYZ', '{}', 'machine/1/1',
   '2026-11-23T12:15:00.000000+00:00');
INSERT INTO month VALUES ('2026-11', 'all', 10000000000, 50000000000, 0, 1),
  ('2026-11', 'key:…WXYZ', 10000000000, 50000000000, 0, 1), ('2026-11', 'tag:client=a', 10000000000, 0, 0, 1);
INSERT INTO daily VALUES ('2026-11-23', 'gpt-5.2', '…WXYZ', '{"client":"a"}', 1, 100, 50, 10000000000);
"""
BOOKS_5 = (
    BOOKS_BEFORE_5.replace("(call_id, kind", "(call_id, ends, kind")
    .replace("'reserve',", "0, 'reserve',")
    .replace("'settle',", "1, 'settle',")
)
BOOKS_6 = BOOKS_5.replace(" 0, 1)", " 0, 10000000000, 0, 0, 1)").replace(
    "100, 50, 10000000000)", "100, 50, 10000000000, 0, 10000000000, 0, 0)"
)
BOOKS_7 = """
INSERT INTO reservation VALUES ('under way', :at, 50000000000, 'gpt-5.2', '…WXYZ', 'responses', '{}',
  'machine/1/1', '2026-11-23T12:15:00.000000+00:00');
INSERT INTO entry VALUES ('settled', 1, 'settle', :at, 10000000000, 'estimated', NULL,
  '{"input_tokens":100,"output_tokens":50}', NULL, NULL, :at, 20000000000, 'gpt-5.2', '…WXYZ', 'responses',
  '{"client":"a"}');
""" + BOOKS_6[BOOKS_6.index("INSERT INTO month") :]
BOOKS_9 = (
    BOOKS_7[: BOOKS_7.index("INSERT INTO entry")]
    + """
INSERT INTO series VALUES (1, 'gpt-5.2', '…WXYZ', 'responses', '{"client":"a"}');
INSERT INTO entry VALUES ('settled', 1, 'settle', 1795435200000000, 10000000000, 'estimated', NULL,
  '{"input_tokens":100,"output_tokens":50}', NULL, NULL, 1795435200000000, 20000000000, 1);
INSERT INTO rollup
SELECT column1, column2, 1, 100, 50, 0, 0, 0, 0, 0, 0, 0, 10000000000, 0, 10000000000, 0, 0
FROM (VALUES (2026112312, 1), (20261123, 1), (20261123, 0), (202611, 1));
"""
    + BOOKS_6[BOOKS_6.index("INSERT INTO month") : BOOKS_6.index("INSERT INTO daily")]
)
BOOKS_11 = BOOKS_9.replace("INTO month", "INTO scope_sum").replace(
    "15:00.000000+00:00')", "15:00.000000+00:00', 0)"
)
BOOKS = dict.fromkeys((1, 2, 3, 4), BOOKS_BEFORE_5) | {
    5: BOOKS_5,
    6: BOOKS_6,
    7: BOOKS_7,
    8: BOOKS_7,
    9: BOOKS_9,
    10: BOOKS_9,
    11: BOOKS_11,
    12: BOOKS_11,
}


def ledger_of_version(path: Path, version: int) -> None:
    """A file as the ppkit of that time left it."""
    connection = database(path)
    connection.execute("PRAGMA journal_mode = wal")
    migrate(connection, str(path), target=version)
    for statement in statements(BOOKS[version]):
        connection.execute(statement, {"at": "2026-11-23T12:00:00.000000+00:00"})
    connection.close()


@pytest.mark.parametrize("version", range(1, LATEST + 1))
def test_a_ledger_of_any_earlier_version_is_brought_up_to_date_with_its_books(
    tmp_path: Path, clock: ManualClock, version: int
) -> None:
    path = tmp_path / "ledger.sqlite3"
    ledger_of_version(path, version)
    assert version_of(path) == version
    ledger = open_ledger(f"sqlite:///{path}", clock)
    assert version_of(path) == LATEST
    entry = ledger.entry("settled")
    assert (entry.cost, entry.mark, entry.usage) == (usd("0.01"), "estimated", Usage(100, 50))
    assert entry.call == call("settled", client="a")
    ledger.settle("under way", usd("0.03"))
    assert ledger.totals().spent == usd("0.04")
    assert ledger.audit() == []
    ledger.close()


UNCERTAIN_BOOKS = """
INSERT INTO entry (call_id, ends, kind, at, pico_usd, model, key, endpoint, tags) VALUES
  ('lost', 0, 'reserve', :at, 700, 'gpt-5.2', '…WXYZ', 'responses', '{"client":"a","lesson":"1"}'),
  ('at ceiling', 0, 'reserve', :at, 40, 'gpt-5.2', '…WXYZ', 'responses', '{"client":"a","lesson":"1"}'),
  ('over', 0, 'reserve', :at, 5, 'gpt-5.2', '…WXYZ', 'responses', '{"client":"b"}'),
  ('sure', 0, 'reserve', :at, 3, 'gpt-5.2', '…WXYZ', 'responses', '{"client":"b"}');
INSERT INTO entry (call_id, ends, kind, at, pico_usd, mark) VALUES
  ('lost', 1, 'expire', :at, 700, 'unknown'), ('at ceiling', 1, 'settle', :at, 40, 'ceiling'),
  ('over', 1, 'settle', :at, 9, 'overrun'), ('sure', 1, 'settle', :at, 2, NULL);
INSERT INTO month VALUES ('2026-11', 'all', 751, 0, 740, 4), ('2026-11', 'key:…WXYZ', 751, 0, 740, 4),
  ('2026-11', 'tag:client=a', 740, 0, 740, 2), ('2026-11', 'tag:lesson=1', 740, 0, 740, 2),
  ('2026-11', 'tag:client=b', 11, 0, 0, 2);
INSERT INTO daily VALUES
  ('2026-11-23', 'gpt-5.2', '…WXYZ', '{"client":"a","lesson":"1"}', 2, 0, 0, 740),
  ('2026-11-23', 'gpt-5.2', '…WXYZ', '{"client":"b"}', 2, 0, 0, 11);
"""


def test_what_is_uncertain_is_taken_out_of_the_money_spent_of_an_earlier_version(
    tmp_path: Path, clock: ManualClock
) -> None:
    path = tmp_path / "ledger.sqlite3"
    connection = database(path)
    migrate(connection, str(path), target=5)
    for statement in statements(UNCERTAIN_BOOKS):
        connection.execute(statement, {"at": "2026-11-23T12:00:00.000000+00:00"})
    connection.close()
    ledger = open_ledger(f"sqlite:///{path}", clock)
    assert ledger.audit() == []
    assert ledger.totals() == Totals(Money(51), Money(0), 4, Money(700), ceiling=Money(40), overrun=Money(9))
    assert ledger.totals(scope="tag:lesson=1").uncertain == Money(700)
    assert [(one.call.id, one.at_most, one.why) for one in ledger.uncertain()] == [
        ("lost", Money(700), "time_over")
    ]
    assert [row["cost_pico_usd"] for row in ledger.report("tag:client")] == [40, 11]
    ledger.resolve("lost", by="ada", why="not on the bill")
    assert ledger.totals().counted == Money(51)
    assert ledger.audit() == []
    ledger.close()


# All that version 6 could write, one call of each kind: settled with every mark, released, expired, corrected
# once and twice, in flight for a process and for the platform; sums as that version kept them.
EVERY_KIND_OF_6 = """
INSERT INTO entry (call_id, ends, kind, at, pico_usd, model, key, endpoint, tags) VALUES
  ('sure', 0, 'reserve', :at, 9, 'm', '…WXYZ', 'chat', '{"client":"a","lesson":"1"}'),
  ('about', 0, 'reserve', :at, 9, 'm', '…WXYZ', 'chat', '{}'),
  ('most', 0, 'reserve', :at, 9, 'm', '…OTHR', 'responses', '{}'),
  ('over', 0, 'reserve', :at, 9, 'm2', '…WXYZ', 'images', '{"client":"b"}'),
  ('free', 0, 'reserve', :at, 9, 'm', '…WXYZ', 'chat', '{"client":"only released"}'),
  ('lost', 0, 'reserve', :at, 9223372036854775, 'm', '…WXYZ', 'chat', '{}'),
  ('resolved', 0, 'reserve', :at, 9, 'm', '…WXYZ', 'chat', '{"client":"a"}'),
  ('twice', 0, 'reserve', :at, 9, 'm', '…WXYZ', 'chat', '{}'),
  ('ours', 0, 'reserve', :at, 9, 'm', '…WXYZ', 'chat', '{"client":"a"}'),
  ('background', 0, 'reserve', :at, 9, 'm', '…WXYZ', 'responses', '{}');
INSERT INTO entry (call_id, ends, kind, at, pico_usd, mark, cost_parts, usage, author, why) VALUES
  ('sure', 1, 'settle', :at, 4, NULL, '{"output":4}', '{"input_tokens":1,"output_tokens":2}', NULL, NULL),
  ('about', 1, 'settle', :at, 5, 'estimated', NULL, NULL, NULL, NULL),
  ('most', 1, 'settle', :at, 9, 'ceiling', NULL, NULL, NULL, NULL),
  ('over', 1, 'settle', :at, 11, 'overrun', NULL, NULL, NULL, NULL),
  ('free', 1, 'release', :at, 0, NULL, NULL, NULL, NULL, NULL),
  ('lost', 1, 'expire', :at, 9223372036854775, 'uncertain', NULL, NULL, NULL, 'process_gone'),
  ('resolved', 1, 'expire', :at, 9, 'uncertain', NULL, NULL, NULL, 'no_answer'),
  ('resolved', 2, 'adjust', :at, 3, NULL, NULL, NULL, 'ada', 'the bill'),
  ('twice', 1, 'settle', :at, 9, 'ceiling', NULL, NULL, NULL, NULL),
  ('twice', 2, 'adjust', :at, 7, 'estimated', NULL, NULL, 'platform', 'retrieved'),
  ('twice', 3, 'adjust', :at, 6, NULL, NULL, '{"input_tokens":5,"output_tokens":6}', 'platform', 'again');
INSERT INTO open_reservation VALUES
  ('ours', '2026-11', '2026-11-23', 9, 'm', '…WXYZ', '{"client":"a"}', 'machine/1/1',
   '2026-11-23T12:15:00.000000+00:00'),
  ('background', '2026-11', '2026-11-23', 9, 'm', '…WXYZ', '{}', '//', '2026-11-24T12:15:00.000000+00:00');
INSERT INTO month VALUES
  ('2026-11', 'all', 38, 18, 9223372036854775, 5, 9, 11, 7),
  ('2026-11', 'key:…WXYZ', 29, 18, 9223372036854775, 5, 0, 11, 6),
  ('2026-11', 'key:…OTHR', 9, 0, 0, 0, 9, 0, 1),
  ('2026-11', 'tag:client=a', 7, 9, 0, 0, 0, 0, 2), ('2026-11', 'tag:lesson=1', 4, 0, 0, 0, 0, 0, 1),
  ('2026-11', 'tag:client=b', 11, 0, 0, 0, 0, 11, 1),
  ('2026-11', 'tag:client=only released', 0, 0, 0, 0, 0, 0, 0);
INSERT INTO daily VALUES
  ('2026-11-23', 'm', '…WXYZ', '{"client":"a","lesson":"1"}', 1, 1, 2, 4, 0, 0, 0, 0),
  ('2026-11-23', 'm', '…WXYZ', '{}', 3, 5, 6, 11, 9223372036854775, 5, 0, 0),
  ('2026-11-23', 'm', '…OTHR', '{}', 1, 0, 0, 9, 0, 0, 9, 0),
  ('2026-11-23', 'm2', '…WXYZ', '{"client":"b"}', 1, 0, 0, 11, 0, 0, 0, 11),
  ('2026-11-23', 'm', '…WXYZ', '{"client":"a"}', 1, 0, 0, 3, 0, 0, 0, 0);
INSERT INTO uncertain_call VALUES ('lost');
INSERT INTO answer VALUES ('resp_1', 'background', '{}');
"""


def test_every_kind_of_entry_of_version_6_is_taken_over_to_the_last_pico_dollar(
    tmp_path: Path, clock: ManualClock
) -> None:
    path = tmp_path / "ledger.sqlite3"
    connection = database(path)
    migrate(connection, str(path), target=6)
    for statement in statements(EVERY_KIND_OF_6):
        connection.execute(statement, {"at": "2026-11-23T12:00:00.000000+00:00"})
    connection.close()
    ledger = open_ledger(f"sqlite:///{path}", clock)
    assert ledger.audit() == []
    assert ledger.totals() == Totals(
        Money(38),
        Money(18),
        7,
        Money(9223372036854775),
        estimated=Money(5),
        ceiling=Money(9),
        overrun=Money(11),
    )
    entries = {call_id: ledger.entry(call_id) for call_id in KINDS_OF_6}
    assert {call_id: (one.state, one.cost, one.mark) for call_id, one in entries.items()} == KINDS_OF_6
    assert entries["sure"].cost_parts == {"output": Money(4)}
    assert [(each.by, each.cost) for each in entries["twice"].adjustments] == [
        ("platform", Money(7)),
        ("platform", Money(6)),
    ]
    found = ledger.awaited("resp_1")
    assert found is not None
    assert found[0] == entries["background"]
    clock.advance(timedelta(minutes=16))
    assert ledger.expire() == 1  # the process's, not the platform's
    with pytest.raises(DuplicateCall):
        ledger.reserve(call("free"), Money(1))
    assert ledger.audit() == []
    ledger.close()


KINDS_OF_6 = {
    "sure": ("settled", Money(4), None),
    "about": ("settled", Money(5), "estimated"),
    "most": ("settled", Money(9), "ceiling"),
    "over": ("settled", Money(11), "overrun"),
    "free": ("released", Money(0), None),
    "lost": ("expired", Money(9223372036854775), "uncertain"),
    "resolved": ("settled", Money(3), None),
    "twice": ("settled", Money(6), None),
    "ours": ("reserved", None, None),
    "background": ("reserved", None, None),
}


def spend_with_every_ending(ledger: Ledger) -> None:
    """Books with whatever a version can hold: endings, a correction, calls in flight, limits, two keys."""
    keys = ["", *(ledger.fingerprint_of("sk-" + letters * 8 + "WXYZ") for letters in ("CANARY", "SPARRO"))]
    for number, fingerprint in enumerate(keys):
        for ending in ("settle", "release", "give up", "correct", "leave"):
            one = replace(call(f"{ending} {number}", client="a"), fingerprint=fingerprint)
            ledger.reserve(one, usd("1"))
            if ending == "release":
                ledger.release(one.id)
            elif ending == "give up":
                ledger.give_up(one.id)
            elif ending != "leave":
                ledger.settle(one.id, usd("0.5"), Usage(10, 5), mark="estimated")
        ledger.resolve(f"correct {number}", usd("0.25"), by="ada", why="the bill")
    budget = Budget(ledger)
    budget.set(hard="90", key="sk-" + "CANARY" * 8 + "WXYZ")
    budget.set(soft="70", hard="80", key="sk-" + "SPARRO" * 8 + "WXYZ")


def books_of(ledger: Ledger) -> tuple[object, ...]:
    """What must not change on a way down and up again: sums, reports, each call without its fingerprint."""
    calls = [
        f"{ending} {number}" for ending in ("settle", "give up", "correct", "leave") for number in range(3)
    ]
    entries = [ledger.entry(call_id) for call_id in calls]
    return (
        ledger.totals(),
        ledger.totals(scope="key:…WXYZ"),
        ledger.report(("day", "model", "tag:client")).rows,
        [replace(entry, call=replace(entry.call, fingerprint="")) for entry in entries],
        ledger.uncertain()[0].at_most,
    )


def test_the_ledger_goes_down_to_each_version_that_a_way_leads_to_and_up_again_with_its_books(
    ledger_url: str, clock: ManualClock
) -> None:
    ledger = open_ledger(ledger_url, clock)
    spend_with_every_ending(ledger)
    before, limits = books_of(ledger), Budget(ledger).all()
    ledger.close()
    for target, knows_fingerprints in ways_down(ledger_url):
        ledger = open_ledger(ledger_url, clock)
        assert books_of(ledger) == before, target
        assert ledger.audit() == []
        by_end = {"key:…WXYZ": Limits(usd("70"), usd("80"))}
        assert Budget(ledger).all() == (limits if knows_fingerprints else by_end)
        ledger.close()


def test_on_the_way_down_a_limit_of_a_day_or_in_total_becomes_one_a_month(
    ledger_url: str, clock: ManualClock
) -> None:
    ledger = open_ledger(ledger_url, clock)
    budget = Budget(ledger)
    budget.set(["50%", "80%"], "10", by="ada")
    budget.set("1", "2", period="day")
    budget.set("9", period="total", tag="client=a")
    budget.set(hard="3", period="day", tag="client=b", why="a trial", by="ada")
    ledger.reserve(call("settled", client="a"), usd("9"), at_least=Money(1))
    ledger.reserve(call("under way", key="…OTHR", client="c"), Money(0))
    ledger.settle("settled", usd("9"))
    assert [alert.scope for alert in ledger.pending_alerts()] == ["all", "all", "all", "tag:client=a"]
    ledger.close()
    ways = ways_down(ledger_url)
    next(ways), next(ways)  # the second one knows limits by month alone
    ledger = open_ledger(ledger_url, clock)
    budget = Budget(ledger)
    assert (budget.all("day"), budget.all("total")) == ({}, {})
    assert budget.all() == {
        "all": Limits(usd("1"), usd("2")),
        "tag:client=a": Limits(usd("9")),
        "tag:client=b": Limits(hard=usd("3")),
    }
    set_then, *by_the_way_down = budget.changes()
    assert (set_then.scope, set_then.limits.hard, set_then.by == "ppkit") == ("all", usd("10"), False)
    assert {change.scope: change.limits for change in by_the_way_down} == budget.all()
    assert {(change.by, change.period, bool(change.why)) for change in by_the_way_down} == {
        ("ppkit", "month", True)
    }
    assert len({change.at.tzinfo for change in by_the_way_down}) == 1
    assert [alert.period for alert in ledger.pending_alerts()] == ["2026-11", "2026-11"]
    ledger.settle("under way", Money(0))
    assert ledger.audit() == []
    budget.set(hard="1", period="day", tag="client=c")  # what was changed there is no hindrance here
    ledger.close()


def ways_down(url: str) -> Iterator[tuple[int, bool]]:
    """Takes the books down to one version after the other; each time they are brought up when opened.

    Yields the version, and whether it tells keys with the same end apart.
    """
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        for target in reversed(range(6, LATEST)):
            with closing(database(path)) as connection:
                migrate(connection, str(path), target)
            assert version_of(path) == target
            yield target, target >= 8
        return
    from ppkit.spending.ledger.postgres import migrations as postgres  # only where there is a driver

    for target in reversed(range(1, len(postgres.migrations()))):
        with connect(url) as connection:
            connection.execute("SET search_path = ppkit")
            postgres.migrate(connection, "ppkit", "the test's", target)
            assert postgres.version_of(connection) == target
        yield target, target >= 2


@on_postgres
def test_postgresql_goes_down_to_nothing_and_up_to_an_empty_ledger(
    ledger_url: str, clock: ManualClock
) -> None:
    from ppkit.spending.ledger.postgres import migrations as postgres  # only where there is a driver

    open_ledger(ledger_url, clock).close()
    with connect(ledger_url) as connection:
        connection.execute("SET search_path = ppkit")
        postgres.migrate(connection, "ppkit", "the test's", 0)
        left = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'ppkit'").fetchall()
    assert left == [("schema_version",)]
    ledger = open_ledger(ledger_url, clock)
    ledger.reserve(call("a"), Money(1))
    assert ledger.totals().reserved == Money(1)
    ledger.close()


def test_no_way_leads_back_to_a_version_that_cannot_hold_the_books(
    tmp_path: Path, clock: ManualClock
) -> None:
    path = tmp_path / "ledger.sqlite3"
    open_ledger(f"sqlite:///{path}", clock).close()
    with closing(database(path)) as connection, pytest.raises(ValueError, match="version 5"):
        migrate(connection, str(path), 5)
    assert version_of(path) == LATEST
    open_ledger(f"sqlite:///{path}", clock).close()
    assert version_of(path) == LATEST


def test_a_migration_that_fails_leaves_the_version_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.sqlite3"
    connection = database(path)
    migrate(connection, str(path))
    broken = (*ALL_OF_THEM, SchemaStep("CREATE TABLE half (x);\nCREATE TABLE entry (x);\n", None))
    monkeypatch.setattr(migrations, "migrations", lambda: broken)
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        migrate(connection, str(path))
    assert not connection.in_transaction
    assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'half'").fetchone() is None
    connection.close()
    assert version_of(path) == LATEST


def test_many_may_open_a_new_ledger_at_once(tmp_path: Path, clock: ManualClock) -> None:
    barrier, failures = threading.Barrier(8), list[Exception]()

    def open_and_reserve(number: int) -> None:
        barrier.wait()
        try:
            ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}", clock)
            ledger.reserve(call(f"c{number}"), Money(1))
            ledger.close()
        except Exception as error:
            failures.append(error)

    crowd = [threading.Thread(target=open_and_reserve, args=(number,)) for number in range(8)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert failures == []
    ledger: Ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}", clock)
    assert ledger.totals().reserved == Money(8)
    ledger.close()


def test_a_script_is_taken_apart_between_statements_only() -> None:
    script = "-- one; two\nCREATE TABLE a (x);\nCREATE TRIGGER t BEFORE DELETE ON a\nBEGIN SELECT 1; END;\n"
    assert [statement.strip()[-4:] for statement in statements(script)] == ["(x);", "END;"]
