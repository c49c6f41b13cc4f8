"""Reports: sums by day, model, key or tag, read from the daily roll-up and never from single entries."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from ppkit.extras import require
from ppkit.keys.key_refusal import refuse_keys
from ppkit.keys.masking import HIDDEN
from ppkit.spending.ledger.errors import NotADay, UnknownGrouping
from ppkit.spending.ledger.scopes import is_tag_name, parts_of
from ppkit.spending.ledger.transaction import Transaction

if TYPE_CHECKING:
    import pandas as pd

ReportRow = dict[str, str | int | None]
"""The fields asked for (text; None for calls without that tag), then the figures (whole numbers)."""

MARKED = ("uncertain_pico_usd", "estimated_pico_usd", "ceiling_pico_usd", "overrun_pico_usd")
"""What is uncertain stands beside the cost; the others are the parts of the cost that carry these marks."""

FIGURES = ("calls", "input_tokens", "output_tokens", "cost_pico_usd", "reserved_pico_usd", *MARKED)
COLUMNS = ("day", "model", "key")
TAG = "tag:"

Day = date | str
"""A day (UTC), also as text: "2026-11-23"."""


@dataclass(frozen=True, slots=True)
class Report:
    """Rows sorted by the fields asked for. A day is a day in UTC, the one on which the call was reserved."""

    by: tuple[str, ...]
    rows: list[ReportRow]

    def __iter__(self) -> Iterator[ReportRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def to_frame(self) -> pd.DataFrame:
        """The rows as a pandas table, whole numbers kept whole. Raises ExtraMissing."""
        require("lab", "pandas")
        import pandas as pd  # heavy, and only needed by who asks for a table

        return pd.DataFrame(self.rows, columns=[*self.by, *FIGURES])

    def to_csv(self) -> str:
        """The rows as CSV text with a header line."""
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=[*self.by, *FIGURES], lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _harmless(value) for name, value in row.items()} for row in self.rows)
        return text.getvalue()


@dataclass(frozen=True, slots=True)
class Question:
    """What a report is asked: fields to group by, first and last day (both included), fields with a value.

    Raises UnknownGrouping for a field that is no day, model, key or "tag:NAME".
    """

    by: tuple[str, ...]
    since: date | None = None
    until: date | None = None
    where: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for name in (*self.by, *(name for name, _ in self.where)):
            _check_field(name)

    @classmethod
    def of(
        cls, by: str | Sequence[str], since: Day | None, until: Day | None, where: Mapping[str, str] | None
    ) -> Question:
        """A question as a caller writes it. Raises UnknownGrouping, NotADay, KeyInText."""
        refuse_keys("report", by, since, until, where)
        fields = (by,) if isinstance(by, str) else tuple(dict.fromkeys(by))
        return cls(fields, _day(since), _day(until), tuple((where or {}).items()))


def report(tx: Transaction, question: Question) -> Report:
    """Settled costs from the roll-up, with what is uncertain or marked, beside the money still reserved."""
    sql, parameters = _statement(question, tx.tag_value)
    names = (*question.by, *FIGURES)
    rows = [dict(zip(names, row[-len(names) :], strict=True)) for row in tx.report(sql, parameters)]
    return Report(question.by, _with_keys_shown(rows, question.by) if "key" in question.by else rows)


def _with_keys_shown(rows: list[ReportRow], by: tuple[str, ...]) -> list[ReportRow]:
    """Keys by their end, and by as much of their fingerprints as tells them apart.

    Calls of earlier versions have no fingerprint: they stand with the only key that ends so, if there is one.
    """
    shown = _shown_names({str(row["key"]) for row in rows})
    merged: dict[tuple[object, ...], ReportRow] = {}
    for row in rows:
        row["key"] = shown[str(row["key"])]
        together = merged.setdefault(tuple(row[name] for name in by), row)
        if together is not row:
            for figure in FIGURES:
                together[figure] = int(together[figure] or 0) + int(row[figure] or 0)
    return list(merged.values())


def _shown_names(identities: set[str]) -> dict[str, str]:
    """What each key's identity is shown as; several keys with one end differ after a "#"."""
    by_end: dict[str, set[str]] = defaultdict(set)
    for identity in identities:
        end, fingerprint = parts_of(identity)
        by_end[end].add(fingerprint)
    return {identity: _shown_name(identity, by_end) for identity in identities}


def _shown_name(identity: str, by_end: Mapping[str, set[str]]) -> str:
    end, fingerprint = parts_of(identity)
    others = by_end[end] - {"", fingerprint}
    if not fingerprint or not others:
        return end
    length = 4
    while any(other.startswith(fingerprint[:length]) for other in others):
        length += 1
    return f"{end}#{fingerprint[:length]}"


TagValue = Callable[[str], str]
"""The database's expression for the value of a tag, whose name the parameter of this name holds."""


def _statement(question: Question, tag_value: TagValue) -> tuple[str, dict[str, object]]:
    """Each table summed up by itself, where its key helps, then both together.

    No value and no name of a caller is ever written into the text: fields are named by position, tag names
    and values travel as parameters. A report by nothing is grouped by a 1, so that it has one row or none.
    """
    parameters: dict[str, object] = {}
    fields = [
        _expression(name, f"by{number}", parameters, tag_value) for number, name in enumerate(question.by)
    ] or ["1"]
    selected = ", ".join(f"{field} AS field{number}" for number, field in enumerate(fields))
    grouping = ", ".join(f"field{number}" for number in range(len(fields)))
    order = ", ".join(f"field{number} NULLS FIRST" for number in range(len(fields)))
    conditions = _conditions(question, parameters, tag_value)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    sums = ", ".join(f"CAST(sum({name}) AS BIGINT) AS {name}" for name in FIGURES)
    marked = ", ".join(f"sum({name}) AS {name}" for name in MARKED)
    sql = f"""
SELECT {grouping}, {sums} FROM (
  SELECT {selected}, sum(calls) AS calls, sum(input_tokens) AS input_tokens,
         sum(output_tokens) AS output_tokens, sum(cost_pico_usd) AS cost_pico_usd,
         0 AS reserved_pico_usd, {marked}
  FROM daily {where} GROUP BY {grouping}
  UNION ALL
  SELECT {selected}, 0, 0, 0, 0, sum(pico_usd), 0, 0, 0, 0
  FROM (SELECT substr(at, 1, 10) AS day, model, key, tags, pico_usd FROM reservation) AS open_calls
  {where} GROUP BY {grouping}
) AS both_tables GROUP BY {grouping} ORDER BY {order}"""  # noqa: S608
    return sql, parameters


def _conditions(question: Question, parameters: dict[str, object], tag_value: TagValue) -> list[str]:
    conditions = []
    if question.since is not None:
        conditions.append("day >= :since")
        parameters["since"] = question.since.isoformat()
    if question.until is not None:
        conditions.append("day <= :until")
        parameters["until"] = question.until.isoformat()
    for number, (name, value) in enumerate(question.where):
        field, given = _expression(name, f"where{number}", parameters, tag_value), f":value{number}"
        parameters[f"value{number}"] = value
        conditions.append(_is_key(value, number, parameters) if name == "key" else f"{field} = {given}")
    return conditions


def _is_key(value: str, number: int, parameters: dict[str, object]) -> str:
    """A condition for a key: its name, its end, also with the beginning of a fingerprint, or its identity.

    An identity has the calls of earlier versions too, which know the end alone, if no other key ends so.
    """
    end, fingerprint = parts_of(value)
    if fingerprint:
        parameters |= {f"end{number}": end, f"ends{number}": f"{end}#", f"length{number}": len(end) + 1}
        return f"""(key = :value{number} OR (key = :end{number} AND NOT EXISTS (
  SELECT 1 FROM daily AS other
  WHERE substr(other.key, 1, :length{number}) = :ends{number} AND other.key <> :value{number})))"""  # noqa: S608
    begin = value if "#" in value.removeprefix(HIDDEN)[4:] else f"{value}#"
    parameters |= {f"begin{number}": begin, f"length{number}": len(begin)}
    return f"(key = :value{number} OR substr(key, 1, :length{number}) = :begin{number})"


def _expression(name: str, parameter: str, parameters: dict[str, object], tag_value: TagValue) -> str:
    if name in COLUMNS:
        return name
    parameters[parameter] = name.removeprefix(TAG)
    return tag_value(parameter)


def _day(day: Day | None) -> date | None:
    """The day that is meant. Raises NotADay."""
    if isinstance(day, datetime):
        return (day.astimezone(UTC) if day.tzinfo else day).date()
    if day is None or isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day)
    except (TypeError, ValueError):
        raise NotADay(value=day) from None


def _check_field(name: str) -> None:
    if name not in COLUMNS and not (name.startswith(TAG) and is_tag_name(name.removeprefix(TAG))):
        raise UnknownGrouping(name=name)


def _harmless(value: str | int | None) -> str | int | None:
    """Text that a spreadsheet would run as a formula, made plain: tags and names come from many hands."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
