"""What the ledger refuses, and what can be wrong with its file. Sentences: `look/locale/*/errors.po`."""

from __future__ import annotations

from datetime import datetime

from ppkit.errors import PpkitError
from ppkit.money import ZERO, Money
from ppkit.spending.ledger.limit_periods import LimitPeriod


class ReservationRefused(PpkitError):
    """A reservation that one hard limit does not let through; nothing was written.

    Facts: scope, limit, spent, uncertain, reserved, asked (Money), period ("month", "day" or "total": what
    the limit is for), resets_at (the first moment of the next month or day, UTC; None for a total, which
    opens only when its limit is raised). Of several limits in the way it is the one that opens last. What is
    uncertain is not in `spent`; the limit heeds both.
    """

    def __init__(
        self,
        scope: str,
        *,
        limit: Money,
        spent: Money,
        reserved: Money,
        asked: Money,
        resets_at: datetime | None,
        uncertain: Money = ZERO,
        period: LimitPeriod = "month",
    ) -> None:
        super().__init__(
            scope=scope,
            limit=limit,
            spent=spent,
            uncertain=uncertain,
            reserved=reserved,
            asked=asked,
            period=period,
            resets_at=resets_at,
        )
        self.scope = scope
        self.limit = limit
        self.spent = spent
        self.uncertain = uncertain
        self.reserved = reserved
        self.asked = asked
        self.period = period
        self.resets_at = resets_at


class Blocked(ReservationRefused):
    """Money spent, or uncertain, is in the way: waiting helps only when the limit's period is over."""

    code = "hard_limit_reached"


class Busy(ReservationRefused):
    """Only other calls' reservations are in the way: they may leave room once they are settled."""

    code = "hard_limit_busy"


class DuplicateCall(PpkitError):
    """This call id has reserved before; an id serves one call. Facts: call_id."""

    code = "duplicate_call"


class UnknownCall(PpkitError):
    """No reservation was ever written under this call id. Facts: call_id."""

    code = "unknown_call"


class AlreadyEnded(PpkitError):
    """The reservation was settled, released or expired before. Facts: call_id, kind."""

    code = "reservation_already_ended"


class CostNotAnAmount(PpkitError):
    """What a call is said to have cost is no dollar amount, or below zero. No facts: it may be a secret."""

    code = "cost_not_an_amount"


class CallUnderWay(PpkitError):
    """The call has not ended, so there is nothing to correct yet. Facts: call_id."""

    code = "call_under_way"


class AmountTooLarge(PpkitError):
    """An amount, or a sum it would lead to, that does not fit the ledger's 64 bits."""

    code = "amount_too_large"


class InvalidLimit(PpkitError):
    """Base of limits nobody could mean; nothing was changed."""

    code = "invalid_limit"


class LimitNotAnAmount(InvalidLimit):
    """Not a whole or decimal number of dollars. Facts: value."""

    code = "limit_not_an_amount"


class LimitNegative(InvalidLimit):
    """A limit below zero. Facts: limit (Money)."""

    code = "limit_negative"


class LimitTooLarge(InvalidLimit):
    """A limit beyond what the ledger can count. Facts: limit, largest (Money)."""

    code = "limit_too_large"


class SoftAboveHard(InvalidLimit):
    """A notice that could never come, because calls stop before. Facts: soft, hard (Money)."""

    code = "limit_soft_above_hard"


class PercentWithoutLimit(InvalidLimit):
    """A threshold in percent of a spend limit that there is none of. Facts: value."""

    code = "limit_percent_of_nothing"


class LimitWithoutReason(InvalidLimit):
    """A spend limit is raised or removed only by who says why. Facts: before (Money), now (Money or None)."""

    code = "limit_without_reason"


class NotAStart(InvalidLimit):
    """A total cannot begin then: no moment, one to come, or of a limit that has no start. Facts: value."""

    code = "limit_not_a_start"


class UnknownKeyName(PpkitError):
    """A text that is no key as ppkit shows it, nor a name the ledger uses. No facts: it may be a secret."""

    code = "unknown_key_name"


class InvalidTag(PpkitError):
    """A tag name or value the ledger cannot keep apart from others. Facts: name, value."""

    code = "invalid_tag"


class UnknownGrouping(PpkitError):
    """A report was asked by something it does not know. Facts: name."""

    code = "unknown_grouping"


class NotADay(PpkitError):
    """A report was asked from or to something that is no day. Facts: value."""

    code = "not_a_day"


class LedgerError(PpkitError):
    """Base of what can be wrong with the ledger itself. Facts: path."""

    code = "ledger"

    def __init__(self, path: str, **facts: object) -> None:
        super().__init__(path=path, **facts)
        self.path = path


class LedgerUnreadable(LedgerError):
    """The system fails to read or write the file. It is left as it is. Facts: path."""

    code = "ledger_unreadable"


class LedgerDamaged(LedgerUnreadable):
    """The database is damaged. It is left as it is. Facts: path."""

    code = "ledger_damaged"


class NotALedger(LedgerUnreadable):
    """The file is no database, or somebody else's. It is left as it is. Facts: path."""

    code = "not_a_ledger"


class LedgerTooNew(LedgerError):
    """A later ppkit wrote this file. It is left as it is. Facts: path, found, known (schema versions)."""

    code = "ledger_too_new"

    def __init__(self, path: str, found: int, known: int) -> None:
        super().__init__(path, found=found, known=known)
        self.found = found
        self.known = known


class LedgerFull(LedgerError):
    """The disk has no room for one more entry; the one asked for was not written. Facts: path."""

    code = "ledger_full"


class LedgerFolderMissing(LedgerError):
    """The folder the ledger should live in does not exist. Facts: path, folder."""

    code = "ledger_folder_missing"


class LedgerNotWritable(LedgerError):
    """The ledger, or the folder it lives in, may not be read or written by this user. Facts: path."""

    code = "ledger_not_writable"


class LedgerOfOtherMode(PpkitError):
    """Practice and live never share a ledger; this one is the other mode's. Facts: path, found, mode."""

    code = "ledger_of_other_mode"


class LedgerLocked(LedgerError):
    """Another program has kept the ledger locked for longer than we wait. Facts: path."""

    code = "ledger_locked"


class LedgerUnreachable(LedgerError):
    """The database does not answer, or the connection broke and could not be made again.

    A call that was to be reserved has not left. Facts: path (its address, without user and password).
    """

    code = "ledger_unreachable"


class OutcomeUnknown(LedgerUnreachable):
    """The connection broke during a commit and the database stays away: it may have happened."""


class LedgerAccessDenied(LedgerError):
    """The database does not let this user in, or not write. Facts: path (as above)."""

    code = "ledger_access_denied"


class LedgerDatabaseMissing(LedgerError):
    """The server has no database of this name. Facts: path (as above)."""

    code = "ledger_database_missing"


class LedgerTextRefused(LedgerError):
    """A text holds a character that this database cannot keep; nothing was written. Facts: path."""

    code = "ledger_text_refused"


class LedgerUnsupported(PpkitError):
    """A ledger URL of a kind ppkit cannot open. Facts: scheme (never the rest: it may hold a password)."""

    code = "ledger_unsupported"
