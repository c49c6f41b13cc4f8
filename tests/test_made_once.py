from __future__ import annotations

import threading
from pathlib import Path

import platformdirs
import pytest
from frameworks import environments
from frameworks.environments import made_once

from ppkit.lock import FileLock


def test_of_two_workers_that_ask_at_once_one_makes_it_and_the_other_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the two of the static page do, each with a file of tests that needs the page."""
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda _name: str(tmp_path))
    second_asks, made, found = threading.Event(), [], []

    class Watched(FileLock):
        def wait(self, timeout_seconds: float) -> bool:
            if threading.current_thread() is second:
                second_asks.set()
            return super().wait(timeout_seconds)

    def make(folder: Path) -> None:
        made.append(folder)
        if len(made) == 1:
            second.start()
            assert second_asks.wait(60)
        folder.mkdir()

    monkeypatch.setattr(environments, "FileLock", Watched)
    second = threading.Thread(target=lambda: found.append(made_once("page", "contents", make)))
    first = made_once("page", "contents", make)
    second.join(60)
    assert found == [first] == made


def test_what_was_not_finished_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda _name: str(tmp_path))

    def make(folder: Path) -> None:
        folder.mkdir()
        (folder / "half").touch()
        raise OSError("half")

    with pytest.raises(OSError, match="half"):
        made_once("page", "contents", make)
    made = made_once("page", "contents", Path.mkdir)
    assert [path.name for path in made.iterdir()] == [".complete"]
