"""What happens to a call's bill: it is taken from the credit, and its tokens count against the rates."""

from __future__ import annotations

from ppkit.practice.api.call import Call
from ppkit.practice.rows import Bill


def settle(call: Call, bill: Bill) -> None:
    """Record the bill and count it; inside another transaction it becomes part of that one."""
    platform = call.state.platform
    platform.usage.bill(call.caller, call.user_id, bill)
    call.state.rates.count(
        call.project_id,
        call.model,
        platform.clock.timestamp(),
        tokens=bill.input_tokens + bill.output_tokens,
        images=bill.images,
    )
