"""ApiKey: the one type that holds a secret key, with one method that reveals it."""

from __future__ import annotations

import hmac
import re
from enum import StrEnum
from typing import NoReturn, Self

from ppkit.errors import PpkitError
from ppkit.keys.masking import SHORTEST_KEY, fingerprint_of, masked_end

PRINTABLE = re.compile(r"[!-~]+")


class MalformedKey(PpkitError):
    """This text cannot be a key. No facts: the text itself may be a secret."""

    code = "malformed_key"


class KeyKind(StrEnum):
    """What a key says about itself by its first letters."""

    PRACTICE = "practice"
    PRACTICE_ADMIN = "practice_admin"
    PROJECT = "project"
    SERVICE_ACCOUNT = "service_account"
    ADMIN = "admin"
    LEGACY = "legacy"
    UNKNOWN = "unknown"


# The longest prefix first. Sources: trufflehog and gitleaks rules, mid-2026; practice prefixes are ours.
PREFIXES: tuple[tuple[str, KeyKind], ...] = (
    ("sk-practice-admin-", KeyKind.PRACTICE_ADMIN),
    ("sk-practice-", KeyKind.PRACTICE),
    ("sk-svcacct-", KeyKind.SERVICE_ACCOUNT),
    ("sk-service-", KeyKind.SERVICE_ACCOUNT),
    ("sk-admin-", KeyKind.ADMIN),
    ("sk-proj-", KeyKind.PROJECT),
)
OPENAI_INFIX = "T3BlbkFJ"  # base64 of "OpenAI", in the middle of every real key
LEGACY = re.compile(rf"sk-[A-Za-z0-9]{{20}}{OPENAI_INFIX}[A-Za-z0-9]{{20}}")

PRACTICE_KINDS = frozenset({KeyKind.PRACTICE, KeyKind.PRACTICE_ADMIN})
ADMIN_KINDS = frozenset({KeyKind.ADMIN, KeyKind.PRACTICE_ADMIN})


def kind_of(value: str) -> KeyKind:
    """The kind that a key's text announces; UNKNOWN is not wrong, formats change."""
    for prefix, kind in PREFIXES:
        if value.startswith(prefix):
            return kind
    return KeyKind.LEGACY if LEGACY.fullmatch(value) else KeyKind.UNKNOWN


class ApiKey:
    """A secret key. It prints as its last four characters, cannot be pickled, and has no `__dict__`.

    Raises MalformedKey unless the text is at least 20 printable ASCII characters without a space:
    anything else makes the SDK fail with an exception that quotes the key.
    """

    __slots__ = ("_value",)
    _value: str

    def __init__(self, value: str) -> None:
        if len(value) < SHORTEST_KEY or not PRINTABLE.fullmatch(value):
            raise MalformedKey
        object.__setattr__(self, "_value", value)

    def get_secret_value(self) -> str:
        """The secret itself. Every use of a key in clear is a call of this method."""
        return self._value

    @property
    def last4(self) -> str:
        return self._value[-4:]

    @property
    def masked_end(self) -> str:
        """What a ledger knows the key by: "…WXYZ"."""
        return masked_end(self._value)

    @property
    def masked(self) -> str:
        """What may be shown and stored: "sk-…WXYZ"."""
        return f"sk-{self.masked_end}"

    @property
    def fingerprint(self) -> str:
        """What a proof that was shown with the key is kept with."""
        return fingerprint_of(self._value, "proof")

    @property
    def kind(self) -> KeyKind:
        return kind_of(self._value)

    @property
    def is_practice(self) -> bool:
        return self.kind in PRACTICE_KINDS

    def __repr__(self) -> str:
        return f"ApiKey({self.masked!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ApiKey):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a key does not change")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a key does not change")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret key cannot be pickled")
