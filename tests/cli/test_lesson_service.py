"""The extension of the Jupyter server: which notebooks are lessons, and which of them were changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ppkit.start.lesson_service import WINDOW, leave_windows_out, state_of
from ppkit.start.lesson_states import is_shown_code
from ppkit.start.notebooks import packaged_notebooks

LESSONS = sorted(packaged_notebooks().glob("*/*.ipynb"))
SHOWN = {"cell_type": "code", "source": "import os", "metadata": {}}
FOLDED = {**SHOWN, "metadata": {"jupyter": {"source_hidden": True}}}


def cells_of(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["cells"]
    return cells


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_as_it_was_shipped_is_unchanged_wherever_it_lies(path: Path) -> None:
    for place in (f"{path.parent.name}/{path.name}", f"deep/below/{path.name}", "copy.ipynb"):
        assert state_of(place, cells_of(path)).state == "unchanged"


def test_a_lesson_that_has_run_is_unchanged() -> None:
    cells = cells_of(LESSONS[0])
    for cell in cells:
        cell["outputs"], cell["execution_count"] = [{"output_type": "stream", "text": "x"}], 3
    assert state_of("it/any.ipynb", cells).state == "unchanged"


@pytest.mark.parametrize(("language", "verb"), [("it", "Esegui la lezione"), ("en", "Run the lesson")])
def test_a_lesson_with_another_text_is_changed_and_asked_about_in_its_language(
    language: str, verb: str
) -> None:
    path = next(path for path in LESSONS if path.parent.name == language)
    cells = [*cells_of(path), FOLDED]
    found = state_of(f"work/{language}/{path.name}", cells)
    assert (found.state, found.run) == ("changed", verb)
    assert found.digest != state_of("x", cells_of(path)).digest


def test_code_that_is_shown_may_be_changed_and_is_not_run_unasked() -> None:
    path = next(path for path in LESSONS if path.stem == "06_for_python_people")
    cells = cells_of(path)
    shown = [cell for cell in cells if is_shown_code(cell)]
    assert len(shown) > 5
    for cell in shown:
        cell["source"] = "changed"
    assert state_of("en/x.ipynb", [*cells, SHOWN]).state == "unchanged"


def test_code_that_is_folded_away_where_it_was_shown_makes_another_lesson() -> None:
    path = next(path for path in LESSONS if path.stem == "06_for_python_people")
    cells = cells_of(path)
    next(cell for cell in cells if is_shown_code(cell))["metadata"] = FOLDED["metadata"]
    assert state_of(f"en/{path.name}", cells).state == "changed"


def test_code_is_shown_in_the_lesson_for_python_people_alone() -> None:
    assert {path.stem[:2] for path in LESSONS if any(map(is_shown_code, cells_of(path)))} == {"06"}


def test_a_notebook_of_the_users_own_is_none_of_our_business() -> None:
    assert state_of("it/mine.ipynb", [{"cell_type": "code", "source": "1"}]).state == "unknown"
    assert state_of("01_collega_la_chiave.ipynb", [{"cell_type": "code", "source": "1"}]).state == "unknown"


def test_cells_without_a_type_are_no_notebook() -> None:
    with pytest.raises(KeyError):
        state_of("it/mine.ipynb", [{"source": "1"}])


def saved(path: Path, *more: dict[str, Any]) -> dict[str, Any]:
    """What the browser sends when a lesson is saved that has run."""
    cells = [*cells_of(path), *more]
    for cell in cells:
        if cell["cell_type"] == "code":
            text = {"output_type": "stream", "text": "printed"}
            cell["outputs"] = [
                {"output_type": "execute_result", "data": {WINDOW: {}, "text/plain": "x"}},
                text,
            ]
    content = {"cells": cells, "metadata": {"widgets": {"state": {}}, "kernelspec": {}}}
    return {"type": "notebook", "content": content}


@pytest.mark.parametrize("more", [[], [FOLDED]], ids=["unchanged", "changed"])
def test_the_windows_of_a_lesson_are_not_saved_and_what_it_printed_is(more: list[dict[str, Any]]) -> None:
    path = LESSONS[0]
    model = saved(path, *more)
    leave_windows_out(model, f"{path.parent.name}/{path.name}")
    assert "widgets" not in model["content"]["metadata"]
    outputs = [output for cell in model["content"]["cells"] for output in cell.get("outputs", [])]
    assert outputs
    assert {output["output_type"] for output in outputs} == {"stream"}


def test_a_notebook_of_the_users_own_is_saved_as_it_is() -> None:
    model = saved(LESSONS[0], dict(FOLDED))
    before = json.dumps(model)
    leave_windows_out(model, "mine.ipynb")
    assert json.dumps(model) == before


@pytest.mark.parametrize(
    "model", [{}, {"type": "file", "content": "x"}, {"type": "notebook", "content": None}]
)
def test_what_is_no_notebook_is_saved_as_it_is(model: dict[str, Any]) -> None:
    before = json.dumps(model)
    leave_windows_out(model, "it/any.ipynb")
    assert json.dumps(model) == before
