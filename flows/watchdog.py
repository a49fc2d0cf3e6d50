"""While `tanma serve` runs: tell ops when its runs do not happen, whatever keeps them from it, and ask for one when none
is ahead.

A run that cannot begin, because a file was broken or the warehouse is held, cannot say so itself. Here is a process that
has the configuration it started with, and Prefect's word on how the runs ended. When Prefect does not answer, no run
ends, and that is told as well.
"""

from __future__ import annotations

import asyncio
import logging
import os
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from flows.channels.render import Language
from flows.config import OPS, Config, load_config
from flows.limits import Limits
from flows.ops import ops_notice
from flows.plan import COLLECT
from flows.session import utc_now
from sources.errors import ConfigError
from warehouse import incidents
from warehouse.incidents import GAP

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

_LOOK_EVERY = timedelta(minutes=1)  # or four times in the shortest interval, when that is more often
_START = timedelta(minutes=1)  # in which a run may begin, beside its interval
_log = logging.getLogger(__name__)


async def watch_over(config: Config, collect_id: UUID) -> None:
    """Until cancelled. `collect_id`: the deployment of which a run is always ahead."""
    since = utc_now()
    pause = min(_LOOK_EVERY, _usual(config) / 4) if config.sources else _LOOK_EVERY
    while True:
        await asyncio.sleep(pause.total_seconds())
        try:
            since = max(since, await _look(collect_id) or since)
        except Exception as error:  # noqa: BLE001 - whoever watches must not fall over what it watches
            _log.warning("Prefect does not say whether runs happen: %s", type(error).__name__)
        try:
            await tell_silence(config, since)
        except Exception as error:  # noqa: BLE001
            _log.warning("could not tell that runs do not happen: %s", type(error).__name__)


async def tell_silence(start: Config, since: datetime) -> bool:
    """Tell ops, once, when no collecting has ended for too long; whether it was told now. `since`: when one did.

    The files may be what keeps runs from happening: then the channel is that of `start`, the configuration as it was.
    """
    if not _is_long(start, since):
        incidents.forget_silence(start.warehouse)
        return False
    if incidents.silence_told(start.warehouse):
        return False
    try:
        config = load_config(start.file, os.environ)
    except ConfigError:
        config = start
    if OPS not in config.channels or not _is_long(config, since):
        return False
    from flows.channels.send import open_channels  # late: Apprise is slow to import

    url, usual = {OPS: config.channel_url(OPS)}, _usual(config)
    told = await ops_notice(
        open_channels(url, config.network.rewrite),
        _in_words(since, usual, config.language),
        config.language,
        limits=Limits(config.warehouse, url, utc_now),
    )
    if told:
        incidents.note_silence(config.warehouse, since, usual)
    return told


def _usual(config: Config) -> timedelta:
    return min(source.every for source in config.sources)


def _is_long(config: Config, since: datetime) -> bool:
    return bool(config.sources) and utc_now() - since > GAP * _usual(config) + _START


def _in_words(since: datetime, usual: timedelta, language: Language) -> str:
    minutes = usual / timedelta(minutes=1)
    return {
        "zh": f"{since:%Y-%m-%d %H:%M} UTC 以后没有一次采集完成，本应每 {minutes:g} min 一次；看 tanma serve 的日志和 tanma check",
        "en": f"no collecting has ended since {since:%Y-%m-%d %H:%M} UTC, due every {minutes:g} min; "
        "see the log of tanma serve, and tanma check",
    }[language]


async def _look(collect_id: UUID) -> datetime | None:
    """When the last run that read sources ended, as Prefect has it. Asks for a run when none is ahead: the last one was
    killed before it could."""
    from prefect.client.orchestration import get_client
    from prefect.states import Scheduled

    from flows.asking import ASKED, is_asked_for

    async with get_client() as client:
        if not await is_asked_for(client, collect_id):
            await client.create_flow_run_from_deployment(collect_id, state=Scheduled(), tags=[ASKED])
        return await _last_pass(client)


async def _last_pass(client: PrefectClient) -> datetime | None:
    """When the last run that read sources ended; skipped ones read none."""
    from prefect.client.schemas.filters import (
        FlowFilter,
        FlowFilterName,
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateName,
    )
    from prefect.client.schemas.sorting import FlowRunSort

    found = await client.read_flow_runs(
        flow_filter=FlowFilter(name=FlowFilterName(any_=[COLLECT])),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Completed", "PartlyFailed"]))
        ),
        sort=FlowRunSort.END_TIME_DESC,
        limit=1,
    )
    return found[0].end_time if found else None
