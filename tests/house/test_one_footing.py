"""What a machine can do is decided in one place, and threads begin in one place."""

from __future__ import annotations

import re
from pathlib import Path

from .tracked import ROOT

PACKAGE = ROOT / "ppkit"


def modules_with(pattern: str) -> set[str]:
    found = (path for path in PACKAGE.rglob("*.py") if re.search(pattern, path.read_text("utf-8")))
    return {str(Path(path).relative_to(PACKAGE)) for path in found}


def test_one_module_asks_whether_python_runs_inside_a_page() -> None:
    assert modules_with(r"emscripten|import pyodide|from pyodide") == {"footing.py"}


def test_threads_begin_where_there_is_a_way_without_them() -> None:
    # A deadline is kept by the SDK where there are none; a class is served by a computer.
    assert modules_with(r"\bThread\(|ThreadPoolExecutor\(") <= {"beside.py", "checkup/deadline.py"}


def test_each_that_starts_a_process_or_listens_is_for_a_computer() -> None:
    rooms = {path.partition("/")[0] for path in modules_with(r"subprocess\.|socket\.socket\(")}
    assert rooms <= {"class_service", "cli", "keys", "practice_platform", "start", "runs"}
