"""The blocks of docs/frameworks.md, by section, and what the page says of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/frameworks.md"
_FENCE = re.compile(r"^```python([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """Python of the page. `claims` are the words behind "python" in its fence; none means: metered."""

    section: str
    claims: frozenset[str]
    code: str


def blocks() -> list[Block]:
    found = []
    for section in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE):
        title = section.partition("\n")[0]
        for claims, code in _FENCE.findall(section):
            found.append(Block(title, frozenset(claims.split()), code))
    return found
