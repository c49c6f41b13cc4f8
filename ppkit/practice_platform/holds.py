"""Money that calls under way will cost: held from the moment a call is let in until its bill is written.

Held in memory: what a killed process had under way is never billed, so nothing of it has to be remembered.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from ppkit.money import Money
from ppkit.practice_platform.rows import ORGANIZATION


@dataclass(slots=True)
class Holds:
    """`lock` is taken by code that looks at what is held and then adds to it."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    _held: dict[str, tuple[str, int]] = field(default_factory=dict)

    def hold(self, name: str, project_id: str, amount: Money) -> None:
        """Hold an amount for the call (or the work in the background) of this name."""
        with self.lock:
            self._held[name] = (project_id, amount.pico_usd)

    def release(self, name: str) -> None:
        with self.lock:
            self._held.pop(name, None)

    def held(self, scope: str = ORGANIZATION) -> Money:
        """All of it, or a project's."""
        with self.lock:
            return Money(
                sum(pico for project_id, pico in self._held.values() if scope in (ORGANIZATION, project_id))
            )

    def is_empty(self) -> bool:
        return not self._held

    def forget(self) -> None:
        with self.lock:
            self._held.clear()
