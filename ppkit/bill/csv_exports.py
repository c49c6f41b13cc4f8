"""The CSV files that the platform's usage page exports, for accounts without an admin key.

Seen in public programs that read such files (October 2025 to September 2026), with their headers:
`cost_<from>_<to>.csv` (start_time, end_time, start_time_iso, end_time_iso, amount_value, amount_currency,
quantity, quantity_unit, line_item, user_id, api_key_id, project_id, …) and
`completions_usage_<from>_<to>.csv` (…, num_model_requests, api_key_id, model, batch, service_tier,
input_tokens, output_tokens, input_cached_tokens, …), periods of a minute or a day, whole numbers as "10.0",
days without use as a line with the period alone. Of embeddings only the file's name was seen, of images
nothing: their columns are assumed to be those of the API, unverified. Columns that are not known are passed
over.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

from ppkit.bill.errors import (
    ExportCurrencyOther,
    ExportLineBroken,
    ExportLineFaulty,
    ExportMomentFaulty,
    ExportNumberFaulty,
    ExportTooLarge,
    NotAnExport,
)
from ppkit.bill.figures import DATASETS, LARGEST, USAGE, Dataset, Figure

LARGEST_EXPORT = 64 * 2**20
LONGEST_VALUE = 40  # characters of a wrong value that an error quotes
LONGEST_NAME = 200
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
DELIMITERS = (",", ";", "\t")  # a spreadsheet in Italian writes ";"
PERIOD = ("start_time", "start_time_iso")
_DIGITS = re.compile(r"\d{1,12}(?:\.0+)?")
_WIDE = Context(prec=80)
_USAGE_FIELDS = {
    "calls": "num_model_requests",
    "input_tokens": "input_tokens",
    "cached_tokens": "input_cached_tokens",
    "cache_write_tokens": "input_cache_write_tokens",
    "output_tokens": "output_tokens",
    "images": "images",
}
_NAME = re.compile(rf"({'|'.join(USAGE)})_usage[_.-]|(costs?)[_.-]")


@dataclass(frozen=True, slots=True)
class CsvExport:
    """What one file holds: the figures of every day that it covers, also of those without use.

    `told_at` is the latest moment that the file itself proves: the beginning of the last period with figures.
    It may be exported long before it is imported, and a line without use may be of a day yet to come.
    """

    dataset: Dataset
    days: frozenset[date]
    figures: tuple[Figure, ...]
    lines: int
    told_at: datetime


def read_export(content: bytes, name: str = "") -> CsvExport:
    """The figures in an exported file; its name tells what it is about where its columns do not.

    All or nothing. Raises NotAnExport, ExportTooLarge, and ExportLineFaulty with the line of the file.
    """
    if len(content) > LARGEST_EXPORT:
        raise ExportTooLarge(megabytes=LARGEST_EXPORT // 2**20)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotAnExport(columns="–") from None
    header, *_ = text.splitlines() or [""]
    delimiter = max(DELIMITERS, key=header.count)
    columns = [column.strip().strip('"').lower() for column in header.split(delimiter)]
    dataset = _dataset_of(columns, name)
    if dataset is None or not set(PERIOD) & set(columns) or len(set(columns)) < len(columns):
        raise NotAnExport(columns=_short(", ".join(columns)))
    days: set[date] = set()
    figures: list[Figure] = []
    lines = 0
    told_at = datetime.min.replace(tzinfo=UTC)
    for row in _rows(text, columns, delimiter):
        begin = row.begin()
        day = begin.date()
        days.add(day)
        lines += 1
        figure = _cost(row, day) if dataset == "costs" else _usage(row, day, dataset)
        if figure:
            figures.append(figure)
            told_at = max(told_at, begin)
    return CsvExport(dataset, frozenset(days), tuple(figures), lines, told_at)


def _dataset_of(columns: Sequence[str], name: str) -> Dataset | None:
    """By the columns; where there are those of every export alone, by the file's name."""
    found = _NAME.search(name.lower())
    named: Dataset | None = None
    if found:
        named = next((one for one in DATASETS if one == found[1]), "costs")
    if "amount_value" in columns:
        return "costs"
    if "num_model_requests" in columns:
        if named in USAGE:
            return named
        return "images" if "images" in columns else "completions"
    only_periods = set(columns) <= {"start_time", "end_time", "start_time_iso", "end_time_iso"}
    return named if only_periods else None


@dataclass(frozen=True, slots=True)
class _ExportLine:
    number: int
    values: Mapping[str, str]
    decimal_comma: bool

    def text(self, column: str) -> str:
        return self.values.get(column, "")[:LONGEST_NAME]

    def fault(self, kind: type[ExportLineFaulty], column: str) -> ExportLineFaulty:
        return kind(line=self.number, column=column, value=_short(self.values.get(column, "")))

    def begin(self) -> datetime:
        """When the period began. Raises ExportMomentFaulty."""
        begin, end = self._moment("start_time"), self._moment("end_time")
        column = "start_time" if self.values.get("start_time") else "start_time_iso"
        if begin is None:
            raise self.fault(ExportMomentFaulty, column)
        if end is not None and not timedelta(0) < end - begin <= timedelta(days=1):
            raise self.fault(ExportMomentFaulty, column.replace("start", "end"))
        return begin

    def _moment(self, column: str) -> datetime | None:
        """In seconds, else as the twin column writes it; without an offset it is UTC."""
        seconds, text = self.values.get(column, ""), self.values.get(f"{column}_iso", "")
        if not seconds and not text:
            return None
        try:
            if seconds:
                if not _DIGITS.fullmatch(seconds):
                    raise ValueError(seconds)
                found = datetime.fromtimestamp(int(seconds.partition(".")[0]), UTC)
            else:
                found = datetime.fromisoformat(text)
                found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            raise self.fault(ExportMomentFaulty, column if seconds else f"{column}_iso") from None
        if found > LATEST:
            raise self.fault(ExportMomentFaulty, column if seconds else f"{column}_iso")
        return found

    def number_in(self, column: str) -> Decimal | None:
        """None where nothing stands. Raises ExportNumberFaulty."""
        text = self.values.get(column, "")
        if not text:
            return None
        try:
            found = Decimal(text.replace(",", ".") if self.decimal_comma else text)
        except InvalidOperation:
            raise self.fault(ExportNumberFaulty, column) from None
        if "_" in text or not found.is_finite() or found.adjusted() > 18 or len(text) > 60:
            raise self.fault(ExportNumberFaulty, column)
        return found

    def count(self, column: str) -> int:
        """A whole number, 0 where nothing stands. Raises ExportNumberFaulty."""
        found = self.number_in(column) or Decimal(0)
        if found != found.to_integral_value() or not 0 <= found <= LARGEST:
            raise self.fault(ExportNumberFaulty, column)
        return int(found)


def _rows(text: str, columns: Sequence[str], delimiter: str) -> Iterator[_ExportLine]:
    """Raises ExportLineBroken."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        next(reader)
        for fields in reader:
            if not any(field.strip() for field in fields):
                continue
            # A line may end early: what a spreadsheet leaves out at the end is empty.
            if len(fields) > len(columns):
                raise ExportLineBroken(line=reader.line_num, column="–", value=_short(fields[-1]))
            padded = [*(field.strip() for field in fields), *[""] * (len(columns) - len(fields))]
            yield _ExportLine(reader.line_num, dict(zip(columns, padded, strict=True)), delimiter == ";")
    except csv.Error:
        raise ExportLineBroken(line=reader.line_num, column="–", value="–") from None


def _cost(row: _ExportLine, day: date) -> Figure | None:
    usd = row.number_in("amount_value")
    if usd is None:
        return None
    if (row.text("amount_currency") or "usd").lower() != "usd":
        raise row.fault(ExportCurrencyOther, "amount_currency")
    pico = usd.scaleb(12, _WIDE)
    if abs(pico) > LARGEST:
        raise row.fault(ExportNumberFaulty, "amount_value")
    rounded = int(pico.to_integral_value(ROUND_HALF_EVEN))
    return Figure("costs", day, row.text("line_item"), row.text("api_key_id"), pico_usd=rounded)


def _usage(row: _ExportLine, day: date, dataset: Dataset) -> Figure | None:
    counts = {field: row.count(column) for field, column in _USAGE_FIELDS.items()}
    if not any(counts.values()):
        return None
    return Figure(dataset, day, row.text("model"), row.text("api_key_id"), **counts)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
