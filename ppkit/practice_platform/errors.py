"""What the practice platform refuses outside the wire: in the console, at start, in its control room."""

from __future__ import annotations

from collections.abc import Mapping

from ppkit.errors import PpkitError
from ppkit.practice_platform.secret_texts import holds_key, texts_in


class PracticeError(PpkitError):
    """Base of the practice platform's refusals."""

    code = "practice"


class PracticeDatabaseUnreadable(PracticeError):
    """The practice data is damaged or cannot be opened; it is left as it is. Facts: path, reason."""

    code = "practice_database_unreadable"


class PracticeDatabaseTooNew(PracticeError):
    """Written by a newer ppkit; left as it is. Facts: path, found, known."""

    code = "practice_database_too_new"


class PracticeNotStarted(PracticeError):
    """The practice process did not come up. Facts: log (the path of its log file)."""

    code = "practice_not_started"


class PracticeHostRefused(PracticeError):
    """The class's practice host is not reached, or does not know this learner. Facts: host, reason."""

    code = "practice_host_refused"


class NotSignedUp(PracticeError):
    """There is no practice account yet."""

    code = "practice_not_signed_up"


class AlreadySignedUp(PracticeError):
    """There is a practice account already. Facts: email."""

    code = "practice_already_signed_up"


class InvalidField(PracticeError):
    """Something typed in cannot be taken. Facts: field, reason (a short code)."""

    code = "practice_invalid_field"


class KeyTypedIn(InvalidField):
    """A secret key stands in a field that takes none; it is not kept. Facts: field, reason."""

    code = "practice_key_typed_in"

    def __init__(self, field: str) -> None:
        super().__init__(field=field, reason="key")


class RealCardRefused(PracticeError):
    """Not one of the published test cards. The number is neither kept nor repeated."""

    code = "practice_real_card_refused"


class CardDeclined(PracticeError):
    """A test card that declines.

    Facts: reason (card_declined | insufficient_funds | needs_confirmation | wrong_codes).
    """

    code = "practice_card_declined"


class DocumentSpent(PracticeError):
    """An identity document that was shown less than 90 days ago. Facts: document, until (a moment)."""

    code = "practice_document_spent"


class NoPaymentMethod(PracticeError):
    """Credits cannot be bought before a payment method is there."""

    code = "practice_no_payment_method"


class InvalidAmount(PracticeError):
    """An amount outside what can be bought or set. Facts: smallest, largest (Money)."""

    code = "practice_invalid_amount"


class UnknownPracticeThing(PracticeError):
    """No such key, project, mail, fault or card. Facts: what, id."""

    code = "practice_unknown"


class TooMany(PracticeError):
    """More of something than one practice account may have. Facts: what, most."""

    code = "practice_too_many"


class InvalidStep(PracticeError):
    """The practice clock only moves forward, by less than a century in all. Facts: none."""

    code = "practice_invalid_step"


class PracticeAlreadyRunning(PracticeError):
    """Another practice process serves this data folder. Facts: home."""

    code = "practice_already_running"


class PracticePortTaken(PracticeError):
    """Something else listens on the port asked for. Facts: port."""

    code = "practice_port_taken"


def refuse_keys(fields: Mapping[str, object]) -> None:
    """The one gate for what is typed into a form, sent to the control room or to the administration's API.

    Raises KeyTypedIn for the first field in which a key stands, before anything is done with any of them.
    """
    for name, value in fields.items():
        if any(map(holds_key, texts_in([name, value]))):
            raise KeyTypedIn(name)
