"""The receipt of a run as text: a table by model, and a line for each limit."""

from __future__ import annotations

from ppkit.look import formats
from ppkit.look.text_table import table
from ppkit.look.texts import Texts
from ppkit.runs.run_receipt import RunReceipt
from ppkit.spending.ledger.limit_status import LimitStatus
from ppkit.spending.ledger.scopes import tag_scope
from ppkit.spending.limit_texts import alerts_text, scope_text


def receipt_text(receipt: RunReceipt, texts: Texts) -> str:
    """Several lines, in the language of the texts; amounts as people read them."""
    lines = [heading(receipt, texts)]
    if receipt.count_of("calls") or receipt.models:
        lines.append(_models(receipt, texts))
    lines += notes(receipt, texts)
    lines += [limit_line(limit, receipt, texts) for limit in receipt.limits]
    return "\n".join(lines)


def heading(receipt: RunReceipt, texts: Texts) -> str:
    """The program, the mode, and the sum in one sentence."""
    cost = formats.money(receipt.sum_of("cost"), texts.language)
    calls = texts.plural("runs.calls", receipt.count_of("calls"))
    mode = texts(f"runs.mode.{receipt.mode}")
    return texts("runs.heading", program=receipt.program, mode=mode, calls=calls, cost=cost)


def notes(receipt: RunReceipt, texts: Texts) -> list[str]:
    """What is not settled money, and what was stopped; nothing where there is nothing to say."""
    said = [
        texts(f"runs.{name}", amount=formats.money(amount, texts.language, rounding="up"))
        for name in ("uncertain", "reserved", "estimated")
        if (amount := receipt.sum_of(name))
    ]
    return said + ([texts.plural("runs.stopped", receipt.stopped)] if receipt.stopped else [])


def limit_line(limit: LimitStatus, receipt: RunReceipt, texts: Texts) -> str:
    """One limit: whose it is, for how long, what it leaves, which alerts are reached."""
    whose = whom_it_is_for(limit, receipt, texts)
    told = texts("runs.limit.none", scope=whose)
    if limit.hard is not None and limit.left is not None:
        # Exact, or a cent spent of ten dollars would be told as nothing spent.
        left = formats.money(limit.left, texts.language, places="exact")
        told = texts(
            "runs.limit.hard", scope=whose, hard=formats.money(limit.hard, texts.language), left=left
        )
    return " ".join([told, *alerts_text(limit, texts)])


def whom_it_is_for(limit: LimitStatus, receipt: RunReceipt, texts: Texts) -> str:
    """ "this run", "all calls, this month", "the key …WXYZ, today"."""
    if limit.scope == tag_scope(receipt.tag, receipt.run):
        return texts("runs.scope.run")
    return f"{scope_text(limit.scope, texts)}, {texts(f'spending.period.{limit.period}.why')}"


def _models(receipt: RunReceipt, texts: Texts) -> str:
    names = ("model", "calls", "input_tokens", "output_tokens", "cost")
    rows = [
        [
            model.model,
            *(formats.number(getattr(model, name), texts.language) for name in names[1:4]),
            formats.money(model.cost, texts.language),
        ]
        for model in receipt.models
    ]
    return table([texts(f"runs.column.{name}") for name in names], rows, numbers_from=1)
