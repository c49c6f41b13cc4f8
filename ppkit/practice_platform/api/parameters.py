"""Reading a request body with OpenAI's complaints about what is missing, mistyped or out of range."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ppkit.practice_platform.api import error_answers
from ppkit.practice_platform.api.error_answers import ApiError

LARGEST_INTEGER = 2**63 - 1
"""What the database holds; where OpenAI's document sets no bound, nothing smaller is one."""
_NAMES = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    list: "an array",
    dict: "an object",
    type(None): "null",
}


def invalid_type(name: str, expected: str, value: object) -> ApiError:
    got = _NAMES.get(type(value), "something else")
    return ApiError(
        400,
        f"Invalid type for '{name}': expected {expected}, but got {got} instead.",
        param=name,
        code="invalid_type",
    )


def invalid_value(name: str, value: object, supported: Sequence[str]) -> ApiError:
    listed = ", ".join(f"'{choice}'" for choice in supported)
    return ApiError(
        400,
        f"Invalid value: '{str(value)[:100]}'. Supported values are: {listed}.",
        param=name,
        code="invalid_value",
    )


def missing(name: str) -> ApiError:
    return ApiError(
        400, f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter"
    )


def unsupported(name: str, instead: str | None = None) -> ApiError:
    hint = f" Use '{instead}' instead." if instead else ""
    return ApiError(
        400,
        f"Unsupported parameter: '{name}' is not supported with this model.{hint}",
        param=name,
        code="unsupported_parameter",
    )


def whole_number(text: str) -> int | None:
    """A number of at most 18 digits in a query, a form or a header; None for anything else."""
    return int(text) if re.fullmatch("-?[0-9]{1,18}", text) else None


def only_with_stream() -> ApiError:
    return ApiError(
        400,
        "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        param="stream_options",
        code="invalid_value",
    )


class Parameters:
    """A JSON object whose values are asked for by name and type; null counts as not given."""

    def __init__(self, body: Mapping[str, Any], elsewhere: Callable[[], frozenset[str]] = frozenset) -> None:
        """`elsewhere` gives the names that OpenAI's own API takes, imitated here or not."""
        self.body = body
        self._elsewhere = elsewhere

    def get(self, name: str) -> Any:
        """The value as it came; None when it is absent."""
        return self.body.get(name)

    def refuse_unknown(self, known: Collection[str]) -> None:
        """Raises ApiError: 501 for what OpenAI's API takes and this one does not, 400 for anything else."""
        for name in self.body:
            if name not in known:
                if name in self._elsewhere():
                    if self.body[name] is None:
                        continue
                    raise error_answers.not_imitated(f"The parameter '{name}'")
                raise ApiError(
                    400, f"Unknown parameter: '{name[:100]}'.", param=name[:100], code="unknown_parameter"
                )

    def text(self, name: str, *, required: bool = False, longest: int | None = None) -> str | None:
        value = self._required(name) if required else self.body.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise invalid_type(name, "a string", value)
        if longest is not None and len(value) > longest:
            raise ApiError(
                400,
                f"Invalid '{name}': string too long. Expected a string with maximum length {longest}, but "
                f"got a string with length {len(value)} instead.",
                param=name,
                code="string_above_max_length",
            )
        return value

    def choice(self, name: str, supported: Sequence[str], default: str | None = None) -> str | None:
        value = self.text(name)
        if value is None:
            return default
        if value not in supported:
            raise invalid_value(name, value, supported)
        return value

    def integer(
        self, name: str, *, smallest: int | None = None, largest: int | None = None, required: bool = False
    ) -> int | None:
        value = self._required(name) if required else self.body.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise invalid_type(name, "an integer", value)
        if smallest is not None and value < smallest:
            raise _out_of_range(
                name, "integer below minimum value", f">= {smallest}", value, "integer_below_min_value"
            )
        if largest is not None and value > largest:
            raise _out_of_range(
                name, "integer above maximum value", f"<= {largest}", value, "integer_above_max_value"
            )
        return value

    def number(self, name: str, *, smallest: float, largest: float) -> float | None:
        value = self.body.get(name)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise invalid_type(name, "a decimal", value)
        if value < smallest:
            raise _out_of_range(
                name, "decimal below minimum value", f">= {smallest}", value, "decimal_below_min_value"
            )
        if value > largest:
            raise _out_of_range(
                name, "decimal above maximum value", f"<= {largest}", value, "decimal_above_max_value"
            )
        return float(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.body.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise invalid_type(name, "a boolean", value)
        return value

    def mapping(self, name: str) -> dict[str, Any] | None:
        value = self.body.get(name)
        if value is not None and not isinstance(value, dict):
            raise invalid_type(name, "an object", value)
        return value

    def array(self, name: str) -> list[Any] | None:
        value = self.body.get(name)
        if value is not None and not isinstance(value, list):
            raise invalid_type(name, "an array", value)
        return value

    def metadata(self) -> dict[str, str] | None:
        """At most 16 pairs of texts."""
        value = self.mapping("metadata")
        if value is None:
            return None
        if len(value) > 16:
            raise ApiError(
                400,
                "Invalid 'metadata': too many properties.",
                param="metadata",
                code="object_above_max_properties",
            )
        for name, content in value.items():
            if not isinstance(content, str):
                raise invalid_type(f"metadata.{name[:64]}", "a string", content)
            if len(name) > 64 or len(content) > 512:
                raise ApiError(
                    400,
                    "Invalid 'metadata': string too long.",
                    param="metadata",
                    code="string_above_max_length",
                )
        return value

    def _required(self, name: str) -> Any:
        value = self.body.get(name)
        if value is None:
            raise missing(name)
        return value


RETENTIONS = ("in_memory", "24h")
LONGEST_IDENTIFIER = 64


def check_shared(parameters: Parameters) -> None:
    """What both text endpoints take alike and what changes nothing here. Raises ApiError 400."""
    parameters.choice("prompt_cache_retention", RETENTIONS)
    options = Parameters(parameters.mapping("prompt_cache_options") or {})
    options.choice("mode", ("implicit", "explicit"))
    options.choice("ttl", ("30m",))
    parameters.text("user")
    parameters.text("prompt_cache_key")
    parameters.text("safety_identifier", longest=LONGEST_IDENTIFIER)
    for name in ("store", "stream"):
        parameters.flag(name)


def _out_of_range(name: str, what: str, expected: str, value: float, code: str) -> ApiError:
    return ApiError(
        400,
        f"Invalid '{name}': {what}. Expected a value {expected}, but got {value} instead.",
        param=name,
        code=code,
    )


def text_in(part: dict[str, Any], field: str, place: str) -> str:
    """A text that a part of the body must have; `place` is the part's own. Raises ApiError."""
    value = part.get(field)
    if value is None:
        raise missing(f"{place}.{field}")
    if not isinstance(value, str):
        raise invalid_type(f"{place}.{field}", "a string", value)
    return value
