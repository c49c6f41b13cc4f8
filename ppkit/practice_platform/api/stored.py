"""Answers that are kept for later: found by their id, the latest MOST_STORED of them, one project's own."""

from __future__ import annotations

import json
from typing import Any, Literal

from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.secret_texts import without_keys

MOST_STORED = 2_000
"""Older stored answers are forgotten, so that the file stays small."""

CLEARED_EVERY = 50

Kind = Literal["response", "chat"]


def keep(call: ApiCall, kind: Kind, body: dict[str, Any], context: dict[str, Any]) -> None:
    """Keep an answer and what led to it; to be called in the transaction that bills it."""
    database = call.state.platform.database
    database.run(
        "INSERT INTO stored_response VALUES (?, ?, ?, ?, ?, ?)",
        body["id"],
        kind,
        call.project_id,
        call.state.platform.clock.timestamp(),
        _as_kept(body),
        _as_kept(context),
    )
    latest = database.number("SELECT last_insert_rowid()")
    if latest % CLEARED_EVERY == 0:
        database.run(
            "DELETE FROM stored_response WHERE kind <> 'background' AND rowid <= ?", latest - MOST_STORED
        )


def find(call: ApiCall, kind: Kind, answer_id: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """(body, context), None when there is no such answer in the caller's project."""
    row = call.state.platform.database.row(
        "SELECT body, context FROM stored_response WHERE id = ? AND kind = ? AND project_id = ?",
        answer_id,
        kind,
        call.project_id,
    )
    return (json.loads(row["body"]), json.loads(row["context"])) if row else None


def need(call: ApiCall, kind: Kind, answer_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(body, context). Raises ApiError 404."""
    found = find(call, kind, answer_id)
    if found is None:
        name = "Response" if kind == "response" else "Chat completion"
        raise ApiError(404, f"{name} with id '{answer_id[:100]}' not found.")
    return found


def every(call: ApiCall, kind: Kind) -> list[dict[str, Any]]:
    """The bodies of the project's stored answers, oldest first."""
    rows = call.state.platform.database.rows(
        "SELECT body FROM stored_response WHERE kind = ? AND project_id = ? ORDER BY rowid",
        kind,
        call.project_id,
    )
    return [json.loads(row["body"]) for row in rows]


def change(call: ApiCall, answer_id: str, body: dict[str, Any]) -> None:
    text = _as_kept(body)
    call.state.platform.database.run("UPDATE stored_response SET body = ? WHERE id = ?", text, answer_id)


def _as_kept(told: dict[str, Any]) -> str:
    """As JSON, a key that was pasted into a prompt or a label left out: it answers, but is not kept."""
    return json.dumps(_without_keys(told), ensure_ascii=False)


def _without_keys(told: Any) -> Any:
    match told:
        case str():
            return without_keys(told)
        case dict():
            return {_without_keys(name): _without_keys(value) for name, value in told.items()}
        case list():
            return [_without_keys(part) for part in told]
        case _:
            return told


def forget(call: ApiCall, kind: Kind, answer_id: str) -> None:
    """Raises ApiError 404."""
    need(call, kind, answer_id)
    call.state.platform.database.run("DELETE FROM stored_response WHERE id = ?", answer_id)
