"""Scanning files: any encoding, any size, notebooks by cell, archives in archives, databases."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import sqlite3
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ppkit.keys.key_search import OVERLAP
from ppkit.keys.scan import Leak, LeakPlace, PlaceUnit, Reason, ScanReport, Unread, scan, traces
from ppkit.keys.scan import archives as archive_bounds
from ppkit.keys.scan import byte_streams as text_bounds
from ppkit.keys.scan import file_reader as document_bounds

from .canaries import key_of

KEY = key_of("project")
OTHER = key_of("admin")


def found(path: Path) -> list[Leak]:
    """What is exposed there; everything could be read."""
    report = scan([path])
    assert report.unread == []
    return report.leaks


def places(path: Path) -> list[tuple[str, LeakPlace]]:
    return [(leak.path.removeprefix(f"{path.parent}{os.sep}"), leak.place) for leak in found(path)]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_a_text_in_any_encoding_is_read_by_line(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "notes.txt"
    file.write_bytes(f"perché no\nseconda riga\nchiave: {KEY}\nfine\n".encode(encoding))
    assert places(file) == [("notes.txt", LeakPlace(PlaceUnit.LINE, 3))]


def test_a_program_is_read_by_byte(tmp_path: Path) -> None:
    file = tmp_path / "program.bin"
    file.write_bytes(b"\0\1\2\xff" * 5000 + KEY.encode() + b"\0\0" + f"K={OTHER}".encode("utf-16-le"))
    assert places(file) == [
        ("program.bin", LeakPlace(PlaceUnit.BYTE, 20_001)),
        ("program.bin", LeakPlace(PlaceUnit.BYTE, 20_001 + len(KEY) + 2 + 4)),
    ]


@pytest.mark.parametrize("where", range(-2 * len(KEY), 20, 7))
def test_a_key_on_the_edge_of_a_window_is_found_once_on_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: int
) -> None:
    monkeypatch.setattr(text_bounds, "WINDOW", 16_384)
    file = tmp_path / "large.txt"
    before = ("word " * 19 + "end.\n") * 1000
    start = text_bounds.HEAD + 3 * 16_384 + where
    file.write_text(before[:start] + "\n" + KEY + "\n" + before)
    assert places(file) == [("large.txt", LeakPlace(PlaceUnit.LINE, before[:start].count("\n") + 2))]


def test_a_scan_ends_between_two_files_and_keeps_what_it_found(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.txt").write_text(KEY)
    asked = iter([False, True])
    report = scan([tmp_path], cancelled=lambda: next(asked))
    assert [leak.path for leak in report.real] == [str(tmp_path / "a.txt")]
    assert report.unread == [Unread(str(tmp_path / "b.txt"), Reason.STOPPED)]


def test_a_scan_ends_between_two_parts_of_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("one.txt", KEY)
        archive.writestr("two.txt", OTHER)
    asked = iter([False, False, True])
    report = scan([tmp_path], cancelled=lambda: next(asked))
    assert len(report.real) == 1
    assert report.unread == [Unread(f"{tmp_path / 'a.zip'}!two.txt", Reason.STOPPED)]


@pytest.mark.parametrize("where", range(-12, 4))
def test_a_word_on_the_edge_of_a_window_is_still_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: int
) -> None:
    monkeypatch.setattr(text_bounds, "WINDOW", 16_384)
    file = tmp_path / "large.txt"
    disk = "disk-" + "0a1b2c3d9e8f7a6b" * 3
    before = "." * (text_bounds.HEAD + 16_384 - OVERLAP + where)
    file.write_text(before + disk + "." * 40_000)
    assert found(file) == []
    file.write_text(before + ".." + disk[2:] + "." * 40_000)
    assert len(found(file)) == 1


def test_a_file_of_any_size_is_read_in_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "large.log"
    with file.open("w") as writing:
        for _ in range(640):
            writing.write(("an ordinary line of a log\n" * 4000)[:100_000])
        writing.write(f"\n{KEY}\n")
    tracemalloc.start()
    leaks = found(file)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(leaks) == 1
    assert most < 16 * 1024 * 1024  # the file has 64 million bytes


def test_every_key_of_a_folder_is_told_masked(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY={KEY}\n")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / ".zsh_history").write_text(f": 1700000000:0;export K={OTHER}\n")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "passed_over.txt").write_text(KEY)
    report = scan([tmp_path])
    assert [Path(leak.path).name for leak in report.leaks] == [".env", ".zsh_history"]
    assert [leak.masked for leak in report.leaks] == [f"sk-…{KEY[-4:]}", f"sk-…{OTHER[-4:]}"]
    assert KEY[12:-4] not in repr(report)


def test_a_practice_key_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text(key_of("practice") + "\n" + key_of("practice_admin"))
    report = scan([tmp_path])
    assert len(report.practice) == 2
    assert report.real == []


NOTEBOOK: dict[str, Any] = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# Title\n", "words"]},
        {"cell_type": "code", "id": "b", "metadata": {}, "execution_count": 1, "source": "1", "outputs": []},
    ],
}


def notebook(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(NOTEBOOK))
    change(made)
    return made


def output(made: dict[str, Any], **parts: object) -> None:
    made["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["x"]}, parts]


INSIDE: dict[str, tuple[Callable[[dict[str, Any]], object], LeakPlace]] = {
    "source": (
        lambda made: made["cells"][1].update(
            source=["import openai\n", f"key = '{KEY[:40]}", f"{KEY[40:]}'"]
        ),
        LeakPlace(PlaceUnit.SOURCE, cell=2),
    ),
    "printed": (
        lambda made: output(made, output_type="stream", text=["a\n", KEY]),
        LeakPlace(PlaceUnit.OUTPUT, 2, 2),
    ),
    "traceback": (
        lambda made: output(
            made,
            output_type="error",
            ename="E",
            evalue="",
            traceback=["\x1b[31mE\x1b[0m", f"b'Bearer {KEY}\\n'"],
        ),
        LeakPlace(PlaceUnit.OUTPUT, 2, 2),
    ),
    "HTML": (
        lambda made: output(made, output_type="display_data", data={"text/html": [f"<b>{KEY}</b>"]}),
        LeakPlace(PlaceUnit.OUTPUT, 2, 2),
    ),
    "JSON": (
        lambda made: output(made, output_type="display_data", data={"application/json": {"a": [{KEY: 1}]}}),
        LeakPlace(PlaceUnit.OUTPUT, 2, 2),
    ),
    "attachment": (
        lambda made: made["cells"][0].update(attachments={"note.txt": {"text/plain": KEY}}),
        LeakPlace(PlaceUnit.ATTACHMENT, cell=1),
    ),
    "cell metadata": (
        lambda made: made["cells"][0].update(metadata={"tags": ["a", KEY]}),
        LeakPlace(PlaceUnit.CELL_METADATA, cell=1),
    ),
    "metadata": (lambda made: made.update(metadata={"author": KEY}), LeakPlace(PlaceUnit.METADATA)),
    "widgets": (
        lambda made: made.update(
            metadata={"widgets": {"application/vnd": {"state": {"1": {"state": {"value": KEY}}}}}}
        ),
        LeakPlace(PlaceUnit.WIDGETS),
    ),
}


@pytest.mark.parametrize(("change", "place"), INSIDE.values(), ids=INSIDE)
def test_a_key_in_a_notebook_is_told_by_cell(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], place: LeakPlace
) -> None:
    file = tmp_path / "lesson.ipynb"
    file.write_text(json.dumps(notebook(change), indent=1))
    assert places(file) == [("lesson.ipynb", place)]


def test_a_notebook_of_the_old_format_is_read_by_cell_too(tmp_path: Path) -> None:
    file = tmp_path / "old.ipynb"
    cells = [{"cell_type": "code", "language": "python", "input": [f"k = '{KEY}'"], "outputs": []}]
    file.write_text(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}))
    assert places(file) == [("old.ipynb", LeakPlace(PlaceUnit.SOURCE, cell=1))]


@pytest.mark.parametrize(
    "content",
    [f'{{"cells": [broken {KEY}', f'{{"cells": 5, "a": "{KEY}"}}', f"{KEY}", "[" * 100_000 + f'"{KEY}"'],
    ids=["half", "no cells", "no JSON", "too deep"],
)
def test_what_is_no_notebook_after_all_is_read_as_text(tmp_path: Path, content: str) -> None:
    file = tmp_path / "broken.ipynb"
    file.write_text(content)
    assert places(file) == [("broken.ipynb", LeakPlace(PlaceUnit.LINE, 1))]


def test_what_json_hides_is_found(tmp_path: Path) -> None:
    file = tmp_path / "twice.ipynb"
    file.write_text('{"cells": [{"source": ""}], "metadata": "' + KEY + '", "metadata": {}}')
    assert places(file) == [("twice.ipynb", LeakPlace(PlaceUnit.LINE, 1))]


def test_a_notebook_larger_than_memory_is_read_as_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_bounds, "LARGEST_IN_MEMORY", 100)
    file = tmp_path / "large.ipynb"
    file.write_text(json.dumps(notebook(lambda made: made["cells"][1].update(source=KEY)), indent=1))
    ((_name, place),) = places(file)
    assert place.part is PlaceUnit.LINE


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tarred(mode: str, **members: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


SECRET = f"first line\nkey: {KEY}\n".encode()
PACKED: dict[str, tuple[bytes, str]] = {
    "lesson.zip": (zipped(note=SECRET), "lesson.zip!note"),
    "package.whl": (zipped(clean=b"-", note=SECRET), "package.whl!note"),
    "letter.docx": (zipped(note=SECRET), "letter.docx!note"),
    "all.tar": (tarred("w", clean=b"-" * 9000, note=SECRET), "all.tar!note"),
    "all.tar.gz": (tarred("w:gz", note=SECRET), "all.tar.gz!note"),
    "all.tar.bz2": (tarred("w:bz2", note=SECRET), "all.tar.bz2!note"),
    "all.tar.xz": (tarred("w:xz", note=SECRET), "all.tar.xz!note"),
    "log.gz": (gzip.compress(b"x" * 9000) + gzip.compress(b"\n" + SECRET[11:]), "log.gz"),
    "log.bz2": (bz2.compress(SECRET), "log.bz2"),
    "log.xz": (lzma.compress(b"x\n") + lzma.compress(SECRET[11:]), "log.xz"),
    "nested.zip": (zipped(inner=tarred("w:gz", deep=zipped(note=SECRET))), "nested.zip!inner!deep!note"),
    "no suffix": (zipped(note=SECRET), "no suffix!note"),
}


@pytest.mark.parametrize("name", PACKED)
def test_a_key_in_an_archive_is_found(tmp_path: Path, name: str) -> None:
    content, told = PACKED[name]
    (tmp_path / name).write_bytes(content)
    assert places(tmp_path / name) == [(told, LeakPlace(PlaceUnit.LINE, 2))]


def test_a_notebook_in_an_archive_is_read_by_cell(tmp_path: Path) -> None:
    made = notebook(lambda made: made["cells"][1].update(source=KEY))
    (tmp_path / "a.zip").write_bytes(zipped(**{"b.ipynb": json.dumps(made).encode()}))
    assert places(tmp_path / "a.zip") == [("a.zip!b.ipynb", LeakPlace(PlaceUnit.SOURCE, cell=2))]


def test_a_key_as_the_name_of_a_member_is_told_masked(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped(**{KEY: b""}))
    assert places(tmp_path / "a.zip") == [(f"a.zip!sk-…{KEY[-4:]}", LeakPlace(PlaceUnit.NAME))]


def unread(path: Path) -> list[Reason]:
    return [one.reason for one in scan([path]).unread]


def test_a_zip_bomb_ends_at_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_bounds, "MOST_UNPACKED", 3_000_000)
    bomb = zipped(**{f"part{number}": b"0" * 1_000_000 for number in range(20)})
    assert len(bomb) < 30_000
    for name, content in {
        "a.zip": bomb,
        "b.zip": zipped(inner=bomb),
        "c.gz": gzip.compress(b"0" * 9_000_000),
    }.items():
        (tmp_path / name).write_bytes(content)
        assert Reason.TOO_LARGE in unread(tmp_path / name), name


def test_an_archive_of_very_many_members_ends_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_bounds, "MOST_MEMBERS", 50)
    (tmp_path / "a.zip").write_bytes(zipped(**{f"part{number}": b"" for number in range(60)}))
    assert unread(tmp_path / "a.zip") == [Reason.TOO_LARGE]


def test_archives_in_archives_end_too(tmp_path: Path) -> None:
    content = SECRET
    for _ in range(archive_bounds.DEEPEST + 1):
        content = zipped(inner=content)
    (tmp_path / "deep.zip").write_bytes(content)
    assert unread(tmp_path / "deep.zip") == [Reason.TOO_DEEP]


def test_an_xz_that_asks_for_all_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_bounds, "XZ_MEMORY", 1_000_000)
    (tmp_path / "a.xz").write_bytes(lzma.compress(SECRET, preset=9))
    assert unread(tmp_path / "a.xz") == [Reason.DAMAGED]


@pytest.mark.parametrize("name", [name for name in PACKED if name != "no suffix"])
def test_a_damaged_archive_is_told_and_nothing_falls(tmp_path: Path, name: str) -> None:
    content = PACKED[name][0]
    for length in range(20, len(content) - 8, 37):
        (tmp_path / name).write_bytes(content[:length])
        scan([tmp_path / name])
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    assert unread(tmp_path / name) in ([Reason.DAMAGED], [])


def test_half_an_archive_is_not_taken_for_clean(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(PACKED["lesson.zip"][0][:60])
    assert unread(tmp_path / "a.zip") == [Reason.DAMAGED]


def test_an_encrypted_member_is_told(tmp_path: Path) -> None:
    content = bytearray(zipped(note=b"x"))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    assert unread(tmp_path / "a.zip") == [Reason.ENCRYPTED]


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A database like the one in which IPython keeps what was typed."""
    path = tmp_path / "history.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("CREATE TABLE history (session INTEGER, line INTEGER, source TEXT)")
        database.execute("INSERT INTO history VALUES (1, 1, '1 + 1')")
        database.commit()
    return path


def typed(history: Path, source: str) -> None:
    with closing(sqlite3.connect(history)) as database:
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("INSERT INTO history VALUES (1, 2, ?)", (source,))
        database.commit()


@pytest.mark.parametrize("before", [0, 3900, 4000, 8100])
def test_a_key_in_a_row_is_told_by_table_and_row(history: Path, before: int) -> None:
    typed(history, "x" * before + " " + KEY)  # a long text is spread over pages that need not be neighbours
    assert places(history) == [("history.sqlite", LeakPlace(PlaceUnit.ROW, 2, table="history"))]


def test_a_row_that_was_deleted_is_still_found(history: Path) -> None:
    typed(history, KEY)
    with closing(sqlite3.connect(history)) as database:
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("DELETE FROM history WHERE line = 2")
        database.commit()
    ((_name, place),) = places(history)
    assert place.part is PlaceUnit.BYTE


def test_nothing_is_written_beside_a_database(history: Path) -> None:
    with closing(sqlite3.connect(history)) as database:
        database.execute("PRAGMA journal_mode = WAL")
    before = {path.name: path.read_bytes() for path in history.parent.iterdir()}
    typed_before = scan([history]).leaks
    assert typed_before == []
    assert {path.name: path.read_bytes() for path in history.parent.iterdir()} == before


def test_a_damaged_database_is_told_and_its_bytes_are_read(history: Path) -> None:
    typed(history, KEY)
    content = bytearray(history.read_bytes())
    content[100:140] = b"\xff" * 40
    history.write_bytes(content)
    report = scan([history])
    assert [leak.place.part for leak in report.leaks] == [PlaceUnit.BYTE]
    assert [one.reason for one in report.unread] == [Reason.DAMAGED]


def test_what_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_arguments: object, **_named: object) -> object:
        raise PermissionError

    (tmp_path / "locked.txt").write_text("?")
    monkeypatch.setattr(Path, "open", denied)
    assert unread(tmp_path) == [Reason.UNREADABLE]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have names on POSIX only")
def test_a_pipe_in_a_folder_is_not_waited_for_and_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert scan([tmp_path]).unread == [Unread(str(tmp_path / "pipe"), Reason.NO_FILE)]


def test_a_link_to_what_is_looked_into_anyway_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)
    assert found(tmp_path) == []


def test_what_shells_and_python_remember_is_known(tmp_path: Path) -> None:
    (tmp_path / ".ipython/profile_default").mkdir(parents=True)
    (tmp_path / ".ipython/profile_default/startup.py").write_text(KEY)
    (tmp_path / ".bash_history").write_text(f"export OPENAI_API_KEY={OTHER}\n")
    assert traces(tmp_path) == [tmp_path / ".bash_history", tmp_path / ".ipython"]
    assert len(scan(traces(tmp_path)).real) == 2


def test_what_somebody_accepted_is_counted_and_not_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text(KEY + "\n" + OTHER)
    first: ScanReport = scan([tmp_path])
    (tmp_path / ".ppkit-scan-allow").write_text(f"# known\n{first.leaks[0].fingerprint}  # revoked in May\n")
    second = scan([tmp_path])
    assert [leak.masked for leak in second.leaks] == [f"sk-…{OTHER[-4:]}"]
    assert second.accepted == 1
