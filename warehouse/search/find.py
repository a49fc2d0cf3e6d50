"""Searching: which articles hold the words of a query, the best or the newest of them with the places in their texts.

The index names the documents that may be meant and says of each word whether it stands in the title, and whether often.
By that and by its age every one of them is ranked; then texts are read, best first, until enough are found that do hold
the words. Reading is what costs time: an article's text is packed together with two thousand others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sources.errors import QueryError
from warehouse.scan.fold import folded
from warehouse.search.hits import Hits, Span, hits_in, sentence
from warehouse.search.index import ANYWHERE, OFTEN, TITLE, read_texts, segments
from warehouse.search.lookup import Lookup, Mask, is_sure
from warehouse.search.pages import Ints
from warehouse.search.words import Query

HALF_LIFE = 90.0  # days after which freshness is half
_MOST_AT_ONCE = 512  # texts in memory
_MOMENT = "coalesce(a.published_at, a.first_seen_at)"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles are searched; empty: all. Articles must be of one of the outlets, one of the sources, one of the
    kinds, name one of the entities (entity_ids), and be published (stored, when unknown) from `since` to before `until`.
    """

    outlets: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that was found. `spans` and `snippet` are (start, end) in articles.text, `title_spans` in the title."""

    article_id: str
    title: str
    outlet: str
    source: str
    kind: str
    url: str
    published_at: datetime | None
    first_seen_at: datetime
    story_id: str
    text: str
    score: float
    title_spans: tuple[Span, ...]
    spans: tuple[Span, ...]
    snippet: Span


@dataclass(frozen=True, slots=True)
class Found:
    """The answer. `total`: how many articles (stories) there are in all, `exact` or about; `unindexed`: how many articles
    the index did not hold yet, so that each was read."""

    hits: tuple[Hit, ...]
    total: int
    exact: bool
    unindexed: int


def entities_named(con: duckdb.DuckDBPyConnection, name: str) -> tuple[str, ...]:
    """The ids of the tracked names with this id, name or alias, as the scan folds them. Raises QueryError for none."""
    rows = con.execute("SELECT entity_id, name, aliases FROM core.entities ORDER BY entity_id").fetchall()
    wanted = folded(name)
    found = tuple(id for id, own, aliases in rows if id == name or wanted in map(folded, (own, *aliases)))
    if not found:
        raise QueryError(f"{name}: no tracked name is or was called so; `tanma watch list` shows them")
    return found


def search(
    con: duckdb.DuckDBPyConnection,
    query: Query,
    filters: Filters,
    *,
    now: datetime,
    limit: int,
    newest: bool = False,
    stories: bool = False,
) -> Found:
    """Search the newest version of every article in an open warehouse file (the published one, or the writer's).

    At most `limit` articles: the best by what the index says (3 × share of the words in the title + 2 × share of them
    that stand there thrice or more + freshness), in the order of Hits.score, which looks at the texts; or the `newest`
    in the order of their time. freshness is 1 now and half after HALF_LIFE days. Equals come in the order of arrival,
    last first. `stories`: the best of each story alone. The same query on the same file at one `now` gives the same.
    """
    asked = _Search(con, query, filters, now)
    ranked = asked.ranked(newest)
    hits: list[Hit] = []
    confirmed: set[str] = set()  # articles or stories
    read = holding = at = 0
    while at < len(ranked) and len(hits) < limit:
        some = ranked[at : at + min(_MOST_AT_ONCE, max(limit - len(hits), read))]
        at += len(some)
        read += len(some)
        for hit in filter(None, asked.read(some)):
            holding += 1
            name = hit.story_id if stories else hit.article_id
            if name not in confirmed and len(hits) < limit:
                hits.append(hit)
            confirmed.add(name)
    if not newest:
        hits.sort(key=lambda hit: -hit.score)
    if at == len(ranked):
        return Found(tuple(hits), len(confirmed), True, asked.unindexed)
    total = asked.total(ranked, stories)
    if not asked.sure:
        total = max(len(confirmed), round(total * holding / read))
    return Found(tuple(hits), total, asked.sure, asked.unindexed)


class _Search:
    """One query on one state of the file."""

    def __init__(self, con: duckdb.DuckDBPyConnection, query: Query, filters: Filters, now: datetime) -> None:
        self._con, self._query, self._filters, self._now = con, query, filters, now
        self.sure = all(map(is_sure, query.groups)) and all(is_sure([phrase]) for phrase in query.without)
        self._segments = segments(con)
        indexed = self._segments[-1].last_doc + 1 if self._segments else 0
        docs: int = con.execute("SELECT coalesce(max(doc), -1) + 1 FROM core.article_versions").fetchall()[0][0]
        self._lookup = Lookup(con, self._segments, max(docs, indexed))
        self._behind = indexed
        self.unindexed = 0

    def ranked(self, newest: bool) -> Ints:
        """The documents that may be meant, best first by what the index says."""
        query, lookup = self._query, self._lookup
        groups = [lookup.holding(group, ANYWHERE) for group in query.groups]
        mask: Mask = np.logical_and.reduce(groups)
        for phrase in query.without:
            if is_sure([phrase]):
                mask &= ~lookup.holding([phrase], ANYWHERE)
        mask[self._behind :] = True
        docs, moments = self._admitted(np.flatnonzero(mask))
        late = self._read_late(docs[docs >= self._behind])
        kept = (docs < self._behind) | np.isin(docs, list(late))
        docs, moments = docs[kept], moments[kept]
        if newest:
            return docs[np.lexsort((-docs, -moments))]
        days = np.maximum(0, self._now.timestamp() - moments / 1e6) / 86_400
        title, often = (self._shares(field, docs) for field in (TITLE, OFTEN))
        for doc, hits in late.items():
            at = int(np.flatnonzero(docs == doc)[0])
            title[at], often[at] = hits.in_title, sum(n >= 3 for n in hits.often) / len(hits.often)
        scores = 3 * title + 2 * often + 0.5 ** (days / HALF_LIFE)
        return docs[np.lexsort((-docs, -scores))]

    def read(self, docs: Ints) -> Iterator[Hit | None]:
        """These documents as hits in their order; None for one that does not hold the words."""
        rows, texts = self._rows(docs)
        for doc in docs.tolist():
            title, text = texts[doc]
            hits = hits_in(self._query, title, text)
            yield None if hits is None else self._hit(rows[doc], title, text, hits)

    def total(self, docs: Ints, stories: bool) -> int:
        """How many articles, or stories, these documents are."""
        if not stories:
            return len(docs)
        return int(self._asked(docs, "SELECT count(DISTINCT a.story_id)")[0][0])

    def _shares(self, field: int, docs: Ints) -> npt.NDArray[np.float64]:
        """Of each document, the share of the query's groups of which the index says this."""
        if not len(docs):
            return np.zeros(0)
        groups = [self._lookup.holding(group, field)[docs] for group in self._query.groups]
        shares: npt.NDArray[np.float64] = np.mean(groups, axis=0, dtype=np.float64)
        return shares

    def _admitted(self, docs: Ints) -> tuple[Ints, Ints]:
        """Those documents that are the newest version of an article of the filters, and their moments in microseconds."""
        where, given = _conditions(self._filters)
        rows = self._asked_arrow(docs, f"SELECT v.doc, epoch_us({_MOMENT}) AS moment", where, given)
        return rows["doc"].to_numpy().astype(np.int64), rows["moment"].to_numpy().astype(np.int64)

    def _read_late(self, docs: Ints) -> dict[int, Hits]:
        """Of documents that the index does not hold yet, those that hold the words."""
        self.unindexed = len(docs)
        late: dict[int, Hits] = {}
        for at in range(0, len(docs), _MOST_AT_ONCE):
            _, texts = self._rows(docs[at : at + _MOST_AT_ONCE])
            found = {doc: hits_in(self._query, title, text) for doc, (title, text) in texts.items()}
            late |= {doc: hits for doc, hits in found.items() if hits}
        return late

    def _rows(self, docs: Ints) -> tuple[dict[int, tuple[Any, ...]], dict[int, tuple[str, str]]]:
        rows = self._asked(
            docs,
            """SELECT v.doc, a.article_id, a.outlet, a.source, a.kind, a.url, a.published_at, a.first_seen_at,
                      a.story_id, a.chars""",
        )
        texts = read_texts(self._con, np.array([row[0] for row in rows], np.int64))
        return {row[0]: row[1:] for row in rows}, {doc: (title, text) for doc, title, text in texts}

    def _hit(self, row: Sequence[Any], title: str, text: str, hits: Hits) -> Hit:
        article_id, outlet, source, kind, url, published_at, first_seen_at, story_id, chars = row
        moment: datetime = published_at or first_seen_at
        days = max(0.0, (self._now - moment).total_seconds() / 86_400)
        return Hit(
            article_id=article_id,
            title=title,
            outlet=outlet,
            source=source,
            kind=kind,
            url=url,
            published_at=published_at,
            first_seen_at=first_seen_at,
            story_id=story_id,
            text=text,
            score=round(hits.score(max(1, chars), 0.5 ** (days / HALF_LIFE)), 4),
            title_spans=hits.title,
            spans=hits.text,
            snippet=sentence(text, hits.best or (0, 0)),
        )

    def _asked(self, docs: Ints, select: str) -> list[tuple[Any, ...]]:
        self._con.register("candidates", pa.table({"doc": docs}))
        try:
            return self._con.execute(f"{select} {_JOINED}").fetchall()
        finally:
            self._con.unregister("candidates")

    def _asked_arrow(self, docs: Ints, select: str, where: str, given: dict[str, Any]) -> pa.Table:
        self._con.register("candidates", pa.table({"doc": docs}))
        try:
            return self._con.sql(f"{select} {_JOINED} {where}", params=given).to_arrow_table()
        finally:
            self._con.unregister("candidates")


_JOINED = """FROM candidates c JOIN core.article_versions v ON v.doc = c.doc
             JOIN core.articles a ON a.article_id = v.article_id AND a.version = v.version"""


def _conditions(filters: Filters) -> tuple[str, dict[str, Any]]:
    """A WHERE clause and its parameters."""
    found: list[tuple[str, str, object]] = []
    for column, values in (("outlet", filters.outlets), ("source", filters.sources), ("kind", filters.kinds)):
        if values:
            found.append((f"a.{column} IN (SELECT unnest(${column}::TEXT[]))", column, list(values)))
    if filters.entities:
        named = "SELECT article_id FROM core.mentions WHERE entity_id IN (SELECT unnest($entities::TEXT[]))"
        found.append((f"a.article_id IN ({named})", "entities", list(filters.entities)))
    if filters.since:
        found.append((f"{_MOMENT} >= $since", "since", filters.since))
    if filters.until:
        found.append((f"{_MOMENT} < $until", "until", filters.until))
    where = "WHERE " + " AND ".join(condition for condition, _, _ in found) if found else ""
    return where, {name: value for _, name, value in found}
