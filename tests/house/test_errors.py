"""Every error that ppkit raises on purpose has its three sentences, in both languages."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import ppkit
from ppkit.errors import PpkitError
from ppkit.look.texts import Texts

TAKES_ITS_CODE_FROM_A_REPORT = {"unexpected"}


def modules() -> Iterator[str]:
    for module in pkgutil.walk_packages(ppkit.__path__, "ppkit."):
        if not module.name.endswith("__main__"):
            yield module.name


def error_codes() -> list[str]:
    for name in modules():
        importlib.import_module(name)
    found: set[str] = set()
    waiting = [PpkitError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if not kind.__subclasses__():  # the others are bases, and are never raised
            found.add(kind.code)
    return sorted(found - TAKES_ITS_CODE_FROM_A_REPORT)


@pytest.mark.parametrize("language", ["it", "en"])
def test_every_error_says_what_happened_why_and_what_to_do_now(language: str) -> None:
    texts = Texts(language)
    codes = error_codes()
    assert len(codes) > 20
    missing = [
        f"error.{code}.{part}"
        for code in codes
        for part in ("what", "why", "now")
        if f"error.{code}.{part}" not in texts
    ]
    assert missing == []
