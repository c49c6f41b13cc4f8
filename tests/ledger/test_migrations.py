"""The schema's history: from every earlier version to the present one, wholly or not at all."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.spending.ledger import Ledger, Totals, migrations, open_ledger
from ppkit.spending.ledger.migrations import migrate, statements
from ppkit.spending.usage import Usage

from .examples import call, usd

ALL_OF_THEM = migrations.migrations()
LATEST = len(ALL_OF_THEM)


def database(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def version_of(path: Path) -> int:
    connection = database(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(version)


# What the ppkit of each version wrote for one call settled and one under way, as far as its schema tells.
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
BOOKS = (
    dict.fromkeys((1, 2, 3, 4), BOOKS_BEFORE_5)
    | {5: BOOKS_5}
    | {
        6: BOOKS_5.replace(" 0, 1)", " 0, 10000000000, 0, 0, 1)").replace(
            "100, 50, 10000000000)", "100, 50, 10000000000, 0, 10000000000, 0, 0)"
        )
    }
)


def ledger_of_version(path: Path, version: int) -> None:
    """A file as the ppkit of that time left it."""
    connection = database(path)
    connection.execute("PRAGMA journal_mode = wal")
    migrate(connection, str(path), up_to=version)
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
    migrate(connection, str(path), up_to=5)
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


def test_a_migration_that_fails_leaves_the_version_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.sqlite3"
    connection = database(path)
    migrate(connection, str(path))
    broken = (*ALL_OF_THEM, "CREATE TABLE half (x);\nCREATE TABLE entry (x);\n")
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
