"""What learners and trainers show: tokens, kept as digests only, and codes short enough to be read out."""

from __future__ import annotations

import secrets
from hashlib import sha256

LEARNER_TOKEN = "sk-class-"  # noqa: S105  (its beginning: by "sk-" it is hidden wherever keys are)
TRAINER_TOKEN = "sk-trainer-"  # noqa: S105
_SIGNS = "abcdefghijkmnpqrstuvwxyz23456789"  # none of them is taken for another
_TOKEN_LENGTH = 32  # 160 bits
_CODE_LENGTH = 6


def new_learner_token() -> str:
    return LEARNER_TOKEN + _signs(_TOKEN_LENGTH)


def new_trainer_token() -> str:
    return TRAINER_TOKEN + _signs(_TOKEN_LENGTH)


def is_learner_token(token: str) -> bool:
    """Whether it looks like one: whatever does not needs no look at the roster."""
    return token.startswith(LEARNER_TOKEN) and len(token) == len(LEARNER_TOKEN) + _TOKEN_LENGTH


def is_trainer_token(token: str) -> bool:
    """As `is_learner_token`."""
    return token.startswith(TRAINER_TOKEN) and len(token) == len(TRAINER_TOKEN) + _TOKEN_LENGTH


def new_join_code() -> str:
    """Six signs, a billion codes: with the tries that a lesson allows, nobody guesses one."""
    return _signs(_CODE_LENGTH)


def digest_of(token: str) -> str:
    """What is kept of a token. It is random and long, so that a plain digest cannot be turned back."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def as_typed(code: str) -> str:
    """A join code as people type it: capitals, spaces and hyphens do not matter."""
    return "".join(sign for sign in code.lower() if sign.isascii() and sign.isalnum())[:20]


def _signs(length: int) -> str:
    return "".join(secrets.choice(_SIGNS) for _ in range(length))
