"""JSON that passes by, read with pydantic-core's parser: the SDK brings it, and it is much faster."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import from_json


def parsed(text: bytes) -> Any:
    """What `json.loads` makes of it. Raises ValueError or RecursionError."""
    try:
        return from_json(text)
    except ValueError:
        # It is stricter: lone surrogates, other encodings and deep nesting are left to the other one.
        return json.loads(text)
