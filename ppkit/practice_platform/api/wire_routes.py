"""Every route of the wire, and what is answered on those that are not there."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import Scope

from ppkit.practice_platform.api import (
    chat,
    embeddings,
    error_answers,
    images,
    model_routes,
    moderations,
    responses,
    stored_chats,
)
from ppkit.practice_platform.api.answer import Endpoint, Handler, anyone, wire
from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.operations import operation_of
from ppkit.practice_platform.api.organization.admin_routes import ADMIN_ROUTES
from ppkit.practice_platform.api.wire_state import WireState

ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/models", model_routes.list_all),
    ("GET", "/models/{model:path}", model_routes.retrieve),
    ("POST", "/chat/completions", chat.create),
    ("GET", "/chat/completions", stored_chats.list_all),
    ("GET", "/chat/completions/{completion_id}", stored_chats.retrieve),
    ("POST", "/chat/completions/{completion_id}", stored_chats.update),
    ("DELETE", "/chat/completions/{completion_id}", stored_chats.delete),
    ("GET", "/chat/completions/{completion_id}/messages", stored_chats.messages),
    ("POST", "/responses", responses.create),
    ("POST", "/responses/input_tokens", responses.count_input),
    ("GET", "/responses/{response_id}", responses.retrieve),
    ("DELETE", "/responses/{response_id}", responses.delete),
    ("POST", "/responses/{response_id}/cancel", responses.cancel),
    ("GET", "/responses/{response_id}/input_items", responses.input_items),
    ("POST", "/images/generations", images.generate),
    ("POST", "/images/edits", images.edit),
    ("POST", "/embeddings", embeddings.create),
    ("POST", "/moderations", moderations.create),
    *ADMIN_ROUTES,
)


def wire_routes(state: WireState, prefix: str = "") -> list[BaseRoute]:
    """Everything under /v1, and /v1 itself."""
    base = f"{prefix}/v1"
    by_path: dict[str, dict[str, Endpoint]] = {}
    for method, path, handler in ROUTES:
        by_path.setdefault(path, {})[method] = wire(state, handler)
    elsewhere = anyone(state, _elsewhere)
    routes = [Route(path, _by_method(state, endpoints)) for path, endpoints in by_path.items()]
    routes.append(Route("/{rest:path}", elsewhere))
    itself, broken = Route(base, elsewhere), BrokenPath(base, elsewhere)
    for route in (*routes, itself, broken):
        route.methods = None  # which method fits is answered by us, in OpenAI's envelope
    return [broken, Mount(base, routes=routes), itself]


class BrokenPath(Route):
    """Takes every path with a line break in it (%0a), where the patterns of other routes end.

    Such a path would be answered outside the envelope, or as if the line break were not there.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
        if scope["type"] == "http" and "\n" in path and f"{path}/".startswith(f"{self.path}/"):
            return Match.FULL, {"endpoint": self.endpoint, "path_params": {}}
        return Match.NONE, {}


def _by_method(state: WireState, endpoints: dict[str, Endpoint]) -> Endpoint:
    async def otherwise(call: ApiCall) -> Response:
        raise _left_out(call) or error_answers.wrong_method(
            call.request.method, call.request.url.path, endpoints
        )

    wrong_method = anyone(state, otherwise)

    async def endpoint(request: Request) -> Response:
        return await endpoints.get(request.method, wrong_method)(request)

    return endpoint


async def _elsewhere(call: ApiCall) -> Response:
    raise _left_out(call) or error_answers.unknown_route(call.request.method, call.request.url.path)


def _left_out(call: ApiCall) -> ApiError | None:
    """The answer on what OpenAI's API has and this one has not."""
    if operation_of(call.request.method, call.path) is None:
        return None
    return error_answers.not_imitated(f"{call.request.method} {call.request.url.path}")
