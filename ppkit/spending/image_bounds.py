"""How many tokens an image request can use at most.

Known rules, and what is assumed where none is published:

- gpt-image-2: output tokens by size and quality follow the rule found by users of the platform (forum
  thread 1382699, 2026-06-05), which gives the published price of every listed size.
- gpt-image-2.5: the tokens of each quality are not published; users report 196, 439, 1,756, 3,122 and 7,024
  for a square of 1024 (low to max, 2026-09), which is the same rule with other steps. Each level is bounded
  by the next higher step.
- gpt-image-2.6: reported (2026-11) as 2.5, with three to four times the tokens at low and medium; one step
  up again.
- gpt-image-1, 1-mini and 1.5: the published table of gpt-image-1, plus what the per-image prices of 1-mini
  add.
- "auto", an unknown word and an unknown size are bounded by the dearest that the model knows.
- Each partial image adds 100 output tokens.
- An input picture of an edit: 6,240 tokens at high fidelity on gpt-image-1.5, plus tiles; for later models
  no figure is published, so each is bounded by what drawing the largest picture would count.
- Text that a picture model writes: only some have a price for it, and no bound is published;
  ANSWER_TEXT_TOKENS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ppkit.spending.bounds import MESSAGE_FRAME_TOKENS, UnboundedRequest, refuse_unknown
from ppkit.spending.request_parameters import IMAGE_PARAMETERS
from ppkit.spending.token_rates import Price

MOST_IMAGES = 10
MOST_PARTIAL_IMAGES = 3
PARTIAL_IMAGE_TOKENS = 100
ANSWER_TEXT_TOKENS = 1_000
MEASURED_SLACK_TOKENS = 16  # single measurements lie a token or two beside the rule
MOST_PROMPT_BYTES = 4 * 32_000
LARGEST_INPUT_IMAGE_TOKENS = 24_000
LARGEST_AREA = 3840 * 2160
LARGEST_SIDE = 3840


@dataclass(frozen=True, slots=True)
class ImageBounds:
    """Upper bounds of an image request, in tokens of each kind."""

    text_input_tokens: int
    image_input_tokens: int
    text_output_tokens: int
    image_output_tokens: int


def image_request_bounds(body: Mapping[str, Any], body_bytes: int, price: Price) -> ImageBounds:
    """Bounds of /images/generations and /images/edits. Raises UnboundedRequest.

    The fields of an edit's form may be given as text ("2" for 2), its files as anything but None.
    """
    refuse_unknown({name.partition("[")[0]: None for name in body}, IMAGE_PARAMETERS)
    if body.get("output_format") in ("gif", "svg"):  # frames, or a second model that writes the drawing
        raise UnboundedRequest(reason="image_format", field=str(body.get("output_format")))
    if any(name.partition("[")[0] == "svg" for name in body):
        raise UnboundedRequest(reason="image_format", field="svg")
    images = _count(body.get("n"), default=1, least=1, most=MOST_IMAGES)
    partials = _count(body.get("partial_images"), default=0, most=MOST_PARTIAL_IMAGES)
    each = picture_tokens(price.family, body.get("size"), body.get("quality"))
    return ImageBounds(
        text_input_tokens=_prompt_tokens(body.get("prompt"), body_bytes),
        image_input_tokens=_input_pictures(body) * LARGEST_INPUT_IMAGE_TOKENS,
        text_output_tokens=images * ANSWER_TEXT_TOKENS if _writes_text(price) else 0,
        image_output_tokens=images * (each + partials * PARTIAL_IMAGE_TOKENS),
    )


def picture_tokens(family: str, size: Any, quality: Any) -> int:
    """The most output tokens one picture can count. Raises UnboundedRequest for a model without a rule."""
    for beginning, steps in _STEPS.items():
        if family == beginning or family.startswith(f"{beginning}-"):
            return _by_area(steps.get(str(quality), _LARGEST_STEP), size)
    if family in {"gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "chatgpt-image-latest"}:
        return _from_table(size, quality)
    raise UnboundedRequest(reason="unknown_image_model", field=family)


# ---------------------------------------------------------------- gpt-image-2 and later

_LARGEST_STEP = 96
_STEPS = {
    "gpt-image-2": {"low": 16, "medium": 48, "high": 96},
    # Reported: 16, 24, 48, 64, 96. One step up, since these are reports and no specification; nothing is
    # known above the top step, which is the older model's best quality.
    "gpt-image-2.5": {"low": 24, "medium": 48, "high": 64, "xhigh": 96, "max": 96},
    "gpt-image-2.6": {"low": 48, "medium": 64, "high": 64, "xhigh": 96, "max": 96},
}


def _by_area(factor: int, size: Any) -> int:
    sides = _sides(size)
    if sides is None:
        return _grid_tokens(factor, factor, LARGEST_AREA)
    long, short = max(sides), min(sides)
    return _grid_tokens(factor, _rounded(factor * short, long), long * short)


def _grid_tokens(long_steps: int, short_steps: int, area: int) -> int:
    """ceil(long x short x (2,000,000 + width x height) / 4,000,000)."""
    return -(-long_steps * short_steps * (2_000_000 + area) // 4_000_000) + MEASURED_SLACK_TOKENS


def _rounded(numerator: int, denominator: int) -> int:
    # Half up: Python's own round would go down on one half of the halves, and a bound must not.
    return (2 * numerator + denominator) // (2 * denominator)


def _sides(size: Any) -> tuple[int, int] | None:
    """Width and height of a size the models can draw; None when it is "auto", absent or no such size."""
    match = re.fullmatch(r"(\d{2,4})x(\d{2,4})", size) if isinstance(size, str) else None
    if match is None:
        return None
    width, height = int(match[1]), int(match[2])
    if min(width, height) < 16 or max(width, height) > LARGEST_SIDE or width * height > LARGEST_AREA:
        return None
    return width, height


# ---------------------------------------------------------------- gpt-image-1 and its kin

_MINI_OVERHEAD_TOKENS = 400  # 1-mini's price for a picture is about 340 tokens above the table
_TABLE = {
    "low": {"1024x1024": 272, "1024x1536": 408, "1536x1024": 400},
    "medium": {"1024x1024": 1056, "1024x1536": 1584, "1536x1024": 1568},
    "high": {"1024x1024": 4160, "1024x1536": 6240, "1536x1024": 6208},
}


def _from_table(size: Any, quality: Any) -> int:
    by_size = _TABLE.get(str(quality), _TABLE["high"])
    return by_size.get(str(size), max(by_size.values())) + _MINI_OVERHEAD_TOKENS


def _writes_text(price: Price) -> bool:
    """Models that write text beside the picture have a price of its own for it."""
    return price.rates.output != price.rates.image_output


# ---------------------------------------------------------------- input

_PICTURE_FIELDS = frozenset({"image", "images", "mask", "markup"})


def _input_pictures(body: Mapping[str, Any]) -> int:
    pictures = 0
    for name, value in body.items():
        if value is not None and name.partition("[")[0] in _PICTURE_FIELDS:
            pictures += len(value) if isinstance(value, list | tuple) else 1
    return pictures


def _prompt_tokens(prompt: Any, body_bytes: int) -> int:
    if isinstance(prompt, str):
        return len(prompt.encode("utf-8", "surrogatepass")) + MESSAGE_FRAME_TOKENS
    return min(body_bytes, MOST_PROMPT_BYTES) + MESSAGE_FRAME_TOKENS


def _count(value: Any, default: int, most: int, least: int = 0) -> int:
    if value is None:
        return default
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        value = int(value)
    return value if type(value) is int and least <= value <= most else most
