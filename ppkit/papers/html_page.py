"""A paper as one web page: no script, nothing from elsewhere, fit to be printed."""

from __future__ import annotations

from ppkit.look.jinja_environment import STATIC, environment
from ppkit.papers.paper import Paper


def html_of(paper: Paper) -> str:
    """The page; everything on it is escaped."""
    style = (STATIC / "ppkit.css").read_text(encoding="utf-8")
    return environment(paper.language).get_template("paper_page.html").render(paper=paper, style=style)
