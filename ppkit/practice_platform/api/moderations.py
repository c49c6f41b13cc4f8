"""POST /moderations: free, by plain lists of words; pictures are looked at only for being pictures."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from ppkit.practice_platform.api import request_gate
from ppkit.practice_platform.api.answer import JsonAnswer
from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.parameters import Parameters, invalid_type, invalid_value, missing
from ppkit.practice_platform.api.picture_input import check_part
from ppkit.practice_platform.api.settlement import settle
from ppkit.practice_platform.moderation import FLAGGED, scores
from ppkit.practice_platform.rows import Bill
from ppkit.practice_platform.tokens import count_tokens

KNOWN = frozenset({"input", "model"})
DEFAULT_MODEL = "omni-moderation-latest"
ALSO_OF_PICTURES = frozenset(
    {"self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "violence", "violence/graphic"}
)
"""Categories for which the real model looks at pictures too."""


async def create(call: ApiCall) -> Response:
    request_gate.need_scope(call, "model.request")
    parameters = await call.parameters()
    model = request_gate.need_model(call, parameters, "moderation", DEFAULT_MODEL)
    request_gate.need_rate(call)
    parameters.refuse_unknown(KNOWN)
    inputs = _inputs(parameters)
    tokens = min(sum(count_tokens(text) for text, _pictures in inputs), call.body_bytes)
    settle(call, Bill(endpoint="moderations", model=model.id, input_tokens=tokens))
    return JsonAnswer(
        {
            "id": f"modr-practice-{call.state.platform.token(16)}",
            "model": str(parameters.get("model") or DEFAULT_MODEL),
            "results": [_result(text, with_pictures=pictures > 0) for text, pictures in inputs],
        }
    )


def _result(text: str, *, with_pictures: bool) -> dict[str, Any]:
    found = scores(text)
    flags = {name: score >= FLAGGED for name, score in found.items()}
    kinds = {
        name: (["text"] if text else []) + (["image"] if with_pictures and name in ALSO_OF_PICTURES else [])
        for name in found
    }
    return {
        "flagged": any(flags.values()),
        "categories": flags,
        "category_scores": found,
        "category_applied_input_types": kinds,
    }


def _inputs(parameters: Parameters) -> list[tuple[str, int]]:
    """(text, number of pictures) of each result: one for each text, one for all parts together."""
    given = parameters.get("input")
    if given is None:
        raise missing("input")
    if isinstance(given, str):
        return [(given, 0)]
    if not isinstance(given, list):
        raise invalid_type("input", "a string or an array", given)
    if not given:
        raise ApiError(400, "Invalid 'input': it cannot be empty.", param="input", code="invalid_value")
    if all(isinstance(part, str) for part in given):
        return [(part, 0) for part in given]
    texts, pictures = [], 0
    for index, part in enumerate(given):
        name = f"input[{index}]"
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text":
            texts.append(Parameters(part).text("text", required=True) or "")
        elif kind == "image_url":
            if not isinstance(part.get("image_url"), dict):
                raise invalid_type(f"{name}.image_url", "an object", part.get("image_url"))
            check_part(part, name)
            pictures += 1
        elif not isinstance(part, dict):
            raise invalid_type(name, "an object", part)
        else:
            raise invalid_value(f"{name}.type", kind, ("text", "image_url"))
    return [("\n".join(texts), pictures)]
