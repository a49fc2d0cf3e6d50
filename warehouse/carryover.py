"""What a restored file learns from the file that it replaces: what was told since, and what is known of what went."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import duckdb

from sources.errors import WarehouseError
from warehouse.connection import connect, quoted, translated, wal_of
from warehouse.former import remember_texts

SAME_STORY = (
    "same story as "  # how the reason begins of an alert that says what another one says (stories.carry_alerts)
)


def carry_over(old: Path, new: Path, noted: Mapping[str, datetime]) -> int:
    """What became of alerts since the backup was made, and the mutes: how many alerts differ in the new file now.

    An alert is the same by its id, whose story may have been merged or renamed since, or by its story, name, rule and
    channel. `noted`: alerts that a channel accepted while the warehouse could not say so yet (receipts.noted).

    Alerts that the new file does not know come too when they are settled: their articles will come again. Of those
    articles' texts it is kept whose story they were, whoever of the story comes first this time; and articles that
    were let go since stay known. The old file may be of an older schema. Raises WarehouseError.
    """
    try:
        with connect(new) as con:
            con.execute(f"ATTACH {quoted(old)} AS old (READ_ONLY)")
            con.begin()
            _look(con, noted)
            _carry_what_went(con)
            changed = _carry_alerts(con)
            con.commit()
            con.execute("DETACH old")
            con.execute("CHECKPOINT")
    except duckdb.Error as error:
        raise translated(error, new) from error
    if wal_of(new).exists():
        raise WarehouseError(f"{new}: not all of it could be written down; nothing was changed; run it again")
    return changed


def _look(con: duckdb.DuckDBPyConnection, noted: Mapping[str, datetime]) -> None:
    """Make the tables that the rest goes by: `renamed`, the old file's names of stories that have another one in the
    new file; `settled`, the old file's alerts whose end is known, under the new file's names."""
    con.execute(
        """CREATE TEMP TABLE noted AS SELECT unnest(?::TEXT[]) AS alert_id, unnest(?::TIMESTAMPTZ[]) AS at""",
        [list(noted), list(noted.values())],
    )
    con.execute("CREATE TEMP TABLE merged (story_id TEXT, merged_in TEXT)")
    if _has(con, "merged_stories"):
        con.execute("INSERT INTO merged SELECT story_id, merged_in FROM old.core.merged_stories")
    con.execute(
        """CREATE TEMP TABLE renamed AS SELECT merged_in AS there, min(story_id) AS here FROM merged
           WHERE story_id IN (SELECT story_id FROM core.articles)
             AND merged_in NOT IN (SELECT story_id FROM core.articles) GROUP BY merged_in"""
    )
    # Suppressed because another alert said the same, which was not sent and is not in the new file: not settled.
    con.execute(
        f"""CREATE TEMP TABLE unsaid AS
            SELECT o.alert_id FROM (SELECT *, substring(reason, {len(SAME_STORY) + 1}) AS other FROM old.core.alerts) o
            LEFT JOIN merged m ON m.story_id = o.other
            LEFT JOIN old.core.alerts b
                 ON b.entity_id = o.entity_id AND b.rule = o.rule AND b.channel = o.channel AND b.alert_id <> o.alert_id
                AND (b.story_id = o.other OR b.story_id = m.merged_in)
                AND (b.status = 'sent' OR b.alert_id IN (SELECT alert_id FROM core.alerts))
            WHERE o.status = 'suppressed' AND starts_with(o.reason, '{SAME_STORY}') AND b.alert_id IS NULL"""
    )
    con.execute(
        """CREATE TEMP TABLE settled AS
           SELECT o.* REPLACE (coalesce(r.here, o.story_id) AS story_id)
           FROM old.core.alerts o LEFT JOIN renamed r ON r.there = o.story_id
           WHERE o.status IN ('sent', 'failed', 'suppressed') AND o.alert_id NOT IN (FROM unsaid)
           UNION ALL BY NAME
           SELECT o.* REPLACE (coalesce(r.here, o.story_id) AS story_id, 'sent' AS status, n.at AS sent_at,
                               NULL AS next_attempt_at, NULL AS last_error)
           FROM old.core.alerts o JOIN noted n USING (alert_id) LEFT JOIN renamed r ON r.there = o.story_id
           WHERE o.status IN ('pending', 'sending')"""
    )


def _carry_what_went(con: duckdb.DuckDBPyConnection) -> None:
    """Texts and articles that the new file does not hold; what it holds itself counts for more."""
    gone = "content_hash NOT IN (SELECT content_hash FROM core.article_versions)"
    if _has(con, "former_texts"):
        con.execute(f"INSERT OR IGNORE INTO core.former_texts BY NAME SELECT * FROM old.core.former_texts WHERE {gone}")
    remember_texts(con, f"a.story_id IN (SELECT story_id FROM old.core.alerts) AND v.{gone}", of="old.core")
    con.execute("UPDATE core.former_texts AS f SET story_id = r.here FROM renamed r WHERE f.story_id = r.there")
    if _has(con, "removed_articles"):
        con.execute(
            """INSERT OR IGNORE INTO core.removed_articles BY NAME
               SELECT o.* REPLACE (coalesce(r.here, o.story_id) AS story_id)
               FROM old.core.removed_articles o LEFT JOIN renamed r ON r.there = o.story_id
               WHERE o.article_id NOT IN (SELECT article_id FROM core.articles)"""
        )
    if _has(con, "merged_stories"):  # but those that are two in the new file
        con.execute(
            """INSERT OR IGNORE INTO core.merged_stories BY NAME
               SELECT o.* REPLACE (coalesce(r.here, o.merged_in) AS merged_in)
               FROM old.core.merged_stories o LEFT JOIN renamed r ON r.there = o.merged_in
               WHERE o.story_id NOT IN (SELECT story_id FROM core.articles)"""
        )
        con.execute(
            """UPDATE core.merged_stories AS m SET merged_in = n.merged_in
               FROM core.merged_stories n WHERE n.story_id = m.merged_in"""
        )


def _carry_alerts(con: duckdb.DuckDBPyConnection) -> int:
    con.execute(
        """INSERT INTO core.entities BY NAME
           SELECT * FROM old.core.entities e WHERE entity_id IN (SELECT entity_id FROM old.core.alerts)
             AND entity_id NOT IN (SELECT entity_id FROM core.entities)"""
    )
    # Two of the old may be one of the new: what was sent counts for more.
    changed: int = con.execute(
        """UPDATE core.alerts AS a SET status = s.status, reason = s.reason, attempts = s.attempts,
                  next_attempt_at = s.next_attempt_at, sent_at = s.sent_at, last_error = s.last_error
           FROM (SELECT id, s.* FROM (
                     SELECT a.alert_id AS id, a.status AS was, s.* FROM core.alerts a JOIN settled s USING (alert_id)
                     UNION ALL BY NAME
                     SELECT a.alert_id AS id, a.status AS was, s.*
                     FROM core.alerts a JOIN settled s USING (story_id, entity_id, rule, channel)) s
                 WHERE status <> was AND (status = 'sent' OR was IN ('pending', 'sending'))
                 QUALIFY row_number() OVER (PARTITION BY id ORDER BY status <> 'sent', alert_id <> id) = 1) s
           WHERE a.alert_id = s.id"""
    ).fetchall()[0][0]
    added: int = con.execute(
        """INSERT INTO core.alerts BY NAME
           SELECT * FROM settled
           WHERE (story_id, entity_id, rule, channel) NOT IN (
                 SELECT (story_id, entity_id, rule, channel) FROM core.alerts)
             AND alert_id NOT IN (SELECT alert_id FROM core.alerts)
           QUALIFY row_number() OVER (
               PARTITION BY story_id, entity_id, rule, channel ORDER BY status <> 'sent', alert_id) = 1"""
    ).fetchall()[0][0]
    con.execute(
        """INSERT INTO core.mutes BY NAME
           SELECT m.entity_id, coalesce(r.here, m.story_id) AS story_id, m.until, m.created_at, m.reason
           FROM old.core.mutes m LEFT JOIN renamed r ON r.there = m.story_id EXCEPT
           SELECT entity_id, story_id, until, created_at, reason FROM core.mutes"""
    )
    return changed + added


def _has(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether the old file has the table, which an older schema has not."""
    return bool(
        con.execute(
            "SELECT 1 FROM duckdb_tables() WHERE database_name = 'old' AND schema_name = 'core' AND table_name = ?",
            [table],
        ).fetchall()
    )
