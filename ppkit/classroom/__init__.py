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

__all__ = ["Board", "ExportUnreadable", "LearnerRow", "UnreadFile", "board_of", "board_of_codes", "row_of"]
