"""`tanma watch test`: which entity is meant, and the published articles it is tried on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from flows import watchfile
from flows.config import Config
from flows.progress import Progress
from flows.selection import Selection
from flows.watchfile import SECTION_OF, checked, fold, known_kind
from sources.errors import ConfigError, Problem
from warehouse import stored
from warehouse.backtest import BackTest
from warehouse.query import open_published
from warehouse.scan import Lexicon
from warehouse.watchlist import Entity


@dataclass(frozen=True, slots=True)
class Trial:
    """What the command line says of a name. An empty list and None leave what the watchlist says."""

    name: str
    kind: str = ""
    aliases: Sequence[str] = ()
    groups: Sequence[str] = ()
    context: Sequence[str] = ()
    never: Sequence[str] = ()
    sound: bool | None = None


def tried(trial: Trial, watchlist: Sequence[Entity]) -> tuple[Entity, list[Entity]]:
    """The entity to try, and the watchlist as it would be with it.

    A name of the watchlist is taken as it stands there, what the trial says in place of its keys; another is new.
    Raises ConfigError: a new name without a kind, several of that name, an unknown kind, an empty or odd text.
    """
    kind = known_kind("--kind", trial.kind) if trial.kind else ""
    same = [e for e in watchlist if fold(e.name) == fold(trial.name) and kind in ("", e.kind)]
    if len(same) > 1:
        there = " and ".join(entity.entity_id for entity in same)
        raise ConfigError([Problem("watch test", None, trial.name, f"stands there as {there}: say which with --kind")])
    if same:
        entity = same[0]
    elif kind:
        entity = Entity(known_kind("--kind", kind), trial.name)
    else:
        raise ConfigError([Problem("watch test", None, trial.name, _no_kind(trial.name, watchlist))])
    entity = replace(
        entity,
        aliases=tuple(trial.aliases) or entity.aliases,
        groups=tuple(trial.groups) or entity.groups,
        context=tuple(trial.context) or entity.context,
        never=tuple(trial.never) or entity.never,
        sound=entity.sound if trial.sound is None else trial.sound,
    )
    entity = checked("watch test", entity)
    return entity, [entity, *(other for other in watchlist if other not in same)]


def back_test(config: Config, trial: Trial, since: timedelta, now: datetime, progress: Progress) -> BackTest:
    """Try a name on the published articles first seen or published in the last `since`. Takes no lock, writes nothing.

    Raises ConfigError, NotPublished, WarehouseError.
    """
    entity, watchlist = tried(trial, watchfile.load_watchlist(config.watchlist))
    begin = now - since
    rules = [*map(Selection(watchlist).resolved, config.rules)]
    test = BackTest(entity, Lexicon.compile(watchlist), rules, since=begin, now=now, timezone=config.timezone)
    with open_published(Path(config.warehouse)) as con:
        parts = stored.slices(con, begin)
        progress.begin("watch test", sum(len(part.article_ids) for part in parts))
        for part in parts:
            for one in stored.read(con, part):
                test.take(one)
            progress.advance("watch test", len(part.article_ids))
    progress.finish("watch test", f"{test.articles:,} articles")
    return test


def _no_kind(name: str, watchlist: Sequence[Entity]) -> str:
    kinds = f"say what it is with --kind: {', '.join(SECTION_OF)}"
    for entity in watchlist:
        if fold(name) in map(fold, entity.aliases):
            return f"is no name but an alias of {entity.entity_id}: test that name, or {kinds}"
    return f"is not in the watchlist: {kinds}"
