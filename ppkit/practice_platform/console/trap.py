"""The wrong-project trap as a drill: a key for a client's project, where the form proposes another one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from ppkit.money import Money
from ppkit.practice_platform.errors import UnknownPracticeThing
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.rows import ApiKeyRow, Project

NOTE = "console_trap"
LIMIT = Money.usd(2)
"""The limit of the client's project: it guards what is spent with keys of this project, and nothing else."""


@dataclass(frozen=True, slots=True)
class Trap:
    """`waiting` for a key, `sprung` by `stray` (the newest one that `landed` elsewhere), or `avoided`."""

    stage: Literal["waiting", "sprung", "avoided"]
    project: Project
    stray: ApiKeyRow | None = None
    landed: Project | None = None


def begin(platform: Platform, name: str) -> None:
    """Make the client's project with its limit, and remember which keys were there before."""
    with platform.database.write():
        project = platform.projects.create(name)
        platform.limits.set_limit(LIMIT.pico_usd // 10**10, project.id)
        known = [key.id for key in platform.list_keys()]
        platform.database.set_note(NOTE, json.dumps({"project": project.id, "known": known}))


def state(platform: Platform) -> Trap | None:
    """Where the drill stands; None when there is none, or its project has gone."""
    kept = json.loads(platform.database.note(NOTE) or "{}")
    try:
        project = platform.projects.project(kept.get("project", ""))
    except UnknownPracticeThing:
        return None
    if project.archived_at:
        return None
    made = [key for key in platform.list_keys() if key.id not in kept["known"]]
    stray = next((key for key in made if key.project_id != project.id), None)
    landed = platform.projects.project(stray.project_id) if stray and stray.project_id else None
    if any(key.project_id == project.id for key in made):
        return Trap("avoided", project, stray, landed)
    return Trap("sprung" if stray else "waiting", project, stray, landed)


def end(platform: Platform) -> None:
    platform.database.set_note(NOTE, "{}")
