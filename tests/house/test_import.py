"""`import ppkit` is light: a notebook's first cell, and every command, begin with it."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import pytest

import ppkit

pytestmark = pytest.mark.processes

HEAVY = (
    "openai",
    "pandas",
    "ipywidgets",
    "anywidget",
    "sqlalchemy",
    "IPython",
    "babel",
    "jinja2",
    "pydantic",
)
BEST_OF = 7
AT_MOST_MILLISECONDS = 60.0


def in_a_new_process(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()


def test_importing_ppkit_loads_nothing_heavy() -> None:
    loaded = in_a_new_process("import ppkit, sys; print(' '.join(sys.modules))").split()
    assert [name for name in HEAVY if name in loaded] == []


def test_importing_ppkit_is_quick() -> None:
    """In the processor's time: a busy machine does not count."""
    code = "import time; start = time.process_time(); import ppkit; print(time.process_time() - start)"
    milliseconds = min(float(in_a_new_process(code)) for _ in range(BEST_OF)) * 1000
    assert milliseconds < AT_MOST_MILLISECONDS


def test_every_public_name_exists() -> None:
    assert [name for name in ppkit.__all__ if not hasattr(ppkit, name)] == []


def test_no_module_has_the_name_of_a_public_function() -> None:
    """The import system binds a submodule to its package: it would hide `ppkit.session()` and the others."""
    modules = {module.name for module in pkgutil.iter_modules(ppkit.__path__)}
    assert modules & set(ppkit.__all__) == set()
