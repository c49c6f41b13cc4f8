"""`ppkit class`: exported progress read into one table; lessons prepared and served."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from ppkit.classroom import (
    Board,
    ExportUnreadable,
    board_of,
    board_of_codes,
    lesson_cells,
    lesson_heads,
    step_in_words,
)
from ppkit.cli.class_accounts_command import command as accounts
from ppkit.cli.class_agency_command import agency
from ppkit.cli.class_persons_command import export, forget, tidy
from ppkit.cli.class_service_commands import prepare, serve
from ppkit.cli.command import Group, json_option
from ppkit.cli.output import print_json, table
from ppkit.current_session import session
from ppkit.files import text_encoding
from ppkit.look.texts import Texts

UNREAD = 1

command = Group("class", help="cli.help.class")
command.add_command(prepare)
command.add_command(serve)
command.add_command(accounts)
command.add_command(agency)
command.add_command(export)
command.add_command(forget)
command.add_command(tidy)


@command.command("show", help="cli.help.class.show")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH…"
)
@click.option("--codes", is_flag=True, help="cli.class.option.codes")
@json_option()
@click.pass_obj
def show(texts: Texts, paths: tuple[Path, ...], codes: bool, as_json: bool) -> int:
    hidden = session().accounting.agency_shown.hidden
    board = board_of_codes(_lines_of(paths), hidden) if codes else board_of(paths, hidden)
    if as_json:
        print_json(_document(board))
    else:
        click.echo(_table(board, texts))
    for unread in board.unread:
        click.echo(texts("cli.class.unread", name=unread.name), err=True)
    return UNREAD if board.unread else 0


def _lines_of(paths: Iterable[Path]) -> str:
    """Raises ExportUnreadable."""
    try:
        return "\n".join(path.read_text(encoding=text_encoding(path), errors="replace") for path in paths)
    except OSError as error:
        raise ExportUnreadable(path=str(error.filename), reason=type(error).__name__) from None


def _table(board: Board, texts: Texts) -> str:
    head = [texts("cli.class.column.learner"), *lesson_heads(texts), texts("cli.class.column.stuck")]
    cells = [[row.name, *lesson_cells(row), step_in_words(row, texts)] for row in board.rows]
    return table(head, cells, numbers_from=len(head))


def _document(board: Board) -> dict[str, object]:
    rows = [
        {
            "learner": row.name,
            "lessons": {
                lesson.name: {"done": lesson.done, "of": lesson.count} for lesson in row.course.lessons
            },
            "stuck_at": row.stuck_at,
            "last_progress": row.last_progress.isoformat() if row.last_progress else None,
        }
        for row in board.rows
    ]
    return {"rows": rows, "unread": [unread.name for unread in board.unread]}
