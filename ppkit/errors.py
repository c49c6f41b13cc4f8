"""What can go wrong, as facts. The sentences a person reads are in the catalogues, found by `code`."""

from __future__ import annotations

from typing import ClassVar


class PpkitError(Exception):
    """Base of every error that ppkit raises on purpose.

    `code` names the texts "error.<code>.what", ".why" and ".now" in `look/locale/*/errors.po`;
    `facts` fills their placeholders. Neither ever holds a secret.
    """

    code: ClassVar[str] = "unexpected"

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.code, facts)

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code}: {facts}" if facts else self.code


class InvalidSettings(PpkitError):
    """A setting cannot be understood. Facts: name, value (redacted), source."""

    code = "invalid_settings"
