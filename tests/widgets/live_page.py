"""A window in a plain page, with its Python at the other end: clicks arrive there, what it sends comes back.

What a notebook does for a widget, without the seconds that JupyterLab takes.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from ppkit.widgets.base.view import View
from ppkit.widgets.base.window import Window

MOST_SECONDS = 60
# A page's timers run in the order in which they are due, however late: the one of typing comes first.
TYPING_IS_OVER = "() => new Promise(done => setTimeout(done, 130))"
TRAITS = ("html", "language", "working", "silence", "copied")

# `kernel` answers a message with all that it led to: traits and messages, in their order.
HOST = """
async ({ script, style, traits }) => {
  const encoded = (buffer) => {
    const bytes = new Uint8Array(buffer.buffer ?? buffer);
    let text = "";
    for (let at = 0; at < bytes.length; at += 32768)
      text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return btoa(text);
  };
  const decoded = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  document.head.append(Object.assign(document.createElement("style"), { textContent: style }));
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const { render } = (await import(address)).default();
  const heard = {};
  window.underWay = 0;
  const take = (answer) => {
    for (const [kind, ...told] of answer) {
      if (kind === "trait") {
        traits[told[0]] = told[1];
        (heard[`change:${told[0]}`] ?? []).forEach((hear) => hear());
      } else (heard["msg:custom"] ?? []).forEach((hear) => hear(told[0], told[1].map(decoded)));
    }
  };
  const model = {
    get: (name) => traits[name],
    on: (event, hear) => (heard[event] ??= []).push(hear),
    off: () => {},
    send: (message, _callbacks, buffers = []) => {
      window.underWay += 1;
      window.kernel(message, buffers.map(encoded)).then(take).finally(() => { window.underWay -= 1; });
    },
  };
  render({ model, el: document.body });
}
"""


class LivePage:
    """`made` makes the window, once this listens to what windows send."""

    def __init__(self, page: Page, window: Window) -> None:
        self.page = page
        self.window = window
        self._out: list[Any] = []
        self._known: dict[str, Any] = {}
        window.send = self._send
        page.expose_function("kernel", self._answer)
        page.set_content("<!doctype html><html lang=it><meta charset=utf-8><title>ppkit</title><main></main>")
        self._note_traits()
        page.evaluate(HOST, {"script": View._esm, "style": View._css, "traits": dict(self._known)})
        self.settle()

    def settle(self) -> None:
        """Until everything that was sent is answered, typing's own delay included."""
        self.page.evaluate(TYPING_IS_OVER)
        self.page.wait_for_function("window.underWay === 0")

    def settle_once(self, has_come: Callable[[], bool]) -> None:
        """A form with a picture is sent once the browser has made a file of it; nothing tells of that."""
        deadline = time.monotonic() + MOST_SECONDS
        while not has_come():
            assert time.monotonic() < deadline
            self.page.wait_for_timeout(20)
        self.settle()

    def _send(self, content: Any, buffers: Any = None) -> None:
        self._note_traits()
        shown = [base64.b64encode(bytes(one)).decode() for one in buffers or ()]
        self._out.append(("message", content, shown))

    def _answer(self, message: dict[str, Any], buffers: list[str]) -> list[Any]:
        self._out = []
        self.window._handle_custom_msg(message, [memoryview(base64.b64decode(one)) for one in buffers])
        self._note_traits()
        return self._out

    def _note_traits(self) -> None:
        for name in TRAITS:
            if self._known.get(name) != (value := getattr(self.window, name)):
                self._known[name] = value
                self._out.append(("trait", name, value))
