"""The hand-over sheet in words."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.papers.handing_over import ROTATE_AFTER, HandOver, KeyOnPaper, Proof
from ppkit.papers.paper import Paper, Section
from ppkit.papers.platform_view import PlatformLimits

Fact = tuple[str, str, str]


def sheet_paper(facts: HandOver, language: str) -> Paper:
    texts = Texts(language)
    day = facts.at.astimezone()
    return Paper(
        kind="sheet",
        mode=facts.mode,
        language=language,
        name=texts(f"papers.sheet.file.{facts.mode}", day=f"{day:%Y-%m-%d}"),
        title=texts("papers.sheet.title"),
        band=texts("papers.sheet.practice"),
        lead=texts("papers.sheet.lead", date=_moment(facts.at, texts)),
        hero="",
        after_hero="",
        sections=(
            Section(texts("papers.sheet.key"), facts=_key(facts, texts)),
            Section(texts("papers.sheet.doors"), facts=_doors(facts, texts)),
            Section(
                texts("papers.sheet.limits"),
                facts=_limits(facts, texts),
                sentences=(texts("papers.sheet.two_limits"),),
            ),
            _verified(facts, texts),
            Section(texts("papers.sheet.unverified"), sentences=_unverified(facts, texts)),
        ),
        foot=texts("papers.foot"),
    )


def _key(facts: HandOver, texts: Texts) -> tuple[Fact, ...]:
    key = facts.key
    masked = key.masked if key else texts("papers.sheet.no_key")
    source = texts(f"keys.source.{key.source}") if key else ""
    unknown = texts("papers.sheet.unknown")
    shown: list[Fact] = [
        (texts("papers.sheet.key_in_use"), masked, source),
        (texts("papers.sheet.organization"), facts.organization or unknown, ""),
        (texts("papers.sheet.project"), facts.project or unknown, ""),
    ]
    if key:
        shown.append(_rotation(key, texts))
    return tuple(shown)


def _rotation(key: KeyOnPaper, texts: Texts) -> Fact:
    label, days = texts("papers.sheet.rotation"), ROTATE_AFTER.days
    if key.since is None or key.next_rotation is None:
        return label, texts("papers.sheet.unknown"), texts("papers.sheet.rule.unknown", days=days)
    rule = texts(f"papers.sheet.rule.{key.since_is}", days=days, date=_day(key.since, texts))
    return label, _day(key.next_rotation, texts, "long"), rule


def _doors(facts: HandOver, texts: Texts) -> tuple[Fact, ...]:
    linked, used = facts.proof_of("link.linked"), facts.proof_of("link.used")
    here = texts("papers.sheet.door.linked") if facts.key else texts("papers.sheet.door.not_linked")
    last_used = facts.key.last_used_at if facts.key else None
    return (
        (texts("papers.sheet.door.here"), here, _since(linked, texts)),
        (texts("papers.sheet.door.used"), _since(used, texts) or texts("papers.sheet.door.never"), ""),
        (
            texts("papers.sheet.door.postpickr"),
            texts("papers.sheet.door.postpickr_unknown"),
            texts("papers.sheet.door.last_used", date=_moment(last_used, texts)) if last_used else "",
        ),
    )


def _since(proof: Proof | None, texts: Texts) -> str:
    if proof is None:
        return ""
    return texts(
        "papers.sheet.since",
        evidence=texts(f"common.evidence.{proof.evidence.label}"),
        date=_moment(proof.at, texts),
    )


def _limits(facts: HandOver, texts: Texts) -> tuple[Fact, ...]:
    own = [
        (
            texts("papers.sheet.own_alert"),
            _amount(facts.limits.soft, texts),
            texts("papers.sheet.own_alert.what"),
        ),
        (
            texts("papers.sheet.own_limit"),
            _amount(facts.limits.hard, texts),
            texts("papers.sheet.own_limit.what"),
        ),
        (texts("papers.sheet.own_mail"), facts.alert_to or texts("papers.sheet.no_mail"), ""),
    ]
    if facts.platform is None:
        unknown = texts("papers.sheet.unknown"), texts("papers.sheet.platform_unknown")
        return *own, (texts("papers.sheet.platform_limit"), *unknown)
    # Projects that the key is not in are on the sheet only where something is set for them.
    levels = [
        level
        for level in facts.platform.limits
        if level.project in (None, facts.project) or level.limit or level.alerts
    ]
    return *own, *(fact for level in levels for fact in _platform(level, texts))


def _platform(level: PlatformLimits, texts: Texts) -> tuple[Fact, ...]:
    of = (
        texts("papers.sheet.of_project", name=level.project)
        if level.project
        else texts("papers.sheet.of_organization")
    )
    if level.limit is None:
        blocks = ""
    else:
        blocks = texts("papers.sheet.blocks" if level.blocks else "papers.sheet.may_not_block")
    alerts = ", ".join(_amount(alert, texts) for alert in level.alerts) or _amount(None, texts)
    return (
        (f"{texts('papers.sheet.platform_limit')} ({of})", _amount(level.limit, texts), blocks),
        (f"{texts('papers.sheet.platform_alerts')} ({of})", alerts, ", ".join(level.recipients)),
    )


def _verified(facts: HandOver, texts: Texts) -> Section:
    if not facts.proofs:
        return Section(texts("papers.sheet.verified"), sentences=(texts("papers.sheet.nothing_verified"),))
    head = tuple(texts(f"papers.sheet.column.{name}") for name in ("what", "how", "now"))
    rows = tuple(
        (
            texts(f"onboarding.check.{proof.check}"),
            _since(proof, texts),
            texts("papers.sheet.holds" if proof.is_valid else "papers.sheet.once"),
        )
        for proof in facts.proofs
    )
    return Section(
        texts("papers.sheet.verified"), head=head, rows=rows, sentences=(texts("papers.sheet.once_means"),)
    )


def _unverified(facts: HandOver, texts: Texts) -> tuple[str, ...]:
    names = ["balance", "postpickr", "invoice"]
    if facts.platform is None:
        names.insert(0, "platform")
    if facts.mode == "practice":
        names = ["practice"]
    return tuple(texts(f"papers.sheet.unverified.{name}") for name in names)


def _amount(amount: Money | None, texts: Texts) -> str:
    return texts("papers.sheet.not_set") if amount is None else formats.money(amount, texts.language)


def _day(moment: datetime, texts: Texts, style: Literal["medium", "long"] = "medium") -> str:
    return formats.date(moment.astimezone(), texts.language, style)


def _moment(moment: datetime, texts: Texts) -> str:
    return f"{_day(moment, texts)}, {formats.time(moment.astimezone())}"
