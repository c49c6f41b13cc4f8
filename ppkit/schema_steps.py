"""A schema's history: numbered files, up (`.sql`) and, where a way leads back, down (`.down.sql`)."""

from __future__ import annotations

from importlib import resources
from typing import NamedTuple

DOWN = ".down.sql"


class SchemaStep(NamedTuple):
    """One step, there and back. `down` is None where the version before cannot hold what this one knows."""

    up: str
    down: str | None


def steps_of(package: str) -> tuple[SchemaStep, ...]:
    """The steps in a package's folder `sql`, in order: a position plus one is the schema version."""
    folder = resources.files(package) / "sql"
    texts = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
    names = sorted(name for name in texts if name.endswith(".sql") and not name.endswith(DOWN))
    return tuple(SchemaStep(texts[name], texts.get(name.removesuffix(".sql") + DOWN)) for name in names)


def ways_between(steps: tuple[SchemaStep, ...], found: int, wanted: int) -> list[str]:
    """The scripts from one version to another, in order. Raises ValueError where no way leads back."""
    if wanted >= found:
        return [step.up for step in steps[found:wanted]]
    scripts = [step.down for step in reversed(steps[wanted:found])]
    if None in scripts:
        raise ValueError(f"no way leads back to version {found - scripts.index(None) - 1}")
    return [script for script in scripts if script is not None]
