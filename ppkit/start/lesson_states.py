"""Which notebooks are lessons of ppkit as they were shipped: by what is in their cells.

Only folded cells count: code that is shown is there for its reader to change and run, which makes no other
lesson of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ppkit.start.notebooks import digest_of_cells, packaged_notebooks


@cache
def shipped_digests() -> Mapping[str, str]:
    """The digest of every lesson in the package, by a path such as "it/01_collega.ipynb"."""
    folder = packaged_notebooks()
    return {path.relative_to(folder).as_posix(): _own_digest(path) for path in folder.glob("*/*.ipynb")}


def digest_of_lesson(cells: Iterable[Mapping[str, Any]]) -> str:
    """Of what makes the lesson. Raises KeyError or TypeError for what is no cell."""
    return digest_of_cells(cell for cell in cells if not is_shown_code(cell))


def is_shown_code(cell: Mapping[str, Any]) -> bool:
    """Whether a cell is code that is not folded, as the page judges it too (lessons.js)."""
    folded = cell.get("metadata", {}).get("jupyter", {}).get("source_hidden")
    return cell["cell_type"] == "code" and folded is not True


def _own_digest(path: Path) -> str:
    return digest_of_lesson(json.loads(path.read_bytes())["cells"])
