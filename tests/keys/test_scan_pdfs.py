"""A key in a PDF is found, wherever in it; a PDF that cannot be read is told."""

from __future__ import annotations

import io
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from reportlab.pdfgen.canvas import Canvas
from sweeps import examples

from ppkit.keys.scan import PlaceUnit, Reason, Unread, pdfs

from .looked_into import HALF, KEY, looked_into, the_key, zipped


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
