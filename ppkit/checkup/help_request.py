"""A message to a colleague or to support: all that helps them, and no secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType

from ppkit.checkup.explain import Explanation
from ppkit.checkup.findings import Finding
from ppkit.keys import redact
from ppkit.look.texts import Texts
from ppkit.mode import Mode

PACKAGES = ("ppkit", "openai")


def request_for_help(
    code: str,
    told: Explanation,
    texts: Texts,
    *,
    mode: Mode,
    details: Mapping[str, object] = MappingProxyType({}),
    findings: Iterable[Finding] = (),
) -> str:
    """Plain text to paste into a mail: what happened, how far the check came, the technical details."""
    rungs = [
        f"- {texts(f'checkup.rung.{finding.rung}')}: {texts(f'checkup.state.{finding.state}')}"
        for finding in findings
    ]
    technical = [f"- {name}: {value}" for name, value in (*details.items(), *_surroundings(mode))]
    parts = [
        texts("checkup.help.greeting"),
        f"{told.what}\n{told.why}",
        *(["\n".join([f"{texts('checkup.help.rungs')}:", *rungs])] if rungs else []),
        "\n".join([f"{texts('checkup.help.details')}:", f"- diagnosis: {code}", *technical]),
        texts("checkup.help.no_secret"),
    ]
    return redact("\n\n".join(parts))


def _surroundings(mode: Mode) -> Iterable[tuple[str, str]]:
    yield "mode", mode
    for name in PACKAGES:
        try:
            yield name, version(name)
        except PackageNotFoundError:  # run from a folder that was never installed
            continue
