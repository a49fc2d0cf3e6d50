"""A warehouse as a Tanma of schema 3 left it, which knew no near-duplicates: every text is a story of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from story_pairs import pairs

from sources.article import content_key
from warehouse.migrate import migrations

BEGUN = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
TEXTS = {one.name: one for pair in pairs() for one in (pair.other, pair.text)}
WHO = "person:蓝玉梅"

# An article_id, how many minutes after BEGUN it was published, and the texts of its versions.
Row = tuple[str, int | None, Sequence[str]]
# In the order in which they came, a minute apart.
STORED: Sequence[Row] = (
    ("s:third", 40, ["cold/third"]),
    ("s:tea", None, ["tea"]),
    ("s:flash", 2, ["flash/mine"]),
    ("s:cold", 10, ["cold"]),
    ("s:other", 3, ["flash/mine/other"]),  # another newsflash of one template
    ("s:edited", 60, ["law", "report"]),  # an article that became another text
    ("s:wechat", 20, ["cold/wechat"]),
    ("s:post", 70, ["tea/post"]),
    ("s:law", 80, ["law"]),
)
# Written by hand from what the texts are (tests/warehouse/same/pairs): story → how its articles stand to its lead.
EXPECTED: Mapping[str, Mapping[str, str]] = {
    "s:third": {"s:third": "part", "s:cold": "lead", "s:wechat": "same"},
    "s:tea": {"s:tea": "near", "s:post": "lead"},
    "s:flash": {"s:flash": "lead"},
    "s:other": {"s:other": "lead"},
    "s:edited": {"s:edited": "lead", "s:law": "near"},
}
MERGED = [("s:cold", "s:third"), ("s:law", "s:edited"), ("s:post", "s:tea"), ("s:wechat", "s:third")]


def write(folder: Path, alerts: Mapping[str, str] | None = None, stored: Sequence[Row] = STORED) -> None:
    """Into an empty folder. `alerts`: article → the status of the alert that it gave for WHO."""
    (folder / "work").mkdir(parents=True)
    with duckdb.connect(folder / "work" / "tanma.duckdb") as con:
        con.execute("SET TimeZone = 'UTC'")
        for step in migrations()[:3]:
            con.execute(step.sql)
            con.execute("INSERT INTO core.schema_version VALUES (?, ?, ?)", [step.version, step.name, BEGUN])
        con.execute(
            """INSERT INTO core.entities BY NAME
               SELECT ? AS entity_id, 'person' AS kind, '蓝玉梅' AS name, [] AS aliases, [] AS groups, [] AS context,
                      [] AS never, true AS active, ? AS updated_at""",
            [WHO, BEGUN],
        )
        for number, (article_id, minutes, names) in enumerate(stored):
            seen = BEGUN + timedelta(minutes=number)
            published = None if minutes is None else BEGUN + timedelta(minutes=minutes)
            for version, name in enumerate(names, 1):
                one = TEXTS[name]
                con.execute(
                    "INSERT INTO core.article_versions VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [article_id, version, seen, one.title, one.body, content_key(one.body), article_id],
                )
            con.execute(
                """INSERT INTO core.articles BY NAME
                   SELECT ? AS article_id, 's' AS source, '某报' AS outlet, ? AS kind, 'https://e.com/' || ? AS url,
                          ? AS title, [] AS authors, ?::TIMESTAMPTZ AS published_at, 'minute' AS published_precision,
                          ? AS first_seen_at, ? AS updated_at, ? AS chars, 'zh' AS language, '' AS byline, '' AS chrome,
                          ? AS story_id, 'lead' AS relation, ? AS version, ? AS content_hash""",
                [article_id, one.kind, article_id, one.title, published, seen, seen, len(one.body), article_id,
                 len(names), content_key(one.body)],
            )  # fmt: skip
            if status := (alerts or {}).get(article_id):
                con.execute(
                    """INSERT INTO core.alerts BY NAME
                       SELECT 'alert of ' || ? AS alert_id, ? AS created_at, ? AS entity_id, ? AS story_id,
                              ? AS article_id, 1 AS version, 'all' AS rule, 'desk' AS channel, ? AS status,
                              0 AS attempts, CASE WHEN ? = 'pending' THEN ?::TIMESTAMPTZ END AS next_attempt_at,
                              CASE WHEN ? = 'sent' THEN ?::TIMESTAMPTZ END AS sent_at""",
                    [article_id, seen, WHO, article_id, article_id, status, status, seen, status, seen],
                )
