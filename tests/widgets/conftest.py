from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ppkit.widgets.view import View

from .fakes import FakeSession


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Any]:
    """An Italian practice session, as far as windows look at one."""
    made = FakeSession(tmp_path)
    yield made
    made.ledger.close()


@pytest.fixture
def outbound(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Everything that views send to the browser: custom messages and trait updates."""
    sent: list[object] = []
    monkeypatch.setattr(View, "send", lambda _view, content, buffers=None: sent.append(content))
    monkeypatch.setattr(View, "send_state", lambda view, key=None: sent.append(view.get_state(key)))
    return sent
