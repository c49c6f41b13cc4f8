"""How the command line shows things: sentences, tables, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import click

from ppkit.keys.redaction import redact
from ppkit.look.texts import Texts
from ppkit.money import Money

REFUSED = 1  # the platform's answer was no


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, for a user and for a program: a code, its facts, and three sentences."""

    code: str
    what: str
    why: str = ""
    now: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def sentences(self) -> str:
        return "\n".join(part for part in (self.what, self.why, self.now) if part)

    def as_json(self) -> dict[str, object]:
        """`{"error": {"code", "facts", "what", "why", "now"}}`; the same for every command."""
        return {
            "error": {
                "code": self.code,
                "facts": plain_facts(self.facts),
                "what": self.what,
                "why": self.why,
                "now": self.now,
            }
        }


class CommandRefused(Exception):
    """A command ends without having done what was asked, with an exit code of its own."""

    def __init__(self, problem: Problem, exit_code: int) -> None:
        self.problem, self.exit_code = problem, exit_code
        super().__init__(problem.code)


def problem_of(error: Exception, texts: Texts) -> Problem:
    """An error in its own sentences: one of ours, or one of the SDK by its diagnosis."""
    # Lazy: the sentences of an error bring the diagnoses along, which a command that goes well does not need.
    from ppkit.checkup import diagnose, explain

    diagnosis = diagnose(error)
    told = explain(diagnosis, texts)
    return Problem(diagnosis.code, told.what, told.why, told.now, diagnosis.facts)


@contextmanager
def platform_answers(texts: Texts) -> Iterator[None]:
    """What the platform or the way to it refuses inside is told as its diagnosis. Raises CommandRefused."""
    import openai  # lazy: what is done inside has loaded it already

    try:
        yield
    except openai.OpenAIError as error:
        raise CommandRefused(problem_of(error, texts), REFUSED) from error


def problem_under(prefix: str, code: str, texts: Texts, **facts: object) -> Problem:
    """The three sentences under any other id."""
    what, why, now = (texts(f"{prefix}.{part}", **facts) for part in ("what", "why", "now"))
    return Problem(code, what, why, now, facts)


def complain_of(prefix: str, texts: Texts, **facts: object) -> None:
    """The three sentences under any other id, on standard error."""
    click.echo(problem_under(prefix, prefix, texts, **facts).sentences, err=True)


def plain_facts(facts: Mapping[str, object]) -> dict[str, object]:
    """Facts as JSON has them: money in whole pico-dollars, anything unusual as text; no key in them."""
    return {name: _plain(value) for name, value in facts.items()}


def _plain(value: object) -> object:
    if isinstance(value, Money):
        return value.pico_usd
    if isinstance(value, bool | int) or value is None:
        return value
    return redact(str(value))


def print_json(value: object) -> None:
    """One document for a program to read."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers_from: int) -> str:
    """Columns as wide as their widest cell; from the column `numbers_from` on, aligned to the right."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(_line(line, widths, numbers_from) for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int], numbers_from: int) -> str:
    padded = [
        cell.rjust(width) if column >= numbers_from else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()
