"""What the platform's lists of keys show over time: which key is which, which was made, which is gone."""

from __future__ import annotations

from collections.abc import Sequence

from ppkit.keys import ApiKey
from ppkit.onboarding.project_keys import PlatformKey


class ListedKeys:
    """The list when the drill began, and the newest one; a list that could not be seen shows nothing."""

    def __init__(self, before: Sequence[PlatformKey] | None = None) -> None:
        self._before = None if before is None else frozenset(key.id for key in before)
        self._newest = tuple(before or ())
        self._ids: dict[ApiKey, str | None] = {}  # None for a key that could be one of several

    def see(self, newest: Sequence[PlatformKey]) -> None:
        self._newest = tuple(newest)

    def recognise(self, key: ApiKey) -> None:
        """Remember which one this key is, from the first list that shows it.

        Two with the same end stay undecided for good: the one that is left later may be the other one.
        """
        meant = [one.id for one in self._newest if one.may_be(key)]
        if meant:
            self._ids.setdefault(key, meant[0] if len(meant) == 1 else None)

    def id_of(self, key: ApiKey | None) -> str | None:
        return self._ids.get(key) if key else None

    def is_gone(self, key: ApiKey | None) -> bool:
        """Whether the key once stood in the list and does no more."""
        known = self.id_of(key)
        return known is not None and known not in self._left()

    @property
    def made_since(self) -> tuple[PlatformKey, ...]:
        """The keys that were not there when it began."""
        before = self._before
        return () if before is None else tuple(key for key in self._newest if key.id not in before)

    @property
    def any_gone(self) -> bool:
        """Whether one of the keys that were there when it began is no more."""
        return self._before is not None and not self._before <= self._left()

    def _left(self) -> frozenset[str]:
        return frozenset(key.id for key in self._newest)
