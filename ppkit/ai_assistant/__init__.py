"""From a brief to posts and images for networks, with receipts."""

from ppkit.ai_assistant.assistant import Assistant
from ppkit.ai_assistant.async_assistant import AsyncAssistant
from ppkit.ai_assistant.breaches import Breach, Rule, breaches, escaped
from ppkit.ai_assistant.brief import Brief, Emoji, InvalidBrief, Tone
from ppkit.ai_assistant.conversations import Conversation, Refinement, Turn
from ppkit.ai_assistant.counting import Count, count, fitted
from ppkit.ai_assistant.model_levels import Level, ModelChoice
from ppkit.ai_assistant.networks import Network, Unit, networks
from ppkit.ai_assistant.own_pictures import BriefPicture, PictureTooLarge
from ppkit.ai_assistant.picture_files import InvalidMask, NoPictureFile
from ppkit.ai_assistant.picture_sizes import InvalidSize
from ppkit.ai_assistant.purses import NeedsKey, Purses
from ppkit.ai_assistant.results import Estimate, PaidText, Picture, Pictures, Post, Posts, Purse
from ppkit.ai_assistant.writing import NothingWritten

__all__ = [
    "Assistant",
    "AsyncAssistant",
    "Breach",
    "Brief",
    "BriefPicture",
    "Conversation",
    "Count",
    "Emoji",
    "Estimate",
    "InvalidBrief",
    "InvalidMask",
    "InvalidSize",
    "Level",
    "ModelChoice",
    "NeedsKey",
    "Network",
    "NoPictureFile",
    "NothingWritten",
    "PaidText",
    "Picture",
    "PictureTooLarge",
    "Pictures",
    "Post",
    "Posts",
    "Purse",
    "Purses",
    "Refinement",
    "Rule",
    "Tone",
    "Turn",
    "Unit",
    "breaches",
    "count",
    "escaped",
    "fitted",
    "networks",
]
