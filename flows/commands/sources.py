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
from flows.session import utc_now
from sources.article import ArticleRef
from sources.client import Client, Unchanged
from sources.errors import ConfigError, FetchError, Gone, NotPublished, Problem
from sources.source import Source
from warehouse.query import open_published, run_query

HEALTH = """
SELECT h.source, h.state, h.last_success_at, count(a.article_id) AS articles,
       max(a.first_seen_at) AS last_article_at, h.note
FROM source_health h LEFT JOIN articles a ON a.source = h.source
GROUP BY ALL ORDER BY h.source
"""


def list_command(config_file: Path, *, as_json: bool) -> None:
    """Configured sources, with what the published file knows of each."""
    config = load_config(config_file, os.environ)
    known: dict[str, tuple[Any, ...]] = {}
    with suppress(NotPublished), open_published(config.warehouse) as con:
        known = {str(row[0]): row for row in run_query(con, HEALTH).rows}
    columns = ("source", "use", "every", "state", "last_success_at", "articles", "last_article_at", "note")
    rows = []
    for source in config.sources:
        row = known.get(source.id, (source.id, "never run", None, 0, None, ""))
        rows.append((source.id, source.use, str(source.every), *row[1:]))
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        table(columns, rows)


@dataclass(slots=True)
class Checked:
    """What a source gives right now. `article` is the title of the one article that was read."""

    source: str
    ok: bool = True
    listed: int = 0
    article: str = ""
    characters: int = 0
    errors: list[str] = field(default_factory=list)


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
        columns = ("source", "ok", "listed", "article", "characters", "errors")
        table(columns, [[getattr(result, column) for column in columns] for result in results])
    if not all(result.ok for result in results):
        raise typer.Exit(1)


async def _check_all(config: Config, sources: Sequence[Source]) -> list[Checked]:
    async with Client(config.network, now=utc_now) as client:
        return list(await asyncio.gather(*(_check(client, source) for source in sources)))


async def _check(client: Client, source: Source) -> Checked:
    result = Checked(source.id)
    refs: list[ArticleRef] = []
    for address in source.lists(utc_now()):
        try:
            page = await client.get(address.url, post=address.post)
            refs += [] if isinstance(page, Unchanged) else source.discover(page)
        except Gone as error:
            if not address.optional:
                result.errors.append(str(error))
        except FetchError as error:
            result.errors.append(str(error))
    result.listed = len(refs)
    if refs:
        await _read_one(client, source, refs[0], result)
    result.ok = bool(refs) and not result.errors
    return result


async def _read_one(client: Client, source: Source, ref: ArticleRef, result: Checked) -> None:
    try:
        article = ref.article
        if article is None or article.kind == "partial":
            page = await client.get(ref.fetch_url or ref.url)
            if isinstance(page, Unchanged):
                return
            article = source.parse(page, ref)
        result.article, result.characters = article.title, len(article.text)
    except FetchError as error:
        result.errors.append(str(error))
