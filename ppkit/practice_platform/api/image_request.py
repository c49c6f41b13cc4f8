"""Reading what is asked of an image: size, quality, format, from JSON or from a multipart form."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.parameters import Parameters, invalid_value, unsupported
from ppkit.practice_platform.models import PracticeModel
from ppkit.practice_platform.picture_order import LARGEST_SIDE, PictureOrder
from ppkit.practice_platform.tokens import PARTIAL_IMAGE_TOKENS, image_output_tokens

LONGEST_PROMPT = 32_000
FIXED_SIZES = ("1024x1024", "1536x1024", "1024x1536")
KNOWN = frozenset(
    [
        *("prompt", "model", "n", "size", "quality", "output_format", "output_compression", "background"),
        *("stream", "partial_images", "safety_identifier", "user", "response_format", "moderation"),
    ]
)
"""What GPT image models take everywhere; `response_format` to say that they do not know it."""
OF_DALL_E = {"response_format": ("url", "b64_json"), "style": ("vivid", "natural")}
GENERATING = KNOWN | {"style"}
EDITING = KNOWN | {"input_fidelity", "image", "images", "mask"}


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """Everything settled: "auto" has become a value. Tokens are those of one image."""

    model: str
    prompt: str
    count: int
    size: tuple[int, int]
    quality: str
    file_format: str
    compression: int
    transparent: bool
    stream: bool
    partial_images: int
    source: bytes = b""
    mask: bytes = b""
    wish: str = ""

    @property
    def size_text(self) -> str:
        return f"{self.size[0]}x{self.size[1]}"

    @property
    def tokens_of_one(self) -> int:
        return image_output_tokens(self.model, *self.size, self.quality)

    @property
    def output_tokens(self) -> int:
        return self.count * self.tokens_of_one + PARTIAL_IMAGE_TOKENS * self.partial_images

    @property
    def background(self) -> str:
        return "transparent" if self.transparent else "opaque"

    def of_picture(self, source: bytes, mask: bytes, subject: str) -> ImageRequest:
        """The same for an edit: a subject that the picture tells stays, with what was wished below."""
        wish = self.prompt.strip().partition("\n")[0]
        prompt = f"{subject}\n{self.prompt}" if subject else self.prompt
        return replace(self, prompt=prompt, source=source, mask=mask, wish=wish)

    def order(self, variant: int) -> PictureOrder:
        return PictureOrder(
            prompt=self.prompt,
            size=self.size,
            file_format=self.file_format,
            transparent=self.transparent,
            compression=self.compression,
            variant=variant,
            source=self.source,
            mask=self.mask,
            wish=self.wish,
        )


def read_image_request(
    parameters: Parameters, model: PracticeModel, known: frozenset[str] = GENERATING
) -> ImageRequest:
    """Raises ApiError 400 for what the model does not take."""
    parameters.refuse_unknown(known)
    for name, taken in OF_DALL_E.items():
        if parameters.choice(name, taken) is not None:
            raise ApiError(400, f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")
    for name in ("user", "safety_identifier"):
        parameters.text(name)
    fidelity = parameters.choice("input_fidelity", ("high", "low"))
    if fidelity and (model.id == "gpt-image-2" or (model.id, fidelity) == ("gpt-image-1-mini", "high")):
        raise unsupported("input_fidelity")
    file_format = parameters.choice("output_format", ("png", "jpeg", "webp"), "png") or "png"
    transparent = parameters.choice("background", ("transparent", "opaque", "auto"), "auto") == "transparent"
    if transparent and file_format == "jpeg":
        raise ApiError(
            400,
            "Transparent background is not supported for JPEG output format.",
            param="background",
            code="invalid_value",
        )
    parameters.choice("moderation", ("low", "auto"))
    stream = parameters.flag("stream")
    partial_images = parameters.integer("partial_images", smallest=0, largest=3) or 0
    compression = parameters.integer("output_compression", smallest=0, largest=100)
    return ImageRequest(
        model=model.id,
        prompt=_prompt(parameters),
        count=parameters.integer("n", smallest=1, largest=10) or 1,
        size=_size(parameters, model),
        quality=_quality(parameters, model),
        file_format=file_format,
        compression=100 if compression is None else compression,
        transparent=transparent,
        stream=stream,
        partial_images=partial_images if stream else 0,
    )


def _prompt(parameters: Parameters) -> str:
    prompt = parameters.text("prompt", required=True, longest=LONGEST_PROMPT) or ""
    if not prompt.strip():
        raise ApiError(
            400, "Invalid 'prompt': it cannot be empty.", param="prompt", code="string_below_min_length"
        )
    return prompt


def _quality(parameters: Parameters, model: PracticeModel) -> str:
    supported: tuple[str, ...] = ("low", "medium", "high", "auto")
    if model.id.startswith("gpt-image-2.5"):
        supported = ("low", "medium", "high", "xhigh", "max", "auto")
    asked = parameters.choice("quality", supported, "auto")
    return "medium" if asked in (None, "auto") else asked


def _size(parameters: Parameters, model: PracticeModel) -> tuple[int, int]:
    """Three sizes, and for newer models any with sides divisible by 16, up to 1:3, at most 3840 x 2160."""
    asked = parameters.text("size") or "auto"
    if asked == "auto":
        return 1024, 1024
    found = re.fullmatch(r"(\d{2,4})x(\d{2,4})", asked)
    if asked not in FIXED_SIZES and not model.id.startswith("gpt-image-2"):
        raise invalid_value("size", asked, (*FIXED_SIZES, "auto"))
    if not found:
        raise invalid_value("size", asked, (*FIXED_SIZES, "auto"))
    width, height = int(found[1]), int(found[2])
    short, long = sorted((width, height))
    if width % 16 or height % 16 or long > 3 * short or long > LARGEST_SIDE or width * height > 3840 * 2160:
        raise ApiError(
            400,
            f"Invalid size '{asked}'. Width and height must be divisible by 16, the ratio between 1:3 and "
            "3:1, and the image at most 3840x2160.",
            param="size",
            code="invalid_value",
        )
    return width, height
