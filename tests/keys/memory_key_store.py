"""A key store that ends with the test."""

from __future__ import annotations

from ppkit.keys import DEFAULT_NAME, ApiKey, NoSuchKey
from ppkit.keys.key_store import checked_name, still_active
from ppkit.keys.sources import SavedKey


class MemoryKeyStore:
    """The contract of every store, without a file."""

    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}
        self._active: str | None = None

    def load(self, name: str | None = None) -> ApiKey | None:
        return self._keys.get(name or self._active or "")

    def save(self, key: ApiKey, name: str = DEFAULT_NAME) -> None:
        name = checked_name(name)
        self._keys[name], self._active = key, name

    def forget(self, name: str | None = None) -> bool:
        gone = [known for known in self._keys if name in (None, known)]
        for known in gone:
            del self._keys[known]
        self._active = still_active(self._keys, self._active)
        return bool(gone)

    def list(self) -> list[SavedKey]:
        return [
            SavedKey(name, key.masked, key.kind.value, name == self._active)
            for name, key in self._keys.items()
        ]

    def activate(self, name: str | None) -> None:
        if name is not None and name not in self._keys:
            raise NoSuchKey
        self._active = name
