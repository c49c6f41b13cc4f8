"""Limits as `ppkit limits` shows them: sentences, a table, JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import click

from ppkit.cli.output import print_json, table
from ppkit.clock import month_of, next_month
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.sessions import Session
from ppkit.spending.budget import LimitChange, LimitStatus
from ppkit.spending.ledger.outbox import Alert
from ppkit.spending.ledger.scopes import ALL
from ppkit.spending.ledger.values import Limits, Totals
from ppkit.spending.limit_facts import amount_fact, limit_facts, moment_fact
from ppkit.spending.limit_texts import for_how_long, scope_text


def show_limits(current: Session, texts: Texts, *, as_json: bool) -> None:
    """The month's limits for everything, where they stand, and then all others there are."""
    limits, totals = current.budget.get(), current.ledger.totals()
    stand, now = current.budget.status(), current.clock.now()
    if as_json:
        print_json(_document(limits, totals, now) | {"limits": [limit_facts(one) for one in stand]})
        return
    _tell(limits, totals, now, texts)
    others = [one for one in stand if (one.scope, one.period) != (ALL, "month")]
    if others:
        click.echo()
        click.echo(_table(others, texts))
    for alert in (alert for one in stand for alert in one.undelivered):
        click.echo(_undelivered(alert, texts))


def list_changes(changes: Sequence[LimitChange], texts: Texts, *, as_json: bool) -> None:
    """Who changed which limit, when and why; the oldest first."""
    if as_json:
        print_json([_change(change) for change in changes])
    elif not changes:
        click.echo(texts("cli.limits.no_changes"))
    else:
        names = ("when", "scope", "period", "soft", "hard", "by", "why")
        lines = [
            [
                f"{change.at.date().isoformat()} {formats.time(change.at)}",
                scope_text(change.scope, texts),
                for_how_long(change.period, change.limits.since, texts),
                _amounts(change.limits.thresholds, texts),
                _shown(change.limits.hard, texts),
                change.by,
                change.why,
            ]
            for change in changes
        ]
        headings = [texts(f"cli.limits.column.{name}") for name in names]
        click.echo(table(headings, lines, numbers_from=len(names)))


def _change(change: LimitChange) -> dict[str, object]:
    limits = change.limits
    return {
        "at": change.at.isoformat(),
        "scope": change.scope,
        "period": change.period,
        "since": moment_fact(limits.since),
        "by": change.by,
        "why": change.why,
        "soft_pico_usd": amount_fact(limits.soft),
        "hard_pico_usd": amount_fact(limits.hard),
        "thresholds_pico_usd": [one.pico_usd for one in limits.thresholds],
    }


def _tell(limits: Limits, totals: Totals, now: datetime, texts: Texts) -> None:
    click.echo(texts("cli.limits.soft", limit=_amounts(limits.thresholds, texts)))
    click.echo(texts("cli.limits.hard", limit=_shown(limits.hard, texts)))
    spent = formats.money(totals.spent, texts.language)
    reserved = formats.money(totals.reserved, texts.language)
    starts = formats.date(next_month(now), texts.language)
    click.echo(texts("cli.limits.spent", spent=spent, reserved=reserved, starts=starts))
    if totals.uncertain:
        uncertain = formats.money(totals.uncertain, texts.language)
        click.echo(texts("cli.limits.uncertain", uncertain=uncertain))


def _table(stand: Sequence[LimitStatus], texts: Texts) -> str:
    names = ("scope", "period", "soft", "hard", "counted", "left", "opens")
    lines = [
        [
            scope_text(one.scope, texts),
            for_how_long(one.period, one.starts_at, texts),
            _amounts(one.thresholds, texts),
            _shown(one.hard, texts),
            formats.money(one.counted, texts.language),
            "" if one.left is None else formats.money(one.left, texts.language),
            "" if one.opens_at is None else formats.date(one.opens_at, texts.language),
        ]
        for one in stand
    ]
    return table([texts(f"cli.limits.column.{name}") for name in names], lines, numbers_from=2)


def _undelivered(alert: Alert, texts: Texts) -> str:
    again = alert.next_attempt_at
    return texts.plural(
        "cli.limits.undelivered",
        alert.failed_attempts,
        threshold=formats.money(alert.threshold, texts.language),
        scope=scope_text(alert.scope, texts),
        failure=alert.failure,
        again="" if again is None else f"{formats.date(again, texts.language)}, {formats.time(again)} UTC",
    )


def _amounts(thresholds: Sequence[Money], texts: Texts) -> str:
    if not thresholds:
        return texts("cli.limits.none")
    return "; ".join(formats.money(one, texts.language) for one in thresholds)


def _shown(limit: Money | None, texts: Texts) -> str:
    return texts("cli.limits.none") if limit is None else formats.money(limit, texts.language)


def _document(limits: Limits, totals: Totals, now: datetime) -> dict[str, object]:
    return {
        "month": month_of(now),
        "soft_pico_usd": amount_fact(limits.soft),
        "hard_pico_usd": amount_fact(limits.hard),
        "spent_pico_usd": totals.spent.pico_usd,
        "reserved_pico_usd": totals.reserved.pico_usd,
        "uncertain_pico_usd": totals.uncertain.pico_usd,
    }
