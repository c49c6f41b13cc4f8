"""Whatever can hold a key is looked into, or reported as unread: silence never means clear."""

from __future__ import annotations

import base64
import gzip
import io
import lzma
import os
import pickle
import sqlite3
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from reportlab.pdfgen.canvas import Canvas
from sweeps import examples

from ppkit.keys.scan import Leak, PlaceUnit, Reason, ScanReport, Unread, pdfs, scan
from ppkit.keys.scan.archives import unpacker
from ppkit.keys.scan.byte_streams import keys_in_stream
from ppkit.keys.scan.opaque_formats import _BEGINNINGS, _ENDS

from .canaries import key_of

KEY = key_of("project")
LINKED = key_of("legacy")
HALF = len(KEY) // 2


def looked_into(path: Path) -> ScanReport:
    return scan([path])


def the_key(path: Path) -> list[Leak]:
    """What is exposed there; everything could be read, and no key is shown."""
    report = looked_into(path)
    assert report.unread == []
    assert KEY[12:40] not in repr(report)
    assert {leak.masked for leak in report.real} <= {f"sk-…{KEY[-4:]}", f"sk-…{LINKED[-4:]}"}
    return report.leaks


def zipped(**members: bytes | str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


# --- PDF


def pdf(draw: Callable[[Canvas], object], **options: Any) -> bytes:
    written = io.BytesIO()
    canvas = Canvas(written, pageCompression=1, **options)
    canvas.drawString(50, 700, "A first line")
    draw(canvas)
    canvas.save()
    return written.getvalue()


def changed(change: Callable[[PdfWriter], object]) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(lambda canvas: None))))
    change(writer)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def two_strings(canvas: Canvas) -> None:
    text = canvas.beginText(50, 600)
    text.setFont("Courier", 6)
    text.textOut(KEY[:HALF])
    text.textOut(KEY[HALF:])
    canvas.drawText(text)


def form(canvas: Canvas) -> None:
    canvas.acroForm.textfield(name="k", value=KEY, maxlen=400, x=50, y=500)


def on_page(canvas: Canvas) -> None:
    canvas.setFont("Courier", 6)
    canvas.drawString(20, 600, KEY)


def on_second_page(canvas: Canvas) -> None:
    canvas.showPage()
    on_page(canvas)


def bookmarked(canvas: Canvas) -> None:
    canvas.bookmarkPage("a")
    canvas.addOutlineEntry(KEY, "a")


def owned(writer: PdfWriter) -> None:
    writer.add_metadata({"/Made": KEY})
    writer.encrypt("", "owner", algorithm="RC4-128")


def script(writer: PdfWriter) -> None:
    action = {
        NameObject("/S"): NameObject("/JavaScript"),
        NameObject("/JS"): TextStringObject(f"k = '{KEY}'"),
    }
    writer.root_object[NameObject("/OpenAction")] = writer._add_object(DictionaryObject(action))


PDFS: dict[str, bytes] = {
    "compressed page": pdf(on_page),
    "a key in two strings": pdf(two_strings),
    "second page": pdf(on_second_page),
    "title": pdf(lambda canvas: canvas.setTitle(KEY)),
    "bookmark": pdf(bookmarked),
    "form value": pdf(form),
    "link": pdf(lambda canvas: canvas.linkURL(f"https://example.org/?k={KEY}", (0, 0, 9, 9))),
    "metadata": changed(lambda writer: writer.add_metadata({"/Made": KEY})),
    "annotation": changed(
        lambda writer: writer.add_annotation(0, FreeText(text=KEY, rect=(50, 550, 200, 650)))
    ),
    "script": changed(script),
    "attachment": changed(lambda writer: writer.add_attachment("note.txt", KEY.encode())),
    "zip as attachment": changed(lambda writer: writer.add_attachment("a.zip", zipped(note=KEY))),
    "name of an attachment": changed(lambda writer: writer.add_attachment(f"{KEY}.txt", b"words")),
    "with an owner's password only": changed(owned),
}


@pytest.mark.processes
@pytest.mark.parametrize("content", PDFS.values(), ids=PDFS)
def test_a_key_in_a_pdf_is_found(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.pdf").write_bytes(content)
    assert the_key(tmp_path / "a.pdf")


@pytest.mark.processes
def test_a_key_on_a_page_is_told_by_page_also_in_an_archive(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped(b=PDFS["second page"]))
    assert ("a.zip!b", PlaceUnit.PAGE, 2) in [
        (Path(leak.path).name, leak.place.part, leak.place.number) for leak in the_key(tmp_path / "a.zip")
    ]


@pytest.mark.processes
def test_a_pdf_behind_other_bytes_is_a_pdf(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff\xfe" * 100 + PDFS["compressed page"])
    report = looked_into(tmp_path)
    assert report.real or report.unread


@pytest.mark.processes
def test_a_pdf_without_a_key_is_clear(tmp_path: Path) -> None:
    (tmp_path / "no suffix").write_bytes(pdf(lambda canvas: None))
    assert looked_into(tmp_path / "no suffix").is_clear


def locked(writer: PdfWriter) -> None:
    writer.encrypt("word", algorithm="AES-256")


@pytest.mark.processes
def test_a_pdf_with_a_password_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(changed(locked))
    assert looked_into(tmp_path / "a.pdf").unread == [Unread(str(tmp_path / "a.pdf"), Reason.ENCRYPTED)]


@pytest.mark.processes
@pytest.mark.parametrize("cut", [9, 200, 700])
def test_a_damaged_pdf_is_told(tmp_path: Path, cut: int) -> None:
    (tmp_path / "a.pdf").write_bytes(PDFS["compressed page"][:cut])
    assert [one.reason for one in looked_into(tmp_path / "a.pdf").unread] == [Reason.DAMAGED]


def test_without_the_library_a_pdf_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdfs, "is_installed", lambda: False)
    (tmp_path / "a.pdf").write_bytes(PDFS["compressed page"])
    assert looked_into(tmp_path / "a.pdf").unread == [
        Unread(str(tmp_path / "a.pdf"), Reason.NO_LIBRARY, "PDF")
    ]


@pytest.mark.processes
def test_a_pdf_that_takes_for_ever_is_stopped_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdfs, "MOST_SECONDS", 0.01)
    (tmp_path / "a.pdf").write_bytes(PDFS["compressed page"])
    assert [one.reason for one in looked_into(tmp_path / "a.pdf").unread] == [Reason.TOO_SLOW]


def raw_pdf(*objects: bytes) -> bytes:
    """A PDF of these objects, the first of which is the catalogue."""
    written, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
    return written + end % (len(objects) + 1, table, len(objects) + 1, len(written))


def streamed(content: bytes, filters: int = 1) -> bytes:
    for _ in range(filters):
        content = zlib.compress(content, 9)
    names = b"[" + b"/FlateDecode" * filters + b"]"
    return b"<</Length %d/Filter %b>>stream\n%b\nendstream" % (len(content), names, content)


CATALOGUE = b"<</Type/Catalog/Pages 2 0 R>>"
NO_PAGES = b"<</Type/Pages/Kids[]/Count 0>>"
HOSTILE: dict[str, Callable[[], bytes]] = {
    "a bomb": lambda: raw_pdf(CATALOGUE, NO_PAGES, streamed(b"0" * 400_000_000)),
    "pages that hold themselves": lambda: raw_pdf(CATALOGUE, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"),
    "arrays in arrays": lambda: raw_pdf(CATALOGUE, NO_PAGES, b"[" * 20_000 + b"]" * 20_000),
    "an unknown filter": lambda: raw_pdf(
        CATALOGUE, NO_PAGES, b"<</Length 3/Filter/Own>>stream\nabc\nendstream"
    ),
}


@pytest.mark.processes
@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_pdf_is_told_and_hurts_nobody(tmp_path: Path, make: Callable[[], bytes]) -> None:
    (tmp_path / "a.pdf").write_bytes(make())
    assert len(looked_into(tmp_path / "a.pdf").unread) == 1


# --- documents

WORD = (
    '<?xml version="1.0"?><w:document xmlns:w="x"><w:body><w:p><w:r><w:t>The key is </w:t></w:r>'
    f"<w:r><w:t>{KEY[:HALF]}</w:t></w:r><w:proofErr/><w:r><w:rPr><w:b/></w:rPr><w:t>{KEY[HALF:]}</w:t></w:r></w:p>"
    "<w:p><w:r><w:t>and more words</w:t></w:r></w:p></w:body></w:document>"
)
PACKED_XML: dict[str, tuple[str, str]] = {
    "letter.docx": ("word/document.xml", WORD),
    "table.xlsx": (
        "xl/sharedStrings.xml",
        f'<?xml version="1.0"?><sst><si><r><t>{KEY[:HALF]}</t></r><r><rPr><b/><sz val="11"/></rPr>'
        f"<t>{KEY[HALF:]}</t></r></si><si><t>more</t></si></sst>",
    ),
    "slides.pptx": (
        "ppt/slides/slide1.xml",
        f"<p:sld><a:p><a:r><a:t>{KEY[:HALF]}</a:t></a:r><a:r><a:rPr lang='it'/>"
        f"<a:t>{KEY[HALF:]}</a:t></a:r></a:p></p:sld>",
    ),
    "text.odt": (
        "content.xml",
        f"<office:text><text:p>k <text:span text:style-name='T1'>{KEY[:HALF]}</text:span>"
        f"{KEY[HALF:]}</text:p></office:text>",
    ),
    "book.epub": ("page.xhtml", f"<html><body><p>{KEY[:HALF]}<b>{KEY[HALF:]}</b></p></body></html>"),
}


@pytest.mark.parametrize("name", PACKED_XML)
def test_a_key_that_a_document_splits_by_its_marks_is_found(tmp_path: Path, name: str) -> None:
    member, content = PACKED_XML[name]
    (tmp_path / name).write_bytes(zipped(**{member: content}))
    assert KEY not in content
    assert PlaceUnit.TEXT in {leak.place.part for leak in the_key(tmp_path / name)}


def test_two_keys_in_two_paragraphs_are_two(tmp_path: Path) -> None:
    other = key_of("github")
    (tmp_path / "a.html").write_text(f"<p>{KEY}</p><p>{other}</p><div>{LINKED}</div>")
    assert {leak.masked[-4:] for leak in looked_into(tmp_path / "a.html").real} == {
        key[-4:] for key in (KEY, other, LINKED)
    }


def test_a_key_in_rich_text_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.rtf").write_text(rf"{{\rtf1\ansi Key: {KEY[:HALF]}{{\b {KEY[HALF:]}}}\par more}}")
    assert the_key(tmp_path / "a.rtf")


def mail(*, body: str = "words", attached: bytes = b"", encoding: str = "base64") -> bytes:
    written = EmailMessage()
    written["From"], written["To"], written["Subject"] = "ada@example.org", "bob@example.org", "A letter"
    written.set_content(body, cte=encoding)
    if attached:
        written.add_attachment(attached, maintype="application", subtype="zip", filename="a.zip")
    return written.as_bytes()


LETTERS = {
    "base64": mail(body=f"perché {KEY}"),
    "quoted-printable": mail(body=f"perché {KEY}", encoding="quoted-printable"),
    "zip as attachment": mail(attached=zipped(note=KEY)),
    "subject in base64": b"To: a@b.it\nSubject: =?utf-8?b?"
    + base64.b64encode(f"x {KEY}".encode())
    + b"?=\n\nwords",
    "mailbox": b"From ada Thu Jan  1 00:00:00 2026\n"
    + mail()
    + b"\nFrom bob Thu Jan  1 00:00:00 2026\n"
    + mail(body=KEY),
}


@pytest.mark.parametrize("content", LETTERS.values(), ids=LETTERS)
def test_a_key_in_a_mail_is_found(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "letter").write_bytes(content)
    assert the_key(tmp_path / "letter")


def picture(**options: Any) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (4, 4)).save(written, **options)
    return written.getvalue()


def note(is_packed: bool, international: bool = False) -> PngInfo:
    notes = PngInfo()
    (notes.add_itxt if international else notes.add_text)("Comment", "words " * 50 + KEY, zip=is_packed)
    return notes


def exif() -> Image.Exif:
    made = Image.Exif()
    made[0x010E] = KEY
    return made


PICTURES = {
    "png": picture(format="PNG", pnginfo=note(is_packed=False)),
    "png, packed": picture(format="PNG", pnginfo=note(is_packed=True)),
    "png, international": picture(format="PNG", pnginfo=note(is_packed=True, international=True)),
    "jpeg": picture(format="JPEG", comment=KEY.encode()),
    "exif": picture(format="JPEG", exif=exif()),
    "tiff": picture(format="TIFF", description=KEY),
    "webp": picture(format="WEBP", exif=exif()),
    "gif": picture(format="GIF", comment=b"x" * 200 + b" " + KEY.encode()),
    "svg": f"<svg><text>{KEY[:HALF]}<tspan>{KEY[HALF:]}</tspan></text></svg>".encode(),
    "svgz": gzip.compress(f"<svg><text>{KEY}</text></svg>".encode()),
}


@pytest.mark.parametrize("content", PICTURES.values(), ids=PICTURES)
def test_a_key_among_the_notes_of_a_picture_is_found(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "picture").write_bytes(content)
    assert the_key(tmp_path / "picture")


# --- data


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


# --- archives


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


# --- names, links, and what is no file


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


# --- whatever comes

MARKS = [
    *((place, mark) for _kind, place, mark in _BEGINNINGS),
    *((0, mark) for mark in (b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b"!<arch>\n")),
    *((0, mark) for mark in (b"SQLite format 3\0", b"\x89PNG\r\n\x1a\n")),
    (257, b"ustar\00000"),
]


@settings(deadline=None, max_examples=examples(50))
@given(mark=st.sampled_from(MARKS), content=st.binary(max_size=600))
def test_random_bytes_behind_any_mark_are_told_and_raise_nothing(
    tmp_path_factory: pytest.TempPathFactory, mark: tuple[int, bytes], content: bytes
) -> None:
    place, begin = mark
    file = tmp_path_factory.mktemp("random") / "file"
    file.write_bytes(b"\1" * place + begin + b"\0" + content)
    assert looked_into(file).unread


@settings(deadline=None, max_examples=examples(50))
@given(
    begin=st.sampled_from(
        [b"GIF89a", b"{\\rtf1", b"<?xml", b"<html>", b"From: a\nTo: b\n", b"\x78\x9c", b"", b'{"cells":']
    ),
    content=st.binary(max_size=600),
)
def test_random_bytes_of_any_document_raise_nothing(
    tmp_path_factory: pytest.TempPathFactory, begin: bytes, content: bytes
) -> None:
    file = tmp_path_factory.mktemp("random") / "file"
    file.write_bytes(begin + content + b"\n" + KEY.encode() + b"\n")
    assert looked_into(file).real


@pytest.mark.processes
@settings(deadline=None, max_examples=examples(8))
@given(content=st.binary(max_size=400))
def test_a_pdf_of_random_bytes_is_told(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.mktemp("random") / "file"
    file.write_bytes(b"%PDF-1.7\n" + content)
    assert looked_into(file).unread


@pytest.mark.processes
def test_the_reader_of_pdfs_imports_nothing_of_ours() -> None:
    program = "import sys, ppkit.keys.scan.pdf_reader as r; print(r.__file__)"
    path = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "from ppkit" not in Path(path.strip()).read_text()
