"""What `pip install ppkit` alone does not bring, asked for in one place where a part of ppkit needs it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import ClassVar, Literal

from ppkit.errors import PpkitError
from ppkit.look.texts import Texts

Extra = Literal[
    "assistant",
    "practice",
    "lab",
    "voila",
    "postgres",
    "scan",
    "keyring",
    "xlsx",
    "tables",
    "watch",
    "class",
    "prices",
]


class ExtraMissing(PpkitError):
    """A package that this needs is not installed. Facts: extra, which brings it; package."""

    code = "extra_missing"


class PracticeMissing(ExtraMissing):
    """The practice platform was asked for, and ppkit is installed without it. Facts: extra, package."""

    code: ClassVar[str] = "practice_missing"


def is_installed(module: str) -> bool:
    """Whether a package of this name is there; it is not imported."""
    if module in sys.modules:
        return sys.modules[module] is not None
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def require(extra: Extra, *modules: str) -> None:
    """Raises ExtraMissing, or PracticeMissing, unless all of these packages of the extra are installed."""
    for module in modules:
        if not is_installed(module):
            missing = PracticeMissing if extra == "practice" else ExtraMissing
            raise missing(extra=extra, package=module)


@contextlib.contextmanager
def explained(texts: Texts) -> Iterator[None]:
    """What is missing is reported under the traceback too, where nothing else shows its sentences."""
    try:
        yield
    except ExtraMissing as error:
        if not getattr(error, "__notes__", None):
            parts = (f"error.{error.code}.{part}" for part in ("what", "why", "now"))
            error.add_note("\n".join(texts(part, **error.facts) for part in parts))
        raise
