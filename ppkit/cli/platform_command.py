"""`ppkit platform`: what an admin key shows and changes of the account at the platform.

Exit code 0: shown, or changed as asked; 1: the platform refused; 3: nothing was agreed to, nothing changed.
Where it refused a later one of several changes, those before it were made, and are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import click

from ppkit.checkup import (
    LimitDrift,
    LimitsAtPlatform,
    LimitStep,
    PlatformControls,
    carry_out,
    drift_of,
    mirror_steps,
)
from ppkit.checkup.limit_drift import in_whole_cents, new_alert
from ppkit.cli.command import Group, NotTogether, json_option
from ppkit.cli.consent import agrees
from ppkit.cli.output import REFUSED, CommandRefused, platform_answers, print_json, problem_of, table
from ppkit.current_session import session
from ppkit.keys import presentable
from ppkit.keys.masking import HIDDEN
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.onboarding import PlatformKey
from ppkit.spending.limit_amounts import amount_of

NONE = "none"
NOT_AGREED = 3

command = Group("platform", help="cli.help.platform")


@command.command("limits", help="cli.help.platform.limits")
@click.option("--project", metavar="ID", help="cli.platform.option.project")
@click.option("--hard", metavar="USD|none", help="cli.platform.option.hard")
@click.option("--alert", metavar="USD|none", help="cli.platform.option.alert")
@click.option("--id", "alert_id", metavar="ALERT", help="cli.platform.option.id")
@click.option("--to", multiple=True, metavar="MAIL", help="cli.platform.option.to")
@click.option("--mirror", is_flag=True, help="cli.platform.option.mirror")
@click.option("--yes", is_flag=True, help="cli.platform.option.yes")
@json_option()
@click.pass_obj
def limits(
    texts: Texts,
    *,
    project: str | None,
    hard: str | None,
    alert: str | None,
    alert_id: str | None,
    to: tuple[str, ...],
    mirror: bool,
    yes: bool,
    as_json: bool,
) -> int:
    changes = {"--hard": hard, "--alert": alert, "--id": alert_id}
    given = [name for name, value in changes.items() if value is not None]
    if mirror and given:
        raise NotTogether("--mirror", given[0])
    if to and not (mirror or alert or alert_id):
        raise click.MissingParameter(param=_option("--alert"))
    if alert is not None and alert.lower() == NONE and alert_id is None:
        raise click.MissingParameter(param=_option("--id"))
    current = session()
    there, ours = current.platform_account.limits(project), current.budget.get()
    recipients = to or tuple(filter(None, [current.settings.alert_to]))
    with platform_answers(texts):
        found = there.read()
        if mirror:
            steps = mirror_steps(ours, found, recipients)
        else:
            steps = _steps(found, hard, alert, alert_id, to or (() if alert_id else recipients))
        agreed = bool(steps) and (yes or (not as_json and _agrees(steps, texts)))
        if agreed:
            _carry_out(steps, there, texts)
            found = there.read()
    if as_json:
        print_json(_document(project, found, drift_of(ours, found), steps, done=agreed))
    else:
        _tell(found, drift_of(ours, found), texts)
        if mirror and not steps:
            click.echo(texts("cli.platform.in_line"))
    return 0 if agreed or not steps else NOT_AGREED


@command.command("keys", help="cli.help.platform.keys")
@json_option()
@click.pass_obj
def keys(texts: Texts, as_json: bool) -> None:
    account = session().platform_account
    with platform_answers(texts):
        found = account.keys()
    if as_json:
        print_json([_key_document(key) for key in found])
    elif not found:
        click.echo(texts("cli.platform.no_keys"))
    else:
        names = ("name", "key", "project", "created", "last_used", "owner")
        rows = [
            [
                presentable(key.name),
                f"{HIDDEN}{presentable(key.end)}",
                presentable(key.project),
                _day(key.created_at, texts),
                _day(key.last_used_at, texts),
                presentable(key.owner or "–"),
            ]
            for key in found
        ]
        head = [texts(f"cli.platform.keys.{name}") for name in names]
        click.echo(table(head, rows, numbers_from=len(head)))


def _day(moment: datetime | None, texts: Texts) -> str:
    return texts("cli.platform.keys.never") if moment is None else formats.date(moment, texts.language)


def _key_document(key: PlatformKey) -> dict[str, object]:
    return {
        "id": presentable(key.id),
        "name": presentable(key.name),
        "key": f"{HIDDEN}{presentable(key.end)}",
        "project": presentable(key.project),
        "project_id": presentable(key.project_id),
        "created_at": key.created_at and key.created_at.isoformat(),
        "last_used_at": key.last_used_at and key.last_used_at.isoformat(),
        "owner": key.owner and presentable(key.owner),
    }


def _steps(
    found: PlatformControls, hard: str | None, alert: str | None, alert_id: str | None, to: Sequence[str]
) -> list[LimitStep]:
    """What was asked for by its options. Raises InvalidLimit, NoSuchPlatformAlert, NoAlertRecipient."""
    steps = []
    if hard is not None:
        amount, before = amount_of(_chosen(hard)), found.limit.amount if found.limit else None
        if amount is not None:
            steps.append(LimitStep("set_limit", in_whole_cents(amount, "hard"), before))
        elif before is not None:
            steps.append(LimitStep("remove_limit", None, before))
    wanted = None if alert is None else amount_of(_chosen(alert))
    cents = None if wanted is None else in_whole_cents(wanted, "soft")
    if alert_id is not None:
        known = found.alert(alert_id)
        if alert is not None and wanted is None:
            steps.append(LimitStep("delete_alert", None, known.amount, known.id))
        elif alert is not None or to:
            amount = known.amount if cents is None else cents
            steps.append(LimitStep("change_alert", amount, known.amount, known.id, tuple(to)))
    elif cents is not None:
        steps.append(new_alert(cents, to))
    return steps


def _chosen(text: str) -> str | None:
    return None if text.lower() == NONE else text


def _agrees(steps: Sequence[LimitStep], texts: Texts) -> bool:
    """Says what would be changed, and asks a user who sits there; nobody else has agreed."""
    for step in steps:
        click.echo(_in_words(step, texts), err=True)
    return agrees(texts, "cli.platform.ask", "cli.platform.say_yes")


def _carry_out(steps: Sequence[LimitStep], there: LimitsAtPlatform, texts: Texts) -> None:
    """Where a step fails, those before it have been made: they are told. Raises CommandRefused then."""
    for number, step in enumerate(steps):
        try:
            carry_out(step, there)
        except Exception as error:
            if not number:
                raise
            done = "\n".join(_in_words(each, texts) for each in steps[:number])
            click.echo(texts("cli.platform.partly", done=done, failed=_in_words(step, texts)), err=True)
            problem = problem_of(error, texts)
            facts = {**problem.facts, "steps_done": ", ".join(each.action for each in steps[:number])}
            raise CommandRefused(replace(problem, facts=facts), REFUSED) from error


def _in_words(step: LimitStep, texts: Texts) -> str:
    amount, before = (_shown(each, texts) for each in (step.amount, step.before))
    return texts(f"cli.platform.step.{step.action}", amount=amount, before=before)


def _tell(found: PlatformControls, drifts: Sequence[LimitDrift], texts: Texts) -> None:
    head = [texts(f"cli.platform.column.{name}") for name in ("what", "here", "there", "drift")]
    rows = [
        [
            texts(f"cli.platform.kind.{drift.kind}"),
            _shown(drift.ours, texts),
            _shown(drift.theirs, texts),
            texts(f"cli.platform.drift.{drift.state}"),
        ]
        for drift in drifts
    ]
    click.echo(table(head, rows, numbers_from=len(head)))
    if found.limit:
        status = "enforcing" if found.limit.blocks else "open"
        click.echo(texts(f"cli.platform.status.{status}", status=presentable(found.limit.status)))
    for alert in found.alerts:
        text = "cli.platform.alert_ours" if alert.is_ours else "cli.platform.alert"
        to = presentable(", ".join(alert.recipients))
        click.echo(texts(text, id=presentable(alert.id), amount=_shown(alert.amount, texts), to=to))


def _shown(amount: Money | None, texts: Texts) -> str:
    return texts("cli.limits.none") if amount is None else formats.money(amount, texts.language)


def _document(
    project: str | None,
    found: PlatformControls,
    drifts: Sequence[LimitDrift],
    steps: Sequence[LimitStep],
    *,
    done: bool,
) -> dict[str, object]:
    limit = found.limit
    return {
        "project": project,
        "limit": limit and {"amount_pico_usd": limit.amount.pico_usd, "status": presentable(limit.status)},
        "alerts": [
            {
                "id": presentable(alert.id),
                "amount_pico_usd": alert.amount.pico_usd,
                "recipients": [presentable(mail) for mail in alert.recipients],
                "by_ppkit": alert.is_ours,
            }
            for alert in found.alerts
        ],
        "drift": [
            {
                "kind": drift.kind,
                "state": drift.state,
                "ours_pico_usd": _pico_usd(drift.ours),
                "theirs_pico_usd": _pico_usd(drift.theirs),
            }
            for drift in drifts
        ],
        "steps": [
            {
                "action": step.action,
                "amount_pico_usd": _pico_usd(step.amount),
                "before_pico_usd": _pico_usd(step.before),
                "alert_id": step.alert_id,
            }
            for step in steps
        ],
        "done": done,
    }


def _pico_usd(amount: Money | None) -> int | None:
    return None if amount is None else amount.pico_usd


def _option(name: str) -> click.Parameter:
    return next(option for option in limits.params if name in option.opts)
