"""How a command shows a paper: as sentences, or written into files for their owner alone."""

from __future__ import annotations

from pathlib import Path

from ppkit.errors import PpkitError
from ppkit.files import write_private
from ppkit.papers import Form, Paper, file_of


class PaperNotWritten(PpkitError):
    """A paper could not be written where it was to go. Facts: path, reason."""

    code = "paper_not_written"


def write_paper(paper: Paper, path: Path, form: Form) -> Path:
    """Raises PaperNotWritten, and ExtraMissing."""
    return write_content(file_of(paper, form).content, path)


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
