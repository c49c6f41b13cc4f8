"""The picture of rooms and arrows in docs/architecture.md.

`write` redraws it from the code, `check` compares. An arrow says that a room imports another one. It is left
out where a longer way leads there as well. The ground floor, which every room may use, has no arrows.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BEGIN = "<!-- drawn by scripts/architecture.py: begin -->\n"
END = "<!-- drawn by scripts/architecture.py: end -->\n"

Arrows = dict[str, set[str]]
"""A room, and the rooms that it imports."""


def floors() -> list[list[str]]:
    """The rooms from the top floor to the ground floor, as the import contract lists them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract.get("containers") == ["ppkit"]]
    return [[room.strip(" ()") for room in layer.split("|")] for layer in layers]


def arrows_between(rooms: set[str]) -> Arrows:
    """Every import from one room into another, read from the code."""
    graph = grimp.build_graph("ppkit")
    found: Arrows = {room: set() for room in rooms}
    for module in graph.modules:
        room = _room_of(module)
        if room in rooms:
            imported = {_room_of(name) for name in graph.find_modules_directly_imported_by(module)}
            found[room] |= (imported & rooms) - {room}
    return found


def without_shortcuts(arrows: Arrows) -> Arrows:
    """The arrows that no longer way replaces. The arrows must hold no cycle."""
    return {
        room: {
            target
            for target in targets
            if not any(target in _reachable(arrows, other) for other in targets - {target})
        }
        for room, targets in arrows.items()
    }


def picture() -> str:
    """The rooms as a Mermaid flowchart."""
    *upper, ground = floors()
    present = {path.stem for path in (ROOT / "ppkit").iterdir()}
    upper = [[room for room in floor if room in present] for floor in upper]
    rooms = {room for floor in upper for room in floor}
    arrows = without_shortcuts(arrows_between(rooms))
    lines = ["flowchart TD"]
    lines += [
        f"  {room} --> {target}" for floor in upper for room in floor for target in sorted(arrows[room])
    ]
    lines += [f"  {room}" for floor in upper for room in floor if room not in _drawn(arrows)]
    lines += ["  subgraph ground [the ground floor, which every room may use]", "    direction LR"]
    lines += [f"    {room}" for room in sorted(ground)]
    lines += ["  end"]
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def page_with(drawn: str) -> str:
    """The page with this picture in it. Raises ValueError where the page has no place for it."""
    head, begin, rest = PAGE.read_text().partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE} has no place for the picture")
    return head + begin + drawn + end + tail


def main(command: str) -> int:
    expected = page_with(picture())
    if command == "write":
        PAGE.write_text(expected)
    elif PAGE.read_text() != expected:
        print("docs/architecture.md is out of date: run `make architecture`")
        return 1
    return 0


def _room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def _reachable(arrows: Arrows, room: str) -> set[str]:
    found: set[str] = set()
    waiting = [room]
    while waiting:
        for target in arrows[waiting.pop()] - found:
            found.add(target)
            waiting.append(target)
    return found


def _drawn(arrows: Arrows) -> set[str]:
    return {room for room, targets in arrows.items() if targets}.union(*arrows.values())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
