"""Keys in one JSON file for its owner alone. Not encrypted: who can act as its owner can read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ppkit.keys.apikey import ApiKey
from ppkit.keys.json_file import JsonFile
from ppkit.keys.key_store import DEFAULT_NAME, NoSuchKey, checked_name, still_active
from ppkit.keys.sources import SavedKey

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class _StoreContent:
    keys: Mapping[str, ApiKey] = field(default_factory=dict)
    active: str | None = None


class FileKeyStore:
    """0600 in a 0700 folder, written beside and renamed; two processes that save at once lose nothing.

    Every method raises KeyFileUnreadable for a damaged file, the writing ones KeyFileNotWritten too.
    """

    def __init__(self, path: Path) -> None:
        self.document = JsonFile(path, _parsed, _unparsed, _StoreContent())

    def load(self, name: str | None = None) -> ApiKey | None:
        kept = self.document.read()
        return kept.keys.get(name or kept.active or "")

    def save(self, key: ApiKey, name: str = DEFAULT_NAME) -> None:
        name = checked_name(name)
        with self.document.locked():
            self.document.write(_StoreContent({**self.document.read().keys, name: key}, name))

    def forget(self, name: str | None = None) -> bool:
        with self.document.locked():
            kept = self.document.read()
            left = {other: key for other, key in kept.keys.items() if name not in (None, other)}
            aside = name is None and self.document.remove_set_aside()
            if left and len(left) < len(kept.keys):
                self.document.write(_StoreContent(left, still_active(left, kept.active)))
            elif not left:
                self.document.remove()
            return aside or len(left) < len(kept.keys)

    def list(self) -> list[SavedKey]:
        kept = self.document.read()
        return [
            SavedKey(name, key.masked, key.kind.value, name == kept.active) for name, key in kept.keys.items()
        ]

    def activate(self, name: str | None) -> None:
        with self.document.locked():
            kept = self.document.read()
            if name is not None and name not in kept.keys:
                raise NoSuchKey
            if name != kept.active:
                self.document.write(_StoreContent(kept.keys, name))


def _unparsed(kept: _StoreContent) -> dict[str, object]:
    values = {name: key.get_secret_value() for name, key in kept.keys.items()}
    return {"schema": SCHEMA, "active": kept.active, "keys": values}


def _parsed(document: dict[str, object]) -> _StoreContent:
    keys = document["keys"]
    if document["schema"] != SCHEMA or not isinstance(keys, dict):
        raise ValueError("another schema")
    active = document["active"]
    kept = {str(name): ApiKey(value) for name, value in keys.items()}
    return _StoreContent(kept, active if isinstance(active, str) and active in kept else None)
