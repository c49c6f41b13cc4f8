"""The course in a page without a server, with every other address blocked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from accessibility import violations_on
from playwright.sync_api import Browser, expect
from widgets.course_walk import ASSISTANT, COURSE, SETUP
from widgets.first_lessons import connect, write_and_draw
from widgets.learner import Mouse

from .page_walk import PageWalk, open_map, visitor
from .site import built_site, served

pytestmark = pytest.mark.lite


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(built_site(), tmp_path_factory.mktemp("host")) as address:
        yield address


def test_the_course_is_taken_in_italian_with_a_reload_and_nothing_from_elsewhere(
    chromium: Browser, site: str
) -> None:
    with visitor(chromium, site, width=400) as (page, elsewhere):
        walk = PageWalk(page, Mouse(), "it")
        open_map(page, site, "it")
        assert violations_on(page, COURSE) == []
        connect(walk)
        walk.go_on("create", SETUP, ASSISTANT)
        write_and_draw(walk)
        assert elsewhere == []
