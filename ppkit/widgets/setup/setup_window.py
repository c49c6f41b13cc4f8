"""The wizard's window: account, credit, key, link. It draws `session.wizard` and hands clicks to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from ppkit.checkup import Diagnosis, Finding, NotedAccount, Rung, Skip, State, known_links
from ppkit.checkup.explain import explain
from ppkit.checkup.finding_texts import evidence_of
from ppkit.errors import PpkitError
from ppkit.keys import ApiKey, parse_pasted_key
from ppkit.keys.chain_texts import describe_dotenv, passed_over
from ppkit.keys.scan.leaks import Leak
from ppkit.keys.scan.report_texts import example_lines, place_of, unread_lines
from ppkit.look import formats
from ppkit.mode import Mode
from ppkit.onboarding import KeyCheck, StepName, StepView, Wizard, is_rehearsed
from ppkit.practice_link import PagesPort
from ppkit.scan_here import Scanned, scan
from ppkit.settings import dotenv_path
from ppkit.widgets.base import background_thread
from ppkit.widgets.base.problems import Problem, problem_of
from ppkit.widgets.base.view import CalmRedraw, Fields, Secrets
from ppkit.widgets.base.window import Action, Window

if TYPE_CHECKING:
    from ppkit.sessions import Session

# Where each step is done on the platform: names in the checkup room's list of links.
PAGES = {
    StepName.ACCOUNT: "platform",
    StepName.CREDIT: "billing",
    StepName.KEY: "keys",
    StepName.LINK: "keys",
}
MOST_PLACES = 10  # of exposed keys; `ppkit scan` names all
RECHARGE = "credit.auto_recharge_chosen"
SHORTEST_TOLD_SECONDS = 0.05
ASKED_FOR = (Skip.NO_CONSENT, Skip.NOT_ASKED)  # what waits for the user's word is to do, not left out


PracticeState = Mapping[str, object]
Scan = Callable[[Callable[[], bool]], Scanned]  # looks now and then whether it is still wanted
Seen = tuple[PagesPort | None, PracticeState]  # the practice console's port, and the platform's own report


class SetupWindow(Window):
    """The four steps. A typed key lives in a plain object of Python: never in a trait, never on the page."""

    template: ClassVar[str] = "setup"

    def __init__(
        self,
        session: Session,
        run: background_thread.BackgroundRunner = background_thread.run,
        scan: Scan = lambda cancelled: scan(cancelled=cancelled),
    ) -> None:
        self._scan = scan
        self._checks: dict[Mode, KeyCheck] = {}
        super().__init__(session, run)

    def begin(self) -> None:
        session = self.session
        self._binder_rule = session.linking.binder_rule_first
        # Who comes back to a mode finds the key that was on the table there: nothing is asked for twice.
        self._check = self._checks.setdefault(session.mode, KeyCheck(session.mode, session.clock))
        self.problem = self._check.diagnosis
        self._port: PagesPort | None = None
        self._practice_state: PracticeState = {}  # as it was last seen
        self._scanned: Scanned | None = None

    @property
    def _wizard(self) -> Wizard:
        return self.session.wizard

    @property
    def is_busy(self) -> bool:
        return self._check.key is not None

    @property
    def standing_problem(self) -> Problem | None:
        return self._check.diagnosis

    def page(self) -> Mapping[str, object]:
        wizard = self._wizard
        step = next(step for step in wizard.steps if step.name is wizard.current)
        chosen = self.session.chosen_key()
        return {
            "wizard": wizard,
            "step": step,
            "step_finished": self._is_finished(step),
            "asked_beside": (),
            "shown_beside": (),
            "of_lesson": (),
            "asks": False,
            "following": next((later for later in wizard.steps if later.number == step.number + 1), None),
            "practice_port": self._port,
            "platform_page": known_links()[PAGES[step.name]],
            "check": self._check,
            "rungs": [self._rung(finding) for finding in self._check.findings.values()],
            "remarks": [explain(remark, self.texts) for remark in self._check.remarks],
            "rehearsed": self._is_rehearsed,
            "help_text": self.help_text(self._check.findings.values()),
            "written": self.session.account_note.read(),
            "admin_key": self.session.linking.admin_key,
            "linked": chosen.active,
            "keys": self.session.keys(),
            "refused": [
                *(passed_over(found, self.texts) for found in chosen.refused),
                *describe_dotenv(dotenv_path(), self.texts),
            ],
            "binder_rule": self._binder_rule,
            "scanned_clean": self._scanned is not None and self._is_clean(self._scanned),
            "unread": list(unread_lines(self._scanned.report, self.texts)) if self._scanned else [],
            "examples": list(example_lines(self._scanned.report, self.texts)) if self._scanned else [],
            "way_back": self._way_back,
            "recharge_goes_on": self._recharge_goes_on(step),
        }

    def actions(self) -> Mapping[str, Action]:
        return {
            "go": lambda fields, _: self._wizard.go(fields["step"]),
            "declare": lambda fields, _: self._declare(fields["check"]),
            "look_again": lambda *_: self._look_when_asked(),
            "check": self._read_and_climb,
            "check_again": self._climb_again,
            "check_linked": lambda *_: self._check_linked(),
            "consent": lambda *_: self._climb(Rung.CREDIT),
            "try_image": lambda *_: self._climb(Rung.IMAGES),
            "cause": self._narrow,
            "hint": lambda *_: self._with_problem(self._check.show_hint),
            "wait": lambda *_: self._with_problem(self._check.wait),
            "stop_waiting": lambda *_: self._with_problem(self._check.stop_waiting),
            "cannot_paste": lambda *_: self._show(Diagnosis("cannot_paste")),
            "write_down": self._write_down,
            "admin_key": self._take_admin_key,
            "link": self._link,
            "forget": lambda *_: self._forget(),
            "use_key": lambda fields, _: self._use_key(fields["name"]),
            "forget_key": lambda fields, _: self._forget_key(fields["name"]),
            "scan_files": lambda *_: self._look_through_files(),
            "binder_read": lambda *_: self._binder_read(),
        }

    @property
    def _way_back(self) -> bool:
        """Whether a live learner practises here, on a page that has no switch to go back by."""
        group = self.window_group
        return (
            self.session.mode == "practice"
            and group.came_from == "live"
            and not group.shows("course", "lesson")
        )

    def _is_finished(self, step: StepView) -> bool:
        """Whether it is time to go on from this step."""
        return step.is_done

    def _declare(self, check: str) -> None:
        self._wizard.declare(check, key=self.session.linked_key)

    # --- the practice platform: evidence is what was really done there

    def look(self) -> None:
        """Beside the page, without making anybody wait."""
        if self.session.mode == "practice":
            self.watch(*self._looking(self._observed))

    def _look_when_asked(self) -> None:
        """Live there is nothing to look at, and what practice tells must not count there."""
        if self.session.mode == "live":
            return
        self.work(*self._looking(self._observed_when_asked))

    def _looking(
        self, then: Callable[[PracticeState], None]
    ) -> tuple[Callable[[], Seen], Callable[[Seen], None]]:
        """What to ask, and what to do with the answer."""

        def seen(answer: Seen) -> None:
            self._port, state = answer
            then(state)

        practice = self.session.practice_link
        return lambda: (practice.pages_port(), practice.state()), seen

    def _observed(self, state: PracticeState) -> None:
        self._practice_state = state
        self._wizard.observe(state)

    @property
    def _is_rehearsed(self) -> bool:
        """Whether the problem on show is a failure that was switched on there; never of a real refusal."""
        found = self._check.diagnosis
        return (
            found is not None
            and found is self.problem
            and not found.own
            and is_rehearsed(found.code, self._practice_state)
        )

    def _recharge_goes_on(self, step: StepView) -> bool:
        """Whether credit was bought and will be bought again by itself, without a word from the learner."""
        chosen = next((check.is_done for check in step.checks if check.name == RECHARGE), True)
        return step.is_done and not chosen and self._practice_state.get("auto_recharge") is True

    def _observed_when_asked(self, state: PracticeState) -> None:
        step = self._wizard.current
        self._observed(state)
        done = next(view.is_done for view in self._wizard.steps if view.name is step)
        self.news = self.texts("setup.seen_done" if done else "setup.seen_not_yet")

    # --- the key on the table

    def _read_and_climb(self, _fields: Fields, secrets: Secrets) -> None:
        if self._check.read(secrets["key"].get_secret_value()):
            self._climb()
        else:
            self.problem = self._check.understood

    def _check_linked(self) -> None:
        key = self.session.linked_key
        if key:
            self._check.take(key)
            self._climb()

    def _climb_again(self, fields: Fields, _secrets: Secrets) -> None:
        """At the end of a countdown every view of this window asks for it; the first one is answered."""
        if "waited" in fields and not self._check.waited(fields["waited"]):
            return
        self._climb()

    def _climb(self, agreed_to: Rung | None = None) -> None:
        if self._check.key is None:
            return
        self.problem = None
        self._check.stop_waiting()
        written, admin_key = self.session.account_note.read(), self.session.linking.admin_key
        self.work(lambda: self._climbed_by(agreed_to, written, admin_key), self._run_check, "check")

    def _climbed_by(
        self, agreed_to: Rung | None, written: NotedAccount, admin_key: ApiKey | None
    ) -> list[Finding]:
        check, redraw = self._check, CalmRedraw(self.redraw, self.session.clock)
        try:
            findings = check.run_check(
                self.session.checkup,
                redraw,
                self.stop_asked.is_set,
                agreed_to=agreed_to,
                written=written,
                admin_key=admin_key,
            )
        finally:
            redraw.end()
        if self.session.mode == "practice" and check.found and check.key:
            # The platform's state shows the cause: nobody has to be asked.
            check.call_it(self.session.practice_link.with_root_cause(check.found, check.key))
        return findings

    def _run_check(self, findings: Sequence[Finding]) -> None:
        self._wizard.go(StepName.KEY)
        key = self._check.key
        if key is not None:
            self._wizard.observe_checkup(findings, key)
            if self._check.is_recognised and key == self.session.linked_key:
                self._wizard.record("link.linked", key=key)
        self.problem = self._check.diagnosis
        self.news = self.texts(f"checkup.verdict.{self._check.verdict}")
        if self.problem:
            self.look()  # whether it is rehearsed is known a moment later

    def _rung(self, finding: Finding) -> dict[str, object]:
        proven = "verified" if self.session.mode == "live" else "practised"
        asked = finding.facts.get("reason") in ASKED_FOR
        state = {State.PASSED: proven, State.SKIPPED: "todo" if asked else "skipped"}.get(
            finding.state, finding.state.value
        )
        return {
            "title": self.texts(f"checkup.rung.{finding.rung}"),
            "state": state,
            "line": self._line(finding),
        }

    def _line(self, finding: Finding) -> str:
        """What was found, and how long that took. A rung that fell says it all for those above it."""
        if finding.facts.get("reason") == Skip.EARLIER:
            return ""
        told = [evidence_of(finding, self.texts)]
        if finding.seconds >= SHORTEST_TOLD_SECONDS:
            told.append(formats.duration(finding.seconds, self.texts.language))
        return " · ".join(line for line in told if line)

    # --- the ways on from a problem

    def _narrow(self, fields: Fields, _secrets: Secrets) -> None:
        self._with_problem(lambda: self._check.narrow(fields["cause"]))

    def _with_problem(self, change: Callable[[], None]) -> None:
        """The problem stays on the page, as the change leaves it."""
        change()
        self.problem = self._check.diagnosis

    def _show(self, diagnosis: Diagnosis) -> None:
        self._check.forget()
        self._check.diagnosis = self.problem = diagnosis

    # --- what is known beside the key

    def _write_down(self, fields: Fields, _secrets: Secrets) -> None:
        self.session.account_note.write(fields.get("organization", ""), fields.get("project", ""))
        self.news = self.texts("setup.account.written")

    def _take_admin_key(self, _fields: Fields, secrets: Secrets) -> None:
        understood = parse_pasted_key(secrets["admin_key"].get_secret_value(), self.session.mode, "admin")
        if understood.key is None:
            self.problem = understood
        else:
            self.session.linking.adopt_admin(understood.key)
            self.news = self.texts("setup.admin_key.taken", key=understood.key.masked)

    # --- the link

    def _link(self, fields: Fields, _secrets: Secrets) -> None:
        key = self._check.key
        if key is None or not self._check.is_recognised:
            return
        try:
            self.session.link(key, store="store" in fields)
        except PpkitError as error:
            self.problem = problem_of(error)
            if self.session.linked_key != key:
                return
            # It could not be kept (a locked keyring, a full disk); it is in use for this session anyway.
        self._wizard.record("link.linked", key=key)
        self.news = self.texts("setup.link.done", key=key.masked)

    def _use_key(self, name: str) -> None:
        active = self.session.use(name).active
        self.news = self.texts("setup.keys.switched", key=active.masked if active else "")

    def _forget_key(self, name: str) -> None:
        self.session.forget(name)
        self.news = self.texts("setup.link.forgotten")

    def _look_through_files(self) -> None:
        """Before a notebook is shown to somebody: whether a key is exposed in it, or beside it."""
        self._scanned = None
        self.work(lambda: self._scan(self.stop_asked.is_set), self._has_scanned, "scan")

    def _has_scanned(self, scanned: Scanned) -> None:
        leaks = self._lying_open(scanned)
        if leaks:
            places = "; ".join(place_of(leak, self.texts) for leak in leaks[:MOST_PLACES])
            self.problem = Diagnosis("key_left_open", {"places": len(leaks)}, {"places": places})
        self._scanned = scanned
        unread = " ".join(unread_lines(scanned.report, self.texts))
        self.news = self.texts("keys.scan.clean") if self._is_clean(scanned) else unread

    def _lying_open(self, scanned: Scanned) -> list[Leak]:
        """Who practises rehearses this, too: there, a practice key is the one to look after."""
        report = scanned.report
        return report.real + report.practice if self.session.mode == "practice" else report.real

    def _is_clean(self, scanned: Scanned) -> bool:
        return scanned.is_clean and not self._lying_open(scanned)

    def _binder_read(self) -> None:
        self._binder_rule = False

    def _forget(self) -> None:
        self._check.forget()
        still = self.session.forget()
        self._wizard.restart(StepName.LINK)
        self.news = self.texts("setup.link.still" if still.active else "setup.link.forgotten")
