"""Requests to judge, and shortcuts to their ceilings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ppkit.spending.bounds import UnboundedRequest
from ppkit.spending.ceiling import Ceiling, ceiling_of
from ppkit.spending.token_rates import Price

from .strategies import CATALOGUE, NOW

LUNA = CATALOGUE.price_of("gpt-6-luna", NOW)
DATA_URL = "data:image/png;base64," + "A" * 500_000


def ceiling(endpoint: str, body: dict[str, Any], price: Price = LUNA) -> Ceiling:
    return ceiling_of(endpoint, body, len(json.dumps(body, ensure_ascii=False).encode()), price)


def response(**fields: Any) -> dict[str, Any]:
    return {"model": "gpt-6-luna", "input": "Scrivi un post sul mare"} | fields


def chat(**fields: Any) -> dict[str, Any]:
    return {"model": "gpt-6-luna", "messages": [{"role": "user", "content": "Scrivi un post"}]} | fields


def image(**fields: Any) -> dict[str, Any]:
    return {"model": "gpt-image-2", "prompt": "un gatto", "size": "1024x1024", "quality": "low"} | fields


def refusal(endpoint: str, body: dict[str, Any], model: str = "gpt-6-luna") -> Any:
    with pytest.raises(UnboundedRequest) as refused:
        ceiling(endpoint, body, CATALOGUE.price_of(model, NOW))
    return refused.value.facts["reason"]
