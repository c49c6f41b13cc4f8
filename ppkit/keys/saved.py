"""All saved keys: the keyring's and the file's as one list of names, with at most one active."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ppkit.errors import PpkitError
from ppkit.keys.apikey import ApiKey
from ppkit.keys.filestore import FileKeyStore
from ppkit.keys.key_store import DEFAULT_NAME, KeyStore, NoSuchKey
from ppkit.keys.keyringstore import KeyringStore
from ppkit.keys.sources import SavedKey, Source, SourceName

Where = Literal["keyring", "file"]


class StoringRefused(PpkitError):
    """Nothing is saved on this machine: it is a public one that forgets everything anyway."""

    code = "storing_refused"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A saved key and where it lies."""

    source: SourceName
    key: SavedKey


class SavedKeys:
    """The keyring where there is a secure one, else the owner-only file; nothing where `may_store` is false.

    Methods raise what the stores raise: KeyFileUnreadable, KeyFileNotWritten, KeyringIsLocked, …
    """

    def __init__(self, keyring: KeyringStore, file: FileKeyStore, *, may_store: bool = True) -> None:
        self.keyring, self.file = keyring, file
        self.may_store = may_store

    @property
    def _stores(self) -> Mapping[SourceName, KeyStore]:
        return {SourceName.KEYRING: self.keyring, SourceName.FILE: self.file}

    @property
    def sources(self) -> tuple[Source, ...]:
        """Both stores as links of the chain; a keyring is not opened for a key that is hidden anyway."""
        return tuple(
            Source(name, store.load, lambda store=store: _active_of(store))  # type: ignore[misc]
            for name, store in self._stores.items()
        )

    def where(self, wanted: Where | None = None) -> SourceName:
        """Where a key would be kept. Raises StoringRefused."""
        if not self.may_store:
            raise StoringRefused
        if wanted:
            return SourceName(wanted)
        return SourceName.KEYRING if self.keyring.is_available else SourceName.FILE

    def save(self, key: ApiKey, name: str = DEFAULT_NAME, wanted: Where | None = None) -> SourceName:
        """Keep and activate the key; a key of this name elsewhere goes, others there rest.

        Raises StoringRefused, InvalidKeyName, KeyTooLongForKeyring too.
        """
        where = self.where(wanted)
        self._stores[where].save(key, name)
        for other, store in self._stores.items():
            if other is not where:
                # The key is kept: a locked or damaged other store does not undo that; the chain reports it.
                with contextlib.suppress(PpkitError):
                    store.activate(None)
                    store.forget(name.strip())
        return where

    def use(self, name: str) -> SourceName:
        """Make this key the active one; those of the other store rest. Raises NoSuchKey."""
        where = next((kept.source for kept in self.list() if kept.key.name == name), None)
        if where is None:
            raise NoSuchKey
        for source, store in self._stores.items():
            store.activate(name if source is where else None)
        return where

    def forget(self, name: str | None = None) -> bool:
        """Drop one key, or all, from both stores; trouble with one does not keep the other."""
        return any(_in_turn([lambda store=store: store.forget(name) for store in self._stores.values()]))  # type: ignore[misc]

    def set_aside_damaged(self) -> list[Path]:
        """Move damaged files out of the way; returns where they lie now."""
        documents = (self.keyring.document, self.file.document)
        return [aside for document in documents if (aside := document.set_aside())]

    def list(self) -> list[StoredKey]:
        """Every saved key, masked."""
        return [StoredKey(source, key) for source, store in self._stores.items() for key in store.list()]


def _active_of(store: KeyStore) -> SavedKey | None:
    return next((saved for saved in store.list() if saved.active), None)


def _in_turn(actions: list[Callable[[], bool]]) -> list[bool]:
    """What each returns, all of them tried; then the first trouble is raised."""
    done: list[bool] = []
    troubles: list[PpkitError] = []
    for action in actions:
        try:
            done.append(action())
        except PpkitError as trouble:
            troubles.append(trouble)
    if troubles:
        raise troubles[0]
    return done
