"""A first visit in Chromium: mouse, keyboard, both languages, narrow and wide, light and dark, and axe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from accessibility import AXE, violations_on
from playwright.sync_api import Browser, Page, expect

from ppkit.money import Money
from ppkit.practice_platform.console import trap
from ppkit.practice_platform.console.console_routes import PAGES
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.rows import Bill

from .served import served

pytestmark = pytest.mark.browser
expect.set_options(timeout=60_000)  # a busy machine is no failure


@pytest.fixture
def address(platform: Platform) -> Iterator[str]:
    with served(platform) as found:
        yield found


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """A page on which every complaint of the browser is a failure; closed before its server goes."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert [line for line in complaints if "422" not in line] == []


def sign_up(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Full name").fill("Anna Bianchi")
    page.get_by_label("Email address").fill("anna@example.com")
    page.get_by_label("Organization name").fill("Studio Bianchi")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Hello, Anna Bianchi")).to_be_visible()


def add_card(page: Page) -> None:
    with page.expect_navigation():  # its script too: the test cards need it
        page.get_by_role("link", name="Add the card").click()
    page.get_by_role("button", name=re.compile("^4242 4242 4242 4242")).click()
    page.get_by_role("button", name="Add payment method").click()


CLOSE = """link => new Promise(done => {
  link.closest('dialog').addEventListener('close', () => done(document.documentElement.outerHTML));
  link.click();
})"""
"""Close the dialog with this link; what is left of the page at that moment."""


def test_the_browser_keeps_nothing_of_a_key_to_go_back_to(page: Page, address: str) -> None:
    sign_up(page, address)
    page.goto(f"{address}/api-keys")
    page.get_by_role("link", name="Create new secret key").click()
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill("PostPickr-AI")
    page.get_by_role("button", name="Create secret key").click()
    secret = page.get_by_label("Secret key").input_value()
    link = page.locator("dialog:modal").get_by_role("link", name="Close")
    left = link.evaluate(CLOSE)
    assert "PostPickr-AI" in left
    assert secret not in left  # gone before the next page has come
    expect(page.get_by_role("status")).to_contain_text("cannot be shown again")
    assert secret not in page.content()
    page.go_back()
    assert secret not in page.content()


def test_from_sign_up_to_credit_with_the_keyboard_alone(page: Page, address: str, platform: Platform) -> None:
    page.goto(address)
    page.get_by_label("Full name").focus()
    for text in ("Anna", "anna@example.com", "Studio"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    for link in ("Add the card", None, "Buy credits"):
        if link is None:
            press_until(page, re.compile("^4242 4242 4242 4242"), "Space")
            press_until(page, "Add payment method", "Enter", role="BUTTON")
        else:
            press_until(page, link, "Enter")
    expect(page.get_by_text("Credit bought.")).to_be_visible()
    assert platform.balance() == Money.usd(10)


def test_a_key_is_made_copied_and_left_with_the_keyboard_alone(
    page: Page, address: str, platform: Platform
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_up(page, address)
    page.goto(f"{address}/api-keys")
    press_until(page, "Create new secret key", "Space", role="A")
    page.keyboard.press("Enter")  # a dialog, so no page to wait for
    expect(page.get_by_role("dialog").get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("PostPickr-AI")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    secret = page.get_by_label("Secret key")
    expect(secret).to_be_focused()
    shown = secret.input_value()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_focused()
    assert page.evaluate("navigator.clipboard.readText()") == shown
    page.keyboard.press("Escape")
    expect(page.get_by_role("status")).to_contain_text("is copied. Paste it now")
    assert platform.keys.find(shown) is not None


def press_until(page: Page, name: str | re.Pattern[str], key: str, role: str | None = None) -> None:
    """Tab to the control with this text, at most through the whole page, and press the key on it."""
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.evaluate("[document.activeElement.tagName, document.activeElement.innerText.trim()]")
        matches = re.search(name, focused[1]) if isinstance(name, re.Pattern) else focused[1] == name
        if matches and (role is None or focused[0] == role):
            if key == "Space":
                page.keyboard.press(key)
                return
            with page.expect_navigation():
                page.keyboard.press(key)
            return
    raise AssertionError(f"{name} cannot be reached with the keyboard")


@pytest.mark.parametrize("typed", ["4111 11", "5555 5555 5555 4445"])
def test_a_number_that_is_no_test_card_is_wiped_before_it_is_sent(
    page: Page, address: str, typed: str
) -> None:
    sent: list[str] = []
    sign_up(page, address)
    page.goto(f"{address}/payment-method")
    page.on("request", lambda request: sent.append(request.post_data or ""))
    field = page.get_by_label("Card number")
    field.press_sequentially(typed + "11")
    expect(page.get_by_role("alert")).to_contain_text("Never enter a real card here.")
    assert "".join(typed.split()) not in "".join(field.input_value().split())
    page.get_by_role("button", name=re.compile("^4242 4242 4242 4242")).click()
    expect(page.get_by_role("alert")).to_be_hidden()
    page.get_by_role("button", name="Add payment method").click()
    expect(page.get_by_text("Card added.")).to_be_visible()
    assert [body for body in sent if "4111" in body or "4445" in body] == []


def test_the_bank_is_answered_with_the_code_on_the_telephone(
    page: Page, address: str, platform: Platform
) -> None:
    sign_up(page, address)
    page.goto(f"{address}/payment-method")
    page.get_by_role("button", name=re.compile("^4000 0025 0000 3155")).click()
    page.get_by_role("button", name="Add payment method").click()
    expect(page.get_by_role("heading", name="Do you confirm this card?")).to_be_visible()
    field = page.get_by_label("Code sent to your phone")
    field.fill("12345")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("That is not the code in the message.")).to_be_visible()
    code = page.locator(".bank-message b").inner_text()
    field.fill(code)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Card added.")).to_be_visible()
    assert platform.payment_methods()[0].status == "ready"


def test_fields_that_do_not_matter_go_away_with_the_tick(page: Page, address: str) -> None:
    sign_up(page, address)
    page.goto(f"{address}/billing")
    threshold, tick = page.get_by_label("When credit balance goes below"), page.get_by_role("checkbox")
    expect(threshold).to_be_visible()
    tick.uncheck()
    expect(threshold).to_be_hidden()
    tick.check()
    expect(threshold).to_be_visible()


def test_the_menu_opens_and_closes_on_a_narrow_screen(page: Page, address: str) -> None:
    sign_up(page, address)
    page.set_viewport_size({"width": 400, "height": 800})
    menu = page.get_by_role("navigation", name="Menu")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    menu.get_by_role("link", name=re.compile("Usage")).click()
    expect(page.get_by_role("heading", name="Usage", exact=True)).to_be_visible()


def test_the_other_amount_appears_only_when_chosen(page: Page, address: str) -> None:
    sign_up(page, address)
    add_card(page)
    field = page.get_by_role("textbox", name="Other amount")
    expect(field).to_be_hidden()
    page.get_by_role("radio", name="Other amount").check()
    expect(field).to_be_visible()


def test_a_call_shows_up_by_itself_and_takes_no_focus_away(
    page: Page, address: str, platform: Platform
) -> None:
    page.clock.install()
    sign_up(page, address)
    page.goto(f"{address}/usage")
    expect(page.get_by_text("No usage yet")).to_be_visible()
    tab = page.get_by_role("link", name="Model")
    tab.focus()
    key, _secret = platform.create_key("PostPickr-AI")
    platform.usage.bill(
        key, "user", Bill("completions", "gpt-6-luna", lines=(("gpt-6-luna", 1, Money.usd("0.0321")),))
    )
    page.clock.fast_forward(3000)
    expect(page.get_by_text("$0.0321").first).to_be_visible()
    expect(tab).to_be_focused()
    expect(page.get_by_role("navigation", name="Menu").get_by_text("1 new")).to_have_count(1)
    platform.mailbox.send("key_leaked", name="PostPickr-AI", redacted="sk-practice-...abcd")
    page.clock.fast_forward(3000)
    expect(page.get_by_role("navigation", name="Menu").get_by_text("2 new")).to_have_count(1)


def test_the_pages_work_without_javascript(chromium: Browser, address: str, platform: Platform) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en-US")
    page = context.new_page()
    sign_up(page, address)
    page.goto(f"{address}/api-keys")
    page.get_by_role("link", name="Create new secret key").click()
    page.get_by_label("Name").fill("PostPickr-AI")
    page.get_by_role("button", name="Create secret key").click()
    expect(page.get_by_role("heading", name="Save your key")).to_be_visible()
    assert len(platform.list_keys()) == 1
    context.close()


def test_axe_finds_a_picture_without_words(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content('<html lang="en"><title>A page</title><main><h1>A page</h1><img src="data:,"></main>')
    assert [found.partition(":")[0] for found in violations_on(page)] == ["image-alt"]
    assert violations_on(page, "h1") == []
    page.close()


@pytest.mark.parametrize(
    ("language", "width", "scheme"),
    [("it", 400, "light"), ("en", 1280, "dark")],  # Italian, with its longer words, where room is scarce
)
def test_no_page_is_clipped_and_axe_finds_nothing(
    chromium: Browser, address: str, platform: Platform, language: str, width: int, scheme: str
) -> None:
    furnish(platform)
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
    )
    context.add_init_script(AXE)
    page = context.new_page()
    page.goto(f"{address}/?language={language}")
    found = []
    mail = platform.mails()[0].id
    key = platform.list_keys()[0].id
    names = [*(name for name in PAGES if name not in ("language", "sign-out")), "sign-up", "nowhere"]
    client = platform.projects.projects()[1].id
    more = (
        f"inbox?mail={mail}",
        f"api-keys?revoke={key}",
        f"admin-keys?revoke={platform.keys.keys('admin')[0].id}",
        f"limits?project={client}",
        f"members?person={platform.members.members()[1].id}",
        f"members?remove={platform.members.members()[1].id}",
        f"spend-limit?project={client}",
        f"api-keys?closed={key}",
        "usage?period=last_month",
    )
    for name in (*names, *more):
        page.goto(f"{address}/{name}")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{name}: wider than the screen")
        found += [f"{name}: {violation}" for violation in violations_on(page)]
        found += [f"{name}: {small}" for small in page.evaluate(SMALL_TARGETS)]
    context.close()
    assert found == []


SMALL_TARGETS = """[...document.querySelectorAll('button, a.pp-button, input, select, textarea, nav a')]
  .filter(it => it.offsetParent && it.type !== 'hidden' && !it.closest('label.pp-choice, .pp-crumbs'))
  .filter(it => it.getBoundingClientRect().height < 41.5)
  .map(it => `only ${it.getBoundingClientRect().height} px high: ${it.outerHTML.slice(0, 120)}`)"""


def furnish(platform: Platform) -> None:
    """An account that has everything a page can show."""
    platform.sign_up("Anna Bianchi", "anna@example.com", "Studio Bianchi")
    platform.add_payment_method("4242424242424242", "12/39", "123", "Anna Bianchi")
    platform.buy_credits(Money.usd(10))
    platform.members.accept(platform.members.invite("luca.rossi@example.com", "reader").id)
    platform.members.invite("a.rather.long.address.of.somebody@a-client.example.com", "owner")
    key, _secret = platform.create_key("A name that is rather long for a key, " * 3)
    platform.keys.create_admin("ppkit-admin")
    platform.create_key("PostPickr-AI", permissions="restricted", scopes=["model.request"])
    client = platform.projects.create("Client A")
    platform.database.run(
        "INSERT INTO rate_limit VALUES (?, ?, ?)", client.id, "gpt-6-luna", '{"max_requests_per_1_minute": 3}'
    )
    platform.limits.set_limit(100, client.id)
    platform.limits.create_alert(100, ["anna@example.com"])
    platform.limits.set_limit(200)
    lines = (("gpt-image-2, output_tokens", 1, Money.usd("2.5")),)
    platform.usage.bill(key, "user", Bill("images", "gpt-image-2", images=1, lines=lines))
    for number in range(6):
        lines = ((f"model-{number}", 1, Money.usd("0.5")),)
        platform.usage.bill(key, "user", Bill("completions", f"model-{number}", lines=lines))
    platform.faults.switch("rate_limit", on=True)
    platform.add_payment_method("5200828282828210", "12/39", "123", "Anna Bianchi")
    platform.add_payment_method("4000002500003155", "12/39", "123", "Anna Bianchi")
    reviewed = platform.add_payment_method("4000000000009235", "12/39", "123", "Anna Bianchi")
    platform.verification.start("blurred_passport")
    trap.begin(platform, "Client Aurora")
    platform.create_key("Aurora")
    platform.advance_to_next_month()
    platform.buy_credits(Money.usd(10), reviewed.id)


HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'\U0001f305\u202eevil שלום {{7*7}}</p>"


@pytest.mark.parametrize("width", [400, 1280])
def test_names_of_ten_thousand_odd_signs_break_no_page(
    chromium: Browser, address: str, platform: Platform, width: int
) -> None:
    long = HOSTILE + "W" * (10_000 - len(HOSTILE))
    platform.sign_up(long, "a" * 240 + "@example.com", long)
    platform.add_payment_method("4242424242424242", "12/39", "123", long)
    platform.buy_credits(Money.usd(5))
    client = platform.projects.create(long)
    key, _secret = platform.create_key(long, client.id, expires_in=timedelta(days=7))
    platform.limits.set_limit(100, client.id)
    platform.limits.create_alert(100, ["a" * 240 + "@example.com"], client.id)
    platform.usage.bill(key, "user", Bill("completions", "gpt-6-luna", lines=(("m", 1, Money.usd(2)),)))
    trap.begin(platform, long)
    platform.create_key(long)
    platform.accounts.set_business(long, long, "")
    page = chromium.new_page(viewport={"width": width, "height": 900})
    alerts: list[str] = []
    page.on("dialog", lambda dialog: alerts.append(dialog.message))
    wide, tall = [], []
    mails = [f"inbox?mail={mail.id}" for mail in platform.mails()]
    names = [name for name in PAGES if name not in ("language", "sign-out", "invoice")]
    for name in (*names, *mails, f"api-keys?revoke={key.id}", f"limits?project={client.id}", "usage?by=key"):
        page.goto(f"{address}/{name}")
        size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        wide += [name] if size[0] > width else []
        tall += [name] if size[1] > 6000 else []
    page.close()
    assert (wide, tall, alerts) == ([], [], [])
