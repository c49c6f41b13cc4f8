"""The traces of openai-agents: what a run asked and was answered, sent to api.openai.com with the key.

In practice mode nothing leaves this machine, so they are switched off there.
"""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from contextlib import suppress

VARIABLE = "OPENAI_AGENTS_DISABLE_TRACING"
"""openai-agents reads it when it makes its first trace, and not again."""


def keep_traces_here(environment: MutableMapping[str, str]) -> None:
    """Switch the traces off in this process and in those it starts, for as long as they run.

    Who switches them on again in their own code (`set_tracing_disabled(False)`) has asked for it.
    """
    environment[VARIABLE] = "1"
    agents = sys.modules.get("agents")  # it may have read the variable already
    with suppress(AttributeError, TypeError):  # some other package of that name
        agents.set_tracing_disabled(True)  # type: ignore[union-attr]
