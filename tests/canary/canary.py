"""Keys that never existed, in every shape in which one may be typed, and how to find them afterwards."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from keys.canaries import key_of


@dataclass(frozen=True, slots=True)
class Canary:
    """A text with a key in it, and a piece of that key long enough to give it away."""

    shape: str
    text: str
    piece: str

    def is_in(self, told: object) -> bool:
        """Whether the piece stands there, in letters of any size, plain or in base64."""
        found = told if isinstance(told, bytes) else str(told).encode()
        return any(form in found.lower() for form in self._forms())

    def _forms(self) -> Iterator[bytes]:
        plain = self.piece.lower().encode()
        yield plain
        yield base64.b64encode(self.piece.encode())[:-4].lower()

    def places(self, folder: Path) -> list[str]:
        """Every file below the folder that holds it, in name or bytes; databases with their logs."""
        return [
            str(path.relative_to(folder))
            for path in folder.rglob("*")
            if self.is_in(path.name) or (path.is_file() and self.is_in(path.read_bytes()))
        ]


def _canary(shape: str, form: str, text: str = "{key}", cut: int = 40) -> Canary:
    key = key_of(form, "canary")
    written = text.format(key=key, upper=key.upper(), first=key[:cut], rest=key[cut:])
    return Canary(shape, written, key[18:34])


CANARIES = (
    _canary("project", "project"),
    _canary("legacy", "legacy"),
    _canary("admin", "admin"),
    _canary("practice", "practice"),
    _canary("practice admin", "practice_admin"),
    _canary("google", "google"),
    _canary("groq", "groq"),
    _canary("anthropic", "anthropic"),
    _canary("in a sentence", "project", "for the client: {key} (Bianchi)"),
    _canary("with a space", "project", "{first} {rest}"),
    _canary("over two lines", "project", "{first}\n{rest}"),
    _canary("in capitals", "project", "{upper}"),
    _canary("cut off", "project", "{first}"),
    _canary("in an address", "project", "https://example.com/?key={key}&x=1"),
)
SOME = tuple(
    canary for canary in CANARIES if canary.shape in ("project", "practice", "google", "over two lines")
)
"""For walks in which every step is slow."""
