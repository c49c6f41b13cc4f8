"""What happens to a call's money: held when the call is let in, taken from the credit when it is done."""

from __future__ import annotations

from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.rows import Bill


def settle(call: ApiCall, bill: Bill) -> None:
    """Record the bill and count it; inside another transaction it becomes part of that one."""
    platform = call.state.platform
    platform.usage.bill(call.caller, call.user_id, bill)
    count(call, bill)
    release(call)


def count(call: ApiCall, bill: Bill) -> None:
    """Its tokens and pictures count against the rates."""
    call.state.rates.count(
        call.project_id,
        call.model,
        call.state.platform.clock.timestamp(),
        tokens=bill.input_tokens + bill.output_tokens,
        images=bill.images,
    )


def release(call: ApiCall) -> None:
    """Hold nothing more for this call."""
    call.state.platform.holds.release(call.id)
