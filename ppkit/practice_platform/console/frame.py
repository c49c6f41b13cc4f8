"""The frame around every console page: a visit, the pages it can lead to, and how they are rendered."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ppkit.look import formats
from ppkit.look.jinja_environment import environment
from ppkit.look.texts import LANGUAGES, Texts
from ppkit.money import Money
from ppkit.practice_platform.console.security import FormRefused, form_token, read_form
from ppkit.practice_platform.errors import (
    CardDeclined,
    InvalidField,
    KeyTypedIn,
    NoPaymentMethod,
    PracticeError,
    refuse_keys,
)
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.rows import Account
from ppkit.practice_platform.secret_texts import holds_key, texts_in

TEMPLATES = Path(__file__).with_name("templates")
LANGUAGE = "console_language"
SIGNED_OUT = "console_signed_out"
TURNING = frozenset({"R", "AL", "AN", "RLO", "RLE", "RLI", "LRO", "LRE", "LRI", "FSI", "PDF", "PDI"})
"""The bidirectional classes of signs that can change the direction of what stands beside them."""


@dataclass(frozen=True, slots=True)
class PageProblem:
    """A problem in words. `page` leads to the page that helps, None when that is the one at hand."""

    what: str
    why: str
    now: str
    page: str | None
    button: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to one page: who asks, what was sent, what went wrong with it.

    `is_drill`: the console is that of the account in which things go wrong on purpose.
    """

    platform: Platform
    request: Request
    page: str
    language: str
    form: Mapping[str, str] = field(default_factory=dict, repr=False)  # may hold what must not be printed
    problem: PracticeError | None = None
    is_drill: bool = False

    @property
    def texts(self) -> Texts:
        return Texts(self.language)

    @property
    def account(self) -> Account:
        """Raises NotSignedUp."""
        return self.platform.accounts.required()

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query_params

    def url(self, page: str = "", **query: str) -> str:
        """The way to another page, relative to this one, so that it holds under any path prefix."""
        depth = self.request.url.path.removeprefix(self.request.scope.get("root_path", "")).count("/") - 1
        address = "../" * max(depth, 0) + page or "./"
        return f"{address}?{urlencode(query)}" if query else address

    def go(self, page: str = "", anchor: str = "", **query: str) -> Response:
        address = self.url(page, **query)
        return RedirectResponse(f"{address}#{anchor}" if anchor else address, status_code=303)

    def render(self, template: str, **values: object) -> Response:
        """The page, in the frame. A visit with a problem answers 422."""
        return self.answer(422 if self.problem else 200, template, values)

    def answer(self, status: int, template: str, values: Mapping[str, object]) -> Response:
        html = (
            jinja(self.language)
            .get_template(template)
            .render(
                visit=self,
                url=self.url,
                problem=self.problem,
                wrong=self.wrong,
                account=self.platform.accounts.current(),
                unread=self.platform.mailbox.unread(),
                now=self.platform.clock.now(),
                clock_moved=bool(self.platform.clock.offset),
                is_drill=self.is_drill,
                faults_on=sorted(self.platform.faults.names_on()),
                languages=LANGUAGES,
                form_token=form_token(self.platform.database),
                **values,
            )
        )
        return HTMLResponse(html, status)

    def wrong(self, field_name: str) -> str | None:
        """What is wrong with this field of the form, in words."""
        if isinstance(self.problem, InvalidField) and self.problem.facts["field"] == field_name:
            return self.texts(f"console.wrong.{self.problem.facts['reason']}")
        return None

    def explained(self) -> PageProblem:
        """The problem in words: what, why, what to do now, and the page that helps."""
        problem = self.problem
        assert problem is not None
        case = (
            f"{problem.code}.{problem.facts['reason']}" if isinstance(problem, CardDeclined) else problem.code
        )
        facts = {name: self.in_words(value) for name, value in problem.facts.items()}
        what, why, now = (
            self.texts(f"console.problem.{case}.{part}", **facts) for part in ("what", "why", "now")
        )
        page = HELPING_PAGES.get(type(problem))
        return PageProblem(what, why, now, page, self.texts(f"console.label.{page}") if page else "")

    def in_words(self, fact: object) -> object:
        match fact:
            case Money():
                return formats.money(fact, self.language)
            case datetime():
                return formats.date(fact, self.language)
            case _:
                return fact


HELPING_PAGES: Mapping[type[PracticeError], str] = {NoPaymentMethod: "payment-method"}
"""Where a problem can be solved, when that is another page."""

Show = Callable[[Visit], Response]


@dataclass(frozen=True, slots=True)
class Page:
    """What a GET shows, and what a POST may do, by the form's `do` field."""

    show: Show
    actions: Mapping[str, Show] = field(default_factory=dict)
    needs_account: bool = True


@cache
def jinja(language: str) -> Environment:
    """The shared tools; the filters `en` (labels that stay English everywhere) and `name` (see `named`)."""
    made = environment(language, TEMPLATES)
    made.filters["en"] = str if language == "en" else in_english
    made.filters["name"] = named
    return made


def in_english(label: str) -> Markup:
    """A label marked as English, so that a screen reader pronounces it."""
    return Markup('<span lang="en">{}</span>').format(label)


def named(text: str, most: int = 80) -> str:
    """What a user called something, for a place inside a sentence or a line: its beginning.

    A right-to-left name, or direction marks in one, would turn the words around it: such a name is set apart
    by a first-strong isolate and its end (U+2068, U+2069).
    """
    shown = text if len(text) <= most else text[: most - 1] + "…"
    turns = any(unicodedata.bidirectional(sign) in TURNING for sign in shown)
    return f"\u2068{shown}\u2069" if turns else shown


def answer_with(
    platform: Platform, name: str, page: Page, *, is_drill: bool = False
) -> Callable[[Request], object]:  # what Starlette's Route takes
    """The endpoint of a page."""

    async def endpoint(request: Request) -> Response:
        visit = Visit(platform, request, name, language_of(platform, request), is_drill=is_drill)
        try:
            if any(holds_key(text) for text in texts_in(request.query_params.multi_items())):
                raise FormRefused(400, "key")
            if is_drill and platform.accounts.current() is None:
                return visit.go(
                    "../"
                )  # the drill is over: a tab that is left open leads to one's own console
            if page.needs_account and (door := closed_door(platform)):
                return visit.go(door)
            platform.settle_time()
            if request.method != "POST":
                return page.show(visit)
            form = await read_form(request, form_token(platform.database))
            return act(page, replace(visit, form=form))
        except FormRefused as refusal:
            return visit.answer(refusal.status, "refused.html", {"reason": refusal.reason})
        except sqlite3.OperationalError:  # a full or locked disk: the transaction was rolled back
            return visit.answer(503, "refused.html", {"reason": "storage"})

    return endpoint


def act(page: Page, visit: Visit) -> Response:
    """Do what the form asks; a refusal shows the page again, with the problem on it."""
    action = page.actions.get(visit.form.get("do", ""))
    if action is None:
        return visit.answer(400, "refused.html", {"reason": "not_a_form"})
    try:
        refuse_keys(visit.form)
        return action(visit)
    except KeyTypedIn as problem:  # the fields are shown again, but not with that in them
        kept = {name: text for name, text in visit.form.items() if not any(map(holds_key, (name, text)))}
        shown = page.show(replace(visit, form=kept, problem=problem))
        # A page that only leads on, such as the choice of a language, has no place to say so.
        return shown if shown.status_code == 422 else visit.answer(400, "refused.html", {"reason": "key"})
    except PracticeError as problem:
        return page.show(replace(visit, problem=problem))


def closed_door(platform: Platform) -> str | None:
    """Where somebody without an account, or signed out, has to go first."""
    if platform.accounts.current() is None:
        return "sign-up"
    return "sign-in" if platform.database.note(SIGNED_OUT) else None


def language_of(platform: Platform, request: Request) -> str:
    """Asked for in the address (and then kept), chosen before, or the browser's; English else."""
    asked = request.query_params.get("language")
    if asked in LANGUAGES:
        platform.database.set_note(LANGUAGE, asked)
        return asked
    kept = platform.database.note(LANGUAGE)
    if kept in LANGUAGES:
        return kept
    wanted = [part.strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")]
    return next((language for language in wanted if language in LANGUAGES), "en")
