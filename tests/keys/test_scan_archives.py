"""A key in or around an archive is found; what is not opened is told."""

from __future__ import annotations

import gzip
import io
import os
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ppkit.keys.scan import Reason, Unread
from ppkit.keys.scan.archives import unpacker
from ppkit.keys.scan.opaque_formats import _BEGINNINGS, _ENDS

from .looked_into import KEY, LINKED, looked_into, the_key, zipped


def debian(**members: bytes) -> bytes:
    written = b"!<arch>\n"
    for name, content in members.items():
        written += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
        written += content + b"\n" * (len(content) % 2)
    return written


def tarred(*, old: bool = False, pax: dict[str, str] | None = None, **options: Any) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("note")
        content = options.pop("content", b"words")
        member.size = len(content)
        member.pax_headers = pax or {}
        for name, value in options.items():
            setattr(member, name, value)
        archive.addfile(member, io.BytesIO(content))
    packed = written.getvalue()
    if old:  # as it was before POSIX: without the mark
        header = bytearray(packed[:512])
        header[257:265] = bytes(8)
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        packed = bytes(header) + packed[512:]
    return packed


def with_comment(*, of_member: bool) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        member = zipfile.ZipInfo("note")
        if of_member:
            member.comment = KEY.encode()
        else:
            archive.comment = KEY.encode()
        archive.writestr(member, "words")
    return packed.getvalue()


ARCHIVES = {
    "Debian package": debian(
        **{"debian-binary": b"2.0\n", "data.tar.gz": gzip.compress(tarred(content=KEY.encode()))}
    ),
    "comment of a zip": with_comment(of_member=False),
    "comment of a member": with_comment(of_member=True),
    "a folder's name": zipped(**{f"{KEY}/": b""}),
    "before a zip": f"#!/bin/sh\n# {KEY}\n".encode() + zipped(note="words"),
    "a zip behind a program": b"#!/usr/bin/env python3\n" + zipped(note=KEY),
    "behind a zip's end": zipped(note="words") + KEY.encode(),
    "tar of before POSIX": tarred(old=True, content=gzip.compress(KEY.encode())),
    "where a link points to": tarred(type=tarfile.SYMTYPE, linkname=f"/home/{LINKED}"),
    "owner": tarred(pax={"SCHILY.xattr.user.note": KEY}),
    "two tars": tarred() + tarred(content=gzip.compress(KEY.encode())),
    "name of a gzip": gzip.compress(b"words")[:3]
    + b"\x08"
    + gzip.compress(b"words")[4:10]
    + KEY.encode()
    + b"\0"
    + gzip.compress(b"words")[10:],
}


@pytest.mark.parametrize("content", ARCHIVES.values(), ids=ARCHIVES)
def test_a_key_in_or_around_an_archive_is_found(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "archive").write_bytes(content)
    assert the_key(tmp_path / "archive")


def test_one_damaged_member_of_a_zip_does_not_hide_the_next(tmp_path: Path) -> None:
    content = bytearray(zipped(a=os.urandom(2000), b=KEY))
    content[60:90] = bytes(30)
    (tmp_path / "a.zip").write_bytes(content)
    report = looked_into(tmp_path / "a.zip")
    assert [leak.path for leak in report.real] == [f"{tmp_path / 'a.zip'}!b"]
    assert report.unread == [Unread(f"{tmp_path / 'a.zip'}!a", Reason.DAMAGED)]


def test_a_member_that_is_packed_in_a_way_python_does_not_know_is_told(tmp_path: Path) -> None:
    content = bytearray(zipped(a="words", b=KEY))
    content[8:10] = struct.pack("<H", 98)
    place = content.index(b"PK\x01\x02")
    content[place + 10 : place + 12] = struct.pack("<H", 98)
    (tmp_path / "a.zip").write_bytes(content)
    report = looked_into(tmp_path / "a.zip")
    assert report.unread == [Unread(f"{tmp_path / 'a.zip'}!a", Reason.NOT_OPENED, "zip")]
    assert len(report.real) == 1


@pytest.mark.parametrize(
    ("kind", "place", "mark"),
    _BEGINNINGS,
    ids=[f"{kind.name} {mark!r}" for kind, _place, mark in _BEGINNINGS],
)
def test_a_kind_that_is_not_opened_is_told_by_its_first_bytes(
    tmp_path: Path, kind: Any, place: int, mark: bytes
) -> None:
    (tmp_path / "notes.txt").write_bytes(b"\1" * place + mark + b"\0\1\2\3" * 300)
    (told,) = looked_into(tmp_path).unread
    assert told.path == str(tmp_path / "notes.txt")
    if unpacker(b"\1" * place + mark):  # newer Pythons open more, and these bytes are damaged
        assert told.reason is Reason.DAMAGED
        return
    assert told.reason in (Reason.NOT_OPENED, Reason.ENCRYPTED)
    assert told.what == kind.name


@pytest.mark.parametrize(("kind", "place", "mark"), _ENDS, ids=[kind.name for kind, *_rest in _ENDS])
def test_a_kind_that_is_not_opened_is_told_by_its_last_bytes_also_in_an_archive(
    tmp_path: Path, kind: Any, place: int, mark: bytes
) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"\1\2\0" * 50_000 + mark.ljust(place, b"\0")))
    assert [one.what for one in looked_into(tmp_path).unread] == [kind.name]


def test_what_is_not_opened_is_still_read_as_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + KEY.encode())
    report = looked_into(tmp_path)
    assert (len(report.real), len(report.unread)) == (1, 1)


def test_a_text_that_begins_like_an_archive_is_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("ORC is a file format\n")
    (tmp_path / "b.md").write_text("x^2 + y^2\n")
    (tmp_path / "c.md").write_text("BZh\n")
    (tmp_path / "e.py").write_text("MARK = b'%PDF-1'\n")
    (tmp_path / "d.md").write_text("From a distance: nothing\nTo do\n")
    assert [Path(one.path).name for one in looked_into(tmp_path).unread] == ["c.md"]
