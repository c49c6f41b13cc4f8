"""The part of the Assistant's window that makes images: what is wished of one, and those that were made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ppkit.ai_assistant import Brief, Estimate, NeedsKey, Network, Picture, Pictures, Post, networks
from ppkit.ai_assistant.drawing import Quality
from ppkit.ai_assistant.picture_sizes import takes_any_size
from ppkit.ai_assistant.prompts import COMPOSITIONS
from ppkit.look.texts import Texts
from ppkit.widgets.assistant.brief_prices import PaidAgain, estimated
from ppkit.widgets.assistant.picture_desk import PictureDesk
from ppkit.widgets.base.problems import Problem
from ppkit.widgets.base.view import Fields, Secrets

if TYPE_CHECKING:
    from ppkit.sessions import Session

QUALITIES: tuple[Quality, ...] = ("low", "medium", "high")
WISHES = ("size", "quality", "picture_words", "picture_number", "own_size")
OWN_SIZE = "own"  # the choice of a size that is typed
Result = TypeVar("Result")


class PictureHost(Protocol):
    """What the panel needs of the window that it is a part of."""

    session: Session
    wishes: dict[str, str]  # what was typed and chosen; the panel's own are among it
    pictures: dict[str, bytes]  # those on show, by the names under which the page asks for them
    picture_numbers: Mapping[str, Iterator[int]]  # by a name's first word; the page keeps images by name
    files: Mapping[str, bytes]  # what came with the message of this moment: a mask, a picture
    news: str
    problem: Problem | None
    stop_asked: Event
    has_masked_key: bool  # in the message of this moment
    again: PaidAgain | None  # what is left of a paid call that failed

    @property
    def texts(self) -> Texts: ...

    @property
    def draft_id(self) -> int | None:
        """Where the post on show is kept, and its image is to be."""

    @property
    def client(self) -> str:
        """Whose the work on show is."""

    @property
    def post(self) -> Post | None:
        """The post on show, which an image may be drawn for."""

    @property
    def network(self) -> Network:
        """That of the post on show, or the first of the brief."""

    def send(self, content: Any, callbacks: Any = None, buffers: Any = None) -> None: ...

    def redraw(self) -> None: ...

    def holds_back(self) -> bool:
        """Asked before a paid call: nothing is paid for what is left of a message with a masked key."""

    def take_wishes(self, fields: Fields) -> None:
        """Keep what the form says, the panel's own wishes too."""

    def has_topic(self, *, or_picture: bool = False) -> bool:
        """Whether there is something to draw or to write about; where there is not, the window says so."""

    def brief(self, **changes: str) -> Brief: ...

    def call(
        self,
        doing: str,
        function: Callable[[], Result],
        then: Callable[[Result], None],
        again: PaidAgain,
        client: str,
    ) -> None:
        """A paid call beside the kernel's main thread, booked on the client.

        `doing` is shown meanwhile, `again` repeats it as it was, whatever is on show by then.
        """

    def picture_made(self, picture: Picture) -> None:
        """Told of each new picture, once the panel shows it."""

    def keep_picture(self, picture: Picture) -> None:
        """In the draft on show."""


@dataclass(frozen=True, slots=True)
class WishedPictures:
    """What was wished of images that are to be drawn; it stays that, whatever is typed meanwhile."""

    brief: Brief
    number: int
    size: str
    quality: Quality
    post: Post | None
    client: str


class PicturePanel:
    """What is wished of an image, and its price; what is done with those that were made is the desk's."""

    def __init__(self, window: PictureHost) -> None:
        self._window = window
        self.desk = PictureDesk(window)

    @property
    def picture(self) -> Picture | None:
        return self.desk.picture

    def page(self) -> Mapping[str, object]:
        wishes = self._window.wishes
        return {
            "sizes": self._sizes,
            "size": self._size_choice,
            "own_size": wishes.get("own_size", ""),
            "may_type_size": takes_any_size(self._window.session.assistant.image_model()),
            "picture_words": wishes.get("picture_words", ""),
            "picture_number": self._number,
            "most_pictures": len(COMPOSITIONS),
            "quality_options": [(quality, self._estimate(quality, 1)) for quality in QUALITIES],
            "picture_price": self._estimate(_quality(wishes.get("quality", "low")), self._number),
            **self.desk.page(),
        }

    def actions(self) -> Mapping[str, Callable[[Fields, Secrets], None]]:
        return {"draw": self._draw, **self.desk.actions()}

    def take_wishes(self, fields: Fields, *, network_before: str) -> None:
        """Keep what is wished of an image; the window has taken its own wishes, such as the network."""
        wishes = self._window.wishes
        taken = {name: fields[name] for name in WISHES if name in fields}
        is_moving = wishes["network"] != network_before
        if is_moving and taken.get("size") in (None, wishes.get("size"), self._usual_size(network_before)):
            # Each network has its own shape, and the form still shows that of the one before.
            taken["size"] = self._usual_size(wishes["network"])
        wishes.update(taken)

    def begin_post(self) -> None:
        """The post that the images were made for is gone."""
        self.desk.begin_post()

    # --- size and number

    @property
    def _sizes(self) -> Sequence[tuple[str, str]]:
        """The sizes that suit the network, the usual one first, each with its ratio."""
        network = networks()[self._window.wishes["network"]]
        model = self._window.session.assistant.image_model()
        found = {network.size_of(shape, model): shape for shape in reversed(network.image.shapes)}
        return list(reversed(found.items()))

    @property
    def _size_choice(self) -> str:
        """The network's own until the user chooses another that suits it."""
        chosen, known = self._window.wishes.get("size", ""), [size for size, _shape in self._sizes]
        return chosen if chosen in (*known, OWN_SIZE) else known[0]

    @property
    def _size(self) -> str:
        if self._size_choice == OWN_SIZE:
            return self._window.wishes.get("own_size", "").replace("×", "x").replace(" ", "").lower()
        return self._size_choice

    @property
    def _number(self) -> int:
        typed = self._window.wishes.get("picture_number", "1")
        return min(max(int(typed), 1), len(COMPOSITIONS)) if typed.isdecimal() else 1

    def _usual_size(self, network: str) -> str:
        return networks()[network].size_of(model=self._window.session.assistant.image_model())

    # --- drawing

    @property
    def _subject(self) -> tuple[Brief, Post | None]:
        """What is drawn: in words of its own, else the post on show, else the brief."""
        words = self._window.wishes.get("picture_words", "").strip()
        return (self._window.brief(topic=words), None) if words else (self._window.brief(), self._window.post)

    def _estimate(self, quality: Quality, number: int) -> Estimate | None:
        def estimate() -> Estimate:
            brief, post = self._subject
            return self._price(WishedPictures(brief, number, self._size, quality, post, ""))

        return estimated(estimate)

    def _price(self, order: WishedPictures, made: int = 0) -> Estimate:
        return self._window.session.assistant.estimate_pictures(
            order.brief, order.number, order.size, order.quality, post=order.post, watched=True, made=made
        )

    def _draw(self, fields: Fields, _secrets: Secrets) -> None:
        window = self._window
        window.take_wishes(fields)
        (brief, post), size, number = self._subject, self._size, self._number
        is_said = window.wishes.get("picture_words", "").strip() or (post and not brief.topic)
        if not is_said and not window.has_topic():  # of a brief's own picture, the post says what to draw
            return
        if window.holds_back():
            return
        quality, assistant = _quality(window.wishes.get("quality", "low")), window.session.assistant
        with suppress(NeedsKey):  # whoever has to link a key first goes on with the call itself
            assistant.estimate_pictures(brief, number, size, quality, post=post)  # refuses what cannot be
        self._draw_missing(WishedPictures(brief, number, size, quality, post, window.client), made=0)

    def _draw_missing(self, order: WishedPictures, made: int) -> None:
        """Those that are missing: `made` of them are there."""
        window, assistant = self._window, self._window.session.assistant
        self.desk.begin()

        def drawn() -> Pictures:
            stop = window.stop_asked
            return assistant.pictures(
                order.brief,
                order.number,
                order.size,
                order.quality,
                post=order.post,
                on_partial=lambda _position, data: self.desk.show_partial(data, stop),
                stopped=stop.is_set,
                made=made,
            )

        def missing(made: int) -> PaidAgain:
            return PaidAgain(lambda: self._draw_missing(order, made), lambda: self._price(order, made))

        def then(pictures: Pictures) -> None:
            self.desk.add(pictures)
            if pictures.trouble:
                window.again = missing(made + len(pictures))

        window.call("drawing", drawn, then, missing(made), order.client)


def _quality(name: str) -> Quality:
    """Raises ValueError for a quality that is not offered."""
    for quality in QUALITIES:
        if quality == name:
            return quality
    raise ValueError("no such quality")
