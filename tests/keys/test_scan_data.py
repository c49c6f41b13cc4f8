"""A key in a database or in stored data is found, whatever packs it."""

from __future__ import annotations

import gzip
import io
import lzma
import pickle
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import IO

import numpy as np
import pytest

from ppkit.keys.scan import PlaceUnit

from .canaries import key_of
from .looked_into import KEY, looked_into, the_key, zipped
from .test_scan_pdfs import PDFS


def database(path: Path, content: str | bytes, *, with_log: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    if with_log:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE t (a)")
    connection.execute("INSERT INTO t VALUES (?)", (content,))
    connection.commit()
    return connection


def saved(save: Callable[[IO[bytes]], object]) -> bytes:
    written = io.BytesIO()
    save(written)
    return written.getvalue()


def test_a_database_in_an_archive_is_read_by_row(tmp_path: Path) -> None:
    database(tmp_path / "d", "x" * 3900 + " " + KEY).close()
    (tmp_path / "a.zip").write_bytes(zipped(d=(tmp_path / "d").read_bytes()))
    assert [leak.place.part for leak in the_key(tmp_path / "a.zip")] == [PlaceUnit.ROW]


def test_what_was_written_last_into_a_database_is_read(tmp_path: Path) -> None:
    with closing(database(tmp_path / "d", "x" * 3900 + " " + KEY, with_log=True)):
        before = sorted(tmp_path.iterdir())
        assert PlaceUnit.ROW in [leak.place.part for leak in the_key(tmp_path / "d")]
        assert sorted(tmp_path.iterdir()) == before


@pytest.mark.processes
@pytest.mark.parametrize("content", [zipped(note=KEY), gzip.compress(KEY.encode()), PDFS["compressed page"]])
def test_a_file_in_a_database_is_looked_into(tmp_path: Path, content: bytes) -> None:
    database(tmp_path / "d", content).close()
    assert the_key(tmp_path / "d")


DATA = {
    "npz": saved(lambda file: np.savez_compressed(file, a=np.array(["words", f"k {KEY}"]))),
    "npy": saved(lambda file: np.save(file, np.array([KEY]))),
    "pickle": pickle.dumps({"k": KEY}),
    "packed pickle": zlib.compress(pickle.dumps({"k": KEY})),
    "UTF-16 in a program": b"\x7fELF\0" + f"{KEY}\0".encode("utf-16-le"),
    "another service's in UTF-16": b"\x7fELF\0\1\2" + KEY.encode() + f"\0{KEY}".encode("utf-16-le"),
    "old lzma": lzma.compress(KEY.encode(), format=lzma.FORMAT_ALONE),
    "raw zlib": zlib.compress(b"words " * 30 + KEY.encode()),
}


@pytest.mark.parametrize("content", DATA.values(), ids=DATA)
def test_a_key_in_data_is_found(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data").write_bytes(content)
    assert the_key(tmp_path / "data")


def test_a_key_of_another_service_in_wide_letters_is_found(tmp_path: Path) -> None:
    key = key_of("github")
    (tmp_path / "a.bin").write_bytes(
        b"\1\2\3\0\0" + key.encode("utf-16-le") + b"\xff\xff" + key.encode("utf-32-le")
    )
    assert len(looked_into(tmp_path / "a.bin").real) == 2
