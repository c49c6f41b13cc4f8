"""The agency's file: taken as a whole or refused with the place that is wrong, and never a secret in it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from keys.canaries import key_of
from widgets.fakes import PNG

from ppkit.agency import (
    FILE_NAME,
    Agency,
    AgencyFileInvalid,
    Currency,
    Markup,
    OwnNotebook,
    PlanTerms,
    UnknownClient,
    read_agency,
)
from ppkit.checkup import diagnose, explain
from ppkit.look.texts import LANGUAGES, Texts

WHOLE = """
name = "Studio Bianchi"
logo = "logo.png"
welcome = "Ciao"
markup_percent = "15"
[colours]
brand = "#b3123d"
[course]
hide = ["python"]
[plan]
credits = 200
image = 20
[lesson]
models = ["gpt-6-luna"]
limit_per_learner = "0.50"
[currency]
code = "EUR"
rate = "0.92"
date = 2026-11-01
[clients.rossi]
name = "Pasticceria Rossi"
[clients.verdi]
name = "Verdi Fiori"
key = "sk-…VERD"
markup_percent = "0"
"""


def read(folder: Path, text: str) -> Agency:
    (folder / "logo.png").write_bytes(PNG)
    (folder / FILE_NAME).write_text(text, "utf-8")
    return read_agency(folder / FILE_NAME)


def refusal(folder: Path, text: str) -> AgencyFileInvalid:
    with pytest.raises(AgencyFileInvalid) as refused:
        read(folder, text)
    return refused.value


def test_without_a_file_the_agency_has_no_name_and_no_clients(tmp_path: Path) -> None:
    assert read_agency(tmp_path / FILE_NAME) == Agency()


def test_everything_in_the_file_is_known(tmp_path: Path) -> None:
    agency = read(tmp_path, WHOLE)
    assert agency.name == "Studio Bianchi"
    assert agency.logo is not None
    assert agency.hidden == {"python"}
    assert agency.plan == PlanTerms(200, None, 20)
    assert agency.lesson == {"models": ["gpt-6-luna"], "limit_per_learner": "0.50"}
    assert "--pp-brand: light-dark(#b3123d, " in agency.colours.style
    assert (agency.logo.content, agency.logo.media_type) == (PNG, "image/png")
    assert agency.currency == Currency("EUR", Decimal("0.92"), date(2026, 11, 1))
    rossi, verdi = agency.clients
    assert (rossi.tag, rossi.where) == ("client=rossi", {"tag:client": "rossi"})
    assert verdi.where == {"key": "…VERD"}
    assert (agency.markup_of(rossi), agency.markup_of(verdi)) == (Markup(Decimal(15)), Markup(Decimal(0)))
    assert agency.client("pasticceria ROSSI") is rossi
    with pytest.raises(UnknownClient):
        agency.client("bianchi")


NAMED = 'name = "A"\n'
WRONG = [
    ("name = [", "unreadable", ""),
    ("", "missing", "name"),
    (NAMED + 'nome = "B"', "unknown", "nome"),
    (NAMED + "markup_percent = 15.5", "impossible", "markup_percent"),
    (NAMED + 'markup_percent = "0.00001"', "impossible", "markup_percent"),
    (NAMED + 'markup_percent = "-1"', "impossible", "markup_percent"),
    (NAMED + '[currency]\ncode = "euro"\nrate = "1"\ndate = 2026-11-01', "impossible", "currency.code"),
    (NAMED + '[currency]\ncode = "EUR"\nrate = "0"\ndate = 2026-11-01', "impossible", "currency.rate"),
    (NAMED + '[currency]\ncode = "EUR"\nrate = "0.92"', "missing", "currency.date"),
    (NAMED + '[colours]\nbrand = "red"', "impossible", "colours.brand"),
    (NAMED + '[clients.a]\nname = "A"\nkey = "mine"', "impossible", "clients.a.key"),
    (NAMED + '[clients.a]\nname = "A"\ntag = "rossi"', "impossible", "clients.a.tag"),
    (NAMED + '[clients."a b"]\nname = "A"', "impossible", "…"),
    (
        NAMED + '[clients.a]\nname = "A"\nkey = "…AAAA"\n[clients.b]\nname = "B"\nkey = "…AAAA"',
        "twice",
        "key",
    ),
    (
        NAMED + '[clients.a]\nname = "A"\nkey = "…AAAA#0123456789ab"\n[clients.b]\nname = "B"\nkey = "…AAAA"',
        "twice",
        "key",
    ),
    (NAMED + '[clients.a]\nname = "A"\n[clients.b]\nname = "B"\ntag = "client=a"', "twice", "tag"),
    (NAMED + 'logo = "../logo.png"', "logo", "logo"),
    (NAMED + 'logo = "agency.toml"', "logo", "logo"),
]


@pytest.mark.parametrize(("text", "problem", "place"), WRONG)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, problem: str, place: str) -> None:
    facts = refusal(tmp_path, text).facts
    assert (facts["problem"], facts["place"]) == (problem, place)


def test_two_keys_that_end_alike_belong_to_two_clients_by_their_identities(tmp_path: Path) -> None:
    ends = ("…AAAA#0123456789ab", "…AAAA#1123456789ab")
    clients = "".join(f'[clients.c{end[6]}]\nname = "{end[6]}"\nkey = "{end}"\n' for end in ends)
    assert tuple(one.key for one in read(tmp_path, NAMED + clients).clients) == ends


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "problem", ["unreadable", "missing", "unknown", "impossible", "twice", "logo", "key"]
)
def test_each_problem_has_its_own_sentence(problem: str, language: str) -> None:
    texts = Texts(language)
    error = AgencyFileInvalid(problem, Path("agency.toml"), "currency.rate", '"0.92"')
    told = explain(diagnose(error), texts)
    place = {"place": "currency.rate", "expected": '"0.92"'}
    assert told.why == texts(f"agency.problem.{problem}", **place)


@pytest.mark.parametrize("form", ["project", "practice", "admin"])
def test_a_whole_key_in_the_file_is_refused_and_told_nowhere(tmp_path: Path, form: str) -> None:
    secret = key_of(form)
    error = refusal(tmp_path, NAMED + f'[clients.a]\nname = "A"\nkey = "{secret}"')
    assert error.facts["problem"] == "key"
    assert secret not in repr(error) + str(error.__context__) + str(error.__cause__)
    with pytest.raises(UnknownClient) as unknown:
        Agency().client(secret)
    assert secret not in str(unknown.value)


@pytest.mark.parametrize(
    "file", ["../x.ipynb", "/etc/x.ipynb", "x.py", "https://x.example/x.ipynb", ".x.ipynb"]
)
def test_an_own_notebook_lies_beside_the_lessons_and_nowhere_else(tmp_path: Path, file: str) -> None:
    text = f'name = "A"\n[[course.add]]\ntitle = "Ours"\nfile = "{file}"\n'
    assert refusal(tmp_path, text).facts["place"] == "course.add.0.file"
    assert read(tmp_path, text.replace(file, "08_ours.ipynb")).added == (
        OwnNotebook("Ours", "08_ours.ipynb"),
    )
