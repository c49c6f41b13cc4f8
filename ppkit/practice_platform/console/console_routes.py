"""The practice console: every page, its static files, and the guard in front of them."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from ppkit.look.jinja_environment import STATIC as SHARED
from ppkit.look.jinja_environment import VENDORED
from ppkit.practice_platform.console import (
    account_pages,
    admin_key_pages,
    billing_pages,
    card_pages,
    clock_pages,
    fault_pages,
    inbox_pages,
    key_pages,
    limit_pages,
    member_pages,
    organization_pages,
    project_pages,
    usage_pages,
)
from ppkit.practice_platform.console.frame import Page, Visit, answer_with, language_of
from ppkit.practice_platform.console.security import SecurityHeaders
from ppkit.practice_platform.platform import Platform

PAGES: dict[str, Page] = {
    **account_pages.PAGES,
    **organization_pages.PAGES,
    **billing_pages.PAGES,
    **card_pages.PAGES,
    **project_pages.PAGES,
    **member_pages.PAGES,
    **key_pages.PAGES,
    **admin_key_pages.PAGES,
    **usage_pages.PAGES,
    **limit_pages.PAGES,
    **inbox_pages.PAGES,
    **clock_pages.PAGES,
    **fault_pages.PAGES,
}
OWN = Path(__file__).with_name("static")
FILES = {
    "ppkit.css": SHARED / "ppkit.css",
    "console.css": OWN / "console.css",
    "console.js": OWN / "console.js",
    "console_page.js": SHARED / "console_page.js",
    "idiomorph.js": VENDORED / "idiomorph.esm.js",
    "icon.svg": OWN / "icon.svg",
}


def routes(platform: Platform, *, is_drill: bool = False) -> list[BaseRoute]:
    """The console as one route for everything that no earlier route took: put it last.

    That of the account for drills says so on every page.
    """

    async def not_found(request: Request) -> Response:
        visit = Visit(platform, request, "", language_of(platform, request), is_drill=is_drill)
        return visit.answer(404, "not_found.html", {})

    pages = [
        Route(f"/{name}", answer_with(platform, name, page, is_drill=is_drill), methods=["GET", "POST"])
        for name, page in PAGES.items()
    ]
    return [
        Mount(
            "",
            routes=[
                *pages,
                Route("/static/{name}", static_file),
                Route("/{rest:path}", not_found, methods=["GET", "POST"]),
            ],
            middleware=[Middleware(SecurityHeaders)],
        )
    ]


async def static_file(request: Request) -> Response:
    """One of these few files, by name: no path is ever built from input."""
    path = FILES.get(request.path_params["name"])
    if path is None:
        return Response("Not found", 404, media_type="text/plain")
    media_type, _encoding = mimetypes.guess_type(path)
    return Response(path.read_bytes(), headers={"cache-control": "no-cache"}, media_type=media_type)
