"""`ppkit batch`: a table of briefs, written after an estimate and a yes; the same line resumes what stopped.

Exit code 0: all is written; 1: something is left or was left out; 3: nothing was agreed to, nothing was sent.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import IO

import click

from ppkit.checkup import explain
from ppkit.cli.command import Command, json_option
from ppkit.cli.consent import agrees
from ppkit.cli.drafts_command import faults_document, tell_faults
from ppkit.cli.output import plain_facts, print_json
from ppkit.current_session import session
from ppkit.drafts import Batch, BatchEstimate, BatchOutcome, BatchProgress, BatchStatus, BriefTable, Ending
from ppkit.keys import presentable
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.spending.budget import WhatIf
from ppkit.spending.limit_texts import scope_text

SOMETHING_LEFT = 1
NOT_AGREED = 3


@click.command("batch", cls=Command, help="cli.help.batch")
@click.argument("file", type=click.File("rb"))
@click.option("--client", default="", help="cli.drafts.option.client_of_rows")
@click.option("--yes", is_flag=True, help="cli.batch.option.yes")
@click.option("--retry", is_flag=True, help="cli.batch.option.retry")
@click.option("--again", is_flag=True, help="cli.batch.option.again")
@json_option()
@click.pass_obj
def command(
    texts: Texts, *, file: IO[bytes], client: str, yes: bool, retry: bool, again: bool, as_json: bool
) -> int:
    drafts = session().drafts
    found = drafts.read_briefs(file.read())
    if not as_json:
        tell_faults(found, texts)
    if not found.rows:
        return _report(found, None, None, None, texts, as_json=as_json)
    batch = drafts.batch(found.rows, client=client, again=again)
    if retry:
        batch.retry()
    estimate = batch.estimate()
    if not as_json:
        _tell_estimate(batch.status, estimate, texts)
    outcome = None
    if estimate.posts and (yes or (not as_json and _agrees(texts))):
        outcome = _run(batch, estimate, texts, as_json=as_json)
    return _report(found, batch.status, estimate, outcome, texts, as_json=as_json)


def _run(batch: Batch, estimate: BatchEstimate, texts: Texts, *, as_json: bool) -> BatchOutcome:
    def tell(progress: BatchProgress) -> None:
        if not as_json:
            status = progress.status
            topic = (
                " ".join(progress.draft.topic.split()) if progress.draft else texts("cli.batch.failed_one")
            )
            click.echo(f"{status.total - status.waiting}/{status.total}  {topic}", err=True)

    with _stopping(texts) as stopped:
        return batch.run(estimate.agreed(), tell, stopped)


@contextmanager
def _stopping(texts: Texts) -> Iterator[Callable[[], bool]]:
    """Ctrl-C lets the post under way end, which is being paid for; a second one does not."""
    asked: list[bool] = []

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(True)
        click.echo(texts("cli.batch.stopping"), err=True)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)


def _agrees(texts: Texts) -> bool:
    """Asks a user who sits there; nobody else has agreed."""
    return agrees(texts, "cli.batch.ask", "cli.batch.say_yes")


def _report(
    found: BriefTable,
    status: BatchStatus | None,
    estimate: BatchEstimate | None,
    outcome: BatchOutcome | None,
    texts: Texts,
    *,
    as_json: bool,
) -> int:
    if as_json:
        print_json(
            {
                **faults_document(found, texts),
                "batch": _status_row(status) if status else None,
                "estimate": _estimate_row(estimate) if estimate else None,
                "outcome": _outcome_row(outcome) if outcome else None,
            }
        )
    elif outcome is not None:
        _tell_outcome(outcome, texts)
    if status is None:
        return SOMETHING_LEFT
    if outcome is None and status.waiting:
        return NOT_AGREED
    return SOMETHING_LEFT if found.faulty or status.done < status.total else 0


def _tell_estimate(status: BatchStatus, estimate: BatchEstimate, texts: Texts) -> None:
    click.echo(texts("cli.batch.status", id=status.id, done=status.done, total=status.total))
    for name in ("failed", "doubtful"):
        if getattr(status, name):
            click.echo(texts.plural(f"cli.batch.{name}", getattr(status, name)))
    _tell_left(estimate, texts)


def _tell_left(estimate: BatchEstimate, texts: Texts) -> None:
    if not estimate.posts:
        return
    click.echo(texts.plural("cli.batch.left", estimate.posts))
    cost = formats.money(estimate.highest_cost, texts.language, rounding="up")
    for name in ("by_plan", "by_key", "unpriced", "unpaid", "images", "unpaid_images"):
        count = getattr(estimate, name)
        if count:
            click.echo("- " + texts.plural(f"cli.batch.{name}", count, cost=cost, credits=estimate.credits))
    short = estimate.shortest
    if short:
        cost = formats.money(short.cost, texts.language, rounding="up")
        left = formats.money(short.left, texts.language)
        click.echo(texts("drafts.what_if.over", scope=scope_text(short.scope, texts), cost=cost, left=left))
    elif estimate.what_if and estimate.what_if.notified_by:
        click.echo(texts("drafts.what_if.alert"))


def _tell_outcome(outcome: BatchOutcome, texts: Texts) -> None:
    click.echo(texts(f"drafts.ending.{outcome.ending}"))
    if outcome.problem and outcome.ending is not Ending.CONSENT:
        told = explain(outcome.problem, texts)
        click.echo("\n".join((told.what, told.why, told.now)))
    cost = formats.money(outcome.cost, texts.language)
    click.echo(texts("cli.batch.spent", cost=cost, credits=outcome.credits))
    if outcome.unsaved:
        click.echo(f"{texts('cli.batch.unsaved')}\n\n{presentable(outcome.unsaved.text)}\n")
    if outcome.unsaved_image:
        click.echo(texts("cli.batch.unsaved_image"))
    _tell_left(outcome.left, texts)
    if outcome.left.posts:
        click.echo(texts("cli.batch.resume"))


def _status_row(status: BatchStatus) -> dict[str, object]:
    states = ("id", "total", "waiting", "done", "failed", "doubtful")
    return {**{name: getattr(status, name) for name in states}, "drafts": list(status.draft_ids)}


def _estimate_row(estimate: BatchEstimate) -> dict[str, object]:
    names = ("posts", "by_plan", "by_key", "unpaid", "unpriced", "credits", "images", "unpaid_images")
    figures = {name: getattr(estimate, name) for name in names}
    return {
        **figures,
        "highest_cost_pico_usd": estimate.highest_cost.pico_usd,
        "what_if": _what_if_row(estimate.what_if) if estimate.what_if else None,
        "short": [
            {"scope": one.scope, "cost_pico_usd": one.cost.pico_usd, "left_pico_usd": one.left.pico_usd}
            for one in estimate.short
        ],
    }


def _what_if_row(limits: WhatIf) -> dict[str, object]:
    return {
        "fits": limits.fits,
        "left_pico_usd": limits.left.pico_usd if limits.left is not None else None,
        "blocked_by": list(limits.blocked_by),
        "notified_by": list(limits.notified_by),
    }


def _outcome_row(outcome: BatchOutcome) -> dict[str, object]:
    problem = outcome.problem
    return {
        "ending": outcome.ending.value,
        "problem": {"code": problem.code, "facts": plain_facts(problem.facts)} if problem else None,
        "cost_pico_usd": outcome.cost.pico_usd,
        "credits": outcome.credits,
        "left": _estimate_row(outcome.left),
        "unsaved_image": outcome.unsaved_image is not None,
        "unsaved": presentable(outcome.unsaved.text) if outcome.unsaved else None,
    }
