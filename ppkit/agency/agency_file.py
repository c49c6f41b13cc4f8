"""`agency.toml` in the data folder: read and judged as a whole, or refused with the place that is wrong.

name = "Studio Bianchi"
logo = "logo.png"               # PNG or JPEG, beside this file
markup_percent = "15"           # amounts in quotation marks: exact

[currency]
code = "EUR"
rate = "0.92"                   # one US dollar is so much
date = 2026-11-01               # of the rate

[course]
hide = ["real", "python"]       # lessons that are not on the map

[[course.add]]
title = "Posts for our fair"    # our own notebooks, beside the lessons of each language
file = "08_our_posts.ipynb"

[plan]
credits = 200                   # the plan's own, a month
image = 20                      # that an image takes

[lesson]                        # what a lesson's file need not say
models = ["gpt-6-luna"]
limit_per_learner = "0.50"

[clients.rossi]
name = "Pasticceria Rossi"      # calls made inside ppkit.tags(client="rossi") are theirs
key = "…WXYZ"                   # or, with a key of their own, all that is called with it
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from ppkit.agency.agency import Agency, Client, Colours, Logo, OwnNotebook, PlanTerms
from ppkit.agency.terms import FINEST_PERCENT, Currency, Markup
from ppkit.errors import PpkitError
from ppkit.files import text_encoding
from ppkit.keys.key_refusal import KeyInText, refuse_keys
from ppkit.spending.ledger.errors import InvalidTag
from ppkit.spending.ledger.scopes import shown_key_in, tag_scope_of

FILE_NAME = "agency.toml"
LARGEST_LOGO = 512 * 1024
_KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?")
_SHOWN_PLACE = re.compile(r"[\w.…-]{1,80}")


class AgencyFileInvalid(PpkitError):
    """The agency's file cannot be taken as it is; nothing of it is used.

    Facts: problem, path, place, expected.

    `problem` is "unreadable", "missing", "unknown", "impossible", "twice", "logo" or "key"; its texts are
    "agency.problem.<name>". No fact quotes a value, which may be anything.
    """

    code = "agency_file"

    def __init__(self, problem: str, path: Path, place: str = "", expected: str = "") -> None:
        super().__init__(problem=problem, path=str(path), place=place, expected=expected)


def _exact(value: object) -> Decimal:
    """From a text or a whole number; a TOML float has lost its digits already."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not _NUMBER.fullmatch(text):
        raise ValueError("no number")
    return Decimal(text)


def _percent(value: object) -> Decimal:
    percent = _exact(value)
    if percent > 1000 or percent != percent.quantize(Decimal(1).scaleb(-FINEST_PERCENT)):
        raise ValueError("no percentage")
    return percent


def _rate(value: object) -> Decimal:
    rate = _exact(value)
    if not rate:
        raise ValueError("no rate")
    return rate


def _key(value: object) -> str:
    key = shown_key_in(value) if isinstance(value, str) else None
    if key is None:
        raise ValueError("no key")
    return key


def _tag(value: object) -> str:
    try:
        tag_scope_of(value if isinstance(value, str) else "")
    except InvalidTag:
        raise ValueError("no tag") from None
    return str(value)


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Percent = Annotated[Decimal, BeforeValidator(_percent)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
_EXPECTED = {
    "markup_percent": '"15.5"',
    "rate": '"0.92"',
    "date": "2026-11-30",
    "code": '"EUR"',
    "key": '"…WXYZ"',
    "tag": '"client=rossi"',
    "brand": '"#4340c4"',
    "brand_dark": '"#a3a0ff"',
    "logo": '"logo.png"',
    "clients": "[clients.rossi]",
    "hide": '["real", "python"]',
    "file": '"08_our_posts.ipynb"',
}


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _CurrencyTable(_Table):
    code: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    rate: Annotated[Decimal, BeforeValidator(_rate)]
    date: date


class _ColoursTable(_Table):
    brand: Colour | None = None
    brand_dark: Colour | None = None


class _PlanTable(_Table):
    credits: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    text: Annotated[int, Field(ge=1, le=1000)] | None = None
    image: Annotated[int, Field(ge=1, le=1000)] | None = None


class _LessonTable(_Table):
    """The lesson's own file judges the values (`class_service.class_lesson`), wherever they were written."""

    timezone: object = None
    learners: object = None
    limit_per_learner: object = None
    limit_in_all: object = None
    models: object = None
    places_per_address: object = None
    keep_days: object = None


class _NotebookTable(_Table):
    title: Line
    # A name alone, so that the link leads nowhere but to the folder of the lessons.
    file: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,80}\.ipynb$")]


class _CourseTable(_Table):
    add: Annotated[list[_NotebookTable], Field(max_length=20)] = Field(default_factory=list)
    hide: list[Line] = Field(default_factory=list)


class _ClientTable(_Table):
    name: Line
    key: Annotated[str, BeforeValidator(_key)] | None = None
    tag: Annotated[str, BeforeValidator(_tag)] | None = None
    markup_percent: Percent | None = None


class _FileTable(_Table):
    name: Line
    logo: Line | None = None
    welcome: Annotated[str, StringConstraints(max_length=500)] = ""
    markup_percent: Percent | None = None
    currency: _CurrencyTable | None = None
    colours: _ColoursTable = _ColoursTable()
    course: _CourseTable = _CourseTable()
    plan: _PlanTable = _PlanTable()
    lesson: _LessonTable = _LessonTable()
    clients: Mapping[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")], _ClientTable] = (
        Field(default_factory=dict)
    )


def read_agency(path: Path) -> Agency:
    """What the file says; a nameless agency where there is none. Raises AgencyFileInvalid."""
    try:
        content = path.read_bytes()
        written = tomllib.loads(content.decode(text_encoding(path)))
        refuse_keys("agency", content.decode(text_encoding(path)))
    except FileNotFoundError:
        return Agency()
    except KeyInText:
        raise AgencyFileInvalid("key", path) from None
    except (tomllib.TOMLDecodeError, UnicodeError, OSError):
        raise AgencyFileInvalid("unreadable", path) from None
    problem = None
    try:
        found = _FileTable(**written)
    except (ValidationError, TypeError) as error:
        problem = error
    if problem is not None:  # raised outside: what pydantic raises carries the value
        raise _invalid(problem, path)
    return _agency(found, path)


def _invalid(error: Exception, path: Path) -> AgencyFileInvalid:
    if not isinstance(error, ValidationError):
        return AgencyFileInvalid("unknown", path, "…")
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"] if part != "[key]")
    shown = place if _SHOWN_PLACE.fullmatch(place) else "…"
    reason = {"missing": "missing", "extra_forbidden": "unknown"}.get(first["type"], "impossible")
    last = str(first["loc"][-1]) if first["loc"] else ""
    return AgencyFileInvalid(reason, path, shown, _EXPECTED.get(last, '"…"'))


def _agency(found: _FileTable, path: Path) -> Agency:
    clients = tuple(
        Client(id, one.name, one.tag or f"client={id}", one.key, _markup(one.markup_percent))
        for id, one in found.clients.items()  # noqa: A001 - the field's own word
    )
    _check_apart(clients, path)
    currency = found.currency
    return Agency(
        name=found.name,
        logo=None if found.logo is None else _logo(found.logo, path),
        colours=Colours(found.colours.brand, found.colours.brand_dark),
        welcome=found.welcome,
        markup=_markup(found.markup_percent),
        currency=None if currency is None else Currency(currency.code, currency.rate, currency.date),
        clients=clients,
        added=tuple(OwnNotebook(one.title, one.file) for one in found.course.add),
        plan=PlanTerms(found.plan.credits, found.plan.text, found.plan.image),
        lesson={name: value for name, value in found.lesson if value is not None},
        hidden=frozenset(found.course.hide),
    )


def _markup(percent: Decimal | None) -> Markup | None:
    return None if percent is None else Markup(percent)


def _check_apart(clients: tuple[Client, ...], path: Path) -> None:
    """A key or a tag of two clients would put one call on two statements.

    An end, "…WXYZ", is all keys that end so; two identities with the same end, "…WXYZ#0123456789ab", are two.
    """
    keys = [one.key for one in clients if one.key]
    whole_ends = {key for key in keys if "#" not in key}
    for name, values in (
        ("key", [end if (end := key.partition("#")[0]) in whole_ends else key for key in keys]),
        ("tag", [one.tag for one in clients]),
        ("name", [one.name.casefold() for one in clients]),
    ):
        if any(count > 1 for count in Counter(values).values()):
            raise AgencyFileInvalid("twice", path, name)


def _logo(name: str, path: Path) -> Logo:
    """The file of this name beside the agency's. Raises AgencyFileInvalid."""
    try:
        if Path(name).name != name:
            raise OSError
        with (path.parent / name).open("rb") as file:
            content = file.read(LARGEST_LOGO + 1)
    except OSError:
        raise AgencyFileInvalid("logo", path, "logo") from None
    kind = next((kind for head, kind in _KINDS.items() if content.startswith(head)), None)
    if kind is None or len(content) > LARGEST_LOGO:
        raise AgencyFileInvalid("logo", path, "logo")
    return Logo(content, kind)
