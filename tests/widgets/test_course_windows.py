"""The map, the head of a lesson, and the way on at its end."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ppkit.agency import AgencyFileInvalid
from ppkit.look.texts import Texts
from ppkit.onboarding import Progress
from ppkit.onboarding.lessons import LESSONS, Course, lesson_named
from ppkit.widgets.assistant.assistant_window import AssistantWindow
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.base.lesson_links import link_to, link_to_lesson
from ppkit.widgets.costs.costs_window import CostsWindow
from ppkit.widgets.course.course_window import CourseWindow
from ppkit.widgets.course.lesson_window import LessonWindow
from ppkit.widgets.setup.setup_window import SetupWindow

from .fakes import PNG, PRACTICE_KEY, FakeSession, click, limit_reached

COUNT = len(LESSONS)


def filled(html: str) -> list[str]:
    """The words of the filled buttons and links that look like one."""
    found = re.findall(r'class="pp-button"[^>]*>(.*?)</(?:a|button)>', html, re.DOTALL)
    return [re.sub(r"<[^>]*>", "", words).strip() for words in found]


def finish(session: Any, name: str) -> None:
    """In the lesson's own mode."""
    lesson = lesson_named(name)
    course = Course(
        Progress(session.settings.home / lesson.mode / "progress.json"), session.clock, lesson.mode
    )
    for check in lesson.checks:
        course.record(check)


@pytest.mark.parametrize(
    ("folder", "link"), [("it", "01_x.ipynb"), ("en", "../it/01_x.ipynb"), ("home", "it/01_x.ipynb")]
)
def test_a_lesson_is_linked_from_wherever_the_kernel_works(tmp_path: Path, folder: str, link: str) -> None:
    files = {"it": "01_x.ipynb", "en": "01_y.ipynb"}
    assert link_to(files, "it", tmp_path / folder) == link


@pytest.mark.parametrize(("folder", "up"), [("it", "../../../"), ("home", "../../")])
def test_in_voila_a_lesson_of_code_opens_in_jupyterlab_which_runs_nothing_by_itself(
    tmp_path: Path, folder: str, up: str
) -> None:
    in_voila = {"SERVER_SOFTWARE": "voila/0.5.13"}
    here = tmp_path / folder
    python, costs = lesson_named("python"), lesson_named("costs")
    code = link_to_lesson(python, "it", here, in_voila)
    assert code == f"{up}doc/tree/it/{python.files['it']}"
    assert link_to_lesson(costs, "it", here, in_voila) == link_to(costs.files, "it", here)
    assert link_to_lesson(python, "it", here, {}) == link_to(python.files, "it", here)


def test_the_map_fills_the_button_of_the_lesson_to_go_on_with(session: Any) -> None:
    window = CourseWindow(session)
    assert filled(window.html) == ["Comincia"]
    finish(session, "connect")
    window.redraw()
    assert filled(window.html) == ["Riprendi"]
    assert f"1 di {COUNT} lezioni finite" in window.html


def test_a_finished_course_is_a_reward_and_every_lesson_can_be_opened_again(session: Any) -> None:
    for lesson in LESSONS:
        finish(session, lesson.name)
    window = CourseWindow(session)
    assert "Ben fatto" in window.html
    assert filled(window.html) == ["Scarica l’attestato (PDF)"]
    assert window.html.count("data-lesson") == len(LESSONS) + 3  # and the twins, and the trainers’


def test_what_holds_no_more_is_named_on_the_map_and_in_its_lesson(session: Any) -> None:
    finish(session, "connect")
    assert "ricontrollare" not in CourseWindow(session).html + LessonWindow(session, "connect").html
    session.progress.update(lambda known: known.lapsed(["key.pays"]))
    lapsed = "Una chiamata vera è riuscita: il credito c’è"
    shown = re.sub(r"<[^>]*>", "", CourseWindow(session).html)
    assert f"Da ricontrollare: {lapsed}" in shown
    assert f"{lapsed}: da ricontrollare" in re.sub(r"<[^>]*>", "", LessonWindow(session, "connect").html)


def test_the_head_of_a_lesson_leads_on_only_when_it_is_finished(session: Any) -> None:
    window = LessonWindow(session, "create", at_once)
    assert filled(window.html) == []
    finish(session, "create")
    window.redraw()
    assert filled(window.html) == ["Avanti"]
    assert f"Lezione 2 di {COUNT}" in window.html


def test_a_lesson_that_does_not_exist_is_an_error_of_the_notebook(session: Any) -> None:
    with pytest.raises(LookupError):
        LessonWindow(session, "nothing", at_once)


def test_at_the_end_of_a_lesson_its_windows_lead_to_the_next(session: Any) -> None:
    LessonWindow(session, "create", at_once)
    window = AssistantWindow(session, at_once)
    assert "pp-lesson-end" not in window.html
    finish(session, "create")
    window.redraw_all()
    end = window.html.partition("pp-lesson-end")[2]
    assert "Avanti: Quanto costa, e come fermarlo" in end
    assert LESSONS[2].files["it"] in end


def test_a_window_outside_of_a_lesson_leads_nowhere(session: Any) -> None:
    finish(session, "create")
    assert "pp-lesson-end" not in AssistantWindow(session, at_once).html


def test_starting_over_clears_this_lesson_and_the_wizard_sees_it(session: Any) -> None:
    session.wizard.record("account.signed_up")
    head = LessonWindow(session, "connect", at_once)
    click(head, "start_over")
    assert session.course.map.of("connect").done == 0
    assert not session.wizard.steps[0].is_done


def test_windows_of_the_lesson_before_are_closed_with_its_page(session: Any) -> None:
    LessonWindow(session, "connect", at_once)
    former = SetupWindow(session, at_once)
    LessonWindow(session, "create", at_once)
    assert former.comm is None
    assert not session.course.map.has_begun


def test_windows_of_a_lesson_that_is_opened_again_rest_until_something_is_pressed_there(session: Any) -> None:
    LessonWindow(session, "connect", at_once)
    former = SetupWindow(session, at_once)
    LessonWindow(session, "connect", at_once)
    later = SetupWindow(session, at_once)
    before = former.html
    click(later, "speak", language="en")
    assert former.html == before
    click(former, "go", step="key")
    assert former.language == "en"


def test_back_on_the_map_the_windows_of_the_lesson_are_closed(session: Any) -> None:
    former = LessonWindow(session, "connect", at_once)
    CourseWindow(session, at_once)
    assert former.comm is None


def test_a_limit_is_an_exercise_done_once_it_is_set(session: Any) -> None:
    click(CostsWindow(session, at_once), "set_limits", soft="", hard="0,001")
    assert session.course.map.of("costs").is_done("costs.limit_set")


def test_taking_the_limit_away_is_no_exercise(session: Any) -> None:
    click(CostsWindow(session, at_once), "set_limits", soft="1", hard="")
    assert not session.course.map.of("costs").is_done("costs.limit_set")


def test_being_stopped_and_going_on_are_exercises_done_with_the_own_key(session: Any) -> None:
    click(AssistantWindow(session, at_once), "link", {"key": PRACTICE_KEY})
    window = AssistantWindow(session, at_once)
    session.openai.trouble = limit_reached()
    click(window, "draw", topic="Aperitivo")
    costs = session.course.map.of("costs")
    assert (costs.is_done("costs.stopped"), costs.is_done("costs.went_on")) == (True, False)
    session.openai.trouble = None
    click(window, "draw", topic="Aperitivo")
    assert session.course.map.of("costs").is_done("costs.went_on")
    assert session.course.map.of("create").is_done("create.image")


def test_what_plan_credits_paid_for_is_no_exercise_of_the_key(session: Any) -> None:
    click(AssistantWindow(session, at_once), "draw", topic="Aperitivo")
    assert session.course.map.of("create").done == 0


def test_a_code_carries_what_was_done_to_another_learners_machine(session: Any, tmp_path: Path) -> None:
    finish(session, "connect")
    shown = re.search(r'data-copy="([A-Z2-7-]+)"', CourseWindow(session, at_once).html)
    assert shown
    elsewhere: Any = FakeSession(tmp_path / "elsewhere")
    window = CourseWindow(elsewhere, at_once)
    click(window, "take_code", code=shown[1].lower())
    assert f"1 di {COUNT} lezioni finite" in window.html
    assert not elsewhere.wizard.has_linked  # the key did not travel
    elsewhere.ledger.close()


def test_a_wrong_code_is_a_card_that_does_not_quote_it(session: Any) -> None:
    window = CourseWindow(session, at_once)
    click(window, "take_code", code=PRACTICE_KEY)
    assert "Questo non è un codice dei progressi." in window.html
    assert PRACTICE_KEY[-8:] not in window.html
    assert "Questo non è" in window.html.partition('data-action="take_code"')[0]
    assert 'data-action="retry"' not in window.html  # what to mend is the field below


@pytest.mark.parametrize("kind", [CourseWindow, LessonWindow])
def test_what_has_been_mended_meanwhile_is_seen_when_one_tries_again(session: Any, kind: Any) -> None:
    session.progress.path.parent.mkdir(parents=True, exist_ok=True)
    session.progress.path.write_text("{")
    window: Any = (
        CourseWindow(session, at_once) if kind is CourseWindow else LessonWindow(session, "create", at_once)
    )
    assert 'data-action="redraw"' in window.html
    click(window, "redraw")
    assert window.card
    session.progress.path.unlink()
    click(window, "look")  # coming back to the page is no answer to the card
    assert window.card
    click(window, "redraw")
    assert window.card is None
    assert "pp-problem" not in window.html


def test_the_end_of_work_and_the_page_of_its_result_come_in_one_message(
    session: Any, outbound: list[Any]
) -> None:
    waiting: list[Callable[[], None]] = []

    def later(function: Any, then: Any, failed: Any) -> None:
        waiting.append(lambda: at_once(function, then, failed))

    window = SetupWindow(session, later)
    window.work(lambda: None, lambda _: None)
    outbound.clear()
    waiting.pop()()
    [ended] = [state for state in outbound if "working" in state]
    assert ended["working"] is False
    assert "html" in ended


@pytest.mark.parametrize("own_key", [False, True])
def test_progress_that_cannot_be_read_stops_no_assistant_and_takes_no_paid_post(
    session: Any, own_key: bool
) -> None:
    if own_key:
        click(AssistantWindow(session, at_once), "link", {"key": PRACTICE_KEY})
    LessonWindow(session, "create", at_once)
    window = AssistantWindow(session, at_once)
    session.progress.path.parent.mkdir(parents=True, exist_ok=True)
    session.progress.path.write_text("{ damaged")
    click(window, "write", topic="Aperitivo")
    assert not window.working
    assert 'class="pp-post-text"' in window.html
    # What cannot be kept is said where there was something to keep.
    assert (window.card.code if window.card else None) == ("progress_damaged" if own_key else None)


@pytest.fixture
def on_binder(tmp_path: Path) -> Any:
    """A learner there who has finished the second lesson."""
    made = FakeSession(tmp_path, BINDER_REQUEST="1")
    finish(made, "create")
    return made


def test_on_binder_the_map_shows_the_code_and_why(on_binder: Any) -> None:
    html = CourseWindow(on_binder, at_once).html
    assert Texts("it")("course.keep_code") in html
    assert f'data-copy="{on_binder.course.code}"' in html


def test_on_binder_a_finished_lesson_shows_it_where_it_ends(on_binder: Any) -> None:
    LessonWindow(on_binder, "create", at_once)
    end = AssistantWindow(on_binder, at_once).html.partition("pp-lesson-end")[2]
    assert on_binder.course.code in end
    LessonWindow(on_binder, "costs", at_once)
    assert on_binder.course.code not in CostsWindow(on_binder, at_once).html


def test_with_nothing_done_there_is_nothing_to_keep(tmp_path: Path) -> None:
    assert "pp-code-to-keep" not in CourseWindow(FakeSession(tmp_path, BINDER_REQUEST="1"), at_once).html


@pytest.mark.parametrize("environment", [{}, {"JUPYTERHUB_USER": "ada"}, {"COLAB_RELEASE_TAG": "1"}])
def test_elsewhere_there_is_no_word_of_binder(tmp_path: Path, environment: dict[str, str]) -> None:
    elsewhere = FakeSession(tmp_path, **environment)  # type: ignore[arg-type]
    finish(elsewhere, "create")
    html = CourseWindow(elsewhere, at_once).html
    LessonWindow(elsewhere, "create", at_once)
    html += AssistantWindow(elsewhere, at_once).html
    assert "Binder" not in html


AGENCY = """
name = "Studio <Bianchi>"
logo = "logo.png"
welcome = "Ciao!"
[colours]
brand = "#ffff00"
[course]
hide = ["real", "mend"]
[[course.add]]
title = "Posts & fairs"
file = "08_fair.ipynb"
"""


def test_the_map_is_the_agencys_with_its_name_logo_colours_and_lessons(
    session: Any, outbound: list[Any]
) -> None:
    (session.settings.home / "agency.toml").write_text(AGENCY, "utf-8")
    (session.settings.home / "logo.png").write_bytes(PNG)
    window = CourseWindow(session, at_once)
    logo = re.search(
        r'<img class="pp-logo" data-picture="([^"]*)" alt="Logo di Studio &lt;Bianchi&gt;">', window.html
    )
    assert logo
    window._on_message(window, {"id": "1", "action": "picture", "fields": {"name": logo[1]}}, None)
    assert {"type": "picture", "name": logo[1]} in outbound
    assert window.picture(logo[1]) == PNG  # beside the page: a notebook saves nothing of it
    assert window.picture("another") is None
    assert "<b>Studio &lt;Bianchi&gt;</b><br>Ciao!" in window.html
    assert "--pp-brand: light-dark(" in window.html
    assert "#ffff00, " not in window.html  # too light for white paper
    link = re.search(r'href="([^"]*08_fair.ipynb)"[^>]*>(.*?)</a>', window.html, re.DOTALL)
    assert link
    assert link[1] == link_to({"it": "08_fair.ipynb"}, "it")
    assert "Posts &amp; fairs" in link[2]
    shown = re.findall(r'pp-course-number" aria-hidden="true">(\d)', window.html)
    assert shown == [str(number) for number in range(1, COUNT - 1)]
    texts = Texts("it")
    assert texts("course.lesson.costs.title") in window.html
    assert texts("course.lesson.mend.title") not in window.html
    assert texts("course.intro_practice", count=COUNT - 2) in window.html
    for name in ("connect", "create", "costs", "python"):
        finish(session, name)
    course = session.course.map
    assert (course.is_finished, course.is_done_for_real, course.thousandths) == (True, False, 1000)
    assert [view.name for view in course.hidden] == ["mend", "real"]
    assert course.beside("mend") == (None, None)
    assert course.of("mend").lesson.name == "mend"
    assert [view.name for view in course.beside("costs") if view] == ["create", "python"]


@pytest.mark.parametrize(
    "hide",
    [
        '["nothing"]',
        str([lesson.name for lesson in LESSONS]).replace("'", '"'),
        # Nothing that is practised would be left, and a certificate of nothing be had at once.
        str([lesson.name for lesson in LESSONS if lesson.mode == "practice"]).replace("'", '"'),
    ],
)
def test_what_cannot_be_hidden_is_refused_where_money_counts_and_hides_nothing(
    session: Any, hide: str
) -> None:
    (session.settings.home / "agency.toml").write_text(f'name = "A"\n[course]\nhide = {hide}\n', "utf-8")
    with pytest.raises(AgencyFileInvalid, match=r"course\.hide"):
        session.accounting.agency  # noqa: B018
    assert len(session.course.map.lessons) == COUNT
