"""A user who reads console pages and sends their forms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from httpx2 import Response
from starlette.testclient import TestClient

from ppkit.money import Money
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.rows import ApiKeyRow, Bill

BASE_URL = "http://127.0.0.1:8000"
SECRET = re.compile(r"sk-practice-[A-Za-z0-9]{48}")
CARD = {"expires": "12/29", "security_code": "123", "holder": "Anna Bianchi"}


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


def spend(platform: Platform, key: ApiKeyRow, usd: str, model: str = "gpt-6-luna") -> None:
    """A call with this key, billed."""
    lines = ((f"{model}, output_tokens", 100, Money.usd(usd)),)
    platform.usage.bill(
        key, "user-1", Bill("completions", model, input_tokens=40, output_tokens=100, lines=lines)
    )
