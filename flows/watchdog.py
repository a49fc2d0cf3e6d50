"""While `tanma serve` runs: tell ops when its runs do not happen, whatever keeps them from it.

A run that cannot begin, because a file was broken or the warehouse is held, cannot say so itself. Here is a process that
has the configuration it started with, and Prefect's word on how the runs ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flows.channels.message import Channel
from flows.channels.render import Language
from flows.config import OPS, Config
from flows.limits import Limits
from flows.ops import ops_notice
from flows.session import utc_now
from warehouse import incidents
from warehouse.incidents import GAP

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

_LOOK_EVERY = 20.0  # seconds
_START = timedelta(minutes=1)  # in which a run may begin, beside its interval
_log = logging.getLogger(__name__)


async def watch_over(config: Config, client: PrefectClient) -> None:
    """Until cancelled. Does nothing without a source or an ops channel."""
    if OPS not in config.channels or not config.sources:
        return
    from flows.channels.send import open_channels  # late: Apprise is slow to import

    url = {OPS: config.channel_url(OPS)}
    channels = open_channels(url, config.network.rewrite)
    limits = Limits(config.warehouse, url, utc_now)
    shortest, since = min(source.every for source in config.sources), utc_now()
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        try:
            since = max(since, await _last_pass(client) or since)
            missed = utc_now() - since > GAP * shortest + _START and not incidents.silence_told(config.warehouse)
            if missed and await _tell(channels, since, shortest, config.language, limits):
                incidents.note_silence(config.warehouse, since, shortest)
        except Exception as error:  # noqa: BLE001 - whoever watches must not fall over what it watches
            _log.warning("could not look whether runs happen: %s", type(error).__name__)


async def _tell(
    channels: Mapping[str, Channel], since: datetime, usual: timedelta, language: Language, limits: Limits
) -> bool:
    minutes = usual / timedelta(minutes=1)
    text = {
        "zh": f"{since:%Y-%m-%d %H:%M} UTC 以后没有一次采集完成，本应每 {minutes:g} min 一次；看 tanma serve 的日志和 tanma check",
        "en": f"no collecting has ended since {since:%Y-%m-%d %H:%M} UTC, due every {minutes:g} min; "
        "see the log of tanma serve, and tanma check",
    }[language]
    return await ops_notice(channels, text, language, limits=limits)


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
        flow_filter=FlowFilter(name=FlowFilterName(any_=["collect"])),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Completed", "PartlyFailed"]))
        ),
        sort=FlowRunSort.END_TIME_DESC,
        limit=1,
    )
    return found[0].end_time if found else None
