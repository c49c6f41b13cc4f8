"""The folder in memory that tests write to: only where it has room and starts programs."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from pathlib import Path

import fast_folder
import pytest

Usage = namedtuple("Usage", "total used free")
Flags = namedtuple("Flags", "f_flag")


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the one in memory, with room enough."""
    monkeypatch.setattr(fast_folder, "MEMORY", tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(2**40, 0, 2**40))
    monkeypatch.setattr(os, "statvfs", lambda _path: Flags(0))
    return tmp_path


def test_a_folder_with_room_is_taken(memory: Path) -> None:
    assert fast_folder.fast_folder() == str(memory)


def test_the_small_one_of_a_container_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(2**26, 0, 2**26))
    assert fast_folder.fast_folder() is None


def test_one_that_starts_no_programs_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _path: Flags(fast_folder.NO_PROGRAMS))
    assert fast_folder.fast_folder() is None


def test_a_system_without_one_has_none(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_folder, "MEMORY", memory / "missing")
    assert fast_folder.fast_folder() is None
