"""The Prefect flow `deliver`: send what is due in the outbox."""

from __future__ import annotations

import os
from pathlib import Path

from prefect import flow

from flows.check import load_both
from flows.session import current_session, open_session
from flows.stages import deliver_due
from flows.summary import PassSummary


@flow(name="deliver", validate_parameters=False, persist_result=False)
async def deliver(config_file: str, wait: float = 600.0) -> PassSummary:
    """Send every due message, in the session of the flow around it when there is one, else in its own."""
    session = current_session.get(None)
    if session is None:
        config, entities = load_both(Path(config_file), os.environ)
        async with open_session(config, entities, kind="deliver", via="prefect", wait=wait) as session:
            deliver_due(session)
    else:
        deliver_due(session)
    return session.summary
