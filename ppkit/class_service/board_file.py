"""The trainer's table as a file: one row a learner, by pseudonym, every cell a text."""

from __future__ import annotations

from datetime import datetime

from ppkit.checkup import situation_in_words
from ppkit.class_service.class_board import BoardRow, ClassBoard
from ppkit.classroom import evidence_in_words, lesson_cells, lesson_heads, step_in_words
from ppkit.drafts.spreadsheets import csv_table, xlsx_table
from ppkit.look.texts import Texts
from ppkit.onboarding.lessons import LESSONS

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
STEPS = ("now", "evidence", "still_minutes", "trouble")
AMOUNTS = ("spent", "uncertain", "reserved", "left")


def board_file(form: str, board: ClassBoard, texts: Texts, at: datetime) -> bytes:
    """`form` is "csv" or "xlsx". Raises ExtraMissing."""
    rows = board_rows(board, texts)
    return csv_table(rows) if form == "csv" else xlsx_table(rows, has_header=True, at=at)


def board_rows(board: ClassBoard, texts: Texts) -> list[list[str]]:
    """A head, and a row for each learner. Amounts are exact decimals of USD.

    When somebody joined is not in it: beside the pseudonym it would say who that is.
    """
    heads = [texts(f"class.file.{name}") for name in ("learner", *STEPS)]
    amounts = [texts(f"class.file.{name}") for name in ("calls", *AMOUNTS)]
    return [[*heads, *lesson_heads(texts), *amounts], *(_cells(row, texts) for row in board.rows)]


def _cells(row: BoardRow, texts: Texts) -> list[str]:
    removed = f" ({texts('class.board.removed')})" if row.is_removed else ""
    amounts = (getattr(row.money, name).to_usd() for name in AMOUNTS)
    return [
        f"{row.pseudonym}{removed}",
        *_steps(row, texts),
        str(row.money.calls),
        *(f"{amount.normalize():f}" for amount in amounts),
    ]


def _steps(row: BoardRow, texts: Texts) -> list[str]:
    steps = row.steps
    if steps is None:
        return [""] * (len(STEPS) + len(LESSONS))
    still = steps.still_for
    return [
        step_in_words(steps.row, texts),
        " · ".join(evidence_in_words(steps.row, texts)),
        str(int(still.total_seconds()) // 60) if still is not None else "",
        situation_in_words(steps.diagnosis, texts) if steps.diagnosis else "",
        # To a spreadsheet "4/9" is a day in September.
        *lesson_cells(steps.row, f" {texts('class.file.of')} "),
    ]
