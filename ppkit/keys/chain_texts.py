"""The chain in a user's words: the key in use, what it hides, what was passed over and why."""

from __future__ import annotations

from pathlib import Path

from ppkit.dotenv_file import line_numbers, read_dotenv
from ppkit.errors import PpkitError
from ppkit.keys.sources import KeyCandidate, KeyChoice
from ppkit.look.texts import Texts

OURS = ("OPENAI_", "PPKIT_")


def reason(found: KeyCandidate, texts: Texts) -> str:
    """Why this source's key is passed over, in one sentence; empty when it is not."""
    if found.trouble:
        return texts(f"error.{found.trouble.code}.what", **found.trouble.facts)
    if found.pasted.refusal:
        return texts(f"keys.refusal.{found.pasted.refusal}.what", **found.pasted.facts)
    return ""


def describe_chain(chosen: KeyChoice, texts: Texts) -> list[str]:
    """One sentence per link of the chain, the one in use first."""
    if chosen.active is None:
        told = [texts("keys.source.none")]
    else:
        told = [_said("keys.source.in_use", chosen.active, texts)]
    told += [_said("keys.source.hides", hidden, texts) for hidden in chosen.hidden]
    return told + [passed_over(refused, texts) for refused in chosen.refused]


def passed_over(found: KeyCandidate, texts: Texts) -> str:
    source = texts(f"keys.source.{found.source}")
    return texts("keys.source.passed_over", source=source, reason=reason(found, texts))


def _said(text_id: str, found: KeyCandidate, texts: Texts) -> str:
    return texts(text_id, masked=found.masked, source=texts(f"keys.source.{found.source}"))


def describe_dotenv(path: Path, texts: Texts) -> list[str]:
    """What `.env` says twice, and the lines of it that were passed over: by number, never by content.

    That it cannot be read at all is reported where its key is asked for.
    """
    try:
        said = read_dotenv(path)
    except PpkitError:
        return []
    lines_by_name: dict[str, list[str]] = {}
    for one in said.assignments:
        if one.value:
            lines_by_name.setdefault(one.name.upper(), []).append(str(one.line))
    told = [
        texts("keys.dotenv.twice", name=name, lines=", ".join(lines))
        for name, lines in lines_by_name.items()
        if len(lines) > 1 and name.startswith(OURS)
    ]
    if said.passed_over:
        lines = line_numbers(said.passed_over)
        told.append(texts.plural("keys.dotenv.passed_over", len(said.passed_over), lines=lines))
    return told
