"""`ppkit class accounts`: a lesson without a gateway, a project and a key for each learner.

Exit code 0: done, or shown; 1: the platform refused, or could not end everything; 3: nothing was agreed to.
What was made before a refusal stays, and the same command goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from ppkit.class_service.account_keys import AccountKeys
from ppkit.class_service.class_lesson import ClassLesson
from ppkit.class_service.class_roster import lesson_in
from ppkit.class_service.learner_accounts import (
    PROJECT_NOT_FOUND,
    AccountEnded,
    AccountTerms,
    LearnerAccount,
    LearnerAccounts,
    account_terms,
)
from ppkit.cli.command import Group, json_option
from ppkit.cli.consent import agrees
from ppkit.cli.output import REFUSED, CommandRefused, platform_answers, print_json, table
from ppkit.current_session import session
from ppkit.keys import presentable
from ppkit.look import formats
from ppkit.look.texts import Texts

NOT_AGREED = 3
FOLDER = "class-accounts"

command = Group("accounts", help="cli.help.class.accounts")
_FILE = click.argument("path", type=click.Path(path_type=Path), metavar="FILE")


@command.command("make", help="cli.help.class.accounts.make")
@_FILE
@click.option("--new-key", metavar="NAME", help="cli.accounts.option.new_key")
@click.option("--yes", is_flag=True, help="cli.accounts.option.yes")
@json_option()
@click.pass_obj
def make(texts: Texts, path: Path, new_key: str | None, yes: bool, as_json: bool) -> int:
    lesson = lesson_in(session(), path)
    terms = account_terms(lesson, session().clock.now())
    made: list[LearnerAccount] = []
    agreed = yes
    if not agreed and not as_json:
        _tell_terms(lesson, terms, texts)
        agreed = agrees(texts, "cli.accounts.make.ask", "cli.accounts.say_yes")
    if agreed:
        with _counted(made, texts), _accounts(lesson, texts) as accounts:
            accounts.make(terms, new_key, made.append)
    if as_json:
        print_json(_terms_document(lesson, terms) | {"accounts": _rows(made, lesson), "done": agreed})
    elif agreed:
        click.echo(texts.plural("cli.accounts.made", len(made), folder=_keys_of(lesson).folder))
        new = [account.pseudonym for account in made if account.has_new_key]
        if 0 < len(new) < len(made):
            click.echo(texts("cli.accounts.new_keys", learners=", ".join(new)))
        if not all(account.blocks for account in made):
            click.echo(texts("cli.accounts.limits_open"))
        click.echo(texts("cli.accounts.end_it"))
    return 0 if agreed else NOT_AGREED


@command.command("show", help="cli.help.class.accounts.show")
@_FILE
@json_option()
@click.pass_obj
def show(texts: Texts, path: Path, as_json: bool) -> None:
    lesson = lesson_in(session(), path)
    with _accounts(lesson, texts) as accounts:
        found = accounts.look()
    if as_json:
        print_json({"lesson": lesson.id, "accounts": _rows(found, lesson)})
    elif not found:
        click.echo(texts("cli.accounts.none"))
    else:
        names = ("learner", "state", "limit", "last_used", "key_file")
        head = [texts(f"cli.accounts.column.{name}") for name in names]
        click.echo(table(head, [_cells(account, lesson, texts) for account in found], len(head)))


@command.command("revoke", help="cli.help.class.accounts.revoke")
@_FILE
@click.option("--yes", is_flag=True, help="cli.accounts.option.yes")
@json_option()
@click.pass_obj
def revoke(texts: Texts, path: Path, yes: bool, as_json: bool) -> int:
    lesson = lesson_in(session(), path)
    if not yes and (as_json or not agrees(texts, "cli.accounts.revoke.ask", "cli.accounts.say_yes")):
        if as_json:
            print_json(_ended_document(lesson, []) | {"done": False})
        return NOT_AGREED
    ended: list[AccountEnded] = []
    with _counted(ended, texts), _accounts(lesson, texts) as accounts:
        accounts.revoke(ended.append)
        others = [] if ended else [presentable(one) for one in accounts.other_lessons()]
    if as_json:
        print_json(_ended_document(lesson, ended, others))
    else:
        _tell_ended(ended, others, texts)
    return REFUSED if any(one.refusal for one in ended) else 0


@contextmanager
def _accounts(lesson: ClassLesson, texts: Texts) -> Iterator[LearnerAccounts]:
    """Raises NoAdminKey, AccountsInUse, and CommandRefused for what the platform refuses."""
    keys = _keys_of(lesson)
    with session().platform_account.administration() as organization, keys.locked(), platform_answers(texts):
        yield LearnerAccounts(organization, lesson, keys, session().clock)


@contextmanager
def _counted(done: Sequence[object], texts: Texts) -> Iterator[None]:
    """Where the platform refuses in the middle, how far it went is told. Raises CommandRefused."""
    try:
        yield
    except CommandRefused as refused:
        facts = {**refused.problem.facts, "accounts_done": len(done)}
        click.echo(texts.plural("cli.accounts.partly", len(done)), err=True)
        raise CommandRefused(replace(refused.problem, facts=facts), refused.exit_code) from refused


def _keys_of(lesson: ClassLesson) -> AccountKeys:
    current = session()
    return AccountKeys(current.home / FOLDER / lesson.id, current.mode)


def _tell_terms(lesson: ClassLesson, terms: AccountTerms, texts: Texts) -> None:
    language = texts.language
    limit, at_most, in_all = (
        formats.money(amount, language, places="exact")
        for amount in (terms.limit, terms.at_most, lesson.limit_in_all)
    )
    learners = formats.number(lesson.learners, language)
    closes = (
        f"{formats.date(lesson.closes, language)} {formats.time(lesson.closes)} ({lesson.closes.tzname()})"
    )
    click.echo(
        texts("cli.accounts.terms", name=lesson.name, learners=learners, limit=limit, closes=closes), err=True
    )
    click.echo(texts.plural("cli.accounts.at_most", terms.months, at_most=at_most), err=True)
    if terms.passes_limit_in_all:
        click.echo(texts("cli.accounts.passes_limit_in_all", limit_in_all=in_all), err=True)


def _tell_ended(ended: Sequence[AccountEnded], others: Sequence[str], texts: Texts) -> None:
    refused = [one for one in ended if one.refusal and one.project_id]
    unknown = [one.pseudonym for one in ended if one.refusal == PROJECT_NOT_FOUND]
    click.echo(texts.plural("cli.accounts.ended", len(ended) - len(refused) - len(unknown)))
    for one in refused:
        id_shown = presentable(one.project_id)
        click.echo(texts("cli.accounts.left", learner=one.pseudonym, id=id_shown), err=True)
    if refused:
        click.echo(texts("cli.accounts.by_hand"), err=True)
    if unknown:
        click.echo(texts("cli.accounts.elsewhere", learners=", ".join(unknown)), err=True)
    if others:
        click.echo(texts("cli.accounts.other_lessons", lessons=", ".join(others)), err=True)


def _cells(account: LearnerAccount, lesson: ClassLesson, texts: Texts) -> list[str]:
    language, last = texts.language, account.last_used_at
    limit, file = account.limit, _keys_of(lesson).found(account.pseudonym)
    return [
        account.pseudonym,
        texts(f"cli.accounts.state.{'ready' if account.is_ready else 'unfinished'}"),
        texts("cli.limits.none") if limit is None else formats.money(limit, language),
        texts("cli.platform.keys.never") if last is None else formats.date(last, language),
        str(file or "–"),
    ]


def _terms_document(lesson: ClassLesson, terms: AccountTerms) -> dict[str, object]:
    return {
        "lesson": lesson.id,
        "closes": lesson.closes.isoformat(),
        "learners": lesson.learners,
        "months": terms.months,
        "limit_per_learner_pico_usd": terms.limit.pico_usd,
        "limit_in_all_pico_usd": lesson.limit_in_all.pico_usd,
        "at_most_pico_usd": terms.at_most.pico_usd,
    }


def _rows(accounts: Sequence[LearnerAccount], lesson: ClassLesson) -> list[dict[str, object]]:
    keys = _keys_of(lesson)
    return [
        {
            "learner": account.pseudonym,
            "project_id": presentable(account.project_id),
            "ready": account.is_ready,
            "new_key": account.has_new_key,
            "limit_pico_usd": account.limit and account.limit.pico_usd,
            "limit_blocks": account.blocks,
            "last_used_at": account.last_used_at and account.last_used_at.isoformat(),
            "key_file": str(found) if (found := keys.found(account.pseudonym)) else None,
        }
        for account in accounts
    ]


def _ended_document(
    lesson: ClassLesson, ended: Sequence[AccountEnded], others: Sequence[str] = ()
) -> dict[str, object]:
    rows = [
        {"learner": one.pseudonym, "project_id": presentable(one.project_id), "refusal": one.refusal}
        for one in ended
    ]
    left = [row for row in rows if row["refusal"]]
    return {
        "lesson": lesson.id,
        "ended": [row for row in rows if not row["refusal"]],
        "left": left,
        "other_lessons": others,
        "done": not left,
    }
