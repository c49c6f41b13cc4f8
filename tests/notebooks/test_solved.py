"""The lessons solved: a copy of each notebook, played to its end by nbval."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from ppkit.clock import SystemClock
from ppkit.onboarding import Progress
from ppkit.onboarding.lessons import LESSONS
from ppkit.onboarding.lessons.course import map_of
from ppkit.start.lesson_states import is_shown_code
from ppkit.start.notebooks import packaged_notebooks
from ppkit.start.shared_platform import end_practice

pytestmark = pytest.mark.processes
HERE = Path(__file__).parent


def solved(path: Path, folder: Path) -> None:
    """A copy in which every window is used, and which fails where its lesson is not finished by that."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type == "code" and not is_shown_code(cell):  # shown code is its own solution
            cells.append(nbformat.v4.new_code_cell("from solutions import solve\n\nawait solve(_)"))  # type: ignore[no-untyped-call]
    cells.append(nbformat.v4.new_code_cell("from solutions import assert_finished\n\nassert_finished()"))  # type: ignore[no-untyped-call]
    notebook.cells = cells
    nbformat.write(notebook, folder / path.name)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("language", ["it", "en"])
def test_who_does_what_the_lessons_ask_for_finishes_the_course(tmp_path: Path, language: str) -> None:
    folder, home = tmp_path / language, tmp_path / "home"
    folder.mkdir()
    for path in sorted((packaged_notebooks() / language).glob("*.ipynb")):
        solved(path, folder)
    own = {"PPKIT_HOME": str(home), "PYTHONPATH": str(HERE), "PPKIT_MODE": "practice"}
    command = ["pytest", "-q", "--nbval-lax", "--nbval-current-env", "-p", "no:xdist", "-c", os.devnull]
    try:
        done = subprocess.run(
            [sys.executable, "-m", *command, str(folder)],
            env={**os.environ, **own},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:]
    finally:
        end_practice(home, SystemClock())
    facts = Progress(home / "practice" / "progress.json").load()
    shown = map_of(facts, SystemClock().now())
    in_practice = [lesson.name for lesson in LESSONS if lesson.mode == "practice"]
    assert [lesson.name for lesson in shown.lessons if lesson.is_finished] == in_practice
