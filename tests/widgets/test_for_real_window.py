"""The lesson "Now for real": an invitation in practice, four steps live, words for what cannot be seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from ppkit.checkup import LimitsAtPlatform, LimitStep, carry_out
from ppkit.checkup.platform_limits import NoSuchPlatformAlert
from ppkit.clock import ManualClock
from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.onboarding import Evidence
from ppkit.onboarding import real_account as real_account_module
from ppkit.onboarding.real_account import KeyUse, RealAccount, UseHere
from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.platform import Platform
from ppkit.sessions import Session
from ppkit.settings import Settings
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.course.lesson_window import LessonWindow
from ppkit.widgets.setup.for_real_window import ForRealWindow

from .fakes import FakeSession, click
from .stand_in import real_account

ADDRESS = "http://127.0.0.1:8099"
TEXTS = Texts("en")
DECLARED = ("account.signed_up", "credit.company_data", "credit.payment_method", "credit.bought")


class RealPlatform:
    """A stand-in for the real platform, in this process, and the live session of somebody who uses it."""

    def __init__(self, platform: Platform, clock: ManualClock, folder: Path, web: TestClient) -> None:
        self.platform, self.clock = platform, clock
        self.key, self.admin_key = real_account(platform, folder.name)
        self.wire = httpx2.Client(transport=httpx2.MockTransport(lambda request: _forwarded(web, request)))
        settings = Settings(home=folder, language="en", mode="live", base_url=f"{ADDRESS}/v1")
        self.session: Any = Session(settings, clock, {}, http_client=_Kept(self.wire))
        self.head = LessonWindow(self.session, "real", at_once)
        self.window = ForRealWindow(self.session, at_once)

    @property
    def done(self) -> dict[str, str]:
        """What the lesson knows, and how."""
        exercises = self.session.course.map.of("real").exercises
        return {one.check: one.once.label for one in exercises if one.is_done}

    def used_by_the_app(self) -> None:
        self.wire.post(
            f"{ADDRESS}/v1/responses",
            headers={"Authorization": f"Bearer {self.key}"},
            json={"model": "gpt-6-luna", "input": "Aperitivo", "max_output_tokens": 16},
        ).raise_for_status()

    def up_to_the_link(self) -> None:
        click(self.window, "start")
        for check in (*DECLARED, "credit.auto_recharge_chosen"):
            click(self.window, "declare", check=check)
        click(self.window, "limit_here", hard="10")
        click(self.window, "check", {"key": self.key})
        click(self.window, "consent")
        click(self.window, "go", step="link")
        click(self.window, "link")

    def give_admin_key(self) -> None:
        click(self.window, "admin_key", {"admin_key": self.admin_key})


class _Kept(httpx2.Client):
    """A client that clients of the SDK share, so that none of them closes it."""

    def __init__(self, wire: httpx2.Client) -> None:
        super().__init__(transport=wire._transport)

    def close(self) -> None:
        """It belongs to the test."""


def _forwarded(web: TestClient, request: httpx2.Request) -> httpx2.Response:
    got = web.request(request.method, str(request.url), headers=dict(request.headers), content=request.read())
    headers = {name: value for name, value in got.headers.items() if name != "content-length"}
    return httpx2.Response(got.status_code, headers=headers, content=got.content)


@pytest.fixture
def real(platform: Platform, clock: ManualClock, tmp_path: Path) -> Iterator[RealPlatform]:
    with TestClient(create_app(platform), base_url=ADDRESS) as web:
        made = RealPlatform(platform, clock, tmp_path, web)
        yield made
        made.session.ledger.close()
        made.wire.close()


def filled(html: str) -> list[str]:
    found = re.findall(r'class="pp-button"[^>]*>(.*?)</(?:a|button)>', html, re.DOTALL)
    return [re.sub(r"<[^>]*>", "", words).strip() for words in found]


def test_in_practice_it_offers_the_switch_and_rehearses_nothing(tmp_path: Path) -> None:
    session: Any = FakeSession(tmp_path, language="en")
    window = ForRealWindow(session, at_once)
    assert filled(window.html) == [TEXTS("for_real.go_live")]
    assert 'data-action="switch" data-mode="live"' in window.html
    assert "pp-steps" not in window.html
    session.ledger.close()


def test_a_checklist_comes_before_anything_and_is_kept_for_later(real: RealPlatform) -> None:
    assert filled(real.window.html) == [TEXTS("for_real.start")]
    for part in ("cost", "same", "different", "unseen", "at_hand"):
        assert TEXTS(f"for_real.list.{part}.is") in real.window.html.replace("&#39;", "'")
    assert "pp-steps" not in real.window.html
    click(real.window, "start")
    assert "pp-steps" in real.window.html
    assert TEXTS("for_real.before") in real.window.html.partition("<details")[2]


def test_who_has_begun_is_not_shown_the_checklist_again(real: RealPlatform) -> None:
    click(real.window, "start")
    click(real.window, "declare", check="account.signed_up")
    assert "pp-steps" in ForRealWindow(real.session, at_once).html


def test_company_details_come_before_the_purchase_and_the_recharge_is_ones_own_choice(
    real: RealPlatform,
) -> None:
    click(real.window, "start")
    click(real.window, "go", step="credit")
    told = [real.window.html.index(TEXTS(f"setup.credit.live.{number}")[:20]) for number in range(1, 5)]
    assert told == sorted(told)
    assert "VAT" in TEXTS("setup.credit.live.1")
    for choice in ("off", "on"):
        assert TEXTS(f"for_real.recharge.{choice}") in real.window.html
    click(real.window, "declare", check="credit.auto_recharge_chosen")
    assert TEXTS("for_real.recharge.off") not in real.window.html


def test_the_step_of_the_credit_waits_for_what_costs_money_when_it_is_forgotten(real: RealPlatform) -> None:
    click(real.window, "start")
    for check in DECLARED:
        click(real.window, "declare", check=check)
    assert real.session.wizard.current == "credit"  # the wizard alone would have gone on
    for check in ("credit.auto_recharge_chosen", "credit.platform_alert", "credit.platform_limit"):
        click(real.window, "declare", check=check)
    click(real.window, "limit_here", hard="10")
    assert filled(real.window.html) == [TEXTS("common.button.continue")]


def test_the_last_word_of_a_step_leads_to_the_next(real: RealPlatform) -> None:
    click(real.window, "start")
    click(real.window, "limit_here", hard="10")
    checks = ("credit.auto_recharge_chosen", "credit.platform_alert", "credit.platform_limit")
    for check in (*DECLARED, *checks):
        click(real.window, "declare", check=check)
    assert real.session.wizard.current == "key"


def test_the_platforms_alert_and_limit_are_read_back_with_an_admin_key(real: RealPlatform) -> None:
    click(real.window, "start")
    click(real.window, "go", step="credit")
    assert TEXTS("for_real.limits.unseen") in real.window.html
    click(real.window, "declare", check="credit.platform_alert")
    real.give_admin_key()
    click(real.window, "read_controls")
    assert (real.done["credit.platform_alert"], real.done["credit.platform_limit"]) == (
        "verified",
        "verified",
    )
    assert "$10.00" in real.window.html
    assert "$5.00" in real.window.html
    assert TEXTS("for_real.limits.difference") in real.window.html


def plan_controls(real: RealPlatform, **typed: str) -> None:
    """With an admin key, at the step of the credit."""
    click(real.window, "start")
    click(real.window, "go", step="credit")
    real.give_admin_key()
    click(real.window, "plan_controls", None, **{"alert": "", "limit": "", "mail": "", **typed})


def limit_and_alerts(real: RealPlatform, project: str | None = None) -> tuple[Money | None, list[Money]]:
    scope = (project,) if project else ()
    found = real.platform.limits.limit(*scope)
    return found.amount if found else None, [alert.amount for alert in real.platform.limits.alerts(*scope)]


def test_alert_and_limit_are_set_on_the_platform_after_a_yes_and_read_back(real: RealPlatform) -> None:
    plan_controls(real, alert="6", limit="12.50", mail="ada@example.com")
    shown = real.window.html
    for amount in ("$6.00", "$12.50", "$10.00"):  # the last is the limit that is there now
        assert amount in shown
    assert TEXTS("for_real.set.mail", to="ada@example.com") in shown
    assert TEXTS("for_real.set.organization") in shown
    assert filled(shown) == [TEXTS("for_real.set.agree")]
    assert limit_and_alerts(real) == (Money.usd(10), [Money.usd(5)])
    click(real.window, "set_controls")
    assert limit_and_alerts(real) == (Money.usd("12.5"), [Money.usd(5), Money.usd(6)])
    assert "$12.50" in real.window.html
    assert TEXTS("for_real.set.agree") not in real.window.html
    assert real.done["credit.platform_alert"] == real.done["credit.platform_limit"] == "verified"


def test_nothing_is_set_on_the_platform_without_a_yes(real: RealPlatform) -> None:
    click(real.window, "set_controls")
    plan_controls(real, limit="12")
    click(real.window, "leave_controls")
    click(real.window, "set_controls")
    assert limit_and_alerts(real) == (Money.usd(10), [Money.usd(5)])
    assert "credit.platform_limit" not in real.done
    assert 'value="12"' in real.window.html  # to be mended


def test_amounts_that_the_platform_has_already_need_no_yes(real: RealPlatform) -> None:
    plan_controls(real, alert="5", limit="10")
    assert TEXTS("for_real.set.nothing") in real.window.html
    assert TEXTS("for_real.set.agree") not in real.window.html


def test_an_amount_that_is_none_is_refused_before_anything_is_asked(real: RealPlatform) -> None:
    plan_controls(real, limit="ten")
    assert real.window.card
    assert 'value="ten"' in real.window.html
    assert TEXTS("for_real.set.agree") not in real.window.html


def test_an_alert_has_to_be_mailed_to_somebody(real: RealPlatform) -> None:
    plan_controls(real, alert="7")
    assert real.window.card
    assert real.window.card.code == "no_alert_recipient"


def test_of_a_project_that_was_written_down_its_own_limit_is_set(real: RealPlatform) -> None:
    project = real.platform.projects.create("Aurora").id
    click(real.window, "write_down", organization="", project=project)
    plan_controls(real, limit="3")
    assert TEXTS("for_real.set.project", project=project) in real.window.html
    click(real.window, "set_controls")
    assert limit_and_alerts(real, project)[0] == Money.usd(3)
    assert limit_and_alerts(real)[0] == Money.usd(10)


def test_where_only_a_part_was_set_nothing_read_before_is_shown(
    real: RealPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    click(real.window, "start")
    click(real.window, "go", step="credit")
    real.give_admin_key()
    click(real.window, "read_controls")
    read = TEXTS("for_real.read", controls="@").split("@")[0]
    assert read in real.window.html
    plan_controls(real, alert="6", limit="12", mail="ada@example.com")
    monkeypatch.setattr(real_account_module, "carry_out", _limits_alone)
    click(real.window, "set_controls")
    assert real.window.card
    assert read not in real.window.html
    assert limit_and_alerts(real) == (Money.usd(12), [Money.usd(5)])


def _limits_alone(step: LimitStep, limits: LimitsAtPlatform) -> None:
    if step.action != "set_limit":
        raise NoSuchPlatformAlert(id="alert_1")
    carry_out(step, limits)


def test_without_a_limit_on_the_platform_none_is_claimed(real: RealPlatform) -> None:
    real.platform.limits.remove_limit()
    click(real.window, "start")
    click(real.window, "go", step="credit")
    real.give_admin_key()
    click(real.window, "read_controls")
    assert "credit.platform_limit" not in real.done
    assert real.done["credit.platform_alert"] == "verified"


def test_a_check_with_an_admin_key_reads_both_back_by_itself(real: RealPlatform) -> None:
    real.give_admin_key()
    real.up_to_the_link()
    assert (real.done["credit.platform_alert"], real.done["credit.platform_limit"]) == (
        "verified",
        "verified",
    )


def test_the_limit_here_is_set_here_and_an_amount_that_is_none_stays_to_be_mended(real: RealPlatform) -> None:
    click(real.window, "start")
    click(real.window, "go", step="credit")
    click(real.window, "limit_here", hard="ten")
    assert real.window.card
    assert 'value="ten"' in real.window.html
    click(real.window, "limit_here", hard="10")
    assert real.session.budget.get().hard == Money.usd(10)
    assert real.done["costs.limit_set"] == "verified"


def test_the_paid_call_is_made_after_consent_only_and_with_its_price_before(real: RealPlatform) -> None:
    click(real.window, "start")
    click(real.window, "check", {"key": real.key})
    assert real.platform.usage.billed().pico_usd == 0
    assert "gpt-6-luna" in real.window.html
    click(real.window, "consent")
    assert real.platform.usage.billed().pico_usd > 0
    assert real.done["key.pays"] == "verified"
    assert real.done["credit.payment_method"] == "verified"  # nothing else can show it


def test_with_an_admin_key_postpickrs_use_is_proven(real: RealPlatform) -> None:
    real.up_to_the_link()
    real.give_admin_key()
    assert filled(real.window.html) == [TEXTS("for_real.pasted")]
    click(real.window, "pasted")
    click(real.window, "look_for_use")
    assert "link.used_by_postpickr" not in real.done
    assert TEXTS("for_real.use.not_yet") in real.window.html
    real.used_by_the_app()
    click(real.window, "look_for_use")
    assert (real.done["link.in_postpickr"], real.done["link.used_by_postpickr"]) == ("verified", "verified")
    assert TEXTS("for_real.use.shown") in real.window.html


def test_a_look_that_finds_no_key_forgets_nothing_of_the_use_before(
    real: RealPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    real.up_to_the_link()
    real.give_admin_key()
    nothing_here = UseHere(0, ())
    moments = [real.clock.now(), real.clock.now() + timedelta(minutes=1)]
    uses = [KeyUse(moments[0], 0, nothing_here), None, KeyUse(moments[1], 0, nothing_here)]
    monkeypatch.setattr(RealAccount, "use_of", lambda *_: uses.pop(0))
    click(real.window, "pasted")
    click(real.window, "look_for_use")
    assert real.window.card
    click(real.window, "look_for_use")
    assert "link.used_by_postpickr" in real.done


def test_what_was_called_here_is_no_use_by_postpickr(real: RealPlatform) -> None:
    real.up_to_the_link()
    real.give_admin_key()
    click(real.window, "pasted")
    real.clock.advance(timedelta(minutes=1))
    click(real.window, "go", step="key")
    click(real.window, "check_again")  # free of charge, and a use of the key for the platform
    with real.session.client() as client:
        client.responses.create(model="gpt-6-luna", input="Ciao", max_output_tokens=16)
    click(real.window, "go", step="link")
    click(real.window, "look_for_use")
    assert "link.used_by_postpickr" not in real.done


def test_without_an_admin_key_the_use_is_declared_and_said_to_be(real: RealPlatform) -> None:
    real.up_to_the_link()
    click(real.window, "pasted")
    assert TEXTS("for_real.use.unseen") in real.window.html
    click(real.window, "declare", check="link.used_by_postpickr")
    assert real.done["link.used_by_postpickr"] == "declared"
    assert TEXTS("for_real.use.declared.means") in real.window.html
    assert TEXTS("for_real.use.shown") not in real.window.html


def test_what_was_left_out_is_named_at_the_end_with_the_way_there(real: RealPlatform) -> None:
    real.up_to_the_link()
    click(real.window, "pasted")
    click(real.window, "declare", check="link.used_by_postpickr")
    missing = real.window.html.partition(TEXTS("for_real.missing"))[2]
    assert TEXTS("onboarding.check.credit.platform_limit") in missing
    assert filled(real.window.html) == [TEXTS("for_real.go_to", step=TEXTS("setup.credit.title"))]
    click(real.window, "go", step="credit")
    for check in ("credit.platform_alert", "credit.platform_limit"):
        click(real.window, "declare", check=check)
    assert real.session.course.map.of("real").is_finished
    assert "pp-lesson-end" in real.window.html


def test_at_its_end_the_lesson_offers_the_sheet_beside_the_way_on(
    real: RealPlatform, outbound: list[object]
) -> None:
    real.up_to_the_link()
    click(real.window, "pasted")
    click(real.window, "declare", check="link.used_by_postpickr")
    offer = 'data-action="sheet"'
    assert offer not in real.window.html
    for check in ("credit.platform_alert", "credit.platform_limit"):
        click(real.window, "declare", check=check)
    assert real.window.html.count(offer) == 1
    assert filled(real.window.html) == [TEXTS("lesson.next_one", title=TEXTS("course.lesson.python.title"))]
    click(real.window, "sheet")
    [sent] = [
        message for message in outbound if isinstance(message, dict) and message.get("type") == "download"
    ]
    assert sent["media_type"] == "application/pdf"
    assert TEXTS("papers.downloaded", name=sent["name"]) in real.window.html


def test_what_is_declared_of_a_key_does_not_hold_for_another(real: RealPlatform) -> None:
    real.up_to_the_link()
    click(real.window, "pasted")
    assert real.session.progress.facts.of("link.in_postpickr").evidence is Evidence.DECLARED
    real.session.forget()
    real.session.link(ApiKey(real.key[:-4] + "0000"))
    assert real.session.progress.facts.of("link.in_postpickr") is None


def test_what_is_declared_of_a_key_holds_when_it_is_pasted_again_the_next_day(real: RealPlatform) -> None:
    real.up_to_the_link()
    click(real.window, "pasted")
    click(real.window, "declare", check="link.used_by_postpickr")
    next_day = Session(real.session.settings, real.clock, {}, http_client=real.session._http_client)
    next_day.link(ApiKey(real.key))
    for check in ("link.in_postpickr", "link.used_by_postpickr"):
        assert next_day.progress.facts.of(check)
    next_day.ledger.close()


def test_neither_key_is_ever_in_the_window_or_in_a_file(
    real: RealPlatform, outbound: list[object], tmp_path: Path
) -> None:
    plan_controls(real, alert="6", limit="12", mail="ada@example.com")
    click(real.window, "set_controls")
    real.up_to_the_link()
    click(real.window, "pasted")
    real.used_by_the_app()
    click(real.window, "look_for_use")
    click(real.window, "sheet")
    places = [
        repr(real.window.get_state()),
        repr(real.head.get_state()),
        repr(outbound),
        repr(vars(real.window)),
    ]
    files = [path for path in tmp_path.rglob("*") if path.is_file() and "practice.sqlite3" not in path.name]
    for secret in (real.key, real.admin_key):
        assert not any(secret[10:-4] in place for place in places)
        assert [path for path in files if secret.encode() in path.read_bytes()] == []
