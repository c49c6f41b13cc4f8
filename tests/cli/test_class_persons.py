"""`ppkit class export`, `forget` and `tidy`, on the roster and the ledger of the data folder."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from functools import partial
from operator import itemgetter
from pathlib import Path

import pytest

from ppkit.class_service import class_roster
from ppkit.class_service.class_lesson import read_lesson
from ppkit.class_service.class_roster import roster_of
from ppkit.class_service.forgotten_learners import QUIET
from ppkit.class_service.roster import Roster
from ppkit.class_service.running_lesson import limit_learner
from ppkit.clock import ManualClock
from ppkit.current_session import session
from ppkit.look.texts import Texts
from ppkit.practice_link import PracticeLink
from ppkit.spending.ledger.forgetting import TagInUse

from .conftest import Ppkit
from .test_class_service import written

EN = Texts("en")


@pytest.fixture
def lesson(ppkit: Ppkit, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> str:
    """A prepared lesson in which Vega and Altair have joined."""
    monkeypatch.setattr(PracticeLink, "clock", clock)
    monkeypatch.setattr(class_roster, "Roster", partial(Roster, choose=itemgetter(0)))
    path = written()
    assert ppkit("class", "prepare", path).code == 0
    roster = roster_of(session())
    found = roster.lesson(read_lesson(Path(path)).id)
    for visit in ("one", "two"):
        roster.join(found.lesson.id, found.join_code, visit)
    return path


def names(lesson: str) -> list[str]:
    return [one.pseudonym for one in roster_of(session()).learners(read_lesson(Path(lesson)).id)]


def test_an_export_is_one_document_on_the_screen_or_in_a_private_file(ppkit: Ppkit, lesson: str) -> None:
    shown = ppkit("class", "export", lesson, "Vega").json
    assert (shown["learner"], shown["calls"], shown["progress"]) == ("Vega", [], None)
    ran = ppkit("class", "export", lesson, "Vega", "--to", "vega.json")
    assert (ran.code, ran.err) == (0, "")
    path = Path("vega.json")
    assert json.loads(path.read_text()) == shown
    assert os.name != "posix" or path.stat().st_mode & 0o077 == 0
    told = ppkit("class", "export", lesson, "Vega", "--to", "vega.json/below.json", "--json")
    assert (told.code, told.json["error"]["code"]) == (2, "paper_not_written")


def test_nobody_is_forgotten_without_a_yes(ppkit: Ppkit, lesson: str) -> None:
    assert ppkit("class", "forget", lesson, "Vega").code == 3
    assert ppkit("class", "forget", lesson, "Vega", "--json").json["done"] is False
    assert names(lesson) == ["Altair", "Vega"]


def test_one_learner_is_forgotten_and_the_others_stay(ppkit: Ppkit, lesson: str, clock: ManualClock) -> None:
    first = ppkit("class", "forget", lesson, "Vega", "--yes", "--json")
    assert (first.code, first.json["error"]["code"]) == (2, "learner_still_there")
    clock.advance(QUIET)
    ran = ppkit("class", "forget", lesson, "Vega", "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert names(lesson)[0] == "Altair"
    assert "forgotten " in ran.out
    for command in ("export", "forget"):
        again = ppkit("class", command, lesson, "Vega", *(["--yes"] if command == "forget" else []), "--json")
        assert (again.code, again.json["error"]["code"]) == (2, "no_such_learner")


def test_tidying_forgets_whoever_is_due(ppkit: Ppkit, lesson: str, clock: ManualClock) -> None:
    assert ppkit("class", "tidy", "--json").json == {"forgotten": 0, "left": []}
    clock.advance(timedelta(days=60))
    assert ppkit("class", "tidy").out.strip() == "2 learners were forgotten."
    assert not {"Vega", "Altair"} & set(names(lesson))


def test_tidying_says_who_is_left(
    ppkit: Ppkit, lesson: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_given: object) -> str:
        raise TagInUse(calls=1)

    clock.advance(timedelta(days=60))
    monkeypatch.setattr("ppkit.class_service.person_records.PersonRecords.forget", failing)
    ran = ppkit("class", "tidy")
    assert (ran.code, ran.err.strip()) == (1, EN.plural("cli.persons.left", 2, reasons="tag_in_use"))
    left = {"forgotten": 0, "left": ["tag_in_use", "tag_in_use"]}
    assert ppkit("class", "tidy", "--json").json == left


def test_whoever_left_or_is_half_forgotten_gets_no_limit_again(
    ppkit: Ppkit, lesson: str, clock: ManualClock
) -> None:
    ppkit("class", "forget", lesson, "Vega", "--yes")
    clock.advance(QUIET)
    found = read_lesson(Path(lesson))
    begun = roster_of(session()).forgotten.begin(found.id, "Vega")
    ledger = session().ledger
    ledger.forget_tag("learner", found.learner_tag("Vega"), found.learner_tag(begun.now_called))
    assert ppkit("class", "prepare", lesson).code == 0
    assert f"tag:learner={found.id}/Vega" not in session().budget.all("total")
    limit_learner(ledger, found, "Vega")  # as one that was set by an older version
    assert ppkit("class", "forget", lesson, "Vega", "--yes").code == 0
