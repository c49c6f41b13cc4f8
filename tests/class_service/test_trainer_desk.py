"""What a trainer sees and does: who is where, a word and a step for all, a record cleared, a table taken."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from keys.canaries import key_of
from python_calamine import CalamineWorkbook

from ppkit.class_service.class_board import STUCK_AFTER
from ppkit.class_service.trainer_desk import LONGEST_MESSAGE
from ppkit.classroom import suggestion_named, suggestions
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.spending.ledger import Call

from .conftest import ClassRoom
from .test_class_pages import EN, board
from .test_progress_api import CONNECT, code_with, tell

IT = Texts("it")


@pytest.fixture
def busy(room: ClassRoom) -> ClassRoom:
    """Vega is stuck with half a key; Altair is getting on, and has spent."""
    vega, altair = room.join("a").token, room.join("b").token
    tell(room, vega, {"practice_code": code_with(4), "diagnosis": "keys.refusal.half"})
    tell(room, altair, {"practice_code": code_with(2), "open_lesson": "connect"})
    for _ in range(4):
        room.clock.advance((STUCK_AFTER + timedelta(minutes=2)) / 4)
        tell(room, vega)  # the page is open all the while
    tell(room, altair, {"practice_code": code_with(3), "open_lesson": "connect"})
    room.ledger.reserve(Call("a", "m", "…", "chat", room.lesson.tags("Altair")), Money.usd("0.05"))
    room.ledger.settle("a", Money.usd("0.03"))
    return room


def shown_rows(page: str) -> list[str]:
    rows = re.findall(r"<tr id=.*?</tr>", page, re.DOTALL)
    return [" ".join(unescape(re.sub("<[^>]+>", " ", row)).split()) for row in rows]


def test_the_board_says_who_is_where_and_who_is_stuck_on_what(busy: ClassRoom) -> None:
    page = board(busy).text
    altair, vega = shown_rows(page)
    for text in (
        EN(f"onboarding.check.{CONNECT[4]}"), "4 practised", "7 min", EN("keys.refusal.half.what"), "$0.00",
    ):  # fmt: skip
        assert text in vega
    assert EN(f"onboarding.check.{CONNECT[3]}") in altair
    assert "min" not in altair
    assert IT("keys.refusal.half.what") in unescape(board(busy, language="it").text)
    assert [row[:4] for row in shown_rows(board(busy, filter="stuck").text)] == ["Vega"]
    assert 'name="filter" value="stuck">' in board(busy, filter="stuck", do="show").text  # it stays so


def test_every_situation_and_every_suggestion_has_its_words_in_both_languages(room: ClassRoom) -> None:
    from ppkit.checkup import is_situation, situation_in_words
    from ppkit.look.texts import read_catalogue

    names = [text_id.removesuffix(".what") for text_id in read_catalogue("en") if text_id.endswith(".what")]
    for texts in (EN, IT):
        assert all(situation_in_words(name, texts) for name in names if is_situation(name))
        assert all(each.in_words(texts) for each in suggestions())
    assert all(suggestion_named(each.name) == each for each in suggestions())
    assert not is_situation("console.nothing")


def test_a_message_is_told_to_all_as_text_and_can_be_withdrawn(busy: ClassRoom) -> None:
    page = board(busy, do="message", message=" <i>Coffee</i>\n at four ").text
    assert unescape(page).count(EN("class.done.message")) == 1
    door = busy.browser().get("/").text
    for shown in (page, door, board(busy, do="projector").text):
        assert "&lt;i&gt;Coffee&lt;/i&gt; at four" in shown
        assert "<i>Coffee" not in shown
    joined = "👩\u200d💻"
    board(busy, do="message", message=f"Well done {joined}")
    assert busy.roster.progress.notice("tuesday").message == f"Well done {joined}"
    assert EN("class.done.message_withdrawn") in unescape(board(busy, do="message").text)
    assert "Coffee" not in busy.browser().get("/").text


def test_a_message_of_wrong_size_or_with_a_key_is_told_to_nobody(busy: ClassRoom) -> None:
    key = key_of("project", "trainer")
    for message, code in (
        ("x" * (LONGEST_MESSAGE + 1), "class_message_wrong"),
        ("a\u202eb", "class_message_wrong"),
        (f"Use {key}", "key_in_text"),
    ):
        answer = board(busy, do="message", message=message)
        assert answer.status_code == 422
        facts: dict[str, Any] = {"longest": LONGEST_MESSAGE, "field": "message"}
        assert EN(f"error.{code}.what", **facts) in unescape(answer.text)
        assert key not in answer.text
    assert busy.roster.progress.notice("tuesday").message == ""


def test_a_message_that_is_refused_when_the_lesson_is_over_can_still_be_corrected(busy: ClassRoom) -> None:
    busy.roster.end("tuesday")  # in another tab, while it was being typed
    assert 'id="message"' not in board(busy).text
    page = unescape(board(busy, do="message", message="a\u202eb").text)
    assert EN("error.class_message_wrong.what", longest=LONGEST_MESSAGE) in page
    assert "a\u202eb</textarea>" in page
    assert page.count('id="message"') == page.count(" autofocus") == 1


def test_a_step_is_opened_for_all_and_shown_to_all(busy: ClassRoom) -> None:
    name = "costs/costs.limit_set"
    page = unescape(board(busy, do="suggest", suggested=name).text)
    words = "3. {}: {}".format(EN("course.lesson.costs.title"), EN("onboarding.check.costs.limit_set"))
    assert EN("class.done.suggest") in page
    assert words in unescape(busy.browser().get("/").text)
    board(busy, do="suggest", suggested="no/such.step")
    assert busy.roster.progress.notice("tuesday").suggested == name
    board(busy, do="suggest", suggested="")
    assert words not in unescape(busy.browser().get("/").text)


def test_a_record_is_cleared_here_and_comes_back_with_the_next_step(busy: ClassRoom) -> None:
    page = unescape(board(busy, do="clear", learner="Vega").text)
    assert EN("class.done.clear", pseudonym="Vega") in page
    assert EN("class.board.untold") in shown_rows(page)[1]
    assert set(busy.roster.progress.by_pseudonym("tuesday")) == {"Altair"}
    assert EN("class.done.clear", pseudonym="<b>") not in unescape(
        board(busy, do="clear", learner="<b>").text
    )


def test_the_projector_shows_how_many_are_where_and_neither_names_nor_money(busy: ClassRoom) -> None:
    page = unescape(board(busy, do="projector").text)
    assert EN("class.projector.at", count=2) in page
    assert busy.join_code in page
    body = page.partition("<body")[2]
    assert [word for word in ("Vega", "Altair", "$", "USD", "0.03") if word in body] == []


def test_the_table_is_taken_away_and_no_cell_of_it_is_a_formula(busy: ClassRoom) -> None:
    answer = board(busy, do="csv", language="it")
    assert answer.headers["content-disposition"] == 'attachment; filename="tuesday.csv"'
    head, altair, vega = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert len(head) == len(vega) == len(altair)
    told = dict(zip(head, vega, strict=True))
    assert told[IT("class.file.still_minutes")] == "7"
    assert not [cell for cell in vega if "2026" in cell or ":" in cell]  # no moment: it would say who it is
    assert told[IT("class.file.trouble")] == IT("keys.refusal.half.what")
    assert dict(zip(head, altair, strict=True))[IT("class.file.spent")] == "0.03"
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(board(busy, do="xlsx", language="it").content))
    assert sheet.get_sheet_by_index(0).to_python()[2][0] == "Vega"
    assert not re.search(rb'(?m)(?:^|,)"[=+@-]', answer.content)
    assert not re.search(rb'(?m)(?:^|,)"\d+/\d+"', answer.content)  # a day, to a spreadsheet
