"""The one way in which a secret is shown."""

from __future__ import annotations

HIDDEN = "…"
SHORTEST_KEY = 20  # characters; every published format is longer


def masked_end(secret: str) -> str:
    """ "…WXYZ": the last four characters recognise a long secret; of a short one they tell too much: "…"."""
    return f"{HIDDEN}{secret[-4:]}" if len(secret) >= SHORTEST_KEY else HIDDEN


def masked(secret: str) -> str:
    """ "sk-…WXYZ", so that a key is recognised as one; what does not begin like that is "…WXYZ"."""
    return ("sk-" if secret.startswith("sk-") else "") + masked_end(secret)
