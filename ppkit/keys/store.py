"""Where a key may be kept when the person asks for it: this session's memory, or an owner-only file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ppkit.errors import PpkitError
from ppkit.files import write_private
from ppkit.keys.apikey import ApiKey, MalformedKey

SCHEMA = 1
DEFAULT_NAME = "PostPickr-AI"  # the name that the help page suggests


class KeyFileUnreadable(PpkitError):
    """The file of saved keys is damaged or may not be read; it is left as it is. Facts: path."""

    code = "key_file_unreadable"


class KeyFileNotWritten(PpkitError):
    """The key could not be saved; what was saved before is untouched. Facts: path, reason."""

    code = "key_file_not_written"


@dataclass(frozen=True, slots=True)
class StoredKeys:
    """All saved keys by name, and which one is active."""

    keys: dict[str, ApiKey] = field(default_factory=dict)
    active: str | None = None

    def with_key(self, name: str, key: ApiKey) -> StoredKeys:
        return StoredKeys({**self.keys, name: key}, name)

    def without(self, name: str | None) -> StoredKeys:
        """Without the named key, or without any when no name is given."""
        left = {} if name is None else {other: key for other, key in self.keys.items() if other != name}
        return StoredKeys(left, self.active if self.active in left else next(iter(left), None))


class KeyStore(Protocol):
    """Saved keys. The newest saved is active; `forget` really forgets and says whether there was anything."""

    def load(self, name: str | None = None) -> ApiKey | None: ...

    def save(self, key: ApiKey, name: str = DEFAULT_NAME) -> None: ...

    def forget(self, name: str | None = None) -> bool: ...

    def list(self) -> list[SavedKey]: ...

    def activate(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class SavedKey:
    """One line of the masked list."""

    name: str
    masked: str
    kind: str
    active: bool


class _StoreOf:
    """What both stores do; a subclass says how all keys are read and written."""

    def _read(self) -> StoredKeys:
        raise NotImplementedError

    def _write(self, stored: StoredKeys) -> None:
        raise NotImplementedError

    def load(self, name: str | None = None) -> ApiKey | None:
        """The named key, or the active one; None when it is not there."""
        stored = self._read()
        wanted = stored.active if name is None else name
        return stored.keys.get(wanted) if wanted else None

    def save(self, key: ApiKey, name: str = DEFAULT_NAME) -> None:
        """Keep the key under this name and make it active."""
        self._write(self._read().with_key(name, key))

    def forget(self, name: str | None = None) -> bool:
        """Drop the named key, or all of them; False when there was nothing to drop."""
        stored = self._read()
        if not stored.keys or (name is not None and name not in stored.keys):
            return False
        self._write(stored.without(name))
        return True

    def activate(self, name: str) -> None:
        """Use the named key from now on. Raises LookupError for an unknown name."""
        stored = self._read()
        if name not in stored.keys:
            raise LookupError(name)
        self._write(StoredKeys(stored.keys, name))

    def list(self) -> list[SavedKey]:
        """Names and masked keys, never a secret."""
        stored = self._read()
        return [
            SavedKey(name, key.masked, key.kind.value, name == stored.active)
            for name, key in stored.keys.items()
        ]


class MemoryKeyStore(_StoreOf):
    """Keys of this session only; they end with the process."""

    def __init__(self) -> None:
        self._stored = StoredKeys()

    def _read(self) -> StoredKeys:
        return self._stored

    def _write(self, stored: StoredKeys) -> None:
        self._stored = stored


class FileKeyStore(_StoreOf):
    """Keys in one JSON file for its owner alone (0600 in a 0700 folder), written beside and renamed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def _read(self) -> StoredKeys:
        """Raises KeyFileUnreadable; the damaged file stays where it is."""
        stored = None
        try:
            stored = _parsed(json.loads(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return StoredKeys()
        except (OSError, ValueError, TypeError, KeyError, AttributeError, MalformedKey):
            pass  # raised below, outside: a JSON error carries the document, which holds keys
        if stored is None:
            raise KeyFileUnreadable(path=str(self.path))
        return stored

    def _write(self, stored: StoredKeys) -> None:
        """Raises KeyFileNotWritten; the old file is then untouched."""
        try:
            if stored.keys:
                write_private(self.path, _document(stored))
            else:
                self.path.unlink(missing_ok=True)
        except OSError as error:
            raise KeyFileNotWritten(path=str(self.path), reason=error.strerror or "") from None


def _document(stored: StoredKeys) -> bytes:
    values = {name: key.get_secret_value() for name, key in stored.keys.items()}
    return json.dumps({"schema": SCHEMA, "active": stored.active, "keys": values}, indent=1).encode()


def _parsed(document: dict[str, object]) -> StoredKeys:
    """Raises ValueError, TypeError, KeyError, AttributeError or MalformedKey for anything unexpected."""
    if document["schema"] != SCHEMA or not isinstance(document["keys"], dict):
        raise ValueError("another schema")
    keys = {str(name): ApiKey(value) for name, value in document["keys"].items()}
    active = document["active"]
    return StoredKeys(keys, active if isinstance(active, str) and active in keys else next(iter(keys), None))
