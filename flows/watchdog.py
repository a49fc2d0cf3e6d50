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
from contextlib import suppress
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from uuid import UUID

from flows.channels.render import Language
from flows.config import OPS, Config, load_config
from flows.limits import Limits
from flows.ops import ops_notice
from flows.session import utc_now
from flows.statusfile import read_status
from sources.errors import ConfigError
from warehouse import incidents
from warehouse.incidents import GAP
from warehouse.lock import lock_holder

_LOOK_EVERY = timedelta(minutes=1)  # or four times in the shortest interval, when that is more often
_START = timedelta(minutes=1)  # in which a run may begin, beside its interval
_log = logging.getLogger(__name__)


class _Gone(Exception):
    """Prefect does not know the deployment any more: its database is another one, or somebody deleted it."""


async def watch_over(config: Config, collect_id: UUID) -> str:
    """Until cancelled, or until Prefect knows nothing of `collect_id` any more, the deployment of which a run is always
    ahead: returns that in words."""
    since, told = utc_now(), ""
    pause = min(_LOOK_EVERY, _usual(config) / 4) if config.sources else _LOOK_EVERY
    while True:
        await asyncio.sleep(pause.total_seconds())
        try:
            trouble = ""
            await _look(collect_id)
        except _Gone:
            return "the Prefect server knows nothing of our deployments any more"
        except Exception as error:  # noqa: BLE001 - whoever watches must not fall over what it watches
            trouble = type(error).__name__
        if trouble and trouble != told:
            _log.warning("Prefect does not say whether runs happen: %s", trouble)
        told = trouble
        since = max(since, last_collected(config.warehouse) or since)
        try:
            await tell_silence(config, since)
        except Exception as error:  # noqa: BLE001
            _log.warning("could not tell that runs do not happen: %s", type(error).__name__)


def last_collected(warehouse: Path) -> datetime | None:
    """When a source was last read to its end, as the run that did left word; None when none was."""
    with suppress(KeyError, TypeError, ValueError):
        read = [one["read_at"] for one in read_status(warehouse)["sources"] if one["read_at"]]
        return max(map(datetime.fromisoformat, read), default=None)
    return None


async def tell_silence(start: Config, since: datetime) -> bool:
    """Tell ops, once, when no collecting has ended for too long; whether it was told now. `since`: when one did.

    The files may be what keeps runs from happening: then the channel is that of `start`, the configuration as it was.
    """
    if not _is_long(start, since):
        # Somebody may only have started anew, and a silence that ops knows of goes on.
        if not _is_long(start, last_collected(start.warehouse) or since):
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
        _in_words(since, usual, config.language) + _holder(config),
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


def _holder(config: Config) -> str:
    """Who holds the warehouse: mostly the reason."""
    holder = lock_holder(config.warehouse)
    if not holder:
        return ""
    return {"zh": f"；仓库被占用：{holder}", "en": f"; the warehouse is held by {holder}"}[config.language]


async def _look(collect_id: UUID) -> None:
    """Ask for a run when none is ahead: the last one was killed before it could. Raises _Gone."""
    from prefect.client.orchestration import get_client
    from prefect.exceptions import PrefectHTTPStatusError
    from prefect.states import Scheduled

    from flows.asking import ASKED, is_asked_for

    async with get_client() as client:
        if not await is_asked_for(client, collect_id):
            try:
                await client.create_flow_run_from_deployment(collect_id, state=Scheduled(), tags=[ASKED])
            except PrefectHTTPStatusError as error:
                if error.response.status_code == HTTPStatus.NOT_FOUND:
                    raise _Gone from error
                raise
