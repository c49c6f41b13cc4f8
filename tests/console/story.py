"""The whole story in a browser: credit, a lost key and a kept one, spending, alert, limit, the next month."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import httpx2
from accessibility import violations_on
from playwright.sync_api import Frame, Locator, expect

from ppkit.look.texts import Texts

expect.set_options(timeout=60_000)  # a busy machine is no failure
SECRET = re.compile(r"^sk-practice-\w{48}$")
FIVE_IMAGES = {"model": "gpt-image-2", "prompt": "tea", "n": 5, "quality": "high", "size": "1024x1024"}
"""A call that costs a little more than a dollar."""


@dataclass
class Story:
    """One person's way through the console in `frame`, with the explanations in `texts`.

    `address` is where a program reaches the platform. What axe finds on the way is in `complaints`; the same
    pages in another frame it need not look at again.
    """

    frame: Frame
    texts: Texts
    address: str
    with_axe: bool = True
    complaints: list[str] = field(default_factory=list)

    def live_through(self) -> str:
        """From sign-up to the first call of the next month; the key that made it."""
        self.sign_up()
        self.buy_credit()
        self.lose_a_key()
        secret = self.make_a_key()
        self.set_alert_and_limit()
        self.spend_up_to_the_limit(secret)
        self.read_the_mails()
        self.go_on_next_month(secret)
        return secret

    # --- the chapters

    def sign_up(self) -> None:
        frame = self.frame
        frame.get_by_label("Full name").fill("Anna Bianchi")
        frame.get_by_label("Email address").fill("anna@example.com")
        frame.get_by_label("Organization name").fill("Studio Bianchi")
        self.look("sign-up")
        self.press("Create account")
        expect(frame.get_by_role("status")).to_contain_text(self.texts("console.done.signed_up"))
        self.look("home")

    def buy_credit(self) -> None:
        frame = self.frame
        frame.get_by_role("link", name=self.texts("console.task.payment_method.button")).click()
        self.arrive(frame.get_by_label("Card number"))
        self.press(re.compile("^4242 4242 4242 4242"))
        self.look("card")
        self.press("Add payment method")
        frame.locator('[name=amount][value="5"]').check()
        frame.get_by_label("Yes, automatically recharge").uncheck()
        self.look("buy credits")
        self.press("Buy credits")
        expect(frame.get_by_role("status")).to_contain_text(self.texts("console.done.credit_bought"))
        self.look("billing")

    def lose_a_key(self) -> None:
        """The dialog is closed before anything was copied."""
        window = self.new_key("Too hasty")
        self.look("the key")
        window.get_by_label(re.compile("Too hasty")).press("Escape")
        expect(self.frame.get_by_role("status")).to_contain_text(self.texts("console.keys.closed_text"))
        expect(self.row("Too hasty")).to_be_visible()
        assert not re.search(r"sk-practice-\w{48}", self.frame.content())
        self.frame.get_by_role("link", name=self.texts("console.keys.closed_revoke")).click()
        self.press("Revoke key")
        expect(self.frame.get_by_role("status")).to_contain_text(self.texts("console.done.key_revoked"))
        expect(self.row("Too hasty")).to_have_count(0)

    def make_a_key(self) -> str:
        window = self.new_key("PostPickr-AI")
        secret = window.get_by_label(re.compile("PostPickr-AI")).input_value()
        assert SECRET.match(secret)
        window.get_by_role("button", name=self.texts("common.button.copy")).click()
        expect(window.get_by_role("button", name=self.texts("common.button.copied"))).to_be_visible()
        window.get_by_role("link", name="Done").click()
        expect(self.frame.get_by_role("status")).to_contain_text(secret[-4:])  # copied, and gone
        expect(self.row("PostPickr-AI")).to_be_visible()
        assert secret not in self.frame.content()
        self.look("keys")
        return secret

    def set_alert_and_limit(self) -> None:
        frame = self.frame
        self.go("Limits")
        frame.get_by_label("Alert threshold").fill("1")
        self.press("Add alert")
        expect(frame.get_by_role("status")).to_contain_text(self.texts("console.done.alert_added"))
        self.arrive(frame.get_by_role("link", name="Edit spend limit")).click()
        window = frame.get_by_role("dialog")
        window.get_by_label("Monthly spend limit").fill("2")
        window.get_by_label("Enforce a hard limit").check()
        self.look("spend limit")
        window.get_by_role("button", name="Save").click()
        expect(frame.get_by_role("status")).to_contain_text(self.texts("console.done.limit_saved"))

    def spend_up_to_the_limit(self, secret: str) -> None:
        """Usage is open meanwhile, and follows by itself."""
        self.go("Usage")
        assert self.call(secret) == (200, "")
        expect(self.frame.get_by_role("cell", name=re.compile("1[.,]0536"))).to_be_visible()
        self.look("usage")
        assert self.call(secret) == (200, "")
        assert self.call(secret) == (429, "organization_spend_limit_exceeded")
        expect(self.frame.get_by_role("cell", name=re.compile("2[.,]1072"))).to_be_visible()

    def read_the_mails(self) -> None:
        self.go(self.texts("console.label.inbox"))
        for kind, threshold in (("limit_reached", "2"), ("spend_alert", "1")):
            amount = f"${threshold}.00" if self.texts.language == "en" else f"{threshold},00 USD"
            subject = "[PRACTICE] " + self.texts(f"console.mail.{kind}.subject", threshold=amount)
            self.frame.get_by_role("link", name=subject).click()
            expect(self.frame.get_by_role("heading", name=subject)).to_be_visible()
            self.look(kind)
            if back := self.visible(self.frame.get_by_role("link", name=self.texts("console.inbox.back"))):
                with self.frame.expect_navigation():
                    back.click()  # on a narrow screen the list has its own page
        self.go("Limits")
        expect(self.frame.get_by_text(self.texts("console.limits.blocked"))).to_be_visible()
        self.look("limits")

    def go_on_next_month(self, secret: str) -> None:
        self.go(self.texts("console.label.clock"))
        self.look("clock")
        self.press(self.texts("console.clock.step.next_month"))
        expect(self.frame.get_by_role("status")).to_contain_text(self.texts("console.done.clock_moved"))
        assert self.call(secret) == (200, "")
        self.go("Limits")
        expect(self.frame.get_by_text(self.texts("console.limits.blocked"))).to_have_count(0)

    # --- gestures

    def new_key(self, name: str) -> Locator:
        """Make a key; the window that shows it."""
        self.go("API keys")
        self.arrive(self.frame.get_by_role("link", name="Create new secret key")).click()
        window = self.frame.get_by_role("dialog")
        window.get_by_label("Name", exact=True).fill(name)
        window.get_by_role("button", name="Create secret key").click()
        return self.arrive(self.frame.get_by_role("dialog", name="Save your key"))

    def go(self, label: str) -> None:
        """By the menu, which a narrow screen keeps behind a button, once its styles are there."""
        self.frame.wait_for_load_state()
        if button := self.visible(self.frame.get_by_role("button", name="Menu", exact=True)):
            button.click()
        menu = self.frame.get_by_role("navigation", name="Menu")
        with self.frame.expect_navigation():  # or the page at hand would pass for the next one
            menu.get_by_role("link", name=re.compile(f"^{re.escape(label)}")).click()
        expect(self.frame.get_by_role("heading", level=1, name=label)).to_be_visible()

    def arrive(self, found: Locator) -> Locator:
        """Wait for the page that has this, and for its script."""
        expect(found).to_be_visible()
        self.frame.wait_for_load_state()
        return found

    def press(self, name: str | re.Pattern[str]) -> None:
        self.frame.get_by_role("button", name=name).click()

    def row(self, name: str) -> Locator:
        return self.frame.get_by_role("row", name=re.compile(name))

    def visible(self, found: Locator) -> Locator | None:
        return found if found.is_visible() else None

    def call(self, secret: str) -> tuple[int, str]:
        """Five images, as a program asks for them: the status, and the code of a refusal."""
        answer = httpx2.post(
            f"{self.address}/v1/images/generations",
            json=FIVE_IMAGES,
            headers={"authorization": f"Bearer {secret}"},
            timeout=60,
        )
        return answer.status_code, answer.json().get("error", {}).get("code", "")

    def look(self, place: str) -> None:
        """What axe finds on the page at hand."""
        if self.with_axe:
            self.complaints += [f"{place}: {violation}" for violation in violations_on(self.frame)]
