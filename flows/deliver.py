"""The Prefect flow `deliver`: send what is due in the outbox."""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from prefect.states import Scheduled

from flows.check import load_both
from flows.session import current_session, open_session
from flows.stages import deliver_due
from flows.states import ended, skipped, stopping_quietly
from flows.summary import PassSummary
from flows.telling import tell_ops
from sources.errors import WarehouseBusy

DELIVER = "deliver"  # the flow, and its deployment in `tanma serve`
_log = logging.getLogger(__name__)


@flow(name=DELIVER, validate_parameters=False, persist_result=False)
async def deliver(config_file: str, wait: float = 600.0) -> PassSummary:
    """Send every due message, in the session of the flow around it when there is one, else in its own."""
    session = current_session.get(None)
    if session is None:
        config, entities = load_both(Path(config_file), os.environ)
        try:
            with stopping_quietly():
                async with open_session(config, entities, kind="deliver", via="prefect", wait=wait) as session:
                    await deliver_due(session)
                    await tell_ops(session)
        except WarehouseBusy as busy:
            return skipped(str(busy))  # whoever holds it delivers too, or the next one does
        await deliver_again(session.delivery.next_room)
    else:
        await deliver_due(session)
    return ended(session.summary, session.summary.delivered.errors)


async def deliver_again(at: datetime | None) -> None:
    """Ask `tanma serve` for a delivery at the moment at which a robot takes more of what waits for it, if any.

    Without holding the warehouse meanwhile. Where nobody serves, or Prefect does not take the order, the next run
    delivers.
    """
    if at is None:
        return
    async with get_client() as client:
        try:
            deployment = await client.read_deployment_by_name(f"{DELIVER}/{DELIVER}")
            # Two runs that leave the same thing waiting ask for one delivery.
            await client.create_flow_run_from_deployment(
                deployment.id, state=Scheduled(scheduled_time=at), idempotency_key=f"room {at.isoformat()}"
            )
        except ObjectNotFound:
            return
        except Exception as error:  # noqa: BLE001 - what was delivered is delivered
            _log.warning("no delivery could be asked for when there is room again: %s", type(error).__name__)
