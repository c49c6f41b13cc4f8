"""Variables of a real account, which nothing in practice mode is to find."""

from __future__ import annotations

from collections.abc import Mapping

from ppkit.keys import parse_pasted_key
from ppkit.traces import VARIABLE as TRACES

_SDK_VARIABLES = ("OPENAI_", "AZURE_OPENAI_")


def withheld_variables(environment: Mapping[str, str]) -> list[str]:
    """The names that the SDK reads, unless they hold a practice key or keep traces from leaving."""
    return sorted(
        name
        for name, value in environment.items()
        if name.startswith(_SDK_VARIABLES)
        and name != TRACES
        and parse_pasted_key(value, "practice").key is None
    )
