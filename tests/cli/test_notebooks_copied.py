"""The notebooks of the working folder: brought up to date, never over a person's own text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ppkit.start.notebooks import (
    RECORD,
    FolderNotWritable,
    NotebookCopy,
    NotebooksMissing,
    Outcome,
    copy_notebooks,
    digest,
    guided_notebook,
    packaged_notebooks,
)


def write_notebook(path: Path, source: str, outputs: list[object] | None = None) -> None:
    cell = {"cell_type": "code", "source": [source], "outputs": outputs or [], "execution_count": None}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    write_notebook(tmp_path / "shipped" / "it" / "01_inizio.ipynb", "one")
    return tmp_path / "shipped"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "work"


def only(copied: list[NotebookCopy]) -> NotebookCopy:
    assert len(copied) == 1
    return copied[0]


NOTEBOOK = Path("it/01_inizio.ipynb")


def test_a_new_folder_gets_every_notebook(shipped: Path, folder: Path) -> None:
    assert only(copy_notebooks(shipped, folder, "1")).outcome is Outcome.NEW
    assert (folder / NOTEBOOK).read_bytes() == (shipped / NOTEBOOK).read_bytes()


def test_a_second_copy_changes_nothing(shipped: Path, folder: Path) -> None:
    copy_notebooks(shipped, folder, "1")
    assert only(copy_notebooks(shipped, folder, "1")).outcome is Outcome.CURRENT


def test_an_unedited_copy_is_updated(shipped: Path, folder: Path) -> None:
    copy_notebooks(shipped, folder, "1")
    write_notebook(shipped / NOTEBOOK, "two")
    assert only(copy_notebooks(shipped, folder, "2")).outcome is Outcome.UPDATED
    assert "two" in (folder / NOTEBOOK).read_text()


def test_running_a_notebook_does_not_make_it_the_persons_own(shipped: Path, folder: Path) -> None:
    copy_notebooks(shipped, folder, "1")
    write_notebook(folder / NOTEBOOK, "one", outputs=[{"output_type": "stream", "text": ["ran"]}])
    write_notebook(shipped / NOTEBOOK, "two")
    assert only(copy_notebooks(shipped, folder, "2")).outcome is Outcome.UPDATED


def test_an_edited_copy_is_never_overwritten_and_the_new_version_lies_beside(
    shipped: Path, folder: Path
) -> None:
    copy_notebooks(shipped, folder, "1")
    write_notebook(folder / NOTEBOOK, "mine")
    assert only(copy_notebooks(shipped, folder, "1")).outcome is Outcome.KEPT
    write_notebook(shipped / NOTEBOOK, "two")
    copied = only(copy_notebooks(shipped, folder, "2"))
    assert copied == NotebookCopy(NOTEBOOK, Outcome.BESIDE, Path("it/01_inizio.ppkit-2.ipynb"))
    assert "mine" in (folder / NOTEBOOK).read_text()
    assert "two" in (folder / "it/01_inizio.ppkit-2.ipynb").read_text()


def test_an_edited_newer_version_beside_is_not_overwritten_either(shipped: Path, folder: Path) -> None:
    copy_notebooks(shipped, folder, "1")
    write_notebook(folder / NOTEBOOK, "mine")
    write_notebook(shipped / NOTEBOOK, "two")
    copy_notebooks(shipped, folder, "2")
    write_notebook(folder / "it/01_inizio.ppkit-2.ipynb", "mine too")
    copy_notebooks(shipped, folder, "2")
    assert "mine too" in (folder / "it/01_inizio.ppkit-2.ipynb").read_text()


@pytest.mark.parametrize(("text", "is_there"), [("one", False), ("mine", True)])
def test_a_lesson_that_is_no_more_goes_unless_the_user_has_written_in_it(
    shipped: Path, folder: Path, text: str, is_there: bool
) -> None:
    write_notebook(shipped / "it/02_vecchia.ipynb", "one")
    copy_notebooks(shipped, folder, "1")
    write_notebook(folder / "it/02_vecchia.ipynb", text)
    (shipped / "it/02_vecchia.ipynb").unlink()
    copy_notebooks(shipped, folder, "2")
    copy_notebooks(shipped, folder, "2")
    assert (folder / "it/02_vecchia.ipynb").exists() is is_there


def test_a_record_that_names_files_elsewhere_removes_none(shipped: Path, folder: Path) -> None:
    copy_notebooks(shipped, folder, "1")
    outside = folder.parent / "outside.txt"
    outside.write_text("somebody's")
    (folder / RECORD).write_text(
        json.dumps({"../outside.txt": digest(outside), str(outside): digest(outside)})
    )
    copy_notebooks(shipped, folder, "2")
    assert outside.exists()


@pytest.mark.parametrize("record", ["{", "[]", '"text"'])
def test_a_damaged_record_overwrites_nothing(shipped: Path, folder: Path, record: str) -> None:
    copy_notebooks(shipped, folder, "1")
    (folder / RECORD).write_text(record)
    write_notebook(shipped / NOTEBOOK, "two")
    assert only(copy_notebooks(shipped, folder, "2")).outcome is Outcome.BESIDE
    assert "one" in (folder / NOTEBOOK).read_text()


def test_a_damaged_notebook_counts_as_the_persons_own(shipped: Path, folder: Path) -> None:
    copy_notebooks(shipped, folder, "1")
    (folder / NOTEBOOK).write_text("not a notebook any more")
    assert only(copy_notebooks(shipped, folder, "1")).outcome is Outcome.KEPT


def test_a_folder_that_cannot_be_made_is_an_error_with_its_name(shipped: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FolderNotWritable) as caught:
        copy_notebooks(shipped, tmp_path / "file" / "work", "1")
    assert str(tmp_path / "file" / "work") in str(caught.value)


def test_the_guided_notebook_is_the_first_of_its_language(shipped: Path) -> None:
    write_notebook(shipped / "it" / "02_dopo.ipynb", "later")
    assert guided_notebook(shipped, "it") == NOTEBOOK
    with pytest.raises(NotebooksMissing):
        guided_notebook(shipped, "en")


@pytest.mark.parametrize("language", ["it", "en"])
def test_the_package_has_a_guided_notebook_in_each_language(language: str) -> None:
    assert guided_notebook(packaged_notebooks(), language).parent == Path(language)
