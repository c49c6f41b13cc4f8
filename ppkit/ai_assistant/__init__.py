"""From a brief to a post and an image, with receipts."""

from ppkit.ai_assistant.assistant import Assistant
from ppkit.ai_assistant.brief import Brief, InvalidBrief, Tone
from ppkit.ai_assistant.networks import Network, networks
from ppkit.ai_assistant.purses import NeedsKey, Purses
from ppkit.ai_assistant.results import Estimate, Picture, Post, Purse
from ppkit.ai_assistant.writing import NothingWritten

__all__ = [
    "Assistant",
    "Brief",
    "Estimate",
    "InvalidBrief",
    "NeedsKey",
    "Network",
    "NothingWritten",
    "Picture",
    "Post",
    "Purse",
    "Purses",
    "Tone",
    "networks",
]
