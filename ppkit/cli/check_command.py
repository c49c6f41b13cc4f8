"""`ppkit check`: the ladder for one key.

Exit code 0: use is proven; 1: not usable; 3: recognised, credit not proven.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import click

from ppkit.checkup import Diagnosis, Finding, Link, State, Verdict, explain, verdict_of
from ppkit.checkup.finding_texts import evidence_of
from ppkit.cli.command import Command, json_option
from ppkit.cli.key_input import accepted, is_silent, is_typed, piped
from ppkit.cli.output import plain_facts, print_json
from ppkit.current_session import session
from ppkit.keys import ApiKey, PasteRefusal, parse_pasted_key
from ppkit.keys.chain_texts import describe_dotenv
from ppkit.linking import KEY_VARIABLE, Linking
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.practice_link import PracticeLink
from ppkit.settings import dotenv_path

EXIT_CODES = {Verdict.USABLE: 0, Verdict.NOT_USABLE: 1, Verdict.RECOGNISED: 3}
NOT_USABLE = EXIT_CODES[Verdict.NOT_USABLE]
OTHER_MODE = (PasteRefusal.REAL_KEY_IN_PRACTICE, PasteRefusal.PRACTICE_KEY_IN_LIVE)
_SIGNS = {State.PASSED: "✓", State.FAILED: "✗", State.SKIPPED: "–"}


@click.command("check", cls=Command, help="cli.help.check")
@click.option("--yes", is_flag=True, help="cli.check.option.yes")
@click.option("--images", is_flag=True, help="cli.check.option.images")
@json_option()
@click.pass_obj
def command(texts: Texts, yes: bool, images: bool, as_json: bool) -> int:
    current = session()
    if current.linking.binder_rule_first:
        click.echo(f"{texts('setup.binder.rule')}\n{texts('setup.binder.instead')}", err=True)
    for line in describe_dotenv(dotenv_path(), texts):
        click.echo(line, err=True)
    key = key_to_check(current.linking, texts)
    told = RungPrinter(key, texts, current.practice_link if current.mode == "practice" else None)
    if not as_json:
        click.echo(texts("cli.check.key", key=key.masked, mode=texts(f"common.mode.{current.mode}")))
    findings = current.checkup.run(
        key,
        consent=yes,
        on_finding=lambda finding: None if as_json else told.tell(finding),
        images=images,
        written=current.account_note.read(),
        admin_key=current.linking.admin_key,
    )
    verdict = verdict_of(findings)
    if as_json:
        print_json(_document(key, verdict, [told.with_root_cause(finding) for finding in findings]))
    else:
        _tell_verdict(verdict, yes, texts)
    return EXIT_CODES[verdict]


def key_to_check(linking: Linking, texts: Texts) -> ApiKey:
    """The environment's key, else standard input's, else the saved one. Raises Refused for what is no key.

    A variable that is set comes first, so that a script whose standard input stays open does not hang; one
    with a key of the other mode is passed over and reported, and refused when there is no other key. Raises
    NoUsableKey when there is none anywhere.
    """
    variable = parse_pasted_key(os.environ.get(KEY_VARIABLE, ""), linking.mode)
    passed_over = variable.refusal in OTHER_MODE
    if passed_over:
        mode = texts(f"common.mode.{linking.mode}")
        click.echo(texts("cli.check.passed_over", variable=KEY_VARIABLE, mode=mode), err=True)
    elif variable.refusal is not PasteRefusal.EMPTY:
        return accepted(variable, texts, NOT_USABLE)
    given = _on_standard_input(texts, or_else=passed_over)
    if given:
        return accepted(parse_pasted_key(given, linking.mode), texts, NOT_USABLE)
    if passed_over and linking.linked_key is None:
        return accepted(variable, texts, NOT_USABLE)
    return linking.require_key()


def _on_standard_input(texts: Texts, or_else: bool) -> str:
    """What is piped in. While nothing comes it is waited for, and says so, unless there is another way."""
    if is_typed():
        return ""
    if is_silent():
        if or_else:
            return ""
        click.echo(texts("cli.check.waiting"), err=True)
    return piped().strip()


class RungPrinter:
    """What a user reads of each rung once it has ended; `practice` is the platform that knows more of it."""

    def __init__(self, key: ApiKey, texts: Texts, practice: PracticeLink | None) -> None:
        self._key, self._texts, self._practice = key, texts, practice

    def with_root_cause(self, finding: Finding) -> Finding:
        """By its cause, where practice knows it."""
        if finding.diagnosis is None or self._practice is None:
            return finding
        return replace(finding, diagnosis=self._practice.with_root_cause(finding.diagnosis, self._key))

    def tell(self, finding: Finding) -> None:
        """One line, what was found, and the diagnosis where there is one."""
        if finding.state not in _SIGNS:
            return
        line = f"{_SIGNS[finding.state]} {self._texts(f'checkup.rung.{finding.rung.value}')}"
        if finding.seconds >= 0.05:
            line += f" ({formats.duration(finding.seconds, self._texts.language)})"
        click.echo(line)
        evidence = evidence_of(finding, self._texts)
        if evidence:
            click.echo(f"  {evidence}")
        diagnosis = self.with_root_cause(finding).diagnosis
        if diagnosis:
            self._tell_diagnosis(diagnosis)

    def _tell_diagnosis(self, diagnosis: Diagnosis) -> None:
        told = explain(diagnosis, self._texts)
        for sentence in (told.what, told.why, told.now):
            click.echo(f"  {sentence}")
        for link in diagnosis.links:
            click.echo(f"  {link.label}: {self._address(link)}")
        if diagnosis.recheck_minutes:
            click.echo(f"  {self._texts('cli.check.recheck', minutes=diagnosis.recheck_minutes[0])}")

    def _address(self, link: Link) -> str:
        """In practice the same page of the practice console, where it has one."""
        if self._practice is None or link.path is None:
            return link.url
        return self._practice.address().console_url + link.path


def _tell_verdict(verdict: Verdict, consented: bool, texts: Texts) -> None:
    click.echo(texts(f"checkup.verdict.{verdict.value}"))
    if verdict is Verdict.RECOGNISED and not consented:
        click.echo(texts("cli.check.consent"))


def _document(key: ApiKey, verdict: Verdict, findings: Sequence[Finding]) -> dict[str, object]:
    return {"key": key.masked, "verdict": verdict.value, "findings": [_row(finding) for finding in findings]}


def _row(finding: Finding) -> dict[str, object]:
    diagnosis = finding.diagnosis
    return {
        "rung": finding.rung.value,
        "state": finding.state.value,
        "seconds": round(finding.seconds, 3),
        "diagnosis": diagnosis.code if diagnosis else None,
        "facts": plain_facts(finding.facts),
        "details": plain_facts(diagnosis.details) if diagnosis else {},
    }
