"""Limits in words: for whom one is, for how long, and when it opens again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.spending.ledger.limit_periods import (
    LIMIT_PERIODS,
    LimitPeriod,
    kind_of_period,
    next_start,
    start_of_period,
)
from ppkit.spending.ledger.limit_status import LimitStatus
from ppkit.spending.ledger.scopes import ALL, parts_of


def scope_text(scope: str, texts: Texts) -> str:
    """A scope as a user reads it: "all calls", "the key …WXYZ", "the tag client=a"."""
    kind, _, name = scope.partition(":")
    if scope == ALL:
        return texts("spending.scope.all")
    if kind == "key":
        return texts("spending.scope.key", name=parts_of(name)[0])
    return texts("spending.scope.tag", name=name)


def refusal_in_words(facts: Mapping[str, object], part: str, texts: Texts) -> dict[str, object]:
    """The facts of a refused reservation with its scope and period as its sentence `part` needs them.

    `part` is "what", "why" or "now"; the facts are ready for a sentence otherwise. Facts that are of no limit
    come back as they are.
    """
    if facts.get("period") not in LIMIT_PERIODS:
        return dict(facts)
    told = {**facts, "scope": scope_text(str(facts["scope"]), texts)}
    return told | {"period": texts(f"spending.period.{facts['period']}.{part}", **told)}


def period_text(period: str, texts: Texts) -> str:
    """A period by its name: "for this month", "for Nov 23, 2026", "for all spending since Nov 23, 2026"."""
    kind = kind_of_period(period)
    return texts(f"spending.alert.period.{kind}", start=formats.date(start_of_period(period), texts.language))


def restart_text(period: str, texts: Texts) -> str:
    """When what is counted in the period of this name starts anew, or that it does not."""
    again = next_start(period)
    if again is None:
        return texts("spending.alert.no_restart")
    return texts("spending.alert.restart", resets_on=formats.date(again, texts.language))


def for_how_long(period: LimitPeriod, since: datetime | None, texts: Texts) -> str:
    """What a limit is for, in a table: "month", "day", "total since Nov 23, 2026"."""
    start = "" if since is None else formats.date(since, texts.language)
    return texts(f"spending.limit_for.{period}", start=start)


def alerts_text(limit: LimitStatus, texts: Texts) -> list[str]:
    """A sentence for each spend alert of the limit: that it was reached, or where it is."""
    return [
        texts(
            "runs.limit.warned" if threshold in limit.reached else "runs.limit.soft",
            soft=formats.money(threshold, texts.language),
        )
        for threshold in limit.thresholds
    ]
