"""The class board: every learner's lessons, and where they are stuck."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ppkit.classroom import Board, board_of, board_of_codes, lesson_cells, row_of
from ppkit.onboarding import Evidence, Fact, Facts, Progress
from ppkit.onboarding.lessons import LESSONS, lesson_named
from ppkit.onboarding.progress import facts_of
from ppkit.onboarding.progress_code import code_of

ASKED = [check for lesson in LESSONS for check in lesson.checks if lesson.mode == "practice"]
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def facts_until(number: int) -> Facts:
    """What the lessons ask for, in their order, one minute after the other."""
    return facts_of(
        Fact(check, Evidence.PRACTISED, NOON + timedelta(minutes=minute))
        for minute, check in enumerate(ASKED[:number])
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, number in (("anna", len(ASKED)), ("bruno", 4), ("carla", 4), ("dario", 0)):
        (tmp_path / f"{name}.json").write_text(facts_until(number).to_json())
    (tmp_path / "notes.txt").write_text("not an export")
    return tmp_path


def test_every_learner_has_a_row_by_name(folder: Path) -> None:
    assert [row.name for row in board_of([folder]).rows] == ["anna", "bruno", "carla", "dario"]


def test_a_row_has_every_lesson_and_where_it_is_stuck(folder: Path) -> None:
    bruno = board_of([folder]).rows[1]
    assert [lesson.done for lesson in bruno.course.lessons] == [4] + [0] * (len(LESSONS) - 1)
    assert bruno.stuck_at == "key.pasted"
    assert bruno.last_progress == NOON + timedelta(minutes=3)
    assert not bruno.is_complete


def test_who_has_done_all_is_not_stuck(folder: Path) -> None:
    anna = board_of([folder]).rows[0]
    assert anna.is_complete
    assert anna.stuck_at is None


def test_who_has_not_begun_is_stuck_at_the_first_check(folder: Path) -> None:
    dario = board_of([folder]).rows[3]
    assert (dario.stuck_at, dario.last_progress) == ("account.signed_up", None)


def test_lessons_that_the_agency_does_not_teach_count_nowhere(folder: Path) -> None:
    hidden = frozenset(lesson.name for lesson in LESSONS[1:])
    facts = facts_until(len(LESSONS[0].checks))
    (folder / "dario.json").write_text(facts.to_json())
    for row in (board_of([folder], hidden).rows[3], row_of("dario", facts, hidden=hidden)):
        assert (row.is_complete, row.stuck_at, len(row.course.lessons)) == (True, None, 1)
    (coded,) = board_of_codes(code_of(facts, "practice", NOON.date()), hidden).rows
    assert coded.is_complete
    row = row_of("dario", facts, hidden=frozenset({LESSONS[0].name}))
    assert [cell.split("/")[0] for cell in lesson_cells(row)] == [str(len(LESSONS[0].checks)), *"0" * 5]


def test_the_most_common_block_comes_first(folder: Path) -> None:
    assert board_of([folder]).stuck() == [("key.pasted", 2), ("account.signed_up", 1)]


def test_a_key_that_was_replaced_since_takes_nothing_off_the_board() -> None:
    lapsed = facts_until(len(ASKED)).lapsed(["link.linked", "link.used"])
    assert row_of("anna", lapsed).is_complete


def test_two_files_of_one_learner_are_merged(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    later = tmp_path_factory.mktemp("later")
    (later / "dario.json").write_text(facts_until(1).to_json())
    board = board_of([folder, later / "dario.json"])
    assert board.rows[3].stuck_at == "credit.payment_method"


def test_what_was_done_live_has_its_own_lessons_and_its_own_export(folder: Path, tmp_path: Path) -> None:
    progress = Progress(tmp_path / "live" / "progress.json")
    progress.update(
        lambda known: known.showing(
            Fact(check, Evidence.VERIFIED, NOON) for check in lesson_named("real").checks
        )
    )
    (folder / "live-of-anna").mkdir()
    (folder / "live-of-anna" / "anna.json").write_text(progress.export("live"))
    anna = board_of([folder, folder / "live-of-anna"]).rows[0]
    assert anna.course.is_finished
    assert not board_of([folder]).rows[0].course.of("real").has_begun


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "progress_damaged"),
        (b'{"schema": 9, "facts": []}', "progress_too_new"),
        (b"\xff\xfe", "export_unreadable"),
        (b" " * 1_000_001, "export_unreadable"),
    ],
)
def test_a_file_that_is_no_export_is_named_and_the_rest_read(folder: Path, content: bytes, code: str) -> None:
    (folder / "emma.json").write_bytes(content)
    board = board_of([folder])
    assert [(file.name, file.error) for file in board.unread] == [("emma.json", code)]
    assert len(board.rows) == 4


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    board = board_of([tmp_path / "nobody.json"])
    assert board.rows == ()
    assert board.unread[0].error == "export_unreadable"


def test_an_empty_class_is_an_empty_board(tmp_path: Path) -> None:
    assert board_of([tmp_path]) == Board((), ())


def test_codes_make_the_same_board_as_files_and_merge_by_name() -> None:
    early, late = (code_of(facts_until(number), "practice", NOON.date()) for number in (2, 5))
    board = board_of_codes(f"  anna: {late}\nbruno, {late}\nanna {early}\n\n{early}")
    assert [row.name for row in board.rows] == ["5", "anna", "bruno"]
    assert {row.name: row.course.lessons[0].done for row in board.rows} == {"5": 2, "anna": 5, "bruno": 5}
    assert board.unread == ()


def test_a_line_without_a_code_is_listed_by_its_number() -> None:
    board = board_of_codes("anna\ncarla AAAA-AAAA-AAAA-AAAA")
    assert board.rows == ()
    assert [line.name for line in board.unread] == ["1", "2"]


def test_a_code_of_live_mode_is_read_for_what_is_done_live() -> None:
    shown = facts_of(Fact(check, Evidence.VERIFIED, NOON) for check in ("account.signed_up", "key.pays"))
    codes = [code_of(facts_until(2), "practice", NOON.date()), code_of(shown, "live", NOON.date())]
    (anna,) = board_of_codes("\n".join(f"anna {code}" for code in codes)).rows
    assert (anna.course.of("connect").done, anna.course.of("real").done) == (2, 2)
