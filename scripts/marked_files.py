"""The test files that hold tests with a marker, found by their text: to import all others takes longer."""

from __future__ import annotations

from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def marked_files(marker: str) -> list[str]:
    """Paths from the root, sorted."""
    found = (path for path in (ROOT / "tests").rglob("test_*.py") if is_marked(path, marker))
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def is_marked(path: Path, marker: str) -> bool:
    """Whether the file gives it, or the conftest.py beside it (tests/in_process.py refuses other ways)."""
    return any(f"pytest.mark.{marker}" in _text(each) for each in (path, path.with_name("conftest.py")))


@cache
def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""
