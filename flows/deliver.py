"""The Prefect flow `deliver`: send what is due in the outbox."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from prefect import flow

from flows.asking import TRY_AGAIN, ask_for, name_run, take_late_runs
from flows.check import load_both
from flows.session import Session, open_session, utc_now
from flows.stages import deliver_due
from flows.states import ended, skipped, stopping_quietly
from flows.summary import PassSummary
from flows.telling import tell_ops
from sources.errors import WarehouseBusy
from warehouse import outbox

DELIVER = "deliver"  # the flow, and its deployment
LONGEST = 3600  # seconds


@flow(name=DELIVER, validate_parameters=False, persist_result=False, timeout_seconds=LONGEST)
async def deliver(config_file: str, wait: float = 600.0) -> PassSummary:
    """Send every message that is due; then ask Prefect for the next run at the moment at which something falls due,
    without holding the warehouse meanwhile."""
    late = await take_late_runs()
    config, entities = load_both(Path(config_file), os.environ)
    try:
        with stopping_quietly():
            async with open_session(config, entities, kind="deliver", via="prefect", wait=wait) as session:
                await deliver_due(session)
                await tell_ops(session)
                again = next_delivery(session)
    except WarehouseBusy as busy:
        await ask_for(DELIVER, utc_now() + TRY_AGAIN)
        return skipped(str(busy))
    await ask_for(DELIVER, again)
    await name_run(session.summary.in_words(), late)
    return ended(session.summary, session.summary.delivered.errors)


def next_delivery(session: Session) -> datetime | None:
    """When something falls due that waits now: a digest, a second try, what a robot had no room for. None: nothing."""
    known = (session.delivery.next_room, outbox.next_due(session.wh.con, session.clock()))
    return min((at for at in known if at is not None), default=None)
