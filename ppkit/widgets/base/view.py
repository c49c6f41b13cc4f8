"""The one widget: Python renders a page, the browser morphs it in place, clicks come back as messages."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets
from pydantic import SecretStr

from ppkit.beside import repeat_beside
from ppkit.clock import Clock
from ppkit.keys import presentable
from ppkit.look.jinja_environment import STATIC, VENDORED

HERE = Path(__file__).parent
STYLES = tuple(
    HERE.parent / name
    for name in (
        "base/view.css",
        "assistant/assistant.css",
        "course/course.css",
        "base/console_panel.css",
        "course/course_finished.css",
        "posts/posts.css",
        "assistant/picture_panel.css",
        "costs/costs.css",
        "base/class_told.css",
    )
)
"""Each subject's own, in the order of the cascade."""

STREAM_SECONDS = (
    0.05  # one message per delta is a thousand frames for one post; twenty a second look the same
)

Fields = Mapping[str, str]
Secrets = Mapping[str, SecretStr]


def _read(*paths: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def _texts(sent: object) -> dict[str, str]:
    """The names and texts in a part of a message; what is neither is left out."""
    pairs = sent.items() if isinstance(sent, dict) else ()
    return {str(name): text for name, text in pairs if isinstance(text, str)}


def _files(names: object, contents: Sequence[Any] | None) -> dict[str, bytes]:
    """The files of a message by their fields' names."""
    told = names if isinstance(names, list) else []
    return {str(name): bytes(content) for name, content in zip(told, contents or (), strict=False)}


class View(anywidget.AnyWidget):
    """Shows `html` and hands each click to `receive(action, fields, secrets)`.

    Every trait is synced and may be saved into the notebook, so none of them ever holds a secret: what is
    typed into a password field travels once, as a message, and arrives wrapped.
    """

    _esm: ClassVar[str] = _read(
        *(VENDORED / "idiomorph.esm.js", STATIC / "console_page.js", HERE / "console_frame.js"),
        *(HERE / "mask_canvas.js", HERE / "view.js"),
    )
    _css: ClassVar[str] = _read(STATIC / "ppkit.css", *STYLES)

    interrupts: ClassVar[frozenset[str]] = frozenset()  # actions that are answered while work goes on

    html = traitlets.Unicode("").tag(sync=True)
    language = traitlets.Unicode("en").tag(sync=True)
    working = traitlets.Bool(False).tag(sync=True)
    silence = traitlets.Unicode("").tag(sync=True)  # the card shown when the kernel does not answer
    copied = traitlets.Unicode("").tag(sync=True)  # what a copy button says
    apart = traitlets.Unicode("").tag(sync=True)  # said by links to other notebooks, where they lead nowhere

    def __init__(self, fallback: str, **traits: Any) -> None:
        """`fallback` is what a front end without widgets shows instead."""
        super().__init__(**traits)
        self._fallback = fallback
        self._seen: deque[str] = deque(maxlen=64)
        self.page_shows = ""  # the mode that was on show where the message of this moment was sent
        self.pictures: dict[str, bytes] = {}  # those on show, by name (see `picture`)
        self.files: Mapping[str, bytes] = {}  # what came with the message of this moment, by its field
        self.has_masked_key = False  # whether a key stood in a plain field of that message
        self.is_held_back = (
            False  # whether nothing of what that message asked for was sent, because of the key
        )
        self.masked_keys = 0  # in how many messages, so that the page can tell a new time
        self.on_msg(self._on_message)

    def receive(self, action: str, fields: Fields, secrets: Secrets) -> None:
        """A click, a submitted form or a changed choice. Subclasses answer it; they never raise."""

    def is_open(self) -> None:
        """A page shows this window: where it has an element `data-here`, it says so each minute."""

    def picture(self, name: str) -> bytes | None:
        """The picture for `data-picture="name"` elements; one that changes gets another name.

        It goes to the page as a message: in a trait it would be saved into the notebook.
        """
        return self.pictures.get(name)

    def holds_back(self) -> bool:
        """Whether what costs something waits until the masked text was seen; the page then says so."""
        self.is_held_back = self.has_masked_key
        return self.is_held_back

    def redraw(self) -> None:
        """Bring `html` up to the moment. Subclasses whose page changes as time goes by do."""

    def follow(self) -> None:
        """Keep the page up to the moment by itself. Windows that show what others do meanwhile do so."""

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """The whole state is asked for by a page that was loaded anew: it gets the page of this moment."""
        if key is None and self.comm is not None:
            self.redraw()
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        return state

    def stream(self, name: str, clock: Clock) -> DeltaBuffer:
        """Where the pieces of a growing text go, to be shown in the element `data-stream="name"`."""
        return DeltaBuffer(lambda text: self.send({"type": "append", "stream": name, "text": text}), clock)

    def _send_picture(self, name: str) -> None:
        found = self.picture(name)
        if found is not None:
            self.send({"type": "picture", "name": name}, buffers=[found])

    def _on_message(self, _view: object, content: Mapping[str, Any], buffers: Sequence[Any] | None) -> None:
        message_id = str(content.get("id", ""))
        secrets = {name: SecretStr(text) for name, text in _texts(content.get("secrets")).items()}
        # A key in a field that is shown again, such as a post's topic, would stand in the page and be saved.
        fields = {name: presentable(text) for name, text in _texts(content.get("fields")).items()}
        try:
            # A message that comes twice, or while the last one is still worked on, must not buy twice.
            action = str(content.get("action", ""))
            if action == "picture":  # also while work goes on: it is shown, and changes nothing
                self._send_picture(fields.get("name", ""))
            elif action == "here":
                self.is_open()
            elif message_id not in self._seen and (not self.working or action in self.interrupts):
                self._seen.append(message_id)
                self.page_shows = str(content.get("shows", ""))
                self.files = _files(content.get("files"), buffers)
                self.has_masked_key = fields != _texts(content.get("fields"))
                self.is_held_back = False
                self.masked_keys += self.has_masked_key
                self.receive(action, fields, secrets)
        finally:
            self.files = {}
            self.send({"type": "answered", "id": message_id})

    def __repr__(self) -> str:
        """A sentence, the same on every run: it is what is stored and shown where widgets are not drawn."""
        return self._fallback


class CalmRedraw:
    """Redraws at most every `STREAM_SECONDS`: what changes faster than the eye sees is drawn once.

    What is left out is drawn when that time is over, unless something newer was; without threads, as soon as
    the loop has a turn.
    """

    def __init__(
        self,
        redraw: Callable[[], None],
        clock: Clock,
        repeat: Callable[[Callable[[], float | None], threading.Event, str], None] = repeat_beside,
    ) -> None:
        self._redraw = redraw
        self._clock = clock
        self._repeat = repeat
        self._last = clock.monotonic() - STREAM_SECONDS
        self._has_left_out = False
        self._is_looking = False  # whether somebody waits to draw what is left out
        self._ended = threading.Event()
        self._lock = threading.RLock()  # where nobody can wait, the first look is within the call

    def __call__(self) -> None:
        with self._lock:
            self._has_left_out = True
            if self._seconds_left() <= 0:
                self._draw()
            elif not self._is_looking:
                self._is_looking = True
                self._repeat(self._look, self._ended, "ppkit-redraw")

    def end(self) -> None:
        """What is left out is not drawn any more: whoever is finished redraws once, as things stand then."""
        with self._lock:
            self._has_left_out = False
        self._ended.set()

    def _look(self) -> float | None:
        """The seconds until what is left out may be drawn; None where nothing is left out any more."""
        with self._lock:
            if self._has_left_out and (left := self._seconds_left()) > 0:
                return left
            if self._has_left_out:
                self._draw()
            self._is_looking = False
            return None

    def _seconds_left(self) -> float:
        return self._last + STREAM_SECONDS - self._clock.monotonic()

    def _draw(self) -> None:
        self._has_left_out = False
        self._redraw()
        self._last = self._clock.monotonic()


class DeltaBuffer:
    """Gathers the pieces of a growing text and passes them on at most every `STREAM_SECONDS`."""

    def __init__(self, send: Callable[[str], None], clock: Clock) -> None:
        self._send = send
        self._clock = clock
        self._last = clock.monotonic() - STREAM_SECONDS
        self.shown = ""  # what has been passed on, for a redraw in the middle
        self._pieces: list[str] = []
        self._lock = threading.Lock()

    def add(self, text: str) -> None:
        with self._lock:
            self._pieces.append(text)
            if self._clock.monotonic() - self._last >= STREAM_SECONDS:
                self._flush()

    def end(self) -> None:
        """Pass on what is left; the full page follows anyway."""
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        if self._pieces:
            text = "".join(self._pieces)
            self._pieces.clear()
            self.shown += text
            self._send(text)
        self._last = self._clock.monotonic()
