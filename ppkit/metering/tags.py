"""Labels on every call made inside a `with tags(client="a", lesson="02"):` block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_NO_TAGS: Mapping[str, str] = MappingProxyType({})
_current: ContextVar[Mapping[str, str]] = ContextVar("ppkit_tags", default=_NO_TAGS)


def current_tags() -> Mapping[str, str]:
    """The labels in force here, the innermost value of each name."""
    return _current.get()


@contextmanager
def tags(**labels: str) -> Iterator[Mapping[str, str]]:
    """Label the calls made inside; blocks nest, an inner value of the same name wins.

    Labels follow asyncio tasks and `asyncio.to_thread`, not threads started by hand. Raises TypeError for a
    value that is no text, and ValueError for an empty one: it could never be told from a missing label.
    """
    for name, value in labels.items():
        if not isinstance(value, str):
            raise TypeError(f"the label {name} must be text, not {type(value).__name__}")
        if not value:
            raise ValueError(f"the label {name} is empty")
    token = _current.set(MappingProxyType({**_current.get(), **labels}))
    try:
        yield _current.get()
    finally:
        _current.reset(token)
