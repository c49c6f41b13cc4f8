"""`ppkit handover`: the hand-over sheet, as sentences, as one document, as a web page or as a PDF."""

from __future__ import annotations

from pathlib import Path

import click

from ppkit.cli.command import Command, json_option
from ppkit.cli.paper_output import NEW_FILE, tell_paper, write_paper
from ppkit.current_session import session
from ppkit.look.texts import Texts
from ppkit.papers import HandOver, hand_over, look_at_platform, sheet_paper


@click.command("handover", cls=Command, help="cli.help.handover")
@click.option("--html", type=NEW_FILE, help="cli.handover.option.html")
@click.option("--pdf", type=NEW_FILE, help="cli.handover.option.pdf")
@json_option()
@click.pass_obj
def command(texts: Texts, html: Path | None, pdf: Path | None, as_json: bool) -> None:
    current = session()
    facts = hand_over(current, look_at_platform(current))
    paper = sheet_paper(facts, texts.language)
    written = write_paper(paper, {"html": html, "pdf": pdf})
    tell_paper(paper, written, _document(facts), texts, as_json=as_json, told_by="cli.handover.written")


def _document(facts: HandOver) -> dict[str, object]:
    key, platform = facts.key, facts.platform
    return {
        "mode": facts.mode,
        "at": facts.at.isoformat(),
        "key": {
            "masked": key.masked,
            "source": key.source.value,
            "since": key.since.isoformat() if key.since else None,
            "since_is": key.since_is,
            "next_rotation": key.next_rotation.date().isoformat() if key.next_rotation else None,
            "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
        }
        if key
        else None,
        "organization": facts.organization,
        "project": facts.project,
        "limits": {
            "soft_pico_usd": facts.limits.soft.pico_usd if facts.limits.soft is not None else None,
            "hard_pico_usd": facts.limits.hard.pico_usd if facts.limits.hard is not None else None,
            "alert_to": facts.alert_to,
        },
        "platform_limits": [
            {
                "project": level.project,
                "limit_pico_usd": level.limit.pico_usd if level.limit is not None else None,
                "blocks": level.blocks,
                "alerts_pico_usd": [alert.pico_usd for alert in level.alerts],
                "recipients": list(level.recipients),
            }
            for level in platform.limits
        ]
        if platform
        else None,
        "verified": [
            {
                "check": proof.check,
                "evidence": proof.evidence.label,
                "at": proof.at.isoformat(),
                "valid_now": proof.is_valid,
            }
            for proof in facts.proofs
        ],
    }
