"""Letting articles go, so that they stay known: none of them is ever stored or alerted again as if it were new.

Their texts, versions and mentions go. Their alerts stay, and their rows in the frontier, which say that they were read;
core.removed_articles says which they were, core.former_texts whose story their texts were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Literal

import pyarrow as pa

from sources.article import ArticleRef
from warehouse.former import remember_texts
from warehouse.store import Warehouse
from warehouse.stories import members, settle_stories

# Every table of core with a column article_id: whether its rows go with the article. A test holds this list whole.
# In the order in which they are deleted: articles last, whose rows the others are found by.
GOES_OR_STAYS: Mapping[str, Literal["goes", "stays"]] = MappingProxyType(
    {
        "mentions": "goes",
        "story_members": "goes",
        "article_versions": "goes",
        "articles": "goes",
        "alerts": "stays",  # one alert per story, entity, rule and channel, for ever
        "frontier": "stays",  # it was read
        "sightings": "stays",  # what its lists showed of it
        "removed_articles": "stays",
    }
)


def remove_articles(wh: Warehouse, article_ids: Sequence[str], now: datetime) -> None:
    """Let these articles go, inside the caller's transaction. Their stories get another lead, or have no article left."""
    con = wh.con
    con.execute("CREATE OR REPLACE TEMP TABLE removing AS SELECT unnest(?::TEXT[]) AS article_id", [list(article_ids)])
    stories = con.execute("SELECT DISTINCT story_id FROM core.articles JOIN removing USING (article_id)").fetchall()
    con.execute(
        """INSERT OR REPLACE INTO core.removed_articles BY NAME
           SELECT article_id, story_id, version, first_seen_at, ? AS removed_at
           FROM core.articles JOIN removing USING (article_id)""",
        [now],
    )
    remember_texts(con, "a.article_id IN (FROM removing)")
    con.execute("UPDATE core.frontier SET recheck_at = NULL WHERE coalesce(resolved_id, article_id) IN (FROM removing)")
    con.execute(
        """UPDATE core.frontier SET state = 'stored', next_attempt_at = NULL, backlog = false, error = NULL
           WHERE coalesce(resolved_id, article_id) IN (FROM removing) AND next_attempt_at IS NOT NULL"""
    )
    forget_texts(wh, "coalesce(resolved_id, article_id) IN (FROM removing)", [])
    con.execute(
        """DELETE FROM core.fingerprints WHERE doc IN (
               SELECT doc FROM core.article_versions WHERE article_id IN (FROM removing))"""
    )
    for table, what in GOES_OR_STAYS.items():
        if what == "goes":
            con.execute(f"DELETE FROM core.{table} WHERE article_id IN (FROM removing)")
    con.execute("DROP TABLE removing")
    _settle(wh, [row[0] for row in stories], now)


def _settle(wh: Warehouse, stories: Sequence[str], now: datetime) -> None:
    """Give what is left of these stories a lead."""
    left = members(wh.con, stories)
    settle_stories(wh, {one: story for story, ones in left.items() for one in ones}, {}, {}, now)
    wh.con.execute(
        "UPDATE core.articles SET relation = 'lead' WHERE relation <> 'lead' AND article_id IN (SELECT unnest(?::TEXT[]))",
        [[ones[0] for ones in left.values() if len(ones) == 1]],
    )


def forget_texts(wh: Warehouse, which: str, given: Sequence[object]) -> int:
    """Take the texts out of what lists said of these articles (a condition on core.frontier), inside the caller's
    transaction: how many had one. All else that lists said stays."""
    rows = wh.con.execute(
        f"SELECT source, article_id, ref FROM core.frontier WHERE json_type(ref, '$.article') = 'OBJECT' AND {which}",
        list(given),
    ).fetchall()
    slim = [
        {"source": source, "article_id": article_id, "ref": replace(ArticleRef.from_json(ref), article=None).to_json()}
        for source, article_id, ref in rows
    ]
    if slim:
        wh.insert(
            """UPDATE core.frontier AS f SET ref = i.ref FROM incoming i
               WHERE f.source = i.source AND f.article_id = i.article_id""",
            pa.Table.from_pylist(slim, _REFS),
        )
    return len(slim)


_REFS = pa.schema({"source": pa.string(), "article_id": pa.string(), "ref": pa.string()})
