"""Somebody who reads console pages and sends their forms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from httpx2 import Response
from starlette.testclient import TestClient

BASE_URL = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Person:
    web: TestClient
    token: str

    def read(self, page: str = "") -> Response:
        return self.web.get(f"/{page}")

    def send(self, page: str, do: str, **fields: str) -> Response:
        """Send one of the page's forms, as its own button would."""
        return self.web.post(f"/{page}", data={"do": do, "token": self.token, **fields})


def words(answer: Response) -> str:
    """What a reader sees of the page's content: no markup, no menu, single spaces."""
    page = answer.text
    main = page[page.index("<main") : page.rindex("</main>")]
    bare = re.sub(r"<(script|style|svg).*?</\1>", " ", main, flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", bare)))
