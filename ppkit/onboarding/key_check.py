"""One key on its way up the ladder, as a person goes through it: paste, check, consent, hints, look again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Event

from ppkit.checkup import (
    NOTHING_WRITTEN,
    Checkup,
    Diagnosis,
    Finding,
    Rung,
    Skip,
    State,
    Verdict,
    Written,
    narrowed,
    verdict_of,
)
from ppkit.keys import ApiKey, Lint, lint


class KeyCheck:
    """What is known about the key on the table. Needs no browser; a view draws it.

    The key lives in a plain attribute of this object and nowhere else until it is linked.
    """

    def __init__(self, checkup: Callable[[], Checkup], mode: str) -> None:
        self._checkup = checkup
        self._mode = mode
        self._stop = Event()
        self.waits_begun = 0  # names each wait, so that a view never takes one for another
        self.forget()

    def forget(self) -> None:
        """Back to an empty table."""
        self.key: ApiKey | None = None
        self.understood: Lint | None = None
        self.findings: dict[Rung, Finding] = {}
        self._start_over()

    def _start_over(self) -> None:
        self.diagnosis: Diagnosis | None = None
        self.hints_shown = 0
        self.is_waiting = False
        self._waits = 0

    # --- what the person does

    def read(self, pasted: str) -> bool:
        """Understand a pasted text; True when there is a key in it to be checked."""
        self.forget()
        self.understood = lint(pasted, self._mode)
        self.key = self.understood.key
        return self.key is not None

    def take(self, key: ApiKey) -> None:
        """Put a key on the table that is linked already."""
        self.forget()
        self.key = key

    def climb(
        self,
        on_change: Callable[[], None],
        *,
        consent: bool = False,
        images: bool = False,
        written: Written = NOTHING_WRITTEN,
        admin_key: ApiKey | None = None,
    ) -> list[Finding]:
        """Climb the ladder, blocking; `on_change` is called whenever a rung changes."""
        assert self.key is not None
        self._stop.clear()
        self.is_waiting = False
        self.findings = {rung: Finding(rung, State.TODO) for rung in Rung}

        def keep(finding: Finding) -> None:
            self.findings[finding.rung] = finding
            on_change()

        findings = self._checkup().run(
            self.key,
            consent=consent,
            on_finding=keep,
            images=images,
            cancelled=self._stop.is_set,
            written=written,
            admin_key=admin_key,
        )
        self._conclude(findings)
        return findings

    def stop(self) -> None:
        """Stop the climb under way; what it asked last may still be answered, and is then booked."""
        self._stop.set()

    def narrow(self, cause: str) -> None:
        """The person, or the practice platform, says which of several causes it is. Raises LookupError."""
        if self.diagnosis is None:
            raise LookupError(cause)
        self.diagnosis = narrowed(self.diagnosis, cause)
        self.hints_shown = 0

    def show_hint(self) -> None:
        self.hints_shown += 1

    def wait(self) -> None:
        """Begin to wait for the next look; a view counts the minutes down."""
        self.is_waiting = self.next_wait_minutes is not None
        self.waits_begun += 1

    def stop_waiting(self) -> None:
        self.is_waiting = False

    def waited(self) -> None:
        """The time is over: the next wait will be longer."""
        self.is_waiting = False
        self._waits += 1

    # --- what can be seen

    @property
    def next_wait_minutes(self) -> int | None:
        """How long to wait before the next look (1, 2, 5, 10 minutes); None when waiting does not help."""
        minutes = self.diagnosis.recheck_minutes if self.diagnosis else ()
        return minutes[self._waits] if self._waits < len(minutes) else None

    @property
    def verdict(self) -> Verdict | None:
        """None before the ladder was climbed."""
        return verdict_of(self.findings.values()) if self.findings else None

    @property
    def is_proven(self) -> bool:
        return self.verdict is Verdict.USABLE

    @property
    def waits_for_consent(self) -> Finding | None:
        """The tiny paid call that was left out until the person agrees."""
        return self._left_out(Rung.CREDIT, Skip.NO_CONSENT)

    @property
    def image_offer(self) -> Finding | None:
        return self._left_out(Rung.IMAGES, Skip.NOT_ASKED)

    @property
    def remarks(self) -> list[Diagnosis]:
        """What passed, but deserves a word."""
        passed = (finding for finding in self.findings.values() if finding.state is State.PASSED)
        return [finding.diagnosis for finding in passed if finding.diagnosis]

    def _left_out(self, rung: Rung, reason: Skip) -> Finding | None:
        finding = self.findings.get(rung)
        return finding if finding and finding.facts.get("reason") == reason else None

    def _conclude(self, findings: Iterable[Finding]) -> None:
        """The lowest rung that fell is what to mend first; the same trouble as before keeps its place."""
        fallen = next((finding for finding in findings if finding.state is State.FAILED), None)
        found = fallen.diagnosis if fallen else None
        if found is None or self.diagnosis is None or not _is_same(self.diagnosis, found):
            self._start_over()
            self.diagnosis = found


def _is_same(known: Diagnosis, found: Diagnosis) -> bool:
    """Whether the platform has said again what is known, perhaps by a narrower name."""
    if known.code == found.code:
        return True
    try:
        return narrowed(found, known.code).code == known.code
    except LookupError:
        return False
