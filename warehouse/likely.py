"""Which stored texts may be like an incoming one: those that share fingerprints with it, read back for comparison.

The index is core.fingerprints, one row for each key of each document; a document is one version of one article. Looking
up takes the same time however many there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from warehouse.lookup import rows_by
from warehouse.same import Wording, enough, fingerprints, wording
from warehouse.store import Warehouse

# Of this way to choose keys: another one makes the index anew (warehouse/regroup.py).
KEYS = "1"

_HOLDERS = 200  # documents of one key that are looked at, the first that came: more are a template's, or mass copies
_MOST = 12  # documents to compare a text with, those with the most shared keys first


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stored text that shares keys with an incoming one."""

    article_id: str
    story_id: str
    words: Wording
    is_newest: bool  # of its article's versions


@dataclass(frozen=True, slots=True)
class Asked:
    """The keys of a text and how many of them a text like it shares at least."""

    keys: Sequence[int]
    need: int

    @classmethod
    def of(cls, words: Wording) -> Asked:
        return cls(fingerprints(words), enough(words))


def candidates(con: duckdb.DuckDBPyConnection, asked: Sequence[Asked]) -> list[list[Candidate]]:
    """For each text the stored texts that may be like it, the likeliest first."""
    shared = _shared(con, asked)
    docs = sorted({doc for some in shared for doc in some})
    found = _read(con, docs)
    return [[found[doc] for doc in some if doc in found] for some in shared]


def _shared(con: duckdb.DuckDBPyConnection, asked: Sequence[Asked]) -> list[list[int]]:
    """For each text the documents that share enough keys with it, most first."""
    every = sorted({key for one in asked for key in one.keys})
    if not every:
        return [[] for _ in asked]
    # Numbers written out: only so does DuckDB look each up in the index, and does not scan all.
    holders: dict[int, list[int]] = {}
    needs: dict[int, int] = {}
    for key, docs, need in con.execute(
        f"""SELECT key, min(doc, {_HOLDERS}), arg_min(need, doc, {_HOLDERS}) FROM core.fingerprints
            WHERE key IN ({",".join(map(str, every))}) GROUP BY key"""
    ).fetchall():
        holders[key] = docs
        needs.update(zip(docs, need, strict=True))
    return [likeliest(one, holders, needs) for one in asked]


def likeliest(asked: Asked, holders: Mapping[int, Sequence[int]], needs: Mapping[int, int]) -> list[int]:
    """Of those who hold some of these keys, the ones that hold enough of them, most first and not too many.

    Enough is what the one of the two asks for that asks for less (`needs`: the holders'), so that it is the same
    whichever came first.
    """
    counts: dict[int, int] = {}
    for key in asked.keys:
        for one in holders.get(key, ()):
            counts[one] = counts.get(one, 0) + 1
    likely = sorted((-count, one) for one, count in counts.items() if count >= min(asked.need, needs[one]))
    return [one for _, one in likely[:_MOST]]


def _read(con: duckdb.DuckDBPyConnection, docs: Sequence[int]) -> dict[int, Candidate]:
    # Reading one text of many takes half a millisecond so, and the whole column in any other way.
    versions = rows_by(con, "doc, article_id, title, text", "core.article_versions", "doc", docs)
    about = _about(con, [row[1] for row in versions])
    found = {}
    for doc, article_id, title, text in versions:
        if article_id in about:
            story_id, newest, kind, url = about[article_id]
            found[doc] = Candidate(article_id, story_id, wording(title, text, kind, url), doc == newest)
    return found


def wordings_of(con: duckdb.DuckDBPyConnection, article_ids: Sequence[str]) -> dict[str, Wording]:
    """The wordings of these articles in their newest versions."""
    docs = [newest for _, newest, _, _ in _about(con, article_ids).values()]
    return {one.article_id: one.words for one in _read(con, docs).values()}


def _about(con: duckdb.DuckDBPyConnection, article_ids: Sequence[str]) -> dict[str, tuple[str, int, str, str]]:
    """(story, document of the newest version, kind, url) of each of these articles that is stored."""
    rows = rows_by(con, "article_id, story_id, doc, kind, url", "core.articles", "article_id", article_ids)
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}


# -- keeping the index ------------------------------------------------------------------------------------------------


def next_doc(con: duckdb.DuckDBPyConnection) -> int:
    """The number of the next version that is stored. No number comes twice: the search index may name one that is gone."""
    number: int = con.execute(
        """SELECT 1 + greatest(coalesce((SELECT max(doc) FROM core.article_versions), 0),
                               coalesce((SELECT max(last_doc) FROM core.search_segments), 0))"""
    ).fetchall()[0][0]
    return number


def add_keys(wh: Warehouse, documents: Sequence[tuple[int, Asked]]) -> None:
    """Take the keys of these documents into the index, inside the caller's transaction."""
    keys = [key for _, one in documents for key in one.keys]
    if keys:
        docs = [doc for doc, one in documents for _ in one.keys]
        needs = [one.need for _, one in documents for _ in one.keys]
        wh.insert(
            "INSERT INTO core.fingerprints BY NAME FROM incoming",
            pa.table(
                {
                    "key": pa.array(keys, pa.uint32()),
                    "doc": pa.array(docs, pa.int32()),
                    "need": pa.array(needs, pa.uint8()),
                }
            ),
        )
