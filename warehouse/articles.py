"""Loading: a batch of articles with their versions, stories, mentions, alerts and frontier states, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any

import duckdb
import pyarrow as pa

from sources.article import Article, ArticleRef, Validators
from sources.errors import Broken, WarehouseError
from warehouse.alerts import IMPORTED, raise_alerts
from warehouse.former import Former, removed_articles
from warehouse.frontier import next_try, record_failure, resolve, resolved_ids, settle
from warehouse.likely import add_keys, next_doc
from warehouse.lookup import rows_by
from warehouse.mentions import MentionRow, replace_mentions
from warehouse.regroup import regroup
from warehouse.rules import Rule
from warehouse.scan import Lexicon, Mention
from warehouse.scanners import Scanners
from warehouse.storable import storable_article, storable_text
from warehouse.store import Warehouse
from warehouse.stories import rename_article, settle_stories
from warehouse.versions import Held, Plan, Planned, Status, plan_versions
from warehouse.withdrawn import mark_back


@dataclass(frozen=True, slots=True)
class Incoming:
    """An article as it was read. `ref` is the frontier's, None for an import; `validators` are those of its page.

    `backlog`: it was there when its source was read for the first time (no flood).
    """

    article: Article
    ref: ArticleRef | None = None
    validators: Validators = field(default_factory=Validators)
    backlog: bool = False


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one incoming article.

    stored: a new article and story · duplicate: a new article of a story whose text is known · updated: a new version
    · unchanged: nothing was written · failed: it could not be stored (load_each only; version 0, no story).
    `mentions` and `alerts` count what this added; `reason` says why it is not `stored`.
    """

    article_id: str
    status: Status
    version: int
    story_id: str
    mentions: int
    alerts: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Terms:
    """What one call of load goes by."""

    lexicon: Lexicon
    rules: Sequence[Rule]
    now: datetime
    timezone: tzinfo
    alert: bool
    force_alert: bool
    scanners: Scanners


def load(
    wh: Warehouse,
    items: Sequence[Incoming],
    lexicon: Lexicon,
    rules: Sequence[Rule],
    now: datetime,
    *,
    timezone: tzinfo,
    alert: bool = True,
    force_alert: bool = False,
    scanners: Scanners | None = None,
) -> list[Loaded]:
    """Take in a batch in ONE transaction; one Loaded for each item, in order. Loading the same again changes nothing.

    An article is known by its article_id, and by that which lists give it when its page says another. A new version
    comes of another title or text (warehouse.changes); a whole text replaces a partial one, never the other way round.
    `alert` False: an import, whose alerts are stored as suppressed; `force_alert`: alerts whatever the articles' age.
    `scanners`: those of the lexicon, to which articles may have been announced as they are given here.
    Raises WarehouseError, and whatever an item that cannot be stored raises: see load_each.
    """
    if not items:
        return []
    terms = _Terms(lexicon, rules, now, timezone, alert, force_alert, scanners or Scanners(lexicon))
    try:
        return _load(wh, items, terms)
    finally:
        terms.scanners.forget(item.article for item in items)


def _load(wh: Warehouse, items: Sequence[Incoming], terms: _Terms) -> list[Loaded]:
    items = [replace(item, article=storable_article(item.article)) for item in items]
    for _ in regroup(wh, terms.now):  # nothing, unless nobody did it after an upgrade
        pass
    listed = [item.ref.article_id for item in items if item.ref] + [item.article.article_id for item in items]
    known = resolved_ids(wh.con, listed)
    items = [_under(item, known.get(item.article.article_id)) for item in items]
    resolved = {
        item.ref.article_id: item.article.article_id
        for item in items
        if item.ref and item.ref.article_id != item.article.article_id
    }
    partial = _partials(wh.con, [one for one in resolved if one not in known])
    if partial:
        with wh.transaction():
            for one in partial:
                rename_article(wh, one, resolved[one], terms.now)
            return _take_in(wh, items, _planned(wh.con, items, terms), resolved, terms)
    plan = _planned(wh.con, items, terms)
    changes = any(planned.status != "unchanged" for planned in plan.items)
    with wh.transaction() if changes else wh.bookkeeping():
        return _take_in(wh, items, plan, resolved, terms)


def load_each(
    wh: Warehouse,
    items: Sequence[Incoming],
    lexicon: Lexicon,
    rules: Sequence[Rule],
    now: datetime,
    *,
    timezone: tzinfo,
    alert: bool = True,
    force_alert: bool = False,
    scanners: Scanners | None = None,
) -> list[Loaded]:
    """As load; but where one item makes the batch fail, the others are loaded one by one and that one is `failed`.

    A failed item's ref is put back in the queue as `broken`, with the reason, to be tried again. Raises
    WarehouseError: then the trouble is the database's, and what was loaded before it stays.
    """

    def of(some: Sequence[Incoming]) -> list[Loaded]:
        return load(
            wh, some, lexicon, rules, now,
            timezone=timezone, alert=alert, force_alert=force_alert, scanners=scanners,
        )  # fmt: skip

    try:
        return of(items)
    except WarehouseError:
        raise
    except Exception:  # noqa: BLE001 - whatever one article can raise must not lose the others
        loaded: list[Loaded] = []
    for item in items:
        try:
            loaded += of([item])
        except WarehouseError:
            raise
        except Exception as error:  # noqa: BLE001 - told in the item's reason
            loaded.append(_failed(wh, item, error, now))
    return loaded


def _failed(wh: Warehouse, item: Incoming, error: Exception, now: datetime) -> Loaded:
    reason = storable_text(f"could not be stored ({type(error).__name__}: {error})"[:300])
    if item.ref is not None:
        rows = wh.con.execute(
            "SELECT attempts FROM core.frontier WHERE source = ? AND article_id = ?",
            [item.ref.source, item.ref.article_id],
        ).fetchall()
        attempts = rows[0][0] + 1 if rows else 1
        record_failure(wh, item.ref, Broken(reason), now, next_try(attempts, "broken", None, now))
    return Loaded(item.ref.article_id if item.ref else item.article.article_id, "failed", 0, "", 0, 0, reason)


def _under(item: Incoming, resolved: str | None) -> Incoming:
    return replace(item, article=replace(item.article, article_id=resolved)) if resolved else item


def _partials(con: duckdb.DuckDBPyConnection, article_ids: Sequence[str]) -> list[str]:
    """Those of these articles of which a part is stored."""
    rows = rows_by(con, "article_id, kind", "core.articles", "article_id", article_ids)
    return [article_id for article_id, kind in rows if kind == "partial"]


def _planned(con: duckdb.DuckDBPyConnection, items: Sequence[Incoming], terms: _Terms) -> Plan:
    """What lists bring of articles that were let go changes nothing; an import brings one back."""
    former = removed_articles(con, [item.article.article_id for item in items])
    out = [item.ref is not None and item.article.article_id in former for item in items]
    kept = [item for item, is_out in zip(items, out, strict=True) if not is_out]
    belonged = {article_id: one.story_id for article_id, one in former.items()}
    from_files = [item.ref is None for item in kept]
    plan = plan_versions(
        con, [item.article for item in kept], terms.now, from_files, belonged, announce=terms.scanners.begin
    )
    planned = iter(plan.items)
    whole = [
        _kept_out(item.article, former[item.article.article_id]) if is_out else next(planned)
        for item, is_out in zip(items, out, strict=True)
    ]
    return replace(plan, items=whole)


def _kept_out(article: Article, former: Former) -> Planned:
    held = Held(
        former.version, article.title, "", article.kind, former.story_id, "lead", former.first_seen_at,
        len(article.text),
    )  # fmt: skip
    return Planned(article, "unchanged", held, "let go by `tanma tidy`; importing it brings it back")


def _take_in(
    wh: Warehouse, items: Sequence[Incoming], plan: Plan, resolved: Mapping[str, str], terms: _Terms
) -> list[Loaded]:
    """Write a plan inside the caller's transaction."""
    con = wh.con
    changes = [planned for planned in plan.items if planned.status != "unchanged"]
    docs = _write(wh, changes, terms.now)
    # As late as it goes: until now other processes were scanning.
    found = [() if one.status == "unchanged" else terms.scanners.mentions(one.article) for one in plan.items]
    _write_mentions(wh, plan.items, docs, found)
    settle_stories(
        wh,
        {planned.article.article_id: planned.held.story_id for planned in changes},
        plan.merged,
        plan.words,
        terms.now,
        begun=plan.begun,
    )
    loaded = []
    for item, planned, mentions in zip(items, plan.items, found, strict=True):
        held, raised = planned.held, 0
        if mentions:
            raised = raise_alerts(
                con,
                terms.rules,
                story_id=held.story_id,
                article=planned.article,
                version=held.version,
                mentions=mentions,
                entities=terms.lexicon.entities,
                first_seen_at=held.first_seen_at,
                now=terms.now,
                source_first_run=item.backlog,
                force=terms.force_alert,
                timezone=terms.timezone,
                withheld="" if terms.alert else IMPORTED,
            )
        loaded.append(
            Loaded(
                planned.article.article_id, planned.status, held.version, held.story_id,
                len(mentions), raised, planned.reason,
            )
        )  # fmt: skip
    known = {
        one.article.article_id
        for item, one in zip(items, plan.items, strict=True)
        if item.ref is not None and one.status in ("updated", "unchanged")  # else a file, or what a list said; or new
    }
    mark_back(wh, known)
    resolve(con, resolved)
    kinds = {one.article.article_id: one.held.kind for one in plan.items}
    settle(wh, [(item.ref, item.validators) for item in items if item.ref is not None], terms.now, kinds)
    return loaded


def _write(wh: Warehouse, changes: Sequence[Planned], now: datetime) -> dict[str, int]:
    """Rows in bulk; the document of each article. Of one that stands twice in the batch, both versions."""
    if not changes:
        return {}
    first = next_doc(wh.con)
    last = {planned.article.article_id: (doc, planned) for doc, planned in enumerate(changes, first)}
    wh.insert(
        "INSERT INTO core.article_versions BY NAME FROM incoming",
        pa.Table.from_pylist([_version_row(one, now, doc) for doc, one in enumerate(changes, first)], _VERSIONS),
    )
    wh.insert(
        f"""INSERT INTO core.articles BY NAME FROM incoming ON CONFLICT (article_id) DO UPDATE SET
            {", ".join(f"{name} = excluded.{name}" for name in _ARTICLES.names if name not in _FOR_EVER)}""",
        pa.Table.from_pylist([_article_row(planned, now, doc) for doc, planned in last.values()], _ARTICLES),
    )
    add_keys(wh, [(doc, one.asked) for doc, one in enumerate(changes, first)])
    return {article_id: doc for article_id, (doc, _) in last.items()}


def _write_mentions(
    wh: Warehouse, items: Sequence[Planned], docs: Mapping[str, int], found: Sequence[tuple[Mention, ...]]
) -> None:
    """Of an article that stands twice in the batch those of the last."""
    rows = {
        one.article.article_id: (
            one.held.version,
            docs[one.article.article_id],
            [MentionRow.of(mention) for mention in mentions],
        )
        for one, mentions in zip(items, found, strict=True)
        if one.status != "unchanged"
    }
    replace_mentions(wh, rows, new=[name for name, (version, _, _) in rows.items() if version == 1])


_TIME = pa.timestamp("us", tz="UTC")
_VERSIONS = pa.schema(
    {
        "article_id": pa.string(), "version": pa.int32(), "seen_at": _TIME, "title": pa.string(), "text": pa.string(),
        "content_hash": pa.string(), "doc": pa.int32(), "changed": pa.string(),
    }
)  # fmt: skip
_ARTICLES = pa.schema(
    {
        "article_id": pa.string(), "source": pa.string(), "outlet": pa.string(), "kind": pa.string(),
        "url": pa.string(), "title": pa.string(), "authors": pa.list_(pa.string()), "published_at": _TIME,
        "published_precision": pa.string(), "first_seen_at": _TIME, "updated_at": _TIME, "chars": pa.int32(),
        "language": pa.string(), "byline": pa.string(), "chrome": pa.string(), "story_id": pa.string(),
        "relation": pa.string(), "version": pa.int32(), "content_hash": pa.string(),
        "doc": pa.int32(),
    }
)  # fmt: skip
_FOR_EVER = frozenset({"article_id", "source", "first_seen_at"})


def _version_row(planned: Planned, now: datetime, doc: int) -> Mapping[str, Any]:
    article, held = planned.article, planned.held
    return {
        "article_id": article.article_id,
        "version": held.version,
        "seen_at": now,
        "title": article.title,
        "text": article.text,
        "content_hash": held.content_hash,
        "doc": doc,
        "changed": planned.changed or None,
    }


def _article_row(planned: Planned, now: datetime, doc: int) -> Mapping[str, Any]:
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
        "doc": doc,
    }


def first_seen_in(wh: Warehouse, run_id: str, most: int = 5) -> dict[str, list[str]]:
    """The addresses of articles that were new in a run, at most so many for each source, the newest first."""
    rows = wh.con.execute(
        """SELECT source, url FROM core.articles
           WHERE first_seen_at >= (SELECT started_at FROM core.runs WHERE run_id = ?)
           QUALIFY row_number() OVER (PARTITION BY source ORDER BY published_at DESC NULLS LAST, article_id) <= ?
           ORDER BY source, published_at DESC NULLS LAST, article_id""",
        [run_id, most],
    ).fetchall()
    found: dict[str, list[str]] = {}
    for source, url in rows:
        found.setdefault(source, []).append(url)
    return found
