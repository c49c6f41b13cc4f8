"""Chat completions made with `store`: list, retrieve, update, delete, and their messages."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from ppkit.practice_platform.api import request_gate, stored
from ppkit.practice_platform.api.answer import JsonAnswer
from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.listing import page_of
from ppkit.practice_platform.api.parameters import missing


async def list_all(call: ApiCall) -> Response:
    """Filtered by `model` and by `metadata[name]=value`, oldest first unless asked otherwise."""
    request_gate.need_scope(call, "model.request")
    query = call.request.query_params
    wanted = {name[9:-1]: value for name, value in query.items() if name.startswith("metadata[")}
    chats = [
        chat
        for chat in stored.every(call, "chat")
        if query.get("model") in (None, chat["model"]) and wanted.items() <= (chat["metadata"] or {}).items()
    ]
    return page_of(call, chats, newest_first=False)


async def retrieve(call: ApiCall) -> Response:
    request_gate.need_scope(call, "model.request")
    return JsonAnswer(_found(call)[0])


async def update(call: ApiCall) -> Response:
    """Metadata is all that can be changed."""
    request_gate.need_scope(call, "model.request")
    metadata = (await call.parameters()).metadata()
    if metadata is None:
        raise missing("metadata")
    body = _found(call)[0] | {"metadata": metadata}
    stored.change(call, body["id"], body)
    return JsonAnswer(body)


async def delete(call: ApiCall) -> Response:
    request_gate.need_scope(call, "model.request")
    completion_id = call.request.path_params["completion_id"]
    stored.forget(call, "chat", completion_id)
    return JsonAnswer({"object": "chat.completion.deleted", "id": completion_id, "deleted": True})


async def messages(call: ApiCall) -> Response:
    request_gate.need_scope(call, "model.request")
    body, context = _found(call)
    found = [
        _message_on_wire(body["id"], number, message) for number, message in enumerate(context["messages"])
    ]
    return page_of(call, found, newest_first=False)


def _message_on_wire(chat_id: str, number: int, message: dict[str, Any]) -> dict[str, Any]:
    """As the SDK's types have it: every stored message is listed as an assistant's, also a user's."""
    content = message.get("content")
    return {
        "id": f"{chat_id}-{number}",
        "role": "assistant",
        "content": content if isinstance(content, str) else None,
        "content_parts": content if isinstance(content, list) else None,
        "refusal": None,
    }


def _found(call: ApiCall) -> tuple[dict[str, Any], dict[str, Any]]:
    return stored.need(call, "chat", call.request.path_params["completion_id"])
