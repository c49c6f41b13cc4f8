"""POST /embeddings: stable unit vectors, nearer for texts that share more letters and words."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from array import array
from typing import Any

from starlette.responses import Response

from ppkit.practice_platform.api import request_gate
from ppkit.practice_platform.api.answer import JsonAnswer
from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.parameters import Parameters, invalid_type, missing
from ppkit.practice_platform.api.settlement import settle
from ppkit.practice_platform.models import PracticeModel, bill_for
from ppkit.practice_platform.rows import Bill
from ppkit.practice_platform.tokens import count_tokens

KNOWN = frozenset({"input", "model", "encoding_format", "dimensions", "user"})
MOST_INPUTS = 2_048
MOST_TOKENS = 300_000
"""Summed over the inputs of one request."""


async def create(call: ApiCall) -> Response:
    request_gate.need_scope(call, "model.request")
    parameters = await call.parameters()
    model = request_gate.need_model(call, parameters, "embedding")
    request_gate.need_rate(call)
    request_gate.need_money(call)
    parameters.refuse_unknown(KNOWN)
    parameters.text("user")
    inputs = _inputs(parameters)
    encoding = parameters.choice("encoding_format", ("float", "base64"), "float")
    dimensions = _dimensions(parameters, model)
    tokens = min(_tokens(inputs, model), call.body_bytes)
    vectors = [embed(_as_text(text), dimensions) for text in inputs]
    bill = bill_for(model, Bill(endpoint="embeddings", model=model.id, input_tokens=tokens))
    settle(call, bill)
    data = [
        {"object": "embedding", "index": index, "embedding": _encoded(vector, encoding)}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return JsonAnswer({"object": "list", "data": data, "model": model.id, "usage": usage})


def embed(text: str, dimensions: int) -> array[float]:
    """Words and letter triples thrown into the dimensions by their hash, then scaled to length 1."""
    vector = array("f", bytes(4 * dimensions))
    lowered = text.lower()
    features = re.findall(r"\w+", lowered) + [lowered[start : start + 3] for start in range(len(lowered) - 2)]
    for feature in features or [lowered or " "]:
        digest = hashlib.blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=9).digest()
        vector[int.from_bytes(digest[:8], "big") % dimensions] += 1.0 if digest[8] & 1 else -1.0
    length = math.sqrt(sum(value * value for value in vector))
    if length == 0:  # opposite features can cancel out in few dimensions
        vector[0], length = 1.0, 1.0
    return array("f", (value / length for value in vector))


def _encoded(vector: array[float], encoding: str | None) -> str | list[float]:
    # Little-endian float32 on the wire; array("f") is that on every platform Python runs this on.
    return base64.b64encode(vector.tobytes()).decode("ascii") if encoding == "base64" else vector.tolist()


def _inputs(parameters: Parameters) -> list[Any]:
    """Texts, or lists of token numbers. Raises ApiError 400 for anything else."""
    given = parameters.get("input")
    if given is None:
        raise missing("input")
    if isinstance(given, str):
        inputs: list[Any] = [given]
    elif isinstance(given, list) and given and all(isinstance(part, int) for part in given):
        inputs = [given]
    elif isinstance(given, list):
        inputs = given
    else:
        raise invalid_type("input", "a string or an array", given)
    if not inputs or len(inputs) > MOST_INPUTS or any(not part for part in inputs):
        raise ApiError(400, "Invalid 'input': it cannot be empty.", param="input", code="invalid_value")
    if not all(isinstance(part, str) or _is_token_list(part) for part in inputs):
        raise invalid_type("input", "a string or an array", given)
    return inputs


def _is_token_list(part: object) -> bool:
    return isinstance(part, list) and all(isinstance(number, int) for number in part)


def _as_text(part: Any) -> str:
    return part if isinstance(part, str) else " ".join(map(str, part))


def _tokens(inputs: list[Any], model: PracticeModel) -> int:
    counts = [count_tokens(part) if isinstance(part, str) else len(part) for part in inputs]
    if max(counts) > model.context_window:
        raise ApiError(
            400,
            f"This model's maximum context length is {model.context_window} tokens, however you requested"
            f" {max(counts)} tokens. Please reduce your prompt.",
            param="input",
            code="context_length_exceeded",
        )
    if sum(counts) > MOST_TOKENS:
        raise ApiError(
            400,
            f"Invalid 'input': maximum request size is {MOST_TOKENS} tokens per request.",
            param="input",
            code="max_tokens_per_request",
        )
    return sum(counts)


def _dimensions(parameters: Parameters, model: PracticeModel) -> int:
    asked = parameters.integer("dimensions", smallest=1, largest=model.dimensions)
    if asked is not None and model.id == "text-embedding-ada-002":
        raise ApiError(400, "This model does not support specifying dimensions.", param="dimensions")
    return asked or model.dimensions or 1
