"""Keys in a notebook: found by cell and place, or taken out of it before it is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from ppkit.keys.key_search import FoundKey, keys_and_examples_in, keys_in, without_keys
from ppkit.keys.scan.leaks import LeakPlace, PlaceUnit

SUFFIX = ".ipynb"


def parse_notebook(content: bytes) -> dict[str, Any] | None:
    """The notebook in these bytes, or None when they hold none."""
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) and any(_cells(parsed)) else None


def keys_in_notebook(notebook: dict[str, Any]) -> Iterator[tuple[LeakPlace, FoundKey]]:
    """Every key in source, outputs, attachments, metadata and the saved state of widgets."""
    for place, holder, name in _parts(notebook):
        for found in _keys_below(holder[name]):
            yield place, found


def take_keys_out(notebook: dict[str, Any]) -> list[tuple[LeakPlace, FoundKey]]:
    """Reduce each key in the notebook, which is changed in place, to its last four signs.

    Nothing else changes: a notebook without a key is left as it was, to the byte.
    """
    taken: list[tuple[LeakPlace, FoundKey]] = []
    for place, holder, name in _parts(notebook):
        found: list[FoundKey] = []
        holder[name] = _cleaned(holder[name], found)
        taken.extend((place, one) for one in found)
    return taken


def _cells(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Those of format 4, or of the worksheets of format 3; anything that is no cell is passed over."""
    sheets = notebook.get("worksheets")
    for owner in (notebook, *(sheets if isinstance(sheets, list) else ())):
        cells = owner.get("cells") if isinstance(owner, dict) else None
        yield from (cell for cell in cells if isinstance(cell, dict)) if isinstance(cells, list) else ()


def _parts(notebook: dict[str, Any]) -> Iterator[tuple[LeakPlace, Any, Any]]:
    """Everything in a notebook that can hold a text: its place, and where it hangs (`holder[name]`)."""
    for number, cell in enumerate(_cells(notebook), start=1):
        for name in list(cell):
            if name in ("outputs", "attachments") or not isinstance(cell[name], str | list | dict):
                continue
            is_source = name in ("source", "input")
            yield (
                LeakPlace(PlaceUnit.SOURCE if is_source else PlaceUnit.CELL_METADATA, cell=number),
                cell,
                name,
            )
        outputs = cell.get("outputs")
        for index in range(len(outputs) if isinstance(outputs, list) else 0):
            yield LeakPlace(PlaceUnit.OUTPUT, index + 1, number), outputs, index
        if "attachments" in cell:
            yield LeakPlace(PlaceUnit.ATTACHMENT, cell=number), cell, "attachments"
    metadata = notebook.get("metadata")
    for name in list(metadata) if isinstance(metadata, dict) else ():
        yield LeakPlace(PlaceUnit.WIDGETS if name == "widgets" else PlaceUnit.METADATA), metadata, name


def _keys_below(node: Any) -> Iterator[FoundKey]:
    """Every key in a node's texts and names; a list of texts may be one text in several pieces."""
    if isinstance(node, str):
        yield from keys_and_examples_in(node)
    elif _is_pieces(node):
        over_pieces = list(keys_and_examples_in("".join(node)))
        yield from over_pieces
        for piece in node:
            yield from (
                one
                for one in keys_and_examples_in(piece)
                if not any(one.value in whole.value for whole in over_pieces)
            )
    elif isinstance(node, list):
        for one in node:
            yield from _keys_below(one)
    elif isinstance(node, dict):
        for name, one in node.items():
            yield from keys_and_examples_in(name)
            yield from _keys_below(one)


def _cleaned(node: Any, found: list[FoundKey]) -> Any:
    """The node without keys; lists and dictionaries are changed in place, and `found` gets what was found."""
    if isinstance(node, str):
        node, keys = without_keys(node)
        found += keys
    elif isinstance(node, list):
        if _is_pieces(node):
            _clean_over_pieces(node, found)
        node[:] = [_cleaned(one, found) for one in node]
    elif isinstance(node, dict):
        for name in list(node):
            node[name] = _cleaned(node[name], found)
            if (clean := _cleaned(name, found)) != name:
                node[clean] = node.pop(name)
    return node


def _clean_over_pieces(pieces: list[str], found: list[FoundKey]) -> None:
    """Take out the keys that begin in one piece and end in another; there are as many pieces as before."""
    for key in reversed(list(keys_in("".join(pieces)))):
        begins = [0, *accumulate(map(len, pieces))]
        touched = [
            place for place in range(len(pieces)) if begins[place] < key.end and key.start < begins[place + 1]
        ]
        if key.in_base64 or len(touched) < 2:
            continue
        found.append(key)
        for place in touched:
            shown = key.masked if place == touched[0] else ""
            before = pieces[place][: max(0, key.start - begins[place])]
            pieces[place] = before + shown + pieces[place][key.end - begins[place] :]


def _is_pieces(node: Any) -> bool:
    return isinstance(node, list) and len(node) > 1 and all(isinstance(one, str) for one in node)
