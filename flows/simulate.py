"""`tanma alerts simulate`: the rules of a configuration tried on the published articles, and their messages in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.channels.message import Limit
from flows.channels.render import render
from flows.config import Config
from flows.progress import current_progress
from warehouse import simulate
from warehouse.query import open_published
from warehouse.simulate import Bill, Simulation, Told
from warehouse.watchlist import Entity

FIRST = 3  # messages of each channel that are put into words

# As a channel without any limit would take them.
_PLAIN = Limit(1_000_000)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the rules would have sent. `articles`: how many came in the time looked at. `first`: the first messages of
    each channel, each with its text."""

    articles: int
    rules: Sequence[Bill]
    channels: Sequence[Bill]
    first: Sequence[tuple[Told, str]]


def simulated(config: Config, entities: Sequence[Entity], since: timedelta, now: datetime) -> Outcome:
    """Try the rules on the published articles that came in the last `since`. Takes no lock, sends and writes nothing.

    `config` and `entities` are those of flows.check.load_both. Raises NotPublished, WarehouseError.
    """
    begin = now - since
    with open_published(config.warehouse) as con:
        simulation = Simulation(
            config.rules, entities, simulate.mutes(con), since=begin, now=now, timezone=config.timezone
        )
        progress, number = current_progress.get(), simulate.number(con, config.rules, begin)
        progress.begin("simulate", number)
        for seen in simulate.read(con, config.rules, begin):
            simulation.take(seen)
            progress.advance("simulate")
        progress.finish("simulate", f"{number:,} articles that name somebody")
        first = simulation.first(FIRST)
        texts = [
            "\n\n".join(
                message.body
                for message in render(
                    views, _PLAIN, language=config.language, timezone=config.timezone, now=told.at, digest=told.digest
                )
            )
            for told, views in zip(first, simulate.views(con, first), strict=True)
        ]
        return Outcome(
            simulate.articles_since(con, begin),
            simulation.bills(),
            simulation.channels(),
            list(zip(first, texts, strict=True)),
        )
