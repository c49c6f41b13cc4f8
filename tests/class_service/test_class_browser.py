"""The lesson's pages in Chromium: from the door to the board and the projector, narrow and wide, and axe."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from accessibility import AXE, violations_on
from playwright.sync_api import Browser, Page, Route, expect
from starlette.testclient import TestClient

from ppkit.class_service.class_board import STUCK_AFTER
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.spending.ledger import Call

from .conftest import ClassRoom, NewClass
from .test_progress_api import code_with, tell

pytestmark = pytest.mark.browser

OF_A_CLICK = """[...document.querySelectorAll('button, a.pp-button, summary, select, textarea, input')]
  .filter(it => it.checkVisibility() && it.type !== 'hidden' && it.getBoundingClientRect().height < 41.5)
  .map(it => `only ${it.getBoundingClientRect().height} px high: ${it.outerHTML.slice(0, 120)}`)"""

CUT_OFF = """[...document.querySelectorAll('textarea[readonly]')]
  .filter(it => it.checkVisibility()
    && (it.scrollHeight > it.clientHeight + 1 || it.scrollWidth > it.clientWidth + 1))
  .map(it => `cut off: ${it.value}`)"""


def answered(client: TestClient, route: Route) -> None:
    """The application's answer, without a socket."""
    asked = route.request
    headers = {name: value for name, value in asked.headers.items() if name != "host"}
    answer = client.request(asked.method, asked.url, content=asked.post_data_buffer, headers=headers)
    kept = {name: value for name, value in answer.headers.items() if name != "content-length"}
    route.fulfill(status=answer.status_code, headers=kept, body=answer.content)


def furnish(room: ClassRoom) -> None:
    """Everything a board can show."""
    tokens = [room.join(f"visit {number}").token for number in range(5)]
    tell(room, tokens[0], {"practice_code": code_with(9), "open_lesson": "create"})
    tell(room, tokens[1], {"practice_code": code_with(4), "diagnosis": "keys.refusal.half"})
    tell(room, tokens[2], {"practice_code": code_with(2), "open_lesson": "connect"})
    for _ in range(4):
        room.clock.advance((STUCK_AFTER + timedelta(minutes=2)) / 4)
        for token in (tokens[0], tokens[1]):
            tell(room, token)
    tell(room, tokens[0], {"practice_code": code_with(9), "open_lesson": "costs"})
    room.roster.remove("tuesday", "Deneb")
    for name in ("Vega", "Deneb"):
        tags = room.lesson.tags(name)
        room.ledger.reserve(Call(f"a{name}", "m", "…", "chat", tags), Money.usd("0.05"))
        room.ledger.settle(f"a{name}", Money.usd("0.0312"))
    room.ledger.reserve(Call("b", "m", "…", "chat", room.lesson.tags("Vega")), Money.usd("0.02"))
    room.roster.progress.suggest("tuesday", "costs/costs.limit_set")


@pytest.mark.parametrize(("language", "width", "scheme"), [("it", 400, "light"), ("en", 1280, "dark")])
def test_a_class_is_followed_from_its_door_to_the_projector(
    chromium: Browser, new_class: NewClass, language: str, width: int, scheme: Any
) -> None:
    room, texts, found = new_class(learners=30, limit_in_all=Money.usd(2)), Texts(language), list[str]()
    furnish(room)
    client = room.browser()
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    context.add_init_script(AXE)
    context.route("http://class.test/**", lambda route: answered(client, route))

    def look(page: Page, name: str) -> None:
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{name}: wider than the screen")
        found.extend(f"{name}: {each}" for each in (*violations_on(page), *page.evaluate(OF_A_CLICK)))
        found.extend(f"{name}: {each}" for each in page.evaluate(CUT_OFF))

    page = context.new_page()
    page.goto(f"http://class.test/?language={language}")
    look(page, "door")
    page.keyboard.type(room.join_code)  # the field has the focus
    page.keyboard.press("Enter")
    expect(page.locator("#token")).to_be_visible()
    look(page, "joined")

    page.clock.install(time=room.clock.now())
    page.goto(f"http://class.test/trainer?language={language}")
    look(page, "the trainer's door")  # where it is open already, the link loads no new page
    page.goto(f"http://class.test/trainer?language={language}#{room.roster.new_trainer('tuesday')}")
    expect(page.locator("#row-Altair .pp-badge-bad")).to_contain_text("7")
    page.locator("#more-Altair summary").press("Enter")
    page.get_by_text(texts("class.board.tell"), exact=True).press("Enter")
    page.locator("#message").fill("Half typed")
    look(page, "board")
    room.roster.progress.tell("tuesday", "<b>Coffee</b>")
    with page.expect_response("**/trainer"):
        page.clock.run_for(2_500)  # the board follows by itself, and takes nothing from whoever is at work
    expect(page.locator("#board")).to_contain_text("<b>Coffee</b>")
    expect(page.locator("#clear-Altair")).to_be_visible()
    expect(page.locator("#message")).to_have_value("Half typed")
    page.locator("#filter-stuck").press("Enter")
    expect(page.locator("#filter-stuck")).to_have_attribute("aria-pressed", "true")
    assert page.locator("tbody tr").count() == 1
    page.evaluate("location.hash = 'sk-class-abc'")  # the trainer's link, pasted where the board is open
    expect(page).to_have_url("http://class.test/trainer")
    with context.expect_page() as opened:
        page.get_by_role("button", name=texts("class.board.projector")).press("Enter")
    projector = opened.value
    expect(projector.locator(".class-here")).to_have_count(2)
    projector.evaluate(AXE)  # the one of before knows the empty page that a new window begins with
    look(projector, "projector")
    shown = projector.inner_text("body")
    assert [secret for secret in ("Vega", "Altair", "0.0", "0,0", "sk-") if secret in shown] == []
    context.close()
    assert found == []
