"""Which of a network's rules a post breaks: what it would refuse or cut, and what it would not do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from ppkit.ai_assistant.counting import TextLink, count, links_in, measured
from ppkit.ai_assistant.networks import Network, networks
from ppkit.look.texts import Texts

HASHTAG = re.compile(r"(?<![\w&/])#(\w*[^\W\d_]\w*)")
MENTION = re.compile(r"(?<![\w@/.])@\w[\w.]*")
EXAMPLES = 3


class Rule(StrEnum):
    """What can be broken; the texts are "assistant.breach.<name>"."""

    TOO_LONG = "too_long"
    CAPTION_TOO_LONG = "caption_too_long"
    TOO_MANY_HASHTAGS = "too_many_hashtags"
    HASHTAG_TOO_LONG = "hashtag_too_long"
    TOO_MANY_MENTIONS = "too_many_mentions"
    TOO_MANY_LINKS = "too_many_links"
    FORBIDDEN_CHARACTERS = "forbidden_characters"
    REFUSED_LINK = "refused_link"
    MEDIA_REQUIRED = "media_required"
    LINK_NOT_CLICKABLE = "link_not_clickable"
    LINK_WITHOUT_SCHEME = "link_without_scheme"
    ESCAPE_NEEDED = "escape_needed"


REMARKS = frozenset(
    {Rule.MEDIA_REQUIRED, Rule.LINK_NOT_CLICKABLE, Rule.LINK_WITHOUT_SCHEME, Rule.ESCAPE_NEEDED}
)
"""Rules that another text is no remedy for, or that cost no more than a click."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule that a post breaks, with the facts of its sentence.

    `blocks` is whether the network would refuse the post or cut it.
    """

    rule: Rule
    facts: Mapping[str, str | int]

    @property
    def blocks(self) -> bool:
        return self.rule not in REMARKS

    def sentence(self, texts: Texts) -> str:
        """What is wrong, and what to do."""
        facts = dict(self.facts)
        if "unit" in facts:
            facts["unit"] = texts(f"assistant.unit.{facts['unit']}")
        return texts(f"assistant.breach.{self.rule}", **facts)


def breaches(text: str, network: str | Network, *, has_picture: bool | None = None) -> Sequence[Breach]:
    """The rules that the text breaks there, the gravest first.

    `has_picture` is None where that is not settled yet. Raises ExtraMissing without the packages of the extra
    "assistant".
    """
    network = networks()[network] if isinstance(network, str) else network
    found = [
        *_lengths(text, network, has_picture),
        *_numbers(text, network),
        *_characters(text, network),
        *_links(links_in(text), network),
    ]
    if network.media_required and has_picture is False:
        found.append(_breach(Rule.MEDIA_REQUIRED, network))
    return sorted(found, key=lambda breach: not breach.blocks)


def hashtags_in(text: str) -> tuple[str, ...]:
    """Each hashtag once, without its sign; a number alone is none."""
    return tuple(dict.fromkeys(HASHTAG.findall(text)))


def escaped(text: str, network: str | Network) -> str:
    """The text as a program must send it to the network: the characters of its markup with a backslash."""
    network = networks()[network] if isinstance(network, str) else network
    return "".join(f"\\{letter}" if letter in network.escaped else letter for letter in text)


def _breach(rule: Rule, network: Network, **facts: str | int) -> Breach:
    return Breach(rule, {"network": network.label, **facts})


def _lengths(text: str, network: Network, has_picture: bool | None) -> Iterator[Breach]:
    found = count(text, network)
    if found.over:
        yield _breach(Rule.TOO_LONG, network, over=found.over, most=found.longest, unit=found.unit.value)
    elif has_picture and network.limits_of("caption") and (caption := count(text, network, "caption")).over:
        yield _breach(Rule.CAPTION_TOO_LONG, network, over=caption.over, most=caption.longest)


def _numbers(text: str, network: Network) -> Iterator[Breach]:
    """Hashtags and mentions count each time they are written."""
    hashtags = HASHTAG.findall(text)
    numbers = {
        Rule.TOO_MANY_HASHTAGS: ("hashtags", len(hashtags)),
        Rule.TOO_MANY_MENTIONS: ("mentions", len(MENTION.findall(text))),
        Rule.TOO_MANY_LINKS: ("links", len({link.url for link in links_in(text)})),
    }
    for rule, (part, number) in numbers.items():
        for limit in network.limits_of(part):
            if number > limit.most:
                yield _breach(rule, network, number=number, most=limit.most)
    for limit in network.limits_of("hashtag"):
        for tag in dict.fromkeys(hashtags):
            if measured(tag, limit.unit) > limit.most:
                yield _breach(Rule.HASHTAG_TOO_LONG, network, hashtag=f"#{tag[:20]}…", most=limit.most)


def _characters(text: str, network: Network) -> Iterator[Breach]:
    for rule, special in (
        (Rule.FORBIDDEN_CHARACTERS, network.forbidden),
        (Rule.ESCAPE_NEEDED, network.escaped),
    ):
        found = [letter for letter in special if letter in text]
        if found:
            yield _breach(rule, network, characters=" ".join(found))


def _links(links: Sequence[TextLink], network: Network) -> Iterator[Breach]:
    refused = [link for link in links if _leads_to(link, network.refused_links)]
    bare = [link for link in links if not link.has_scheme]
    cases = (
        (Rule.REFUSED_LINK, refused),
        (Rule.LINK_NOT_CLICKABLE, () if network.clickable_links else links),
        (Rule.LINK_WITHOUT_SCHEME, bare if network.links_need_scheme else ()),
    )
    for rule, found in cases:
        if found:
            yield _breach(rule, network, links=", ".join(link.text for link in found[:EXAMPLES]))


def _leads_to(link: TextLink, domains: Sequence[str]) -> bool:
    try:
        host = urlsplit(link.url).hostname or ""
    except ValueError:  # a bracket that opens no address
        return False
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)
