"""The window of the drills: a list to pick from, then one failure from its symptom to the green."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from ppkit.errors import PpkitError
from ppkit.keys import parse_pasted_key
from ppkit.onboarding.lessons import DRILLS, ENOUGH, Drill, DrillRun, DrillStage, drill_named, next_drill
from ppkit.practice_link import PagesPort
from ppkit.widgets.base.view import Fields, Secrets
from ppkit.widgets.base.window import Action, Window

if TYPE_CHECKING:
    from ppkit.onboarding.lessons.drills import DrillRefusal

LESSON = "mend"


class DrillsWindow(Window):
    """Draws the drill under way. Its key stays in `DrillRun`: never in a trait, nor on the page."""

    template: ClassVar[str] = "drills"

    def begin(self) -> None:
        self._port: PagesPort | None = None
        self._doing = ""  # what is waited for: the texts "drills.preparing" and "drills.trying"

    @property
    def _under_way(self) -> DrillRun | None:
        return self.window_group.drill_run

    @property
    def is_busy(self) -> bool:
        return self._under_way is not None

    def page(self) -> Mapping[str, object]:
        lesson = self.session.course.map.of(LESSON)
        run = self._under_way
        return {
            "drills": DRILLS,
            "exercises": {each.check: each for each in lesson.exercises},
            "mended": len(lesson.chosen),
            "enough": ENOUGH,
            "following": next_drill(lesson.chosen),
            "run": run,
            "drill": run.drill if run else None,
            "stage": run.stage if run else "list",
            "practice_port": self._port,
            "doing": self._doing if self.working else "",
            "leads_to_key": self.window_group.shows("key_rotation"),
        }

    def actions(self) -> Mapping[str, Action]:
        return {
            "open": lambda fields, _: self._begin(drill_named(fields["drill"])),
            "leave": lambda *_: self._leave(),
            **({} if self._under_way is None else self._actions_in(self._under_way)),
        }

    def _actions_in(self, run: DrillRun) -> Mapping[str, Action]:
        return {
            "check": lambda fields, _: self._check(run, fields),
            "hint": lambda *_: run.attempt.show_hint(),
            "solution": lambda *_: self._solve(run),
            "again": lambda *_: self._begin(run.drill),
            "try": lambda *_: self._try(run),
            "paste": lambda _, secrets: self._paste(run, secrets),
            "edit": lambda fields, _: self._edit(run, fields),
            "wait": lambda *_: self._wait(run),
        }

    def look(self) -> None:
        """Back from the platform's page, the next thing is to try again; a page loaded anew looks for it."""
        if self._under_way and self._port is None:
            self.watch(self.session.practice_link.pages_port, self._found_pages)
        elif self._under_way:
            self._under_way.has_looked = True

    def _found_pages(self, port: PagesPort | None) -> None:
        self._port = port

    # --- from the list into a drill, and out of it

    def _begin(self, drill: Drill) -> None:
        """A drill that cannot be brought about leaves the list as it was."""
        link, names = self.session.practice_link, self._names()
        clients = self.session.connection

        def brought_about() -> tuple[DrillRun, DrillRefusal | None, PagesPort | None]:
            run = DrillRun(drill, link.begin_drill(drill.name, *names))
            return run, run.look(clients), link.pages_port()

        def begun(found: tuple[DrillRun, DrillRefusal | None, PagesPort | None]) -> None:
            run, answer, self._port = found
            run.answered(answer)
            self.window_group.drill_run = run

        self._doing = "preparing"
        self.work(brought_about, begun)

    def _names(self) -> tuple[str, str]:
        return self.texts("drills.organization"), self.texts("drills.project")

    def _leave(self) -> None:
        """Waited for: the account that is cleared must not be that of the next drill, here or elsewhere."""
        link, run = self.session.practice_link, self._under_way

        def ended() -> None:
            with suppress(PpkitError):  # whoever leaves may go; the next drill begins anew in any case
                if run:
                    link.require_drill(run.access)
                link.end_drill()

        self._doing = ""
        self.work(ended, lambda _: self._left())

    def _left(self) -> None:
        self.window_group.drill_run = None

    # --- the cause

    def _check(self, run: DrillRun, fields: Fields) -> None:
        state = run.attempt.check(fields)
        self.news = self.texts("drills.cause_found" if run.attempt.is_over else f"exercise.{state}.news")

    # --- the mending

    def _try(self, run: DrillRun, first: Callable[[], None] = lambda: None, *, anew: bool = False) -> None:
        """Make the call of the app again, after what comes `first`, while the account is this drill's.

        `anew` says that what comes first makes an account, so that none is needed.
        """
        clients, link = self.session.connection, self.session.practice_link

        def tried() -> DrillRefusal | None:
            link.require_drill(run.access, or_none=anew)
            first()
            return run.look(clients)

        self._doing = "trying"
        self.work(tried, lambda answer: self._tried(run, answer))

    def _tried(self, run: DrillRun, answer: DrillRefusal | None) -> None:
        run.answered(answer)
        if run.stage is DrillStage.DONE:
            self.has_done(run.drill.check, evidence=run.evidence)
        self.news = self.texts("drills.done.news" if run.stage is DrillStage.DONE else "drills.still.news")

    def _paste(self, run: DrillRun, secrets: Secrets) -> None:
        understood = parse_pasted_key(secrets["key"].get_secret_value(), self.session.mode)
        if understood.key is None:
            self.problem = understood
        else:
            run.paste(understood.key)
            self._try(run)

    def _edit(self, run: DrillRun, fields: Fields) -> None:
        run.edit(fields["text"])
        self._try(run)

    def _wait(self, run: DrillRun) -> None:
        link = self.session.practice_link
        self._try(run, lambda: link.pass_drill_time(run.drill.minutes))

    def _solve(self, run: DrillRun) -> None:
        """Everything is put right here, and shown: what was looked at counts as shown."""
        link, names = self.session.practice_link, self._names()
        self._try(run, lambda: run.solve(link.mend_drill(run.drill.name, *names)), anew=True)
