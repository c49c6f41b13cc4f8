"""Practice and real keys never mix: whose key a text holds, whatever stands around it."""

from __future__ import annotations

import re

from ppkit.keys.masking import SHORTEST_KEY
from ppkit.keys.non_keys import PasteRefusal
from ppkit.mode import Mode

# No letter before it, so that no "task-…" is taken for a key; said after it, so that the search is for "sk-".
_START = r"sk-(?<![A-Za-z0-9]sk-)"
_PRACTICE = re.compile(rf"{_START}practice-")
# Of any issuer: also other platforms' keys that begin like OpenAI's are paid for with real money.
_REAL = re.compile(rf"{_START}(?!practice-)[A-Za-z0-9_-]{{{SHORTEST_KEY - len('sk-')},}}")


def foreign_key_in(text: str, mode: Mode) -> PasteRefusal | None:
    """Why a text must not be used in a mode ("practice", "live"); None when it holds no key of the other."""
    if mode == "live":
        return PasteRefusal.PRACTICE_KEY_IN_LIVE if _PRACTICE.search(text) else None
    return PasteRefusal.REAL_KEY_IN_PRACTICE if _REAL.search(text) else None
