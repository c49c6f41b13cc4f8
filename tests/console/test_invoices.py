"""Invoices as PDF: what is on them, whatever people are called, and that they do not pass for real ones."""

from __future__ import annotations

import io
import re
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from sweeps import examples

from ppkit.look.texts import LANGUAGES
from ppkit.money import Money
from ppkit.practice_platform.console.invoice import invoice_pdf
from ppkit.practice_platform.console.plain_invoice import invoice_text
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.rows import Invoice, Purchase

from .person import Person

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
PURCHASE = Purchase(
    id="pay_x",
    kind="purchase",
    status="credited",
    amount=Money.usd(10),
    remaining=Money.usd(10),
    card="Visa 4242",
    invoice="PRACTICE-202611-0001",
    created_at=NOW,
    available_at=NOW,
    expires_at=NOW,
)
ODD = 'Rossi & Figli "S.r.l." <b>x</b> \U0001f305 \u05e9\u05dc\u05d5\u05dd \u202eevil \x07'


def read(pdf: bytes) -> str:
    """All text of all pages, in single spaces."""
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def bill(organization: str = "Studio", company: str = "", address: str = "", vat_number: str = "") -> Invoice:
    return Invoice(PURCHASE, organization, company, address, vat_number)


@pytest.mark.parametrize(("language", "amount"), [("it", "10,00 USD"), ("en", "$10.00")])
def test_an_invoice_says_who_what_and_how_it_was_paid(language: str, amount: str) -> None:
    text = read(
        invoice_pdf(bill("Studio", "Bianchi S.r.l.", "Via Roma 1\nMilano", "IT00743110157"), language)
    )
    for part in (
        "Studio",
        "Bianchi S.r.l.",
        "Via Roma 1",
        "Milano",
        "IT00743110157",
        amount,
        "Visa •••• 4242",
    ):
        assert part in text
    assert "PRACTICE-202611-0001" in text


@pytest.mark.parametrize(
    ("language", "sentence"), [("it", "Non è un documento fiscale"), ("en", "Not a tax document")]
)
def test_every_invoice_says_that_it_is_none(language: str, sentence: str) -> None:
    pdf = invoice_pdf(bill(), language)
    assert sentence in read(pdf)
    assert read(pdf).count("PRACTICE / PRATICA") == 3  # the band, the foot, and across the page
    metadata = PdfReader(io.BytesIO(pdf)).metadata
    assert metadata is not None
    assert "PRACTICE / PRATICA" in str(metadata.title)


def test_odd_names_stay_words_and_what_cannot_be_drawn_is_owned_up_to() -> None:
    text = read(invoice_pdf(bill(ODD), "en"))
    assert 'Rossi & Figli "S.r.l." <b>x</b> ? ???? evil' in text
    assert "missing from this PDF’s font" in text
    assert "missing from this PDF’s font" not in read(invoice_pdf(bill("Zoë Łukasz Ελένη Ольга"), "en"))


def test_a_name_of_ten_thousand_signs_fits() -> None:
    pdf = invoice_pdf(bill("W" * 10_000, "\U0001f305" * 10_000, "street\n" * 1_400), "it")
    assert len(PdfReader(io.BytesIO(pdf)).pages) <= 2


@settings(max_examples=examples(25), deadline=None)
@given(st.text(), st.text(), st.text(), st.sampled_from(LANGUAGES))
def test_no_text_breaks_an_invoice(organization: str, company: str, address: str, language: str) -> None:
    assert "PRACTICE" in read(invoice_pdf(bill(organization, company, address), language))


def test_the_same_invoice_is_the_same_file_every_time() -> None:
    assert invoice_pdf(bill(ODD), "it") == invoice_pdf(bill(ODD), "it")


def test_billing_history_offers_each_paid_purchase_as_a_file(buyer: Person, platform: Platform) -> None:
    purchase = platform.buy_credits(Money.usd(5))
    platform.billing.give_credits(Money.usd(5))
    page = buyer.read("billing-history").text
    assert re.findall(r'href="(invoice[^"]*)"', page) == [f"invoice?purchase={purchase.id}"]
    answer = buyer.read(f"invoice?purchase={purchase.id}")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == f'attachment; filename="{purchase.invoice}.pdf"'
    assert answer.headers["cache-control"] == "no-store"
    assert "Studio Bianchi" in read(answer.content)


@pytest.mark.parametrize("asked", ["", "?purchase=", "?purchase=../../etc", "?purchase=pay_nobody"])
def test_an_invoice_that_is_none_leads_to_the_list(buyer: Person, asked: str) -> None:
    answer = buyer.read(f"invoice{asked}")
    assert (answer.status_code, answer.headers["location"]) == (303, "billing-history")


@pytest.mark.parametrize(
    ("language", "sentence"), [("it", "Non è un documento fiscale"), ("en", "Not a tax document")]
)
def test_in_plain_text_an_invoice_says_the_same(language: str, sentence: str) -> None:
    billed = bill("Studio", "Bianchi S.r.l.", "Via Roma 1\nMilano", "IT00743110157")
    lines = invoice_text(billed, language).decode().splitlines()
    assert lines[0].startswith(sentence)
    drawn = read(invoice_pdf(billed, language))
    said = [line for line in lines[1:] if line]
    assert [
        line for line in said if line.rstrip(":") not in drawn and line.split(": ")[-1] not in drawn
    ] == []


def test_where_no_pdf_can_be_made_the_console_gives_the_text(
    buyer: Person, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase = platform.buy_credits(Money.usd(5))
    monkeypatch.setitem(sys.modules, "reportlab", None)
    answer = buyer.read(f"invoice?purchase={purchase.id}")
    assert answer.headers["content-disposition"].endswith('.txt"')
    assert purchase.invoice in answer.text
