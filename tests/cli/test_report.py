"""`ppkit report` and `ppkit statement`: in words, as one document, and as files for their owner alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from papers.reading import words_of_page, words_of_pdf

import ppkit as package
from ppkit.money import Money
from ppkit.spending.ledger import Call
from ppkit.spending.usage import Usage

from .conftest import Ppkit

FILE = """
name = "Studio Bianchi"
markup_percent = "10"
[clients.rossi]
name = "Pasticceria Rossi"
[clients.verdi]
name = "Verdi"
"""


@pytest.fixture
def paid(home: Path, ppkit: Ppkit) -> str:
    """One call for a client and one for nobody, this month; the month."""
    home.mkdir(exist_ok=True)
    (home / "agency.toml").write_text(FILE, "utf-8")
    session = package.session()
    for name, tags in (("one", {"client": "rossi"}), ("two", {})):
        session.ledger.reserve(Call(name, "gpt-6-luna", "…WXYZ", "responses", tags), Money.usd("0.50"))
        session.ledger.settle(name, Money.usd("0.50"), Usage(100, 20))
    return f"{session.clock.now():%Y-%m}"


def test_a_report_is_told_in_words_or_as_one_document(ppkit: Ppkit, paid: str) -> None:
    told = ppkit("report")
    assert (told.code, "$1.00" in told.out) == (0, True)
    document = ppkit("report", "--client", "rossi", "--json").json
    assert (document["client"], document["cost_pico_usd"], document["calls"]) == ("rossi", 5 * 10**11, 1)


def test_a_report_is_written_as_page_picture_and_pdf_for_its_owner_alone(
    ppkit: Ppkit, paid: str, tmp_path: Path
) -> None:
    page, picture, pdf = (tmp_path / f"report.{form}" for form in ("html", "png", "pdf"))
    ran = ppkit(
        "report", "--client", "rossi", "--html", str(page), "--png", str(picture), "--pdf", str(pdf), "--json"
    )
    assert ran.json["written"] == [str(page), str(picture), str(pdf)]
    assert "Studio Bianchi" in words_of_page(page.read_text("utf-8"))
    assert "Pasticceria Rossi" in words_of_pdf(pdf.read_bytes())
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (page, picture, pdf)} == {0o600}


def test_a_statement_is_a_client_s_month_and_without_a_client_a_line_for_each(
    ppkit: Ppkit, paid: str, tmp_path: Path
) -> None:
    document = ppkit("statement", "--client", "rossi", "--month", paid, "--json").json
    assert (document["cost_pico_usd"], document["total_pico_usd"]) == (5 * 10**11, 55 * 10**10)
    assert "Pasticceria Rossi" in ppkit("statement", "--client", "rossi").out
    everyone = ppkit("statement", "--json").json
    assert [one["client"] for one in everyone["statements"]] == ["rossi", "verdi"]
    assert everyone["of_no_client_pico_usd"] == 5 * 10**11
    assert "On nobody’s statement: $0.50" in ppkit("statement").out
    sheet = tmp_path / "statement.xlsx"
    assert ppkit("statement", "--client", "rossi", "--xlsx", str(sheet)).code == 0
    assert sheet.read_bytes().startswith(b"PK")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("report", "--client", "nobody"), "unknown_client"),
        (("report", "--from", "2026-12-01", "--to", "2026-11-01"), "misuse"),
        (("statement", "--client", "rossi", "--month", "2026-13"), "not_a_day"),
        (("statement", "--pdf", "all.pdf"), "misuse"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(
    ppkit: Ppkit, paid: str, arguments: tuple[str, ...], code: str
) -> None:
    ran = ppkit(*arguments, "--json")
    assert ran.code == 2
    assert "Traceback" not in ran.out + ran.err
    assert ran.json["error"]["code"] == code


def test_a_wrong_file_of_the_agency_is_told_with_the_place(ppkit: Ppkit, paid: str, home: Path) -> None:
    (home / "agency.toml").write_text('name = "A"\nmarkup_percent = 15.5', "utf-8")
    ran = ppkit("statement", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (2, "agency_file")
    assert "markup_percent" in ran.json["error"]["why"]
