"""What an incoming article becomes: a new article, another version of one, or nothing new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import duckdb

from sources.article import Article, content_key
from warehouse.scan.findings import Mention
from warehouse.stories import known_stories, sizes, story_key

Status = Literal["stored", "updated", "unchanged", "duplicate", "failed"]


@dataclass(frozen=True, slots=True)
class Held:
    """What the warehouse holds of an article, this batch so far included."""

    version: int
    title: str
    content_hash: str
    kind: str
    story_id: str
    relation: str
    first_seen_at: datetime
    chars: int


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to be written of one incoming article, and what stands there then. `left` is the story it leaves."""

    article: Article
    status: Status
    held: Held
    reason: str = ""
    key: str | None = None
    left: str = ""
    mentions: tuple[Mention, ...] = ()


def plan_versions(
    con: duckdb.DuckDBPyConnection, articles: Sequence[Article], now: datetime, from_files: Sequence[bool]
) -> Iterator[Planned]:
    """Decide item by item, each seeing what those before it will have written.

    `from_files`: which of them no list named just now. A file that is imported again may hold an old version of an
    article, or several: what was stored once is no new version.
    """
    contents = [content_key(article.text) for article in articles]
    keys = [story_key(article, content) for article, content in zip(articles, contents, strict=True)]
    held = _held(con, [article.article_id for article in articles])
    stories = known_stories(con, {key for key in keys if key})
    members = sizes(con, {one.story_id for one in held.values()} | set(stories.values()))
    written = _written(
        con, [article.article_id for article, from_file in zip(articles, from_files, strict=True) if from_file]
    )
    for article, key, content, from_file in zip(articles, keys, contents, from_files, strict=True):
        version = (article.article_id, article.title, content)
        if from_file and version in written and article.article_id in held:
            reason = "already stored with the same title and text"
            yield Planned(article, "unchanged", held[article.article_id], reason)
            continue
        before = held.get(article.article_id)
        same = stories.get(key) if key else None
        kept = before and _kept(before, article, content)
        if before and kept:
            yield Planned(article, "unchanged", before, kept)
            continue
        if before is None:
            story, relation, left = same or article.article_id, "same" if same else "lead", ""
            status: Status = "duplicate" if same else "stored"
            reason = f"same text as in story {same}" if same else ""
            members[story] = members.get(story, 0) + 1
        else:
            status, reason = "updated", f"version {before.version + 1}"
            story, relation, left = before.story_id, before.relation, ""
            if same and same != story and members[story] == 1:
                # It stood alone, as a partial text does, and now its text is known from another story.
                story, relation, left = same, "same", story
                members[same] += 1
                stories = {known: same if of == left else of for known, of in stories.items()}
        held[article.article_id] = after = Held(
            before.version + 1 if before else 1,
            article.title,
            content,
            article.kind,
            story,
            relation,
            before.first_seen_at if before else now,
            len(article.text),
        )
        if key:
            stories.setdefault(key, story)
        written.add(version)
        yield Planned(article, status, after, reason, key, left)


def _kept(before: Held, article: Article, content: str) -> str:
    """Why the stored version stands; empty when the incoming one follows it."""
    if article.kind == "partial" and before.kind != "partial":
        return "the whole text is stored already"
    if article.kind != "partial" and before.kind == "partial":
        return ""
    if before.kind == "transcript" and article.kind != "transcript" and len(article.text) < before.chars:
        return "its transcript is stored already"
    if article.kind == "partial" and len(article.text) < before.chars:
        return "more of the text is stored already"  # of a page, when the list's summary comes once more
    same = (before.title, before.content_hash) == (article.title, content)
    return "already stored with the same title and text" if same else ""


def _written(con: duckdb.DuckDBPyConnection, article_ids: Sequence[str]) -> set[tuple[str, str, str]]:
    """(article, title, hash of the text) of every version that is stored."""
    rows = con.execute(
        """SELECT article_id, title, content_hash FROM core.article_versions
           WHERE article_id IN (SELECT unnest(?::TEXT[]))""",
        [list(article_ids)],
    ).fetchall()
    return {(row[0], row[1], row[2]) for row in rows}


def _held(con: duckdb.DuckDBPyConnection, article_ids: Sequence[str]) -> dict[str, Held]:
    rows = con.execute(
        """SELECT article_id, version, title, content_hash, kind, story_id, relation, first_seen_at, chars
           FROM core.articles WHERE article_id IN (SELECT unnest(?::TEXT[]))""",
        [list(article_ids)],
    ).fetchall()
    return {row[0]: Held(*row[1:]) for row in rows}
