"""What a message says of an alert, looked up in the warehouse."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

import duckdb

from sources.article import Precision
from warehouse.lookup import rows_by
from warehouse.scan.findings import ALERTING_ROLES, How

Update = Literal["", "version", "copy"]


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert with all that a message says of it. `sentence` is where the name stands, at most about 120 characters.

    `outlet`, `title`, `url` are of the article that raised it, `other_outlets` those of the rest of its story. `update`
    says that the story was known before the name stood in it: `version` in a later version of its article, `copy` in a
    copy that came after others of which this channel was told. A name that stood there all along and is watched only
    now is no update.
    """

    alert_id: str
    entity_id: str
    name: str
    rule: str
    channel: str
    story_id: str
    article_id: str
    title: str
    outlet: str
    url: str
    published_at: datetime | None
    precision: Precision
    how: How
    confidence: float
    surface: str
    sentence: str
    other_outlets: tuple[str, ...] = ()
    update: Update = ""


class _Alert(NamedTuple):
    alert_id: str
    entity_id: str
    rule: str
    channel: str
    story_id: str
    article_id: str
    version: int
    created_at: datetime


class _Best(NamedTuple):
    """The mention that a message shows, and where the name stands first in the article: -1 in its title."""

    how: How
    confidence: float
    surface: str
    sentence: str
    first: int


def alert_views(con: duckdb.DuckDBPyConnection, alert_ids: Sequence[str]) -> tuple[AlertView, ...]:
    """In the order in which the alerts were raised, those of one article as a reader meets the names. A name is shown
    with its surest mention, better in a sentence than in the title, which the message shows anyway.

    Small questions, each of which reads a column or an index: for the few alerts of a message, one statement of all of
    them takes DuckDB three times as long.
    """
    alerts = [_Alert(*row) for row in rows_by(con, ", ".join(_Alert._fields), "core.alerts", "alert_id", alert_ids)]
    articles: dict[str, Sequence[Any]] = {
        article_id: about
        for article_id, *about in rows_by(
            con,
            "article_id, title, outlet, url, published_at, published_precision",
            "core.articles",
            "article_id",
            (alert.article_id for alert in alerts),
        )
    }
    names = dict(rows_by(con, "entity_id, name", "core.entities", "entity_id", (alert.entity_id for alert in alerts)))
    best = _best(con, {alert.article_id for alert in alerts})
    outlets = _outlets(con, {alert.story_id for alert in alerts})
    updates = _copies(con, alerts) | _versions(con, alerts, best)

    def view(alert: _Alert) -> AlertView:
        title, outlet, url, published_at, precision = articles.get(alert.article_id, ("", "", "", None, "unknown"))
        shown = best.get((alert.article_id, alert.entity_id), _Best("name", 0.0, "", "", -1))
        return AlertView(
            alert_id=alert.alert_id,
            entity_id=alert.entity_id,
            name=names.get(alert.entity_id, alert.entity_id),
            rule=alert.rule,
            channel=alert.channel,
            story_id=alert.story_id,
            article_id=alert.article_id,
            title=title,
            outlet=outlet,
            url=url,
            published_at=published_at,
            precision=precision or "unknown",
            how=shown.how,
            confidence=shown.confidence,
            surface=shown.surface,
            sentence=shown.sentence,
            other_outlets=tuple(sorted(outlets.get(alert.story_id, set()) - {outlet})) if outlet else (),
            update=updates.get(alert.alert_id, ""),
        )

    def order(alert: _Alert) -> tuple[Any, ...]:
        shown = best.get((alert.article_id, alert.entity_id))
        return alert.created_at, alert.story_id, shown is None, shown.first if shown else 0, alert.alert_id

    return tuple(view(alert) for alert in sorted(alerts, key=order))


def _best(con: duckdb.DuckDBPyConnection, article_ids: Collection[str]) -> dict[tuple[str, str], _Best]:
    """(article, entity) → its best mention."""
    found: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for article_id, entity_id, *mention in rows_by(
        con,
        "article_id, entity_id, role, how, confidence, surface, snippet, start_char",
        "core.mentions",
        "article_id",
        sorted(article_ids),
    ):
        if mention[0] in ALERTING_ROLES:
            found.setdefault((article_id, entity_id), []).append(tuple(mention))
    return {key: _surest(mentions) for key, mentions in found.items()}


def _surest(mentions: Iterable[tuple[Any, ...]]) -> _Best:
    ordered = sorted(mentions, key=lambda m: (-m[2], m[0] == "title", m[5] is None, m[5]))
    _, how, confidence, surface, sentence, _ = ordered[0]
    return _Best(how, confidence, surface, sentence, min(-1 if m[5] is None else m[5] for m in ordered))


def _outlets(con: duckdb.DuckDBPyConnection, story_ids: Collection[str]) -> dict[str, set[str]]:
    """story → the outlets that have it."""
    found: dict[str, set[str]] = {}
    for story_id, outlet in rows_by(con, "story_id, outlet", "core.articles", "story_id", sorted(story_ids)):
        found.setdefault(story_id, set()).add(outlet)
    return found


def _versions(
    con: duckdb.DuckDBPyConnection, alerts: Sequence[_Alert], best: Mapping[tuple[str, str], _Best]
) -> dict[str, Update]:
    """Which alerts are of a name that no earlier version of the article had."""
    later = [alert for alert in alerts if alert.version > 1]
    versions: dict[str, list[tuple[int, str, str]]] = {}
    for article_id, *version in rows_by(
        con,
        "article_id, version, title, text",
        "core.article_versions",
        "article_id",
        (alert.article_id for alert in later),
    ):
        versions.setdefault(article_id, []).append((version[0], version[1], version[2]))

    def stood_before(alert: _Alert) -> bool:
        shown = best.get((alert.article_id, alert.entity_id))
        return shown is not None and any(
            version < alert.version and (shown.surface in title or shown.surface in text)
            for version, title, text in versions.get(alert.article_id, [])
        )

    return {alert.alert_id: "version" for alert in later if not stood_before(alert)}


def _copies(con: duckdb.DuckDBPyConnection, alerts: Sequence[_Alert]) -> dict[str, Update]:
    """Which alerts are of an article whose story the channel had been told of by another one."""
    story_ids = sorted({alert.story_id for alert in alerts})
    merged: dict[str, str] = dict(rows_by(con, "story_id, merged_in", "core.merged_stories", "merged_in", story_ids))
    told: dict[tuple[str, str], list[tuple[str, datetime]]] = {}
    for story_id, channel, article_id, created_at, status in rows_by(
        con, "story_id, channel, article_id, created_at, status", "core.alerts", "story_id", [*story_ids, *merged]
    ):
        if status == "sent":
            told.setdefault((merged.get(story_id, story_id), channel), []).append((article_id, created_at))

    def told_before(alert: _Alert) -> bool:
        return any(
            article_id != alert.article_id and created_at < alert.created_at
            for article_id, created_at in told.get((alert.story_id, alert.channel), [])
        )

    return {alert.alert_id: "copy" for alert in alerts if told_before(alert)}
