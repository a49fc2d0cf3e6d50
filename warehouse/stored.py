"""The articles that are stored, read again as they came: in slices that cost little memory, however many there are.

A slice is a range of row numbers, which DuckDB finds without looking at the rest of the texts; asking for a few hundred
articles by name reads every text there is, for every slice anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from sources.article import Article

SLICE = 400  # articles at most
SLICE_CHARS = 2_000_000  # characters of text, unless one article alone has more


@dataclass(frozen=True, slots=True)
class Slice:
    """Some articles: their ids, and the first and last row of core.article_versions that hold their newest texts."""

    article_ids: tuple[str, ...]
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Stored:
    """One article in its newest version."""

    article: Article
    version: int
    story_id: str
    first_seen_at: datetime
    doc: int  # the number of this version


def slices(con: duckdb.DuckDBPyConnection, since: datetime | None, holding: Sequence[str] = ()) -> list[Slice]:
    """All articles that were first seen or published since then (ever, when None), in the order in which they came.

    `holding`: those alone in whose title or text one of these strings stands, as it is written.
    """
    rows = con.execute(
        """SELECT a.article_id, v.rowid, a.chars
           FROM core.article_versions v JOIN core.articles a ON a.article_id = v.article_id AND a.version = v.version
           WHERE ($since IS NULL OR a.first_seen_at >= $since OR a.published_at >= $since)
             AND (len($holding::VARCHAR[]) = 0 OR len(list_filter($holding::VARCHAR[],
                  lambda word: contains(v.title, word) OR contains(v.text, word))) > 0)
           ORDER BY v.rowid""",
        {"since": since, "holding": list(holding)},
    ).fetchall()
    return list(_cut(rows))


def read(con: duckdb.DuckDBPyConnection, part: Slice) -> list[Stored]:
    """The articles of a slice, in its order; one that has gone from the warehouse meanwhile is left out."""
    found = {
        one.article.article_id: one
        for one in _read(
            con,
            "v.rowid BETWEEN $first AND $last AND a.article_id IN (SELECT unnest($ids::TEXT[]))",
            {"first": part.first, "last": part.last, "ids": list(part.article_ids)},
        )
    }
    # Row numbers move when the database tidies up, which no run does between slicing and reading; and if one did:
    missing = [article_id for article_id in part.article_ids if article_id not in found]
    if missing:
        by_name = _read(con, "a.article_id IN (SELECT unnest($ids::TEXT[]))", {"ids": missing})
        found |= {one.article.article_id: one for one in by_name}
    return [found[article_id] for article_id in part.article_ids if article_id in found]


def _cut(rows: Sequence[tuple[str, int, int]]) -> Iterator[Slice]:
    ids: list[str] = []
    first = last = chars = 0
    for article_id, row, length in rows:
        if ids and (len(ids) == SLICE or chars + length > SLICE_CHARS):
            yield Slice(tuple(ids), first, last)
            ids, chars = [], 0
        first = first if ids else row
        last, chars = row, chars + length
        ids.append(article_id)
    if ids:
        yield Slice(tuple(ids), first, last)


def _read(con: duckdb.DuckDBPyConnection, which: str, given: dict[str, object]) -> list[Stored]:
    rows = con.execute(
        f"""SELECT a.article_id, a.source, a.outlet, a.kind, a.url, v.title, v.text, a.authors, a.published_at,
                   a.published_precision, a.language, a.byline, a.chrome, a.version, a.story_id, a.first_seen_at,
                   a.doc
            FROM core.article_versions v
            JOIN core.articles a ON a.article_id = v.article_id AND a.version = v.version
            WHERE {which}""",
        given,
    ).fetchall()
    return [_stored([*row[:7], tuple(row[7]), *row[8:13]], row[13:]) for row in rows]


def _stored(article: Sequence[Any], more: Sequence[Any]) -> Stored:
    return Stored(Article(*article), *more)
