"""No file makes a scan go on for hours: what is looked into is bounded, and the rest is reported.

Counted are the characters that the finder is given, not the time that it takes.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import sqlite3
import string
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ppkit.keys import key_search
from ppkit.keys.scan import Reason, archives, byte_streams, file_reader, scan

MEGABYTE = 1024 * 1024
BUDGET = 4 * MEGABYTE
ROOM = 3 * MEGABYTE  # for one window that was begun, and for the file's own bytes


class Finder:
    """Counts what the finder is given."""

    def __init__(self) -> None:
        self.characters = 0

    def __call__(self, text: str) -> Iterator[key_search.FoundKey]:
        self.characters += len(text)
        return key_search.keys_and_examples_in(text)


@pytest.fixture
def finder(monkeypatch: pytest.MonkeyPatch) -> Finder:
    counting = Finder()
    monkeypatch.setattr(file_reader, "keys_and_examples_in", counting)
    monkeypatch.setattr(byte_streams, "keys_and_examples_in", counting)
    monkeypatch.setattr(archives, "MOST_UNPACKED", BUDGET)
    return counting


def tar_that_says_one_thing_for_all_of_its_members() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(
        fileobj=packed, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "x" * 100_000}
    ) as tar:
        for number in range(2000):
            tar.addfile(tarfile.TarInfo(f"{number}"))
    return packed.getvalue()


def picture_of_packed_notes() -> bytes:
    body = b"note\0\0" + zlib.compress(bytes(4 * MEGABYTE), 9)
    note = struct.pack(">I4s", len(body), b"zTXt") + body + bytes(4)
    return b"\x89PNG\r\n\x1a\n" + note * 200 + struct.pack(">I4s", 0, b"IEND") + bytes(4)


def zip_of_zips() -> bytes:
    content = bytes(4 * MEGABYTE)
    for _depth in range(3):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(10):
                archive.writestr(f"{number}.zip", content)
        content = packed.getvalue()
    return content


BOMBS: dict[str, Callable[[], bytes]] = {
    "a.tar": tar_that_says_one_thing_for_all_of_its_members,
    "a.png": picture_of_packed_notes,
    "a.zip": zip_of_zips,
    "a.gz": lambda: gzip.compress(gzip.compress(bytes(200 * MEGABYTE))),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_that_unfolds_to_a_large_one_is_looked_into_up_to_a_bound(
    tmp_path: Path, finder: Finder, name: str
) -> None:
    content = BOMBS[name]()
    (tmp_path / name).write_bytes(content)
    report = scan([tmp_path / name])
    assert {unread.reason for unread in report.unread} == {Reason.TOO_LARGE}
    assert finder.characters <= BUDGET + ROOM + 2 * len(content)


def keys(count: int) -> list[str]:
    chance = random.Random(1)
    return [
        "gh" + "p_" + "".join(chance.choices(string.ascii_letters + string.digits, k=36))
        for _ in range(count)
    ]


def notebook(found: list[str]) -> bytes:
    return json.dumps({"cells": [{"cell_type": "code", "source": found}]}).encode()


FULL: dict[str, Callable[[list[str]], bytes]] = {
    "a.txt": lambda found: "\n".join(found).encode(),
    "a.ipynb": notebook,
    "a.html": lambda found: ("<p>" + "</p><p>".join(found)).encode(),
}


@pytest.mark.parametrize("name", FULL)
def test_a_file_full_of_keys_is_told_up_to_a_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(archives, "MOST_FOUND", 50)
    (tmp_path / name).write_bytes(FULL[name](keys(200)))
    report = scan([tmp_path / name])
    assert len(report.leaks) == 50
    assert [unread.reason for unread in report.unread] == [Reason.TOO_LARGE] * len(report.unread) != []
    (tmp_path / name).write_bytes(FULL[name](keys(50)))
    assert (len(scan([tmp_path / name]).leaks), scan([tmp_path / name]).unread) == (50, [])


def test_a_text_of_any_kind_is_gone_through_once(tmp_path: Path, finder: Finder) -> None:
    text = ("sk-proj-abc mistral_key= AIza eyJrIjoi :A%2D" * 40_000).encode()
    (tmp_path / "a.txt").write_bytes(text)
    scan([tmp_path / "a.txt"])
    windows = len(text) / byte_streams.WINDOW + 1
    assert finder.characters <= len(text) + (windows + 1) * (key_search.OVERLAP + key_search.BEFORE) + 1000


def test_a_picture_of_one_long_comment_is_put_together_once(tmp_path: Path, finder: Finder) -> None:
    content = b"GIF89a" + b"\x21\xfe" + (b"\xff" + b"x" * 255) * 10_000
    (tmp_path / "a.gif").write_bytes(content)
    scan([tmp_path / "a.gif"])
    assert finder.characters <= 3 * len(content)


def test_pages_of_a_database_that_lead_to_one_page_again_and_again_end_at_what_the_file_can_hold(
    tmp_path: Path, finder: Finder
) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE t (x)")
        database.executemany("INSERT INTO t VALUES (?)", [("y" * 400_000,), *[("x" * 1000,)] * 400])
        database.commit()
        (root,) = database.execute("SELECT rootpage FROM sqlite_schema").fetchone()
    content = bytearray(path.read_bytes())
    page = (root - 1) * 4096
    assert content[page] == 5  # a page of pages
    count = int.from_bytes(content[page + 3 : page + 5], "big")
    cells = [int.from_bytes(content[page + at : page + at + 2], "big") for at in range(12, 12 + 2 * count, 2)]
    first = content[page + cells[0] : page + cells[0] + 4]
    for cell in cells:
        content[page + cell : page + cell + 4] = first
    path.write_bytes(content)
    report = scan([path])
    assert [unread.reason for unread in report.unread] == [Reason.TOO_LARGE]
    assert finder.characters <= 4 * len(content) + ROOM


def test_what_a_database_computes_as_it_is_read_is_not_computed(tmp_path: Path, finder: Finder) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE t (x, y AS (hex(zeroblob(100000))))")
        database.executemany("INSERT INTO t (x) VALUES (?)", [(keys(3)[number],) for number in range(3)])
        database.commit()
    report = scan([path])
    assert (len(report.leaks), report.unread) == (3, [])
    assert finder.characters <= 3 * path.stat().st_size


def test_of_many_paths_each_is_resolved_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [tmp_path / f"{number}.txt" for number in range(50)]
    for path in files:
        path.write_text("nothing", encoding="utf-8")
    resolved: list[Path] = []
    resolve = Path.resolve

    def counted(self: Path, strict: bool = False) -> Path:
        resolved.append(self)
        return resolve(self, strict)

    monkeypatch.setattr(Path, "resolve", counted)
    assert scan(files).leaks == []
    assert sorted(resolved) == sorted(files)
