"""Asking Prefect for runs: the next one at the moment at which there is something to do, and none for those missed.

A deployment has at most one such run ahead, so that nothing piles up while nobody runs anything; its schedule is a net
for the case that a run was killed before it could ask. What there is to do stands in the warehouse, never in Prefect.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import ObjectNotFound
from prefect.runtime import deployment as own_deployment
from prefect.runtime import flow_run
from prefect.states import Scheduled

from flows.session import utc_now

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

ASKED = "asked"  # tag of runs that no schedule made
TRY_AGAIN = timedelta(minutes=2)  # after a run that failed, or waited for the warehouse in vain
_PAGE = 200
_log = logging.getLogger(__name__)


async def ask_for(name: str, at: datetime | None) -> None:
    """Ask for a run of the deployment `name` of the flow of that name, in place of one that was asked for before.

    Where nobody serves, or Prefect does not take the order, the next scheduled run does the work.
    """
    if at is None:
        return
    try:
        async with get_client() as client:
            asked = await client.read_deployment_by_name(f"{name}/{name}")
            for run in await _waiting(client, asked.id):
                if ASKED in run.tags:
                    await client.delete_flow_run(run.id)
            await client.create_flow_run_from_deployment(asked.id, state=Scheduled(scheduled_time=at), tags=[ASKED])
    except ObjectNotFound:
        return
    except Exception as error:  # noqa: BLE001 - what was done is done
        _log.warning("no run of %s could be asked for: %s", name, type(error).__name__)


async def take_late_runs() -> int:
    """Inside a run of a deployment: do the work of all others of it that are late. Returns how many they were.

    A machine that slept for two days has as many runs to make up for as its schedule had; they would all find nothing
    to do, each with a process of its own.
    """
    own = own_deployment.id
    if own is None:
        return 0
    try:
        async with get_client() as client:
            return await drop_late_runs(client, UUID(str(own)))
    except Exception as error:  # noqa: BLE001 - they find nothing to do
        _log.warning("late runs could not be taken back: %s", type(error).__name__)
        return 0


async def drop_late_runs(client: PrefectClient, deployment_id: UUID) -> int:
    """Delete what a schedule or a run wanted to run before this moment; how many such runs there were.

    A run that a person asked for stays: it may be for something else. (To mark them as cancelled costs the server
    several times as much.)
    """
    dropped, late = 0, FlowRunFilterExpectedStartTime.model_validate({"before_": utc_now()})
    while found := [
        run for run in await _waiting(client, deployment_id, late) if run.auto_scheduled or ASKED in run.tags
    ]:
        for run in found:
            await client.delete_flow_run(run.id)
        dropped += len(found)
    return dropped


async def name_run(done: str, late: int = 0) -> None:
    """Give the run that is under way a name that says what it did, and for how many other `late` ones.

    Prefect may not take it, which is no harm.
    """
    own = flow_run.id
    if own is None:
        return
    try:
        async with get_client() as client:
            await client.update_flow_run(UUID(str(own)), name=done + (f", for {late} late runs too" if late else ""))
    except Exception as error:  # noqa: BLE001
        _log.warning("a run could not be named: %s", type(error).__name__)


async def is_asked_for(client: PrefectClient, deployment_id: UUID) -> bool:
    """Whether a run of the deployment waits or is under way that asks for the next one."""
    alive = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
    found = await client.read_flow_runs(flow_run_filter=_filter(deployment_id, alive), limit=1)
    return bool(found) or any(ASKED in run.tags for run in await _waiting(client, deployment_id))


async def _waiting(
    client: PrefectClient, deployment_id: UUID, when: FlowRunFilterExpectedStartTime | None = None
) -> list[FlowRun]:
    return await client.read_flow_runs(flow_run_filter=_filter(deployment_id, [StateType.SCHEDULED], when), limit=_PAGE)


def _filter(
    deployment_id: UUID, states: list[StateType], when: FlowRunFilterExpectedStartTime | None = None
) -> FlowRunFilter:
    return FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[deployment_id]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=states)),
        expected_start_time=when,
    )
