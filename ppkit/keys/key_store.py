"""Keys that are kept when the user asks for it: what every store does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ppkit.errors import PpkitError
from ppkit.keys.apikey import OPENAI_INFIX, ApiKey
from ppkit.keys.key_refusal import holds_key
from ppkit.keys.sources import SavedKey, SourceName

DEFAULT_NAME = "PostPickr-AI"  # the name that the help page suggests
LONGEST_NAME = 60


class InvalidKeyName(PpkitError):
    """A key cannot be kept under this name. No facts: somebody may have put the key itself here."""

    code = "invalid_key_name"


class NoSuchKey(PpkitError):
    """No key is kept under this name. No facts: somebody may have put a key itself here."""

    code = "no_such_key"


class KeyStore(Protocol):
    """Saved keys by name, at most one of them active. `forget` really forgets."""

    def load(self, name: str | None = None) -> ApiKey | None:
        """The named key, or the active one; None when it is not there."""

    def save(self, key: ApiKey, name: str = DEFAULT_NAME) -> None:
        """Keep the key under this name, in place of another of that name, and make it active."""

    def forget(self, name: str | None = None) -> bool:
        """Drop the named key, or all of them; False when there was nothing to drop."""

    def list(self) -> list[SavedKey]:
        """Names and masked keys, never a secret."""

    def activate(self, name: str | None) -> None:
        """Use the named key from now on; None lets the store rest. Raises NoSuchKey."""


def checked_name(name: str) -> str:
    """The name without spaces around it. Raises InvalidKeyName.

    A name stands in lists and labels, so it must be one printable line, it must not be the name of a source,
    and it must not be a key: that happens when the two are mixed up on the command line.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidKeyName
    if name in set(SourceName) or name.lower().startswith("sk-") or OPENAI_INFIX in name or holds_key(name):
        raise InvalidKeyName
    return name


def still_active(names: Mapping[str, object], active: str | None) -> str | None:
    """The active name after a change: another takes the place of one that has gone; a resting store rests."""
    if active is None or active in names:
        return active
    return next(iter(names), None)
