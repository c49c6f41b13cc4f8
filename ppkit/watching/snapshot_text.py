"""A snapshot as plain text, and one call as one line."""

from __future__ import annotations

from ppkit.look import formats
from ppkit.look.text_table import table
from ppkit.look.texts import Texts
from ppkit.money import ZERO, Money
from ppkit.spending.ledger.limit_status import LimitStatus
from ppkit.spending.ledger.values import Entry
from ppkit.spending.limit_texts import alerts_text, scope_text
from ppkit.spending.marks import SIGNS
from ppkit.watching.ledger_snapshot import LedgerSnapshot, PeriodSpending

MODEL_COLUMNS = ("model", "cost", "calls", "input_tokens", "output_tokens")
CALL_COLUMNS = ("time", "model", "cost", "state", "tokens", "key", "tags")
BAR_WIDTH = 24
_EIGHTHS = "▏▎▍▌▋▊▉"


def snapshot_text(snapshot: LedgerSnapshot, texts: Texts) -> str:
    """Several lines, in the language of the texts."""
    lines = [heading(snapshot, texts)]
    lines += [period_line(name, getattr(snapshot, name), texts) for name in ("today", "month")]
    lines += [f"{''.join(bar_parts(limit))} {limit_words(limit, texts)}" for limit in snapshot.limits]
    if snapshot.models:
        head = [texts(f"watching.column.{name}") for name in MODEL_COLUMNS]
        lines += ["", table(head, model_rows(snapshot, texts), numbers_from=1)]
    if snapshot.latest:
        head = [texts(f"watching.column.{name}") for name in CALL_COLUMNS]
        rows = [call_cells(call, texts) for call in snapshot.latest]
        lines += ["", table(head, rows, numbers_from=len(CALL_COLUMNS))]
    return "\n".join(lines)


def heading(snapshot: LedgerSnapshot, texts: Texts) -> str:
    """Whose money it is, and of which moment (UTC, as the platform counts)."""
    mode = texts(f"runs.mode.{snapshot.mode}")
    day = formats.date(snapshot.at, texts.language)
    return texts("watching.heading", mode=mode, day=day, time=f"{snapshot.at:%H:%M:%S}")


def period_line(name: str, spending: PeriodSpending, texts: Texts) -> str:
    """ "Today: $0.0012, 3 calls", and what is under way or uncertain."""
    money = formats.money(spending.cost, texts.language)
    told = [texts(f"watching.{name}", cost=money), texts.plural("runs.calls", spending.calls)]
    told += [
        texts(f"watching.{kind}", amount=formats.money(amount, texts.language, rounding="up"))
        for kind, amount in (("reserved", spending.reserved), ("uncertain", spending.uncertain))
        if amount
    ]
    return ", ".join(told)


def limit_words(limit: LimitStatus, texts: Texts) -> str:
    """Whose limit, for how long, how much of it is used and what is left; the alerts and those reached."""
    scope = f"{scope_text(limit.scope, texts)}, {texts(f'spending.period.{limit.period}.why')}"
    counted = formats.money(limit.counted, texts.language)
    if limit.hard is None or limit.left is None:
        told = texts("watching.limit.none", scope=scope, counted=counted)
    else:
        told = texts(
            "watching.limit.hard",
            scope=scope,
            counted=counted,
            hard=formats.money(limit.hard, texts.language),
            left=formats.money(limit.left, texts.language, places="exact"),
        )
    return " ".join([told, *alerts_text(limit, texts)])


def bar_parts(limit: LimitStatus, width: int = BAR_WIDTH) -> tuple[str, str, str]:
    """The limit as a bar of signs: spent, held by calls under way, free. Even, in eighths of a sign.

    What is not nothing has an eighth at least.
    """
    whole = max(limit.hard or ZERO, *limit.thresholds, limit.counted + limit.reserved, Money(1))
    eighths = min(_share(limit.counted, whole, 8 * width), 8 * width)
    spent = "█" * (eighths // 8) + ("", *_EIGHTHS)[eighths % 8]
    held = min(_share(limit.reserved, whole, width), width - len(spent))
    return spent, "▒" * held, "░" * (width - len(spent) - held)


def _share(amount: Money, whole: Money, parts: int) -> int:
    return max(1, parts * amount.pico_usd // whole.pico_usd) if amount else 0


def model_rows(snapshot: LedgerSnapshot, texts: Texts) -> list[list[str]]:
    """One row per model of the month, as `MODEL_COLUMNS` says."""
    return [
        [
            model,
            formats.money(spending.cost, texts.language),
            *(
                formats.number(number, texts.language)
                for number in (spending.calls, spending.input_tokens, spending.output_tokens)
            ),
        ]
        for model, spending in snapshot.models
    ]


def call_cells(call: Entry, texts: Texts) -> list[str]:
    """One call, as `CALL_COLUMNS` says."""
    cost = call.reserved if call.state == "reserved" else call.cost or ZERO
    shown = formats.money(cost, texts.language)
    sign = SIGNS.get(call.mark, "") if call.mark else ""
    tokens = (
        ""
        if call.usage is None
        else f"{formats.number(call.usage.input_tokens, texts.language)} + "
        f"{formats.number(call.usage.output_tokens, texts.language)}"
    )
    state = "uncertain" if call.mark == "uncertain" else call.state
    tags = " ".join(f"{name}={value}" for name, value in sorted(call.call.tags.items()))
    at = f"{call.reserved_at:%H:%M:%S}"
    told = texts(f"watching.state.{state}")
    return [at, call.call.model, f"{sign} {shown}".strip(), told, tokens, call.call.key, tags]


def call_line(call: Entry, snapshot: LedgerSnapshot, texts: Texts) -> str:
    """One line for a log: the call, and what today and this month have cost with it."""
    cells = "  ".join(cell for cell in call_cells(call, texts) if cell)
    today, month = (formats.money(one.cost, texts.language) for one in (snapshot.today, snapshot.month))
    return f"{cells}  |  {texts('watching.today', cost=today)}, {texts('watching.month', cost=month)}"
