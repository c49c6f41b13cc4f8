"""A store of drafts in an empty folder, and posts as the Assistant makes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ppkit.ai_assistant import Brief, Picture, Post, Purse, networks
from ppkit.clock import ManualClock
from ppkit.drafts.draft_store import DraftStore
from ppkit.metering.receipts import Receipt
from ppkit.money import Money

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 32
BRIEF = Brief("Apre il negozio di Cagliari")


def receipt(cost: str = "0.0001", **changes: Any) -> Receipt:
    amount = Money.usd(cost)
    facts: dict[str, Any] = {
        "call_id": "ppkit-1",
        "model": "gpt-6-luna",
        "endpoint": "responses",
        "mark": None,
    }
    facts |= {"cost": amount, "reserved": amount, "ceiling": amount, "usage": None, "parts": None}
    return Receipt(**{**facts, "capped_output_tokens": None, "waited_seconds": 0.0, **changes})


def post(text: str = "Domenica si inaugura!", network: str = "instagram", **changes: Any) -> Post:
    facts: dict[str, Any] = {"purse": Purse.OWN_KEY, "model": "gpt-6-luna-2026-10-01", "credits": 0}
    facts |= {"is_complete": True, "receipt": receipt(), "request_id": None}
    return Post(text=text, network=networks()[network], **{**facts, **changes})


def picture(png: bytes = PNG, **changes: Any) -> Picture:
    facts: dict[str, Any] = {"size": "1024x1536", "alt": "Una vetrina", "purse": Purse.PLAN, "credits": 10}
    return Picture(data=png, **{**facts, "model": "gpt-image-2", "receipt": None, **changes})


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> DraftStore:
    return DraftStore(tmp_path / "home", clock)
