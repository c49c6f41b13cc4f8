"""From a brief to a post and an image, with receipts."""

from ppkit.assistant.assistant import Assistant, NoModel
from ppkit.assistant.brief import Brief, InvalidBrief, Tone
from ppkit.assistant.networks import Network, networks
from ppkit.assistant.purses import NeedsKey, Purses
from ppkit.assistant.results import Estimate, Picture, Post, Purse
from ppkit.assistant.writing import NothingWritten

__all__ = [
    "Assistant",
    "Brief",
    "Estimate",
    "InvalidBrief",
    "NeedsKey",
    "Network",
    "NoModel",
    "NothingWritten",
    "Picture",
    "Post",
    "Purse",
    "Purses",
    "Tone",
    "networks",
]
