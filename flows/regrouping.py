"""What a run does first after an upgrade: group what is stored as loading does today (warehouse/regroup.py), and tell
how far it is. No Prefect here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flows.progress import Progress
from warehouse.regroup import regroup, ungrouped
from warehouse.store import Warehouse

_BAR = "group anew"


def regrouping(wh: Warehouse, progress: Progress, now: datetime) -> Iterator[None]:
    """Group what is still to be, in slices; yields after each, so that whoever runs it can be stopped in between: the
    next run goes on from there. Where nothing is to be done, nothing is said. Raises WarehouseError."""
    total, done = ungrouped(wh.con), 0
    if total:
        progress.say(f"{total:,} stored texts are compared and grouped anew after the upgrade; this is done once")
        progress.begin(_BAR, total)
    for steps in regroup(wh, now):
        done += steps
        progress.advance(_BAR, steps)
        yield
    if total:
        progress.finish(_BAR, f"{done:,} texts")
