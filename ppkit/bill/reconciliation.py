"""The ledger beside the platform's figures, by day (UTC) and model: every difference, and what it comes from.

Pure arithmetic: nothing is read or written here. For each day and model the causes add up to the difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from ppkit.bill.figures import Dataset, Figure
from ppkit.bill.settling import Settling, settlings_of
from ppkit.money import Money
from ppkit.spending.ledger import UncertainCall
from ppkit.spending.usage import Usage

CauseKind = Literal[
    "elsewhere", "resolved", "delay", "price", "estimates", "tool_fee", "not_told", "unexplained"
]
"""Why the two differ. "elsewhere": calls that this ledger did not make. "resolved": what uncertain calls have
cost, as the figures show. "delay": the day is not complete at the platform. "price": the same calls and
tokens at another price. "estimates": the ledger has estimated costs there. "tool_fee": a hosted tool, which
the platform names apart and the ledger counts with the model. "not_told": the platform has fewer calls."""


@dataclass(frozen=True, slots=True)
class UsageSums:
    """Calls, their tokens and their cost; without calls that are uncertain."""

    calls: int = 0
    pico_usd: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0

    @property
    def tokens(self) -> tuple[int, int, int, int]:
        """Input, what of it was read from the cache and written to it, and output."""
        return self.input_tokens, self.cached_tokens, self.cache_write_tokens, self.output_tokens

    @property
    def usage(self) -> Usage:
        """The tokens as those of one call. Raises ImpossibleUsage where they cannot be."""
        read, cached, written, output = self.tokens
        return Usage(read, output, cached_tokens=cached, cache_write_tokens=written)

    def __add__(self, other: UsageSums) -> UsageSums:
        tokens = (mine + more for mine, more in zip(self.tokens, other.tokens, strict=True))
        return UsageSums(self.calls + other.calls, self.pico_usd + other.pico_usd, *tokens)

    def __sub__(self, other: UsageSums) -> UsageSums:
        tokens = (mine - less for mine, less in zip(self.tokens, other.tokens, strict=True))
        return UsageSums(self.calls - other.calls, self.pico_usd - other.pico_usd, *tokens)


CostOf = Callable[[str, date, UsageSums], int | None]
"""What these tokens of a model cost on a day by our prices, in pico-dollars; None where nobody can tell."""


@dataclass(frozen=True, slots=True)
class Own:
    """What the ledger has of one day and model. `doubtful`: how much of it is estimated or at a ceiling."""

    sums: UsageSums = UsageSums()
    doubtful_pico_usd: int = 0
    uncertain: tuple[UncertainCall, ...] = ()

    def __add__(self, other: Own) -> Own:
        return Own(
            self.sums + other.sums,
            self.doubtful_pico_usd + other.doubtful_pico_usd,
            self.uncertain + other.uncertain,
        )


Place = tuple[date, str]
"""A day and a model; the model is "" where the platform told its costs by day alone."""


@dataclass(frozen=True, slots=True)
class KeysOfAccount:
    """The platform's ids of keys: `own` end like one that the ledger has calls with, `foreign` do not."""

    own: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DifferenceCause:
    """A part of a difference."""

    kind: CauseKind
    amount: Money


@dataclass(frozen=True, slots=True)
class DayModel:
    """One day and model, in the ledger and at the platform (all keys).

    `tool` marks a line of the platform that is no model's. `settlings` would resolve the uncertain calls.
    """

    day: date
    model: str
    own: Own
    theirs: UsageSums
    causes: tuple[DifferenceCause, ...] = ()
    settlings: tuple[Settling, ...] = ()
    is_tool: bool = False

    @property
    def difference(self) -> Money:
        """What the platform has more than the ledger."""
        return Money(self.theirs.pico_usd - self.own.sums.pico_usd)

    @property
    def is_explained(self) -> bool:
        return not any(cause.kind in {"unexplained", "not_told"} for cause in self.causes)


@dataclass
class _Told:
    """The platform's figures of one day and model: those of keys that the ledger may know, and of others."""

    own: UsageSums = field(default_factory=UsageSums)
    foreign: UsageSums = field(default_factory=UsageSums)
    has_usage: bool = False
    tells_tokens: bool = True
    is_tool: bool = False


def reconcile(
    own: Mapping[Place, Own],
    figures: Iterable[Figure],
    keys: KeysOfAccount,
    final: Mapping[date, frozenset[Dataset]],
    cost_of: CostOf,
) -> list[DayModel]:
    """Every day of `final` (the datasets that are complete, of each day whose costs are known), by model."""
    figures = [figure for figure in figures if figure.day in final]
    told = _told(figures, keys.foreign)
    whole_days = {day for day, model in told if not model}
    ours: dict[Place, Own] = defaultdict(Own)
    for (day, model), one in own.items():
        if day in final:
            ours[day, "" if day in whole_days else model] += one
    places = sorted({*told, *ours})
    ours_seen = {one.day for one in figures if one.key_id in keys.own and (one.pico_usd or one.calls)}
    ours_seen |= {place[0] for place, found in told.items() if _is_matched(ours.get(place, Own()), found)}
    fees: dict[date, int] = defaultdict(int)
    for (day, _), found in told.items():
        fees[day] += found.own.pico_usd if found.is_tool else 0
    rows = []
    for place in places:
        row = _row(
            place,
            ours.get(place, Own()),
            told.get(place, _Told()),
            final[place[0]],
            fees=fees,
            cost_of=cost_of,
            is_ours=place[0] in ours_seen,
        )
        rows.append(row)
    return rows


def _is_matched(own: Own, told: _Told) -> bool:
    """Whether calls settled here are surely these: as many, with the same tokens."""
    same = (own.sums.calls, own.sums.tokens) == (told.own.calls, told.own.tokens)
    return same and own.sums.calls > 0 and told.tells_tokens


def _told(figures: Sequence[Figure], foreign_keys: frozenset[str]) -> dict[Place, _Told]:
    whole_days = {one.day for one in figures if one.dataset == "costs" and not one.item}
    told: dict[Place, _Told] = defaultdict(_Told)
    for figure in figures:
        model = figure.model
        place = figure.day, "" if figure.day in whole_days else figure.item if model is None else model
        found = told[place]
        sums = UsageSums(
            figure.calls,
            figure.pico_usd,
            figure.input_tokens,
            figure.cached_tokens,
            figure.cache_write_tokens,
            figure.output_tokens,
        )
        if figure.key_id in foreign_keys:
            found.foreign += sums
        else:
            found.own += sums
        found.is_tool = model is None and figure.day not in whole_days
        if figure.dataset != "costs":
            found.has_usage = True
            found.tells_tokens &= figure.dataset != "images"
    return told


def _row(
    place: Place,
    own: Own,
    told: _Told,
    final: frozenset[Dataset],
    *,
    fees: dict[date, int],
    cost_of: CostOf,
    is_ours: bool,
) -> DayModel:
    """`fees` is what is left of each day's tool fees, to be found again in the models' own rows. `is_ours`:
    whether the day's figures surely cover this ledger's account, so that what they lack was not billed.
    """
    causes: list[DifferenceCause] = []
    settlings: tuple[Settling, ...] = ()
    day, model = place

    def because(kind: CauseKind, pico_usd: int) -> None:
        if pico_usd:
            causes.append(DifferenceCause(kind, Money(pico_usd)))

    because("elsewhere", told.foreign.pico_usd)
    rest = told.own.pico_usd - own.sums.pico_usd
    if "costs" not in final:
        because("delay", rest)
    elif told.is_tool:
        because("tool_fee", rest)
    else:
        if rest < 0 < fees[day]:
            fee = min(-rest, fees[day])
            fees[day] -= fee
            because("tool_fee", -fee)
            rest += fee
        has_usage = "completions" in final and (told.has_usage or not told.own.pico_usd)
        more_calls = told.own.calls - own.sums.calls if has_usage else None
        more = told.own - own.sums
        expected = cost_of(model, day, more) if told.tells_tokens else rest
        if not own.doubtful_pico_usd:
            settlings = settlings_of(
                own.uncertain, rest, more_calls, expected, tells_tokens=told.tells_tokens, is_ours=is_ours
            )
        if len(settlings) == 1 and settlings[0].cost and told.tells_tokens:
            settlings = (replace(settlings[0], usage=more.usage),)
        if settlings:
            because("resolved", rest)
        else:
            because(_kind_of(own, told, rest, more_calls), rest)
    return DayModel(day, model, own, told.own + told.foreign, tuple(causes), settlings, told.is_tool)


def _kind_of(own: Own, told: _Told, rest: int, more_calls: int | None) -> CauseKind:
    if own.doubtful_pico_usd:
        return "estimates"
    if more_calls is None:
        return "unexplained"
    if 0 < more_calls <= len(own.uncertain):
        return "unexplained"  # they, at another price, or others: their tokens do not cost the rest
    if more_calls > 0:
        return "elsewhere" if rest > 0 else "unexplained"
    if more_calls < 0:
        return "not_told"
    same = own.sums.tokens == told.own.tokens
    return "price" if same or not told.tells_tokens else "unexplained"
