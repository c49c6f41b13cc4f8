"""Storms of callers, killed processes, a server that goes away: no limit is passed and nothing is lost."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from postgres_server import connect

from ppkit.clock import SystemClock
from ppkit.money import ZERO, Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Ledger, open_ledger
from ppkit.spending.ledger.limit_periods import kind_of_period, limit_period

from .examples import call

pytestmark = pytest.mark.processes

PROGRAM = Path(__file__).with_name("storm.py")
PATIENCE_SECONDS = 300
KILLS = 200
STATES = {"settle": "settled", "release": "released", "give_up": "expired"}
SUM = "NEW.spent_pico_usd + NEW.uncertain_pico_usd + NEW.reserved_pico_usd"
HARD = """(SELECT hard_pico_usd FROM spending_limit WHERE spending_limit.scope = NEW.scope
  AND CASE spending_limit.period WHEN 'month' THEN length(NEW.period) = 7 WHEN 'day' THEN length(NEW.period) =
  10 ELSE NEW.period = 'since ' || since END)
  """
WITNESS = "CREATE TABLE passed (scope TEXT, period TEXT, counted BIGINT)"
NOTE = f"INSERT INTO passed VALUES (NEW.scope, NEW.period, {SUM})"


def watch_limits(url: str) -> None:
    """Let the database itself note every sum that passes a hard limit, written by any process at any time."""
    if url.startswith("sqlite"):
        with closing_sqlite(url) as file:
            file.execute(WITNESS)
            for change in ("INSERT", "UPDATE"):
                when = f"AFTER {change} ON scope_sum WHEN {SUM} > {HARD}"
                file.execute(f"CREATE TRIGGER watch_{change} {when} BEGIN {NOTE}; END")
        return
    with connect(url) as server:
        server.execute(WITNESS)
        server.execute(
            f"""
CREATE FUNCTION note_what_passes() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN IF {SUM} > {HARD} THEN {NOTE}; END IF; RETURN NEW; END $$""".encode()
        )
        server.execute(
            "CREATE TRIGGER watch AFTER INSERT OR UPDATE ON scope_sum"
            " FOR EACH ROW EXECUTE FUNCTION note_what_passes()"
        )


def passed_limits(url: str) -> list[tuple[object, ...]]:
    """What the database has noted."""
    query = "SELECT * FROM passed"
    if url.startswith("sqlite"):
        with closing_sqlite(url) as file:
            return file.execute(query).fetchall()
    with connect(url) as server:
        return list(server.execute(query).fetchall())


@contextmanager
def closing_sqlite(url: str) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


@dataclass
class Heard:
    """What the callers say that the ledger has acknowledged: per call, and how often each word."""

    held: dict[str, int] = field(default_factory=dict)
    ended: dict[str, tuple[str, int]] = field(default_factory=dict)
    words: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)

    def hear(self, line: str) -> None:
        word, *rest = line.split()
        self.words[word] += 1
        if word == "reserved":
            self.held[rest[0]] = int(rest[1])
        elif word in STATES:
            assert rest[0] not in self.ended, line
            self.ended[rest[0]] = (word, int(rest[1]))
        elif word == "trouble":
            self.troubles[rest[1]] += 1


def storm(url: str, *options: str, meanwhile: Callable[[Heard], None] = lambda heard: None) -> Heard:
    """Let the callers loose and listen; `meanwhile` is called after each thing heard."""
    heard = Heard()
    program = [sys.executable, str(PROGRAM), url, *options]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        for line in running.stdout:
            heard.hear(line)
            meanwhile(heard)
        said = running.stderr.read()
        assert (running.wait(PATIENCE_SECONDS), heard.words["crashed"]) == (0, 0), said
    return heard


def judge(ledger: Ledger, url: str, heard: Heard) -> None:
    """Nothing acknowledged is lost, nothing counts twice, no limit was passed, and the books are right."""
    assert passed_limits(url) == []
    assert ledger.audit() == []
    ledger.expire()  # what killed processes held
    assert ledger.audit() == []
    assert ledger.totals().reserved == ZERO
    assert passed_limits(url) == []
    assert alerts_queued(ledger) == alerts_due(ledger)
    for call_id, amount in heard.held.items():
        assert ledger.entry(call_id).reserved == Money(amount)
    for call_id, (ending, cost) in heard.ended.items():
        entry = ledger.entry(call_id)
        expected = entry.reserved if ending == "give_up" else Money(cost if ending == "settle" else 0)
        assert (entry.state, entry.cost) == (STATES[ending], expected)


def alerts_queued(ledger: Ledger) -> list[tuple[str, str, int]]:
    """Period, scope and threshold of each, as often as it was queued."""
    return sorted((one.period, one.scope, one.threshold.pico_usd) for one in ledger.pending_alerts())


def alerts_due(ledger: Ledger) -> list[tuple[str, str, int]]:
    """One for each threshold that the sums of a period have come to."""
    limits, sums = ledger.store.read(lambda tx: (tx.limits(), tx.rows("scope_sum")))
    return sorted(
        (period, scope, threshold)
        for period, scope, spent, _reserved, uncertain, *_ in sums
        for limit in limits
        if limit.scope == scope and limit.period == kind_of_period(period)
        for threshold in limit.thresholds
        if threshold <= spent + uncertain
    )


def nest_limits(budget: Budget) -> None:
    """Limits of all three periods, for everything, the key, the class, two lessons and three students."""
    budget.set(["20%", "60%", "100%"], Money(6000))
    budget.set(["50%", "80%"], Money(5600), period="day")
    budget.set("50%", Money(5200), period="total")
    budget.set("10%", Money(5500), key="…STRM", period="day")
    budget.set(hard=Money(5000), tag="class=one", period="total")
    for lesson, hard in enumerate((2600, 2500)):
        budget.set("50%", Money(hard), tag=f"lesson={lesson}", period=("total", "day")[lesson])
    for student, period in ((3, "month"), (4, "day"), (5, "total")):
        budget.set(["1%", "50%"], Money(300), tag=f"student={student}", period=limit_period(period))


@pytest.fixture
def watched(ledger_url: str) -> Iterator[Ledger]:
    """A ledger by the machine's own clock, as the callers have it, with the witness in its database."""
    ledger = open_ledger(ledger_url, SystemClock())
    watch_limits(ledger_url)
    yield ledger
    ledger.close()


def test_the_witness_notes_a_sum_above_its_limit(watched: Ledger, ledger_url: str) -> None:
    watched.reserve(call("a", client="a"), Money(10))
    Budget(watched).set(hard=Money(5))
    Budget(watched).set(hard=Money(7), period="day", tag="client=a")
    Budget(watched).set(hard=Money(8), period="total", tag="client=a", since="2020-01-01")
    watched.settle("a", Money(9))
    noted = {
        (scope, kind_of_period(str(period)), counted) for scope, period, counted in passed_limits(ledger_url)
    }
    further = {("tag:client=a", period, counted) for period in ("day", "total") for counted in (9, 10)}
    assert noted == {("all", "month", 9), *further}  # sums that begin above their limit are noted too


def test_eight_processes_of_eight_callers_use_a_limit_up_and_never_pass_it(
    watched: Ledger, ledger_url: str
) -> None:
    Budget(watched).set(hard=Money(30))
    heard = storm(ledger_url, "--unit", "3")
    judge(watched, ledger_url, heard)
    assert (heard.words["settle"], heard.words["blocked"]) == (10, 54)
    assert watched.totals().spent == Money(30)


def test_a_limit_of_the_class_holds_over_those_of_its_students(watched: Ledger, ledger_url: str) -> None:
    budget = Budget(watched)
    budget.set(hard=Money(30), tag="class=one")
    for student in range(8):
        budget.set(hard=Money(7), tag=f"student={student}")
    heard = storm(ledger_url, "--unit", "3")
    judge(watched, ledger_url, heard)
    assert watched.totals(scope="tag:class=one").spent == Money(30)
    of_students = [watched.totals(scope=f"tag:student={student}").spent.pico_usd for student in range(8)]
    assert sum(of_students) == 30
    assert max(of_students) <= 6


def test_each_students_limit_is_used_up_where_the_class_has_room(watched: Ledger, ledger_url: str) -> None:
    budget = Budget(watched)
    budget.set(hard=Money(1000))
    budget.set(hard=Money(500), key="…STRM")
    for student in range(8):
        budget.set(hard=Money(7), tag=f"student={student}")
    heard = storm(ledger_url, "--unit", "3")
    judge(watched, ledger_url, heard)
    of_students = [watched.totals(scope=f"tag:student={student}").spent.pico_usd for student in range(8)]
    assert of_students == [6] * 8


def test_callers_with_ceilings_and_endings_of_every_kind_keep_within_every_limit(
    watched: Ledger, ledger_url: str
) -> None:
    budget = Budget(watched)
    budget.set(soft=Money(500), hard=Money(2500))
    budget.set(["25%", "50%", "100%"], Money(2000), tag="class=one", period="day")
    budget.set("10%", Money(2200), key="…STRM", period="total")
    budget.set(hard=Money(900), tag="lesson=1")
    for student in range(8):
        period = limit_period(("month", "day", "total")[student % 3])
        budget.set("50%", Money(100 + 50 * student), tag=f"student={student}", period=period)
    heard = storm(ledger_url, "--calls", "5", "--seed", "8")
    judge(watched, ledger_url, heard)
    assert heard.words["blocked"] > 0
    assert min(heard.words[ending] for ending in STATES) > 10
    assert len(watched.pending_alerts()) > 3


def test_two_hundred_killed_processes_lose_nothing_and_pass_no_limit(
    watched: Ledger, ledger_url: str
) -> None:
    nest_limits(Budget(watched))
    heard = storm(ledger_url, "--threads", "2", "--calls", "10", "--kills", str(KILLS), "--seed", "200")
    judge(watched, ledger_url, heard)
    assert heard.words["killed"] == KILLS
    assert heard.words["blocked"] > 0
    assert len(heard.held) > 160 + KILLS  # those of the last eight, and some of each killed one
    assert len(watched.pending_alerts()) > 3
