"""Lessons 1 to 3 of the course, as somebody does them: connect, write and draw, be stopped by the limit."""

from __future__ import annotations

from playwright.sync_api import expect

from .course_walk import ASSISTANT, COSTS, COURSE, SETUP, CourseWalk
from .learner import Counted, control

MOST_CLICKS, MOST_WORDS = 35, 2500  # from the map to the first post


def connect(walk: CourseWalk) -> None:
    """From the map to a linked key."""
    walk.press("course.start", COURSE)
    expect(walk.window(SETUP)).to_be_visible()
    first = control(walk.page, walk.texts("setup.open.practice"), SETUP)
    if (walk.page.viewport_size or {"width": 0})["width"] >= 1280:  # a small laptop
        expect(first).to_be_in_viewport(ratio=1)
    walk.picture("1-first-button")
    sign_up(walk)
    pay(walk)
    expect(walk.window(SETUP).get_by_label(walk.texts("setup.key.label"))).to_be_visible()
    key = create_key(walk)
    walk.type("setup.key.label", key, SETUP)
    walk.press("common.button.check", f"{SETUP} form")
    expect(walk.window(SETUP).get_by_label(walk.texts("setup.key.label"))).to_have_value("")
    walk.press("checkup.consent.agree", SETUP)
    expect(walk.window(f"{SETUP} .pp-verdict")).to_contain_text(walk.texts("checkup.verdict.usable"))
    expect(walk.window(f"{SETUP} .pp-verdict .pp-button")).to_be_in_viewport()
    walk.picture("3-key")
    walk.press("common.button.continue", SETUP)
    if walk.remembers:
        walk.hands.mark(walk.page, walk.texts("setup.link.store"), SETUP)
    walk.press("setup.link.button", SETUP)
    linked = walk.texts("onboarding.check.link.linked")
    expect(walk.window(SETUP).get_by_text(linked).last).to_be_visible()
    walk.picture("4-linked")


def sign_up(walk: CourseWalk) -> None:
    """Step 1, on the practice platform's own pages."""
    console = walk.leaf("setup.open.practice", SETUP)
    for label in ("Full name", "Organization name"):
        walk.hands.type(console, label, "Ada Prova")
    walk.hands.type(console, "Email address", "ada@example.com")
    walk.hands.press(console, "Create account")
    expect(console.get_by_role("heading", name="Ada Prova")).to_be_visible()
    walk.come_back(console)
    expect(walk.page.get_by_role("heading", name=walk.texts("setup.credit.heading"))).to_be_visible()


def pay(walk: CourseWalk) -> None:
    """Step 2; whoever comes back may ask for a look."""
    hands = walk.hands
    console = walk.leaf("setup.open.practice", SETUP)
    hands.press(console, "Add payment method")
    hands.press(console, "4242 4242 4242 4242")
    hands.press(console, "Add payment method", "form")
    hands.press(console, "Buy credits", "form")
    expect(console.get_by_role("heading", name="Billing").first).to_be_visible()
    walk.look_again(console)


def create_key(walk: CourseWalk) -> str:
    """Step 3's first half; the key is in the clipboard then."""
    hands = walk.hands
    console = walk.leaf("setup.open_keys", SETUP)
    hands.press(console, "Create new secret key")
    hands.type(console, "Name", "PostPickr-AI", "main")
    hands.press(console, "Create secret key")
    hands.press(console, walk.texts("common.button.copy"), "main")
    expect(console.get_by_role("button", name=walk.texts("common.button.copied"))).to_be_visible()
    key = str(console.evaluate("navigator.clipboard.readText()"))
    assert key.startswith("sk-practice-")
    walk.keys.append(key)
    walk.leave(console)
    return key


def write_and_draw(walk: CourseWalk) -> None:
    walk.type("assistant.topic", "Aperitivo al tramonto", ASSISTANT)
    walk.press("assistant.write", ASSISTANT)
    expect(walk.page.get_by_role("button", name=walk.texts("assistant.copy_post"))).to_be_visible()
    receipts = walk.window(f"{ASSISTANT} .pp-receipt")
    expect(receipts).to_contain_text(walk.texts("assistant.purse.own_key"))
    if isinstance(walk.hands, Counted):
        walk.hands.read(walk.page)
        assert walk.hands.clicks <= MOST_CLICKS, walk.hands.clicks
        assert walk.hands.words <= MOST_WORDS, walk.hands.words
    walk.picture("5-post")
    walk.press("assistant.image", ASSISTANT)
    save_for = walk.texts("assistant.picture.save_for", network="Instagram")
    expect(walk.page.get_by_role("button", name=save_for)).to_be_visible()
    image = walk.window(f"{ASSISTANT} img")
    expect(image).not_to_have_js_property("naturalWidth", 0)  # "complete" is also one that has not come yet
    expect(receipts).to_have_count(2)
    expect(receipts.last).to_be_in_viewport()
    walk.picture("6-image")


def be_stopped(walk: CourseWalk) -> None:
    """By the limit, and go on once it is raised."""
    set_limit(walk, "0.001")
    expect(walk.window(f"{COSTS} .pp-note")).to_contain_text(
        walk.part("costs.hard_reached", "amount", "date")
    )
    written = {"it": "0,001", "en": "0.001"}[
        walk.language
    ]  # typed with a point, shown in the language's own way
    expect(walk.window(COSTS).get_by_label(walk.texts("costs.hard"))).to_have_value(written)
    walk.picture("7-costs")
    walk.press("assistant.image", ASSISTANT)
    stopped = walk.part("error.ppkit_hard_limit_reached.what", "asked", "period", "limit", "scope")
    expect(walk.window(f"{ASSISTANT} .pp-problem")).to_contain_text(stopped)
    walk.picture("8-stopped")
    assert len(walk.filled(ASSISTANT)) == 1
    walk.press("assistant.go_to_costs", ASSISTANT)
    set_limit(walk, "10")
    expect(walk.window(f"{COSTS} .pp-note")).to_have_count(0)
    walk.press("assistant.image", ASSISTANT)
    expect(walk.window(f"{ASSISTANT} .pp-problem")).to_have_count(0)


def set_limit(walk: CourseWalk, usd: str) -> None:
    walk.type("costs.hard", usd, COSTS)
    walk.press("costs.set", COSTS)
