"""How a command shows a paper: as sentences, or written into files for their owner alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from ppkit.cli.output import print_json
from ppkit.errors import PpkitError
from ppkit.files import write_private
from ppkit.look.texts import Texts
from ppkit.papers import Form, Paper, file_of

NEW_FILE = click.Path(path_type=Path, dir_okay=False)


class PaperNotWritten(PpkitError):
    """A paper could not be written where it was to go. Facts: path, reason."""

    code = "paper_not_written"


def write_paper(paper: Paper, files: Mapping[Form, Path | None]) -> list[Path]:
    """Into each file that was asked for. Raises PaperNotWritten, and ExtraMissing."""
    return [write_content(file_of(paper, form).content, path) for form, path in files.items() if path]


def tell_paper(
    paper: Paper,
    written: Sequence[Path],
    document: Mapping[str, object],
    texts: Texts,
    *,
    as_json: bool,
    told_by: str = "cli.report.written",
) -> None:
    """What was written where, in words or as the `document`; in words, a paper in no file is told itself."""
    if as_json:
        print_json({**document, "written": [str(path) for path in written]})
        return
    for path in written:
        click.echo(texts(told_by, path=path))
    if not written:
        click.echo(in_words(paper))


def write_content(content: bytes, path: Path) -> Path:
    """Raises PaperNotWritten."""
    try:
        write_private(path, content)
    except OSError as error:
        raise PaperNotWritten(path=str(path), reason=error.strerror or type(error).__name__) from None
    return path


def in_words(paper: Paper) -> str:
    lines = [paper.title, paper.lead, *([paper.band] if paper.band else [])]
    lines += [paper.hero] if paper.hero and paper.kind == "statement" else []
    for section in paper.sections:
        lines += ["", section.heading]
        lines += [
            f"  {label}: {value}{f' ({remark})' if remark else ''}" for label, value, remark in section.facts
        ]
        lines += [f"  {' · '.join(row)}" for row in section.rows]
        lines += [f"  {sentence}" for sentence in section.sentences]
    return "\n".join(lines)
