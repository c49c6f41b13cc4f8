"""The one way in which a secret is shown."""

from __future__ import annotations

from ppkit.keys.apikey import SHORTEST_KEY

HIDDEN = "…"


def masked(secret: str) -> str:
    """ "sk-…WXYZ": the last four characters recognise a long secret; of a short one they tell too much."""
    head = "sk-" if secret.startswith("sk-") else ""
    return f"{head}{HIDDEN}{secret[-4:]}" if len(secret) >= SHORTEST_KEY else f"{head}{HIDDEN}"
