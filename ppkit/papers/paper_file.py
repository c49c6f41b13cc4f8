"""A paper as a file: a web page that needs nothing else, a PDF, or a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from ppkit.extras import is_installed, require
from ppkit.papers.paper import Paper

Form = Literal["pdf", "html", "png"]
FORMS: tuple[Form, ...] = get_args(Form)
_DRAWN_BY: Mapping[Form, tuple[str, ...]] = {"pdf": ("reportlab",), "png": ("PIL", "reportlab")}
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
    "json": "application/json",
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


def form_at_hand(form: Form) -> Form:
    """This form, or a web page, which any browser prints, where what draws the form is not installed."""
    return form if all(map(is_installed, _DRAWN_BY.get(form, ()))) else "html"


def _content(paper: Paper, form: Form) -> bytes:
    # What draws them is no part of the bare package, so each is loaded only where it is there.
    require("lab", *_DRAWN_BY.get(form, ()))
    if form == "pdf":
        from ppkit.papers.pdf_page import pdf_of

        return pdf_of(paper)
    if form == "png":
        from ppkit.papers.picture_page import picture_of

        return picture_of(paper)
    require("lab", "jinja2")
    from ppkit.papers.html_page import html_of

    return html_of(paper).encode()
