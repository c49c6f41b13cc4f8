"""The wizard's window: account, credit, key, link. It draws `session.wizard` and hands clicks to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from ppkit.checkup import Finding, Rung, Skip, State, known_links, verdict_of
from ppkit.keys import ApiKey, Lint, lint
from ppkit.onboarding import StepName, Wizard
from ppkit.widgets import background
from ppkit.widgets.practice_pages import practice_port
from ppkit.widgets.view import Fields, Secrets
from ppkit.widgets.window import Action, Window

if TYPE_CHECKING:
    from ppkit.session import Session

# Where each step is done on the platform: names in the checkup room's list of links.
PAGES = {
    StepName.ACCOUNT: "platform",
    StepName.CREDIT: "billing",
    StepName.KEY: "keys",
    StepName.LINK: "keys",
}
SHOWN_RUNGS = (Rung.SHAPE, Rung.REACH, Rung.SIGN_IN, Rung.MODEL, Rung.CREDIT, Rung.IMAGES)


class Setup(Window):
    """The four steps. A typed key lives in a plain attribute: never in a trait, never on the page."""

    template: ClassVar[str] = "setup"

    def __init__(self, session: Session, run: background.Run = background.run) -> None:
        self._key: ApiKey | None = None
        self._understood: Lint | None = None
        self._findings: dict[Rung, Finding] = {}
        self._port: int | None = None
        super().__init__(session, run)
        self.look()

    @property
    def _wizard(self) -> Wizard:
        return self.session.wizard

    def page(self) -> Mapping[str, object]:
        wizard = self._wizard
        step = next(step for step in wizard.steps if step.name is wizard.current)
        return {
            "spent": None if self.session.mode == "practice" else self.session.ledger.totals().spent,
            "wizard": wizard,
            "step": step,
            "following": next((later for later in wizard.steps if later.number == step.number + 1), None),
            "practice_port": self._port,
            "platform_page": known_links()[PAGES[step.name]],
            "repairs": self._understood.repairs if self._understood else (),
            "rungs": [self._rung(rung) for rung in SHOWN_RUNGS] if self._findings else [],
            "verdict": verdict_of(self._findings.values()) if self._findings and not self.working else None,
            "consent": self._waiting(Rung.CREDIT, Skip.NO_CONSENT),
            "image_offer": self._waiting(Rung.IMAGES, Skip.NOT_ASKED),
            "key": self._key,
            "linked": self.session.chosen_key().active,
        }

    def actions(self) -> Mapping[str, Action]:
        return {
            "go": lambda fields, _: self._wizard.go(fields["step"]),
            "declare": lambda fields, _: self._wizard.declare(fields["check"]),
            "look_again": lambda *_: self.work(self._practice_state, self._observed_when_asked),
            "check": self._check,
            "check_again": lambda *_: self._climb(),
            "check_linked": lambda *_: self._check_linked(),
            "consent": lambda *_: self._climb(consent=True),
            "try_image": lambda *_: self._climb(consent=True, images=True),
            "link": self._link,
            "forget": lambda *_: self._forget(),
        }

    # --- the practice platform: evidence is what was really done there

    def look(self) -> None:
        """Beside the page, without making anybody wait."""
        if self.session.mode == "practice":
            self.watch(self._practice_state, self._observed)

    def _practice_state(self) -> Mapping[str, object]:
        self._port = practice_port(self.session)
        return self.session.practice_state()

    def _observed(self, state: Mapping[str, object]) -> None:
        self._wizard.observe(state)

    def _observed_when_asked(self, state: Mapping[str, object]) -> None:
        step = self._wizard.current
        self._observed(state)
        done = next(view.is_done for view in self._wizard.steps if view.name is step)
        self.news = self.texts("setup.seen_done" if done else "setup.seen_not_yet")

    # --- the key

    def _check(self, _fields: Fields, secrets: Secrets) -> None:
        self._understood = lint(secrets["key"].get_secret_value(), self.session.mode)
        self._findings = {}
        self._key = self._understood.key
        if self._key is None:
            self.problem = self._understood
        else:
            self._climb()

    def _check_linked(self) -> None:
        self._understood, self._key = None, self.session.linked_key
        if self._key:
            self._climb()

    def _climb(self, *, consent: bool = False, images: bool = False) -> None:
        key = self._key
        if key is None:
            return
        self._findings = {rung: Finding(rung, State.TODO) for rung in Rung}
        checkup = self.session.checkup
        self.work(
            lambda: checkup.run(key, consent=consent, on_finding=self._found, images=images), self._climbed
        )

    def _found(self, finding: Finding) -> None:
        self._findings[finding.rung] = finding
        self.redraw()

    def _climbed(self, findings: Iterable[Finding]) -> None:
        findings = list(findings)
        self._wizard.go(StepName.KEY)
        self._wizard.observe_checkup(findings)
        fallen = next((finding for finding in findings if finding.state is State.FAILED), None)
        if fallen and fallen.diagnosis:
            self.problem = fallen.diagnosis
        self.news = self.texts(f"checkup.verdict.{verdict_of(findings)}")

    def _rung(self, rung: Rung) -> dict[str, object]:
        """What waits for the person's word is still to do, not left out."""
        finding = self._findings.get(rung, Finding(rung, State.TODO))
        proven = "verified" if self.session.mode == "live" else "practised"
        asked = finding.facts.get("reason") in (Skip.NO_CONSENT, Skip.NOT_ASKED)
        state = {State.PASSED: proven, State.SKIPPED: "todo" if asked else "skipped"}.get(
            finding.state, finding.state.value
        )
        return {"title": self.texts(f"checkup.rung.{rung}"), "state": state}

    def _waiting(self, rung: Rung, reason: Skip) -> Mapping[str, object] | None:
        """A paid call that was left out for this reason: its model and what it costs at most."""
        finding = self._findings.get(rung)
        return finding.facts if finding and finding.facts.get("reason") == reason else None

    # --- the link

    def _link(self, fields: Fields, _secrets: Secrets) -> None:
        if self._key is None:
            return
        self.session.link(self._key, store="store" in fields)
        self.session.assistant.purses.prefers_own_key = True
        self._wizard.record("link.linked")
        self.news = self.texts("setup.link.done", key=self._key.masked)

    def _forget(self) -> None:
        self._key, self._understood, self._findings = None, None, {}
        still = self.session.forget()
        self._wizard.restart(StepName.LINK)
        self.news = self.texts("setup.link.still" if still.active else "setup.link.forgotten")
