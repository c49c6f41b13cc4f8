"""The report of costs and a client's statement: the ledger's figures, the agency's name, and no more."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from PIL import Image
from widgets.fakes import NOW, PNG, spend

from ppkit.agency import FILE_NAME, Agency, Client, Logo, UnknownClient
from ppkit.look.texts import LANGUAGES, Texts
from ppkit.money import Money
from ppkit.papers import client_statement, cost_report, costs_paper, file_of, of_no_client, statement_paper
from ppkit.papers.workbook import workbook_of
from ppkit.spending.ledger import Call, NotADay
from ppkit.spending.usage import Usage

from .reading import words_of, words_of_pdf

EVIL = '<img src=x onerror="alert(1)"> & =1+1'
FILE = """
name = "Studio Bianchi & figli"
logo = "logo.png"
markup_percent = "15"
[currency]
code = "EUR"
rate = "0.92"
date = 2026-11-01
[clients.rossi]
name = "Pasticceria Rossi"
[clients.verdi]
name = "Verdi"
key = "…VERD"
"""


@pytest.fixture
def agency(session: Any) -> None:
    (session.settings.home / FILE_NAME).write_text(FILE, "utf-8")
    (session.settings.home / "logo.png").write_bytes(PNG)


def pay(session: Any, usd: str, client: str, key: str = "…7Q2f", model: str = "gpt-6-luna") -> None:
    call = Call(f"call-{usd}-{client}-{key}-{model}", model, key, "responses", {"client": client})
    session.ledger.reserve(call, Money.usd(usd))
    session.ledger.settle(call.id, Money.usd(usd), Usage(100, 20))


def test_a_report_names_agency_and_client_and_holds_their_calls_alone(session: Any, agency: None) -> None:
    pay(session, "0.40", "rossi")
    pay(session, "0.03", "rossi", model="gpt-image-2")
    pay(session, "5.00", "bianchi")
    facts = cost_report(session, date(2026, 11, 1), date(2026, 11, 30), client="rossi")
    assert (facts.cost, facts.calls) == (Money.usd("0.43"), 2)
    paper = costs_paper(facts, "en")
    for words in words_of(paper):
        for shown in (
            "Studio Bianchi & figli".replace("&", "&amp;" if "&amp;" in words else "&"),
            "Pasticceria Rossi",
        ):
            assert shown in words
        assert "$0.40" in words
        assert "gpt-image-2" in words
        assert "0.40 EUR at the rate of Nov 1, 2026 ($1 = 0.92 EUR)" in words
        assert "$5" not in words
        assert "PRACTICE / PRATICA" in words


def test_the_page_is_one_file_that_asks_for_nothing_elsewhere_and_escapes_what_others_chose(
    session: Any, agency: None
) -> None:
    spend(session, "0.40", model=EVIL)
    page = file_of(costs_paper(cost_report(session, date(2026, 11, 1), date(2026, 11, 30)), "it"), "html")
    html = page.content.decode()
    assert "default-src 'none'" in html
    assert "<script" not in html
    assert "<img src=x" not in html
    assert set(re.findall(r'(?:src|href)="([^":]*):', html)) == {"data"}
    assert not re.search(r"url\((?!data:)", html)


@pytest.mark.parametrize("damage", [b"", PNG[:40], PNG[:16] + b"\xff" * 8 + PNG[24:]])
def test_a_logo_that_cannot_be_drawn_leaves_the_agency_s_name_alone(session: Any, damage: bytes) -> None:
    session.accounting.agency = Agency("Studio Bianchi", Logo(damage, "image/png"))
    paper = costs_paper(cost_report(session, date(2026, 11, 1), date(2026, 11, 30)), "en")
    assert "Studio Bianchi" in words_of_pdf(file_of(paper, "pdf").content)
    assert file_of(paper, "png").content.startswith(b"\x89PNG")


@pytest.mark.parametrize("days", [0, 40])
def test_the_picture_is_as_long_as_what_is_on_it(session: Any, agency: None, days: int) -> None:
    for number in range(days):
        spend(session, "0.01", model=f"model-{number}")
    paper = costs_paper(cost_report(session, date(2026, 11, 1), date(2026, 11, 30)), "en")
    with Image.open(io.BytesIO(file_of(paper, "png").content)) as picture:
        assert picture.width == 1240
        assert (picture.height > 2400) == bool(days)


def test_a_table_that_is_too_long_for_paper_says_the_rest_in_one_line(session: Any) -> None:
    for number in range(70):
        spend(session, "0.01", model=f"model-{number:02}")
    facts = cost_report(session, date(2026, 11, 1), date(2026, 11, 30))
    table = costs_paper(facts, "en").sections[2]
    assert len(table.rows) == 61
    assert table.rows[-1][:3] == ("Others", "$0.10", "10")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_statement_is_cost_markup_total_and_the_agency_s_currency(
    session: Any, agency: None, language: str
) -> None:
    pay(session, "0.400000000001", "rossi")
    facts = client_statement(session, "Pasticceria Rossi", "2026-11")
    assert facts.added.pico_usd == 60_000_000_000
    assert facts.total.pico_usd == 460_000_000_001
    assert facts.in_currency == Decimal("0.42")
    texts = Texts(language)
    amounts = ("0,400000000001 USD", "0,42 EUR") if language == "it" else ("$0.400000000001", "0.42 EUR")
    for words in words_of(statement_paper(facts, language)):
        for shown in (*amounts, texts("papers.statement.markup", percent=15)):
            assert shown in words


def test_a_statement_is_final_once_the_month_is_over_and_nothing_is_uncertain(
    session: Any, agency: None
) -> None:
    pay(session, "0.40", "rossi")
    session.ledger.reserve(Call("lost", "m", "…7Q2f", "responses", {"client": "rossi"}), Money.usd("0.10"))
    session.ledger.give_up("lost")
    assert not client_statement(session, "rossi", "2026-11").is_final
    session.clock.advance(timedelta(days=10))
    assert not client_statement(session, "rossi", "2026-11").is_final
    session.ledger.resolve("lost", Money.usd("0.05"), by="anna", why="bill")
    facts = client_statement(session, "rossi", "2026-11")
    assert (facts.is_final, facts.cost, facts.uncertain) == (True, Money.usd("0.45"), Money(0))


def test_a_statement_is_not_final_while_a_call_of_that_month_is_under_way(session: Any, agency: None) -> None:
    session.clock.advance(datetime(2026, 11, 30, 23, 59, 50, tzinfo=UTC) - session.clock.now())
    call = Call("late", "m", "…7Q2f", "responses", {"client": "rossi"})
    session.ledger.reserve(call, Money.usd("5"), expires_at=session.clock.now() + timedelta(days=1))
    session.clock.advance(timedelta(seconds=15))
    facts = client_statement(session, "rossi", "2026-11")
    assert (facts.is_final, facts.cost, facts.reserved) == (False, Money(0), Money.usd("5"))
    assert statement_paper(facts, "en").lead.startswith("Provisional")
    session.ledger.settle("late", Money.usd("4"))
    facts = client_statement(session, "rossi", "2026-11")
    assert (facts.is_final, facts.cost) == (True, Money.usd("4"))


def test_what_a_killed_program_left_behind_is_told_as_uncertain_and_not_as_under_way(
    session: Any, agency: None
) -> None:
    call = Call("killed", "m", "…7Q2f", "responses", {"client": "rossi"})
    session.ledger.reserve(call, Money.usd("5"))
    session.clock.advance(timedelta(hours=1))
    facts = client_statement(session, "rossi", "2026-11")
    assert (facts.reserved, facts.uncertain, facts.is_final) == (Money(0), Money.usd("5"), False)
    today = session.clock.now().date()
    assert cost_report(session, today, today).uncertain == Money.usd("5")


def test_a_client_with_a_key_is_counted_by_it_and_what_is_nobody_s_is_told(
    session: Any, agency: None
) -> None:
    pay(session, "0.40", "rossi")
    pay(session, "0.20", "verdi", key="…VERD")
    pay(session, "0.07", "verdi")  # with a key of nobody's
    assert client_statement(session, "verdi", "2026-11").cost == Money.usd("0.20")
    assert of_no_client(session, "2026-11") == Money.usd("0.07")


@pytest.mark.parametrize("month", ["2026", "2026-13", "november", ""])
def test_what_is_no_month_or_no_client_is_refused(session: Any, agency: None, month: str) -> None:
    with pytest.raises(NotADay):
        client_statement(session, "rossi", month)
    with pytest.raises(UnknownClient):
        client_statement(session, "nobody", "2026-11")


def test_the_spreadsheet_has_exact_amounts_and_no_formula(session: Any) -> None:
    session.accounting.agency = Agency("=1+1", clients=(Client("rossi", EVIL, "client=rossi"),))
    pay(session, "0.400000000001", "rossi", model="=HYPERLINK(1)")
    book = openpyxl.load_workbook(
        io.BytesIO(workbook_of(client_statement(session, "rossi", "2026-11"), "en"))
    )
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert 400_000_000_001 in [cell.value for cell in cells]
    assert "=HYPERLINK(1)" in [cell.value for cell in cells]


def test_a_year_is_drawn_by_month_and_its_report_agrees_with_the_ledger(session: Any) -> None:
    spend(session, "0.40")
    session.clock.advance(timedelta(days=30))
    spend(session, "0.70")
    facts = cost_report(session, date(2026, 1, 1), date(2026, 12, 31))
    assert facts.by_period.by == ("month", "model")
    chart = costs_paper(facts, "en").sections[1].chart
    assert chart is not None
    assert len(chart.columns) == 12
    assert sum(map(sum, chart.amounts)) == facts.cost.pico_usd == 11 * 10**11
    assert facts.at >= NOW
