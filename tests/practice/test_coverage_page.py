"""The page that says what is imitated is the one the routes give."""

from __future__ import annotations

from pathlib import Path

from ppkit.practice.api.coverage import SIMPLIFIED, coverage_page
from ppkit.practice.api.routes import ROUTES

PAGE = Path(__file__).parents[2] / "docs" / "practice_coverage.md"


def test_the_coverage_page_is_what_the_routes_give() -> None:
    assert PAGE.read_text("utf-8") == coverage_page()


def test_every_simplification_belongs_to_a_route() -> None:
    assert set(SIMPLIFIED) <= {path for _method, path, _handler in ROUTES}
