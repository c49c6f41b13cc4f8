from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from widgets.fakes import PRACTICE_KEY, FakeSession

from ppkit.keys import ApiKey


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Any]:
    """An English practice session in which a key is linked."""
    made = FakeSession(tmp_path, "en")
    made.link(ApiKey(PRACTICE_KEY))
    yield made
    made.ledger.close()
