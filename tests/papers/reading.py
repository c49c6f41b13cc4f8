"""What stands on a paper, read back from its file."""

from __future__ import annotations

import io
import re

from pypdf import PdfReader

from ppkit.papers import Paper, file_of


def words_of_pdf(content: bytes) -> str:
    """All text of all pages, in single spaces."""
    pages = PdfReader(io.BytesIO(content)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def words_of_page(content: str) -> str:
    """The text of a web page without its markup."""
    without_style = re.sub(r"<(style|head)>.*?</\1>", " ", content, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", without_style))


def words_of(paper: Paper) -> list[str]:
    """In each form."""
    return [
        words_of_pdf(file_of(paper, "pdf").content),
        words_of_page(file_of(paper, "html").content.decode()),
    ]
