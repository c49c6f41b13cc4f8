"""The ledger: reserve before a call leaves, settle after, never pass the hard limit."""

from ppkit.spending.ledger.books import Ledger, open_ledger
from ppkit.spending.ledger.errors import (
    AlreadyEnded,
    AmountTooLarge,
    Blocked,
    Busy,
    DuplicateCall,
    InvalidLimit,
    InvalidTag,
    LedgerError,
    LedgerFolderMissing,
    LedgerFull,
    LedgerLocked,
    LedgerNotWritable,
    LedgerTooNew,
    LedgerUnreadable,
    LedgerUnsupported,
    Refused,
    UnknownCall,
    UnknownGrouping,
)
from ppkit.spending.ledger.outbox import Alert
from ppkit.spending.ledger.reports import Report, ReportRow
from ppkit.spending.ledger.scopes import ALL, key_scope, tag_scope
from ppkit.spending.ledger.values import Call, Entry, Limits, Mark, Reservation, Totals

__all__ = [
    "ALL",
    "Alert",
    "AlreadyEnded",
    "AmountTooLarge",
    "Blocked",
    "Busy",
    "Call",
    "DuplicateCall",
    "Entry",
    "InvalidLimit",
    "InvalidTag",
    "Ledger",
    "LedgerError",
    "LedgerFolderMissing",
    "LedgerFull",
    "LedgerLocked",
    "LedgerNotWritable",
    "LedgerTooNew",
    "LedgerUnreadable",
    "LedgerUnsupported",
    "Limits",
    "Mark",
    "Refused",
    "Report",
    "ReportRow",
    "Reservation",
    "Totals",
    "UnknownCall",
    "UnknownGrouping",
    "key_scope",
    "open_ledger",
    "tag_scope",
]
