"""A paper as a file: a web page that needs nothing else, a PDF, or a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from ppkit.extras import require
from ppkit.papers.paper import Paper

Form = Literal["pdf", "html", "png"]
FORMS: tuple[Form, ...] = get_args(Form)
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "html": "text/html",
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "md": "text/markdown",
    "zip": "application/zip",
}
"""Of whatever is handed to a browser, by the suffix of its name."""


@dataclass(frozen=True, slots=True)
class PaperFile:
    """What is downloaded or written: `name` with its suffix, `media_type`, and the bytes."""

    name: str
    media_type: str
    content: bytes


def file_of(paper: Paper, form: Form) -> PaperFile:
    """The paper in this form. Raises ExtraMissing where the package for it is not installed."""
    return PaperFile(f"{paper.name}.{form}", MEDIA_TYPES[form], _content(paper, form))


def _content(paper: Paper, form: Form) -> bytes:
    # What draws them is no part of the bare package, so each is loaded only where it is there.
    if form == "pdf":
        require("lab", "reportlab")
        from ppkit.papers.pdf_page import pdf_of

        return pdf_of(paper)
    if form == "png":
        require("lab", "PIL", "reportlab")
        from ppkit.papers.picture_page import picture_of

        return picture_of(paper)
    require("lab", "jinja2")
    from ppkit.papers.html_page import html_of

    return html_of(paper).encode()
