"""The hand-over sheet: what it says of the key, the limits and the proofs, and that it holds no secret."""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from canary.canary import CANARIES, Canary
from keys.canaries import key_of
from widgets.fakes import NOW, PRACTICE_KEY, FakeProjectKeys, FakeSession

from ppkit.checkup.administration import SpendControls
from ppkit.checkup.platform_limits import ReportedSpendLimit
from ppkit.keys import ApiKey
from ppkit.look.texts import LANGUAGES, Texts
from ppkit.money import Money
from ppkit.onboarding import PlatformKey
from ppkit.papers import (
    FORMS,
    PlatformLimits,
    PlatformView,
    file_of,
    hand_over,
    look_at_platform,
    sheet_paper,
)
from ppkit.papers.handing_over import ROTATE_AFTER

from .reading import words_of

OTHER_KEY = ApiKey("sk-practice-" + "b" * 36 + "BBBB")
CREATED = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)


def platform(**changes: Any) -> PlatformView:
    listed = PlatformKey(
        "key_1",
        "PostPickr-AI",
        "sk-...NARY",
        "proj_1",
        "PostPickr – Rossi",
        CREATED,
        NOW - timedelta(hours=1),
    )
    limits = PlatformLimits(None, Money.usd(20), True, (Money.usd(12),), ("anna@example.com",))
    return replace(PlatformView((listed,), (limits,), "Studio Rossi"), **changes)


def test_the_key_is_on_it_by_its_last_four_alone(session: Any) -> None:
    for words in words_of(sheet_paper(hand_over(session, platform()), "en")):
        assert "sk-…NARY" in words
        assert "CANARY" not in words


def test_the_next_replacement_is_ninety_days_after_the_key_was_created(session: Any) -> None:
    key = hand_over(session, platform()).key
    assert key
    assert (key.since, key.since_is, key.next_rotation) == (CREATED, "created", CREATED + timedelta(days=90))
    assert "December 30, 2026" in words_of(sheet_paper(hand_over(session, platform()), "en"))[0]


def test_where_the_platform_does_not_tell_it_counts_from_the_first_use_here(session: Any) -> None:
    session.wizard.record("key.pasted", key=OTHER_KEY)
    session.practice_link.clock.advance(timedelta(days=3))
    session.wizard.record("link.linked", key=session.linked_key)
    session.practice_link.clock.advance(timedelta(days=3))
    session.wizard.record("link.used", key=session.linked_key)
    key = hand_over(session, None).key
    assert key
    first = NOW + timedelta(days=3)
    assert (key.since, key.since_is, key.next_rotation) == (first, "linked", first + ROTATE_AFTER)


def test_a_key_that_nothing_was_shown_with_has_the_rule_and_no_date(session: Any) -> None:
    facts = hand_over(session, None)
    assert facts.key
    assert facts.key.next_rotation is None
    assert "90 days after the key was created" in words_of(sheet_paper(facts, "en"))[0]


def test_two_keys_with_one_end_are_not_taken_for_each_other(session: Any) -> None:
    view = platform()
    twins = (view.keys[0], replace(view.keys[0], id="key_2"))
    key = hand_over(session, platform(keys=twins)).key
    assert key
    assert key.since is None


def test_without_a_key_it_says_so(tmp_path: Any) -> None:
    alone = FakeSession(tmp_path, "en")
    facts = hand_over(alone, None)
    assert facts.key is None
    assert "Key in use None" in words_of(sheet_paper(facts, "en"))[0]
    alone.ledger.close()


def test_organization_and_project_are_the_noted_ones_or_what_the_platform_tells(session: Any) -> None:
    told = hand_over(session, platform())
    assert (told.organization, told.project) == ("Studio Rossi", "PostPickr – Rossi")
    session.account_note.write("org-abc", "proj_abc")
    noted = hand_over(session, platform())
    assert (noted.organization, noted.project) == ("org-abc", "proj_abc")


def test_both_limits_and_their_mail_addresses_are_told_apart(session: Any) -> None:
    session.budget.set(soft="5", hard="10")
    session.settings = session.settings.model_copy(update={"alert_to": "rossi@example.com"})
    for words in words_of(sheet_paper(hand_over(session, platform()), "en")):
        for told in ("$5.00", "$10.00", "rossi@example.com", "$20.00", "$12.00", "anna@example.com"):
            assert told in words, told
    for words in words_of(sheet_paper(hand_over(session, None), "en")):
        assert "They are read with an admin key" in words


def test_a_project_that_the_key_is_not_in_is_listed_only_with_a_limit_of_its_own(session: Any) -> None:
    empty = PlatformLimits("Elsewhere", None, False, (), ())
    limited = PlatformLimits("Limited", Money.usd(3), False, (), ())
    words = words_of(sheet_paper(hand_over(session, platform(limits=(empty, limited))), "en"))[0]
    assert ("Elsewhere" in words, "Limited" in words) == (False, True)


def test_what_was_done_once_and_what_holds_now_are_told_apart(session: Any) -> None:
    session.wizard.record("account.signed_up")
    session.wizard.record("link.linked", key=session.linked_key)
    session.wizard.restart("link")
    holds = {proof.check: proof.is_valid for proof in hand_over(session, None).proofs}
    assert holds == {"account.signed_up": True, "link.linked": False}
    words = words_of(sheet_paper(hand_over(session, None), "en"))[0]
    assert re.search(r"Key linked to the AI Assistant practised, Nov 23, 2026, \d\d:\d\d done once", words)


def test_exercises_that_say_nothing_of_the_account_are_not_on_it(session: Any) -> None:
    session.course.record("costs.limit_set")
    assert [proof.check for proof in hand_over(session, None).proofs] == ["costs.limit_set"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_practice_is_said_loudly_and_live_never(tmp_path: Any, language: str) -> None:
    for mode in ("practice", "live"):
        folder = tmp_path / mode
        folder.mkdir()
        made = FakeSession(folder, "en", mode)
        paper = sheet_paper(hand_over(made, None), language)
        for form in FORMS:
            name = file_of(paper, form).name
            assert name.startswith(("PRACTICE", "PRATICA")) == (mode == "practice")
        for words in words_of(paper):
            assert ("PRACTICE / PRATICA" in words) == (mode == "practice")
            assert (Texts(language)("papers.sheet.practice") in words) == (mode == "practice")
        made.ledger.close()


def test_names_chosen_elsewhere_cannot_bring_a_key_or_markup_onto_it(session: Any) -> None:
    view = platform(organization=f"<b>Rossi</b> {PRACTICE_KEY}")
    paper = sheet_paper(hand_over(session, view), "en")
    assert "CANARY" not in "".join(words_of(paper))
    page = file_of(paper, "html").content.decode()
    assert "<b>Rossi</b>" not in page
    assert "CANARY" not in page


@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.shape)
def test_no_shape_of_a_key_in_somebody_elses_names_gets_onto_it(session: Any, canary: Canary) -> None:
    view = platform(organization=canary.text)
    listed = replace(view.keys[0], project=canary.text)
    paper = sheet_paper(hand_over(session, replace(view, keys=(listed,))), "en")
    for form in FORMS:
        assert not canary.is_in(file_of(paper, form).content)
    assert not any(canary.is_in(words.replace(" ", "")) for words in words_of(paper))


def test_an_admin_key_reads_the_real_platforms_limits(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    live = FakeSession(session.home.parent / "other", "en", "live")
    (listed,) = platform().keys
    live.link(ApiKey("sk-proj-" + "CANARY" * 8))
    live.linking.adopt_admin(ApiKey(key_of("admin", "reads")))
    live.managed = FakeProjectKeys([listed])
    asked: list[object] = []
    controls = SpendControls(
        ReportedSpendLimit(Money.usd(7), "inactive"), (Money.usd(3),), (f"x {PRACTICE_KEY}",)
    )
    monkeypatch.setattr(live.connection, "admin_client_for", lambda _key: nullcontext(), raising=False)
    monkeypatch.setattr(
        "ppkit.papers.platform_view.Administration", lambda _client: Spending(asked, controls)
    )
    view = look_at_platform(live)
    assert view
    assert asked == ["organization", "proj_1"]
    assert [level.project for level in view.limits] == [None, "PostPickr – Rossi"]
    words = words_of(sheet_paper(hand_over(live, view), "en"))[0]
    assert "It may not block" in words
    assert "CANARY" not in words
    live.ledger.close()


@dataclass
class Spending:
    """What an admin key may read: the same controls at every level."""

    asked: list[object]
    controls: SpendControls

    def organization_controls(self) -> SpendControls:
        self.asked.append("organization")
        return self.controls

    def project_controls(self, project: str) -> SpendControls:
        self.asked.append(project)
        return self.controls


def test_without_an_admin_key_nothing_of_the_real_platform_is_known(tmp_path: Any) -> None:
    live = FakeSession(tmp_path, "en", "live")
    assert look_at_platform(live) is None
    live.ledger.close()


def test_the_practice_platform_is_asked_and_its_silence_is_no_failure(session: Any) -> None:
    assert look_at_platform(session) is None  # it reports nothing yet
    session.platform.found = {
        "organization_name": "Studio",
        "keys": [],
        "spend_controls": [
            {
                "project": None,
                "limit_pico_usd": 10**13,
                "enforced": True,
                "alerts_pico_usd": [10**12],
                "recipients": ["a@example.com"],
            }
        ],
    }
    view = look_at_platform(session)
    assert view
    assert view.limits == (PlatformLimits(None, Money.usd(10), True, (Money.usd(1),), ("a@example.com",)),)
