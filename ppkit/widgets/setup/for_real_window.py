"""The window of the lesson "Now for real": four steps on OpenAI's platform, and what only counts there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ppkit.checkup import Diagnosis, Finding, LimitStep, Rung, State, known_links
from ppkit.checkup.finding_texts import evidence_of
from ppkit.keys import ApiKey
from ppkit.onboarding import BY_NAME, KeyUse, RealAccount, StepName, StepView
from ppkit.onboarding.lessons import LessonView
from ppkit.spending.ledger.values import Limits
from ppkit.spending.limit_amounts import amount_of
from ppkit.widgets.base.amounts import typed_amount
from ppkit.widgets.base.downloads import Downloads
from ppkit.widgets.base.view import Fields, Secrets
from ppkit.widgets.base.window import Action
from ppkit.widgets.setup.setup_window import SetupWindow

LESSON = "real"
PASTED, USED = "link.in_postpickr", "link.used_by_postpickr"
LIMIT_HERE = "costs.limit_set"
ASKED_BESIDE = ("credit.auto_recharge_chosen", PASTED, USED)  # by questions of their own
SHOWN_BESIDE = ("credit.platform_alert", "credit.platform_limit")  # among the two limits


class ForRealWindow(SetupWindow):
    """The wizard in live mode, with the platform's limits and PostPickr; in practice, what that is for."""

    template: ClassVar[str] = "for_real"

    def begin(self) -> None:
        super().begin()
        self._downloads = Downloads(self)
        self._has_read = False  # the checklist
        self._controls: Mapping[str, object] | None = None  # as they were read on the platform
        self._changes: tuple[LimitStep, ...] | None = None  # of them, to be agreed to
        self._wished: Fields = {}  # the amounts that were typed for them
        self._use: KeyUse | None = None  # of the linked key, as it was read last
        self._looks = 0  # for a use by PostPickr, so far in vain
        self._typed: Fields = {}  # a limit that could not be set, so that it can be mended

    def page(self) -> Mapping[str, object]:
        lesson = self._lesson
        return {
            **super().page(),
            "of_lesson": lesson.lesson.checks,
            "asked_beside": ASKED_BESIDE,
            "shown_beside": SHOWN_BESIDE,
            "begun": self._has_read or lesson.has_begun,
            "missing": [(one.check, _step_of(one.check)) for one in lesson.exercises if not one.is_done],
            "limits_page": known_links()["limits"],
            "keys_page": known_links()["keys"],
            "controls": self._controls_in_words(),
            "changes": self._changes,
            "wished": self._wished,
            "project": self._project,
            "mail_to": self.session.settings.alert_to or "",
            "asks": bool(self._changes),
            "limit_here": self.session.budget.get().hard,
            "limit_here_set": lesson.is_done(LIMIT_HERE),
            "typed": self._typed,
            "pasted": lesson.is_done(PASTED),
            "used": lesson.is_done(USED),
            "use_is_verified": self._is_verified(lesson, USED),
            "use": self._use,
            "looks": self._looks,
            "downloads": self._downloads,
        }

    def actions(self) -> Mapping[str, Action]:
        return {
            **super().actions(),
            "start": lambda *_: self._start(),
            "read_controls": lambda *_: self._read_controls(),
            "plan_controls": self._plan_controls,
            "set_controls": lambda *_: self._set_controls(),
            "leave_controls": lambda *_: self._leave_controls(),
            "limit_here": self._set_limit_here,
            "pasted": lambda *_: self._was_pasted(),
            "look_for_use": lambda *_: self._look_for_use(),
            "sheet": lambda *_: self._downloads.send_sheet(self.session, self.window_group.language, "pdf"),
        }

    def look(self) -> None:
        """Nothing of this lesson is rehearsed, so the practice platform is not asked."""

    @property
    def _lesson(self) -> LessonView:
        return self.session.course.map.of(LESSON)

    @property
    def _project(self) -> str:
        """The one written down, whose alert and limit are meant; empty for the whole organization."""
        return self.session.account_note.read().project or ""

    @property
    def _account(self) -> RealAccount:
        session = self.session
        return RealAccount(
            session.connection,
            session.accounting.calls_paid,
            session.progress,
            session.clock,
            session.account_note.read(),
        )

    def _is_finished(self, step: StepView) -> bool:
        """Also what the wizard leaves to the user: forgotten here, it costs money."""
        lesson = self._lesson
        asked = (one for one in lesson.exercises if _step_of(one.check) is step.name)
        return step.is_done and all(one.is_done for one in asked)

    def _declare(self, check: str) -> None:
        """The wizard goes on when its own checks are done; here, when nothing of the step is left."""
        shown = self._wizard.current
        self._wizard.go(shown)
        super()._declare(check)
        if self._is_finished(next(step for step in self._wizard.steps if step.name is shown)):
            self._wizard.go_on()

    @staticmethod
    def _is_verified(lesson: LessonView, check: str) -> bool:
        return any(one.check == check and one.once.label == "verified" for one in lesson.exercises)

    def _start(self) -> None:
        self._has_read = True

    # --- two limits: the platform's, and the one here

    def _read_controls(self) -> None:
        admin_key = self.session.linking.admin_key
        if admin_key:
            account = self._account
            self.work(lambda: account.controls(admin_key), self._have_read_controls)

    def _have_read_controls(self, controls: Mapping[str, object]) -> None:
        self._controls = controls
        self._wizard.observe_controls(controls)
        self.news = self._controls_in_words()

    def _plan_controls(self, fields: Fields, _secrets: Secrets) -> None:
        """Show what would be changed there; it is done when that is agreed to."""
        self._wished = fields
        wanted = Limits(
            soft=amount_of(typed_amount(fields["alert"])), hard=amount_of(typed_amount(fields["limit"]))
        )
        admin_key, to = self.session.linking.admin_key, fields["mail"].replace(",", " ").split()
        if admin_key:
            account = self._account
            self.work(lambda: account.changes(admin_key, wanted, to), self._have_planned)

    def _have_planned(self, changes: tuple[LimitStep, ...]) -> None:
        self._changes = changes
        self.news = self.texts("for_real.set.title" if changes else "for_real.set.nothing")

    def _set_controls(self) -> None:
        """What was read before holds no more, also where only a part of the changes goes through."""
        admin_key, changes = self.session.linking.admin_key, self._changes
        if admin_key and changes:
            account = self._account
            self._changes = self._controls = None
            self.work(lambda: account.change(admin_key, changes), self._have_read_controls)

    def _leave_controls(self) -> None:
        self._changes = None

    def _controls_in_words(self) -> str:
        if self._controls is None:
            return ""
        return evidence_of(Finding(Rung.LIMITS, State.PASSED, facts=dict(self._controls)), self.texts)

    def _set_limit_here(self, fields: Fields, _secrets: Secrets) -> None:
        self._typed = fields
        self.session.budget.set(hard=typed_amount(fields["hard"]), why=self.texts("for_real.limit_reason"))
        self._typed = {}
        self.news = self.texts("costs.saved")
        if self.session.budget.get().hard is not None:
            self.has_done(LIMIT_HERE)

    # --- PostPickr

    def _was_pasted(self) -> None:
        """The use so far is read before anything is written there: what comes after it is PostPickr's."""
        key, admin_key = self.session.linked_key, self.session.linking.admin_key
        self._declare(PASTED)
        if key and admin_key:
            account = self._account
            self.work(lambda: account.use_of(key, admin_key), self._have_read_use)

    def _have_read_use(self, use: KeyUse | None) -> None:
        """What was read before stays where nothing is read now: it is what a later use is told by."""
        self._use = use or self._use
        if use is None:
            self.problem = Diagnosis("key_not_in_organization")

    def _look_for_use(self) -> None:
        key, admin_key = self.session.linked_key, self.session.linking.admin_key
        if key and admin_key:
            account = self._account
            self.work(lambda: account.use_of(key, admin_key), lambda use: self._have_looked(key, use))

    def _have_looked(self, key: ApiKey, use: KeyUse | None) -> None:
        before = self._use
        self._have_read_use(use)
        if use is None:
            return
        if not use.shows_another(before):
            self._looks += 1
            self.news = self.texts("for_real.use.not_yet")
            return
        for check in (PASTED, USED):  # who uses it was given it
            self._wizard.record(check, key=key)
        self.news = self.texts("for_real.use.shown")


def _step_of(check: str) -> StepName:
    """Where it is done; the limit here stands beside the platform's."""
    return BY_NAME[check].step if check in BY_NAME else StepName.CREDIT
