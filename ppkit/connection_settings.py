"""The settings that decide where a live call goes and for whom, judged before a client is made of them.

A wrong one would fail somewhere else, under another name: in the SDK, on the platform, as "no key". What is
raised names the setting and the place it comes from, and never repeats what it holds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from urllib.parse import SplitResult, urlsplit

from ppkit.errors import PpkitError
from ppkit.keys.key_search import keys_in
from ppkit.keys.redaction import redact
from ppkit.settings import KeyInSetting, Origin, origin_of

ADDRESS, ORGANIZATION, PROJECT = "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"
CUSTOM_HEADERS = "OPENAI_CUSTOM_HEADERS"
OPENAI_ADDRESS = "https://api.openai.com/v1"


class FaultyConnection(PpkitError):
    """A setting with which no call can arrive. Facts: name, origin, line (of `.env`)."""


class FaultyAddress(FaultyConnection):
    """An address of the API that cannot be right. Facts also: better, a proposal."""


class AddressEmpty(FaultyAddress):
    """The variable is set to nothing: the SDK takes that for an address."""

    code = "address_empty"


class AddressInQuotes(FaultyAddress):
    """Quotes that a shell or Docker did not take away."""

    code = "address_in_quotes"


class AddressWithSpaces(FaultyAddress):
    """White space, or an invisible character."""

    code = "address_with_spaces"


class AddressWithoutScheme(FaultyAddress):
    """No https:// in front."""

    code = "address_without_scheme"


class AddressOfOtherScheme(FaultyAddress):
    """Neither http nor https. Facts also: scheme."""

    code = "address_of_other_scheme"


class AddressMalformed(FaultyAddress):
    """No host, an impossible port, signs that no address has."""

    code = "address_malformed"


class AddressOfAzure(FaultyAddress):
    """Azure's addresses take other keys and other bills."""

    code = "address_of_azure"


class AddressOfPage(FaultyAddress):
    """A site for people, not the API. Facts also: host."""

    code = "address_of_page"


class AddressNotEncrypted(FaultyAddress):
    """OpenAI's host over http: the key would travel in the open."""

    code = "address_not_encrypted"


class AddressWithRoute(FaultyAddress):
    """One route's address, to which the SDK adds the route once more. Facts also: route."""

    code = "address_with_route"


class AddressWithoutVersion(FaultyAddress):
    """OpenAI's host without /v1."""

    code = "address_without_version"


class AccountIdMalformed(FaultyConnection):
    """A sign in an organization's or project's id that no id has. Facts also: character."""

    code = "account_id_malformed"


class AccountIdOfOther(FaultyConnection):
    """A project's id in the organization's place, or the other way round. Facts also: belongs."""

    code = "account_id_of_other"


class CustomHeaderMalformed(FaultyConnection):
    """A line of OPENAI_CUSTOM_HEADERS that cannot be sent. Facts also: number, of that line."""

    code = "custom_header_malformed"


def check_connection(
    address: str | None, organization: str | None, project: str | None, environment: Mapping[str, str]
) -> None:
    """Judge what a live client is about to be made of; None is what the settings do not decide.

    Raises FaultyConnection, KeyInSetting.
    """
    if address is None and environment.get(ADDRESS, "x").strip() == "":
        raise AddressEmpty(name=ADDRESS, better=OPENAI_ADDRESS, **Origin("environment").facts)
    for name, value in ((ADDRESS, address), (ORGANIZATION, organization), (PROJECT, project)):
        if value and _holds_key(value):
            raise KeyInSetting(name=name, **_origin(name))
    if address:
        _check_address(address)
    if organization:
        _check_id(ORGANIZATION, organization, other=PROJECT, foreign="proj_")
    if project:
        _check_id(PROJECT, project, other=ORGANIZATION, foreign="org-")
    _check_headers(environment.get(CUSTOM_HEADERS, ""))


def _holds_key(value: str) -> bool:
    return redact(value) != value or next(keys_in(value), None) is not None


def _origin(name: str) -> dict[str, object]:
    try:
        return (origin_of(name) or Origin("program")).facts
    except PpkitError:  # the settings have become unreadable since they were read
        return Origin("program").facts


# --- the address

QUOTES = "\"'`\u00b4\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
_PAGES = re.compile(r"(?:(?:platform|chat|www|developers|help|status)\.)?openai\.com|(?:www\.)?chatgpt\.com")
_AZURE = re.compile(
    r".+\.(?:openai\.azure|cognitiveservices\.azure|services\.ai\.azure|azure-api)\.(?:com|net|us)"
)
_OPENAI = re.compile(r"(?:[a-z0-9-]+\.)?api\.openai\.com")
_ROUTE = re.compile(
    r"/(?:chat/completions|completions|responses|embeddings|images(?:/(?:generations|edits|variations))?|models"
    r"|moderations|audio(?:/\w+)?|files|batches)/?\Z",
    re.IGNORECASE,
)


def _check_address(value: str) -> None:
    """Raises FaultyAddress."""
    found = next(_faults_of(value), None)
    if found:
        fault, facts = found
        raise fault(name=ADDRESS, better=_better(value), **facts, **_origin(ADDRESS))


def _faults_of(value: str) -> Iterator[tuple[type[FaultyAddress], dict[str, object]]]:
    """What is wrong with an address, the first thing first."""
    if any(sign in QUOTES for sign in value):
        yield AddressInQuotes, {}
    if any(_is_space(sign) for sign in value):
        yield AddressWithSpaces, {}
    scheme, separator, _ = value.partition("://")
    if not separator:
        yield AddressWithoutScheme, {}
    if scheme.lower() not in {"http", "https"}:
        yield AddressOfOtherScheme, {"scheme": scheme if scheme.isalpha() and len(scheme) < 12 else "…"}
    parts = _split(value)
    if parts is None:
        yield AddressMalformed, {}
    else:
        yield from _faults_of_parts(parts)


def _faults_of_parts(parts: SplitResult) -> Iterator[tuple[type[FaultyAddress], dict[str, object]]]:
    host, path = (parts.hostname or "").lower(), parts.path
    if _AZURE.fullmatch(host):
        yield AddressOfAzure, {}
    if _PAGES.fullmatch(host):
        yield AddressOfPage, {"host": host}
    if parts.scheme.lower() == "http" and _OPENAI.fullmatch(host):
        yield AddressNotEncrypted, {}
    if route := _ROUTE.search(path):
        yield AddressWithRoute, {"route": route[0]}
    if parts.query or parts.fragment:
        yield AddressMalformed, {}
    if _OPENAI.fullmatch(host) and path.rstrip("/") != "/v1":
        yield AddressWithoutVersion, {}


def _split(value: str) -> SplitResult | None:
    """The parts of an address; None for one that has no host, an impossible port or strange signs.

    "https" is no host: it comes from a beginning that was written twice.
    """
    try:
        parts = urlsplit(value)
        usable = (parts.hostname or "https") not in _NO_HOSTS and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return parts if usable and value.isascii() and re.fullmatch(r"[^\s<>{}|\\^]+", value) else None


def _is_space(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) in {"Cc", "Cf", "Zs"}


# "https:/", "https//", "https://https://": whatever was made of a beginning, and the rest.
_BEGINNING_OF_ADDRESS = re.compile(
    r"(?:(h[tps]{2,5}|[a-z]+(?=://))[:/\\]+)?(?:https?[:/\\]+|:?/+)*(.*)", re.IGNORECASE
)
_NO_HOSTS = frozenset({"http", "https", "none", "null", "undefined", "true", "false"})


def _is_near(host: str) -> bool:
    """Whether a program of this computer or network is meant: it seldom speaks https."""
    return host == "localhost" or re.fullmatch(r"[0-9.]+|[0-9a-f:]*:[0-9a-f:]*", host) is not None


def _better(value: str) -> str:
    """What was probably meant, without anything that could be secret; OpenAI's own address in doubt."""
    text = "".join(sign for sign in value if sign not in QUOTES and not _is_space(sign))
    scheme, place = _BEGINNING_OF_ADDRESS.fullmatch(text).groups()  # type: ignore[union-attr]  # all is optional
    parts = _split(f"https://{place}")
    if parts is None:
        return OPENAI_ADDRESS
    if (scheme or "").lower() == "http" or (scheme is None and _is_near(parts.hostname or "")):
        parts = parts._replace(scheme="http")
    host = parts.hostname or ""
    if _OPENAI.fullmatch(host):
        return f"https://{host}/v1"
    place = host if parts.port is None else f"{host}:{parts.port}"
    proposal = f"{parts.scheme}://{place}{_ROUTE.sub('', parts.path)}"
    usable = next(_faults_of(proposal), None) is None and redact(proposal) == proposal
    return proposal if usable else OPENAI_ADDRESS


# --- the account


def _check_id(name: str, value: str, *, other: str, foreign: str) -> None:
    """Raises AccountIdMalformed, AccountIdOfOther."""
    strange = re.search(r"[^A-Za-z0-9_-]", value)
    if strange:
        character = unicodedata.name(strange[0], f"U+{ord(strange[0]):04X}")
        raise AccountIdMalformed(name=name, character=character, **_origin(name))
    if value.startswith(foreign):
        raise AccountIdOfOther(name=name, belongs=other, **_origin(name))


def _check_headers(text: str) -> None:
    """As the SDK reads them: `Name: value`, one a line; a line without a colon it passes over."""
    for number, line in enumerate(text.split("\n"), 1):
        header, colon, value = line.partition(":")
        sendable = re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", header.strip()) and re.fullmatch(
            r"[\t\x20-\x7e]*", value.strip()
        )
        if line.strip() and not (colon and sendable):
            raise CustomHeaderMalformed(name=CUSTOM_HEADERS, number=number, **Origin("environment").facts)
