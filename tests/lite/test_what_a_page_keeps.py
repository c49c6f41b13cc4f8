"""What the static page keeps, what is carried into it and out of it, and what its host has to allow."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from keys.canaries import key_of
from playwright.sync_api import Browser, FilePayload, expect
from widgets.course_walk import COURSE, SETUP
from widgets.first_lessons import create_key, pay, sign_up
from widgets.last_lessons import downloaded
from widgets.learner import Mouse, wait_for_rest

from ppkit.onboarding.evidence import Evidence, Fact
from ppkit.onboarding.progress import facts_from_json, facts_of
from ppkit.onboarding.progress_code import code_of, facts_in

from .kept import heard, places_in_browser, refusals_in
from .page_walk import PageWalk, open_map, visitor
from .site import built_site, served

pytestmark = pytest.mark.lite
AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
NAME = "Ada Prova"
CARD = "4916 7391 8264 5507"
REAL_KEY = key_of("project", "typed into the page")
BY_CODE, BY_FILE = "exercise.cards", "drill.late_credit"
SAVE = """async () => {
  const { context, content } = window.jupyterapp.shell.currentWidget;
  content.model.cells.get(content.model.cells.length - 1).sharedModel.setSource("# my own words");
  await context.save();
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(built_site(), tmp_path_factory.mktemp("host")) as address:
        yield address


def done(check: str) -> Fact:
    return Fact(check, Evidence.PRACTISED, AT)


def bring_progress(walk: PageWalk) -> None:
    """From a computer to the page: a code that is typed, and a file."""
    walk.window(COURSE).get_by_text(walk.texts("course.travel.title")).click()
    walk.type("course.travel.have", code_of(facts_of([done(BY_CODE)]), "practice", AT.date()), COURSE)
    walk.press("course.travel.take", COURSE)
    expect(walk.window(COURSE).get_by_text(walk.texts("course.travel.taken"))).to_be_in_viewport()
    content = facts_of([done(BY_FILE)]).to_json(mode="practice").encode()
    file = FilePayload(name="progress.json", mimeType="application/json", buffer=content)
    wait_for_rest(walk.page)
    walk.window(COURSE).get_by_label(walk.texts("course.travel.file")).set_input_files([file])
    expect(walk.window(COURSE).get_by_text(walk.texts("course.travel.file_taken"))).to_be_in_viewport()


def take_progress_away(walk: PageWalk) -> None:
    """From the page to a computer, both ways."""
    expected = {BY_CODE, BY_FILE}
    code = walk.window(f"{COURSE} .pp-code").first.text_content() or ""
    assert facts_in(code, "practice").checks == expected
    file = Path(downloaded(walk, "course.travel.download").path())
    assert facts_from_json(file.read_text("utf-8"), "").checks == expected


def refuse_card(walk: PageWalk) -> None:
    """A number that may be somebody's card, typed into the platform's form."""
    console = walk.leaf("setup.open.practice", SETUP)
    walk.hands.press(console, "Add payment method")
    walk.hands.type(console, "Card number", CARD)
    expect(console.locator("#number-refused")).to_be_visible()
    walk.leave(console)


def check_key(walk: PageWalk, key: str) -> None:
    walk.type("setup.key.label", key, SETUP)
    walk.press("common.button.check", f"{SETUP} form")
    expect(walk.window(SETUP).get_by_label(walk.texts("setup.key.label"))).to_have_value("")


def link_key(walk: PageWalk, key: str) -> None:
    check_key(walk, key)
    walk.press("checkup.consent.agree", SETUP)
    expect(walk.window(f"{SETUP} .pp-verdict")).to_contain_text(walk.texts("checkup.verdict.usable"))
    walk.press("common.button.continue", SETUP)
    walk.press("setup.link.button", SETUP)
    expect(walk.window(SETUP).get_by_text(walk.texts("onboarding.check.link.linked")).last).to_be_visible()


def forms_of(secret: str, name: str) -> dict[str, str]:
    """A piece that gives it away, plain and in base64."""
    piece = secret[18:34]
    return {name: piece, f"{name}, base64": base64.b64encode(piece.encode()).decode()[:-4]}


def forms_of_card() -> dict[str, str]:
    return {"card": CARD, "card's digits": re.sub(" ", "", CARD), "card in a form": CARD.replace(" ", "+")}


def test_no_key_or_card_is_kept_progress_travels_both_ways_and_the_policy_refuses_nothing_to_the_document(
    chromium: Browser, site: str
) -> None:
    """What the policy refuses to Python's worker is not heard; the course runs without it."""
    with visitor(chromium, site, width=1280) as (page, elsewhere):
        said = heard(page)
        walk = PageWalk(page, Mouse(), "en")
        open_map(page, site, "en")
        bring_progress(walk)
        take_progress_away(walk)
        walk.press("course.go_on", COURSE)
        expect(walk.window(SETUP)).to_be_visible()
        sign_up(walk)
        refuse_card(walk)
        pay(walk)
        check_key(walk, REAL_KEY)
        refused = walk.texts("keys.refusal.real_key_in_practice.what")
        expect(walk.window(f"{SETUP} .pp-problem")).to_contain_text(refused)
        key = create_key(walk)
        link_key(walk, key)
        page.evaluate(SAVE)
        secrets = {**forms_of(REAL_KEY, "real key"), **forms_of(key, "practice key"), **forms_of_card()}
        found = places_in_browser(page, {**secrets, "name": NAME, "words": "# my own words"})
        # What is looked for, where it does belong: the search sees the platform's database and the notebook.
        assert any("/data" in place and place.endswith(": name") for place in found), found
        assert any(place.startswith("notebook en/") and place.endswith(": words") for place in found), found
        assert [place for place in found if not place.endswith((": name", ": words"))] == []
        assert not any(needle.lower() in line.lower() for needle in secrets.values() for line in said)
        assert refusals_in(said) == []
        assert elsewhere == []
