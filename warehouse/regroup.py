"""After an upgrade: every stored text is taken into the index of fingerprints and grouped, as loading does today.

Files of schema 3 and before know no near-duplicates: what loading would make one story stands there as several. So the
texts are walked in the order in which they came, each placed among those before it, as if they were loaded now; no
alert is raised by it. The same when texts are given other keys (likely.KEYS), which makes the index anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

import duckdb

from warehouse.likely import KEYS, Asked, add_keys, next_doc
from warehouse.lookup import rows_by
from warehouse.migrate import change_setting
from warehouse.same import Wording, wording
from warehouse.store import Warehouse
from warehouse.stories import Grouping, settle_stories

# Settings: KEYS when all is done; KEYS:n, the last document that is.
_DONE, _REACHED = "fingerprints", "fingerprints_to"
_SLICE = 1_000  # documents at most
_CHARS = 2_000_000  # of their texts, unless one alone has more

# Written as a condition on doc, the last part would be looked up in the index text by text, which is far
# slower than reading the column once (DuckDB 2.0.0).
_PART = """SELECT {} FROM core.article_versions
           SEMI JOIN (SELECT unnest(range(?::INTEGER, ?::INTEGER))::INTEGER AS doc) USING (doc) ORDER BY doc"""

# Not the old versions that `tanma tidy` emptied: they have no keys.
_THERE = "(v.text <> '' OR v.version = a.version)"


@dataclass(frozen=True, slots=True)
class _Text:
    """A stored version. `is_newest` of its article, whose `story_id` this is."""

    doc: int
    article_id: str
    story_id: str
    is_newest: bool
    words: Wording


def ungrouped(con: duckdb.DuckDBPyConnection) -> int:
    """How many stored texts are still to be grouped; 0 in all but the time after an upgrade."""
    reached = _reached(con)
    if reached is None:
        return 0
    number: int = con.execute(
        f"""SELECT count(*) FROM core.article_versions v JOIN core.articles a USING (article_id)
            WHERE v.doc > ? AND {_THERE}""",
        [reached],
    ).fetchall()[0][0]
    return number


def regroup(wh: Warehouse, now: datetime) -> Iterator[int]:
    """Take in and group what is still to be; yields after each slice how many texts it held.

    A slice is a transaction of its own: whoever stops in between, or is killed, leaves whole ones, and the next call
    goes on from there. Stories that turn out to be one are merged with their alerts and mutes (stories.settle_stories);
    alerts that were sent stay sent. Raises WarehouseError.
    """
    con = wh.con
    reached = _reached(con)
    if reached is None:
        return
    if reached == 0:
        with wh.bookkeeping():
            con.execute("DELETE FROM core.fingerprints")
    last = next_doc(con) - 1
    while reached < last:
        with wh.reading():
            upto, texts = _read(con, reached, last)
        with wh.transaction():
            _group(wh, texts, now)
            change_setting(con, _REACHED, f"{KEYS}:{upto}")
        reached = upto
        yield len(texts)
    with wh.bookkeeping():
        change_setting(con, _DONE, KEYS)


def _reached(con: duckdb.DuckDBPyConnection) -> int | None:
    """The last document that is taken in and grouped; None when all are."""
    settings = dict(
        con.execute("SELECT name, value FROM core.settings WHERE name IN (?, ?)", [_DONE, _REACHED]).fetchall()
    )
    if settings.get(_DONE) == KEYS:
        return None
    of, _, reached = settings.get(_REACHED, "").partition(":")
    return int(reached) if of == KEYS else 0


def _read(con: duckdb.DuckDBPyConnection, after: int, last: int) -> tuple[int, list[_Text]]:
    """The next texts, in the order of their documents, and the document up to which they are all of them."""
    upto = min(after + _SLICE, last)
    sizes = con.execute(_PART.format("doc, length(text)"), [after + 1, upto + 1]).fetchall()
    over = [doc for (doc, _), chars in zip(sizes, accumulate(size for _, size in sizes), strict=True) if chars > _CHARS]
    if over:
        upto = max(sizes[0][0], over[0] - 1)
    rows = con.execute(_PART.format("doc, article_id, title, text"), [after + 1, upto + 1]).fetchall()
    columns = "article_id, story_id, doc, kind, url"
    about = {row[0]: row[1:] for row in rows_by(con, columns, "core.articles", "article_id", [row[1] for row in rows])}
    texts = []
    for doc, article_id, title, text in rows:
        if article_id in about:
            story_id, newest, kind, url = about[article_id]
            if text or doc == newest:
                texts.append(_Text(doc, article_id, story_id, doc == newest, wording(title, text, kind, url)))
    return upto, texts


def _group(wh: Warehouse, texts: Sequence[_Text], now: datetime) -> None:
    """Place these texts among those before them and take in their keys, inside the caller's transaction."""
    asked = [Asked.of(one.words) for one in texts]
    grouping = Grouping.of(wh.con, asked, now, {one.article_id: one.story_id for one in texts})
    for at, (one, keys) in enumerate(zip(texts, asked, strict=True)):
        grouping.place(at, one.article_id, one.words, keys)
    # Relations are those of the newest versions, which may come later.
    old = {one.article_id for one in texts if not one.is_newest}
    settle_stories(
        wh,
        {one.article_id: grouping.now_is(one.story_id) for one in texts},
        {story: grouping.now_is(story) for story in grouping.merged},
        {article_id: words for article_id, words in grouping.words.items() if article_id not in old},
        now,
    )
    add_keys(wh, [(one.doc, keys) for one, keys in zip(texts, asked, strict=True)])
