"""Raising alerts, and what a person does with them: list, retry, mute. warehouse.outbox hands them to delivery.

One alert per story, entity, rule and channel, whatever the number of outlets, reposts and versions. Status words:
pending (waits for next_attempt_at), sending (claimed by a run), sent (the channel accepted it), failed (a person must
mend something; last_error says what), suppressed (never to be sent; reason says why).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

import duckdb

from sources.article import Article, Precision
from sources.errors import ConfigError, Problem
from warehouse.outbox import recover
from warehouse.rules import Rule
from warehouse.scan.findings import ALERTING_ROLES, Mention
from warehouse.scan.fold import folded
from warehouse.schedule import due
from warehouse.storable import storable_time
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

FIRST_RUN = "first run of the source"
MUTED = "muted"
IMPORTED = "import"
RESCANNED = "rescan"
COOLDOWN = "cooldown"

# How much later than its stored time an article may really have appeared. Coarser times say too little to be judged.
_SPAN: Mapping[Precision, timedelta] = {
    "second": timedelta(0),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "month": timedelta(days=31),
    "year": timedelta(days=366),
}
_COLUMNS = (
    "alert_id", "created_at", "entity_id", "story_id", "article_id", "version", "rule", "channel", "status", "reason",
    "attempts", "next_attempt_at",
)  # fmt: skip
_AHEAD = timedelta(days=1)  # of now; a wrong zone makes up to 14 hours
_TELLING: frozenset[Precision] = frozenset({"second", "minute", "hour", "day"})


def alert_id(story_id: str, entity_id: str, rule: str, channel: str) -> str:
    """16 hex digits that are the same for the same story, entity, rule and channel."""
    return hashlib.sha256("\n".join((story_id, entity_id, rule, channel)).encode()).hexdigest()[:16]


def raise_alerts(
    con: duckdb.DuckDBPyConnection,
    rules: Sequence[Rule],
    *,
    story_id: str,
    article: Article,
    version: int,
    mentions: Sequence[Mention],
    entities: Mapping[str, Entity],
    first_seen_at: datetime,
    now: datetime,
    source_first_run: bool,
    force: bool,
    timezone: tzinfo,
    withheld: str = "",
) -> int:
    """Write the alerts that one version of an article gives; return how many are new and will be delivered.

    Call it inside the transaction that stores the mentions. An alert that exists stays as it is, so a repost or a
    later version alerts only for names that are new to the story. Design §8, rule 4 (no flood) decides between
    pending and suppressed: muted, `withheld` (import or rescan: nobody asked to be told), too old for the rule, or of
    unknown age on a source's first run; `force` (--alert of both) overrules all of these but the mute. What is left is
    suppressed where the name has been told within the rule's cool-down.
    """
    named = [(rule, list(matching(rule, mentions, entities, article.outlet))) for rule in rules]
    muted = _muted(con, now) if any(of_rule for _, of_rule in named) else set()
    last = _last_told(con, named, now)
    rows: list[Any] = []
    for rule, of_rule in named:
        for entity_id in of_rule:
            if not force and withheld:
                reason = withheld
            elif not force:
                reason = too_old(rule, article, first_seen_at, now, source_first_run=source_first_run)
            else:
                reason = ""
            if story_id in muted or entity_id in muted:
                reason = MUTED
            for channel in rule.channels:
                told = last.get((entity_id, rule.name, channel))
                held = reason or (COOLDOWN if cools(rule, told, now) else "")
                rows += [
                    alert_id(story_id, entity_id, rule.name, channel), now, entity_id, story_id,
                    article.article_id, version, rule.name, channel,
                    "suppressed" if held else "pending", held or None, 0,
                    None if held else due(rule, now, timezone),
                ]  # fmt: skip
    if not rows:
        return 0
    row = f"({', '.join('?' * len(_COLUMNS))})"
    new = con.execute(
        f"""INSERT INTO core.alerts ({", ".join(_COLUMNS)}) VALUES {", ".join([row] * (len(rows) // len(_COLUMNS)))}
            ON CONFLICT DO NOTHING RETURNING status""",
        rows,
    ).fetchall()
    return sum(status == "pending" for (status,) in new)


def release_withheld(
    con: duckdb.DuckDBPyConnection,
    rules: Sequence[Rule],
    *,
    story_id: str,
    outlet: str,
    mentions: Sequence[Mention],
    entities: Mapping[str, Entity],
    now: datetime,
    timezone: tzinfo,
) -> int:
    """Make pending what a rescan without --alert withheld of a story and would be raised today; return how many.

    What is muted, or of a name whose cool-down lasts, stays withheld: a later rescan may release it. Call it inside
    the transaction that stores the mentions.
    """
    named = [(rule, list(matching(rule, mentions, entities, outlet))) for rule in rules]
    muted = _muted(con, now)
    last = _last_told(con, named, now)
    released = 0
    for rule, of_rule in named:
        for entity_id in of_rule:
            if story_id in muted or entity_id in muted:
                continue
            for channel in rule.channels:
                if cools(rule, last.get((entity_id, rule.name, channel)), now):
                    continue
                released += len(
                    con.execute(
                        """UPDATE core.alerts SET status = 'pending', reason = NULL, next_attempt_at = ?
                           WHERE status = 'suppressed' AND reason = ? AND story_id = ? AND entity_id = ? AND rule = ?
                             AND channel = ? RETURNING alert_id""",
                        [due(rule, now, timezone), RESCANNED, story_id, entity_id, rule.name, channel],
                    ).fetchall()
                )
    return released


def list_alerts(
    con: duckdb.DuckDBPyConnection,
    status: str | None = None,
    limit: int = 50,
    *,
    rule: str | None = None,
    channel: str | None = None,
    since: datetime | None = None,
    alert_id: str | None = None,
) -> list[dict[str, Any]]:
    """The newest alerts first, with name, title and url; of one status, rule and channel, raised since then and of one
    id, or of all where None. Reads the public views."""
    cursor = con.execute(
        """SELECT a.alert_id, a.created_at, a.status, a.channel, a.rule, a.entity_id,
                  coalesce(e.name, a.entity_id) AS name, a.story_id, a.article_id, r.title, r.outlet, r.url,
                  r.published_at, a.reason, a.attempts, a.next_attempt_at, a.sent_at, a.last_error
           FROM alerts a
           LEFT JOIN entities e ON e.entity_id = a.entity_id
           LEFT JOIN articles r ON r.article_id = a.article_id
           WHERE ($status IS NULL OR a.status = $status) AND ($rule IS NULL OR a.rule = $rule)
             AND ($channel IS NULL OR a.channel = $channel) AND ($since IS NULL OR a.created_at >= $since)
             AND ($id IS NULL OR a.alert_id = $id)
           ORDER BY a.created_at DESC, a.alert_id LIMIT $limit""",
        {"status": status, "rule": rule, "channel": channel, "since": since, "id": alert_id, "limit": limit},
    )
    columns = [column[0] for column in cursor.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def retry(wh: Warehouse, alert_ids: Sequence[str] | None, now: datetime) -> int:
    """Make alerts due now: failed ones, and those waiting after an error; the named ones, or all when None.

    Attempts count anew. Alerts of other statuses stay as they are; returns how many changed. What a killed run left
    `sending` counts as waiting: the lock is ours. Raises ConfigError for an alert_id that the warehouse does not know.
    """
    recover(wh)
    with wh.transaction():
        if alert_ids is not None:
            _require_known(wh.con, alert_ids)
        changed = wh.con.execute(
            """UPDATE core.alerts SET status = 'pending', attempts = 0, next_attempt_at = $now, due_at = NULL, reason = NULL
               WHERE (status = 'failed' OR (status = 'pending' AND last_error IS NOT NULL))
                 AND ($ids IS NULL OR list_contains($ids::VARCHAR[], alert_id))
               RETURNING alert_id""",
            {"now": now, "ids": None if alert_ids is None else list(alert_ids)},
        ).fetchall()
    return len(changed)


def mute(wh: Warehouse, what: str, until: datetime, now: datetime) -> int:
    """No alerts for an entity_id or a story_id until then; what waits for delivery is suppressed, and counted.

    What a killed run left `sending` waits too: the lock is ours. Raises ConfigError when the warehouse knows no such
    entity or story.
    """
    recover(wh)
    with wh.transaction():
        known: dict[str, list[Any]] = {
            "entity_id": wh.con.execute("SELECT 1 FROM core.entities WHERE entity_id = ?", [what]).fetchall(),
            "story_id": wh.con.execute("SELECT 1 FROM core.articles WHERE story_id = ?", [what]).fetchall(),
        }
        column = next((name for name, row in known.items() if row), None)
        if column is None:
            words = "is neither an entity_id such as person:杨植麟 nor a story_id in this warehouse"
            raise ConfigError([Problem("alerts mute", None, what, words)])
        wh.con.execute(
            f"INSERT INTO core.mutes ({column}, until, created_at, reason) VALUES (?, ?, ?, ?)",
            [what, until, now, "by hand"],
        )
        silenced = wh.con.execute(
            f"""UPDATE core.alerts SET status = 'suppressed', reason = ?, next_attempt_at = NULL
                WHERE status = 'pending' AND {column} = ? RETURNING alert_id""",
            [MUTED, what],
        ).fetchall()
    return len(silenced)


def matching(rule: Rule, mentions: Iterable[Mention], entities: Mapping[str, Entity], outlet: str) -> Iterator[str]:
    """The entities that the rule is for and that are named often, surely and centrally enough in an article of this
    outlet, in reading order."""
    if not takes(rule, outlet):
        return
    found: dict[str, list[Mention]] = {}
    for mention in mentions:
        if mention.role in ALERTING_ROLES:
            found.setdefault(mention.entity_id, []).append(mention)
    for entity_id, of_entity in found.items():
        entity = entities.get(entity_id)
        if entity is None or not rule.is_for(entity) or (rule.central and not any(m.central for m in of_entity)):
            continue
        if len(of_entity) >= rule.min_mentions and max(m.confidence for m in of_entity) >= rule.min_confidence:
            yield entity_id


def takes(rule: Rule, outlet: str) -> bool:
    """Whether the rule looks at articles of this outlet."""
    if not (rule.outlets or rule.not_outlets):
        return True
    name = folded(outlet)
    wanted = not rule.outlets or name in map(folded, rule.outlets)
    return wanted and name not in map(folded, rule.not_outlets)


def cools(rule: Rule, last: datetime | None, now: datetime) -> bool:
    """Whether an alert is held back at `now` because one of the same name, rule and channel was raised at `last`. When
    that lies ahead, the clock was set back: an alert too many is better than one that is lost."""
    return last is not None and timedelta(0) <= now - last < rule.cooldown


def too_old(rule: Rule, article: Article, first_seen_at: datetime, now: datetime, *, source_first_run: bool) -> str:
    """Why the article's age forbids an alert; empty when it does not.

    A time that is only known to the day counts as the end of that day. A time that is unknown, or known to the month
    or year alone, cannot prove an article new: on a source's first run, when everything is new to us, it is taken for
    old; later, the article was not there at the pass before, so it is as new as the moment we first saw it. A time
    that lies more than a day ahead, or has no zone, is a slip of the outlet's and counts as unknown.
    """
    published = storable_time(article.published_at)
    if published is not None and published - now > _AHEAD:
        published = None
    if published is not None and now - published - _SPAN.get(article.precision, timedelta(0)) > rule.max_age:
        return f"older than {_span(rule.max_age)}"
    if published is None or article.precision not in _TELLING:
        if source_first_run:
            return FIRST_RUN
        if now - first_seen_at > rule.max_age:
            return f"older than {_span(rule.max_age)}"
    return ""


def _span(span: timedelta) -> str:
    hours = round(span / timedelta(hours=1))
    if hours and hours % 24 == 0:
        return f"{hours // 24} day{'s' if hours > 24 else ''}"
    return f"{hours} hour{'s' if hours != 1 else ''}"


def _muted(con: duckdb.DuckDBPyConnection, now: datetime) -> set[str]:
    rows = con.execute("SELECT entity_id, story_id FROM core.mutes WHERE until IS NULL OR until > ?", [now]).fetchall()
    return {value for row in rows for value in row if value}


def _last_told(
    con: duckdb.DuckDBPyConnection, named: Sequence[tuple[Rule, Sequence[str]]], now: datetime
) -> dict[tuple[str, str, str], datetime]:
    """(entity_id, rule, channel) → when the last alert was raised to be sent: of rules that cool down and the names they
    found, as far back as the longest of them. Asked once for an article: the outbox may be long."""
    cooling = [(rule, of_rule) for rule, of_rule in named if rule.cooldown and of_rule]
    if not cooling:
        return {}
    rows = con.execute(
        """SELECT entity_id, rule, channel, max(created_at) FROM core.alerts
           WHERE created_at >= $begin AND created_at <= $now AND status <> 'suppressed'
             AND list_contains($names::VARCHAR[], entity_id) AND list_contains($rules::VARCHAR[], rule)
           GROUP BY ALL""",
        {
            "begin": now - max(rule.cooldown for rule, _ in cooling),
            "now": now,
            "names": list({name for _, of_rule in cooling for name in of_rule}),
            "rules": [rule.name for rule, _ in cooling],
        },
    ).fetchall()
    return {row[:3]: row[3] for row in rows}


def _require_known(con: duckdb.DuckDBPyConnection, alert_ids: Sequence[str]) -> None:
    rows = con.execute(
        "SELECT alert_id FROM core.alerts WHERE list_contains(?::VARCHAR[], alert_id)", [list(alert_ids)]
    ).fetchall()
    unknown = sorted(set(alert_ids) - {row[0] for row in rows})
    if unknown:
        words = "no alert has this id; `tanma alerts list` shows them"
        raise ConfigError([Problem("alerts retry", None, one, words) for one in unknown])
