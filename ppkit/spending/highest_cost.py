"""The most that a request can cost, reported before it is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ppkit.clock import Clock
from ppkit.money import Money
from ppkit.spending.ceiling import ceiling_of
from ppkit.spending.prices import PriceCatalogue


class HighestCost:
    """Answers for one address: `host` is the one called, empty for OpenAI's own."""

    def __init__(self, catalogue: PriceCatalogue, clock: Clock, host: str = "") -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._host = host

    def __call__(self, endpoint: str, body: Mapping[str, Any]) -> Money:
        """The ceiling of a request with this body. Raises UnknownPrice, UnboundedRequest."""
        price = self._catalogue.price_of(str(body.get("model")), self._clock.now(), host=self._host)
        return ceiling_of(endpoint, body, len(json.dumps(body).encode()), price).total
