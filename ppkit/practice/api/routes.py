"""Every route of the wire, and what is answered on those that are not there."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from ppkit.practice.api import chat, embeddings, errors, images, models, responses
from ppkit.practice.api.answer import Endpoint, Handler, JsonAnswer, wire
from ppkit.practice.api.errors import ApiError
from ppkit.practice.api.organization.routes import ADMIN_ROUTES
from ppkit.practice.api.wire_state import WireState

ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/models", models.list_all),
    ("GET", "/models/{model:path}", models.retrieve),
    ("POST", "/chat/completions", chat.create),
    ("POST", "/responses", responses.create),
    ("GET", "/responses/{response_id}", responses.retrieve),
    ("DELETE", "/responses/{response_id}", responses.delete),
    ("GET", "/responses/{response_id}/input_items", responses.input_items),
    ("POST", "/images/generations", images.generate),
    ("POST", "/images/edits", images.edit),
    ("POST", "/embeddings", embeddings.create),
    *ADMIN_ROUTES,
)
NOT_IMITATED = (
    "/audio",
    "/files",
    "/batches",
    "/fine_tuning",
    "/vector_stores",
    "/assistants",
    "/threads",
    "/uploads",
    "/realtime",
    "/moderations",
    "/completions",
    "/conversations",
    "/containers",
    "/evals",
    "/videos",
    "/images/variations",
    "/skills",
    "/chatkit",
)
"""Parts of OpenAI's API that the practice platform names and leaves out."""


def wire_routes(state: WireState) -> Mount:
    """Everything under /v1."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for method, path, handler in ROUTES:
        by_path.setdefault(path, {})[method] = wire(state, handler)
    routes: list[BaseRoute] = [Route(path, _by_method(endpoints)) for path, endpoints in by_path.items()]
    routes.append(Route("/{rest:path}", _elsewhere, methods=None))
    for route in routes:
        if isinstance(route, Route):
            route.methods = None  # which method fits is answered by us, in OpenAI's envelope
    return Mount("/v1", routes=routes)


def _by_method(endpoints: dict[str, Endpoint]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        chosen = endpoints.get(request.method)
        if chosen is None:
            return _refusal(errors.wrong_method(request.method, request.url.path))
        return await chosen(request)

    return endpoint


async def _elsewhere(request: Request) -> Response:
    path = request.url.path
    if any(path.removeprefix("/v1").startswith(part) for part in NOT_IMITATED):
        return _refusal(errors.not_imitated(path))
    return _refusal(errors.unknown_route(request.method, path))


def _refusal(error: ApiError) -> Response:
    return JsonAnswer(error.body, error.status, headers=error.headers)
