"""What tests get from tests/conftest.py elsewhere, where that would load what no web page has."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import hypothesis
import pytest

from ppkit.clock import SystemClock
from ppkit.spending.ledger import open_ledger

hypothesis.settings.register_profile("page", deadline=None, max_examples=2, database=None)
hypothesis.settings.load_profile("page")


def _no_server(*_given: object) -> None:
    raise RuntimeError("no web page has a PostgreSQL")


postgres_server = ModuleType("postgres_server")
vars(postgres_server).update(connect=_no_server, new_database=_no_server)
sys.modules["postgres_server"] = postgres_server


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "processes: what is left out here")


@pytest.fixture(scope="session")
def blank_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("blank") / "ledger.sqlite3"
    open_ledger(f"sqlite:///{path}", SystemClock()).close()
    return path
