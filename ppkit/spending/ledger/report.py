"""What a report has found: whole columns, and the tables and files that are made of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ppkit.extras import require
from ppkit.spending.ledger.report_table import MOST_ROWS, html_table
from ppkit.spending.ledger.tables import TOKENS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from ppkit.look.stacked_chart import StackedChart

ReportRow = dict[str, str | int | None]
"""The fields asked for (text; None for calls without that tag), then the figures (whole numbers)."""

Day = date | str
"""A day (UTC), also as text: "2026-11-23"."""

RESERVED = "reserved_pico_usd"
MARKED = ("uncertain_pico_usd", "estimated_pico_usd", "ceiling_pico_usd", "overrun_pico_usd")
"""What is uncertain stands beside the cost; the others are the parts of the cost that carry these marks."""

AMOUNTS = ("cost_pico_usd", RESERVED, *MARKED)
FIGURES = ("calls", *TOKENS[:2], *AMOUNTS, *TOKENS[2:])
PICO_USD, USD = "_pico_usd", "_usd"

RATIOS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "cost_per_call_pico_usd": (("cost_pico_usd",), ("calls",)),
    "cached_share": (("cached_tokens",), ("input_tokens",)),
    "uncertain_share": (("uncertain_pico_usd",), ("cost_pico_usd", "uncertain_pico_usd")),
    "estimated_share": (("estimated_pico_usd", "ceiling_pico_usd"), ("cost_pico_usd",)),
}
"""Of what each is the share: sums of figures above and below the line."""

# A spreadsheet keeps fifteen digits of a number.
_LARGEST_IN_A_SHEET = 10**15

_MOST_DAYS = 400  # in a chart


@dataclass(frozen=True)
class Report:
    """Rows sorted by the fields asked for. A day is a day in UTC, the one on which the call was reserved.

    `labels` has, for each field, which of its labels each row has, and these labels; `figures` a column for
    each of `FIGURES`. Equal in length.
    """

    by: tuple[str, ...]
    labels: Mapping[str, tuple[Sequence[int], Sequence[str | None]]]
    figures: Mapping[str, Sequence[int]]

    def __iter__(self) -> Iterator[ReportRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.figures["calls"])

    @cached_property
    def rows(self) -> list[ReportRow]:
        """The rows as dictionaries; for many rows `to_frame` is faster."""
        return self._first(len(self))

    def _first(self, most: int) -> list[ReportRow]:
        names = (*self.by, *FIGURES)
        columns = [[texts[code] for code in codes[:most]] for codes, texts in self._labels()]
        rows = zip(*columns, *(self.figures[name][:most] for name in FIGURES), strict=True)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _repr_html_(self) -> str:
        return html_table(self.by, self._first(MOST_ROWS + 1))  # one more shows that there are more

    def _labels(self) -> list[tuple[Sequence[int], Sequence[str | None]]]:
        return [self.labels[name] for name in self.by]

    def to_frame(self) -> pd.DataFrame:
        """A pandas table: days and months are dates, hours moments in UTC, names categories.

        Amounts are whole pico-dollars (10^-12 USD), exact; behind them what a call costs on average, and the
        shares that were read from the cache, are uncertain, or are estimated (None where there is nothing to
        divide by). Raises ExtraMissing.
        """
        require("tables", "pandas")
        import numpy as np  # heavy, and only needed by who asks for a table
        import pandas as pd

        columns: dict[str, object] = {}
        for name, (codes, texts) in zip(self.by, self._labels(), strict=True):
            columns[name] = _pandas_column(name, np.asarray(codes), texts)
        figures = {name: np.asarray(self.figures[name]) for name in FIGURES}
        columns |= figures
        for name, (above, below) in RATIOS.items():
            whole = np.sum([figures[part] for part in below], axis=0, dtype="float64")
            whole[whole == 0] = np.nan
            columns[name] = np.sum([figures[part] for part in above], axis=0) / whole
        return pd.DataFrame(columns, index=pd.RangeIndex(len(self)))

    def to_usd(self) -> pd.DataFrame:
        """The same table with amounts in USD, for reading and for charts: to fifteen digits, not exact."""
        frame = self.to_frame()
        amounts = [name for name in frame.columns if name.endswith(PICO_USD)]
        frame[amounts] = frame[amounts] / 10**12
        return frame.rename(columns={name: name.removesuffix(PICO_USD) + USD for name in amounts})

    def chart(self, title: str = "", language: str = "en") -> StackedChart:
        """A chart of the cost: a column for each period, or for each label of the first field; what another
        field tells apart is stacked. The last line of a notebook's cell draws it, without a network.
        """
        from ppkit.look.stacked_chart import stacked  # lazy, and with it the formats of two languages

        below = next((name for name in self.by if name in {"hour", "day", "week", "month"}), None)
        below = below or next(iter(self.by), None)
        stack = next((name for name in self.by if name != below), None)
        rows = [
            (
                str(row[below]) if below else "",
                str(row[stack]) if stack else "",
                int(row["cost_pico_usd"] or 0),
            )
            for row in self.rows
        ]
        columns = [(name, name) for name in _without_gaps(below, dict.fromkeys(row[0] for row in rows))]
        return stacked(title or " × ".join(self.by), columns, rows, language)

    def to_csv(self) -> str:
        """The rows as CSV text with a header line, the shares included."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*self.by, *FIGURES, *RATIOS])
        writer.writerows([*map(_harmless, row.values()), *_ratios(row)] for row in self.rows)
        return text.getvalue()

    def to_json(self) -> str:
        """The rows as a JSON list of objects, the shares included."""
        return json.dumps(self.records(), ensure_ascii=False, indent=2)

    def records(self) -> list[dict[str, str | int | float | None]]:
        """The rows with the averages and shares that `to_frame` tells of."""
        return [{**row, **dict(zip(RATIOS, _ratios(row), strict=True))} for row in self.rows]

    def to_xlsx(self, path: Path | str) -> None:
        """Write a workbook with one sheet: amounts in USD, the cost exact as well.

        Raises ExtraMissing, OSError.
        """
        require("tables", "pandas")
        require("xlsx", "xlsxwriter")
        frame = self.to_usd()
        for name in self.by:
            frame[name] = [_harmless(label) for label in _plain(self.labels[name])]
        exact = self.figures["cost_pico_usd"]
        fits = max(map(abs, exact), default=0) < _LARGEST_IN_A_SHEET
        frame["cost_pico_usd"] = list(exact) if fits else list(map(str, exact))
        first = [*self.by, "cost_usd", "calls"]
        rest = [name for name in frame.columns if name not in first]
        frame[[*first, *rest]].to_excel(path, index=False, engine="xlsxwriter", sheet_name="ppkit")

    def to_parquet(self, path: Path | str) -> None:
        """Write the table of `to_frame` with its types. Raises ExtraMissing, OSError."""
        require("tables", "pandas", "pyarrow")
        self.to_frame().to_parquet(path, engine="pyarrow", index=False)


def joined(by: Sequence[str], field: str, reports: Mapping[str, Report]) -> Report:
    """Reports by the same fields as one. `field` tells them apart; if `by` lacks it, there is one at most."""
    if field not in by and reports:
        (only,) = reports.values()
        return only
    rows = [row | {field: name} for name, report in reports.items() for row in report.rows]
    rows.sort(key=lambda row: [(row[name] is not None, row[name] or "") for name in by])
    labels: dict[str, tuple[Sequence[int], Sequence[str | None]]] = {}
    for name in by:
        texts = [text if isinstance(text, str) else None for text in dict.fromkeys(row[name] for row in rows)]
        texts.sort(key=lambda text: (text is not None, text or ""))
        places = {text: place for place, text in enumerate(texts)}
        labels[name] = [places[row[name]] for row in rows], texts  # type: ignore[index]  # fields are text
    return Report(tuple(by), labels, {name: [int(row[name] or 0) for row in rows] for name in FIGURES})


def _without_gaps(field: str | None, names: Iterable[str]) -> list[str]:
    """Days without a call are days too, where that makes no chart of many years."""
    found = list(names)
    if field != "day" or not found:
        return found
    first, last = date.fromisoformat(found[0]), date.fromisoformat(found[-1])
    count = (last - first).days + 1
    return found if count > _MOST_DAYS else [(first + timedelta(each)).isoformat() for each in range(count)]


def _plain(labels: tuple[Sequence[int], Sequence[str | None]]) -> list[str | None]:
    codes, texts = labels
    return [texts[code] for code in codes]


def _pandas_column(name: str, codes: NDArray[np.int64], texts: Sequence[str | None]) -> object:
    import pandas as pd

    names = [text for text in texts if text is not None]
    if name in {"hour", "day", "month"}:
        moments = pd.to_datetime([f"{text}:00" if name == "hour" else text for text in names])
        return moments.tz_localize("UTC" if name == "hour" else None).take(codes)
    missing = len(names) < len(texts)  # no tag sorts first
    return pd.Categorical.from_codes(
        codes - 1 if missing else codes, pd.Index(names, dtype="str"), ordered=name == "week"
    )


def _ratios(row: ReportRow) -> list[float | None]:
    def sum_of(names: tuple[str, ...]) -> int:
        return sum(int(row[name] or 0) for name in names)

    return [sum_of(above) / whole if (whole := sum_of(below)) else None for above, below in RATIOS.values()]


def _harmless(value: str | int | None) -> str | int | None:
    """Text that a spreadsheet would run as a formula, made plain: tags and names come from many hands."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
