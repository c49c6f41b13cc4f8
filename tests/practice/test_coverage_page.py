"""The page that says what is imitated is the one the routes give."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ppkit.practice_platform.api.coverage import SIMPLIFIED, coverage_page
from ppkit.practice_platform.api.wire_routes import ROUTES

from .openapi_document import NAMED, OpenAiDocument

PAGE = Path(__file__).parents[2] / "docs" / "practice_coverage.md"


def test_the_coverage_page_is_what_the_routes_give() -> None:
    assert PAGE.read_text("utf-8") == coverage_page()


def test_every_simplification_belongs_to_a_route() -> None:
    assert set(SIMPLIFIED) <= {path for _method, path, _handler in ROUTES}


def test_the_openai_document_is_asked_where_it_is_named(openai_document: OpenAiDocument | None) -> None:
    """All tests of this folder hold their answers against it: here it is only said whether they do."""
    if openai_document is None:
        pytest.skip(f"{NAMED} names no document: answers are held against the SDK's types only")
    wrong = json.dumps({"object": "list", "data": [{"id": 5}]}).encode()
    complaints = list(openai_document.complaints("GET", "/models", 200, "application/json", wrong))
    assert len(complaints) == 1
    events = b'data: {"type": "response.output_text.delta", "delta": 5}\n\n'
    assert list(openai_document.complaints("POST", "/responses", 200, "text/event-stream", events))
    assert list(openai_document.complaints("POST", "/responses", 401, "application/json", b'{"error": "x"}'))
