"""A lesson from one file: when it is open, for how many, with which models, and what it can cost at most."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from ppkit.errors import PpkitError
from ppkit.files import text_encoding
from ppkit.keys import KeyInText, refuse_keys
from ppkit.money import ZERO, Money

LARGEST_FILE = 100_000  # bytes; a lesson has a few hundred
MOST_LEARNERS = 1000
PLACES_PER_ADDRESS = 3
"""One computer has one place; two more are for browsers that forgot, and for those who share an address."""
KEEP_DAYS = 30
"""Long enough to settle what a lesson cost with the agency's client, and no longer."""
MOST_KEEP_DAYS = 3650
LARGEST_LIMIT = Money.usd(1_000_000)
NOTHING_USUAL: Mapping[str, object] = {}
_NOT_IN_IDS = re.compile(r"[^a-z0-9]+")


class LessonFaulty(PpkitError):
    """A lesson's file cannot be used. Facts: path, field."""


class LessonUnreadable(LessonFaulty):
    """There is no such file, or it is neither TOML nor JSON. Facts: path, reason."""

    code = "lesson_unreadable"


class LessonFieldMissing(LessonFaulty):
    """Something that a lesson needs is not said."""

    code = "lesson_field_missing"


class LessonFieldUnknown(LessonFaulty):
    """A name that means nothing in a lesson."""

    code = "lesson_field_unknown"


class LessonFieldWrong(LessonFaulty):
    """A value of the wrong kind, or out of range."""

    code = "lesson_field_wrong"


class LessonAmountWrong(LessonFaulty):
    """No amount above zero."""

    code = "lesson_amount_wrong"


class LessonTimeWrong(LessonFaulty):
    """No date and time, without a zone, or one that the clock leaves out or shows twice."""

    code = "lesson_time_wrong"


class LessonEndsFirst(LessonFaulty):
    """It closes before it opens."""

    code = "lesson_ends_first"


class LessonHoldsKey(LessonFaulty):
    """A secret key stands in the file; nothing of it was kept."""

    code = "lesson_holds_key"


@dataclass(frozen=True, slots=True)
class ClassLesson:
    """What a class may do. Moments are aware, at the lesson's own offset from UTC; amounts count
    in all, from opening to closing."""

    id: str
    name: str
    opens: datetime
    closes: datetime
    learners: int
    limit_per_learner: Money
    limit_in_all: Money
    models: tuple[str, ...]
    welcome: str = ""
    places_per_address: int = PLACES_PER_ADDRESS
    keep_days: int = KEEP_DAYS
    """How many days after closing learners are forgotten (see `person_records`)."""

    @property
    def at_most(self) -> Money:
        """What it can cost at most, exactly: all learners' limits, or that of the lesson if it is less."""
        return min(self.limit_per_learner * self.learners, self.limit_in_all)

    def end(self, closed_at: datetime | None) -> datetime:
        """When it was over, or will be. `closed_at`: when the trainer closed it, if that was so."""
        return min(closed_at or self.closes, self.closes)

    @property
    def tag(self) -> str:
        """As `Budget.set` takes it: what the whole lesson counts under."""
        return f"lesson={self.id}"

    def learner_tag(self, pseudonym: str) -> str:
        """The value of the tag "learner": one pseudonym in two lessons is two learners."""
        return f"{self.id}/{pseudonym}"

    def tags(self, pseudonym: str) -> dict[str, str]:
        """What a learner's calls are labelled with."""
        return {"lesson": self.id, "learner": self.learner_tag(pseudonym)}

    def to_json(self) -> str:
        """All of it, for `lesson_from_json`."""
        document = asdict(self) | {
            "opens": self.opens.isoformat(),
            "closes": self.closes.isoformat(),
            "limit_per_learner": self.limit_per_learner.pico_usd,
            "limit_in_all": self.limit_in_all.pico_usd,
        }
        return json.dumps(document, ensure_ascii=False)


def lesson_from_json(text: str) -> ClassLesson:
    """What `to_json` wrote."""
    document = json.loads(text)
    return ClassLesson(
        **{
            **document,
            "opens": datetime.fromisoformat(document["opens"]),
            "closes": datetime.fromisoformat(document["closes"]),
            "limit_per_learner": Money(document["limit_per_learner"]),
            "limit_in_all": Money(document["limit_in_all"]),
            "models": tuple(document["models"]),
        }
    )


class _LessonFile(BaseModel):
    """What the file may say. Amounts are USD, as text or number; `timezone` is for times without."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    name: StrictStr = Field(min_length=1, max_length=80)
    id: StrictStr | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    opens: Any
    closes: Any
    timezone: StrictStr | None = None
    learners: StrictInt = Field(ge=1, le=MOST_LEARNERS)
    limit_per_learner: Any
    limit_in_all: Any
    models: list[StrictStr] = Field(min_length=1, max_length=50)
    welcome: StrictStr = Field(default="", max_length=2000)
    places_per_address: StrictInt = Field(default=PLACES_PER_ADDRESS, ge=1, le=MOST_LEARNERS)
    keep_days: StrictInt = Field(default=KEEP_DAYS, ge=1, le=MOST_KEEP_DAYS)


def read_lesson(path: Path, usual: Mapping[str, object] = NOTHING_USUAL) -> ClassLesson:
    """The lesson in a TOML or JSON file; what it does not say is as `usual`.

    Raises LessonFaulty, one kind for each thing that can be wrong.
    """
    shown = str(path)
    document, text = _document(path)
    try:
        refuse_keys("lesson", text)
    except KeyInText:
        raise LessonHoldsKey(path=shown, field="") from None
    try:
        written = _LessonFile.model_validate(
            {**usual, **document} if isinstance(document, dict) else document
        )
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        kind = _KINDS.get(first["type"], LessonFieldWrong)
    else:
        return _lesson(written, shown)
    raise kind(path=shown, field=field[:40])  # outside: what pydantic raises carries the value


_KINDS: dict[str, type[LessonFaulty]] = {"missing": LessonFieldMissing, "extra_forbidden": LessonFieldUnknown}


def _lesson(written: _LessonFile, path: str) -> ClassLesson:
    opens, closes = (_moment(written, name, path) for name in ("opens", "closes"))
    if closes <= opens:
        raise LessonEndsFirst(path=path, field="closes")
    per_learner, in_all = (_amount(written, name, path) for name in ("limit_per_learner", "limit_in_all"))
    for name in ("name", "welcome"):
        if any(sign != "\n" and not sign.isprintable() for sign in getattr(written, name)):
            raise LessonFieldWrong(path=path, field=name)
    return ClassLesson(
        id=written.id or _id_of(written.name.strip(), opens),
        name=written.name.strip(),
        opens=opens,
        closes=closes,
        learners=written.learners,
        limit_per_learner=per_learner,
        limit_in_all=in_all,
        models=tuple(dict.fromkeys(written.models)),
        welcome=written.welcome.strip(),
        places_per_address=written.places_per_address,
        keep_days=written.keep_days,
    )


def _id_of(name: str, opens: datetime) -> str:
    """The same for the same file, so that preparing it again changes the lesson and makes no second one.

    The digest is for names that begin alike, or have no Latin letters, and for two lessons on one day.
    """
    said = f"{name}\n{opens.astimezone(UTC).isoformat()}"
    digest = sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    readable = _NOT_IN_IDS.sub("-", name.lower())[:20].strip("-") or "lesson"
    return f"{readable}-{opens:%Y%m%d}-{digest}"


def _moment(written: _LessonFile, field: str, path: str) -> datetime:
    """Raises LessonTimeWrong."""
    value = getattr(written, field)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if not isinstance(moment, datetime):
            raise TypeError
        if moment.tzinfo is None:
            zone = ZoneInfo(written.timezone or "")
            either = {moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
            if len(either) > 1:  # the hour that is left out in spring, or shown twice in autumn
                raise ValueError
            moment = moment.replace(tzinfo=zone)
        # At this zone's offset, which is what people in the lesson read.
        return moment.replace(tzinfo=timezone(moment.utcoffset() or timedelta(0)))
    except (ValueError, TypeError, OverflowError, OSError, ZoneInfoNotFoundError):
        raise LessonTimeWrong(path=path, field=field) from None


def _amount(written: _LessonFile, field: str, path: str) -> Money:
    """Raises LessonAmountWrong."""
    value = getattr(written, field)
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise ValueError
        amount = Money.usd(value)
    except ValueError:
        raise LessonAmountWrong(path=path, field=field) from None
    if not ZERO < amount <= LARGEST_LIMIT:
        raise LessonAmountWrong(path=path, field=field)
    return amount


def _document(path: Path) -> tuple[object, str]:
    """What the file holds, amounts as exact decimals, and its text. Raises LessonUnreadable."""
    try:
        content = path.read_bytes()
        if len(content) > LARGEST_FILE:
            raise LessonUnreadable(path=str(path), reason="too_large")
        text = content.decode(text_encoding(path))
        if path.suffix.lower() == ".json":
            return json.loads(text, parse_float=Decimal), text
        return tomllib.loads(text, parse_float=Decimal), text
    except (OSError, ValueError, RecursionError) as error:
        raise LessonUnreadable(path=str(path), reason=type(error).__name__) from None
