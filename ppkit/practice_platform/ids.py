"""Names that the practice platform makes up, in OpenAI's forms."""

from __future__ import annotations

import secrets
from collections.abc import Callable

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
REAL_KEY_INFIX = "T3BlbkFJ"
"""In every real key, and what secret scanners look for; a practice key never contains it."""

Token = Callable[[int], str]
"""A function from a length to that many letters and digits."""


# 248 is four times 62: bytes beyond it are dropped, or some signs would be likelier than others.
_SIGNS = bytes(ord(ALPHABET[byte % 62]) for byte in range(256))
_DROPPED = bytes(range(248, 256))


def random_token(length: int) -> str:
    """Letters and digits, each as likely as any other, from the system's generator."""
    signs = b""
    while len(signs) < length:
        signs += secrets.token_bytes(length + 16).translate(_SIGNS, _DROPPED)
    return signs[:length].decode("ascii")


def new_secret(prefix: str, token: Token) -> str:
    """A practice key: unmistakable, and nothing a scanner would take for a real one."""
    while True:
        value = token(48)
        if REAL_KEY_INFIX not in value:
            return prefix + value
