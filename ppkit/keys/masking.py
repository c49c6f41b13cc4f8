"""The two ways in which a secret is shown: by its end to the user, by its fingerprint to a program."""

from __future__ import annotations

import hashlib

HIDDEN = "…"
SHORTEST_KEY = 20  # characters; every published format is longer


def masked_end(secret: str) -> str:
    """ "…WXYZ": the last four characters identify a long secret; of a short one they show too much: "…"."""
    return f"{HIDDEN}{secret[-4:]}" if len(secret) >= SHORTEST_KEY else HIDDEN


def masked(secret: str) -> str:
    """ "sk-…WXYZ", so that a key is recognised as one; what does not begin like that is "…WXYZ"."""
    return ("sk-" if secret.startswith("sk-") else "") + masked_end(secret)


def fingerprint_of(secret: str, purpose: str) -> str:
    """Sixteen hexadecimal digits that differ from key to key and from purpose to purpose.

    They do not give the key away: it has far too many characters to be guessed.
    """
    return hashlib.sha256(f"ppkit {purpose}\0{secret}".encode()).hexdigest()[:16]
