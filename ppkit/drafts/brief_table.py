"""A table of briefs as people's spreadsheets write it, read row by row: what is faulty is named, not lost."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from ppkit.ai_assistant import Brief, InvalidBrief, Tone, networks
from ppkit.ai_assistant.drawing import Quality
from ppkit.drafts.draft import LONGEST_NAME, clean
from ppkit.drafts.draft_times import hour_meant
from ppkit.drafts.errors import BriefsUnreadable, BriefsWithoutTopic
from ppkit.drafts.spreadsheets import csv_table
from ppkit.drafts.workbooks import is_workbook, workbook_rows
from ppkit.keys import KeyInText, holds_key, refuse_keys
from ppkit.look.texts import LANGUAGES, Texts

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "topic": ("topic", "argomento", "tema"),
    "network": ("network", "social", "rete", "canale", "channel"),
    "tone": ("tone", "tono"),
    "language": ("language", "lingua"),
    "call_to_action": ("call to action", "cta", "invito", "invito finale"),
    "model": ("model", "modello"),
    "client": ("client", "cliente"),
    "planned": ("planned", "date", "date and time", "data", "data e ora", "quando"),
    "time": ("time", "ora", "orario"),
    "image": ("image", "picture", "immagine", "foto"),
}
"""The columns of a table by the names that they may have; "topic" alone is needed."""

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SEPARATORS = ";,\t"
_COLUMN_OF = {heading: column for column, headings in HEADINGS.items() for heading in headings}
_BRIEF_FIELDS = ("network", "tone", "language", "call_to_action", "model")
_LANGUAGE_NAMES = {"italiano": "it", "italian": "it", "inglese": "en", "english": "en"}
_IMAGES: Mapping[str, Quality | Literal[""]] = {
    **dict.fromkeys(("", "no", "none", "nessuna", "0", "false", "falso"), ""),
    **dict.fromkeys(("low", "yes", "bassa", "sì", "si", "x", "1", "true", "vero"), "low"),
    **dict.fromkeys(("medium", "media"), "medium"),
    **dict.fromkeys(("high", "alta"), "high"),
}
FaultCode = Literal[
    "topic", "network", "tone", "language", "call_to_action", "planned", "client", "image", "key", "cells"
]


@dataclass(frozen=True, slots=True)
class WantedPost:
    """A row: what is to be written, for whom and for when. `line` is where it stands in its file.

    `image` is the quality of an image to be drawn too, empty for none; a brief "with image" has a low one.
    """

    brief: Brief
    client: str = ""
    planned: datetime | None = None
    line: int = 0
    image: Quality | Literal[""] = ""

    def __post_init__(self) -> None:
        if self.brief.with_image and not self.image:
            object.__setattr__(self, "image", "low")

    def for_client(self, client: str) -> WantedPost:
        """For this client, unless it names its own."""
        return replace(self, client=self.client or client)


@dataclass(frozen=True, slots=True)
class FaultyRow:
    """A row that cannot be taken: the texts are "drafts.fault.<code>". A cell with a key in it is emptied."""

    line: int
    code: FaultCode
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BriefTable:
    """The rows that can be written, those that cannot, and columns that mean nothing to us."""

    rows: tuple[WantedPost, ...]
    faulty: tuple[FaultyRow, ...]
    columns: tuple[str, ...]
    unknown_columns: tuple[str, ...]

    def faulty_csv(self, texts: Texts) -> bytes:
        """The faulty rows with what is wrong in front, to be corrected and read again."""
        head = ("line", "problem", *self.columns)
        rows = [(str(row.line), texts(f"drafts.fault.{row.code}"), *row.cells) for row in self.faulty]
        return csv_table([head, *rows])


class _Faulty(Exception):
    """Of one row."""

    def __init__(self, code: FaultCode) -> None:
        self.code = code


def read_brief_table(content: bytes) -> BriefTable:
    """Read a workbook (its first sheet that is not empty), or a CSV: commas, semicolons or tabs; UTF-8 or
    UTF-16 with or without its mark, or Excel's own.

    Raises BriefsUnreadable, WorkbookUnreadable, BriefsWithoutTopic, and ExtraMissing for a workbook; then
    nothing was taken from it.
    """
    if is_workbook(content):
        return _table_of(workbook_rows(content))
    text = decoded(content)
    return _table_of(list(_lines(text, _separator(text))))


def _table_of(lines: Sequence[tuple[int, Sequence[str]]]) -> BriefTable:
    """The first row names the columns."""
    if not lines:
        raise BriefsWithoutTopic(known=", ".join(HEADINGS))
    columns = tuple(_column_of(_without_key(cell)) for cell in lines[0][1])
    known = [column for column in columns if column in HEADINGS]
    if "topic" not in known or len(known) > len(set(known)):
        raise BriefsWithoutTopic(known=", ".join(HEADINGS))
    rows: list[WantedPost] = []
    faulty: list[FaultyRow] = []
    for line, cells in lines[1:]:
        try:
            rows.append(_wanted(line, cells, columns))
        except _Faulty as fault:
            faulty.append(FaultyRow(line, fault.code, tuple(map(_without_key, cells))))
    unknown = tuple(column for column in columns if column and column not in HEADINGS)
    return BriefTable(tuple(rows), tuple(faulty), columns, unknown)


def decoded(content: bytes) -> str:
    """By its byte order mark, else UTF-16 if every second byte is zero, UTF-8, or Windows' own (1252)."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    if b"\0" in content[:2]:
        return content.decode("utf-16-be" if content[:1] == b"\0" else "utf-16-le", errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _separator(text: str) -> str:
    """The one that finds the most columns that we know. Excel's own line "sep=;" says it outright."""
    if _tells_separator(text):
        return text.lstrip('"')[len("sep=")]
    return max(SEPARATORS, key=lambda separator: _known_columns(text, separator))


def _tells_separator(text: str) -> bool:
    first = text.partition("\n")[0].rstrip("\r").strip('"')
    return first.lower().startswith("sep=") and len(first) == len("sep=;")


def _known_columns(text: str, separator: str) -> int:
    try:
        _, head = next(_lines(text, separator), (0, []))
    except BriefsUnreadable:
        return 0
    return sum(_column_of(cell) in HEADINGS for cell in head)


def _lines(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold something, each with the line on which it begins. Raises BriefsUnreadable."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and not (line == 1 and _tells_separator(text)):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        # A quotation mark that is never closed would swallow all rows below it without a word.
        raise BriefsUnreadable(line=line) from None


def _column_of(heading: str) -> str:
    name = " ".join(heading.replace("_", " ").casefold().split())
    return _COLUMN_OF.get(name, name)


def _without_key(cell: str) -> str:
    return "" if holds_key(cell) else cell


def _wanted(line: int, cells: Sequence[str], columns: Sequence[str]) -> WantedPost:
    if any(cell.strip() for cell in cells[len(columns) :]):
        raise _Faulty("cells")
    found = {
        column: clean(cell).strip()
        for column, cell in zip(columns, cells, strict=False)
        if column in HEADINGS
    }
    try:
        refuse_keys("brief", list(cells))
        fields: dict[str, Any] = {
            name: _meant(name, found[name]) for name in _BRIEF_FIELDS if found.get(name)
        }
        brief = Brief(topic=found.get("topic", ""), **fields)
    except KeyInText:
        raise _Faulty("key") from None
    except InvalidBrief as invalid:
        raise _Faulty(invalid.facts["field"]) from None  # type: ignore[arg-type]  # a Brief's own field
    client = found.get("client", "")
    if len(client) > LONGEST_NAME:
        raise _Faulty("client")
    image = _IMAGES.get(found.get("image", "").casefold())
    if image is None:
        raise _Faulty("image")
    return WantedPost(brief, client, _planned(found), line, image)


def _planned(found: Mapping[str, str]) -> datetime | None:
    written = f"{found.get('planned', '')} {found.get('time', '')}".strip()
    hour = hour_meant(written) if written else None
    if written and hour is None:
        raise _Faulty("planned")
    return hour


def _meant(field: str, value: str) -> str:
    """A network, tone or language by its code or by its name in either language; other texts as they are."""
    name = value.casefold()
    match field:
        case "network":
            labels = {network.label.casefold(): code for code, network in networks().items()}
            return {**labels, "twitter": "x", "x/twitter": "x"}.get(name, name)
        case "tone":
            words = {
                Texts(language)(f"assistant.tone.{tone}"): tone for language in LANGUAGES for tone in Tone
            }
            return words.get(name, name)
        case "language":
            return _LANGUAGE_NAMES.get(name, name)
        case _:
            return value
