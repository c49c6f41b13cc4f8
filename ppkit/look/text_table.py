"""A table as plain text, for terminals."""

from __future__ import annotations

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers_from: int) -> str:
    """Columns as wide as their widest cell; from the column `numbers_from` on, aligned to the right."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(_line(line, widths, numbers_from) for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int], numbers_from: int) -> str:
    padded = [
        cell.rjust(width) if column >= numbers_from else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()
