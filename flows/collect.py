"""The Prefect flow `collect`: one task per source, then the flow `deliver` in the same session."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.check import load_both
from flows.deliver import deliver
from flows.session import chosen_sources, current_session, open_session
from flows.stages import collect_source
from flows.summary import PassSummary


@task(name="collect-source", task_run_name="{source_id}", cache_policy=NO_CACHE, persist_result=False)
async def collect_one(source_id: str) -> None:
    """Discover, fetch, parse and load one source of the session that the flow opened."""
    session = current_session.get()
    await collect_source(session, session.sources[source_id])


@flow(name="collect", validate_parameters=False, persist_result=False)
async def collect(config_file: str, sources: list[str] | None = None, wait: float = 600.0) -> PassSummary:
    """Read the named sources (all when None), scan, raise alerts, deliver what is due.

    `wait` seconds are granted to another run that holds the warehouse. Parameters hold no secrets: the configuration
    is read from its file, and `${NAME}` from the environment of the process that runs the flow.
    """
    config, entities = load_both(Path(config_file), os.environ)
    async with open_session(config, entities, kind="collect", via="prefect", wait=wait) as session:
        await asyncio.gather(*(collect_one(source.id) for source in chosen_sources(session, sources)))
        await deliver(config_file)
    return session.summary
