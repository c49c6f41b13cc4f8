"""The log of the practice platform holds no key, whatever failed."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from ppkit.practice_platform import server

KEY = "sk-practice-" + "Ab3Cd4Ef5Gh6" * 4


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the platform's logger writes once a server was made."""
    logger = logging.getLogger("uvicorn.error")
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    filters = list(logger.filters)
    server.configured(lambda *_: None)  # type: ignore[arg-type]
    logger.addHandler(handler)
    yield written
    logger.removeHandler(handler)
    logger.filters[:] = filters


def test_an_exception_that_quotes_a_key_is_logged_without_it(log: io.StringIO) -> None:
    try:
        raise RuntimeError(f"Illegal header value b'Bearer {KEY}\\n'")
    except RuntimeError:
        logging.getLogger("uvicorn.error").exception("Exception for %s", KEY)
    written = log.getvalue()
    assert "Traceback" in written
    assert "Illegal header value" in written
    assert KEY[:20] not in written
