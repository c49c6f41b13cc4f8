"""The lesson's pages: the door through which learners come, and the trainer's board. No cookie, no login.

What a page may do hangs on what its form carries: the join code, or the trainer's token. Another site knows
neither, so there is nothing that it could have a browser do.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl

import anyio.to_thread
from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from ppkit.agency import Agency
from ppkit.checkup import situation_in_words
from ppkit.class_service.board_file import MEDIA_TYPES, board_file
from ppkit.class_service.class_board import ClassBoard, class_board
from ppkit.class_service.class_door import ClassDoor
from ppkit.class_service.class_lesson import ClassLesson
from ppkit.class_service.join_guard import JoinGuard
from ppkit.class_service.roster import NewLearner
from ppkit.class_service.running_lesson import RunningLesson
from ppkit.class_service.trainer_desk import LONGEST_MESSAGE, NOTHING, ClassMessageWrong, TrainerDesk
from ppkit.classroom import evidence_in_words, suggestion_named, suggestions
from ppkit.clock import Clock
from ppkit.errors import PpkitError
from ppkit.extras import is_installed
from ppkit.keys import KeyInText, holds_key
from ppkit.look.jinja_environment import STATIC, VENDORED, environment
from ppkit.look.texts import LANGUAGES, Texts
from ppkit.mode import Mode

TEMPLATES = Path(__file__).with_name("templates")
OWN_STATIC = Path(__file__).with_name("static")
FILES: Mapping[str, Path] = {
    "ppkit.css": STATIC / "ppkit.css",
    "class.css": OWN_STATIC / "class.css",
    "class.js": OWN_STATIC / "class.js",
    "idiomorph.js": VENDORED / "idiomorph.esm.js",
}
MOST_FORM_BYTES = 16 * 1024
MOST_FIELDS = 10
HEADERS = {
    "content-security-policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
STATIC_HEADERS = {"x-content-type-options": "nosniff", "cache-control": "max-age=300"}
NO_AGENCY = Agency()
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?")

Result = TypeVar("Result")
Show = Callable[[Request, Mapping[str, str]], Awaitable[Response]]


class FormUnreadable(Exception):
    """What was sent is no form of ours."""


class ClassPages:
    """The pages of one lesson. `public_url` is where learners reach it, None: as they have come. With a Hub
    (`by_hub`) nobody joins by a code, and tokens are the Hub's.
    """

    def __init__(
        self,
        served: RunningLesson,
        door: ClassDoor,
        clock: Clock,
        mode: Mode,
        public_url: str | None = None,
        *,
        by_hub: bool = False,
        agency: Agency = NO_AGENCY,
    ) -> None:
        self._by_hub = by_hub
        self._agency = agency
        self._served = served
        self._door = door
        self._clock = clock
        self._mode = mode
        self._public_url = public_url.rstrip("/") if public_url else None
        self._guard = JoinGuard(clock)
        self._desk = TrainerDesk(served, by_hub=by_hub)

    def routes(self) -> list[Route]:
        return [
            Route("/", self._page(self._show_door), methods=["GET"]),
            *([] if self._by_hub else [Route("/join", self._page(self._join), methods=["POST"])]),
            Route("/join", self._page(self._show_door), methods=["GET"]),
            Route("/trainer", self._page(self._show_trainers_door), methods=["GET"]),
            Route("/trainer", self._page(self._trainer), methods=["POST"]),
            Route("/static/agency.css", self._agency_style, methods=["GET"]),
            Route("/static/agency-logo", self._agency_logo, methods=["GET"]),
            Route("/static/{name}", _static, methods=["GET"]),
        ]

    def _page(self, show: Show) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                form = await _form_of(request) if request.method == "POST" else {}
            except FormUnreadable:
                return HTMLResponse("", 400, HEADERS)
            try:
                return await show(request, form)
            except PpkitError as error:
                return self._answer(request, form, "class_trouble.html", 503, problem=error)

        return endpoint

    # --- learners

    async def _show_door(self, request: Request, form: Mapping[str, str]) -> Response:
        return await self._door_page(request, form)

    async def _door_page(
        self, request: Request, form: Mapping[str, str], problem: PpkitError | None = None
    ) -> Response:
        prepared = await _in_thread(self._served.prepared)
        notice = await _in_thread(self._served.notice)
        return self._answer(
            request,
            form,
            "class_hub.html" if self._by_hub else "class_join.html",
            422 if problem else 200,
            lesson=prepared.lesson,
            state=prepared.state(self._clock.now()),
            visit=form.get("visit") or secrets.token_urlsafe(16),
            problem=problem,
            notice=notice,
        )

    async def _join(self, request: Request, form: Mapping[str, str]) -> Response:
        address = request.client.host if request.client else ""
        try:
            async with self._guard.one_try(address):
                prepared = await _in_thread(self._served.prepared)
                if prepared.state(self._clock.now()) == "over":
                    return await self._door_page(request, {})
                visit = form.get("visit") or secrets.token_urlsafe(16)
                self._guard.check_places(address, visit, prepared.lesson.places_per_address)
                new = await _in_thread(partial(self._served.join, form.get("code", ""), visit))
                self._guard.has_joined(address, visit)
        except PpkitError as problem:
            return await self._door_page(request, form, problem)
        self._door.forget()  # a form that was sent twice has made an earlier token nobody's
        return await self._joined(request, form, new)

    async def _joined(self, request: Request, form: Mapping[str, str], new: NewLearner) -> Response:
        prepared = await _in_thread(self._served.prepared)
        return self._answer(
            request,
            form,
            "class_joined.html",
            lesson=prepared.lesson,
            state=prepared.state(self._clock.now()),
            pseudonym=new.learner.pseudonym,
            notice=await _in_thread(self._served.notice),
            token=new.token,
        )

    # --- the trainer

    async def _show_trainers_door(self, request: Request, form: Mapping[str, str]) -> Response:
        return self._answer(request, form, "class_trainers_door.html", wrong=False)

    async def _trainer(self, request: Request, form: Mapping[str, str]) -> Response:
        # No guard: nobody guesses 160 bits, and counting tries would let anybody shut the trainer out.
        token = form.get("token", "")
        if not await _in_thread(partial(self._served.roster.is_trainer, token, self._served.id)):
            return self._answer(request, form, "class_trainers_door.html", 403, wrong=True)
        deed, problem = NOTHING, None
        try:
            deed = await _in_thread(partial(self._desk.carry_out, form))
        except (ClassMessageWrong, KeyInText) as error:
            problem = error
        if deed.ends_access:
            self._door.forget()
        prepared = await _in_thread(self._served.prepared)
        board = await _in_thread(partial(class_board, self._served, self._clock.now(), self._agency.hidden))
        if (do := form.get("do", "")) in MEDIA_TYPES:
            return await self._file(do, request, form, prepared.lesson, board)
        # Beside the loop: a table of a thousand takes longer than a stream should wait.
        draw = partial(
            self._answer,
            request,
            form,
            "class_projector.html" if do == "projector" else "class_board.html",
            422 if problem else 200,
            lesson=prepared.lesson,
            state=prepared.state(self._clock.now()),
            join_code=prepared.join_code,
            board=board,
            only_stuck=form.get("filter") == "stuck",
            token=token,
            deed=deed,
            problem=problem,
            by_hub=self._by_hub,
            has_xlsx=is_installed("xlsxwriter"),
            draft=form.get("message", "") if problem and not holds_key(form.get("message", "")) else "",
            longest=LONGEST_MESSAGE,
            suggestions=suggestions(),
        )
        return await _in_thread(draw)

    async def _file(
        self, kind: str, request: Request, form: Mapping[str, str], lesson: ClassLesson, board: ClassBoard
    ) -> Response:
        texts = Texts(_language_of(request, form))
        work = partial(board_file, kind, board, texts, self._clock.now())
        name = f"{lesson.id}.{kind}"
        headers = HEADERS | {"content-disposition": f'attachment; filename="{name}"'}
        return Response(await _in_thread(work), headers=headers, media_type=MEDIA_TYPES[kind])

    # --- both

    async def _agency_style(self, _request: Request) -> Response:
        style = self._agency.colours.style
        css = f".ppkit {{ {style} }}" if style else ""
        return Response(css, headers=STATIC_HEADERS, media_type="text/css")

    async def _agency_logo(self, _request: Request) -> Response:
        logo = self._agency.logo
        if logo is None:
            return Response(status_code=404, headers=HEADERS)
        return Response(logo.content, headers=STATIC_HEADERS, media_type=logo.media_type)

    def _answer(
        self, request: Request, form: Mapping[str, str], template: str, status: int = 200, **values: object
    ) -> Response:
        language = _language_of(request, form)
        page = _jinja(language).get_template(template)
        address = self._public_url or _address_of(request)
        html = page.render(
            mode=self._mode,
            address=address,
            languages=LANGUAGES,
            path=request.url.path,
            agency=self._agency,
            **values,
        )
        return HTMLResponse(html, status, HEADERS)


async def _in_thread(work: Callable[[], Result]) -> Result:
    return await anyio.to_thread.run_sync(work)


async def _static(request: Request) -> Response:
    path = FILES.get(request.path_params["name"])
    if path is None:
        return Response(status_code=404, headers=HEADERS)
    return FileResponse(path, headers=STATIC_HEADERS)


async def _form_of(request: Request) -> Mapping[str, str]:
    """Raises FormUnreadable."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_FORM_BYTES:
            raise FormUnreadable
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise FormUnreadable from None


@cache
def _jinja(language: str) -> Environment:
    made, texts = environment(language, TEMPLATES), Texts(language)
    made.filters["situation"] = partial(situation_in_words, texts=texts)
    made.filters["evidence"] = partial(evidence_in_words, texts=texts)
    made.filters["suggestion"] = partial(_suggestion, texts=texts)
    made.filters["minutes"] = lambda length: int(length.total_seconds()) // 60
    return made


def _suggestion(name: str, texts: Texts) -> str:
    found = suggestion_named(name)
    return found.in_words(texts) if found else ""


def _language_of(request: Request, form: Mapping[str, str]) -> str:
    """Asked for by a link or the form, else the browser's; English else."""
    asked = form.get("language") or request.query_params.get("language") or ""
    wanted = [
        asked,
        *(part.strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")),
    ]
    return next((language for language in wanted if language in LANGUAGES), "en")


def _address_of(request: Request) -> str:
    """Where this page was asked for, without its path."""
    host = request.headers.get("host", "")
    shown = host if _HOST.fullmatch(host) else "localhost"
    return f"{request.url.scheme}://{shown}{request.scope.get('root_path', '').rstrip('/')}"
