"""Members: inviting, accepting, changing, removing; the page says who sees which keys."""

from __future__ import annotations

import pytest

from ppkit.look.texts import Texts
from ppkit.practice_platform.platform import Platform

from .person import Person, words


def test_an_invitation_is_sent_practised_and_becomes_a_member(person: Person, platform: Platform) -> None:
    client = platform.projects.create("Client A")
    fields = {"email": "luca.rossi@example.com", "role": "reader", f"project:{client.id}": "on"}
    assert person.send("members", "invite", **fields).headers["location"] == "members?done=invited"
    assert "Pending invitations luca.rossi@example.com valid until" in words(person.read("members"))
    assert "Anna Bianchi invites you to “Studio Bianchi”" in words(person.read("inbox"))
    [invite] = platform.members.pending()
    person.send("members", "accept", invite=invite.id)
    page = words(person.read("members"))
    assert "Luca Rossi luca.rossi@example.com sees only their own keys in Client A Reader" in page
    assert "Pending invitations" not in page
    assert "Anna Bianchi anna@example.com sees every key Owner" in page


def test_the_access_of_somebody_is_changed_in_one_form(person: Person, platform: Platform) -> None:
    client, default = platform.projects.create("Client A"), platform.projects.default()
    luca = platform.members.accept(platform.members.invite("luca@example.com", "reader").id)
    form = person.read(f"members?person={luca.id}").text
    assert f'name="place:{client.id}"' in form
    fields = {
        "person": luca.id,
        "role": "reader",
        f"place:{client.id}": "owner",
        f"place:{default.id}": "none",
    }
    person.send("members", "change", **fields)
    assert "sees every key of Client A" in words(person.read("members"))
    person.send("members", "change", **(fields | {"role": "owner", f"place:{client.id}": "member"}))
    assert platform.members.member(luca.id).role == "owner"
    assert [role for _project, role in platform.members.places(luca)] == ["member"]


def test_removing_asks_first_and_reminds_of_the_keys(person: Person, platform: Platform) -> None:
    luca = platform.members.accept(platform.members.invite("luca@example.com", "reader").id)
    asked = words(person.read(f"members?remove={luca.id}"))
    assert "Remove this person? Luca leaves the organization" in asked
    assert person.send("members", "remove", person=luca.id).headers["location"].endswith("member_removed")
    assert len(platform.members.members()) == 1


@pytest.mark.parametrize(
    ("email", "told"),
    [
        ("nobody", Texts("en")("console.wrong.not_an_email")),
        ("anna@example.com", Texts("en")("console.wrong.already_member")),
        ("", Texts("en")("console.wrong.empty")),
    ],
)
def test_a_wrong_address_is_told_at_its_field(person: Person, email: str, told: str) -> None:
    answer = person.send("members", "invite", email=email, role="reader")
    assert answer.status_code == 422
    assert told in words(answer)


def test_a_forged_form_changes_nothing(person: Person, platform: Platform) -> None:
    anna = platform.members.members()[0]
    luca = platform.members.accept(platform.members.invite("luca@example.com", "reader").id)
    default = platform.projects.default().id
    for do, fields in (
        ("remove", {"person": anna.id}),
        ("remove", {"person": "user-x"}),
        ("change", {"person": anna.id, "role": "reader"}),
        ("change", {"person": luca.id, "role": "boss"}),
        ("change", {"person": luca.id, "role": "owner", f"place:{default}": "boss"}),
        ("invite", {"email": "b@example.com", "role": "boss"}),
        ("accept", {"invite": "invite-x"}),
        ("withdraw", {"invite": "invite-x"}),
    ):
        assert person.send("members", do, **fields).status_code == 422, (do, fields)
    assert [one.role for one in platform.members.members()] == ["owner", "reader"]
    assert platform.members.pending() == []


def test_a_hostile_name_stays_a_name(person: Person, platform: Platform) -> None:
    client = platform.projects.create("<b>A & B</b>")
    invite = platform.members.invite("luca@example.com", "reader", [(client.id, "owner")])
    platform.members.accept(invite.id, "<script>alert(1)</script>")
    page = person.read("members").text
    assert "<script>alert" not in page
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in page
    assert "&amp;amp;" not in page
