"""Posts that are being written, one after the other, each growing in a place of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ppkit.ai_assistant import Network
from ppkit.widgets.base.view import DeltaBuffer

if TYPE_CHECKING:
    from ppkit.clock import Clock
    from ppkit.sessions import Session


class StreamHost(Protocol):
    """What streams need of the window that shows them."""

    session: Session

    def stream(self, name: str, clock: Clock) -> DeltaBuffer: ...


@dataclass(frozen=True, slots=True)
class GrowingPost:
    """The text so far, for a page that is drawn in the middle; more is added to `data-stream=name`."""

    name: str
    network: Network
    text: str


class PostStreams:
    """The places of the posts under way; those of the wish before are gone with `begin`."""

    def __init__(self, window: StreamHost) -> None:
        self._window = window
        self._buffers: list[tuple[Network, DeltaBuffer]] = []
        self._is_open = False

    def begin(self, networks: Sequence[Network]) -> Callable[[int, str], None]:
        """A place for each; gives back what adds a piece to one of them, until the stop.

        The next texts may be growing in these places by then.
        """
        clock = self._window.session.clock
        buffers = [
            (network, self._window.stream(f"post-{number}", clock)) for number, network in enumerate(networks)
        ]
        self._buffers, self._is_open = buffers, True

        def add(position: int, piece: str) -> None:
            if self._buffers is buffers and self._is_open:
                if position:
                    buffers[position - 1][1].end()  # the one before is whole
                buffers[position][1].add(piece)

        return add

    def end(self) -> None:
        """Pass on what is left; what comes later is not shown."""
        self._is_open = False
        for _network, buffer in self._buffers:
            buffer.end()

    def clear(self) -> None:
        self._buffers = []

    @property
    def shown(self) -> Sequence[GrowingPost]:
        """All places while they grow; after a stop, those in which something stands."""
        return [
            GrowingPost(f"post-{number}", network, buffer.shown)
            for number, (network, buffer) in enumerate(self._buffers)
            if self._is_open or buffer.shown
        ]
