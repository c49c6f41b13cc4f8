"""Progress as a short code that can be written down: what was done once, how it is known, and a day.

The code has check digits against typing errors; it is no proof against a learner who makes one up. It holds
neither a key nor a name, and it does not say which key is valid now: that is shown again where it is taken.
Where something was shown with another version of its lesson than the first, the code is longer and says so.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from ppkit.errors import PpkitError
from ppkit.mode import Mode
from ppkit.onboarding.check_versions import FIRST
from ppkit.onboarding.evidence import Evidence, Fact
from ppkit.onboarding.progress import Facts, facts_of

# Two bits of a code belong to each, in this order (with versions, four): more may be added at the end, none
# moved or taken away.
CODED = (
    "account.signed_up",
    "account.separate_from_chatgpt",
    "credit.payment_method",
    "credit.bought",
    "credit.auto_recharge_chosen",
    "key.created",
    "key.pasted",
    "key.recognised",
    "key.pays",
    "link.linked",
    "link.used",
    "create.image",
    "costs.limit_set",
    "costs.stopped",
    "costs.went_on",
    "replacement.created",
    "replacement.swapped",
    "replacement.proved",
    "replacement.revoked",
    "replacement.dead",
    "exercise.cards",
    "drill.chatgpt_only",
    "drill.hold_only",
    "drill.late_credit",
    "drill.damaged_paste",
    "drill.revoked_key",
    "drill.read_only_key",
    "drill.other_project",
    "drill.not_verified",
    "drill.limit_reached",
    "drill.expired_credit",
    "python.called",
    "python.table",
    "python.stopped",
    "credit.company_data",
    "credit.platform_alert",
    "credit.platform_limit",
    "link.in_postpickr",
    "link.used_by_postpickr",
)
FIRST_DAY = date(2026, 1, 1)
LAST_DAY = FIRST_DAY + timedelta(days=2**15 - 1)
PLAIN, WITH_VERSIONS = 1, 2  # the two forms of a code
_BITS = {PLAIN: 2, WITH_VERSIONS: 4}
LATEST_CODED = 4  # a later version of a lesson is coded as this one
_GROUP = 4
_FEWEST_BYTES = 5  # sixteen letters in all
_BLOCK_BYTES = 5  # eight letters of base 32, without padding


class NotAProgressCode(PpkitError):
    """The text is no code, or a letter of it is wrong; it is not quoted, it may be a key. Facts: reason.

    The reason is "form", "check_digits", "version" or "mode".
    """

    code = "not_a_progress_code"


def code_of(facts: Facts, mode: Mode, day: date) -> str:
    """What these facts show was done once, in groups of four letters and digits: "AEAA-S4Q7-…"."""
    shown = [facts.once(check) for check in CODED]
    form = WITH_VERSIONS if any(fact and fact.version != FIRST for fact in shown) else PLAIN
    parts = 0
    for place, fact in enumerate(shown):
        if fact:
            version = min(fact.version, LATEST_CODED) - FIRST
            parts |= (version << 2 | fact.evidence) << (_BITS[form] * place)
    head = bytes([form << 1 | (mode == "live")]) + _days(day).to_bytes(2, "big")
    # What stands late in the list makes a code longer only once it is done.
    size = max(-(-parts.bit_length() // 8), _FEWEST_BYTES)
    size += -(len(head) + size + 2) % _BLOCK_BYTES
    told = head + parts.to_bytes(size, "little")
    text = base64.b32encode(told + _check_digits(told)).decode()
    return "-".join(text[place : place + _GROUP] for place in range(0, len(text), _GROUP))


def mode_of(code: str) -> Mode:
    """The mode in which it was done. Raises NotAProgressCode."""
    return "live" if _read(code)[0] & 1 else "practice"


def facts_in(code: str, mode: Mode) -> Facts:
    """What a code says was done once, in the mode that is asked for. Raises NotAProgressCode."""
    told = _read(code)
    form = told[0] >> 1
    if form not in _BITS:
        raise NotAProgressCode(reason="version")
    if bool(told[0] & 1) != (mode == "live"):
        raise NotAProgressCode(reason="mode")
    day = FIRST_DAY + timedelta(days=int.from_bytes(told[1:3], "big"))
    at = datetime.combine(min(day, LAST_DAY), time(), UTC)
    parts = int.from_bytes(told[3:], "little")
    return facts_of(_facts(parts, _BITS[form], at))


def _facts(parts: int, bits: int, at: datetime) -> Iterable[Fact]:
    """What a newer ppkit has coded beyond our own checks is left out."""
    for place, check in enumerate(CODED):
        part = parts >> (bits * place) & ((1 << bits) - 1)
        known = Evidence(part & 0b11)
        if known is not Evidence.TODO:
            yield Fact(check, known, at, version=(part >> 2) + FIRST)


def _read(code: str) -> bytes:
    """The code's bytes without their check digits; spaces, hyphens and small letters do not matter."""
    text = "".join(code.split()).replace("-", "").upper().replace("8", "B")
    try:
        # In handwriting, 0 and 1 are taken for letters; base 32 has neither.
        read = base64.b32decode(text, map01="I")
    except (binascii.Error, ValueError):
        raise NotAProgressCode(reason="form") from None
    told, digits = read[:-2], read[-2:]
    if len(told) < 3:
        raise NotAProgressCode(reason="form")
    if digits != _check_digits(told):
        raise NotAProgressCode(reason="check_digits")
    return told


def _check_digits(told: bytes) -> bytes:
    return binascii.crc_hqx(told, 0xFFFF).to_bytes(2, "big")


def _days(day: date) -> int:
    """Days since 2026 began; a clock that is far off is taken for the nearest day that a code can hold."""
    return (min(max(day, FIRST_DAY), LAST_DAY) - FIRST_DAY).days
