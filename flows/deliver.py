"""The Prefect flow `deliver`: send what is due in the outbox."""

from __future__ import annotations

import os
from pathlib import Path

from prefect import flow

from flows.check import load_both
from flows.session import current_session, open_session
from flows.stages import deliver_due, tell_ops
from flows.states import ended, skipped, stop_quietly
from flows.summary import PassSummary
from sources.errors import WarehouseBusy


@flow(name="deliver", validate_parameters=False, persist_result=False)
async def deliver(config_file: str, wait: float = 600.0) -> PassSummary:
    """Send every due message, in the session of the flow around it when there is one, else in its own."""
    session = current_session.get(None)
    if session is None:
        stop_quietly()
        config, entities = load_both(Path(config_file), os.environ)
        try:
            async with open_session(config, entities, kind="deliver", via="prefect", wait=wait) as session:
                await deliver_due(session)
                await tell_ops(session)
        except WarehouseBusy as busy:
            return skipped(str(busy))  # whoever holds it delivers too, or the next one does
    else:
        await deliver_due(session)
    return ended(session.summary, session.summary.delivered.errors)
