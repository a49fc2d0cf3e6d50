"""The Prefect flow `collect`: one task per source; what they raise is delivered in the same run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.artifacts import show_sources
from flows.asking import TRY_AGAIN, ask_for, name_run, take_late_runs
from flows.check import load_both
from flows.config import Config
from flows.deliver import DELIVER, next_delivery
from flows.passes import collect_pass
from flows.plan import COLLECT
from flows.session import Session, chosen_sources, current_session, open_session, utc_now
from flows.stages import collect_source
from flows.states import ended, skipped, stopping_quietly
from flows.summary import PassSummary
from sources.errors import WarehouseBusy
from sources.source import Source
from warehouse import yields
from warehouse.articles import first_seen_in
from warehouse.pace import Due, due_now, next_read, next_run
from warehouse.store import Warehouse

LONGEST = 2 * 3600  # seconds; the most pages of many sources that share a host take longer than an hour


@task(name="collect-source", task_run_name="{source_id}", cache_policy=NO_CACHE, persist_result=False)
async def collect_one(source_id: str) -> None:
    """Discover, fetch, parse and load one source of the session that the flow opened."""
    session = current_session.get()
    await collect_source(session, session.sources[source_id])


@flow(name=COLLECT, validate_parameters=False, persist_result=False, timeout_seconds=LONGEST)
async def collect(
    config_file: str, sources: list[str] | None = None, due: bool = False, wait: float = 600.0
) -> PassSummary:
    """Read the named sources (all when None), scan, raise alerts, deliver what is due.

    A schedule says `due` instead: the sources that are due when the run begins, by what the warehouse knows of them;
    afterwards it asks Prefect for the next run when the next source is due. `wait` seconds are granted to another run
    that holds the warehouse. Parameters hold no secrets: the configuration is read from its file, and `${NAME}` from
    the environment of the process that runs the flow.
    """
    if not due:
        return await _collect(config_file, sources, wait)
    late = await take_late_runs()
    try:
        return await _collect_due(config_file, wait, late)
    except Exception:
        await ask_for(COLLECT, utc_now() + TRY_AGAIN)
        raise


async def _collect_due(config_file: str, wait: float, late: int) -> PassSummary:
    config, _ = load_both(Path(config_file), os.environ)
    try:
        dues = _dues(config, wait)
    except WarehouseBusy as busy:
        await ask_for(COLLECT, utc_now() + TRY_AGAIN)
        return skipped(str(busy))  # the next one reads what this one would have
    chosen = due_now(dues, utc_now())
    if not chosen:
        await ask_for(COLLECT, next_run(dues))
        await name_run("nothing was due", late)
        return skipped("no source was due")
    try:
        return await _collect(config_file, chosen, wait, paced=True, late=late)
    except WarehouseBusy as busy:
        await ask_for(COLLECT, utc_now() + TRY_AGAIN)
        return skipped(str(busy))


async def _collect(
    config_file: str, sources: Sequence[str] | None, wait: float, *, paced: bool = False, late: int = 0
) -> PassSummary:
    config, entities = load_both(Path(config_file), os.environ)
    chosen = chosen_sources(config, sources)
    with stopping_quietly():
        async with open_session(config, entities, kind="collect", via="prefect", wait=wait) as session:
            await collect_pass(session, chosen, collect=_as_task)
            again = next_run(_dues_of(session.wh, config)) if paced else None
            deliver_at = next_delivery(session)
            links = first_seen_in(session.wh, session.summary.run_id)
    await ask_for(COLLECT, again)
    await ask_for(DELIVER, deliver_at)
    summary = session.summary
    await name_run(summary.in_words(), late)
    await show_sources(summary, links)
    broken = [f"{s.source}: {s.state}" + (f": {s.errors[0]}" if s.errors else "") for s in summary.sources if not s.ok]
    return ended(summary, [*broken, *summary.delivered.errors])


def _dues(config: Config, wait: float) -> list[Due]:
    """When each source is to be read, with the warehouse opened for it. Raises WarehouseBusy."""
    with Warehouse.open(config.warehouse, holder="tanma collect", now=utc_now(), wait=wait) as wh:
        return _dues_of(wh, config)


def _dues_of(wh: Warehouse, config: Config) -> list[Due]:
    now = utc_now()
    known = yields.reads_of(wh, now)
    return [next_read(source.id, known.get(source.id), source.bounds, now) for source in config.sources]


async def _as_task(session: Session, source: Source) -> None:
    await collect_one(source.id)
