"""The fault world: a month in the life of a monitor, in a minute or two, with everything that can go wrong.

A seed makes the plan (plan.py): what twelve outlets publish, edit, copy and withdraw, and what befalls them, the chat
services, the disk, the clock and the machine. `Month` plays it: the outlets and services are the replica's, on
loopback, in this process; the monitor is another process (machine.py), whose clock is ours, so that it can be killed
at any moment. What must come of it is reckoned from the plan and from what the chat services received (ledger.py),
never from what the monitor says of itself.

    with Month(folder, Plan.of(seed)) as month:
        month.play()
    assert month.complaints() == []
"""

from faultworld.month import Month
from faultworld.plan import Plan

__all__ = ["Month", "Plan"]
