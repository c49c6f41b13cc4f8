"""The lesson for Python people: what a cell of the user's own has really done is noted, and nothing else."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from ppkit.money import Money
from ppkit.spending.ledger import Call
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.cells import own_code
from ppkit.widgets.cells.own_code import after_each_cell, shown_by_own_code
from ppkit.widgets.course.lesson_window import LessonWindow


class Shell:
    """As much of IPython as watches cells."""

    def __init__(self) -> None:
        self.watching: list[Any] = []
        self.events = self

    def register(self, _event: str, ran: Any) -> None:
        self.watching.append(ran)

    def unregister(self, _event: str, ran: Any) -> None:
        self.watching.remove(ran)

    def run(self, value: object) -> None:
        for ran in list(self.watching):
            ran(type("Result", (), {"result": value}))


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    made = Shell()
    monkeypatch.setattr(own_code, "get_ipython", lambda: made)
    return made


def call(session: Any, **tags: str) -> None:
    made = Call(f"call-{tags}", "gpt-6-luna", "…7Q2f", "responses", tags)
    session.ledger.reserve(made, Money.usd("0.001"))
    session.ledger.settle(made.id, Money.usd("0.001"))


def test_nothing_done_shows_nothing(session: Any) -> None:
    assert shown_by_own_code(session, None) == []
    assert shown_by_own_code(session, [1, 2]) == []


def test_a_call_counts_when_it_carries_the_lessons_tag(session: Any) -> None:
    call(session, client="rossi")
    assert shown_by_own_code(session, None) == []
    call(session, lesson="python")
    assert shown_by_own_code(session, None) == ["python.called"]


def test_a_table_counts_when_it_is_one_of_costs(session: Any) -> None:
    assert shown_by_own_code(session, pd.DataFrame({"a": [1]})) == []
    assert shown_by_own_code(session, session.ledger.report(by="day")) == ["python.table"], "without pandas"
    table = session.ledger.report(by="day").to_frame()
    assert shown_by_own_code(session, table) == ["python.table"]
    assert shown_by_own_code(session, table.style.bar()) == ["python.table"]


def test_a_stop_counts_when_the_meter_has_noted_one(session: Any) -> None:
    assert "python.stopped" not in shown_by_own_code(session, None)
    session.meter.stops.append("total")  # as in the lesson about costs, in the same kernel
    assert "python.stopped" not in shown_by_own_code(session, None)
    session.meter.stops.append("tag:lesson=python")
    assert "python.stopped" in shown_by_own_code(session, None)


def test_the_head_of_the_lesson_notes_it_after_the_cell(session: Any, shell: Shell) -> None:
    head = LessonWindow(session, "python", at_once)
    call(session, lesson="python")
    shell.run(session.ledger.report(by="day").to_frame())
    assert session.course.map.of("python").done == 2
    assert "2 di 3" in head.html


def test_progress_that_cannot_be_read_says_nothing_into_the_users_cells(session: Any, shell: Shell) -> None:
    LessonWindow(session, "python", at_once)
    session.progress.path.write_text("{ damaged")
    shell.run(None)
    assert len(shell.watching) == 1


def test_no_cell_is_watched_once_another_lesson_has_begun(session: Any, shell: Shell) -> None:
    LessonWindow(session, "python", at_once)
    LessonWindow(session, "create", at_once)
    call(session, lesson="python")
    shell.run(None)
    assert session.course.map.of("python").done == 0
    assert shell.watching == []


def test_no_other_lesson_watches_cells(session: Any, shell: Shell) -> None:
    LessonWindow(session, "costs", at_once)
    assert shell.watching == []


def test_without_ipython_nothing_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_code, "get_ipython", lambda: None)
    after_each_cell(lambda _value: True)
