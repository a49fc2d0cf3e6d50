"""What holds in every healthy warehouse: each rule a query that returns the rows which break it.

A broken rule stops no run. `tanma tidy` looks at all of them, `tanma doctor` at the quick ones, `tanma restore` at all
of them before it puts a file in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb

from sources.article import content_key

EXAMPLES = 3  # offending rows that are shown
_SLICE = 5_000  # versions of articles whose texts are looked at together
_SAMPLE = 500  # texts whose hash is computed anew

_RESTORE = "restore a backup from before it: `tanma restore FILE`"
_RESCAN = "`tanma rescan` finds them anew"
_REPORT = "nothing is lost by it; report it with these rows"


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule. `sql` returns the rows that break it, the telling column first; `{rows}` in it stands for a range of
    core.article_versions.rowid. `quick`: it costs little however large the warehouse is."""

    name: str
    sql: str
    remedy: str
    quick: bool = True


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that is broken, by how many rows, and the first of them."""

    name: str
    count: int
    examples: tuple[str, ...]
    remedy: str

    def __str__(self) -> str:
        more = ", …" if self.count > len(self.examples) else ""
        return f"{self.name}: {self.count:,} rows ({', '.join(self.examples)}{more}); {self.remedy}"


INVARIANTS: Sequence[Invariant] = (
    Invariant(
        "an article has its versions, numbered from 1 to its newest",
        """SELECT article_id FROM core.articles a FULL JOIN (
               SELECT article_id, count(*) AS n, min(version) AS first, max(version) AS last
               FROM core.article_versions GROUP BY article_id) v USING (article_id)
           WHERE a.version IS DISTINCT FROM v.n OR a.version IS DISTINCT FROM v.last OR v.first IS DISTINCT FROM 1""",
        _RESTORE,
    ),
    Invariant(
        "an article stands once",
        "SELECT article_id FROM core.articles GROUP BY article_id HAVING count(*) > 1",
        _RESTORE,
    ),
    Invariant(
        "a story has exactly one lead",
        "SELECT story_id FROM core.articles GROUP BY story_id HAVING count(*) FILTER (relation = 'lead') <> 1",
        _REPORT,
    ),
    Invariant(
        "a story is named by an article that is, or once was, stored",
        """SELECT DISTINCT story_id FROM core.articles
           WHERE story_id NOT IN (SELECT article_id FROM core.articles)
             AND story_id NOT IN (SELECT article_id FROM core.removed_articles)
             AND story_id NOT IN (SELECT story_id FROM core.removed_articles)
             AND story_id NOT IN (SELECT story_id FROM core.former_texts)""",
        _REPORT,
    ),
    Invariant(
        "a story knows its articles",
        """SELECT article_id FROM core.articles WHERE story_id <> article_id
             AND (story_id, article_id) NOT IN (SELECT (story_id, article_id) FROM core.story_members)
           UNION SELECT article_id FROM core.story_members
           WHERE (story_id, article_id) NOT IN (SELECT (story_id, article_id) FROM core.articles)""",
        _REPORT,
    ),
    Invariant(
        "a fingerprint is of a version that is stored",
        "SELECT DISTINCT doc FROM core.fingerprints ANTI JOIN core.article_versions USING (doc)",
        _REPORT,
    ),
    Invariant(
        "a version has a number of its own",
        "SELECT doc FROM core.article_versions GROUP BY doc HAVING count(*) > 1",
        _REPORT,
    ),
    Invariant(
        "relations to a story are lead, same, near or part",
        "SELECT article_id FROM core.articles WHERE relation NOT IN ('lead', 'same', 'near', 'part')",
        _REPORT,
    ),
    Invariant(
        "a mention stands in the newest version of an article",
        """SELECT m.article_id FROM core.mentions m LEFT JOIN core.articles a USING (article_id)
           WHERE a.version IS DISTINCT FROM m.version""",
        _RESCAN,
    ),
    Invariant(
        "a mention has the document of its article",
        """SELECT m.article_id FROM core.mentions m JOIN core.articles a USING (article_id)
           WHERE m.doc IS DISTINCT FROM a.doc""",
        _REPORT,
    ),
    Invariant(
        "an article counts each of its names once",
        """SELECT doc FROM core.mentions GROUP BY doc, entity_id
           HAVING count(times) <> if(bool_or(role NOT IN ('byline', 'chrome')), 1, 0)
               OR coalesce(sum(times), 0) <> count(*) FILTER (role NOT IN ('byline', 'chrome'))""",
        _REPORT,
        quick=False,
    ),
    Invariant(
        "a mention is of a known name",
        "SELECT DISTINCT entity_id FROM core.mentions WHERE entity_id NOT IN (SELECT entity_id FROM core.entities)",
        _RESCAN,
    ),
    Invariant(
        "the text has a mention where it says it stands",
        """SELECT m.article_id FROM core.mentions m
           JOIN core.articles a ON a.article_id = m.article_id AND a.version = m.version
           JOIN core.article_versions v ON v.article_id = m.article_id AND v.version = m.version
           WHERE {rows} AND m.start_char IS NOT NULL AND (
               m.end_char IS NULL OR m.start_char < 0
               OR substring(v.text, m.start_char + 1, m.end_char - m.start_char) <> m.surface)""",
        _RESCAN,
        quick=False,
    ),
    Invariant(
        "an article counts the characters of its text, under its title",
        """SELECT a.article_id FROM core.articles a
           JOIN core.article_versions v ON v.article_id = a.article_id AND v.version = a.version
           WHERE {rows} AND (a.chars <> length(v.text) OR a.title <> v.title OR a.content_hash <> v.content_hash)""",
        _REPORT,
        quick=False,
    ),
    Invariant(
        "there is one alert per story, name, rule and channel",
        """SELECT story_id FROM core.alerts GROUP BY story_id, entity_id, rule, channel HAVING count(*) > 1""",
        _RESTORE,
    ),
    Invariant(
        "an alert waits, is on its way, or is settled",
        """SELECT alert_id FROM core.alerts WHERE CASE status
               WHEN 'pending' THEN next_attempt_at IS NULL
               WHEN 'sending' THEN false
               WHEN 'sent' THEN sent_at IS NULL
               WHEN 'failed' THEN next_attempt_at IS NOT NULL
               WHEN 'suppressed' THEN reason IS NULL OR next_attempt_at IS NOT NULL
               ELSE true END""",
        "`tanma alerts retry` puts failed ones right; else report it with these rows",
    ),
    Invariant(
        "an alert is of a known name",
        "SELECT alert_id FROM core.alerts WHERE entity_id NOT IN (SELECT entity_id FROM core.entities)",
        _REPORT,
    ),
    Invariant(
        "what was read is stored, or was let go",
        """SELECT f.article_id FROM core.frontier f
           WHERE f.state = 'stored'
             AND coalesce(f.resolved_id, f.article_id) NOT IN (SELECT article_id FROM core.articles)
             AND coalesce(f.resolved_id, f.article_id) NOT IN (SELECT article_id FROM core.removed_articles)""",
        "the next change in its list, or `tanma import` of its page, brings it",
    ),
    Invariant(
        "what a list showed is in the frontier",
        "SELECT article_id FROM core.sightings s ANTI JOIN core.frontier f USING (source, article_id)",
        _REPORT,
    ),
    Invariant(
        "the publication is counted in one row",
        "SELECT changes FROM (SELECT count(*) AS n, max(changes) AS changes FROM core.publication) WHERE n <> 1",
        _RESTORE,
    ),
    Invariant(
        "the settings are there",
        """SELECT name FROM (VALUES ('timezone'), ('views')) s(name)
           WHERE name NOT IN (SELECT name FROM core.settings)""",
        "the next run writes them",
    ),
)


def violations(con: duckdb.DuckDBPyConnection, which: Literal["quick", "all"]) -> Iterator[Violation]:
    """The rules that are broken. Texts are looked at in slices, so that memory stays flat. Changes nothing.

    Raises duckdb.Error when the file cannot be read to its end.
    """
    for one in INVARIANTS:
        if one.quick or which == "all":
            found = _offending(con, one)
            if found:
                yield Violation(one.name, len(found), _shown(found), one.remedy)
    if which == "all" and (wrong := _wrong_hashes(con)):
        name = "a version's hash is that of its text (a sample is looked at)"
        yield Violation(name, len(wrong), _shown(wrong), _RESTORE)


def _offending(con: duckdb.DuckDBPyConnection, one: Invariant) -> list[object]:
    if "{rows}" not in one.sql:
        return [row[0] for row in con.execute(one.sql).fetchall()]
    found: list[object] = []
    for first, last in con.execute(
        f"""SELECT min(place), max(place) FROM (
                SELECT rowid AS place, row_number() OVER (ORDER BY rowid) AS n FROM core.article_versions)
            GROUP BY (n - 1) // {_SLICE} ORDER BY 1"""
    ).fetchall():
        rows = f"v.rowid BETWEEN {first} AND {last}"
        found += [row[0] for row in con.execute(one.sql.format(rows=rows)).fetchall()]
    return found


def _wrong_hashes(con: duckdb.DuckDBPyConnection) -> list[object]:
    """The sample is spread evenly over all versions; old ones whose texts were let go are left out."""
    texts = con.execute(
        f"""SELECT v.article_id, v.text, v.content_hash
            FROM core.article_versions v JOIN core.articles a USING (article_id)
            WHERE v.rowid IN (
                      SELECT place FROM (SELECT rowid AS place, row_number() OVER (ORDER BY rowid) - 1 AS n,
                                                count(*) OVER () AS total FROM core.article_versions)
                      WHERE n % greatest(1, total // {_SAMPLE}) = 0)
              AND (v.version = a.version OR v.text <> '')"""
    ).fetchall()
    return [article_id for article_id, text, content_hash in texts if content_key(text) != content_hash]


def _shown(found: Sequence[object]) -> tuple[str, ...]:
    return tuple(str(one) for one in found[:EXAMPLES])
