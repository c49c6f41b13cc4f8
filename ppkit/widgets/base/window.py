"""What every window is: a template, what it shows, and the actions it answers."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, TypeVar, get_args

from ppkit.checkup import Diagnosis, Explanation, Finding
from ppkit.checkup.help_request import request_for_help
from ppkit.errors import PpkitError
from ppkit.look.texts import Texts
from ppkit.mode import Mode
from ppkit.onboarding import Evidence
from ppkit.place import Place
from ppkit.widgets.base import background_thread
from ppkit.widgets.base.amounts import spent_so_far
from ppkit.widgets.base.class_corner import ClassCorner
from ppkit.widgets.base.console_panel import ConsolePanel
from ppkit.widgets.base.lesson_links import LessonEnd, lesson_end
from ppkit.widgets.base.problems import Card, Problem, card_of, problem_of
from ppkit.widgets.base.view import Fields, Secrets, View
from ppkit.widgets.base.window_group import window_group_of
from ppkit.widgets.base.window_templates import page_of

if TYPE_CHECKING:
    from ppkit.agency import Agency
    from ppkit.practice_platform.visitor import Answer
    from ppkit.sessions import Session


class FileUnreadable(PpkitError):
    """A chosen file was changed, moved or deleted before the browser could read it. Facts: none."""

    code = "file_unreadable"


OF_ANY_MODE = frozenset({
    *("speak", "look", "redraw", "retry", "stop", "class_read", "class_hide", "class_show"),
})  # fmt: skip
Action = Callable[[Fields, Secrets], None]
Result = TypeVar("Result")


class Window(View):
    """A view of a session. Subclasses name their template, what it shows and which actions there are.

    No exception leaves a window: it becomes a problem card. Slow work goes through `work`.
    """

    template: ClassVar[str]  # "setup" for templates/setup.html and the texts "setup.…"
    is_head: ClassVar[bool] = False  # whether it stands at the head of a page
    follows_mode: ClassVar[bool] = True  # whether it turns to the other mode with its page
    interrupts: ClassVar[frozenset[str]] = frozenset({"stop", "console_visit"})

    def __init__(
        self, session: Session, run: background_thread.BackgroundRunner = background_thread.run
    ) -> None:
        self.session = session
        self.window_group = window_group_of(session)
        self.problem: Problem | None = None
        self.news = ""  # what a screen reader announces after the next redraw
        self.told = ""  # what it announces instead: what the class has told since the last click
        self.stoppable = ""  # the work under way that can be stopped, by its name; empty when there is none
        self.stop_asked = threading.Event()  # of the work begun last; every work has its own
        self._is_awaited = False  # whether that work has yet to end, be it stopped or not
        self._run = run
        self.console = ConsolePanel(self.send, run)
        self._redrawing = threading.RLock()
        super().__init__(fallback=Texts(self.window_group.language)(f"{self.template}.fallback"))
        self.begin()
        self.window_group.add(self)
        self.redraw()
        self.look()
        self.class_corner.note()

    @property
    def class_corner(self) -> ClassCorner:
        """The learner's class, where they take part in one."""
        return ClassCorner(self.session, self.window_group)

    def begin(self) -> None:
        """Start with what belongs to one mode as it is at first: when opened, and when the mode changes."""

    def close(self) -> None:
        """Its place in the page is gone: it is redrawn no more, and holds nothing of what it has shown.

        What is under way goes on to its end, and is kept and booked; only then the window forgets what that
        belongs to. (IPython's `Out` may hold the window.)
        """
        if self.comm is None:
            return
        super().close()
        self.window_group.discard(self)
        with self._redrawing:
            self.pictures, self.html = {}, ""
            if not self._is_awaited:
                self.begin()

    @abstractmethod
    def page(self) -> Mapping[str, object]:
        """What the template is given, beside `window`, `session`, `card` and `spent`."""

    @abstractmethod
    def actions(self) -> Mapping[str, Action]:
        """What this window answers; everything else that comes from the page is ignored."""

    @property
    def is_busy(self) -> bool:
        """Whether the user is in the middle of something that a failed look should not cover."""
        return False

    @property
    def standing_problem(self) -> Problem | None:
        """What stays on show whatever else is done, until it is mended."""
        return None

    @property
    def agency(self) -> Agency:
        """Whose name and colours are shown; a nameless one where there is none."""
        return self.session.accounting.agency_shown

    @property
    def texts(self) -> Texts:
        return Texts(self.window_group.language)

    @property
    def card(self) -> Card | None:
        """The problem on show, in words."""
        return card_of(self.problem, self.texts) if self.problem else None

    def help_text(self, findings: Iterable[Finding] = ()) -> str:
        """A request for help about the problem on show, to be copied; empty when there is none."""
        card, problem = self.card, self.problem
        if card is None:
            return ""
        return request_for_help(
            card.code,
            Explanation(card.what, card.why, card.now),
            self.texts,
            mode=self.session.mode,
            details=problem.details if isinstance(problem, Diagnosis) else {},
            findings=findings,
        )

    def move_to(self, session: Session) -> None:
        """Show another session from now on; what is still on its way from the one before is not shown."""
        self.console.close()
        self.window_group.discard(self)
        with self._redrawing:
            self.session, self.window_group = session, window_group_of(session)
            self.problem, self.news = None, ""
            self.stop_asked, self._is_awaited = threading.Event(), False
            self.let_go()
            self.begin()
        self.window_group.add(self)

    @property
    def _program(self) -> str:
        """The one that shows this page, whose menus a text may name."""
        place = self.session.linking.place
        return place.value if place in (Place.COLAB, Place.VSCODE) else "jupyter"

    def redraw(self) -> None:
        """Render the page as things stand; traits may be set from any thread, one redraw at a time."""
        with self._redrawing, self.session.linking.one_look():
            if self.comm is None:  # it may have been closed while this waited for its turn
                return
            self.language = self.window_group.language
            self.copied = self.texts("common.button.copied")
            self.apart = self.texts("window.apart", file="{file}") if self._program == "colab" else ""
            self.silence = page_of(self.window_group.language, "silence", {"program": self._program})
            try:
                shown = {"spent": self.spent_so_far(), "calls": self._calls(), **self.page()}
                self.html = self._rendered(self.template, shown)
            except Exception as error:
                self.problem = problem_of(error)
                self.html = self._rendered("out_of_order", {"spent": None, "calls": 0})

    def redraw_all(self) -> None:
        """Render every window of the session, from one look at the keys, after something was done here."""
        with self.session.linking.one_look():
            self.window_group.redraw()
        self.class_corner.note()

    def _rendered(self, template: str, shown: Mapping[str, object]) -> str:
        card = self.card
        lesson_end = None if card else self.lesson_end()
        context = {"window": self, "session": self.session, "card": card, "lesson_end": lesson_end, **shown}
        return page_of(self.window_group.language, template, context)

    def lesson_end(self) -> LessonEnd | None:
        """The way on, once the lesson that this window belongs to is finished."""
        group = self.window_group
        try:
            return lesson_end(self.session.course.map, group.lesson, group.language) if group.lesson else None
        except PpkitError:  # the head of the lesson reports progress that cannot be read
            return None

    @property
    def code_to_keep(self) -> str:
        """The progress code on Binder, which forgets everything; empty elsewhere, or with nothing to lose."""
        if self.session.linking.place is not Place.BINDER or not self.session.course.map.has_begun:
            return ""
        return self.session.course.code

    def has_done(self, check: str, *, after: str = "", evidence: Evidence | None = None) -> None:
        """Something that a lesson asks for was done here; where it cannot be noted, a card says so."""
        try:
            self.session.course.record(check, after=after, evidence=evidence)
        except PpkitError as error:
            self.problem = problem_of(error)

    def spent_so_far(self) -> str | None:
        """This month's spending as the band on top reports it; practice money is not reported there."""
        if self.session.mode == "practice":
            return None
        return spent_so_far(self.session.ledger.totals(), self.texts)

    def _calls(self) -> int:
        """How many there were, which the figures of an open console follow."""
        return self.session.ledger.totals().calls if self.console.is_open else 0

    def is_open(self) -> None:
        """Whoever closes the page is not with their class any more."""
        self.class_corner.is_there()

    def receive(self, action: str, fields: Fields, secrets: Secrets) -> None:
        if self.window_group.left_for and self.follows_mode:
            self._catch_up(self.window_group.left_for)
            return
        if self.follows_mode and action not in OF_ANY_MODE and self.page_shows not in ("", self.session.mode):
            self._say_mode()  # it was pressed before the page had changed: live, the same button costs money
            return
        own = self._own_actions()
        answer = {**own, "switch": self._switch, "retry": self._look, **self.actions()}.get(action)
        if answer is None:
            return
        self.news = self.told = ""
        self.window_group.add(self)
        try:
            if action not in own:
                self.problem = self.standing_problem
            answer(fields, secrets)
        except Exception as error:
            self.problem = problem_of(error)
        self.redraw_all()

    def _own_actions(self) -> Mapping[str, Action]:
        """What every window answers."""
        return {
            "speak": self._speak,
            "look": self._look,
            "redraw": self._try_again,
            "stop": self._stop,
            **self.class_corner.actions(),
            "file_unreadable": self._say_unreadable,
            "console_open": lambda fields, _: self.console.open(fields["page"]),
            "console_close": lambda *_: self.console.close(),
            "console_visit": lambda *sent: self.console.visit(self.session.practice_link, *sent),
            "console_submit": self._submit_to_console,
        }

    def work(
        self, function: Callable[[], Result], then: Callable[[Result], None], stoppable: str = ""
    ) -> None:
        """Do slow work beside the kernel's main thread, then `then(result)`; a failure becomes a card.

        Work with a name in `stoppable` ends soon after `stop_asked` is set, or is not waited for (`let_go`).
        """
        asked = self.stop_asked = threading.Event()
        self.stoppable, self._is_awaited = stoppable, True
        self.working = True
        self.redraw()
        self._run(
            function,
            lambda result: self._ended(asked, lambda: then(result)),
            lambda error: self._ended(asked, lambda: self._failed(error)),
        )

    def watch(self, function: Callable[[], Result], then: Callable[[Result], None]) -> None:
        """Like `work`, without making anybody wait: for what is looked up on our own account.

        What one session has told late is not shown under another.
        """
        session = self.session
        self._run(
            function,
            lambda result: self._redrawn_after(lambda: then(result)) if self.session is session else None,
            lambda error: self._failed_quietly(error) if self.session is session else None,
        )

    def look(self) -> None:
        """Look at what is watched: once opened or turned to another mode, and when the user comes back."""

    def let_go(self) -> None:
        """Let the user go on at once; the work ends in its own time, unseen once newer work has begun."""
        self.working, self.stoppable = False, ""

    def _ended(self, asked: threading.Event, then: Callable[[], None]) -> None:
        with self.hold_sync():  # in one message: a button that looks free is free
            if asked is self.stop_asked:
                then()
                self.let_go()
                self._done_with()
            self.redraw_all()  # what has begun since covers the result, not what it cost

    def _done_with(self) -> None:
        """The work begun last has ended: a window that was closed meanwhile can forget it now."""
        with self._redrawing:
            self._is_awaited = False
            if self.comm is None:
                self.pictures = {}
                self.begin()

    def _failed(self, error: Exception) -> None:
        self.problem = problem_of(error)

    def _redrawn_after(self, then: Callable[[], None]) -> None:
        then()
        self.redraw_all()

    def _failed_quietly(self, error: Exception) -> None:
        """Nobody asked for this look: what the user is busy with is not covered by its failure."""
        if not self.working and self.problem is None and not self.is_busy:
            self.problem = problem_of(error)
            self.redraw_all()

    def _submit_to_console(self, fields: Fields, secrets: Secrets) -> None:
        """A form of the practice console; what it has done there shows in the window, too."""
        link = self.session.practice_link
        address, form = (secrets[name].get_secret_value() for name in ("address", "form"))

        def then(answer: Answer) -> None:
            self.console.deliver(fields, answer)
            self.look()

        def answer() -> Answer:
            try:
                return link.visit(address, form)
            except PpkitError:
                self.console.fail(fields)
                raise

        self.work(answer, then)

    def _try_again(self, _fields: Fields, _secrets: Secrets) -> None:
        """Of a page that could not be drawn: whatever "retry" means to the window, this repeats nothing."""
        self.problem = self.standing_problem

    def _say_unreadable(self, _fields: Fields, _secrets: Secrets) -> None:
        """Raises FileUnreadable: the page could not read a file that was chosen there."""
        raise FileUnreadable

    def _look(self, _fields: Fields, _secrets: Secrets) -> None:
        self.look()

    def _stop(self, _fields: Fields, _secrets: Secrets) -> None:
        """What was asked last may still be answered, and is then booked."""
        self.stop_asked.set()

    def _speak(self, fields: Fields, _secrets: Secrets) -> None:
        self.window_group.speak(fields["language"])

    def _switch(self, fields: Fields, _secrets: Secrets) -> None:
        """Turn the whole page to the other mode. Raises ValueError for one that does not exist."""
        mode: Mode | None = next((mode for mode in get_args(Mode) if mode == fields["mode"]), None)
        if mode is None:
            raise ValueError("no such mode")
        self.window_group.switch(self.session, mode)
        self.news = self.texts(f"mode.{mode}.now")

    def _catch_up(self, session: Session) -> None:
        """This window rested while the page was switched: what was pressed meant the mode before."""
        self.move_to(session)
        self._say_mode()
        self.look()

    def _say_mode(self) -> None:
        self.news = self.texts(f"mode.{self.session.mode}.now")
        self.redraw_all()
