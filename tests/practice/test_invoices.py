"""Whom a purchase was billed to: kept as it stood on that day."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.practice_platform.errors import CardDeclined, UnknownPracticeThing
from ppkit.practice_platform.platform import Platform


@pytest.fixture
def anna(platform: Platform) -> Platform:
    platform.sign_up("Anna Bianchi", "anna@example.com", "Studio Bianchi")
    return platform


def test_an_invoice_names_whom_it_was_billed_to_on_its_day(anna: Platform) -> None:
    anna.add_payment_method("4242424242424242", "12/29", "123", "Anna")
    anna.accounts.set_business("Studio", "Via Roma 1", "IT00743110157")
    purchase = anna.buy_credits(Money.usd(5))
    anna.accounts.set_business("Another", "", "")
    invoice = anna.billing.invoice(purchase.id)
    assert (invoice.company, invoice.address, invoice.vat_number) == ("Studio", "Via Roma 1", "IT00743110157")
    assert invoice.purchase == purchase


def test_gifts_and_declined_purchases_have_no_invoice(anna: Platform) -> None:
    gift = anna.billing.give_credits(Money.usd(5))
    anna.add_payment_method("4000000000009995", "12/29", "123", "Anna")
    with pytest.raises(CardDeclined):
        anna.buy_credits(Money.usd(5))
    for purchase in (gift, *anna.purchases()):
        with pytest.raises(UnknownPracticeThing):
            anna.billing.invoice(purchase.id)


FIRST_VERSION = """
DROP TABLE invoice; DROP TABLE identity_check;
DROP TABLE project_member; DROP TABLE member; DROP TABLE invite;
ALTER TABLE payment_method DROP COLUMN hold_until; ALTER TABLE payment_method DROP COLUMN bank_tries;
PRAGMA user_version = 1;
"""
"""Turns a file of today into one of the first version."""


def shape_of(platform: Platform) -> dict[str, list[tuple[object, ...]]]:
    """Columns of every table: name, type, whether it must be given, default, place in the key."""
    names = [row[0] for row in platform.database.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        name: sorted(tuple(column)[1:] for column in platform.database.rows(f"PRAGMA table_info({name})"))
        for name in names
    }


def test_data_of_the_first_version_is_kept_and_gets_invoices(
    anna: Platform, tmp_path: Path, clock: ManualClock
) -> None:
    anna.add_payment_method("4242424242424242", "12/29", "123", "Anna")
    purchase, gift = anna.buy_credits(Money.usd(5)), anna.billing.give_credits(Money.usd(5))
    path, shape = Path(anna.database.path), shape_of(anna)
    anna.close()
    with sqlite3.connect(path) as connection:
        connection.executescript(FIRST_VERSION)
    connection.close()
    again = Platform.open(path, clock)
    assert shape_of(again) == shape
    account = again.accounts.required()
    assert again.billing.invoice(purchase.id).organization == account.organization_name
    assert again.balance() == Money.usd(10)
    with pytest.raises(UnknownPracticeThing):
        again.billing.invoice(gift.id)
    again.close()
