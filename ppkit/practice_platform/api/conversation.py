"""The rules of a conversation with function calls: every call has its output, every output its call."""

from __future__ import annotations

from collections.abc import Sequence

from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.generation import Message

NO_OUTPUT = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each"
    " 'tool_call_id'. The following tool_call_ids did not have response messages: {ids}"
)
NO_CALL = (
    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with"
    " 'tool_calls'."
)


def check_chat(messages: Sequence[Message]) -> None:
    """Chat completions: the outputs follow right after the calls. Raises ApiError 400."""
    calls: set[str] = set()
    answered: dict[str, int] = {}
    for index, message in enumerate(messages):
        if message.role == "tool":
            _check_output(message.answers or "", index, calls, answered)
            answered[message.answers or ""] = index
            continue
        _check_all_answered(calls - answered.keys(), messages)
        calls, answered = {call_id for call_id, _name in message.calls}, {}
    _check_all_answered(calls - answered.keys(), messages)


def _check_output(call_id: str, index: int, calls: set[str], answered: dict[str, int]) -> None:
    place = f"messages.[{index}]"
    if not calls:
        raise ApiError(400, NO_CALL, param=f"{place}.role")
    shown = call_id[:100]
    if call_id not in calls:
        raise ApiError(
            400,
            f"Invalid parameter: 'tool_call_id' of '{shown}' not found in 'tool_calls' of previous message.",
            param=f"{place}.tool_call_id",
        )
    if call_id in answered:
        raise ApiError(
            400,
            f"Invalid parameter: Duplicate value for 'tool_call_id' of '{shown}', in"
            f" messages[{answered[call_id]}] and messages[{index}].",
            param=f"{place}.tool_call_id",
        )


def _check_all_answered(left: set[str], messages: Sequence[Message]) -> None:
    if left:
        in_order = [call_id for message in messages for call_id, _name in message.calls if call_id in left]
        raise ApiError(400, NO_OUTPUT.format(ids=", ".join(in_order)[:500]), param="messages")


def check_response(messages: Sequence[Message]) -> None:
    """Responses, with the turns that they go on from: an output may come any time after its call.

    Raises ApiError 400.
    """
    open_calls: dict[str, None] = {}
    answered: set[str] = set()
    for message in messages:
        for call_id, _name in message.calls:
            if call_id in open_calls or call_id in answered:
                raise _refused(f"Duplicate function call found with call_id {call_id[:100]}.")
            open_calls[call_id] = None
        if message.answers is None:
            continue
        if message.answers in answered:
            raise _refused(f"Duplicate function call output found for call_id {message.answers[:100]}.")
        if message.answers not in open_calls:
            raise _refused(
                f"No tool call found for function call output with call_id {message.answers[:100]}."
            )
        del open_calls[message.answers]
        answered.add(message.answers)
    for call_id in open_calls:
        raise _refused(f"No tool output found for function call {call_id[:100]}.")


def _refused(message: str) -> ApiError:
    return ApiError(400, message, param="input")
