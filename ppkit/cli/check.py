"""`ppkit check`: the ladder for one key.

Exit code 0: use is proven; 1: not usable; 3: recognised, credit not proven.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from ppkit.checkup import Finding, State, Verdict, explain, verdict_of
from ppkit.checkup.explain import shown_facts
from ppkit.cli.command import Command, json_option
from ppkit.cli.output import print_json
from ppkit.cli.pasted import accepted
from ppkit.keys import ApiKey, lint
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.session import KEY_VARIABLE, NoKeyLinked, Session, session

EXIT_CODES = {Verdict.USABLE: 0, Verdict.NOT_USABLE: 1, Verdict.RECOGNISED: 3}
_SIGNS = {State.PASSED: "✓", State.FAILED: "✗", State.SKIPPED: "–"}


@click.command("check", cls=Command, help="cli.help.check")
@click.option("--yes", is_flag=True, help="cli.check.option.yes")
@json_option()
@click.pass_obj
def command(texts: Texts, yes: bool, as_json: bool) -> int:
    current = session()
    key = key_to_check(current, texts)
    if key is None:
        return EXIT_CODES[Verdict.NOT_USABLE]
    if not as_json:
        click.echo(texts("cli.check.key", key=key.masked, mode=texts(f"common.mode.{current.mode}")))
    findings = current.checkup.run(
        key, consent=yes, on_finding=lambda finding: None if as_json else _tell(finding, texts)
    )
    verdict = verdict_of(findings)
    if as_json:
        print_json(_document(key, verdict, findings))
    else:
        _tell_verdict(verdict, yes, texts)
    return EXIT_CODES[verdict]


def key_to_check(current: Session, texts: Texts) -> ApiKey | None:
    """The environment's key, else standard input's, else the saved one; None when it is refused (and told).

    A variable that is set comes first, so that a script whose standard input stays open does not hang.
    Raises NoKeyLinked when there is none anywhere.
    """
    given = os.environ.get(KEY_VARIABLE) or _piped()
    if given:
        return accepted(lint(given, current.mode), texts)
    saved = current.linked_key
    if saved is None:
        raise NoKeyLinked(mode=current.mode)
    return saved


def _piped() -> str:
    return "" if sys.stdin.isatty() else sys.stdin.read().strip()


def _tell(finding: Finding, texts: Texts) -> None:
    """One line per rung once it has ended, and the diagnosis where there is one."""
    if finding.state not in _SIGNS:
        return
    line = f"{_SIGNS[finding.state]} {texts(f'checkup.rung.{finding.rung.value}')}"
    if finding.state is State.SKIPPED:
        reason = finding.facts["reason"]
        facts = shown_facts(finding.facts, texts.language)
        line += f": {texts(f'checkup.skipped.{reason}', **facts)}"
    elif finding.seconds >= 0.05:
        line += f" ({formats.duration(finding.seconds, texts.language)})"
    click.echo(line)
    if finding.diagnosis:
        told = explain(finding.diagnosis, texts)
        click.echo(f"  {told.what}\n  {told.why}\n  {told.now}")


def _tell_verdict(verdict: Verdict, consented: bool, texts: Texts) -> None:
    click.echo(texts(f"checkup.verdict.{verdict.value}"))
    if verdict is Verdict.RECOGNISED and not consented:
        click.echo(texts("cli.check.consent"))


def _document(key: ApiKey, verdict: Verdict, findings: Sequence[Finding]) -> dict[str, object]:
    return {
        "key": key.masked,
        "verdict": verdict.value,
        "findings": [
            {
                "rung": finding.rung.value,
                "state": finding.state.value,
                "seconds": round(finding.seconds, 3),
                "diagnosis": finding.diagnosis.code if finding.diagnosis else None,
                "facts": {name: _plain(value) for name, value in finding.facts.items()},
            }
            for finding in findings
        ],
    }


def _plain(value: object) -> object:
    """A fact as JSON has it: money in whole pico-dollars, anything unusual as text."""
    if isinstance(value, Money):
        return value.pico_usd
    return value if isinstance(value, bool | int | str) or value is None else str(value)
