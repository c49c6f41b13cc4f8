"""`ppkit limits`: what informs and what blocks, a month, a day or in total; for everything, a key, a tag."""

from __future__ import annotations

from typing import Any

import click

from ppkit.cli.command import Command, NotTogether, json_option
from ppkit.cli.key_input import is_typed
from ppkit.cli.limits_shown import list_changes, show_limits
from ppkit.current_session import session
from ppkit.look.texts import Texts
from ppkit.spending.budget import AS_IS, Budget, Keep
from ppkit.spending.ledger.errors import LimitWithoutReason
from ppkit.spending.ledger.limit_periods import LIMIT_PERIODS, LimitPeriod

NONE = "none"


@click.command("limits", cls=Command, help="cli.help.limits")
@click.option("--soft", multiple=True, metavar="USD|%|none", help="cli.limits.option.soft")
@click.option("--hard", metavar="USD|none", help="cli.limits.option.hard")
@click.option("--per", type=click.Choice(LIMIT_PERIODS), default="month", help="cli.limits.option.per")
@click.option("--since", metavar="DAY", help="cli.limits.option.since")
@click.option("--key", metavar="…WXYZ", help="cli.limits.option.key")
@click.option("--tag", metavar="NAME=VALUE", help="cli.limits.option.tag")
@click.option("--why", metavar="TEXT", help="cli.limits.option.why")
@click.option("--changes", is_flag=True, help="cli.limits.option.changes")
@json_option()
@click.pass_obj
def command(  # noqa: PLR0917  (click hands over one argument per option)
    texts: Texts,
    soft: tuple[str, ...],
    hard: str | None,
    per: LimitPeriod,
    since: str | None,
    key: str | None,
    tag: str | None,
    why: str | None,
    changes: bool,
    as_json: bool,
) -> None:
    _check_options(soft=soft, hard=hard, since=since, key=key, tag=tag, changes=changes)
    current = session()
    if changes:
        list_changes(current.budget.changes(), texts, as_json=as_json)
        return
    if soft or hard is not None or since is not None:
        given: dict[str, Any] = {
            "soft": _chosen_soft(soft),
            "hard": _chosen(hard),
            "key": key,
            "tag": tag,
            "period": per,
            "since": since,
        }
        _set(current.budget, given, why, texts)
    show_limits(current, texts, as_json=as_json)


def _check_options(*, changes: bool, **options: object) -> None:
    """Raises NotTogether."""
    given = [f"--{name}" for name, value in options.items() if value]
    if changes and given:
        raise NotTogether("--changes", given[0])
    if options["key"] and options["tag"]:
        raise NotTogether("--key", "--tag")


def _set(budget: Budget, given: dict[str, Any], why: str | None, texts: Texts) -> None:
    """Who raises or removes a limit is asked why, where somebody sits there. Raises LimitWithoutReason."""
    try:
        budget.set(**given, why=why or "")
    except LimitWithoutReason:
        if not is_typed():
            raise
        budget.set(**given, why=click.prompt(texts("cli.limits.ask_why"), err=True))


def _chosen_soft(asked: tuple[str, ...]) -> tuple[str, ...] | Keep | None:
    """None: every alert is taken away."""
    if not asked:
        return AS_IS
    return None if [one.lower() for one in asked] == [NONE] else asked


def _chosen(asked: str | None) -> str | Keep | None:
    """What was asked for; an option that was left out leaves the limit as it is."""
    if asked is None:
        return AS_IS
    return None if asked.lower() == NONE else asked
