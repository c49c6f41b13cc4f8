"""The limits in the costs window: each as a bar, the usual ones as forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from ppkit.errors import PpkitError
from ppkit.spending.ledger import ALL, LimitStatus
from ppkit.spending.ledger.errors import InvalidLimit, LimitNotAnAmount
from ppkit.spending.ledger.limit_periods import LIMIT_PERIODS
from ppkit.spending.limit_amounts import AS_IS
from ppkit.spending.limit_texts import scope_text
from ppkit.spending.reports import LimitBar, limit_bar
from ppkit.widgets.base.amounts import typed_amount
from ppkit.widgets.base.view import Fields, Secrets

if TYPE_CHECKING:
    from ppkit.widgets.base.window import Action, Window

PERIODS = LIMIT_PERIODS
SUBJECTS = ("all", "key", "tag")


class LimitGone(PpkitError):
    """The limit was removed elsewhere since it was shown; nothing was changed. No facts."""

    code = "limit_gone"


@dataclass(frozen=True, slots=True)
class ShownLimit:
    """A limit with its bar, and whose it is in words. `id` is the limit's own, whichever others there are."""

    status: LimitStatus
    bar: LimitBar
    scope: str
    id: str

    @property
    def is_usual(self) -> bool:
        """The one that everybody has: of the month, for everything."""
        return self.status.scope == ALL and self.status.period == "month"

    @property
    def is_reached(self) -> bool:
        return self.status.hard is not None and self.status.counted >= self.status.hard


class NameForEverything(InvalidLimit):
    """A key's or a tag's name was typed for a limit on everything; nothing was changed. No facts."""

    code = "limit_name_for_all"


class LimitForms:
    """Draws every limit of the ledger; adds, changes and removes the usual kinds."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self.shown: list[ShownLimit] = []
        self._saved_form = ""  # the form that was saved last
        self._saves = 0  # how often limits were saved, so that the page can tell a new time

    def begin(self) -> None:
        """The fields show the limits in force again."""
        self._typed: Fields = {}  # limits that could not be set, so that they can be mended
        self._form = ""  # the form that they were typed into

    def page(self) -> Mapping[str, object]:
        texts = self._window.texts
        self.shown = [
            ShownLimit(
                status, limit_bar(status, texts.language), scope_text(status.scope, texts), _id_of(status)
            )
            for status in self._window.session.budget.status()
        ]
        usual = next((one for one in self.shown if one.is_usual), None)
        is_saved = self._window.news in {
            texts("costs.saved"),
            texts("costs.limit_saved"),
            texts("costs.limit_gone"),
        }
        return {
            "usual": usual,
            "others": [one for one in self.shown if one is not usual],
            "limits": self._window.session.budget.get(),
            "typed": self._typed,
            "typed_form": self._form,
            "saved": self._saves if is_saved else 0,
            "saved_form": self._saved_form,
            "usual_reason": self._usual_reason,
            "limit_periods": PERIODS,
            "limit_subjects": SUBJECTS,
        }

    def actions(self) -> Mapping[str, Action]:
        return {"set_limits": self._set_usual, "add_limit": self._add, "change_limit": self._change}

    @property
    def _usual_reason(self) -> str:
        """In practice nobody owes a reason: the field has one."""
        return self._window.texts("costs.why.practice") if self._window.session.mode == "practice" else ""

    def _set_usual(self, fields: Fields, _secrets: Secrets) -> None:
        self._typed, self._form = fields, "usual"
        self._window.session.budget.set(
            soft=_thresholds(fields["soft"]),
            hard=typed_amount(fields["hard"]),
            why=fields.get("why", self._usual_reason),
        )
        self._tell("costs.saved", "usual")
        if self._window.session.budget.get().hard is not None:
            self._window.has_done("costs.limit_set")

    def _add(self, fields: Fields, _secrets: Secrets) -> None:
        """What is left empty stays: the form may name a limit that there is.

        Raises what `Budget.set` raises, NameForEverything, LimitNotAnAmount where nothing is typed,
        ValueError for no choice of the form.
        """
        self._typed, self._form = fields, "new"
        name = fields["name"].strip()
        subject = fields["subject"]
        if subject not in SUBJECTS or fields["period"] not in PERIODS:
            raise ValueError("no such limit")
        if name and subject == "all":
            raise NameForEverything
        soft, hard = _thresholds(fields["soft"]), typed_amount(fields["hard"])
        if soft is None and hard is None:
            raise LimitNotAnAmount(value="")
        self._window.session.budget.set(
            soft=soft or AS_IS,
            hard=hard or AS_IS,
            key=name if subject == "key" else None,
            tag=name if subject == "tag" else None,
            period=next(one for one in PERIODS if one == fields["period"]),
            why=fields.get("why") or self._usual_reason,
        )
        self._tell("costs.limit_saved", "new")

    def _change(self, fields: Fields, _secrets: Secrets) -> None:
        """Of one of the limits that are there; both fields empty: it is removed.

        Raises what `Budget.set` raises, LimitGone.
        """
        limit = fields["limit"]
        status = next((one for one in self._window.session.budget.status() if _id_of(one) == limit), None)
        if status is None:
            self.begin()
            raise LimitGone
        self._typed, self._form = fields, limit
        kind, _, name = status.scope.partition(":")
        soft, hard = _thresholds(fields["soft"]), typed_amount(fields["hard"])
        self._window.session.budget.set(
            soft=soft,
            hard=hard,
            key=name if kind == "key" else None,
            tag=name if kind == "tag" else None,
            period=status.period,
            why=fields.get("why") or self._usual_reason,
        )
        self._tell("costs.limit_saved" if soft or hard is not None else "costs.limit_gone", limit)

    def _tell(self, text_id: str, form: str) -> None:
        self.begin()
        self._saves += 1
        self._saved_form = form
        self._window.news = self._window.texts(text_id)


def _id_of(status: LimitStatus) -> str:
    """Made of scope and period, of which there is one limit each; short, since fields are named by it."""
    return blake2b(f"{status.period} {status.scope}".encode(), digest_size=8).hexdigest()


def _thresholds(text: str) -> list[str] | None:
    """Several amounts, or shares of the limit, with a semicolon or a space between: "50%; 8,00"."""
    parts = [part.strip() for part in text.replace(";", " ").split()]
    joined = [part for part in parts if part.upper() not in {"USD", "$"}]
    found = [part if part.endswith("%") else typed_amount(part) for part in joined]
    return [part for part in found if part is not None] or None
