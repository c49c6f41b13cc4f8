"""Labels on every call made inside a `with tags(client="a", lesson="02"):` block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

from ppkit.keys.key_refusal import refuse_keys
from ppkit.spending.ledger.scopes import has_control_characters

_NO_TAGS: Mapping[str, str] = MappingProxyType({})
CURRENT_TAGS: ContextVar[Mapping[str, str]] = ContextVar("ppkit_tags", default=_NO_TAGS)


def current_tags() -> Mapping[str, str]:
    """The labels in force here, the innermost value of each name."""
    return CURRENT_TAGS.get()


@contextmanager
def tags(**labels: str) -> Iterator[Mapping[str, str]]:
    """Label the calls made inside; blocks nest, an inner value of the same name wins.

    Labels follow asyncio tasks and `asyncio.to_thread`, not threads started by hand. Raises TypeError for a
    value that is no text, and ValueError for an empty one, which could never be told from a missing label, or
    one with control characters; KeyInText where a secret key stands.
    """
    refuse_keys("tags", labels)
    for name, value in labels.items():
        if not isinstance(value, str):
            raise TypeError(f"the label {name} must be text, not {type(value).__name__}")
        if not value:
            raise ValueError(f"the label {name} is empty")
        if has_control_characters(value):
            raise ValueError(f"the label {name} holds a control character")
    token = CURRENT_TAGS.set(MappingProxyType({**CURRENT_TAGS.get(), **labels}))
    try:
        yield CURRENT_TAGS.get()
    finally:
        CURRENT_TAGS.reset(token)
