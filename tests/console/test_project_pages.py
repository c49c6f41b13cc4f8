"""Projects, and the drill of the wrong one."""

from __future__ import annotations

from ppkit.practice_platform.platform import Platform

from .person import Person, spend, words


def test_the_default_project_cannot_be_archived(person: Person, platform: Platform) -> None:
    answer = person.send("projects", "archive", project=platform.projects.default().id)
    assert answer.status_code == 422


# --- the wrong-project trap


def test_the_trap_springs_on_a_key_in_the_proposed_project_and_lets_go_with_the_right_one(
    person: Person, platform: Platform
) -> None:
    platform.create_key("from before")
    assert person.send("projects", "set_trap").headers["location"] == "projects?done=trap_set"
    client = platform.projects.projects()[-1]
    assert "is ready, with a limit of $2.00" in words(person.read("projects"))

    person.send("new-key", "create", name="Aurora", permissions="all")  # as the form proposes it
    stray = platform.list_keys()[0]
    page = person.read("projects")
    assert "was created in the project “Default project”" in words(page)
    assert f'href="api-keys?revoke={stray.id}"' in page.text
    spend(platform, stray, "3")
    assert platform.limits.blocks(client.id) is False  # this is what the trap costs

    person.send("new-key", "create", name="Aurora", permissions="all", project=client.id)
    assert "still works. Revoke it" in words(person.read("projects"))
    person.send("api-keys", "revoke", key=stray.id)
    page = person.read("projects")
    assert "right key" in words(page)
    assert "still works" not in words(page)
    spend(platform, platform.list_keys()[0], "3")
    assert platform.limits.blocks(client.id) is True

    person.send("projects", "end_trap")
    assert "Prepare the drill" in words(person.read("projects"))


def test_a_trap_whose_project_was_archived_is_over(person: Person, platform: Platform) -> None:
    person.send("projects", "set_trap")
    person.send("projects", "archive", project=platform.projects.projects()[-1].id)
    assert "Prepare the drill" in words(person.read("projects"))


def test_each_project_shows_what_it_spent_and_its_limit(person: Person, platform: Platform) -> None:
    client = platform.projects.create("Client A")
    platform.limits.set_limit(500, client.id)
    spend(platform, platform.create_key("A", client.id)[0], "1.5")
    assert "1 key · $1.50 this month · limit $5.00" in words(person.read("projects"))
