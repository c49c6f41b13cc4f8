"""The practice console inside a window, for places whose browser reaches no port of this machine.

Its pages, links and forms travel as messages and are kept nowhere: one page shows a key, one form takes a
card.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ppkit.widgets.base.background_thread import BackgroundRunner
from ppkit.widgets.base.view import Fields, Secrets

if TYPE_CHECKING:
    from ppkit.practice_link import PracticeLink
    from ppkit.practice_platform.visitor import Answer

PAGE = "text/html"
ASSET = re.compile(r'"[./]*(static/[a-z]+\.(?:css|svg))"')
"""What a page needs besides itself. Not its script: the window has its own (console_frame.js)."""

Send = Callable[[Mapping[str, object], list[bytes]], None]


class ConsolePanel:
    """Which page is open, and the answers to the frame that shows it. The only way to the console is
    `PracticeLink.visit`. An errand is what the frame calls one request, to know its answer again.
    """

    def __init__(self, send: Send, run: BackgroundRunner) -> None:
        self.page = ""
        self.is_open = False
        self.openings = 0  # counted, so that the frame goes to the same page a second time
        self._send = send
        self._run = run

    def open(self, page: str) -> None:
        self.page, self.is_open = page, True
        self.openings += 1

    def close(self) -> None:
        self.is_open = False

    def visit(self, link: PracticeLink, fields: Fields, secrets: Secrets) -> None:
        """Fetch a page and send it; no window waits for that."""
        address = secrets["address"].get_secret_value()

        def fetched() -> tuple[Answer, dict[str, str]]:
            answer = link.visit(address)
            return answer, _assets_of(answer, link) if fields.get("assets") == "wanted" else {}

        self._run(fetched, lambda found: self.deliver(fields, *found), lambda _error: self.fail(fields))

    def deliver(self, fields: Fields, answer: Answer, assets: Mapping[str, str] | None = None) -> None:
        """Send an answer of the console: a page, or a file to keep."""
        told = {"errand": fields["errand"], "address": answer.address}
        if answer.file_name:
            file = {"type": "console_file", "name": answer.file_name, "media_type": answer.media_type}
            self._send({**told, **file}, [answer.body])
        elif answer.media_type == PAGE:
            page = {"type": "console_page", "html": answer.body.decode(), "assets": assets or {}}
            self._send({**told, **page}, [])
        else:
            self.fail(fields)

    def fail(self, fields: Fields) -> None:
        """Nothing came: the frame says so, in words that it has brought along."""
        self._send({"type": "console_failed", "errand": fields["errand"]}, [])


def _assets_of(answer: Answer, link: PracticeLink) -> dict[str, str]:
    """In the page's own order: of two style sheets, the later one has the last word."""
    names = dict.fromkeys(ASSET.findall(answer.body.decode())) if answer.media_type == PAGE else ()
    return {name: link.visit(name).body.decode() for name in names}
