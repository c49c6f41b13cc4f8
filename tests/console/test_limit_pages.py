"""Spend alerts, spend limits and rate limits, of the organization and of one project."""

from __future__ import annotations

import json

import pytest

from ppkit.practice_platform.platform import Platform

from .person import Person, spend, words


def test_alert_and_limit_are_set_and_their_mails_arrive(person: Person, platform: Platform) -> None:
    person.send("limits", "add_alert", threshold="5,00", recipients="anna@example.com, capo@example.com")
    person.send("spend-limit", "save_limit", limit="10", enforced="on")
    key, _secret = platform.create_key("PostPickr-AI")
    spend(platform, key, "10.5")
    assert "calls blocked" in words(person.read("limits"))
    subjects = words(person.read("inbox"))
    assert "[PRACTICE] Spend alert: $5.00 exceeded" in subjects
    assert "[PRACTICE] Spend limit reached: $10.00" in subjects
    assert [mail.recipients for mail in platform.mails() if mail.kind == "spend_alert"] == [
        ("anna@example.com", "capo@example.com")
    ]


def test_a_limit_blocks_only_when_enforced(person: Person, platform: Platform) -> None:
    person.send("spend-limit", "save_limit", limit="10")
    limit = platform.limits.limit()
    assert limit is not None
    assert limit.enforced is False


def test_a_projects_limit_and_alert_count_its_own_calls_alone(person: Person, platform: Platform) -> None:
    client = platform.projects.create("Client A")
    address, form = f"limits?project={client.id}", f"spend-limit?project={client.id}"
    answer = person.send(form, "save_limit", limit="1", enforced="on")
    assert answer.headers["location"] == f"limits?project={client.id}&done=limit_saved"
    person.send(
        address, "add_alert", threshold="0,50", recipients="a@example.com; b@example.com a@example.com"
    )
    spend(platform, platform.create_key("default")[0], "3")
    assert "calls blocked" not in words(person.read(address))
    spend(platform, platform.create_key("A", client.id)[0], "1.5")
    assert "calls blocked" in words(person.read(address))
    assert "calls blocked" not in words(person.read("limits"))
    assert "Projects with their own limit: Client A." in words(person.read("limits"))
    mails = [mail for mail in platform.mails() if mail.kind == "spend_alert"]
    assert [mail.recipients for mail in mails] == [("a@example.com", "b@example.com")]
    assert "This applies to the project “Client A”." in words(person.read(f"inbox?mail={mails[0].id}"))
    person.send(form, "remove_limit")
    person.send(address, "remove_alert", alert=platform.limits.alerts(client.id)[0].id)
    assert platform.limits.limit(client.id) is None
    assert platform.limits.alerts(client.id) == []


def test_a_projects_page_says_when_the_organizations_limit_counts_or_blocks(
    person: Person, platform: Platform
) -> None:
    project = platform.projects.default()
    platform.limits.set_limit(1000)
    assert "The organization’s limit counts too: $10.00" in words(person.read(f"limits?project={project.id}"))
    spend(platform, platform.create_key("K")[0], "10")
    page = words(person.read(f"limits?project={project.id}"))
    assert "The organization’s limit is blocking" in page
    assert "calls blocked" in page


@pytest.mark.parametrize("gone", ["archived", "unknown"])
def test_a_form_for_a_project_that_has_gone_never_changes_the_organization(
    person: Person, platform: Platform, gone: str
) -> None:
    client = platform.projects.create("Client A")
    platform.projects.archive(client.id)
    asked = f"?project={client.id if gone == 'archived' else 'proj_none'}"
    for page, do, fields in (
        ("spend-limit", "save_limit", {"limit": "1", "enforced": "on"}),
        ("limits", "add_alert", {"threshold": "1", "recipients": "a@example.com"}),
        ("spend-limit", "remove_limit", {}),
    ):
        answer = person.send(page + asked, do, **fields)
        assert answer.status_code == 422
        assert "This item is no longer there." in words(answer)
    assert "Limits" in words(person.read(f"spend-limit{asked}"))  # not the organization's form in its place
    assert platform.limits.limit() is None
    assert platform.limits.alerts() == []


def test_rate_limits_are_listed_for_each_model_that_still_answers(person: Person, platform: Platform) -> None:
    project = platform.projects.default()
    platform.database.run(
        "INSERT INTO rate_limit VALUES (?, ?, ?)",
        project.id,
        "gpt-6-luna",
        json.dumps({"max_requests_per_1_minute": 7}),
    )
    assert "gpt-6-luna 30,000 150,000,000 tokens" in words(person.read("limits"))
    assert "gpt-image-2 30,000 1,000 images" in words(person.read("limits"))
    changed = words(person.read(f"limits?project={project.id}"))
    assert "gpt-6-luna changed 7 150,000,000 tokens" in changed


@pytest.mark.parametrize("amount", ["-1", "0", "", "ten"])
def test_a_limit_that_is_no_amount_is_refused(person: Person, platform: Platform, amount: str) -> None:
    assert person.send("spend-limit", "save_limit", limit=amount, enforced="on").status_code == 422
    assert platform.limits.limit() is None


def test_the_limit_is_edited_in_a_dialog_that_is_also_a_page(person: Person, platform: Platform) -> None:
    client = platform.projects.create("Client A")
    for address, action in (
        ("", "spend-limit"),
        (f"?project={client.id}", f"spend-limit?project={client.id}"),
    ):
        for page in (f"limits{address}", f"spend-limit{address}"):
            html = person.read(page).text
            assert html.count('name="limit"') == 1
            assert f'action="{action}"' in html
            assert "Enforce a hard limit" in html
