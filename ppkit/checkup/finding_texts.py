"""What a rung found, as one line in a user's language; where it was left out, why."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ppkit.checkup.explain import shown_facts
from ppkit.checkup.findings import Finding, Rung, Skip, State
from ppkit.look.texts import Texts

PRICED = (Skip.NO_CONSENT, Skip.NOT_ASKED)
Facts = Mapping[str, object]


def evidence_of(finding: Finding, texts: Texts) -> str:
    """One line, "" where there is nothing to say yet (to do, running, failed: the diagnosis speaks)."""
    told = {name: fact for name, fact in finding.facts.items() if fact is not None}
    shown = {"last_used_at": "…", **shown_facts(told, texts.language)}
    if finding.state is State.SKIPPED:
        return texts(_reason(finding.facts), **shown)
    if finding.state is not State.PASSED or not finding.facts:
        return ""
    return " ".join(
        texts(text_id, **{**shown, **_words(finding, texts)})
        for text_id in _FOUND[finding.rung](finding.facts)
    )


def _reason(facts: Facts) -> str:
    reason = facts["reason"]
    unpriced = reason in PRICED and facts.get("highest_cost") is None
    return f"checkup.skipped.{reason}{'_unpriced' if unpriced else ''}"


def _words(finding: Finding, texts: Texts) -> Facts:
    """Facts that are more than their own text."""
    match finding.rung:
        case Rung.SHAPE:
            return {"kind": texts(f"checkup.kind.{finding.facts['kind']}")}
        case Rung.ACCOUNT:
            written = (finding.facts.get("organization"), finding.facts.get("project"))
            return {"account": ", ".join(str(one) for one in written if one)}
        case _:
            return {}


def _signed_in(facts: Facts) -> list[str]:
    if facts.get("restricted"):
        return ["checkup.found.sign_in_restricted"]
    return ["checkup.found.sign_in" if "models" in facts else "checkup.found.sign_in_proven"]


def _credit(facts: Facts) -> list[str]:
    return [] if facts.get("input_tokens") is None else ["checkup.found.credit"]


def _limits(facts: Facts) -> list[str]:
    """Rates, then what an admin key could read; each only where it was reported."""
    lines = ["checkup.found.limits"] if "requests" in facts and "tokens" in facts else []
    if "hard_limit" in facts:
        limited, undecided = facts["hard_limit"] is not None, facts.get("limit_open") is not None
        lines += ["checkup.found.hard_limit"] if limited else []
        lines += ["checkup.found.limit_open"] if undecided else []
        lines += [] if limited or undecided else ["checkup.found.no_hard_limit"]
    return lines if facts.get("alert") is None else [*lines, "checkup.found.alert"]


_FOUND: Mapping[Rung, Callable[[Facts], list[str]]] = {
    Rung.SHAPE: lambda _facts: ["checkup.found.shape"],
    Rung.REACH: lambda _facts: ["checkup.found.reach"],
    Rung.SIGN_IN: _signed_in,
    Rung.RIGHTS: lambda _facts: ["checkup.found.rights"],
    Rung.ACCOUNT: lambda _facts: ["checkup.found.account"],
    Rung.MODEL: lambda facts: ["checkup.found.model_ends" if "shutdown" in facts else "checkup.found.model"],
    Rung.CREDIT: _credit,
    Rung.IMAGES: lambda _facts: ["checkup.found.images"],
    Rung.LIMITS: _limits,
    Rung.USE: lambda _facts: ["checkup.found.use"],
}
