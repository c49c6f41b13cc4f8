"""Notebooks as they are stored: clean, short, and the same lesson in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2] / "notebooks"
ITALIAN = sorted((ROOT / "it").glob("*.ipynb"))
ENGLISH = sorted((ROOT / "en").glob("*.ipynb"))
LONGEST_CELL_LINES = 5
FIRST_LESSONS = ("01", "02", "03", "04")
MODE = re.compile(r"\b(pratica|practice|dal vivo|live)\b", re.IGNORECASE)


def read(path: Path) -> nbformat.NotebookNode:
    notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return notebook


def test_there_are_lessons_and_each_has_its_twin() -> None:
    assert ITALIAN
    numbers = [[path.name.partition("_")[0] for path in paths] for paths in (ITALIAN, ENGLISH)]
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("path", ITALIAN + ENGLISH, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_notebook_is_stored_clean(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert "widgets" not in notebook.metadata
    assert "language_info" not in notebook.metadata or "version" not in notebook.metadata.language_info


@pytest.mark.parametrize("path", ITALIAN + ENGLISH, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_cell_of_code_is_short(path: Path) -> None:
    code = [cell.source for cell in read(path).cells if cell.cell_type == "code"]
    assert [source for source in code if len(source.splitlines()) > LONGEST_CELL_LINES] == []


@pytest.mark.parametrize("pair", list(zip(ITALIAN, ENGLISH, strict=False)), ids=lambda pair: pair[0].stem)
def test_twins_have_the_same_code_and_prose_in_the_same_places(pair: tuple[Path, Path]) -> None:
    italian, english = (read(path).cells for path in pair)
    assert [cell.cell_type for cell in italian] == [cell.cell_type for cell in english]
    assert [cell.get("id") for cell in italian] == [cell.get("id") for cell in english]
    code = [[cell.source for cell in cells if cell.cell_type == "code"] for cells in (italian, english)]
    assert code[0] == code[1]
    prose = [(a.source, b.source) for a, b in zip(italian, english, strict=True) if a.cell_type == "markdown"]
    assert [one for one, other in prose if one == other] == []


@pytest.mark.parametrize("path", [path for path in ITALIAN + ENGLISH if path.name[:2] in FIRST_LESSONS])
def test_prose_of_a_lesson_that_either_mode_shows_names_none(path: Path) -> None:
    """It stays as it is when the page is switched; the windows say what holds in one mode."""
    prose = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
    assert prose
    assert [text for text in prose if MODE.search(text)] == []
