"""What rules would have sent: the stored articles told again, in the order in which they came, and nothing written.

Mentions are those that are stored, of each article's newest version, as if they had stood there from the beginning. A
story counts by its articles of today. Messages are counted as delivery groups them, each sent the moment it is due:
what a channel's limits would have split or put off is not looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

import duckdb

from sources.article import Article
from sources.errors import NotPublished
from warehouse.alerts import COOLDOWN, IMPORTED, MUTED, alert_id, cools, matching, too_old
from warehouse.alertviews import AlertView
from warehouse.rules import Rule
from warehouse.scan.findings import ALERTING_ROLES, Mention
from warehouse.schedule import due
from warehouse.watchlist import Entity

_BATCH = 1_000  # articles read at a time


@dataclass(frozen=True, slots=True)
class Seen:
    """An article as it came, without its text. `backlog`: it came with the first run that read its source; `imported`:
    from a file."""

    article: Article
    story_id: str
    first_seen_at: datetime
    backlog: bool
    imported: bool
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True)
class Mute:
    """What was to be silent, an entity_id or a story_id, and when. `until` None: for ever."""

    what: str
    since: datetime
    until: datetime | None

    def holds(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


class Raised(NamedTuple):
    """One alert of a message."""

    article_id: str
    entity_id: str
    rule: str


@dataclass(frozen=True, slots=True)
class Told:
    """One message: of one story, or, when `digest` names its rule, of all that was due by it."""

    at: datetime
    channel: str
    digest: str
    alerts: Sequence[Raised]


@dataclass(frozen=True, slots=True)
class Bill:
    """What one rule would have sent to one channel, or with `rule` empty all rules together. `waiting`: alerts that are
    due later than now. `suppressed`: reason → alerts. `busiest`: the day with most messages, None without any."""

    rule: str
    channel: str
    when: str
    messages: int
    alerts: int
    waiting: int
    suppressed: Mapping[str, int]
    busiest: tuple[date, int] | None


@dataclass(slots=True)
class _Tally:
    alerts: int = 0
    waiting: int = 0
    suppressed: Counter[str] = field(default_factory=Counter)


class Simulation:
    """Rules tried on articles: feed it with `take`, in the order in which they came, then read.

    What came before `since` is not counted; it says which stories are known and which names cool down.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        entities: Sequence[Entity],
        mutes: Sequence[Mute],
        *,
        since: datetime,
        now: datetime,
        timezone: tzinfo,
    ) -> None:
        self._rules = rules
        self._entities = {entity.entity_id: entity for entity in entities}
        self._mutes = mutes
        self._since, self._now, self._timezone = since, now, timezone
        self._known: set[str] = set()  # alert_ids
        self._last: dict[tuple[str, str, str], datetime] = {}  # entity, rule, channel → when the last was raised
        self._tallies = {(rule.name, channel): _Tally() for rule in rules for channel in rule.channels}
        self._messages: dict[tuple[datetime, str, str, str], list[Raised]] = {}

    def take(self, seen: Seen) -> None:
        """Raise what this article would have raised."""
        at = seen.first_seen_at
        for rule in self._rules:
            for entity_id in matching(rule, seen.mentions, self._entities, seen.article.outlet):
                reason = self._reason(rule, seen, entity_id)
                for channel in rule.channels:
                    key = (entity_id, rule.name, channel)
                    name = alert_id(seen.story_id, *key)
                    if name in self._known:
                        continue
                    self._known.add(name)
                    held = reason or (COOLDOWN if cools(rule, self._last.get(key), at) else "")
                    if not held:
                        self._last[key] = at
                    if at >= self._since:
                        self._count(rule, channel, seen, entity_id, held)

    def bills(self) -> list[Bill]:
        """One for each rule and channel, in the order of the rules."""
        return [
            self._bill(rule.name, channel, rule.when, [self._tallies[rule.name, channel]])
            for rule in self._rules
            for channel in rule.channels
        ]

    def channels(self) -> list[Bill]:
        """One for each channel, all rules together: a story that several tell at once is one message."""
        names = dict.fromkeys(channel for rule in self._rules for channel in rule.channels)
        return [
            self._bill("", name, "", [tally for (_, channel), tally in self._tallies.items() if channel == name])
            for name in names
        ]

    def first(self, number: int) -> list[Told]:
        """The first messages of each channel, by time."""
        seen: Counter[str] = Counter()
        found = []
        for (at, channel, digest, _), alerts in sorted(self._messages.items()):
            seen[channel] += 1
            if seen[channel] <= number:
                found.append(Told(at, channel, digest, tuple(alerts)))
        return found

    def _reason(self, rule: Rule, seen: Seen, entity_id: str) -> str:
        at = seen.first_seen_at
        if any(mute.what in (entity_id, seen.story_id) and mute.holds(at) for mute in self._mutes):
            return MUTED
        if seen.imported:
            return IMPORTED
        return too_old(rule, seen.article, at, at, source_first_run=seen.backlog)

    def _count(self, rule: Rule, channel: str, seen: Seen, entity_id: str, held: str) -> None:
        tally = self._tallies[rule.name, channel]
        if held:
            tally.suppressed[held] += 1
            return
        tally.alerts += 1
        when = due(rule, seen.first_seen_at, self._timezone)
        if when > self._now:
            tally.waiting += 1
            return
        digest = rule.name if rule.when != "now" else ""
        message = self._messages.setdefault((when, channel, digest, "" if digest else seen.story_id), [])
        message.append(Raised(seen.article.article_id, entity_id, rule.name))

    def _bill(self, rule: str, channel: str, when: str, tallies: Sequence[_Tally]) -> Bill:
        days = Counter(
            at.astimezone(self._timezone).date()
            for (at, where, _, _), alerts in self._messages.items()
            if where == channel and (not rule or any(alert.rule == rule for alert in alerts))
        )
        suppressed: Counter[str] = Counter()
        for tally in tallies:
            suppressed.update(tally.suppressed)
        return Bill(
            rule,
            channel,
            when,
            days.total(),
            sum(tally.alerts for tally in tallies),
            sum(tally.waiting for tally in tallies),
            dict(suppressed.most_common()),
            min(days.items(), key=lambda day: (-day[1], day[0])) if days else None,
        )


def articles_since(con: duckdb.DuckDBPyConnection, since: datetime) -> int:
    """How many articles came since then."""
    [(number,)] = _rows(con, "SELECT count(*) FROM core.articles WHERE first_seen_at >= ?", [since]).fetchall()
    return int(number)


def mutes(con: duckdb.DuckDBPyConnection) -> list[Mute]:
    """All that were ever asked for."""
    rows = _rows(con, "SELECT coalesce(entity_id, story_id), created_at, until FROM core.mutes", []).fetchall()
    return [Mute(*row) for row in rows if row[0]]


def read(con: duckdb.DuckDBPyConnection, rules: Sequence[Rule], since: datetime) -> Iterator[Seen]:
    """The articles with mentions that came since then, and those before that decide what they raise: of the same
    stories, and within the longest cool-down. Raises NotPublished for a file of an older Tanma."""
    return _read(con, _DECIDING, {"begin": _begin(rules, since)})


def number(con: duckdb.DuckDBPyConnection, rules: Sequence[Rule], since: datetime) -> int:
    """How many `read` gives."""
    [(articles,)] = _rows(
        con,
        f"""SELECT count(*) FROM core.articles a SEMI JOIN
                (SELECT doc FROM core.mentions WHERE list_contains($roles, role)) USING (doc) WHERE {_DECIDING}""",
        {"begin": _begin(rules, since), "roles": sorted(ALERTING_ROLES)},
    ).fetchall()
    return int(articles)


def _begin(rules: Sequence[Rule], since: datetime) -> datetime:
    return since - max((rule.cooldown for rule in rules), default=timedelta(0))


def views(con: duckdb.DuckDBPyConnection, messages: Sequence[Told]) -> list[list[AlertView]]:
    """What each of these messages would have told, as delivery gives it to whoever writes it."""
    wanted = list({alert.article_id for message in messages for alert in message.alerts})
    found = {seen.article.article_id: seen for seen in _read(con, "list_contains($ids, a.article_id)", {"ids": wanted})}
    named = _rows(con, "SELECT entity_id, name FROM core.entities", []).fetchall()
    names: dict[str, str] = dict(named)
    return [
        [_view(found[alert.article_id], alert, message.channel, names) for alert in message.alerts]
        for message in messages
    ]


def _view(seen: Seen, alert: Raised, channel: str, names: Mapping[str, str]) -> AlertView:
    own = [m for m in seen.mentions if m.entity_id == alert.entity_id and m.role in ALERTING_ROLES]
    # Better in a sentence than in the title, which the message shows anyway: as warehouse.alertviews chooses.
    best = max(own, key=lambda mention: (mention.confidence, mention.role != "title"))
    article = seen.article
    return AlertView(
        alert_id=alert_id(seen.story_id, alert.entity_id, alert.rule, channel),
        entity_id=alert.entity_id,
        name=names.get(alert.entity_id, alert.entity_id.partition(":")[2]),
        rule=alert.rule,
        channel=channel,
        story_id=seen.story_id,
        article_id=article.article_id,
        title=article.title,
        outlet=article.outlet,
        url=article.url,
        published_at=article.published_at,
        precision=article.precision,
        how=best.how,
        confidence=best.confidence,
        surface=best.surface,
        sentence=best.snippet,
    )


_DECIDING = """(a.first_seen_at >= $begin
                OR a.story_id IN (SELECT story_id FROM core.articles WHERE first_seen_at >= $begin))"""
# The run that brought an article is the last that had begun when it came. With the run that brought the first article of
# a source came its backlog.
_READ = """
    WITH came AS (
        SELECT a.doc, a.source, a.first_seen_at,
               CASE WHEN a.first_seen_at <= coalesce(r.ended_at, a.first_seen_at) THEN r.kind END AS kind,
               CASE WHEN a.first_seen_at <= coalesce(r.ended_at, a.first_seen_at) THEN r.run_id END AS run_id
        FROM core.articles a ASOF LEFT JOIN core.runs r ON a.first_seen_at >= r.started_at
    ), begun AS (
        SELECT source, arg_min(coalesce(run_id, first_seen_at::VARCHAR), first_seen_at) AS run_id
        FROM came WHERE kind IS DISTINCT FROM 'backfill' GROUP BY source
    ), named AS (
        SELECT doc, list(({fields}) ORDER BY rowid) AS mentions FROM core.mentions
        WHERE list_contains($roles, role) GROUP BY doc
    )
    SELECT a.article_id, a.source, a.outlet, a.kind, a.url, a.title, a.published_at, a.published_precision,
           a.story_id, a.first_seen_at, coalesce(c.run_id, c.first_seen_at::VARCHAR) = b.run_id,
           c.kind IS NOT DISTINCT FROM 'backfill', n.mentions
    FROM core.articles a JOIN named n USING (doc) JOIN came c USING (doc) LEFT JOIN begun b ON b.source = a.source
    WHERE {where}
    ORDER BY a.first_seen_at, a.doc
"""
_FIELDS = (
    "entity_id", "surface", "start_char", "end_char", "how", "confidence", "role", "snippet", "reason",
    "coalesce(central, false)",
)  # fmt: skip


def _read(con: duckdb.DuckDBPyConnection, where: str, given: dict[str, Any]) -> Iterator[Seen]:
    sql = _READ.format(fields=", ".join(_FIELDS), where=where)
    cursor = _rows(con, sql, given | {"roles": sorted(ALERTING_ROLES)})
    while rows := cursor.fetchmany(_BATCH):
        yield from map(_seen, rows)


def _seen(row: tuple[Any, ...]) -> Seen:
    article_id, source, outlet, kind, url, title, published_at, precision, *more, mentions = row
    story_id, first_seen_at, backlog, imported = more
    return Seen(
        Article(article_id, source, outlet, kind, url, title, "", (), published_at, precision),
        story_id,
        first_seen_at,
        bool(backlog) and not imported,
        imported,
        tuple(Mention(*mention) for mention in mentions),
    )


def _rows(con: duckdb.DuckDBPyConnection, sql: str, given: Any) -> duckdb.DuckDBPyConnection:
    try:
        return con.execute(sql, given)
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        raise NotPublished(
            f"this warehouse was published by an older Tanma ({error}); the next `tanma run` brings it up to date"
        ) from error
