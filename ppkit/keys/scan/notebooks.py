"""Keys in a notebook: found by cell and place, or taken out of it before it is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from ppkit.keys.finding import FoundKey, keys_in, without_keys
from ppkit.keys.scan.leaks import Part, Place

SUFFIX = ".ipynb"


def parse_notebook(content: bytes) -> dict[str, Any] | None:
    """The notebook in these bytes, or None when they hold none."""
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) and any(_cells(parsed)) else None


def keys_in_notebook(notebook: dict[str, Any]) -> Iterator[tuple[Place, FoundKey]]:
    """Every key in source, outputs, attachments, metadata and the saved state of widgets."""
    for place, holder, name in _parts(notebook):
        for text in _texts(holder[name]):
            for found in keys_in(text):
                yield place, found


def take_keys_out(notebook: dict[str, Any]) -> list[tuple[Place, FoundKey]]:
    """Reduce each key in the notebook, which is changed in place, to its last four signs.

    Nothing else changes: a notebook without a key is left as it was, to the byte.
    """
    taken: list[tuple[Place, FoundKey]] = []
    for place, holder, name in _parts(notebook):

        def without(text: str, place: Place = place) -> str:
            cleaned, found = without_keys(text)
            taken.extend((place, one) for one in found)
            return cleaned

        holder[name] = _mapped(holder[name], without)
    return taken


def _cells(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Those of format 4, or of the worksheets of format 3; anything that is no cell is passed over."""
    sheets = notebook.get("worksheets")
    for owner in (notebook, *(sheets if isinstance(sheets, list) else ())):
        cells = owner.get("cells") if isinstance(owner, dict) else None
        yield from (cell for cell in cells if isinstance(cell, dict)) if isinstance(cells, list) else ()


def _parts(notebook: dict[str, Any]) -> Iterator[tuple[Place, Any, Any]]:
    """Everything in a notebook that can hold a text: its place, and where it hangs (`holder[name]`)."""
    for number, cell in enumerate(_cells(notebook), start=1):
        for name in list(cell):
            if name in ("outputs", "attachments") or not isinstance(cell[name], str | list | dict):
                continue
            is_source = name in ("source", "input")
            yield Place(Part.SOURCE if is_source else Part.CELL_METADATA, cell=number), cell, name
        outputs = cell.get("outputs")
        for index in range(len(outputs) if isinstance(outputs, list) else 0):
            yield Place(Part.OUTPUT, index + 1, number), outputs, index
        if "attachments" in cell:
            yield Place(Part.ATTACHMENT, cell=number), cell, "attachments"
    metadata = notebook.get("metadata")
    for name in list(metadata) if isinstance(metadata, dict) else ():
        yield Place(Part.WIDGETS if name == "widgets" else Part.METADATA), metadata, name


def _texts(node: Any) -> Iterator[str]:
    """Every text below a node, also names; a list of texts is one text in several lines."""
    if isinstance(node, str):
        yield node
    elif _is_lines(node):
        yield "".join(node)
    elif isinstance(node, list):
        for one in node:
            yield from _texts(one)
    elif isinstance(node, dict):
        for name, one in node.items():
            yield name
            yield from _texts(one)


def _mapped(node: Any, change: Callable[[str], str]) -> Any:
    """The node with every text changed; where no text changes, it is the very same object."""
    if isinstance(node, str):
        return change(node)
    if _is_lines(node):
        joined = "".join(node)
        changed = change(joined)
        return node if changed == joined else changed.splitlines(keepends=True)
    if isinstance(node, list):
        node[:] = [_mapped(one, change) for one in node]
    elif isinstance(node, dict):
        for name in list(node):
            node[name] = _mapped(node[name], change)
            if (cleaned := change(name)) != name:
                node[cleaned] = node.pop(name)
    return node


def _is_lines(node: Any) -> bool:
    return isinstance(node, list) and bool(node) and all(isinstance(one, str) for one in node)
