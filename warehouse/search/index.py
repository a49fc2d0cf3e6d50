"""Keeping the search index: what was loaded since last time is taken in, in slices, and small segments become large ones.

A segment holds every gram of the documents of one stretch and is never changed. Eight neighbours of one size are merged
into one of the next size, up to about 131,072 documents; those stay for good. So a document is written a few times in
all, however large the warehouse grows, and a search looks into few segments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import pyarrow as pa

from warehouse.migrate import change_setting
from warehouse.search.grams import GRAM_BITS, grams_of
from warehouse.search.pages import Entries, Ints, changes, pack, unpack
from warehouse.store import Warehouse

# Which occurrences a row of core.search_pages is about: it stands above the gram.
ANYWHERE, TITLE, OFTEN = range(3)  # in title or text · in the title · at least OFTEN_TIMES in both together
OFTEN_TIMES = 3
FORMAT = "1"  # of the index; another one makes it anew

_SLICE = 2_048  # documents of a slice at most: their numbers take _SLICE_BITS
_SLICE_BITS = 11
_SLICE_CHARS = 6_000_000  # characters of a slice, unless one document alone has more
_BATCH = 256  # texts that are taken apart at once: more is slower
_FAN = 8
_SIZES = (32, 256, 2_048, 16_384, 131_072)  # a segment of fewer documents than the n-th is of level n
_MERGED_PAGES = 512  # that are merged at once


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of documents in the index."""

    number: int
    first_doc: int
    last_doc: int

    @property
    def level(self) -> int:
        """0 is smallest; len(_SIZES) is never merged again."""
        size = self.last_doc - self.first_doc + 1
        return sum(size >= limit for limit in _SIZES)


def segments(con: duckdb.DuckDBPyConnection) -> list[Segment]:
    """All of them, in the order of their documents."""
    rows = con.execute("SELECT segment, first_doc, last_doc FROM core.search_segments ORDER BY first_doc").fetchall()
    return [Segment(*row) for row in rows]


def index_new(wh: Warehouse, tell: Callable[[int, int], None] = lambda steps, total: None) -> int:
    """Take in every article, in its newest version, that was loaded since the last call; how many these were.

    Each slice is a transaction of its own, so what stops it half-way loses nothing: the next call goes on. `tell` hears
    how many articles were taken in just now (0 before the first slice), and of how many. Raises WarehouseError.
    """
    if wh.con.execute("SELECT value FROM core.settings WHERE name = 'search'").fetchall() != [(FORMAT,)]:
        with wh.transaction() as con:
            con.execute("DELETE FROM core.search_pages")
            con.execute("DELETE FROM core.search_segments")
            change_setting(con, "search", FORMAT)
    docs, chars = _waiting(wh.con)
    tell(0, len(docs))
    for part in _slices(docs, chars):
        with wh.transaction() as con:
            _take_in(wh, con, part)
        while small := _to_merge(segments(wh.con)):
            with wh.transaction() as con:
                _merge(wh, con, small)
        tell(len(part), len(docs))
    return len(docs)


def _waiting(con: duckdb.DuckDBPyConnection) -> tuple[Ints, Ints]:
    """Documents that the index does not hold yet, in order, and how long their texts are."""
    # Versions that another has replaced are not looked for.
    table = con.sql(
        """SELECT v.doc, a.chars
           FROM core.article_versions v JOIN core.articles a ON a.article_id = v.article_id AND a.version = v.version
           WHERE v.doc > (SELECT coalesce(max(last_doc), -1) FROM core.search_segments)
           ORDER BY v.doc"""
    ).to_arrow_table()
    return table["doc"].to_numpy().astype(np.int64), table["chars"].to_numpy().astype(np.int64)


def _slices(docs: Ints, chars: Ints) -> Iterator[Ints]:
    first = 0
    while first < len(docs):
        sums = np.cumsum(chars[first : first + _SLICE])
        last = first + max(1, int(np.searchsorted(sums, _SLICE_CHARS, "right")))
        yield docs[first:last]
        first = last


def _take_in(wh: Warehouse, con: duckdb.DuckDBPyConnection, docs: Ints) -> None:
    rows = read_texts(con, docs)
    grams, places = _slice_entries([title for _, title, _ in rows], [text for _, _, text in rows])
    number, first = _next_number(con), int(docs[0])
    con.execute("INSERT INTO core.search_segments VALUES (?, ?, ?)", [number, first, int(docs[-1])])
    _write(wh, number, grams, (docs - first)[places])


def read_texts(con: duckdb.DuckDBPyConnection, docs: Ints) -> list[tuple[int, str, str]]:
    """(doc, title, text) of these documents in the order of their numbers."""
    # Not rows_by: by the index each text is unpacked with its neighbours, one after another. Of 500 texts anywhere among
    # 40,000 that took 13 times as long as this, of a slice a fifth longer; of 20 it is the same.
    rows: list[tuple[int, str, str]] = con.execute(
        "SELECT doc, title, text FROM core.article_versions WHERE doc IN (SELECT unnest(?::INTEGER[])) ORDER BY doc",
        [docs.tolist()],
    ).fetchall()
    return rows


def _slice_entries(titles: Sequence[str], texts: Sequence[str]) -> tuple[Ints, Ints]:
    """Every gram with its field, ascending, and the place of a document in the slice, ascending for each gram."""
    parts: list[Ints] = []
    for start in range(0, len(texts), _BATCH):
        in_texts, of_texts = grams_of(texts[start : start + _BATCH])
        in_titles, of_titles = grams_of(titles[start : start + _BATCH])
        in_texts <<= _SLICE_BITS
        in_titles <<= _SLICE_BITS
        in_texts |= of_texts + start
        in_titles |= of_titles + start
        parts += in_texts, in_titles, in_titles | TITLE << GRAM_BITS + _SLICE_BITS
    keys = np.concatenate(parts)
    keys.sort()
    heads = changes(keys)
    often = (np.diff(np.append(heads, len(keys))) >= OFTEN_TIMES) & (keys[heads] < TITLE << GRAM_BITS + _SLICE_BITS)
    keys = keys[heads]
    keys = np.concatenate([keys, keys[often] | OFTEN << GRAM_BITS + _SLICE_BITS])
    return keys >> _SLICE_BITS, keys & (1 << _SLICE_BITS) - 1


def _to_merge(known: Sequence[Segment]) -> Sequence[Segment]:
    """The newest segments, from the first of at least _FAN of one level on, when none after it is larger."""
    for level in range(len(_SIZES)):
        after = next((place for place, one in enumerate(reversed(known)) if one.level > level), len(known))
        newest = known[len(known) - after :]
        alike = [place for place, one in enumerate(newest) if one.level == level]
        if len(alike) >= _FAN:
            return newest[alike[0] :]
    return ()


def _merge(wh: Warehouse, con: duckdb.DuckDBPyConnection, small: Sequence[Segment]) -> None:
    number, first, last = _next_number(con), small[0].first_doc, small[-1].last_doc
    numbers = [one.number for one in small]
    con.execute("INSERT INTO core.search_segments VALUES (?, ?, ?)", [number, first, last])
    for low, high in _gram_ranges(con, numbers):
        parts = [entries_of(con, one, low, high) for one in small]
        grams = np.concatenate([np.repeat(part.grams, part.counts) for part in parts])
        docs = np.concatenate([part.docs for part in parts])
        order = np.argsort(grams, kind="stable")  # the segments come in the order of their documents
        _write(wh, number, grams[order], docs[order] - first)
    con.execute("DELETE FROM core.search_pages WHERE segment IN (SELECT unnest(?::INTEGER[]))", [numbers])
    con.execute("DELETE FROM core.search_segments WHERE segment IN (SELECT unnest(?::INTEGER[]))", [numbers])


def entries_of(con: duckdb.DuckDBPyConnection, segment: Segment, low: int, high: int) -> Entries:
    """What one segment says of the grams (with their field) from `low` to `high`."""
    rows = con.execute(
        """SELECT first_gram, packed FROM core.search_pages
           WHERE segment = ? AND last_gram >= ? AND first_gram <= ? ORDER BY first_gram""",
        [segment.number, low, high],
    ).fetchall()
    entries = unpack([row[0] for row in rows], [row[1] for row in rows]).within(low, high)
    return replace(entries, docs=entries.docs + segment.first_doc)


def _write(wh: Warehouse, number: int, grams: Ints, docs: Ints) -> None:
    pages = list(pack(grams, docs))
    table = pa.table(
        {
            "segment": np.full(len(pages), number, np.int32),
            "first_gram": pa.array([page.first_gram for page in pages], pa.int64()),
            "last_gram": pa.array([page.last_gram for page in pages], pa.int64()),
            "packed": pa.array([page.packed for page in pages], pa.binary()),
        }
    )
    wh.insert("INSERT INTO core.search_pages BY NAME FROM incoming", table)


def _gram_ranges(con: duckdb.DuckDBPyConnection, numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Ranges that hold all grams of these segments, about _MERGED_PAGES pages in each."""
    rows = con.execute(
        "SELECT last_gram FROM core.search_pages WHERE segment IN (SELECT unnest(?::INTEGER[])) ORDER BY 1", [numbers]
    ).fetchall()
    highs = sorted({row[0] for row in [*rows[_MERGED_PAGES - 1 :: _MERGED_PAGES], *rows[-1:]]})
    return list(zip([0, *(high + 1 for high in highs)], highs, strict=False))


def _next_number(con: duckdb.DuckDBPyConnection) -> int:
    number: int = con.execute("SELECT coalesce(max(segment), 0) + 1 FROM core.search_segments").fetchall()[0][0]
    return number
