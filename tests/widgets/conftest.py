from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ppkit.widgets.base.view import View

from .fakes import FakeSession

if TYPE_CHECKING:
    from .lab import Lab, Server


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


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One JupyterLab for all tests of this worker."""
    from .lab import running_server  # lazy: most tests need no browser

    with running_server(tmp_path_factory.mktemp("lab") / "server") as running:
        yield running


@pytest.fixture
def lab(lab_server: Server) -> Iterator[Lab]:
    """JupyterLab for a learner who has done nothing yet."""
    from .lab import new_learner

    with new_learner(lab_server) as made:
        yield made
