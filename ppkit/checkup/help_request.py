"""A message to a colleague or to support: all that helps them, and no secret."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from ppkit.checkup.diagnosis import Diagnosis
from ppkit.checkup.explain import explain
from ppkit.checkup.findings import Finding
from ppkit.keys import redact
from ppkit.look.texts import Texts

PACKAGES = ("ppkit", "openai")


def request_for_help(
    diagnosis: Diagnosis, texts: Texts, *, mode: str, findings: Iterable[Finding] = ()
) -> str:
    """Plain text to paste into a mail: what happened, how far the check came, the technical details."""
    told = explain(diagnosis, texts)
    rungs = [
        f"- {texts(f'checkup.rung.{finding.rung}')}: {texts(f'checkup.state.{finding.state}')}"
        for finding in findings
    ]
    details = [f"- {name}: {value}" for name, value in (*diagnosis.details.items(), *_surroundings(mode))]
    parts = [
        texts("checkup.help.greeting"),
        f"{told.what}\n{told.why}",
        *(["\n".join([f"{texts('checkup.help.rungs')}:", *rungs])] if rungs else []),
        "\n".join([f"{texts('checkup.help.details')}:", f"- diagnosis: {diagnosis.code}", *details]),
        texts("checkup.help.no_secret"),
    ]
    return redact("\n\n".join(parts))


def _surroundings(mode: str) -> Iterable[tuple[str, str]]:
    yield "mode", mode
    for name in PACKAGES:
        try:
            yield name, version(name)
        except PackageNotFoundError:  # run from a folder that was never installed
            continue
