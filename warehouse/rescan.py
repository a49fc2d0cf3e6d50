"""Scanning stored articles anew: their mentions become what today's watchlist and word lists find in them.

Nothing else of an article changes: its versions, its story and the alerts that it gave stay as they are. Mentions of
names that are no longer tracked stay too: nothing new is known of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

import duckdb

from warehouse.alerts import RESCANNED, raise_alerts, release_withheld
from warehouse.mentions import MentionRow, read_mentions, replace_mentions
from warehouse.rules import Rule
from warehouse.scan import ALERTING_ROLES, Lexicon, Mention
from warehouse.scanners import Scanners
from warehouse.store import Warehouse
from warehouse.stored import Stored


@dataclass(slots=True)
class Rescanned:
    """What a rescan did. `added` and `removed` count mentions by entity_id; `revised` those that stay where they were,
    with another confidence, reason or the like. `raised` alerts will be delivered, `withheld` ones would have been."""

    articles: int = 0
    changed: int = 0
    added: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    revised: int = 0
    raised: int = 0
    withheld: int = 0

    def counts(self) -> dict[str, int]:
        """The totals, for the run's row and for `--json`."""
        return {
            "scanned": self.articles,
            "changed": self.changed,
            "added": self.added.total(),
            "removed": self.removed.total(),
            "revised": self.revised,
            "alerts": self.raised,
            "withheld": self.withheld,
        }

    def take(self, other: Rescanned) -> None:
        """Count what another part of the same rescan did."""
        self.articles += other.articles
        self.changed += other.changed
        self.added.update(other.added)
        self.removed.update(other.removed)
        self.revised += other.revised
        self.raised += other.raised
        self.withheld += other.withheld


@dataclass(frozen=True, slots=True)
class _Found:
    """An article whose mentions differ from those stored, or that has alerts to release."""

    stored: Stored
    mentions: tuple[Mention, ...]
    rows: list[MentionRow]
    differs: bool
    telling: frozenset[str]  # entities whose alerts are to be looked at


def rescan(
    wh: Warehouse,
    stored: Sequence[Stored],
    lexicon: Lexicon,
    rules: Sequence[Rule],
    now: datetime,
    *,
    timezone: tzinfo,
    alert: bool,
    scanners: Scanners | None = None,
) -> Rescanned:
    """Scan these articles anew in ONE transaction; where nothing changes, nothing is written. `scanners`: the lexicon's.

    Of names that are now mentioned more often or more surely, the alerts are raised that a rule asks for: suppressed with the reason `rescan`,
    or with `alert` whatever the article's age, those that an earlier rescan suppressed included. Alerts that exist for
    another reason stay as they are. Raises WarehouseError; then nothing was changed.
    """
    scanners = scanners or Scanners(lexicon)
    scanners.begin(one.article for one in stored)
    done = Rescanned(articles=len(stored))
    before = read_mentions(wh.con, [one.article.article_id for one in stored])
    waiting = _withheld(wh.con, [one.story_id for one in stored]) if alert else {}
    found: list[_Found] = []
    for one in stored:
        old = before.get(one.article.article_id, [])
        mentions = scanners.mentions(one.article)
        gone = [row for row in old if row.entity_id not in lexicon.entities]
        rows = [*gone, *map(MentionRow.of, mentions)]
        telling = _count(done, old, rows) | waiting.get(one.story_id, frozenset())
        differs = Counter(old) != Counter(rows)
        if differs or telling:
            found.append(_Found(one, mentions, rows, differs, telling & {m.entity_id for m in mentions}))
    if not any(one.differs or one.telling for one in found):
        return done
    with wh.transaction() as con:
        changed = {
            one.stored.article.article_id: (one.stored.version, one.stored.doc, one.rows)
            for one in found
            if one.differs
        }
        replace_mentions(wh, changed)
        known = _number_withheld(con)
        for news in found:
            done.raised += _tell(con, news, lexicon, rules, now, timezone, alert)
        done.withheld += max(0, _number_withheld(con) - known)
    return done


def _count(done: Rescanned, old: Sequence[MentionRow], new: Sequence[MentionRow]) -> frozenset[str]:
    """Count what differs between the stored mentions of an article and those of today; which names may alert now."""
    before, after = Counter(old), Counter(new)
    if before == after:
        return frozenset()
    places, now = Counter(row.place for row in old), Counter(row.place for row in new)
    added, removed = now - places, places - now
    done.changed += 1
    for place, count in added.items():
        done.added[place[0]] += count
    for place, count in removed.items():
        done.removed[place[0]] += count
    done.revised += (after - before).total() - added.total()
    return _more_or_surer(old, new)


def _more_or_surer(old: Sequence[MentionRow], new: Sequence[MentionRow]) -> frozenset[str]:
    """Names that are mentioned more often, more surely or more centrally than before, where alerts look: another reason
    or snippet of the same mention is no news, and must not raise what a rule that came later would ask for."""
    before, now = _weights(old), _weights(new)
    nothing = (0, 0.0, False)
    return frozenset(
        name
        for name, weight in now.items()
        if any(is_now > was for is_now, was in zip(weight, before.get(name, nothing), strict=True))
    )


def _weights(rows: Sequence[MentionRow]) -> dict[str, tuple[int, float, bool]]:
    """entity_id → how many mentions stand where alerts look, the confidence of the surest, whether it is central. Rows
    of an older version, which did not say so, are taken for central: that an article is about the name is no news."""
    found: dict[str, tuple[int, float, bool]] = {}
    for row in rows:
        if row.role in ALERTING_ROLES:
            count, best, central = found.get(row.entity_id, (0, 0.0, False))
            found[row.entity_id] = (count + 1, max(best, row.confidence), central or row.central is not False)
    return found


def _tell(
    con: duckdb.DuckDBPyConnection,
    one: _Found,
    lexicon: Lexicon,
    rules: Sequence[Rule],
    now: datetime,
    timezone: tzinfo,
    alert: bool,
) -> int:
    mentions = [mention for mention in one.mentions if mention.entity_id in one.telling]
    if not mentions:
        return 0
    story_id, entities = one.stored.story_id, lexicon.entities
    raised = raise_alerts(
        con,
        rules,
        story_id=story_id,
        article=one.stored.article,
        version=one.stored.version,
        mentions=mentions,
        entities=entities,
        first_seen_at=one.stored.first_seen_at,
        now=now,
        source_first_run=False,
        force=alert,
        timezone=timezone,
        withheld=RESCANNED,
    )
    if alert:
        raised += release_withheld(
            con,
            rules,
            story_id=story_id,
            outlet=one.stored.article.outlet,
            mentions=mentions,
            entities=entities,
            now=now,
            timezone=timezone,
        )
    return raised


def _withheld(con: duckdb.DuckDBPyConnection, story_ids: Sequence[str]) -> Mapping[str, frozenset[str]]:
    """story_id → the names of which a rescan withheld an alert."""
    rows = con.execute(
        """SELECT story_id, list(DISTINCT entity_id) FROM core.alerts
           WHERE status = 'suppressed' AND reason = ? AND story_id IN (SELECT unnest(?::TEXT[])) GROUP BY story_id""",
        [RESCANNED, list(story_ids)],
    ).fetchall()
    return {story_id: frozenset(names) for story_id, names in rows}


def _number_withheld(con: duckdb.DuckDBPyConnection) -> int:
    rows = con.execute(
        "SELECT count(*) FROM core.alerts WHERE status = 'suppressed' AND reason = ?", [RESCANNED]
    ).fetchall()
    return int(rows[0][0])
