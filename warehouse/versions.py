"""What an incoming article becomes: a new article, another version of one, or nothing new."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import duckdb

from sources.article import Article, content_key
from warehouse.changes import Written, compare
from warehouse.former import former_stories
from warehouse.likely import Asked
from warehouse.lookup import rows_by
from warehouse.same import Wording, wording
from warehouse.stories import Grouping

Status = Literal["stored", "updated", "unchanged", "duplicate", "failed"]

_NOTHING = Asked((), 1)
_ALREADY = "already stored with the same title and text"
_WORDS = {"same": "same text as", "near": "nearly the same text as", "part": "a part of", "whole": "the whole of"}


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
    text: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to be written of one incoming article, and what stands there then. `words` and `asked` are those of its
    text (warehouse/same); empty when nothing is to be written. `changed` says of a new version of a known article what it
    changed: title, text, `title, text`, or kind."""

    article: Article
    status: Status
    held: Held
    reason: str = ""
    words: Wording | None = None
    asked: Asked = _NOTHING
    changed: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A batch, item by item, and the stories that became others by it: story → what it is now. `words` are wordings
    at hand, of articles of the batch and of others; `begun` the stories that began with it."""

    items: list[Planned]
    merged: dict[str, str]
    words: dict[str, Wording]
    begun: frozenset[str]


def plan_versions(
    con: duckdb.DuckDBPyConnection,
    articles: Sequence[Article],
    now: datetime,
    from_files: Sequence[bool],
    belonged: Mapping[str, str],
    *,
    announce: Callable[[Sequence[Article]], None] = lambda articles: None,
) -> Plan:
    """Decide item by item, each seeing what those before it will have written.

    `from_files`: which of them no list named just now. A file that is imported again may hold an old version of an
    article, or several: what was stored once is no new version. `belonged`: the stories of articles that were let go.
    `announce`: told which articles will be written, as soon as that is known and before their stories are.
    """
    held = _held(con, [article.article_id for article in articles])
    written = _written(
        con, {one.article_id for one, from_file in zip(articles, from_files, strict=True) if from_file} & held.keys()
    )
    stories = {article_id: one.story_id for article_id, one in held.items()}
    contents = [content_key(article.text) for article in articles]
    former = former_stories(con, contents)
    items: list[Planned] = []
    for article, from_file, content in zip(articles, from_files, contents, strict=True):
        before = held.get(article.article_id)
        version = (article.article_id, article.title, content)
        changed = _changed(before, article) if before else ""
        kept = before and (_ALREADY if from_file and version in written else _kept(before, article, changed))
        if before and kept:
            items.append(Planned(article, "unchanged", before, kept))
            continue
        held[article.article_id] = after = Held(
            before.version + 1 if before else 1,
            article.title,
            content,
            article.kind,
            before.story_id if before else article.article_id,
            before.relation if before else "lead",
            before.first_seen_at if before else now,
            len(article.text),
            article.text,
        )
        written.add(version)
        words = wording(article.title, article.text, article.kind, article.url)
        status: Status = "updated" if before else "stored"
        reason = f"version {after.version}" if before else ""
        if before is None and (story := belonged.get(article.article_id) or former.get(content)):
            stories[article.article_id] = story
        if before is None and content in former:
            status, reason = "duplicate", f"same text as in story {former[content]}, whose articles were let go"
        items.append(Planned(article, status, after, reason, words, Asked.of(words), changed))
    announce([item.article for item in items if item.status != "unchanged"])
    return _grouped(con, items, stories, now)


def _grouped(
    con: duckdb.DuckDBPyConnection, items: Sequence[Planned], stories: Mapping[str, str], now: datetime
) -> Plan:
    """The same items, each in its story."""
    grouping = Grouping.of(con, [item.asked for item in items], now, stories)
    placed: list[Planned] = []
    for at, item in enumerate(items):
        if item.words is None:
            placed.append(item)
            continue
        place = grouping.place(at, item.article.article_id, item.words, item.asked)
        held = replace(item.held, story_id=place.story_id)
        if item.status == "stored" and place.likeness:
            held = replace(held, relation="near")  # until its lead is known
            reason = f"{_WORDS[place.likeness.relation]} {place.linked}"
            item = replace(item, status="duplicate", reason=reason)
        placed.append(replace(item, held=held))
    final = [replace(one, held=replace(one.held, story_id=grouping.now_is(one.held.story_id))) for one in placed]
    merged = {old: grouping.now_is(old) for old in grouping.merged}
    return Plan(final, merged, grouping.words, frozenset(grouping.begun))


def _changed(before: Held, article: Article) -> str:
    """What the incoming version changes that counts; `kind` when the same text turns out to be the whole."""
    words = compare(Written(before.title, before.text), Written(article.title, article.text)).words
    if not words and before.kind == "partial" and article.kind != "partial":
        return "kind"
    return words


def _kept(before: Held, article: Article, changed: str) -> str:
    """Why the stored version stands; empty when the incoming one follows it."""
    if article.kind == "partial" and before.kind != "partial":
        return "the whole text is stored already"
    if article.kind != "partial" and before.kind == "partial":
        return ""
    if before.kind == "transcript" and article.kind != "transcript" and len(article.text) < before.chars:
        return "its transcript is stored already"
    if article.kind == "partial" and len(article.text) < before.chars:
        return "more of the text is stored already"  # of a page, when the list's summary comes once more
    return "" if changed else _ALREADY


def _written(con: duckdb.DuckDBPyConnection, article_ids: Collection[str]) -> set[tuple[str, str, str]]:
    """(article, title, hash of the text) of every version that is stored."""
    if not article_ids:
        return set()
    rows = con.execute(
        """SELECT article_id, title, content_hash FROM core.article_versions
           WHERE article_id IN (SELECT unnest(?::TEXT[]))""",
        [list(article_ids)],
    ).fetchall()
    return {(row[0], row[1], row[2]) for row in rows}


def _held(con: duckdb.DuckDBPyConnection, article_ids: Sequence[str]) -> dict[str, Held]:
    columns = "article_id, doc, version, title, content_hash, kind, story_id, relation, first_seen_at, chars"
    rows = rows_by(con, columns, "core.articles", "article_id", article_ids)
    texts = dict(rows_by(con, "doc, text", "core.article_versions", "doc", [row[1] for row in rows]))
    return {row[0]: Held(*[*row[2:], texts[row[1]]]) for row in rows}
