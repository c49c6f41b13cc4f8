"""Every route of the wire, and what is answered on those that are not there."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from ppkit.practice.api import chat, embeddings, errors, images, models, responses, stored_chats
from ppkit.practice.api.answer import Endpoint, Handler, anyone, wire
from ppkit.practice.api.call import Call
from ppkit.practice.api.organization.routes import ADMIN_ROUTES
from ppkit.practice.api.wire_state import WireState

ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/models", models.list_all),
    ("GET", "/models/{model:path}", models.retrieve),
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
    "/responses/compact",
    "/organization/audit_logs",
    "/organization/certificates",
    "/organization/data_retention",
    "/organization/external_keys",
    "/organization/external_storage",
    "/organization/groups",
    "/organization/invites",
    "/organization/roles",
    "/organization/users",
    "/organization/workload_identity_providers",
)
"""Parts of OpenAI's API that the practice platform names and leaves out."""
PROJECT_PARTS = (
    "certificates",
    "data_retention",
    "groups",
    "hosted_tool_permissions",
    "roles",
    "service_tier_settings",
    "users",
)
"""The same, of a project."""
_PART_OF_A_PROJECT = re.compile(rf"/organization/projects/[^/]+/({'|'.join(PROJECT_PARTS)})/")


def wire_routes(state: WireState) -> list[BaseRoute]:
    """Everything under /v1, and /v1 itself."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for method, path, handler in ROUTES:
        by_path.setdefault(path, {})[method] = wire(state, handler)
    wrong_method = anyone(state, _wrong_method)
    routes = [Route(path, _by_method(endpoints, wrong_method)) for path, endpoints in by_path.items()]
    elsewhere = anyone(state, _elsewhere)
    routes.append(Route("/{rest:path}", elsewhere))
    itself = Route("/v1", elsewhere)
    for route in (*routes, itself):
        route.methods = None  # which method fits is answered by us, in OpenAI's envelope
    return [Mount("/v1", routes=routes), itself]


def _by_method(endpoints: dict[str, Endpoint], otherwise: Endpoint) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return await endpoints.get(request.method, otherwise)(request)

    return endpoint


async def _wrong_method(call: Call) -> Response:
    raise errors.wrong_method(call.request.method, call.request.url.path)


async def _elsewhere(call: Call) -> Response:
    path, asked = call.request.url.path, f"/{call.request.path_params.get('rest', '')}/"
    if any(asked.startswith(f"{part}/") for part in NOT_IMITATED) or _PART_OF_A_PROJECT.match(asked):
        raise errors.not_imitated(path)
    raise errors.unknown_route(call.request.method, path)
