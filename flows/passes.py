"""The order of the stages, in one place for both ways: through Prefect tasks and flows, or directly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from flows.imports import BATCH, FileOutcome, ImportOptions, import_batch
from flows.rescan import RescanReport, rescan_slice
from flows.session import Session
from flows.stages import collect_source, deliver_due
from flows.telling import tell_ops
from sources.source import Source
from warehouse import frontier, incidents, resting, runs, stored
from warehouse.rescan import Rescanned
from warehouse.stored import Slice

Collect = Callable[[Session, Source], Awaitable[object]]
Deliver = Callable[[Session], Awaitable[object]]
RescanSlice = Callable[[Session, Slice, bool], Awaitable[Rescanned]]
ImportBatch = Callable[[Session, Sequence[Path], ImportOptions], Awaitable[list[FileOutcome]]]


async def collect_pass(
    session: Session,
    sources: Sequence[Source],
    *,
    collect: Collect = collect_source,
    deliver: Deliver = deliver_due,
) -> None:
    """Collect from the sources side by side; alerts go out as soon as a batch raised them, not when the slowest is done.

    Raises WarehouseError, after what could be delivered was.
    """
    longest = min((source.every for source in session.config.sources), default=timedelta())
    incidents.judge_gap(session.wh, session.summary.run_id, longest)
    young = max((age for source in sources for age in session.config.rechecks_of(source.id)), default=timedelta())
    session.resting = resting.resting(session.wh, session.clock(), young)
    messenger = asyncio.create_task(_deliver_as_raised(session))
    try:
        results = await asyncio.gather(*(collect(session, source) for source in sources), return_exceptions=True)
    except asyncio.CancelledError:
        messenger.cancel()
        raise
    finally:
        resting.record(session.wh, session.summary.run_id, session.rested)
    session.collecting = False
    session.raised.set()
    await messenger
    _forgive_when_cut_off(session)
    await deliver(session)
    await tell_ops(session)
    for result in results:
        if isinstance(result, BaseException):
            raise result


def _forgive_when_cut_off(session: Session) -> None:
    run_id, requests = session.summary.run_id, session.client.requests
    runs.record_fetches(session.wh, run_id, {"": requests})  # those for robots.txt, which come first
    requests.clear()
    if runs.reached_nobody(session.wh, run_id):
        frontier.forgive(session.wh, session.clock())


async def _deliver_as_raised(session: Session) -> None:
    while session.collecting:
        with suppress(TimeoutError):
            async with asyncio.timeout(_until_room(session)):
                await session.raised.wait()
        session.raised.clear()
        if session.collecting:
            await deliver_due(session)


def _until_room(session: Session) -> float | None:
    """Seconds until a robot takes more of what waits for it; None when nothing does."""
    at = session.delivery.next_room
    return None if at is None else max((at - session.clock()).total_seconds(), 0.05)


async def import_pass(
    session: Session,
    paths: Sequence[Path],
    options: ImportOptions,
    *,
    load: ImportBatch = import_batch,
) -> list[FileOutcome]:
    """Load files batch by batch; alerts only when the options ask for them."""
    outcomes: list[FileOutcome] = []
    session.progress.begin("import", len(paths))
    for start in range(0, len(paths), BATCH):
        outcomes += await load(session, paths[start : start + BATCH], options)
    if options.alert:
        await deliver_due(session)
    return outcomes


async def rescan_directly(session: Session, part: Slice, alert: bool) -> Rescanned:
    """One slice, as an awaitable like the Prefect task that does the same."""
    return rescan_slice(session, part, alert=alert)


async def rescan_pass(
    session: Session, since: timedelta | None, *, alert: bool, scan: RescanSlice = rescan_directly
) -> RescanReport:
    """Scan stored articles anew, slice by slice; what was raised goes out at the end, only with `alert`."""
    parts = stored.slices(session.wh.con, None if since is None else session.clock() - since)
    done = Rescanned()
    session.progress.begin("rescan", sum(len(part.article_ids) for part in parts))
    try:
        for part in parts:
            done.take(await scan(session, part, alert))
            session.progress.advance("rescan", len(part.article_ids))
            await asyncio.sleep(0)  # scanning never waits for anything: without this, Ctrl-C would have to
    finally:
        session.summary.rescanned = done
    if alert:
        await deliver_due(session)
    return RescanReport(done, session.summary.delivered)
