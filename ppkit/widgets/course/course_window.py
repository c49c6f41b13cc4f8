"""The map of the course: every lesson, what is done, and the one to go on with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from ppkit.errors import PpkitError
from ppkit.mode import Mode
from ppkit.onboarding import ProgressDamaged
from ppkit.onboarding.lessons import MAP_FILES, TRAINER_FILES, LessonView
from ppkit.papers import PaperFile, certificate_for, certificate_paper, letterhead_of
from ppkit.papers.paper_file import MEDIA_TYPES
from ppkit.widgets.base import background_thread
from ppkit.widgets.base.downloads import Downloads
from ppkit.widgets.base.lesson_links import link_to, link_to_lesson
from ppkit.widgets.base.window import Action, Window

if TYPE_CHECKING:
    from ppkit.sessions import Session

LOGO = "agency-logo"
"""The name of that picture; a kernel reads the agency's file once, so that it stays the same."""
PROGRESS_FILES: Mapping[Mode, str] = {"practice": "ppkit-progress.json", "live": "ppkit-progress-live.json"}
CHOSEN = PROGRESS_FILES["practice"]
"""What a chosen file is called where it is refused: its own name may be anything."""


class NotAProgressFile(PpkitError):
    """The chosen file holds no progress; nothing of it was taken. Facts: none."""

    code = "not_a_progress_file"


class CourseWindow(Window):
    """Draws `session.course`; a click on a lesson is a link, so what it answers is progress and papers."""

    template: ClassVar[str] = "course"
    is_head: ClassVar[bool] = True

    def __init__(
        self, session: Session, run: background_thread.BackgroundRunner = background_thread.run
    ) -> None:
        self._downloads = Downloads(self)
        self._is_certifying = False  # whether it is the certificate that a problem on show belongs to
        self._taken = ""  # the text that says whence progress was taken last
        super().__init__(session, run)
        if self.window_group.lesson:
            self.window_group.begin_lesson("", self)
            self.class_corner.note()

    def page(self) -> Mapping[str, object]:
        return {
            "course": self.session.course.map,
            "codes": self.session.course.codes,
            "downloads": self._downloads,
            "is_certifying": self._is_certifying,
            "logo": LOGO,
            "taken": self._taken,
            "progress_files": frozenset(PROGRESS_FILES.values()),
            "link_to": self._link_to,
            "link_to_own": self._link_to_own,
            "trainers": link_to(TRAINER_FILES, self.window_group.language),
            "twin_of": lambda spoken: link_to(MAP_FILES, spoken),
        }

    def picture(self, name: str) -> bytes | None:
        logo = self.agency.logo
        return logo.content if logo and name == LOGO else super().picture(name)

    def actions(self) -> Mapping[str, Action]:
        return {
            "take_code": lambda fields, _: self._take(fields["code"]),
            "take_file": lambda *_: self._take_file(),
            "progress_file": lambda fields, _: self._send_progress(fields["mode"]),
            "class_join": lambda _, secrets: self._join(secrets["link"].get_secret_value()),
            "class_leave": lambda *_: self._leave(),
            "certificate": lambda fields, _: self._certify(fields["name"], fields["form"]),
            "sheet": lambda *_: self._downloads.send_sheet(self.session, self.window_group.language, "pdf"),
        }

    def _join(self, link: str) -> None:
        self._is_certifying = False

        def joined(_nothing: None) -> None:
            self.news = self.texts("course.class.joined", pseudonym=self.class_corner.pseudonym)

        self.work(lambda: self.class_corner.join(link), joined)

    def _leave(self) -> None:
        self.class_corner.reporter.leave()
        self.news = self.texts("course.class.left")

    def _take(self, code: str) -> None:
        self._is_certifying, self._taken = False, ""
        self.session.course.take_code(code)
        self._say_taken("course.travel.taken")

    def _take_file(self) -> None:
        """Raises NotAProgressFile, also where the file was too large to be sent; ProgressTooNew."""
        self._is_certifying, self._taken = False, ""
        content = self.files.get("progress")
        if content is None:
            raise NotAProgressFile
        try:
            self.session.course.take_export(content.decode("utf-8", "replace"), CHOSEN)
        except ProgressDamaged as damaged:
            if damaged.facts["path"] == CHOSEN:  # else it is what stands here that cannot be read
                raise NotAProgressFile from None
            raise
        self._say_taken("course.travel.file_taken")

    def _say_taken(self, text_id: str) -> None:
        self._taken, self._downloads.last = text_id, ""
        self.news = self.texts(text_id)

    def _send_progress(self, name: str) -> None:
        """What `ppkit progress export` writes in this mode: without the fingerprints of keys.

        Raises ValueError where there is no such mode.
        """
        mode = next((known for known in PROGRESS_FILES if known == name), None)
        if mode is None:
            raise ValueError("no mode")
        self._is_certifying, self._taken = False, ""
        content = self.session.course.export(mode).encode()
        self._downloads.send_made(lambda: PaperFile(PROGRESS_FILES[mode], MEDIA_TYPES["json"], content))

    def _certify(self, name: str, form: str) -> None:
        self._is_certifying, self._taken = True, ""
        course = self.session.course.map
        mode: Mode = "live" if course.is_done_for_real else "practice"
        made = certificate_for(name, course, mode, self.session.clock.now())
        head = letterhead_of(self.agency)
        self._downloads.send(certificate_paper(made, self.window_group.language, head), form)

    def lesson_end(self) -> None:
        """The map is no part of a lesson."""

    def _link_to_own(self, file: str) -> str:
        """To a notebook of the agency's."""
        language = self.window_group.language
        return link_to({language: file}, language)

    def _link_to(self, lesson: LessonView) -> str:
        return link_to_lesson(lesson.lesson, self.window_group.language)
