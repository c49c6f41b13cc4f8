"""The chain in a person's words: the key in use, what it hides, what was passed over and why."""

from __future__ import annotations

from ppkit.keys.sources import Chosen, Found
from ppkit.look.texts import Texts


def reason(found: Found, texts: Texts) -> str:
    """Why this source's key is passed over, in one sentence; empty when it is not."""
    if found.trouble:
        return texts(f"error.{found.trouble.code}.what", **found.trouble.facts)
    if found.lint.refusal:
        return texts(f"keys.refusal.{found.lint.refusal}.what", **found.lint.facts)
    return ""


def chain_told(chosen: Chosen, texts: Texts) -> list[str]:
    """One sentence per link of the chain, the one in use first."""
    if chosen.active is None:
        told = [texts("keys.source.none")]
    else:
        told = [_said("keys.source.in_use", chosen.active, texts)]
    told += [_said("keys.source.hides", hidden, texts) for hidden in chosen.hidden]
    return told + [passed_over(refused, texts) for refused in chosen.refused]


def passed_over(found: Found, texts: Texts) -> str:
    source = texts(f"keys.source.{found.source}")
    return texts("keys.source.passed_over", source=source, reason=reason(found, texts))


def _said(text_id: str, found: Found, texts: Texts) -> str:
    return texts(text_id, masked=found.masked, source=texts(f"keys.source.{found.source}"))
