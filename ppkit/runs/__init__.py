"""Runs: any program, or a cell of a notebook, metered without being changed, with limits of its own."""

from ppkit.runs.metered_run import MeteredRun, RunTerms, tags_in
from ppkit.runs.program import NoSuchProgram, Program
from ppkit.runs.receipt_text import receipt_text
from ppkit.runs.run_receipt import ModelSpending, RunReceipt

__all__ = [
    "MeteredRun",
    "ModelSpending",
    "NoSuchProgram",
    "Program",
    "RunReceipt",
    "RunTerms",
    "receipt_text",
    "tags_in",
]
