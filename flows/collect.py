"""The Prefect flow `collect`: one task per source, then the flow `deliver` in the same session."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.check import load_both
from flows.config import Config
from flows.deliver import deliver, deliver_again
from flows.passes import collect_pass
from flows.session import Session, chosen_sources, current_session, open_session
from flows.stages import collect_source
from flows.states import ended, skipped, stopping_quietly
from flows.summary import PassSummary
from sources.errors import WarehouseBusy
from sources.source import Source


@task(name="collect-source", task_run_name="{source_id}", cache_policy=NO_CACHE, persist_result=False)
async def collect_one(source_id: str) -> None:
    """Discover, fetch, parse and load one source of the session that the flow opened."""
    session = current_session.get()
    await collect_source(session, session.sources[source_id])


@flow(name="collect", validate_parameters=False, persist_result=False)
async def collect(
    config_file: str, sources: list[str] | None = None, every_seconds: int | None = None, wait: float = 600.0
) -> PassSummary:
    """Read the named sources (all when None), scan, raise alerts, deliver what is due.

    A schedule names its interval instead: `every_seconds` reads the sources that have it when the run begins. `wait`
    seconds are granted to another run that holds the warehouse. Parameters hold no secrets: the configuration is read
    from its file, and `${NAME}` from the environment of the process that runs the flow.
    """
    config, entities = load_both(Path(config_file), os.environ)
    chosen = chosen_sources(config, sources if every_seconds is None else _read_every(config, every_seconds))
    if every_seconds is not None and not chosen:
        return skipped(f"no source is read every {every_seconds} s any more; `tanma serve` starts with what is new")
    try:
        with stopping_quietly():
            async with open_session(config, entities, kind="collect", via="prefect", wait=wait) as session:
                await collect_pass(session, chosen, collect=_as_task, deliver=_as_flow)
    except WarehouseBusy as busy:
        if every_seconds is None:
            raise
        return skipped(str(busy))  # the next one reads what this one would have
    await deliver_again(session.delivery.next_room)
    summary = session.summary
    broken = [f"{s.source}: {s.state}" + (f": {s.errors[0]}" if s.errors else "") for s in summary.sources if not s.ok]
    return ended(summary, [*broken, *summary.delivered.errors])


def whole_seconds(every: timedelta) -> int:
    """A source's interval as schedules take it."""
    return max(1, int(every.total_seconds()))


def _read_every(config: Config, seconds: int) -> list[str]:
    return [source.id for source in config.sources if whole_seconds(source.every) == seconds]


async def _as_task(session: Session, source: Source) -> None:
    await collect_one(source.id)


async def _as_flow(session: Session) -> None:
    await deliver(str(session.config.file))
