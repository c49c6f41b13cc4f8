"""Names, links and what is no file: a key in them is told and not shown."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ppkit.keys.scan import PlaceUnit, Reason, Unread
from ppkit.keys.scan.byte_streams import keys_in_stream

from .canaries import key_of
from .looked_into import KEY, looked_into, the_key


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch], ids=["folder", "file"])
def test_a_key_as_a_name_is_told_and_not_shown(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / f"old {KEY}.txt")
    (leak,) = the_key(tmp_path)
    assert (leak.place.part, leak.path) == (PlaceUnit.NAME, str(tmp_path / f"old sk-…{KEY[-4:]}.txt"))


def test_what_lies_under_a_key_is_told_without_it(tmp_path: Path) -> None:
    (tmp_path / KEY).mkdir()
    (tmp_path / KEY / "notes.txt").write_text(key_of("admin"))
    (tmp_path / KEY / "a.zip").write_bytes(b"PK\x03\x04 damaged")
    report = looked_into(tmp_path)
    assert len(report.real) == 2
    assert report.unread == [Unread(str(tmp_path / f"sk-…{KEY[-4:]}" / "a.zip"), Reason.DAMAGED)]
    assert KEY[12:40] not in repr(report)


def test_a_folder_that_is_named_like_a_key_is_told_when_it_is_the_one(tmp_path: Path) -> None:
    (tmp_path / KEY).mkdir()
    assert the_key(tmp_path / KEY)


def test_where_a_link_points_to_is_read(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(KEY)
    report = looked_into(tmp_path)
    assert len(report.real) == 1
    assert report.unread == [Unread(str(tmp_path / "link"), Reason.BROKEN_LINK)]


def test_links_are_read_or_told(tmp_path: Path) -> None:
    scanned, outside = tmp_path / "scanned", tmp_path / "outside"
    scanned.mkdir()
    outside.mkdir()
    (outside / "notes.txt").write_text(KEY)
    (scanned / "file").symlink_to(outside / "notes.txt")
    (scanned / "folder").symlink_to(outside)
    (scanned / "loop").symlink_to("pool")
    (scanned / "pool").symlink_to("loop")
    (scanned / "self").symlink_to(scanned)
    report = looked_into(scanned)
    assert [leak.path for leak in report.real] == [str(scanned / "file")]
    assert {Path(one.path).name: one.reason for one in report.unread} == {
        "folder": Reason.LINK,
        "loop": Reason.BROKEN_LINK,
        "pool": Reason.BROKEN_LINK,
    }


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir(mode=0o000)
    (tmp_path / "file").touch(mode=0o000)
    assert [one.reason for one in looked_into(tmp_path).unread] == [Reason.UNREADABLE] * 2


def test_a_file_that_changes_while_it_is_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "log.txt"
    file.write_text("line\n" * 10)
    monkeypatch.setattr("ppkit.keys.scan.file_reader.keys_in_stream", changing(file, keys_in_stream))
    assert looked_into(file).unread == [Unread(str(file), Reason.CHANGED)]


def changing(file: Path, read: Callable[..., Any]) -> Callable[..., Any]:
    def reading(*arguments: Any) -> Any:
        yield from read(*arguments)
        with file.open("a") as other:
            other.write("one line more\n")

    return reading


def test_folders_that_are_never_looked_into_are_named(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / "deep" / "node_modules").mkdir(parents=True)
    report = looked_into(tmp_path)
    assert report.passed_over == [".venv", "node_modules"]
    assert report.is_clear
