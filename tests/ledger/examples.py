"""Calls, amounts and usages that the tests of the ledger talk about."""

from __future__ import annotations

import pytest

from ppkit.money import Money
from ppkit.spending.ledger import Call
from ppkit.spending.usage import Usage

KEY = "…WXYZ"
USAGE = Usage(input_tokens=100, output_tokens=50, cached_tokens=20, reasoning_tokens=10)

on_sqlite = pytest.mark.parametrize("store_kind", ["sqlite"], indirect=True)
"""For what only a file has, or only a server: the rules of the ledger are proven on every store."""
on_postgres = pytest.mark.parametrize(
    "store_kind", [pytest.param("postgres", marks=pytest.mark.processes)], indirect=True
)


def call(call_id: str, *, model: str = "gpt-5.2", key: str = KEY, **tags: str) -> Call:
    return Call(call_id, model, key, "responses", tags)


def usd(amount: str) -> Money:
    return Money.usd(amount)
