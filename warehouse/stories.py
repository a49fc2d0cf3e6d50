"""Which articles tell the same thing. A story is named by the article_id of the article that came to us first; its lead
is the one published first, whatever the order of arrival.

Only exact keys so far: equal text, width, case, spaces and punctuation aside. Articles are grouped, never deleted.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from sources.article import Article, content_key

# Letters and digits below which equal texts prove nothing: 详情请看视频, 本文已删除.
MIN_LETTERS = 40


def story_key(article: Article, content_hash: str) -> str | None:
    """Equal for articles of one story; None for a text too short to tell. `content_hash` is content_key(article.text).

    A short newsflash counts with its title, which for newsflashes says most of it.
    """
    if _has_letters(article.text, MIN_LETTERS):
        return content_hash
    if article.kind == "newsflash" and article.text and _has_letters(article.title + article.text, MIN_LETTERS // 2):
        return content_key(f"{article.title}\n{article.text}")
    return None


def known_stories(con: duckdb.DuckDBPyConnection, keys: Collection[str]) -> dict[str, str]:
    """The stories in which a text with one of these keys stands, in whatever version of an article; key → story_id."""
    return dict(
        con.execute(
            """SELECT v.story_key, arg_min(a.story_id, (v.seen_at, v.article_id))
               FROM core.article_versions v JOIN core.articles a USING (article_id)
               WHERE v.story_key IN (SELECT unnest(?::TEXT[])) GROUP BY v.story_key""",
            [list(keys)],
        ).fetchall()
    )


def sizes(con: duckdb.DuckDBPyConnection, story_ids: Collection[str]) -> dict[str, int]:
    """How many articles each of these stories has."""
    return dict(
        con.execute(
            """SELECT story_id, count(*) FROM core.articles WHERE story_id IN (SELECT unnest(?::TEXT[]))
               GROUP BY story_id""",
            [list(story_ids)],
        ).fetchall()
    )


def elect_leads(con: duckdb.DuckDBPyConnection, story_ids: Collection[str]) -> None:
    """Make the earliest published article of each of these stories its lead, inside the caller's transaction.

    Articles without a time come last, then the one seen first counts. Writes only what differs.
    """
    con.execute(
        """UPDATE core.articles AS a SET relation = CASE WHEN a.article_id = l.lead THEN 'lead' ELSE 'same' END
           FROM (SELECT story_id, arg_min(article_id, (coalesce(published_at, 'infinity'), first_seen_at, article_id)) AS lead
                 FROM core.articles WHERE story_id IN (SELECT unnest(?::TEXT[])) GROUP BY story_id) l
           WHERE a.story_id = l.story_id AND (a.relation = 'lead') <> (a.article_id = l.lead)""",
        [list(story_ids)],
    )


def carry_alerts(con: duckdb.DuckDBPyConnection, old: str, new: str) -> None:
    """The only article of story `old` turned out to belong to `new`: its alerts go with it, inside the caller's
    transaction. Where `new` has that alert already, a waiting one is suppressed, for it would say the same again."""
    con.execute(
        """UPDATE core.alerts AS a SET story_id = $new
           WHERE story_id = $old AND NOT EXISTS (
               SELECT 1 FROM core.alerts b WHERE b.story_id = $new AND b.entity_id = a.entity_id
                                             AND b.rule = a.rule AND b.channel = a.channel)""",
        {"old": old, "new": new},
    )
    con.execute(
        """UPDATE core.alerts SET status = 'suppressed', next_attempt_at = NULL, reason = 'same story as ' || $new
           WHERE story_id = $old AND status = 'pending'""",
        {"old": old, "new": new},
    )


def rename_article(con: duckdb.DuckDBPyConnection, old: str, new: str) -> None:
    """What is stored as `old` turned out to be article `new`, inside the caller's transaction: it becomes `new` with
    its versions, mentions and alerts, and so does the story that it names.

    When `new` is stored already, `old` joins its story, unless a story of several articles would be torn apart.
    """
    story = dict(
        con.execute("SELECT article_id, story_id FROM core.articles WHERE article_id IN (?, ?)", [old, new]).fetchall()
    )
    if new not in story:
        for table in ("articles", "article_versions", "mentions", "alerts"):
            con.execute(f"UPDATE core.{table} SET article_id = ? WHERE article_id = ?", [new, old])
        _rename_story(con, old, new)
    elif story[old] != story[new] and sizes(con, [story[old]])[story[old]] == 1:
        _rename_story(con, story[old], story[new])
        elect_leads(con, [story[new]])


def _rename_story(con: duckdb.DuckDBPyConnection, old: str, new: str) -> None:
    for table in ("articles", "mutes"):
        con.execute(f"UPDATE core.{table} SET story_id = ? WHERE story_id = ?", [new, old])
    carry_alerts(con, old, new)


def _has_letters(text: str, least: int) -> bool:
    count = 0
    for character in text:
        count += character.isalnum()
        if count >= least:
            return True
    return False
