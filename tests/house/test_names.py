"""One meaning, one name: what is looked for by its name is found in one place."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "ppkit"
SAME_MEANING = {
    *("__init__.py", "__main__.py", "errors.py"),  # what a room hands out, how it is run, what goes wrong
    *("store.py", "transaction.py", "migrations.py"),  # the ledger's port, and its twin for each database
}


def places_of_classes() -> dict[str, list[str]]:
    """Where each class at the top of a module is defined; a leading underscore makes no other name."""
    places = defaultdict(list)
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places[node.name.removeprefix("_")].append(str(path.relative_to(PACKAGE)))
    return places


def test_no_two_classes_have_one_name() -> None:
    assert {name: places for name, places in places_of_classes().items() if len(places) > 1} == {}


def test_no_two_modules_have_one_name() -> None:
    places = defaultdict(list)
    for path in PACKAGE.rglob("*.py"):
        places[path.name].append(str(path.relative_to(PACKAGE)))
    shared = {name: found for name, found in places.items() if len(found) > 1}
    assert {name: found for name, found in shared.items() if name not in SAME_MEANING} == {}


def test_no_two_templates_of_windows_have_one_name() -> None:
    names = [path.name for path in (PACKAGE / "widgets").rglob("*.html")]
    assert sorted(names) == sorted(set(names))
