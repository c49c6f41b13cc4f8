"""Many learners: who is where, and who is stuck."""

from ppkit.classroom.board import (
    Board,
    ExportUnreadable,
    LearnerRow,
    UnreadFile,
    board_of,
    board_of_codes,
    row_of,
)
from ppkit.classroom.class_table import evidence_in_words, lesson_cells, lesson_heads, step_in_words
from ppkit.classroom.suggestion import Suggestion, suggestion_named, suggestions

__all__ = [
    "Board",
    "ExportUnreadable",
    "LearnerRow",
    "Suggestion",
    "UnreadFile",
    "board_of",
    "board_of_codes",
    "evidence_in_words",
    "lesson_cells",
    "lesson_heads",
    "row_of",
    "step_in_words",
    "suggestion_named",
    "suggestions",
]
