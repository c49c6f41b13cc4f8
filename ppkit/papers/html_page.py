"""A paper as one web page: no script, nothing from elsewhere, fit to be printed."""

from __future__ import annotations

from base64 import b64encode

from ppkit.look.jinja_environment import STATIC, environment
from ppkit.papers.paper import Paper


def html_of(paper: Paper) -> str:
    """The page; everything on it is escaped."""
    style = (STATIC / "ppkit.css").read_text(encoding="utf-8")
    page = environment(paper.language).get_template("paper_page.html")
    return page.render(paper=paper, style=style, logo=_logo(paper))


def _logo(paper: Paper) -> str:
    """The letterhead's picture inside the page itself; empty where there is none."""
    head = paper.letterhead
    return f"data:{head.media_type};base64,{b64encode(head.logo).decode()}" if head and head.logo else ""
