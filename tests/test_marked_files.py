from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from in_process import see_that_it_is_found
from marked_files import is_marked

MARKER = "lite"
WRITTEN = f"pytestmark = pytest.mark.{MARKER}"


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def marked_item(path: Path) -> pytest.Item:
    found: Any = SimpleNamespace(
        path=path, nodeid=f"{path.name}::test", get_closest_marker=lambda name: name == MARKER
    )
    return cast(pytest.Item, found)


def test_a_marker_is_found_in_a_file_or_in_the_conftest_beside_it(tmp_path: Path) -> None:
    written(tmp_path / "marking" / "conftest.py", WRITTEN)
    for path in (
        written(tmp_path / "plain" / "test_marked.py", WRITTEN),
        written(tmp_path / "marking" / "test_plain.py", ""),
    ):
        assert is_marked(path, MARKER)
        see_that_it_is_found(marked_item(path))


def test_a_test_that_is_marked_from_elsewhere_stops_the_run(tmp_path: Path) -> None:
    path = written(tmp_path / "plain" / "test_plain.py", "from elsewhere import pytestmark")
    with pytest.raises(pytest.UsageError, match=rf"test_plain.py::test.* pytest.mark.{MARKER}"):
        see_that_it_is_found(marked_item(path))
