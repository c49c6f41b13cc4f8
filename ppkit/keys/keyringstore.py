"""Keys in the operating system's keyring, by way of the library `keyring` (decision 0009).

A keyring cannot be asked what it holds, so a small file beside the ledger lists names and masked keys.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ppkit.errors import PpkitError
from ppkit.keys.apikey import ApiKey
from ppkit.keys.json_file import JsonFile
from ppkit.keys.key_store import DEFAULT_NAME, NoSuchKey, checked_name, still_active
from ppkit.keys.sources import SavedKey

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

SCHEMA = 1
# Windows keeps at most 2,560 bytes, in UTF-16 (CRED_MAX_CREDENTIAL_BLOB_SIZE of wincred.h).
LONGEST_VALUE = 1_280
# Keyring's own measure: below 1 a backend is not recommended (plain text, none at all, a chain of those).
LOWEST_PRIORITY = 1
PATIENCE = 60.0  # seconds: a window is redrawn often, and each question may open a dialog or wait for D-Bus
NOT_SECURE = ("keyrings.alt.", "keyring.backends.null", "keyring.backends.fail")


class NoKeyring(PpkitError):
    """There is no keyring here that keeps secrets, or the library is not installed."""

    code = "no_keyring"


class KeyringIsLocked(PpkitError):
    """The keyring is locked, and the user did not unlock it."""

    code = "keyring_locked"


class KeyringFailed(PpkitError):
    """The keyring did not do what it was asked. Facts: reason (the name of its exception)."""

    code = "keyring_failed"


class KeyringLostKey(PpkitError):
    """The key is on our list, but no longer in the keyring. Facts: name."""

    code = "keyring_lost_key"


class KeyTooLongForKeyring(PpkitError):
    """No keyring of any system takes a key of this length. Facts: length."""

    code = "key_too_long_for_keyring"


def secure_backend() -> KeyringBackend | None:
    """The keyring that this machine would keep secrets in; None where there is none worth the name."""
    try:
        # Lazy: a tenth of a second, and an optional dependency.
        import keyring

        chosen = keyring.get_keyring()
        candidates = [chosen, *getattr(chosen, "backends", ())]
        return next((backend for backend in candidates if _keeps_secrets(backend)), None)
    except Exception:  # a backend that was named in the environment and does not exist, a broken D-Bus, …
        return None


def _keeps_secrets(backend: KeyringBackend) -> bool:
    is_chain = hasattr(backend, "backends")  # it would write into the first of its links, whatever that is
    home = type(backend).__module__
    return not is_chain and not home.startswith(NOT_SECURE) and backend.priority >= LOWEST_PRIORITY


@dataclass(frozen=True, slots=True)
class _IndexLine:
    entry: str  # under which the keyring knows it: new with each save, so no two data folders ever meet
    masked: str
    kind: str


@dataclass(frozen=True, slots=True)
class _Index:
    lines: Mapping[str, _IndexLine] = field(default_factory=dict)
    active: str | None = None
    to_delete: tuple[str, ...] = ()  # entries that are not, or no longer, on the list


class KeyringStore:
    """Every method raises KeyFileUnreadable for a damaged list; those that have to ask the keyring also raise
    KeyringIsLocked, KeyringFailed or NoKeyring. Listing never asks it. What it did not give is not loaded
    again for a minute (`seconds` is a clock that only goes forward), unless the user changes something.
    """

    def __init__(
        self,
        index: Path,
        service: str,
        backend: Callable[[], KeyringBackend | None] = secure_backend,
        new_id: Callable[[], str] = lambda: secrets.token_hex(4),
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self.document = JsonFile(index, _parsed, _unparsed, _Index())
        self._service, self._backend, self._new_id = service, backend, new_id
        self._seconds = seconds
        self._refused: tuple[PpkitError, float] | None = None  # why the keyring gave nothing, and until when
        self._read: dict[str, ApiKey] = {}  # by entry: a keyring may ask the user each time

    @property
    def is_available(self) -> bool:
        return self._backend() is not None

    def load(self, name: str | None = None) -> ApiKey | None:
        """Raises KeyringLostKey when only our list has it."""
        index = self.document.read()
        line = index.lines.get(name or index.active or "")
        if line is None:
            return None
        if line.entry not in self._read:
            value = self._ask_now_and_then(line.entry)
            if value is None:
                raise KeyringLostKey(name=name or index.active)
            self._read[line.entry] = ApiKey(value)
        return self._read[line.entry]

    def save(self, key: ApiKey, name: str = DEFAULT_NAME) -> None:
        """The list is written first: what a crash leaves in the keyring stays known, and can be forgotten.

        Raises KeyTooLongForKeyring, InvalidKeyName.
        """
        name = checked_name(name)
        self._refused = None
        entry = f"{name} {self._new_id()}"
        with self.document.locked():
            before = self.document.read()
            self._backend_or_raise()
            self.document.write(replace(before, to_delete=(*before.to_delete, entry)))
            self._put(entry, key)
            old = before.lines.get(name)
            to_delete = (*before.to_delete, old.entry) if old else before.to_delete
            lines = {**before.lines, name: _IndexLine(entry, key.masked, key.kind.value)}
            self.document.write(_Index(lines, name, to_delete))
            self._read[entry] = key
            self._tidy()

    def forget(self, name: str | None = None) -> bool:
        self._refused = None
        with self.document.locked():
            index = self.document.read()
            left = {other: line for other, line in index.lines.items() if name not in (None, other)}
            gone = [line.entry for other, line in index.lines.items() if other not in left]
            if name is not None and not gone:
                return False
            if gone:
                to_delete = (*index.to_delete, *gone)
                self.document.write(_Index(left, still_active(left, index.active), to_delete))
            self._tidy()
            return bool(gone or index.to_delete)

    def list(self) -> list[SavedKey]:
        index = self.document.read()
        return [
            SavedKey(name, line.masked, line.kind, name == index.active) for name, line in index.lines.items()
        ]

    def activate(self, name: str | None) -> None:
        self._refused = None
        with self.document.locked():
            index = self.document.read()
            if name is not None and name not in index.lines:
                raise NoSuchKey
            if name != index.active:
                self.document.write(replace(index, active=name))

    def _tidy(self) -> None:
        """Delete what is not on the list; what cannot be deleted now stays known and is tried again."""
        index = self.document.read()
        for entry in index.to_delete:
            self._delete(entry)
            self._read.pop(entry, None)
            index = replace(index, to_delete=tuple(other for other in index.to_delete if other != entry))
            self.document.write(index)
        if not index.lines:
            self.document.remove()

    def _put(self, entry: str, key: ApiKey) -> None:
        """Kept is what can be read back."""
        value = key.get_secret_value()
        if len(value) > LONGEST_VALUE:
            raise KeyTooLongForKeyring(length=len(value))
        backend = self._backend_or_raise()
        _told(lambda: backend.set_password(self._service, entry, value))
        if self._ask(entry) != value:
            raise KeyringFailed(reason="read back")

    def _ask_now_and_then(self, entry: str) -> str | None:
        refused = self._refused
        if refused and self._seconds() < refused[1]:
            trouble = refused[0]
            raise type(trouble)(**trouble.facts)
        try:
            value = self._ask(entry)
        except (KeyringIsLocked, KeyringFailed, NoKeyring) as trouble:
            self._refused = (type(trouble)(**trouble.facts), self._seconds() + PATIENCE)
            raise
        self._refused = None
        return value

    def _ask(self, entry: str) -> str | None:
        backend = self._backend_or_raise()
        return _told(lambda: backend.get_password(self._service, entry))

    def _delete(self, entry: str) -> None:
        """A key that is no longer there is as good as deleted."""
        backend = self._backend_or_raise()
        if self._ask(entry) is not None:
            _told(lambda: backend.delete_password(self._service, entry))

    def _backend_or_raise(self) -> KeyringBackend:
        backend = self._backend()
        if backend is None:
            raise NoKeyring
        return backend


def _told(action: Callable[[], T]) -> T:
    """What a backend raises becomes an error of ours that carries nothing of what the backend was given."""
    try:
        return action()
    except Exception as error:  # every system's backend has exceptions of its own
        reason = type(error).__name__
    # Raised outside, so that not even the context of our error leads to the backend's.
    if reason == "KeyringLocked":
        raise KeyringIsLocked
    raise KeyringFailed(reason=reason)


def _unparsed(index: _Index) -> dict[str, object]:
    lines = {
        name: {"entry": line.entry, "masked": line.masked, "kind": line.kind}
        for name, line in index.lines.items()
    }
    return {"schema": SCHEMA, "active": index.active, "keys": lines, "to_delete": list(index.to_delete)}


def _parsed(document: dict[str, object]) -> _Index:
    keys, to_delete, active = document["keys"], document["to_delete"], document["active"]
    if document["schema"] != SCHEMA or not isinstance(keys, dict) or not isinstance(to_delete, list):
        raise ValueError("another schema")
    lines = {
        str(name): _IndexLine(str(line["entry"]), str(line["masked"]), str(line["kind"]))
        for name, line in keys.items()
    }
    known = active if isinstance(active, str) and active in lines else None
    return _Index(lines, known, tuple(map(str, to_delete)))
