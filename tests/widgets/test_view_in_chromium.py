"""The view's script in a plain page: countdowns, what is pressed while work goes on, and problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from ppkit.checkup import Diagnosis, Rung
from ppkit.widgets.assistant.assistant_window import AssistantWindow
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.base.view import View
from ppkit.widgets.setup.setup_window import SetupWindow

from .fakes import NOW, PRACTICE_KEY, click

pytestmark = pytest.mark.browser

# What anywidget does: one model, `export default` called once for it, `render` once for each view.
HOST = """
async ({ script, traits }) => {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const { render } = (await import(url)).default();
  const heard = {};
  window.sent = [];
  const model = {
    get: (name) => traits[name],
    on: (event, hear) => (heard[event] ??= []).push(hear),
    off: () => {},
    send: (message) => window.sent.push(message),
  };
  window.change = (name, value) => {
    traits[name] = value;
    (heard[`change:${name}`] ?? []).forEach((hear) => hear());
  };
  window.change_together = (values) => {
    Object.assign(traits, values);
    for (const name of Object.keys(values)) (heard[`change:${name}`] ?? []).forEach((hear) => hear());
  };
  window.answer = (id) => heard["msg:custom"].forEach((hear) => hear({ type: "answered", id }));
  window.deliver = (message, buffers) => heard["msg:custom"].forEach((hear) => hear(message, buffers));
  window.open_view = () => {
    const el = document.createElement("div");
    document.body.append(el);
    const end = render({ model, el });
    window.close_view = () => { end(); el.remove(); };
  };
}
"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    opened = chromium.new_page()
    opened.clock.install(time=NOW)
    opened.clock.pause_at(NOW + timedelta(hours=1))  # from here on it moves only when the test moves it
    opened.set_content("<body></body>")
    yield opened
    opened.close()


def host(page: Page, html: str, working: bool = False, **others: str) -> None:
    """A window with this page, in one view."""
    traits = {"html": html, "language": "en", "working": working, "silence": "", "copied": "", **others}
    page.evaluate(HOST, {"script": View._esm, "traits": traits})
    page.evaluate("open_view()")


def countdown(seconds: int, name: str = "7") -> str:
    return (
        f'<section><b data-countdown="{name}" data-seconds="{seconds}" data-countdown-action="again"></b>'
        "</section>"
    )


def shown(page: Page) -> list[str]:
    return page.locator("[data-countdown]").all_text_contents()


def sent(page: Page) -> list[tuple[str, dict[str, str]]]:
    return [(one["action"], one["fields"]) for one in page.evaluate("sent")]


def test_a_countdown_begins_with_what_python_says_is_left(page: Page) -> None:
    host(page, countdown(47))
    assert shown(page) == ["0:47"]


def test_a_redraw_does_not_disturb_a_running_countdown(page: Page) -> None:
    host(page, countdown(60))
    page.clock.run_for(13_000)
    assert shown(page) == ["0:47"]
    page.evaluate("html => change('html', html)", countdown(51))
    assert shown(page) == ["0:47"]
    page.evaluate("html => change('html', html)", countdown(120, name="8"))
    assert shown(page) == ["2:00"]  # another wait


def test_a_second_view_of_a_window_goes_on_where_the_first_one_is(page: Page) -> None:
    host(page, countdown(60))
    page.clock.run_for(13_000)
    page.evaluate("open_view()")
    assert shown(page) == ["0:47", "0:47"]


def test_the_end_is_told_once_whatever_is_redrawn_and_however_many_views_there_are(page: Page) -> None:
    host(page, countdown(3))
    page.evaluate("open_view()")
    page.clock.run_for(60_000)
    page.evaluate("html => change('html', html)", countdown(0))
    page.evaluate("open_view()")
    page.clock.run_for(60_000)
    assert sent(page) == [("again", {"waited": "7"})]


def test_what_ended_while_nobody_looked_is_told_at_once(page: Page) -> None:
    host(page, countdown(0))
    assert sent(page) == [("again", {"waited": "7"})]


def test_another_network_shows_its_own_shape_even_after_one_was_chosen_by_hand(
    page: Page, session: Any
) -> None:
    window = AssistantWindow(session, run=at_once)
    host(page, window.html)

    def chosen(choose: Callable[[], object]) -> None:
        choose()
        action, fields = sent(page)[-1]
        window.receive(action, fields, {})
        page.evaluate("html => change('html', html)", window.html)

    size = page.locator("[name=size]")
    chosen(lambda: size.select_option("1088x1088"))
    chosen(page.get_by_label("LinkedIn").check)
    assert size.input_value() == "1088x1088"  # the post is written for Instagram still, and adapted
    chosen(page.get_by_label("Instagram").uncheck)
    assert size.input_value() == "1216x640"


def test_stop_is_pressed_by_keyboard_while_everything_else_waits(page: Page, session: Any) -> None:
    session.checkup.broken = {Rung.SIGN_IN: Diagnosis("server_error", {}, {})}
    window = SetupWindow(session, run=lambda _function, _then, _failed: None)
    click(window, "go", step="key")
    click(window, "check", {"key": PRACTICE_KEY})
    host(page, window.html, working=True)
    page.evaluate("document.querySelector('[data-action=stop]').focus()")
    page.keyboard.press("Enter")
    page.locator("[data-action=go]").first.click()
    assert sent(page) == [("stop", {"interrupts": ""})]


TWO = (
    '<button type="button" data-action="write">Write</button>'
    '<button type="button" data-action="draw">Draw</button>'
)


def answer_first(page: Page) -> None:
    page.evaluate("answer(sent[0].id)")


def test_what_was_pressed_just_after_the_start_of_long_work_counts_when_that_has_ended(page: Page) -> None:
    host(page, TWO)
    page.get_by_text("Write").click()
    page.get_by_text("Draw").click()
    page.evaluate("change('working', true)")
    answer_first(page)
    assert [action for action, _fields in sent(page)] == ["write"]
    page.evaluate("change('working', false)")
    assert [action for action, _fields in sent(page)] == ["write", "draw"]


def test_what_waited_is_pressed_on_the_page_that_came_with_the_end_of_the_work(page: Page) -> None:
    """While work went on, the button said that it was busy; a click there would count for nothing."""
    host(page, TWO)
    page.get_by_text("Write").click()
    page.get_by_text("Draw").click()
    busy = TWO.replace("<button", '<button aria-disabled="true"')
    page.evaluate("html => change_together({ working: true, html })", busy)
    answer_first(page)
    page.evaluate("html => change_together({ working: false, html })", TWO)
    assert [action for action, _fields in sent(page)] == ["write", "draw"]


def test_what_waited_is_pressed_where_a_redraw_has_put_another_button_into_its_place(page: Page) -> None:
    host(page, TWO)
    page.get_by_text("Write").click()
    page.get_by_text("Draw").click()
    page.evaluate("html => change('html', html)", f"<div>{TWO}</div>")
    page.get_by_text("Write").click()  # under way already, whichever button stands for it
    answer_first(page)
    page.evaluate("answer(sent[1].id)")
    assert [action for action, _fields in sent(page)] == ["write", "draw"]


def row(number: int, typed: str = "") -> str:
    return (
        f'<form data-action="save"><input type="hidden" name="row" value="{number}">'
        f'<input name="words" value="{typed}"><button class="of-{number}">Save</button></form>'
    )


def test_what_waited_is_not_pressed_in_another_row_nor_without_what_was_typed(page: Page) -> None:
    host(page, TWO + row(1) + row(2))
    page.get_by_text("Write").click()
    page.locator(".of-1").click()
    page.evaluate("html => change('html', html)", TWO + row(2))  # its elements are those of the first row
    answer_first(page)
    page.get_by_text("Draw").click()
    page.locator("[name=words]").fill("Half of it")
    page.locator(".of-2").click()
    page.evaluate("html => change('html', html)", f"{TWO}<div>{row(2)}</div>")
    page.evaluate("answer(sent[1].id)")
    assert [action for action, _fields in sent(page)] == ["write", "draw"]


def test_what_waited_sends_what_was_typed_since_and_nothing_that_a_redraw_has_written(page: Page) -> None:
    host(page, TWO + row(1, "First"))
    words, save = page.locator("[name=words]"), page.locator(".of-1")
    page.get_by_text("Write").click()
    words.fill("Second")
    save.click()
    words.fill("Second and third")
    answer_first(page)
    assert sent(page)[1:] == [("save", {"row": "1", "words": "Second and third"})]
    page.evaluate("answer(sent[1].id)")
    page.get_by_text("Draw").click()
    words.fill("Fourth")
    save.click()
    page.evaluate("html => change('html', html)", TWO + row(1, "As it was before"))
    assert words.input_value() == "As it was before"
    page.evaluate("answer(sent[2].id)")
    page.get_by_text("Draw").click()
    words.fill("Fifth")
    save.click()
    page.evaluate("html => change('html', html)", TWO + row(1, "Undone"))
    words.press_sequentially("!")  # what is seen now was never saved by a press
    page.evaluate("answer(sent[3].id)")
    assert [action for action, _fields in sent(page)] == ["write", "save", "draw", "draw"]


def test_words_about_another_notebook_stand_beside_those_about_silence_and_outlive_them(page: Page) -> None:
    link = '<a data-lesson href="../it/02_due.ipynb">Next</a>'
    host(page, TWO + link, apart="Open {file} yourself", silence="<p>No answer</p>")
    page.get_by_text("Write").click()
    page.clock.run_for(10_000)
    page.get_by_text("Next").click()
    alerts = page.locator(".pp-view > [role=alert]")
    assert alerts.all_text_contents() == ["No answer", "Open 02_due.ipynb yourself"]
    answer_first(page)
    assert alerts.all_text_contents() == ["", "Open 02_due.ipynb yourself"]
    page.get_by_text("Draw").click()
    assert alerts.all_text_contents() == ["", ""]


@pytest.mark.parametrize("channel", ["", "ppkit of this page"])
def test_a_window_is_drawn_where_a_page_may_open_no_channel_and_opens_none_without_a_name(
    page: Page, channel: str
) -> None:
    page.evaluate(
        """() => {
          window.opened = [];
          window.BroadcastChannel = class {
            constructor(name) { opened.push(name); throw new DOMException("denied", "SecurityError"); }
          };
        }"""
    )
    host(page, f'{TWO}<button type="button" data-go-to="costs">Costs</button>', channel=channel)
    page.get_by_text("Costs").click()
    page.get_by_text("Write").click()
    assert page.evaluate("opened") == [channel] * bool(channel)
    assert [action for action, _fields in sent(page)] == ["write"]


def test_what_is_pressed_while_the_page_says_that_it_works_counts_for_nothing(page: Page) -> None:
    host(page, TWO)
    page.get_by_text("Write").click()
    page.evaluate("change('working', true)")
    answer_first(page)
    page.get_by_text("Draw").click()
    page.evaluate("change('working', false)")
    assert [action for action, _fields in sent(page)] == ["write"]


def in_mode(mode: str) -> str:
    return f'<section data-shows="{mode}">{TWO}</section>'


def test_a_message_says_which_mode_was_on_show_and_what_waited_does_not_cross_over(page: Page) -> None:
    host(page, in_mode("practice"))
    page.get_by_text("Write").click()
    page.get_by_text("Draw").click()  # it waits until the first click is answered
    page.evaluate("html => change('html', html)", in_mode("live"))
    answer_first(page)
    assert page.evaluate("sent.map(({ action, shows }) => [action, shows])") == [["write", "practice"]]
    page.get_by_text("Draw").click()
    assert page.evaluate("sent.map(({ action, shows }) => [action, shows])")[1:] == [["draw", "live"]]


PROBLEM = '<section class="pp-problem" role="alert">Not a number.</section>'
FAR = '<div style="height: 3000px"></div>'


def in_sight(page: Page) -> bool:
    return bool(
        page.locator(".pp-problem").evaluate(
            "card => card.getBoundingClientRect().top >= 0"
            " && card.getBoundingClientRect().bottom <= innerHeight"
        )
    )


@pytest.mark.parametrize("above", [True, False])
def test_a_problem_comes_into_sight_when_something_was_pressed(page: Page, above: bool) -> None:
    host(page, FAR + TWO + FAR)
    page.get_by_text("Write").click()
    page.evaluate("html => change('html', html)", PROBLEM + FAR + TWO if above else TWO + FAR + PROBLEM)
    assert in_sight(page)


def test_a_problem_that_came_by_itself_moves_nothing(page: Page) -> None:
    host(page, TWO)
    page.evaluate("html => change('html', html)", TWO + FAR + PROBLEM)
    assert not in_sight(page)


FIELDS = (
    '<section data-window="assistant"><form data-action="write"><input name="topic" value="">'
    '<input name="place" value="Rome"><input type="password" name="key"></form></section>'
)


def test_what_was_half_typed_is_there_in_the_twin_of_the_lesson_and_no_key_is(page: Page) -> None:
    host(page, FIELDS)
    page.locator("[name=topic]").fill("half a sen")
    page.locator("[name=key]").fill(PRACTICE_KEY)
    page.evaluate("close_view()")
    host(page, FIELDS.replace("Rome", "Roma"))
    values = page.locator("input").evaluate_all("fields => fields.map(field => field.value)")
    assert values == ["half a sen", "Roma", ""]


def mask_form(picture: str, more: str = "") -> str:
    return (
        f'<section><form data-action="edit"><canvas id="mask-{picture}" data-mask="mask"'
        f' width="20" height="20"></canvas>{more}</form></section>'
    )


def drawn(page: Page) -> tuple[bool, int]:
    """Whether the page counts the mask as drawn, and how opaque its middle is."""
    return tuple(
        page.evaluate("""() => {
      const canvas = document.querySelector("canvas");
      return [canvas.hasAttribute("data-drawn"), canvas.getContext("2d").getImageData(10, 10, 1, 1).data[3]];
    }""")
    )


def test_a_mask_that_was_drawn_outlives_redraws_and_the_time_of_an_edit_that_fails(page: Page) -> None:
    host(page, mask_form("1"))
    page.evaluate("""() => {
      const canvas = document.querySelector("canvas");
      canvas.getContext("2d").fillRect(0, 0, 20, 20);
      canvas.dataset.drawn = "";
    }""")
    page.evaluate("html => change('html', html)", mask_form("1", "<p>news</p>"))
    assert drawn(page) == (True, 255)
    page.evaluate("html => change('html', html)", "<section><p>drawing</p></section>")
    page.evaluate("html => change('html', html)", mask_form("1"))
    assert drawn(page) == (True, 255)
    page.evaluate("html => change('html', html)", mask_form("2"))
    assert drawn(page) == (False, 0)  # another picture


def test_pictures_that_are_long_gone_from_the_page_are_given_back(page: Page) -> None:
    host(page, "<section></section>")
    revoked = page.evaluate("""() => {
      let revoked = 0;
      URL.revokeObjectURL = () => { revoked += 1; };
      for (let number = 1; number <= 30; number += 1) {
        change("html", `<section><img id="p" alt="" data-picture="picture-${number}"></section>`);
        deliver({ type: "picture", name: `picture-${number}` }, [new Uint8Array([1])]);
      }
      return revoked;
    }""")
    assert revoked == 5  # the one on show and the last 24 are kept
    assert page.locator("img[src^='blob:']").count() == 1
