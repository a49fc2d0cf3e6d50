"""Loading: a batch of articles with their versions, stories, mentions, alerts and frontier states, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any, Literal

import duckdb
import pyarrow as pa

from sources.article import Article, ArticleRef, Validators, content_key
from warehouse.alerts import raise_alerts
from warehouse.frontier import settle
from warehouse.rules import Rule
from warehouse.scan import Lexicon, scan
from warehouse.scan.findings import Mention
from warehouse.store import Warehouse
from warehouse.stories import carry_alerts, elect_leads, known_stories, sizes, story_key

Status = Literal["stored", "updated", "unchanged", "duplicate"]


@dataclass(frozen=True, slots=True)
class Incoming:
    """An article as it was read. `ref` is the frontier's, None for an import; `validators` are those of its page."""

    article: Article
    ref: ArticleRef | None = None
    validators: Validators = field(default_factory=Validators)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one incoming article.

    stored: a new article and story · duplicate: a new article of a story whose text is known · updated: a new version
    · unchanged: nothing was written. `mentions` and `alerts` count what this added; `reason` says why it is not
    `stored`.
    """

    article_id: str
    status: Status
    version: int
    story_id: str
    mentions: int
    alerts: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Held:
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
class _Planned:
    """What is to be written of one incoming article, and what stands there then. `left` is the story it leaves."""

    article: Article
    status: Status
    held: _Held
    reason: str = ""
    key: str | None = None
    left: str = ""
    mentions: tuple[Mention, ...] = ()


def load(
    wh: Warehouse,
    items: Sequence[Incoming],
    lexicon: Lexicon,
    rules: Sequence[Rule],
    now: datetime,
    *,
    timezone: tzinfo,
    first_run: bool = False,
    alert: bool = True,
    force_alert: bool = False,
) -> list[Loaded]:
    """Take in a batch in ONE transaction; one Loaded for each item, in order. Loading the same again changes nothing.

    An article is known by its article_id. A new version comes of another title or text (content_key); a whole text
    replaces a partial one, never the other way round. `first_run`: of the source (no flood); `alert` False: an import,
    whose alerts are stored as suppressed; `force_alert`: alerts whatever the articles' age. Raises WarehouseError.
    """
    if not items:
        return []
    plan = [_scanned(lexicon, planned) for planned in _plan(wh.con, [_storable(item.article) for item in items], now)]
    changes = [planned for planned in plan if planned.status != "unchanged"]
    with wh.transaction() if changes else wh.bookkeeping() as con:
        _write(wh, changes, now)
        elect_leads(con, {planned.held.story_id for planned in changes} | {planned.left for planned in changes} - {""})
        loaded = []
        for planned in plan:
            held, raised = planned.held, 0
            if planned.left:
                carry_alerts(con, planned.left, held.story_id)
            if planned.mentions:
                raised = raise_alerts(
                    con,
                    rules,
                    story_id=held.story_id,
                    article=planned.article,
                    version=held.version,
                    mentions=planned.mentions,
                    entities=lexicon.entities,
                    first_seen_at=held.first_seen_at,
                    now=now,
                    source_first_run=first_run,
                    force=force_alert,
                    timezone=timezone,
                    imported=not alert,
                )
            loaded.append(
                Loaded(
                    planned.article.article_id, planned.status, held.version, held.story_id,
                    len(planned.mentions), raised, planned.reason,
                )
            )  # fmt: skip
        con.execute(
            """UPDATE core.articles SET gone_at = NULL
               WHERE gone_at IS NOT NULL AND article_id IN (SELECT unnest(?::TEXT[]))""",
            [[planned.article.article_id for planned in plan]],
        )
        settle(wh, [(item.ref, item.validators) for item in items if item.ref is not None], now)
    return loaded


def _plan(con: duckdb.DuckDBPyConnection, articles: Sequence[Article], now: datetime) -> Iterator[_Planned]:
    """Decide item by item, each seeing what those before it will have written."""
    contents = [content_key(article.text) for article in articles]
    keys = [story_key(article, content) for article, content in zip(articles, contents, strict=True)]
    held = _held(con, [article.article_id for article in articles])
    stories = known_stories(con, {key for key in keys if key})
    members = sizes(con, {one.story_id for one in held.values()} | set(stories.values()))
    for article, key, content in zip(articles, keys, contents, strict=True):
        before = held.get(article.article_id)
        same = stories.get(key) if key else None
        kept = before and _kept(before, article, content)
        if before and kept:
            yield _Planned(article, "unchanged", before, kept)
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
        held[article.article_id] = after = _Held(
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
        yield _Planned(article, status, after, reason, key, left)


def _kept(before: _Held, article: Article, content: str) -> str:
    """Why the stored version stands; empty when the incoming one follows it."""
    if article.kind == "partial" and before.kind != "partial":
        return "the whole text is stored already"
    if article.kind != "partial" and before.kind == "partial":
        return ""
    if article.kind == "partial" and len(article.text) < before.chars:
        return "more of the text is stored already"  # of a page, when the list's summary comes once more
    same = (before.title, before.content_hash) == (article.title, content)
    return "already stored with the same title and text" if same else ""


def _held(con: duckdb.DuckDBPyConnection, article_ids: Sequence[str]) -> dict[str, _Held]:
    rows = con.execute(
        """SELECT article_id, version, title, content_hash, kind, story_id, relation, first_seen_at, chars
           FROM core.articles WHERE article_id IN (SELECT unnest(?::TEXT[]))""",
        [list(article_ids)],
    ).fetchall()
    return {row[0]: _Held(*row[1:]) for row in rows}


def _scanned(lexicon: Lexicon, planned: _Planned) -> _Planned:
    if planned.status == "unchanged":
        return planned
    return replace(planned, mentions=scan(lexicon, planned.article).mentions)


def _write(wh: Warehouse, changes: Sequence[_Planned], now: datetime) -> None:
    """Rows in bulk. Of an article that stands twice in the batch, both versions and the mentions of the last."""
    if not changes:
        return
    last = {planned.article.article_id: planned for planned in changes}
    wh.insert(
        "INSERT INTO core.article_versions BY NAME FROM incoming",
        pa.Table.from_pylist([_version_row(planned, now) for planned in changes], _VERSIONS),
    )
    wh.insert(
        f"""INSERT INTO core.articles BY NAME FROM incoming ON CONFLICT (article_id) DO UPDATE SET
            {", ".join(f"{name} = excluded.{name}" for name in _ARTICLES.names if name not in _FOR_EVER)}""",
        pa.Table.from_pylist([_article_row(planned, now) for planned in last.values()], _ARTICLES),
    )
    wh.con.execute("DELETE FROM core.mentions WHERE article_id IN (SELECT unnest(?::TEXT[]))", [list(last)])
    mentions = [row for planned in last.values() for row in _mention_rows(planned)]
    if mentions:
        wh.insert("INSERT INTO core.mentions BY NAME FROM incoming", pa.Table.from_pylist(mentions, _MENTIONS))


_TIME = pa.timestamp("us", tz="UTC")
_VERSIONS = pa.schema(
    {
        "article_id": pa.string(), "version": pa.int32(), "seen_at": _TIME, "title": pa.string(), "text": pa.string(),
        "content_hash": pa.string(), "story_key": pa.string(),
    }
)  # fmt: skip
_ARTICLES = pa.schema(
    {
        "article_id": pa.string(), "source": pa.string(), "outlet": pa.string(), "kind": pa.string(),
        "url": pa.string(), "title": pa.string(), "authors": pa.list_(pa.string()), "published_at": _TIME,
        "published_precision": pa.string(), "first_seen_at": _TIME, "updated_at": _TIME, "chars": pa.int32(),
        "language": pa.string(), "byline": pa.string(), "chrome": pa.string(), "story_id": pa.string(),
        "relation": pa.string(), "version": pa.int32(), "content_hash": pa.string(),
    }
)  # fmt: skip
_FOR_EVER = frozenset({"article_id", "source", "first_seen_at"})
_MENTIONS = pa.schema(
    {
        "article_id": pa.string(), "version": pa.int32(), "entity_id": pa.string(), "surface": pa.string(),
        "start_char": pa.int32(), "end_char": pa.int32(), "how": pa.string(), "confidence": pa.float64(),
        "role": pa.string(), "snippet": pa.string(), "reason": pa.string(),
    }
)  # fmt: skip


def _version_row(planned: _Planned, now: datetime) -> Mapping[str, Any]:
    article, held = planned.article, planned.held
    return {
        "article_id": article.article_id,
        "version": held.version,
        "seen_at": now,
        "title": article.title,
        "text": article.text,
        "content_hash": held.content_hash,
        "story_key": planned.key,
    }


def _article_row(planned: _Planned, now: datetime) -> Mapping[str, Any]:
    article, held = planned.article, planned.held
    return {
        "article_id": article.article_id,
        "source": article.source,
        "outlet": article.outlet,
        "kind": article.kind,
        "url": article.url,
        "title": article.title,
        "authors": list(article.authors),
        "published_at": article.published_at,
        "published_precision": article.precision,
        "first_seen_at": held.first_seen_at,
        "updated_at": now,
        "chars": len(article.text),
        "language": article.language,
        "byline": article.byline,
        "chrome": article.chrome,
        "story_id": held.story_id,
        "relation": held.relation,
        "version": held.version,
        "content_hash": held.content_hash,
    }


def _mention_rows(planned: _Planned) -> Iterator[Mapping[str, Any]]:
    for mention in planned.mentions:
        yield {name: getattr(mention, name) for name in _MENTIONS.names[2:]} | {
            "article_id": planned.article.article_id,
            "version": planned.held.version,
        }


def _storable(article: Article) -> Article:
    """With every string valid UTF-8: halves of surrogate pairs, which broken JSON brings, are joined or become �."""
    return replace(
        article,
        article_id=_joined(article.article_id),
        outlet=_joined(article.outlet),
        url=_joined(article.url),
        title=_joined(article.title),
        text=_joined(article.text),
        authors=tuple(_joined(author) for author in article.authors),
        byline=_joined(article.byline),
        chrome=_joined(article.chrome),
    )


def _joined(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
