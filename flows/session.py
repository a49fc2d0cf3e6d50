"""One run's open resources: the warehouse (locked), the client, the sources, the compiled watchlist."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flows.channels.message import Channel
from flows.config import Config
from flows.leaving import Ended, leaving_status
from flows.limits import Limits
from flows.outbox import Delivery
from flows.progress import SILENT, Progress, current_progress
from flows.regrouping import regrouping
from flows.summary import PassSummary
from sources.client import Client
from sources.errors import ConfigError, Problem
from sources.robots import RobotsText
from sources.source import Source
from warehouse import outbox, robots, runs, yields
from warehouse.lexicons import compiled
from warehouse.resting import Known, Rest
from warehouse.scan import Lexicon
from warehouse.scanners import Scanners, spare_processors
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[object]]  # of seconds by that clock

_INDEX = "search index"
_MANY = 5_000  # articles that take seconds: an upgrade, a large import


def utc_now() -> datetime:
    """The one place where a run reads the clock."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Session:
    """What the stages of one run share. `raised` is set when alerts were raised while still `collecting`.

    `resting`: the sources of which nothing was to be expected when the pass began; `rested`: those reads of them that
    found nothing new and are still to be written down.
    """

    config: Config
    wh: Warehouse
    client: Client
    scanners: Scanners
    sources: Mapping[str, Source]
    clock: Clock
    progress: Progress
    summary: PassSummary
    channels: Mapping[str, Channel]
    delivery: Delivery
    resting: Mapping[str, Known] = field(default_factory=dict)
    rested: list[Rest] = field(default_factory=list)
    raised: asyncio.Event = field(default_factory=asyncio.Event)
    collecting: bool = True

    @property
    def lexicon(self) -> Lexicon:
        """The compiled watchlist."""
        return self.scanners.lexicon


# The open session of the flow run that is under way: Prefect tasks take ids as parameters, never live objects, so that
# nothing of ours (an open database, a secret) travels through its engine.
current_session: ContextVar[Session] = ContextVar("current_session")


def chosen_sources(config: Config, ids: Sequence[str] | None) -> list[Source]:
    """The configured sources with these ids, all when None. Raises ConfigError for an id that is not configured."""
    sources = {source.id: source for source in config.make_sources()}
    if ids is None:
        return list(sources.values())
    unknown = [id for id in dict.fromkeys(ids) if id not in sources]
    if unknown:
        known = ", ".join(sources)
        raise ConfigError(
            [Problem("--source", None, id, f"no source has this id; configured are: {known}") for id in unknown]
        )
    return [sources[id] for id in dict.fromkeys(ids)]


@asynccontextmanager
async def open_session(
    config: Config,
    entities: Sequence[Entity],
    *,
    kind: str,
    via: str,
    clock: Clock = utc_now,
    sleep: Sleep = asyncio.sleep,
    wait: float = 0.0,
) -> AsyncIterator[Session]:
    """Lock and open everything for one run; record it, publish and close at the end, also after a failure.

    `kind` is the run's word in `runs.kind` (collect, deliver, backfill); `wait` seconds are granted to another run
    that holds the warehouse. `sleep` waits by `clock`, for the pauses of politeness and of the robots' limits.
    Raises WarehouseBusy, SchemaTooNew, WarehouseDamaged.
    """
    lexicon = compiled(config.warehouse, entities)
    with (
        Scanners(lexicon, spare_processors()) as scanners,
        Warehouse.open(
            config.warehouse, holder=f"tanma {kind}", now=clock(), wait=wait, timezone=config.timezone
        ) as wh,
    ):
        outbox.recover(wh)  # before anything looks at the alerts that a killed run was sending
        wh.sync_entities(tuple(lexicon.entities.values()), clock())
        run_id = runs.begin_run(wh, kind, via, clock())
        summary = PassSummary(via=via, run_id=run_id)
        status = "failed"
        try:
            known = {host: RobotsText(*row) for host, row in robots.load_robots(wh).items()}
            async with Client(config.network, now=clock, robots=known, sleep=sleep) as client:
                urls = {name: config.channel_url(name) for name in config.channels}
                channels = _open_channels(urls, config)
                session = Session(
                    config=config,
                    wh=wh,
                    client=client,
                    scanners=scanners,
                    sources={source.id: source for source in config.make_sources()},
                    clock=clock,
                    progress=current_progress.get(),
                    summary=summary,
                    channels=channels,
                    delivery=Delivery(
                        wh,
                        channels,
                        config.rules,
                        language=config.language,
                        timezone=config.timezone,
                        now=clock,
                        limits=Limits(config.warehouse, urls, clock, sleep),
                    ),
                )
                token = current_session.set(session)
                try:
                    for _ in regrouping(wh, session.progress, clock()):
                        await asyncio.sleep(0)  # nothing else is waited for: without this, Ctrl-C would have to
                    yield session
                finally:
                    current_session.reset(token)
                    robots.save_robots(wh, client.robots)
                    runs.record_fetches(wh, run_id, {"": client.requests})
            _index(session)
            status = "ok" if summary.ok else "partial"
        except (asyncio.CancelledError, KeyboardInterrupt):
            status = "interrupted"
            if (progress := current_progress.get()) is not SILENT:
                progress.say(f"done so far, and kept: {summary.so_far()}")
            raise
        finally:
            yields.prune(wh, clock())
            summary.seconds = runs.end_run(wh, run_id, summary.counts(), status, clock())
            read = tuple(source.source for source in summary.sources)
            ended = Ended(run_id, kind, status, summary.seconds, summary.counts(), read)
            with leaving_status(config, wh, ended, clock()):
                summary.published = wh.publish()


def _index(session: Session) -> None:
    """Take what the run loaded into the search index. What it misses, as after a kill, searches read one by one."""
    from warehouse.search import index_new  # late: numpy is slow to import, and many commands open no session

    def tell(steps: int, total: int) -> None:
        if total < _MANY:
            return
        if steps:
            session.progress.advance(_INDEX, steps)
        else:
            session.progress.begin(_INDEX, total)

    if index_new(session.wh, tell) >= _MANY:
        session.progress.finish(_INDEX, "done")


def _open_channels(urls: Mapping[str, str], config: Config) -> dict[str, Channel]:
    from flows.channels.send import open_channels  # late: Apprise is slow to import

    return open_channels(urls, config.network.rewrite, config.templates)
