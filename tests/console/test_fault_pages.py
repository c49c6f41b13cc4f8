"""Failures on demand, and a key that leaks."""

from __future__ import annotations

import re

import pytest
from sweeps import sweep

from ppkit.look.texts import LANGUAGES, Texts
from ppkit.practice_platform.console.fault_pages import USUAL, grouped
from ppkit.practice_platform.faults import FAULTS, Fault
from ppkit.practice_platform.platform import Platform

from .person import Person, words


def test_a_failure_is_switched_on_and_off(person: Person, platform: Platform) -> None:
    answer = person.send("faults", "switch", fault="rate_limit", on="yes")
    assert answer.headers["location"] == "faults?done=fault_on#fault-rate_limit"
    assert platform.faults.names_on() == {"rate_limit"}
    assert "1 failure turned on" in person.read("billing").text
    person.send("faults", "all_off")
    assert platform.faults.names_on() == frozenset()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_failure_has_its_words(person: Person, language: str) -> None:
    page = person.read(f"all-faults?language={language}").text
    assert [name for name in FAULTS if f"<code>{name}</code>" not in page] == []
    assert [name for name in FAULTS if f"console.fault.{name}.seen" not in Texts(language)] == []


def test_a_leaked_key_dies_and_a_mail_says_so(person: Person, platform: Platform) -> None:
    assert "Create a key" in words(person.read("faults"))
    key, _secret = platform.create_key("PostPickr-AI")
    assert person.send("faults", "leak", key=key.id).headers["location"] == "inbox?done=key_leaked"
    assert platform.list_keys() == []
    assert "[PRACTICE] Your key was found in public" in words(person.read("inbox"))


@sweep(
    ("name", "group"),
    [
        ("slow_credit", "money"),
        ("late_limits", "money"),
        ("limit_status_as_switch", "money"),
        ("slow_background", "pace"),
        ("usage_limit", "money"),
        ("ip_not_authorized", "account"),
        ("insufficient_scope", "account"),
        ("unsupported_country", "account"),
        ("image_moderation", "images"),
        ("not_verified_for_text", "images"),
        ("rate_limit", "pace"),
        ("overloaded", "pace"),
        ("web_page_error", "line"),
    ],
)
def test_a_failure_stands_where_it_is_met(name: str, group: str) -> None:
    assert name in grouped(FAULTS)[group]


def test_a_failure_that_nobody_thought_of_has_a_place_too() -> None:
    assert grouped({"odd": Fault("elsewhere"), "new": Fault("money")}) == {"money": ["new"], "line": ["odd"]}


def test_no_failure_is_left_out_of_the_groups() -> None:
    assert sorted(name for names in grouped(FAULTS).values() for name in names) == sorted(FAULTS)


def test_a_switch_says_what_it_is_and_how_it_stands(person: Person, platform: Platform) -> None:
    platform.faults.switch("rate_limit", on=True)
    page = person.read("faults").text
    assert re.search(r'role="switch" aria-checked="true" aria-labelledby="fault-rate_limit"', page)
    assert page.count('aria-checked="true"') == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_about_a_failure_quotes_a_code(language: str) -> None:
    texts = Texts(language)
    code = re.compile(r"\b[1-5]\d\d\b|[a-z]+_[a-z]+")
    told = {name: texts(f"console.fault.{name}") + texts(f"console.fault.{name}.seen") for name in FAULTS}
    assert {name: text for name, text in told.items() if code.search(text)} == {}


def test_trainees_see_five_failures_and_what_a_trainer_has_switched_on(
    person: Person, platform: Platform
) -> None:
    def listed() -> list[str]:
        return re.findall(r'id="fault-(\w+)"', person.read("faults").text)

    assert tuple(listed()) == USUAL
    person.send("all-faults", "switch", fault="captive_portal", on="yes")
    assert listed() == [*USUAL, "captive_portal"]


def test_a_trainer_who_switches_a_failure_stays_on_the_page_of_all(person: Person) -> None:
    answer = person.send("all-faults", "switch", fault="captive_portal", on="yes")
    assert answer.headers["location"].startswith("all-faults?done=fault_on")
    assert person.send("all-faults", "all_off").headers["location"] == "all-faults?done=fault_off"
