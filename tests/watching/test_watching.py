"""`ppkit watch` shows what the ledger holds, again whenever it changes, and lets go when it is asked to."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from ppkit.cli.watch_command import Lines
from ppkit.clock import ManualClock
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.practice_link import PracticeLink
from ppkit.sessions import Session
from ppkit.settings import Settings
from ppkit.spending.ledger import Call
from ppkit.spending.ledger.limit_status import LimitStatus
from ppkit.spending.usage import Usage
from ppkit.watching import LedgerSnapshot, follow, snapshot_of, snapshot_text
from ppkit.watching.snapshot_text import CALL_COLUMNS, bar_parts
from ppkit.watching.watch_screen import Drawing

LANGUAGES = ("it", "en")
numbers = count(1)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> Iterator[Session]:
    monkeypatch.setattr(PracticeLink, "clock", clock)
    made = Session(Settings(home=tmp_path, mode="practice", language="en"), environment={})
    yield made
    made.ledger.close()


def reserve(session: Session, usd: str, model: str = "gpt-6-luna", **tags: str) -> str:
    session.clock.sleep(1)
    call_id = f"ppkit-{int(session.clock.now().timestamp() * 1000):012x}-{next(numbers):020x}"
    session.ledger.reserve(Call(call_id, model, "…WXYZ", "responses", tags), Money.usd(usd))
    return call_id


def spend(session: Session, usd: str, model: str = "gpt-6-luna", **tags: str) -> str:
    call_id = reserve(session, usd, model, **tags)
    session.ledger.settle(call_id, Money.usd(usd), Usage(input_tokens=1000, output_tokens=20))
    return call_id


def test_a_snapshot_has_today_the_month_the_models_and_the_last_calls(
    session: Session, clock: ManualClock
) -> None:
    spend(session, "0.5", "gpt-6-sol")
    clock.advance(timedelta(days=1))
    spend(session, "0.25")
    last = spend(session, "0.25", client="rossi")
    held = reserve(session, "0.75")
    session.budget.set(hard="10")
    told = json.loads(json.dumps(snapshot_of(session, last_calls=2).as_json()))
    assert (told["today"]["cost_pico_usd"], told["today"]["calls"]) == (5 * 10**11, 2)
    assert (told["month"]["cost_pico_usd"], told["month"]["reserved_pico_usd"]) == (10**12, 75 * 10**10)
    assert [model["model"] for model in told["models"]] == ["gpt-6-luna", "gpt-6-sol"]
    assert [call["call_id"] for call in told["latest"]] == [held, last]
    assert [call["state"] for call in told["latest"]] == ["reserved", "settled"]
    assert told["latest"][1]["tags"] == {"client": "rossi"}
    assert told["limits"][0]["left_pico_usd"] == 825 * 10**10


def test_of_an_empty_ledger_there_is_a_snapshot_too(session: Session) -> None:
    for language in LANGUAGES:
        assert len(snapshot_text(snapshot_of(session), Texts(language)).splitlines()) == 3


# ---------------------------------------------------------------- shown anew when something has changed


def shown_while(session: Session, *happenings: Callable[[], object]) -> list[LedgerSnapshot]:
    """What is shown where these things happen, one between each look and the next."""
    shown: list[LedgerSnapshot] = []
    coming = iter(happenings)

    def goes_on(_seconds: float) -> bool:
        happens = next(coming, None)
        if happens is not None:
            happens()
        return happens is not None

    follow(session, shown.append, goes_on)
    return shown


def nothing() -> None:
    """A look after which nothing has changed."""


def test_it_is_shown_at_once_and_after_each_change_only(session: Session, clock: ManualClock) -> None:
    shown = shown_while(
        session,
        nothing,
        lambda: spend(session, "0.5"),
        nothing,
        lambda: session.budget.set(hard="1"),
        nothing,
        lambda: clock.advance(timedelta(days=1)),
        nothing,
    )
    assert [one.month.cost for one in shown] == [Money(0), *[Money.usd("0.5")] * 3]
    assert [len(one.limits) for one in shown] == [0, 0, 1, 1]
    assert [one.today.calls for one in shown] == [0, 1, 1, 0]


def test_what_another_process_writes_is_seen(session: Session) -> None:
    other = Session(session.settings, environment={})
    shown = shown_while(session, lambda: spend(other, "0.5"), nothing)
    other.ledger.close()
    assert [one.month.calls for one in shown] == [0, 1]


def test_where_the_database_counts_no_changes_sums_and_limits_are_compared(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(session.ledger.store), "data_version", lambda _store: None)
    shown = shown_while(
        session,
        nothing,
        lambda: spend(session, "0.5"),
        nothing,
        lambda: session.budget.set(hard="1"),
        nothing,
    )
    assert [(one.month.calls, len(one.limits)) for one in shown] == [(0, 0), (1, 0), (1, 1)]


def test_lines_tell_each_ended_call_once_in_order(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Lines(Texts("en"), as_json=False)
    before = spend(session, "0.1", "gpt-6-sol")
    lines.show(snapshot_of(session))
    capsys.readouterr()
    held = reserve(session, "0.2")
    spend(session, "0.3", client="rossi")
    lines.show(snapshot_of(session))
    session.ledger.settle(held, Money.usd("0.2"))
    lines.show(snapshot_of(session))
    lines.show(snapshot_of(session))
    told = capsys.readouterr().out.splitlines()
    assert ["$0.30" in line for line in told] == [True, False]
    assert "client=rossi" in told[0]
    assert "This month: $0.60" in told[1]
    assert before not in "".join(told)


def test_as_json_each_change_is_a_document_of_one_line(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Lines(Texts("en"), as_json=True)
    lines.show(snapshot_of(session))
    spend(session, "0.3")
    lines.show(snapshot_of(session))
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["month"]["calls"] for one in told] == [0, 1]


# ---------------------------------------------------------------- as text and on a screen


def drawn(snapshot: LedgerSnapshot, language: str, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(Drawing(snapshot, Texts(language)))
    written: Any = console.file
    return str(written.getvalue())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [40, 80, 120])
def test_on_a_screen_sums_limits_models_and_costs_are_whole_at_any_width(
    width: int, language: str, session: Session
) -> None:
    session.budget.set(soft="0.5", hard="10")
    spend(session, "0.016", client="[red]rossi[/red]")
    spend(session, "1.5", "gpt-6-sol")
    page = drawn(snapshot_of(session), language, width)
    texts = Texts(language)
    assert max(map(len, page.splitlines())) <= width
    for word in ("gpt-6-luna", "gpt-6-sol", texts("watching.column.cost"), texts("watching.leave")):
        assert word in page
    assert formats.money(Money.usd("1.516"), language) in page
    head = next(line for line in page.splitlines() if line.startswith(texts("watching.column.time")))
    assert set(head.split()) <= {texts(f"watching.column.{name}") for name in CALL_COLUMNS}
    assert width < 120 or "[red]rossi[/red]" in page


def test_both_ways_of_showing_mark_what_is_not_settled(session: Session) -> None:
    held = reserve(session, "0.02")
    lost = reserve(session, "0.03")
    session.ledger.give_up(lost)
    texts = Texts("en")
    for page in (snapshot_text(snapshot_of(session), texts), drawn(snapshot_of(session), "en", 120)):
        assert "in progress: up to $0.02" in page
        assert "uncertain: up to $0.03" in page
        assert texts("watching.state.reserved") in page
        assert texts("watching.state.uncertain") in page
        assert held not in page


AMOUNTS = st.integers(0, 2 * 10**13)


@given(AMOUNTS, AMOUNTS, AMOUNTS, st.none() | AMOUNTS, st.lists(AMOUNTS, max_size=3), st.integers(8, 80))
def test_a_bar_is_as_wide_as_asked_and_shows_whatever_is_not_nothing(
    spent: int, uncertain: int, reserved: int, hard: int | None, soft: list[int], width: int
) -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    limit = LimitStatus(
        "all",
        "month",
        at,
        None,
        tuple(map(Money, soft)),
        None if hard is None else Money(hard),
        Money(spent),
        Money(uncertain),
        Money(reserved),
    )
    full, held, free = bar_parts(limit, width)
    assert len(full + held + free) == width
    assert bool(full) == bool(spent + uncertain)
    assert len(full) - 1 <= width * (spent + uncertain) / max(
        hard or 0, *soft, spent + uncertain + reserved, 1
    )
