"""The packaged notebooks, copied to the working folder and never over what a user has written there.

A copy counts as the user's own as soon as the text of its cells differs from what was copied; the outputs
of running it do not count. What was copied is remembered in `.ppkit-notebooks.json`, by digest.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import ppkit
from ppkit.errors import PpkitError

RECORD = ".ppkit-notebooks.json"


class NotebooksMissing(PpkitError):
    """The package holds no notebooks: it was installed in a way that left them out. Facts: folder."""

    code = "notebooks_missing"


class FolderNotWritable(PpkitError):
    """The working folder cannot be written. Facts: folder, reason."""

    code = "folder_not_writable"


class Outcome(StrEnum):
    """What became of one notebook."""

    NEW = "new"
    CURRENT = "current"
    UPDATED = "updated"
    KEPT = "kept"  # edited by the user; there is nothing newer
    BESIDE = "beside"  # edited by the user; the newer version lies beside it


@dataclass(frozen=True, slots=True)
class NotebookCopy:
    """One notebook, by its path inside the folder; `beside` is the path of the newer version laid there."""

    path: Path
    outcome: Outcome
    beside: Path | None = None


def packaged_notebooks() -> Path:
    """The folder of the notebooks: inside the installed package, or beside it in a checkout.

    Raises NotebooksMissing.
    """
    package = Path(ppkit.__file__).parent
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if any(folder.glob("*/*.ipynb")):
            return folder
    raise NotebooksMissing(folder=str(package / "notebooks"))


def guided_notebook(folder: Path, language: str) -> Path:
    """The notebook to begin with: the first of its language, as a path inside the folder.

    Raises NotebooksMissing.
    """
    found = sorted((folder / language).glob("*.ipynb"))
    if not found:
        raise NotebooksMissing(folder=str(folder / language))
    return found[0].relative_to(folder)


def copy_notebooks(source: Path, folder: Path, version: str) -> list[NotebookCopy]:
    """Bring the folder up to date with the packaged notebooks of this version.

    Raises FolderNotWritable; notebooks that were there are then as they were.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        record = _read_record(folder)
        copied = [_copy_one(source, folder, path, record, version) for path in _files(source)]
        _take_away_retired(source, folder, record)
        _write_record(folder, record)
    except OSError as error:
        raise FolderNotWritable(folder=str(folder), reason=error.strerror or type(error).__name__) from None
    return copied


def _copy_one(source: Path, folder: Path, path: Path, record: dict[str, str], version: str) -> NotebookCopy:
    """Copies when that loses nothing, and notes in the record what the folder was given."""
    shipped, own, name = source / path, folder / path, path.as_posix()
    given, offered = record.get(name), digest(shipped)
    if not own.exists():
        _replace(shipped, own)
        record[name] = offered
        return NotebookCopy(path, Outcome.NEW)
    present = digest(own)
    if present == offered:
        record[name] = offered
        return NotebookCopy(path, Outcome.CURRENT)
    if present == given:
        _replace(shipped, own)
        record[name] = offered
        return NotebookCopy(path, Outcome.UPDATED)
    return _lay_beside(shipped, own, path, version) if given != offered else NotebookCopy(path, Outcome.KEPT)


def _take_away_retired(source: Path, folder: Path, record: dict[str, str]) -> None:
    """What this version has no more goes, unless the user has written in it; then it is theirs."""
    for name in [name for name in record if not (source / name).exists()]:
        own, given = folder / name, record.pop(name)
        # The record is a file that anybody can write: what it names outside of the folder is not ours.
        is_inside = own.resolve().is_relative_to(folder.resolve())
        if is_inside and own.is_file() and digest(own) == given:
            own.unlink()


def _lay_beside(shipped: Path, own: Path, path: Path, version: str) -> NotebookCopy:
    beside = own.with_name(f"{own.stem}.ppkit-{version}{own.suffix}")
    if not beside.exists():
        _replace(shipped, beside)
    return NotebookCopy(path, Outcome.BESIDE, path.with_name(beside.name))


def digest(path: Path) -> str:
    """What the user could have written in the file: the cells of a notebook, the bytes of anything else."""
    content = path.read_bytes()
    if path.suffix == ".ipynb":
        try:
            return digest_of_cells(json.loads(content)["cells"])
        except (ValueError, KeyError, TypeError):
            pass  # damaged, or no notebook at all: its bytes are what it is
    return hashlib.sha256(content).hexdigest()


def digest_of_cells(cells: Iterable[Mapping[str, Any]]) -> str:
    """What the user could have written in these cells. Raises KeyError or TypeError for what is no cell."""
    written = [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
    return hashlib.sha256(json.dumps(written).encode()).hexdigest()


def _files(source: Path) -> Iterator[Path]:
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        hidden = any(part.startswith((".", "__")) for part in inside.parts)
        if path.is_file() and not hidden:
            yield inside


def _replace(shipped: Path, own: Path) -> None:
    """Copy beside and rename, so that a full disk leaves the old file whole."""
    own.parent.mkdir(parents=True, exist_ok=True)
    beside = own.with_name(f".{own.name}.tmp")
    try:
        shutil.copyfile(shipped, beside)
        beside.replace(own)
    finally:
        beside.unlink(missing_ok=True)


def _read_record(folder: Path) -> dict[str, str]:
    """An unreadable record counts as empty: every copy is then taken for the user's own, and kept."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {str(name): str(value) for name, value in record.items()} if isinstance(record, dict) else {}


def _write_record(folder: Path, record: dict[str, str]) -> None:
    beside = folder / f"{RECORD}.tmp"
    beside.write_text(json.dumps(record, indent=1, sort_keys=True), encoding="utf-8")
    beside.replace(folder / RECORD)
