"""The SQLite file itself: who may read it, what is left alone, a full disk, a fork, a deletion."""

from __future__ import annotations

import gc
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from ppkit.clock import ManualClock
from ppkit.footing import WEB_PAGE, standing_on
from ppkit.money import Money
from ppkit.spending.ledger import (
    Ledger,
    LedgerDamaged,
    LedgerError,
    LedgerFolderMissing,
    LedgerFull,
    LedgerLocked,
    LedgerNotWritable,
    LedgerTooNew,
    LedgerUnsupported,
    NotALedger,
    UnknownCall,
    open_ledger,
)
from ppkit.spending.ledger.posting import Posting, Sums
from ppkit.spending.ledger.sqlite import store as sqlite_store
from ppkit.spending.ledger.sqlite.store import SqliteStore

from .examples import USAGE, call, usd


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


@pytest.fixture
def opened(path: Path, clock: ManualClock) -> Iterator[Ledger]:
    ledger = open_ledger(f"sqlite:///{path}", clock)
    yield ledger
    ledger.close()


def refused(path: Path, clock: ManualClock, error: type[LedgerError]) -> LedgerError:
    """Opening is refused with this error, and the file stays as it is, byte for byte."""
    before = path.read_bytes()
    with pytest.raises(error) as refusal:
        open_ledger(f"sqlite:///{path}", clock)
    assert path.read_bytes() == before
    assert refusal.value.path == str(path)
    return refusal.value


def test_a_file_that_cannot_be_opened_leaves_nothing_to_be_closed(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        sqlite3.connect(tmp_path, factory=sqlite_store._SqliteConnection)
    gc.collect()  # what goes wrong there is a warning, and so an error


def test_only_its_owner_may_read_the_ledger(opened: Ledger, path: Path) -> None:
    opened.reserve(call("a"), Money(1))
    files = list(path.parent.iterdir())
    assert len(files) >= 3  # the ledger, its WAL, its lock
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_file_that_is_no_database_is_left_alone(path: Path, clock: ManualClock) -> None:
    path.write_text("my shopping list\n" * 200, encoding="utf-8")
    refused(path, clock, NotALedger)


def test_somebody_elses_database_is_left_alone(path: Path, clock: ManualClock) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    refused(path, clock, NotALedger)


def test_a_ledger_of_a_later_ppkit_is_left_alone(opened: Ledger, path: Path, clock: ManualClock) -> None:
    opened.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.execute("PRAGMA journal_mode = delete")
    connection.close()
    assert refused(path, clock, LedgerTooNew).facts["found"] == 99


def test_a_ledger_cut_short_is_called_damaged(opened: Ledger, path: Path, clock: ManualClock) -> None:
    for number in range(200):
        opened.reserve(call(f"c{number}"), Money(1))
    opened.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refused(path, clock, LedgerDamaged)


def test_a_ledger_with_a_page_written_over_is_called_damaged(
    opened: Ledger, path: Path, clock: ManualClock
) -> None:
    for number in range(200):
        opened.reserve(call(f"c{number}"), Money(1))
        opened.settle(f"c{number}", Money(1))
    opened.close()
    database = sqlite3.connect(path)
    roots = database.execute(
        "SELECT rootpage FROM sqlite_master WHERE name IN ('rollup', 'scope_sum')"
    ).fetchall()
    database.close()
    pages = bytearray(path.read_bytes())
    for (root,) in roots:
        pages[4096 * (root - 1) : 4096 * root] = b"\xff" * 4096
    path.write_bytes(pages)
    ledger = open_ledger(f"sqlite:///{path}", clock)
    with pytest.raises(LedgerDamaged):
        ledger.report(["model"])
    with pytest.raises(LedgerDamaged):
        ledger.reserve(call("one more"), Money(1))
    ledger.close()


def test_a_missing_folder_is_named(tmp_path: Path, clock: ManualClock) -> None:
    with pytest.raises(LedgerFolderMissing) as refusal:
        open_ledger(f"sqlite:///{tmp_path / 'nowhere' / 'ledger.sqlite3'}", clock)
    assert refusal.value.facts["folder"] == str(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, clock: ManualClock) -> None:
    with pytest.raises(LedgerNotWritable):
        open_ledger(f"sqlite:///{tmp_path}", clock)  # a folder where a file should be


@pytest.mark.parametrize(
    "url",
    ["mysql://me:secret@host/db", "postgresql+psycopg://me:se/cret@host/db", "sqlite:///", "ledger.db", ""],
)
def test_another_kind_of_ledger_is_refused_without_repeating_its_password(
    url: str, clock: ManualClock
) -> None:
    with pytest.raises(LedgerUnsupported) as refusal:
        open_ledger(url, clock)
    assert "cret" not in str(refusal.value)


def test_a_ledger_kept_locked_by_another_program_is_named(
    path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_store, "BUSY_TIMEOUT_SECONDS", 0.01)
    ledger = open_ledger(f"sqlite:///{path}", clock)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerLocked):
        ledger.reserve(call("a"), Money(1))
    other.execute("ROLLBACK")
    other.close()
    assert ledger.reserve(call("a"), Money(1)).in_full
    ledger.close()


# A full disk, imitated by SQLite's own bound on the file's size.


class SmallDisk(SqliteStore):
    """A store whose disk has room for a few pages only, until there is more."""

    pages = 60

    def _connect(self) -> sqlite3.Connection:
        connection = super()._connect()
        connection.execute(f"PRAGMA max_page_count = {self.pages}")
        return connection


def repeat_until_full(action: Callable[[int], object]) -> int:
    """How many times it went well."""
    for number in range(10_000):
        try:
            action(number)
        except LedgerFull:
            return number
    raise AssertionError("the disk never filled up")


@pytest.fixture
def cramped(path: Path, clock: ManualClock) -> Iterator[Ledger]:
    """A ledger on a disk that is just full; the calls "c0", "c1" … are reserved."""
    ledger = Ledger(SmallDisk(path), clock)
    assert repeat_until_full(lambda number: ledger.reserve(call(f"c{number}"), Money(1))) > 10
    yield ledger
    ledger.close()


def test_a_full_disk_refuses_a_call_and_leaves_nothing_of_it_behind(cramped: Ledger) -> None:
    before = cramped.totals()
    with pytest.raises(LedgerFull):
        cramped.reserve(call("x" * 5000), Money(1))
    assert cramped.totals() == before
    assert cramped.audit() == []


def test_what_a_full_disk_kept_from_being_settled_can_be_settled_later(
    cramped: Ledger, path: Path, clock: ManualClock
) -> None:
    settled = repeat_until_full(lambda number: cramped.settle(f"c{number}", Money(1), USAGE))
    cramped.close()
    roomy = open_ledger(f"sqlite:///{path}", clock)
    roomy.settle(f"c{settled}", Money(1), USAGE)
    assert roomy.totals().spent == Money(settled + 1)
    assert roomy.audit() == []
    roomy.close()


def test_on_a_full_disk_each_of_many_callers_learns_its_own_fate(cramped: Ledger) -> None:
    before = cramped.totals()
    asked: list[Callable[[], object]] = [
        lambda: cramped.settle("nobody", Money(1)),
        lambda: cramped.store.write(lambda tx: None),
        lambda: cramped.reserve(call("y" * 5000), Money(1)),
        lambda: cramped.reserve(call("z" * 5000), Money(1)),
    ] * 4
    with ThreadPoolExecutor(len(asked)) as callers:
        errors = [type(each.exception()) for each in [callers.submit(one) for one in asked]]
    assert errors == [UnknownCall, type(None), LedgerFull, LedgerFull] * 4
    assert cramped.totals() == before


# The life of a process beside the file's.


@pytest.mark.processes
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_and_its_parent_write_to_the_same_books(opened: Ledger, path: Path) -> None:
    opened.reserve(call("before"), Money(1))
    opened.settle("before", Money(1))
    child = os.fork()
    if child == 0:
        code = 1
        try:
            # SQLite would take locks the parent holds for its own, and a lock file's lock would be shared.
            assert not [file for file in open_files() if file.startswith(str(path))]
            opened.reserve(call("child"), Money(10))
            opened.settle("child", Money(10))
            code = 0
        finally:
            os._exit(code)
    opened.reserve(call("parent"), Money(100))
    assert os.waitpid(child, 0)[1] == 0
    opened.settle("parent", Money(100))
    assert opened.totals().spent == Money(111)
    assert opened.audit() == []


def open_files() -> list[str]:
    """The files this process holds open; none where the system does not list them."""
    listed = Path("/proc/self/fd")
    numbers = list(listed.iterdir()) if listed.exists() else []
    return [str(number.readlink()) for number in numbers if number.is_symlink()]


def test_a_deleted_ledger_is_begun_anew_and_not_written_into_thin_air(opened: Ledger, path: Path) -> None:
    opened.reserve(call("a"), Money(1))
    for file in path.parent.iterdir():
        file.unlink()
    assert opened.totals().reserved == Money(0)
    opened.reserve(call("a"), Money(1))
    assert path.exists()


def test_a_closed_ledger_opens_again_when_used(opened: Ledger) -> None:
    opened.reserve(call("a"), usd("1"))
    opened.close()
    opened.settle("a", usd("1"))
    assert opened.totals().spent == usd("1")


@pytest.mark.parametrize(("chosen", "pragma"), [("normal", 1), ("full", 2)])
def test_the_durability_asked_for_is_the_one_used(
    path: Path, clock: ManualClock, chosen: sqlite_store.Synchronous, pragma: int
) -> None:
    ledger = open_ledger(f"sqlite:///{path}", clock, synchronous=chosen)
    found = ledger.store.write(lambda tx: tx.execute("PRAGMA synchronous").fetchone()[0])
    assert found == pragma
    ledger.close()


def test_entries_can_neither_be_changed_nor_deleted(opened: Ledger) -> None:
    opened.reserve(call("a"), Money(1))
    opened.settle("a", Money(1))
    for forbidden in ("UPDATE entry SET pico_usd = 0", "DELETE FROM entry"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            opened.store.write(lambda tx, sql=forbidden: tx.execute(sql))  # type: ignore[misc]
    assert opened.audit() == []


def test_the_database_itself_refuses_a_second_ending(opened: Ledger) -> None:
    opened.reserve(call("a"), Money(1))
    opened.settle("a", Money(1))
    nothing = Posting("2026-11-23T12", ["all"], Sums(0), 0, 0, None, ())
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        opened.store.write(lambda tx: tx.write_ending(tx.entries("a")[0], nothing))


def test_with_nobody_near_the_books_are_one_file_whatever_they_were_before(
    tmp_path: Path, clock: ManualClock
) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    with closing(open_ledger(url, clock)) as shared:
        shared.reserve(call("one"), usd("0.50"))
    for file in tmp_path.glob("*.lock"):
        file.unlink()
    with standing_on(WEB_PAGE), closing(open_ledger(url, clock)) as alone:
        alone.settle("one", usd("0.20"))
        assert [file.name for file in tmp_path.iterdir()] == ["ledger.sqlite3"]
    with closing(open_ledger(url, clock)) as shared:
        assert shared.totals().spent == usd("0.20")
        assert shared.audit() == []
