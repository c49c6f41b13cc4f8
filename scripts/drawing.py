"""What the pictures of docs/architecture.md share: the floors of the house, and their places on the page."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"


def floors() -> list[list[str]]:
    """The rooms from the top floor to the ground floor, as the import contract lists them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract.get("containers") == ["ppkit"]]
    return [[room.strip(" ()") for room in layer.split("|")] for layer in layers]


def mermaid(lines: list[str]) -> str:
    """A picture as a page holds it."""
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def page_with(drawn: str, by: str) -> str:
    """The page with what a script draws in its place. Raises ValueError where there is no such place."""
    begin, end = (f"<!-- drawn by scripts/{by}: {mark} -->\n" for mark in ("begin", "end"))
    head, found_begin, rest = PAGE.read_text().partition(begin)
    _, found_end, tail = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"{PAGE} has no place for what {by} draws")
    return head + begin + drawn + end + tail


def run(command: str, draw: Callable[[], str], by: str) -> int:
    """`write` draws anew, everything else compares. Returns the exit code."""
    expected = page_with(draw(), by)
    if command == "write":
        PAGE.write_text(expected)
    elif PAGE.read_text() != expected:
        print(f"docs/architecture.md is out of date ({by}): run `make architecture`")
        return 1
    return 0
