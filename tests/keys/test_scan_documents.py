"""A key in a document, a mail or a picture is found."""

from __future__ import annotations

import base64
import gzip
import io
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ppkit.keys.scan import PlaceUnit

from .canaries import key_of
from .looked_into import HALF, KEY, LINKED, looked_into, the_key, zipped

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
