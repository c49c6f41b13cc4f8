"""How the command line shows things: sentences, tables, JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from ppkit.errors import PpkitError
from ppkit.look.texts import Texts


def complain(error: PpkitError, texts: Texts) -> None:
    """What happened, why, and what to do now, on standard error."""
    # Lazy: the sentences of an error bring the diagnoses along, which a command that goes well does not need.
    from ppkit.checkup import diagnose, explain

    told = explain(diagnose(error), texts)
    click.echo(f"{told.what}\n{told.why}\n{told.now}", err=True)


def complain_of(prefix: str, texts: Texts, **facts: object) -> None:
    """The three sentences under any other id."""
    click.echo("\n".join(texts(f"{prefix}.{part}", **facts) for part in ("what", "why", "now")), err=True)


def print_json(value: object) -> None:
    """One document for a program to read."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


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
