"""Random usages and the models they are priced with."""

from __future__ import annotations

from datetime import UTC, datetime

from genai_prices.data import providers
from genai_prices.types import ModelInfo
from hypothesis import strategies as st

from ppkit.spending.prices import PriceCatalogue
from ppkit.spending.usage import Usage

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CATALOGUE = PriceCatalogue()
MODELS = CATALOGUE.known_models()
# Search models bill each search besides the tokens: they have a price per token, but no ceiling.
TEXT_MODELS = [
    model
    for model in MODELS
    if "image" not in model
    and "embedding" not in model
    and "search" not in model.replace("research", "")
    and "deep-research" not in model
]
IMAGE_MODELS = [model for model in MODELS if "image" in model]
EMBEDDING_MODELS = [model for model in MODELS if "embedding" in model]


@st.composite
def usages(draw: st.DrawFn, most_tokens: int = 2_000_000) -> Usage:
    """Any possible usage whose cache writes and pictures do not overlap."""
    input_tokens = draw(st.integers(0, most_tokens))
    output_tokens = draw(st.integers(0, most_tokens))
    cached = draw(st.integers(0, input_tokens))
    written = draw(st.integers(0, input_tokens - cached))
    cached_image = draw(st.integers(0, cached))
    image = cached_image + draw(st.integers(0, input_tokens - cached - written))
    image_output = draw(st.integers(0, output_tokens))
    reasoning = draw(st.integers(0, output_tokens - image_output))
    return Usage(input_tokens, output_tokens, cached, written, reasoning, image, cached_image, image_output)


def librarys_models() -> list[ModelInfo]:
    """What genai-prices, from which the price list is read, knows of OpenAI."""
    return next(provider for provider in providers if provider.id == "openai").models
