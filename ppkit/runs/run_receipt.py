"""What a run has spent, by model, and what its limits leave: facts, for every way of showing them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ppkit.mode import Mode
from ppkit.money import Money
from ppkit.runs.runs_in_force import RunInForce
from ppkit.sessions import Session
from ppkit.spending.ledger.limit_status import LimitStatus
from ppkit.spending.ledger.report import ReportRow
from ppkit.spending.ledger.scopes import ALL, is_key_scope, key_scope, parts_of, tag_scope
from ppkit.spending.limit_facts import limit_facts


@dataclass(frozen=True, slots=True)
class ModelSpending:
    """What one model has cost; `uncertain` and `reserved` are not in `cost`, `estimated` is a part of it."""

    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost: Money
    uncertain: Money
    reserved: Money
    estimated: Money


@dataclass(frozen=True, slots=True)
class RunReceipt:
    """The `tag` of its calls has the value `run`. `stopped`: how many calls a hard limit has stopped before
    they were sent.
    """

    program: str
    tag: str
    run: str
    mode: Mode
    models: tuple[ModelSpending, ...]
    limits: tuple[LimitStatus, ...]
    stopped: int

    def sum_of(self, amount: str) -> Money:
        """Of all models: "cost", "uncertain", "reserved" or "estimated"."""
        return Money(sum(getattr(model, amount).pico_usd for model in self.models))

    def count_of(self, figure: str) -> int:
        """Of all models: "calls", "input_tokens" or "output_tokens"."""
        return sum(getattr(model, figure) for model in self.models)

    def as_json(self) -> dict[str, object]:
        """The same as plain data, amounts in whole pico-dollars."""
        return {
            "program": self.program,
            "run": self.run,
            "tag": self.tag,
            "mode": self.mode,
            **{name: self.count_of(name) for name in ("calls", "input_tokens", "output_tokens")},
            **{f"{name}_pico_usd": self.sum_of(name).pico_usd for name in AMOUNTS},
            "stopped": self.stopped,
            "models": [_model_document(model) for model in self.models],
            "limits": [limit_facts(limit) for limit in self.limits],
        }


AMOUNTS = ("cost", "uncertain", "reserved", "estimated")


def receipt_of(
    session: Session, program: str, run: RunInForce, tags: Mapping[str, str], *, since: date, stopped: int
) -> RunReceipt:
    """The receipt of the calls with this run's tag, as the ledger has them now. `tags` are all that they
    have, those of other runs too.
    """
    where = {f"tag:{run.tag}": run.name}
    by_model = session.ledger.report(by="model", since=since, where=where)
    keys = session.ledger.report(by="key", since=since, where=where)
    shown_keys = {parts_of(str(row["key"]))[0].partition("#")[0] for row in keys}
    return RunReceipt(
        program,
        run.tag,
        run.name,
        session.mode,
        tuple(_model(row) for row in by_model),
        _limits_of(session, {**_without(tags, run.tag), run.tag: run.name}, shown_keys),
        stopped,
    )


def _without(tags: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in tags.items() if key != name}


def _limits_of(session: Session, tags: Mapping[str, str], keys: set[str]) -> tuple[LimitStatus, ...]:
    """Every limit that these calls count against: the run's own first, then those of tags, keys and all."""
    watched = [tag_scope(name, value) for name, value in reversed(list(tags.items()))]
    watched += [key_scope(key) for key in sorted(keys)]

    def place(limit: LimitStatus) -> int:
        scope = limit.scope.partition("#")[0] if is_key_scope(limit.scope) else limit.scope
        return watched.index(scope) if scope in watched else len(watched) + (scope != ALL)

    found = sorted(session.budget.status(), key=place)
    return tuple(limit for limit in found if place(limit) <= len(watched))


def _model(row: ReportRow) -> ModelSpending:
    def figure(name: str) -> int:
        return int(row[name] or 0)

    return ModelSpending(
        str(row["model"]),
        figure("calls"),
        figure("input_tokens"),
        figure("output_tokens"),
        Money(figure("cost_pico_usd")),
        Money(figure("uncertain_pico_usd")),
        Money(figure("reserved_pico_usd")),
        Money(figure("estimated_pico_usd") + figure("ceiling_pico_usd")),
    )


def _model_document(model: ModelSpending) -> dict[str, object]:
    figures = {name: getattr(model, name) for name in ("model", "calls", "input_tokens", "output_tokens")}
    return figures | {f"{name}_pico_usd": getattr(model, name).pico_usd for name in AMOUNTS}
