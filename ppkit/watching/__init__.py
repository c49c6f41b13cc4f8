"""What is spent, as it happens: a snapshot of the ledger, shown anew whenever the ledger has changed."""

from ppkit.watching.following import follow
from ppkit.watching.ledger_snapshot import LAST_CALLS, LedgerSnapshot, snapshot_of
from ppkit.watching.snapshot_text import call_line, snapshot_text

__all__ = ["LAST_CALLS", "LedgerSnapshot", "call_line", "follow", "snapshot_of", "snapshot_text"]
