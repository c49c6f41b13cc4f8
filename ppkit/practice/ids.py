"""Names that the practice platform makes up, in OpenAI's forms."""

from __future__ import annotations

import secrets
from collections.abc import Callable

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
REAL_KEY_INFIX = "T3BlbkFJ"
"""In every real key, and what secret scanners look for; a practice key never contains it."""

Token = Callable[[int], str]
"""A function from a length to that many letters and digits."""


def random_token(length: int) -> str:
    """Letters and digits, each as likely as any other, from the system's generator."""
    signs = ""
    while len(signs) < length:
        # 248 is four times 62: bytes beyond it would make some signs likelier than others.
        signs += "".join(ALPHABET[byte % 62] for byte in secrets.token_bytes(length + 8) if byte < 248)
    return signs[:length]


def new_secret(prefix: str, token: Token) -> str:
    """A practice key: unmistakable, and nothing a scanner would take for a real one."""
    while True:
        value = token(48)
        if REAL_KEY_INFIX not in value:
            return prefix + value
