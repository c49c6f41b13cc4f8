"""Lesson 4 of the course, as somebody does it: words are sorted, failures mended, the key is replaced."""

from __future__ import annotations

from accessibility import violations_on
from playwright.sync_api import Frame, Page, expect

from ppkit.onboarding.lessons import Mending, drill_named, exercise_named

from .course_walk import CARDS, DRILLS, LESSON, REPLACEMENT, CourseWalk

ON_THE_PAGE = {  # by drill: what is done on the platform's page
    "chatgpt_only": "add card and buy",
    "hold_only": "buy",
    "expired_credit": "buy",
    "limit_reached": "raise limit",
    "not_verified": "verify",
    "revoked_key": "new key",
    "read_only_key": "new key",
    "other_project": "new key",
}

DRILLS_OF = {
    400: ("limit_reached", "damaged_paste", "late_credit", "chatgpt_only", "hold_only"),
    1280: ("revoked_key", "read_only_key", "other_project", "not_verified", "expired_credit"),
}
"""By width: together all ten, each of them with the mouse and by keyboard."""


def mend(walk: CourseWalk, drills: tuple[str, ...]) -> None:
    """The whole lesson, with these drills; the first one with a wrong cause before the right one."""
    sort_the_words(walk)
    walk.press("exercise.go_to_drills", CARDS)
    expect(walk.window(f"{DRILLS} h2")).to_be_focused()
    for number, name in enumerate(drills, 1):
        mend_one(walk, name, first=number == 1)
        is_mended(walk, is_enough=number == len(drills))
        walk.picture(f"11-drill-{number}")
        if number in (1, len(drills)):
            assert violations_on(walk.page, DRILLS) == []
        if number < len(drills):
            walk.press("drills.all", DRILLS)
            counter = walk.texts("drills.counter", mended=number, enough=len(drills))
            expect(walk.window(DRILLS)).to_contain_text(counter)
    assert violations_on(walk.page, CARDS) == []
    expect(walk.window(LESSON)).to_contain_text(walk.texts("lesson.done_of", done=1 + len(drills), count=11))
    walk.press("drills.to_key", DRILLS)
    replace_the_key(walk)


def sort_the_words(walk: CourseWalk) -> None:
    """With a mistake first, and its hint."""
    right = dict(exercise_named("cards").right)
    for question, option in {**right, "alert": "stops"}.items():
        put(walk, question, option)
    walk.press("exercise.check", CARDS)
    expect(walk.window(f'{CARDS} [aria-invalid="true"]')).to_have_count(1)
    expect(walk.window(f"{CARDS} .pp-note").first).to_be_in_viewport()
    put(walk, "alert", right["alert"])
    walk.press("exercise.check", CARDS)
    expect(walk.window(f"{CARDS} .pp-verdict")).to_contain_text(walk.texts("exercise.right"))
    expect(walk.window(f"{CARDS} .pp-verdict .pp-button").first).to_be_in_viewport()
    walk.picture("10-sorted")


def put(walk: CourseWalk, question: str, option: str) -> None:
    label = walk.texts(f"exercise.cards.question.{question}")
    walk.hands.choose(walk.page, label, option, CARDS)
    expect(walk.window(CARDS).get_by_label(label, exact=True)).to_have_value(option)


# --- a drill


def mend_one(walk: CourseWalk, name: str, *, first: bool) -> None:
    """From the list to the green."""
    title = walk.texts(f"onboarding.check.drill.{name}")
    walk.press("drills.open_one", DRILLS, verb=walk.texts("drills.start"), title=title)
    expect(walk.window(f"{DRILLS} h2")).to_have_text(title)
    expect(walk.window(f"{DRILLS} h2")).to_be_in_viewport()
    if first:
        name_cause(walk, drill_named(name).others[0])
        hint = walk.window(f"{DRILLS} .pp-note").first
        expect(hint).to_contain_text({"limit_reached": "organization_spend_limit_exceeded"}.get(name, "401"))
        expect(hint).to_be_in_viewport()
    name_cause(walk, name)
    expect(walk.window(f"{DRILLS} .pp-note").first).to_contain_text(walk.texts("drills.cause_found"))
    key = mend_there(walk, name) if name in ON_THE_PAGE else ""
    mend_here(walk, name, key)


def name_cause(walk: CourseWalk, cause: str) -> None:
    label = walk.texts(f"drill.option.{cause}")
    walk.hands.mark(walk.page, label, DRILLS)
    expect(walk.window(DRILLS).get_by_label(label)).to_be_checked()
    walk.press("exercise.check", DRILLS)


def mend_there(walk: CourseWalk, name: str) -> str:
    """On the platform's page. Returns the key that was made there, if any."""
    drill = drill_named(name)
    assert len(walk.filled(DRILLS)) == 1
    page = walk.texts(f"console.label.{drill.page}")
    console = walk.leaf("drills.open_page", DRILLS, page=page)
    expect(console.get_by_text(walk.texts("console.band_drill"))).to_be_visible()
    key = do_there(walk, console, ON_THE_PAGE[name], project=name == "other_project")
    walk.come_back(console)
    return key


def do_there(walk: CourseWalk, console: Page | Frame, what: str, *, project: bool) -> str:
    hands = walk.hands
    if what == "raise limit":
        hands.press(console, "Edit spend limit", "main")
        # In a dialog, or on a page of its own where the script is not there yet.
        form = 'form:has([name="limit"])'
        hands.type(console, "Monthly spend limit", "10", form)
        hands.press(console, "Save", form)
        expect(console.locator(".console-notice")).to_be_visible()
    elif what == "verify":
        hands.press(console, "Verify organization", "main")
        expect(console.get_by_role("button", name="Verify organization")).to_have_count(0)
    elif what == "new key":
        return create_key(walk, console, project=walk.texts("drills.project") if project else "")
    else:
        if what == "add card and buy":
            hands.press(console, "Add payment method", "main")
            hands.press(console, "4242 4242 4242 4242")
            hands.press(console, "Add payment method", "form")
        else:
            hands.press(console, "Buy credits", "main")
        hands.press(console, "Buy credits", "form")
        expect(console.get_by_role("heading", name="Billing").first).to_be_visible()
    return ""


def create_key(
    walk: CourseWalk, console: Page | Frame, name: str = "PostPickr-AI-2", project: str = ""
) -> str:
    hands = walk.hands
    hands.press(console, "Create new secret key")
    form = 'form:has([name="permissions"])'
    hands.type(console, "Name", name, form)
    if project:
        option = console.locator(f"{form} option", has_text=project).first.get_attribute("value")
        hands.choose(console, "Project", option or "", form)
    hands.press(console, "Create secret key", form)
    made = console.locator("#secret")
    expect(made).to_be_visible()
    key = made.input_value()
    walk.keys.append(key)
    return key


def mend_here(walk: CourseWalk, name: str, key: str) -> None:
    """In the window, what is left to be done once one is back from the page."""
    drill = drill_named(name)
    expect(walk.window(f"{DRILLS} .pp-button:not(.pp-button-quiet, .pp-button-plain)")).to_have_count(1)
    if drill.mending is Mending.NEW_KEY:
        walk.type("drills.paste", key, DRILLS)
    if drill.mending is Mending.EDIT:
        text = walk.window(DRILLS).get_by_label(walk.texts("drills.edit"))
        expect(text).to_be_in_viewport()
        walk.type("drills.edit", text.input_value().strip("“”"), DRILLS)
    if drill.mending is Mending.WAIT:
        walk.hands.press(walk.page, walk.texts.plural("drills.wait", drill.minutes), DRILLS)
    else:
        walk.press("drills.try", DRILLS)


def is_mended(walk: CourseWalk, *, is_enough: bool) -> None:
    """The green and the way on are in sight, and nothing else is filled."""
    verdict = walk.window(f"{DRILLS} .pp-verdict")
    expect(verdict).to_contain_text(walk.texts("drills.done"))
    expect(verdict.locator(".pp-button")).to_be_in_viewport()
    expect(walk.window(f"{DRILLS} h2")).to_be_focused()
    assert walk.filled(DRILLS) == [walk.texts("drills.to_key" if is_enough else "drills.next")]


# --- the key is replaced, with its mistakes


def replace_the_key(walk: CourseWalk) -> None:
    old = walk.keys[0]
    walk.expect_heading(REPLACEMENT, "key_rotation.start.heading")
    walk.press("key_rotation.start.button", REPLACEMENT, key="sk-…")
    walk.expect_heading(REPLACEMENT, "key_rotation.created.heading")
    console = walk.leaf("setup.open_keys", REPLACEMENT)
    new = create_key(walk, console, "PostPickr-AI-3")
    walk.come_back(console)
    walk.expect_heading(REPLACEMENT, "key_rotation.swapped.heading", focused=False)
    paste(walk, old)
    problem = walk.window(f"{REPLACEMENT} .pp-problem")
    expect(problem).to_contain_text(walk.part("error.replacement_same_key.what", "key"))
    paste(walk, new)
    walk.expect_heading(REPLACEMENT, "key_rotation.proved.heading")
    walk.press("checkup.consent.agree", REPLACEMENT)
    walk.expect_heading(REPLACEMENT, "key_rotation.revoked.heading")
    walk.picture("12-revoke")
    revoke(walk, old)
    walk.expect_heading(REPLACEMENT, "key_rotation.dead.heading", focused=False)
    walk.press("key_rotation.dead.button", REPLACEMENT, key="")
    walk.expect_heading(REPLACEMENT, "key_rotation.done.heading")
    walk.picture("13-replaced")
    assert violations_on(walk.page, ".ppkit") == []


def paste(walk: CourseWalk, key: str) -> None:
    walk.type("key_rotation.swapped.label", key, REPLACEMENT)
    walk.press("key_rotation.swapped.button", REPLACEMENT)
    field = walk.window(REPLACEMENT).get_by_label(walk.texts("key_rotation.swapped.label"))
    expect(field).not_to_have_value(key)


def revoke(walk: CourseWalk, key: str) -> None:
    """Its end distinguishes it from the other, as the window says."""
    console = walk.leaf("setup.open_keys", REPLACEMENT)
    line = f'tr:has-text("{key[-4:]}")'
    walk.hands.press(console, "Revoke", line)
    walk.hands.press(console, "Revoke", "form")
    expect(console.locator(line)).to_have_count(0)
    walk.come_back(console)
