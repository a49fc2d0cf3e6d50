"""The two ways of one pass: through Prefect when a server answers, else the same stages in the same order.

Both leave the same rows; tests/end_to_end/test_both_ways.py holds them to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from flows.config import Config
from flows.imports import FileOutcome, ImportOptions, files_below
from flows.keeping import TidyReport, tidy_pass
from flows.passes import collect_pass, import_pass, rescan_pass
from flows.rescan import RescanReport
from flows.server import find_server, prepare_prefect
from flows.session import Clock, Sleep, chosen_sources, open_session, utc_now
from flows.summary import PassSummary
from sources.address import redact
from warehouse.watchlist import Entity

Say = Callable[[str], None]
Setup = tuple[Config, Sequence[Entity]]  # both files, as flows.check.load_both gives them


def run_pass(setup: Setup, sources: Sequence[str] | None, *, say: Say) -> PassSummary:
    """Collect from the sources (all when None) and deliver what is due; `say` is told which way was taken."""
    config, entities = setup
    chosen_sources(config, sources)  # a slip is told before anything is asked or locked
    api = _server(config, say)
    if api is None:
        return asyncio.run(collect_directly(config, entities, sources))
    from flows.collect import collect

    return asyncio.run(collect(str(config.file), None if sources is None else list(sources), wait=0.0))


def run_import(setup: Setup, paths: Sequence[Path], options: ImportOptions, *, say: Say) -> list[FileOutcome]:
    """Load files from disk; `say` is told which way was taken."""
    config, entities = setup
    api = _server(config, say)
    if api is None:
        return asyncio.run(backfill_directly(config, entities, paths, options))
    from flows.backfill import backfill

    texts = [str(path.resolve()) for path in paths]
    return asyncio.run(backfill(str(config.file), texts, options.outlet, options.taken_at, options.alert, wait=0.0))


def run_rescan(setup: Setup, since: timedelta | None, *, alert: bool, say: Say) -> RescanReport:
    """Scan stored articles anew, all when `since` is None; `say` is told which way was taken."""
    config, entities = setup
    if _server(config, say) is None:
        return asyncio.run(rescan_directly(config, entities, since, alert=alert))
    from flows.rescanflow import rescan

    seconds = None if since is None else since.total_seconds()
    return asyncio.run(rescan(str(config.file), seconds, alert, wait=0.0))


def run_tidy(config: Config, *, say: Say) -> TidyReport:
    """Keep the warehouse in shape; `say` is told which way was taken."""
    if _server(config, say) is None:
        return tidy_pass(config, via="direct")
    from flows.tidy import tidy

    return asyncio.run(tidy(str(config.file), wait=0.0))


async def collect_directly(
    config: Config,
    entities: Sequence[Entity],
    sources: Sequence[str] | None,
    *,
    clock: Clock = utc_now,
    sleep: Sleep = asyncio.sleep,
    wait: float = 0.0,
) -> PassSummary:
    """What the flow `collect` does, without Prefect."""
    chosen = chosen_sources(config, sources)
    async with open_session(
        config, entities, kind="collect", via="direct", clock=clock, sleep=sleep, wait=wait
    ) as session:
        await collect_pass(session, chosen)
    return session.summary


async def rescan_directly(
    config: Config,
    entities: Sequence[Entity],
    since: timedelta | None,
    *,
    alert: bool = False,
    clock: Clock = utc_now,
    wait: float = 0.0,
) -> RescanReport:
    """What the flow `rescan` does, without Prefect."""
    async with open_session(config, entities, kind="rescan", via="direct", clock=clock, wait=wait) as session:
        return await rescan_pass(session, since, alert=alert)


async def backfill_directly(
    config: Config,
    entities: Sequence[Entity],
    paths: Sequence[Path],
    options: ImportOptions,
    *,
    clock: Clock = utc_now,
    wait: float = 0.0,
) -> list[FileOutcome]:
    """What the flow `backfill` does, without Prefect."""
    files = list(files_below(paths))
    async with open_session(config, entities, kind="backfill", via="direct", clock=clock, wait=wait) as session:
        return await import_pass(session, files, options)


def _server(config: Config, say: Say) -> str | None:
    found = find_server(config.warehouse)
    if found.trouble:
        which = (
            f"the Prefect server at {redact(found.api)} {found.trouble}" if found.api else "no Prefect server answers"
        )
        say(f"{which}: running directly (`tanma serve` gives schedules, history and a UI)")
        return None
    prepare_prefect(found.api, config.warehouse / "work" / "prefect")
    say(f"running through the Prefect server at {redact(found.api)}")
    return found.api
