"""The links of docs/binder.md: where they lead, and what they ask nbgitpuller for."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import binder_links
import pytest

from .replica import ROOT

LINK = re.compile(r"https://mybinder\.org/v2/gh/[^\s)]+")


def opened_by(link: str) -> str:
    (found,) = parse_qs(urlsplit(link).query)["urlpath"]
    return found


@pytest.mark.parametrize("language", ["it", "en"])
def test_a_badge_opens_the_first_lesson_of_its_language(language: str) -> None:
    before, notebook = opened_by(binder_links.link("ORG/REPO", "REF", language)).split("/doc/tree/")
    assert before == f"ppkit/in/{language}"
    assert (ROOT / notebook).is_file()
    assert notebook.startswith(f"notebooks/{language}/00_")


@pytest.mark.parametrize("language", ["it", "en"])
def test_a_pulling_link_fetches_the_repository_and_opens_the_lesson_that_came_with_it(language: str) -> None:
    address, asked = opened_by(binder_links.link("ORG/REPO", "REF", language, "main")).split("?")
    assert address == "git-pull"
    given = parse_qs(asked, strict_parsing=True)
    assert given["repo"] == ["https://github.com/ORG/REPO"]
    assert given["branch"] == ["main"]
    ((folder,), (place,)) = given["targetPath"], given["urlpath"]
    before, notebook = place.split(f"/doc/tree/{folder}/")
    assert before == f"ppkit/in/{language}"
    assert (ROOT / notebook).is_file()


def test_the_page_shows_the_links_that_the_script_makes() -> None:
    made = {
        binder_links.link("ORG/REPO", "REF", language, *way)
        for language in ["en", "it"]
        for way in ([], ["main"])
    }
    shown = set(LINK.findall((ROOT / "docs/binder.md").read_text("utf-8")))
    assert shown == made
