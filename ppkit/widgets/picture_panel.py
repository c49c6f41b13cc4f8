"""The part of the Assistant's window that draws images, with its own wishes, actions and page values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Event
from typing import TYPE_CHECKING, Protocol, TypeVar

from ppkit.ai_assistant import Brief, Estimate, NeedsKey, Network, Picture, Post, networks
from ppkit.ai_assistant.drawing import Quality
from ppkit.look.texts import Texts
from ppkit.widgets.view import Fields, Secrets

if TYPE_CHECKING:
    from ppkit.sessions import Session

SIZES = ("1024x1024", "1024x1536", "1536x1024")
QUALITIES: tuple[Quality, ...] = ("low", "medium", "high")
WISHES = ("size", "quality")
Result = TypeVar("Result")


class PictureHost(Protocol):
    """What the panel needs of the window that it is a part of."""

    session: Session
    wishes: dict[str, str]  # what was typed and chosen; the panel's own are among it
    pictures: dict[str, bytes]  # the files on show, by name
    news: str
    draft_id: int | None  # where the post on show is kept, and its image is to be
    stop_asked: Event

    @property
    def texts(self) -> Texts: ...

    @property
    def post(self) -> Post | None:
        """The post on show, which an image may be drawn for."""

    @property
    def network(self) -> Network:
        """That of the post on show, or the first of the brief."""

    def take_wishes(self, fields: Fields) -> None:
        """Keep what the form says, the panel's own wishes too."""

    def has_topic(self) -> bool:
        """Whether there is something to draw; where there is not, the window says so."""

    def brief(self, **changes: str) -> Brief: ...

    def call(
        self,
        doing: str,
        function: Callable[[], Result],
        then: Callable[[Result], None],
        again: Callable[[], None],
    ) -> None:
        """A paid call beside the kernel's main thread. `doing` is shown meanwhile, `again` repeats it."""

    def picture_made(self, picture: Picture) -> None:
        """Told of each new picture, once the panel shows it."""


class PicturePanel:
    """The image of a post: what is wished of it, what it would cost, and the last one drawn."""

    def __init__(self, window: PictureHost) -> None:
        self._window = window
        self.picture: Picture | None = None
        self._made = 0  # how many so far, so that the page can tell a new one

    def page(self) -> Mapping[str, object]:
        return {
            "sizes": SIZES,
            "size": self._size,
            "quality_options": [(quality, self._estimate(quality)) for quality in QUALITIES],
            "picture": self.picture,
            "pictures_made": self._made,
        }

    def actions(self) -> Mapping[str, Callable[[Fields, Secrets], None]]:
        return {"draw": self._draw}

    def take_wishes(self, fields: Fields, *, network_before: str) -> None:
        """Keep what is wished of an image; the window has taken its own wishes, such as the network."""
        wishes = self._window.wishes
        taken = {name: fields[name] for name in WISHES if name in fields}
        is_moving = wishes["network"] != network_before
        if is_moving and taken.get("size") in (None, wishes.get("size"), _size_of(network_before)):
            # Each network has its own shape, and the form still shows that of the one before.
            taken["size"] = _size_of(wishes["network"])
        wishes.update(taken)

    def clear(self) -> None:
        """The post that the image was made for is gone."""
        self.picture, self._window.pictures = None, {}

    @property
    def _size(self) -> str:
        """The image's, "WxH": the network's own until the user chooses another."""
        return self._window.wishes.get("size") or _size_of(self._window.wishes["network"])

    def _estimate(self, quality: Quality) -> Estimate | None:
        window = self._window
        try:
            return window.session.assistant.estimate_image(window.brief(), self._size, quality)
        except NeedsKey:
            return None

    def _draw(self, fields: Fields, _secrets: Secrets) -> None:
        window = self._window
        window.take_wishes(fields)
        if window.has_topic():
            brief, size = window.brief(), self._size
            quality = _quality(window.wishes.get("quality", "low"))
            window.call(
                "drawing",
                lambda: window.session.assistant.draw(brief, size, quality),
                self._drawn,
                again=lambda: self._draw({}, {}),
            )

    def _drawn(self, picture: Picture) -> None:
        window = self._window
        if window.stop_asked.is_set():
            return  # nobody waits for it any more; it is in the books
        self.picture = picture
        self._made += 1
        window.pictures = {"picture": picture.data}
        window.news = window.texts("assistant.drawn")
        window.picture_made(picture)


def _size_of(network: str) -> str:
    return networks()[network].classic_size


def _quality(name: str) -> Quality:
    """Raises ValueError for a quality that is not offered."""
    for quality in QUALITIES:
        if quality == name:
            return quality
    raise ValueError("no such quality")
