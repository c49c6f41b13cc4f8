"""The extension of the Jupyter server: what it does to a save, what it says, which kernels it guards."""

from __future__ import annotations

import json
import random
import string
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_events import EventLogger
from jupyter_server.services.contents.largefilemanager import LargeFileManager

from ppkit.keys.scan.notebook_keys import take_keys_out
from ppkit.look.texts import LANGUAGES, Texts
from ppkit.start.lab import OWN_CONFIGURATION
from ppkit.start.lesson_service import ADDRESS
from ppkit.start.notebook_guard import (
    EVENT,
    KERNEL_EXTENSION,
    LONGEST_MESSAGE,
    SCHEMA,
    NotebookGuard,
    guard_kernels,
    message_about,
)

SIDE = "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=74))
INFIX = "T3Blbk" + "FJ"
KEYS = [f"sk-proj-{number}{SIDE[1:]}{INFIX}{SIDE}" for number in range(3)]
KEY = KEYS[0]


class Events:
    """Stands for Jupyter's event logger."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []

    def emit(self, *, schema_id: str, data: dict[str, Any]) -> None:
        assert schema_id == EVENT
        self.said.append(data)


@pytest.fixture
def events() -> Events:
    return Events()


@contextmanager
def file_manager(folder: Path) -> Iterator[Any]:
    """Jupyter's own, whose database of signatures is closed afterwards."""
    manager: Any = LargeFileManager(root_dir=str(folder))
    yield manager
    manager.notary.store.close()


@pytest.fixture
def contents(tmp_path: Path, events: Events) -> Iterator[Any]:
    """Jupyter's own way of writing files, with the hook."""
    with file_manager(tmp_path) as manager:
        manager.register_pre_save_hook(NotebookGuard(events).before_save)
        yield manager


def notebook(*sources: str) -> dict[str, Any]:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"c{place}", "metadata": {}, "execution_count": None, "source": source,
         "outputs": [{"output_type": "stream", "name": "stdout", "text": source}]}
        for place, source in enumerate(sources)
    ]  # fmt: skip
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"a": "ü"}, "cells": cells}
    return {"type": "notebook", "format": "json", "content": content}


def test_no_key_reaches_the_file_or_its_checkpoint(contents: Any, tmp_path: Path, events: Events) -> None:
    contents.save(notebook("1", f"key = '{KEY}'"), "lesson.ipynb")
    contents.create_checkpoint("lesson.ipynb")
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 2
    assert [path for path in written if KEY[12:60] in path.read_text("utf-8")] == []
    assert f"sk-…{KEY[-4:]}" in written[0].read_text("utf-8")
    (said,) = events.said
    assert said["path"] == "lesson.ipynb"
    assert KEY[12:60] not in json.dumps(said)


def test_a_notebook_without_a_key_is_written_as_jupyter_writes_it(
    contents: Any, tmp_path: Path, events: Events
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with file_manager(other) as untouched:
        untouched.save(notebook("1", "ü"), "lesson.ipynb")
    contents.save(notebook("1", "ü"), "lesson.ipynb")
    assert (tmp_path / "lesson.ipynb").read_bytes() == (other / "lesson.ipynb").read_bytes()
    assert events.said == []


def test_other_files_are_the_persons_own(contents: Any, tmp_path: Path) -> None:
    contents.save({"type": "file", "format": "text", "content": f"K={KEY}"}, "settings.env")
    assert KEY in (tmp_path / "settings.env").read_text()


def test_a_notebook_saved_as_a_text_is_cleaned_too(contents: Any, tmp_path: Path, events: Events) -> None:
    text = json.dumps(notebook(KEY)["content"])
    contents.save({"type": "file", "format": "text", "content": text}, "lesson.ipynb")
    assert (tmp_path / "lesson.ipynb").read_text() == text.replace(KEY, f"sk-…{KEY[-4:]}")
    assert len(events.said) == 1


def test_a_key_is_told_once_until_it_is_gone_and_comes_back(contents: Any, events: Events) -> None:
    for sources in ([KEY], [KEY], [KEY], ["", KEY], ["", ""], [KEY], [KEY, KEYS[1]], [KEYS[1]]):
        contents.save(notebook(*sources), "lesson.ipynb")
    assert len(events.said) == 3  # at first; back after it was gone; a second one


def test_an_event_is_what_its_schema_says() -> None:
    logger = EventLogger()
    logger.register_event_schema(SCHEMA)
    assert logger.schemas.get(EVENT).id == EVENT
    logger.schemas.validate_event(EVENT, {"path": "a", "message": "b"})


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_says_cell_and_key_and_is_not_cut(language: str) -> None:
    texts = Texts(language)
    for sources in ([KEY], [""] * 998 + [KEY], KEYS):
        message = message_about(take_keys_out(notebook(*sources)["content"]), texts)
        assert len(message) <= LONGEST_MESSAGE
        if len(set(sources) - {""}) == 1:
            assert str(len(sources)) in message
            assert f"sk-…{KEY[-4:]}" in message
        else:
            assert "3" in message


@pytest.mark.parametrize(
    ("folder", "words"), [("it", "non è finita nel file"), ("en", "was not saved to the file")]
)
def test_it_speaks_the_language_of_the_notebooks_folder(events: Events, folder: str, words: str) -> None:
    NotebookGuard(events).before_save(notebook(KEY), f"{folder}/lesson.ipynb")
    assert words in events.said[0]["message"]


@pytest.mark.parametrize(
    ("argv", "guarded"),
    [
        (["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"], True),
        ([sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], True),
        (["/elsewhere/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"], False),
        (["R", "--slave"], False),
        ([], False),
    ],
)
def test_only_kernels_of_this_python_get_the_guard(argv: list[str], guarded: bool) -> None:
    specs = SimpleNamespace(get_kernel_spec=lambda _name: SimpleNamespace(argv=list(argv)))
    guard_kernels(specs)
    assert specs.get_kernel_spec("any").argv == [*argv, *([KERNEL_EXTENSION] if guarded else [])]


def test_what_lies_in_the_folder_names_what_exists() -> None:
    (config,) = (OWN_CONFIGURATION / "jupyter_server_config.d").glob("*.json")
    wanted = json.loads(config.read_text())["ServerApp"]["jpserver_extensions"]
    assert set(wanted.values()) == {True}
    assert all(hasattr(import_module(name), "_load_jupyter_server_extension") for name in wanted)


@pytest.mark.parametrize(("name", "asks_for"), [("ppkit-guard", EVENT), ("ppkit-lessons", ADDRESS)])
def test_the_pages_part_is_found_and_asks_the_server_by_its_name(name: str, asks_for: str) -> None:
    page = OWN_CONFIGURATION / "labextensions" / name
    package = json.loads((page / "package.json").read_text())
    script = (page / package["jupyterlab"]["_build"]["load"]).read_text()
    assert asks_for in script
    assert f'["{package["name"]}"]' in script
