"""Keyrings for tests, registered through the library's own interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import keyring
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null
from keyring.errors import KeyringLocked, PasswordDeleteError

null_keyring: Callable[[], KeyringBackend] = null.Keyring
fail_keyring: Callable[[], KeyringBackend] = fail.Keyring
chain_of_keyrings: Callable[[], KeyringBackend] = chainer.ChainerBackend


class MemoryKeyring(KeyringBackend):
    """Keeps secrets in memory, with the strictness of Windows: no value above 2,560 bytes of UTF-16."""

    priority: float = 5

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False
        self.asked = 0
        self.refused = 0
        self.on_set: Callable[[str], str] = lambda value: value

    def get_password(self, service: str, username: str) -> str | None:
        self._open()
        self.asked += 1
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()
        if len(password.encode("utf-16-le")) > 2_560:
            raise ValueError(f"cannot keep {password}")
        self.kept[service, username] = self.on_set(password)

    def delete_password(self, service: str, username: str) -> None:
        self._open()
        if (service, username) not in self.kept:
            raise PasswordDeleteError("not found")
        del self.kept[service, username]

    def _open(self) -> None:
        if self.is_locked:
            self.refused += 1
            raise KeyringLocked("Failed to unlock the collection!")


@contextmanager
def in_force(backend: KeyringBackend) -> Iterator[None]:
    """This keyring is the machine's."""
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    try:
        yield
    finally:
        keyring.set_keyring(before)
