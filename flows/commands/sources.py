"""`tanma sources list|check`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import typer

from flows.commands.screen import print_json, table
from flows.config import Config, load_config
from flows.lists import asked
from flows.reading import Unread, carried, fetch_article, trusted
from flows.session import utc_now
from sources.article import ArticleRef, Page
from sources.client import Client
from sources.errors import ConfigError, FetchError, Gone, NotPublished, Problem, QueryError
from sources.source import ListAddress, Source, Way
from warehouse.query import open_published, run_query

HEALTH = """
SELECT h.source, h.state, h.last_success_at, count(a.article_id) AS articles,
       max(a.first_seen_at) AS last_article_at, h.note
FROM source_health h LEFT JOIN articles a ON a.source = h.source
GROUP BY ALL ORDER BY h.source
"""
YIELD = """
SELECT source, arg_max(new_in_a_day, read_at), arg_max(coalesce(usual_in_a_day, -1), read_at), max(newest_at)
FROM source_yield GROUP BY source
"""


def list_command(config_file: Path, *, as_json: bool) -> None:
    """Configured sources, with what the published file knows of each: also how many new articles a source named in the
    24 hours before it was last read, and usually in such a day."""
    config = load_config(config_file, os.environ)
    known: dict[str, tuple[Any, ...]] = {}
    yields: dict[str, tuple[Any, ...]] = {}
    with suppress(NotPublished), open_published(config.warehouse) as con:
        known = {str(row[0]): row for row in run_query(con, HEALTH).rows}
        with suppress(QueryError):  # a file that was published before there was this view: the next run adds it
            yields = {
                str(source): (day, None if usual < 0 else usual, newest)
                for source, day, usual, newest in run_query(con, YIELD).rows
            }
    columns = (
        "source", "use", "every", "state", "last_success_at", "articles", "last_article_at", "note", "new_in_a_day",
        "usual_in_a_day", "newest_at",
    )  # fmt: skip
    rows = []
    for source in config.sources:
        row = known.get(source.id, (source.id, "never run", None, 0, None, ""))
        every = str(source.every) if source.soonest == source.every else f"{source.soonest} - {source.every}"
        rows.append((source.id, source.use, every, *row[1:], *yields.get(source.id, (None, None, None))))
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        table(columns, rows)


@dataclass(slots=True)
class Checked:
    """What a source gives right now. `article` is the title of the one article that was read; `ways` are those of
    Source.ways, for a source that has several."""

    source: str
    ok: bool = True
    listed: int = 0
    article: str = ""
    characters: int = 0
    errors: list[str] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)


def check_command(config_file: Path, ids: Sequence[str] | None, *, as_json: bool) -> None:
    """Exit 1 when a source could not be read."""
    config = load_config(config_file, os.environ)
    sources = {source.id: source for source in config.make_sources()}
    unknown = [id for id in ids or () if id not in sources]
    if unknown:
        known = ", ".join(sources)
        raise ConfigError(
            [Problem(str(config_file), None, i, f"no such source; configured are: {known}") for i in unknown]
        )
    results = asyncio.run(_check_all(config, [sources[id] for id in ids] if ids else list(sources.values())))
    if as_json:
        print_json([asdict(result) for result in results])
    else:
        columns = ("source", "ok", "listed", "article", "characters", "errors", "ways")
        table(columns, [[*(getattr(result, name) for name in columns[:-1]), _ways(result)] for result in results])
    if not all(result.ok for result in results):
        raise typer.Exit(1)


async def _check_all(config: Config, sources: Sequence[Source]) -> list[Checked]:
    async with Client(config.network, now=utc_now) as client:
        return list(await asyncio.gather(*(_check(client, source) for source in sources)))


async def _check(client: Client, source: Source) -> Checked:
    result = Checked(source.id)
    refs: list[ArticleRef] = []
    try:
        result.ways = trusted(source, "ways", lambda: list(source.ways()))
        addresses = trusted(source, "lists", lambda: list(source.lists(utc_now())))
    except FetchError as error:
        result.ok, result.errors = False, [str(error)]
        return result
    for address in addresses:
        try:
            refs += await _named(client, source, address)
        except Gone as error:
            if not address.optional:
                result.errors.append(str(error))
        except FetchError as error:
            result.errors.append(str(error))
    result.listed = len(refs)
    if refs:
        await _read_one(client, source, refs[0], result)
    result.ok = not result.errors
    return result


async def _named(client: Client, source: Source, address: ListAddress) -> list[ArticleRef]:
    """What a list names; of an index, what the first of its lists does."""
    page = await _page(client, source, address)
    refs = trusted(source, "discover", lambda: source.discover(page))
    is_index = trusted(source, "is_index", lambda: source.is_index(page))
    child = trusted(source, "older", lambda: source.older(page, address)) if is_index else None
    if child is None:
        return refs
    try:
        inner = await _page(client, source, child)
    except Gone:
        if child.optional:
            return []
        raise
    return trusted(source, "discover", lambda: source.discover(inner))


async def _page(client: Client, source: Source, address: ListAddress) -> Page:
    page = await asked(client, source, address)
    assert isinstance(page, Page)  # no validators were sent
    return page


async def _read_one(client: Client, source: Source, ref: ArticleRef, result: Checked) -> None:
    try:
        article = ref.article if carried(ref) else (await fetch_article(client, source, ref)).article
    except FetchError as error:
        result.errors.append(str(error))
        return
    except Unread as unread:
        result.errors.append(str(unread.error))
        return
    if article is not None:
        result.article, result.characters = article.title, len(article.text)


def _ways(result: Checked) -> list[str]:
    return [way.name if way.configured else f"{way.name} (not configured: {way.remedy})" for way in result.ways]
