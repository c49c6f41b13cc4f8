"""Organization verification: a drill that takes its time, may fail, and spends the document."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ppkit.money import Money
from ppkit.practice_platform.errors import DocumentSpent
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.verification import DOCUMENTS

from .person import Person, words


def is_verified(platform: Platform) -> bool:
    """As the wire asks before it draws an image."""
    return platform.accounts.required().verified_at is not None


def test_a_good_document_is_reviewed_approved_and_only_then_opens_the_models(
    person: Person, platform: Platform
) -> None:
    assert "each document allows one attempt every 90 days" in words(person.read("general"))
    answer = person.send("general", "start_check", document="identity_card")
    assert answer.headers["location"] == "general?done=check_started"
    assert "The answer arrives by email at 09:45 UTC" in words(person.read("general"))
    assert not is_verified(platform)

    platform.advance(timedelta(minutes=15))
    assert platform.mails()[0].kind == "verification_approved"
    assert "The models become available at 10:00 UTC" in words(person.read("general"))
    assert not is_verified(platform)

    platform.advance(timedelta(minutes=15))
    assert is_verified(platform)
    assert "Verified since Nov 23, 2026" in words(person.read("general"))
    assert 'name="document"' not in person.read("general").text


def test_a_refused_document_rests_for_ninety_days_and_another_one_helps(
    person: Person, platform: Platform
) -> None:
    person.send("general", "start_check", document="blurred_passport")
    platform.advance(timedelta(minutes=15))
    assert platform.mails()[0].kind == "verification_refused"
    page = words(person.read("general"))
    assert "cannot be read" in page
    assert "already used: not available until Feb 21, 2027" in page
    again = person.send("general", "start_check", document="blurred_passport")
    assert again.status_code == 422
    assert "It can be used again on Feb 21, 2027." in words(again)
    assert person.send("general", "start_check", document="identity_card").status_code == 303


def test_a_document_that_verified_another_organization_has_to_rest_first(
    person: Person, platform: Platform
) -> None:
    assert "not available until" not in words(
        person.read("general")
    )  # the real one does not tell beforehand either
    assert person.send("general", "start_check", document="used_licence").status_code == 422
    with pytest.raises(DocumentSpent):
        platform.verification.start("used_licence")
    platform.advance(timedelta(days=60))
    person.send("general", "start_check", document="used_licence")
    platform.advance(timedelta(minutes=30))
    assert is_verified(platform)


@pytest.mark.parametrize("document", ["", "a real one", *DOCUMENTS])
def test_while_one_check_runs_no_other_starts(person: Person, platform: Platform, document: str) -> None:
    person.send("general", "start_check", document="identity_card")
    assert person.send("general", "start_check", document=document).status_code == 422
    assert platform.verification.state().stage == "in_review"


def test_the_answer_comes_when_time_passes_and_only_once(person: Person, platform: Platform) -> None:
    person.send("general", "start_check", document="identity_card")
    for _ in range(3):
        platform.advance(timedelta(hours=1))
        person.read()
    assert [mail.kind for mail in platform.mails()].count("verification_approved") == 1


def test_the_page_tells_whether_images_ask_for_it(person: Person, platform: Platform) -> None:
    assert "Images also work here without verification." in words(person.read("general"))
    platform.faults.switch("not_verified", on=True)
    assert "until the organization is verified, images answer 403" in words(person.read("general"))


def test_images_are_refused_until_the_models_open(person: Person, platform: Platform) -> None:
    platform.faults.switch("not_verified", on=True)
    platform.billing.give_credits(Money.usd(5))
    _key, secret = platform.create_key("PostPickr-AI")

    def draw() -> int:
        asked = {"model": "gpt-image-2", "prompt": "tea", "quality": "low"}
        headers = {"authorization": f"Bearer {secret}"}
        return person.web.post("/v1/images/generations", json=asked, headers=headers).status_code

    assert draw() == 403
    person.send("general", "start_check", document="identity_card")
    assert draw() == 403
    platform.advance(timedelta(minutes=15))
    assert draw() == 403  # approved, and not open yet
    platform.advance(timedelta(minutes=15))
    assert draw() == 200
