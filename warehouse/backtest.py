"""What a name would have found in stored articles, and what it would have cost: a watchlist entry tried out before it
goes live. Counts grow with the hits alone, not with the articles looked at. Pure: no clock, no database.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo

from sources.article import Article
from warehouse.alerts import cools, matching, takes, too_old
from warehouse.rules import Rule
from warehouse.scan import ALERTING_ROLES, Findings, Lexicon, Mention, Rejection, scan
from warehouse.scan.snippet import snippet
from warehouse.schedule import due
from warehouse.storable import storable_time
from warehouse.stored import Stored
from warehouse.watchlist import Entity

NEWEST = 10  # examples kept of each sort
_WEEK = timedelta(days=7)
_AHEAD = timedelta(days=1)  # of now: a published time beyond is a slip of the outlet's


@dataclass(frozen=True, slots=True)
class Example:
    """Where something was found. `confidence`, `how` and `role` are the mention's; of a rejection, 0 and empty."""

    at: datetime
    article_id: str
    outlet: str
    title: str
    url: str
    surface: str
    confidence: float
    how: str
    role: str
    reason: str
    snippet: str


@dataclass(frozen=True, slots=True)
class Cost:
    """The messages that one rule would have sent to one channel. `digest`: each is one that the rule's other names
    share; else one a story, which another rule for the same channel may share."""

    rule: str
    channel: str
    when: str
    digest: bool
    alerts: int
    messages: int


@dataclass(slots=True)
class _Newest:
    """The newest examples of one sort."""

    kept: list[tuple[datetime, int, Example]] = field(default_factory=list)
    seen: int = 0

    def take(self, example: Example) -> None:
        self.seen += 1
        entry = (example.at.astimezone(UTC), -self.seen, example)
        if len(self.kept) < NEWEST:
            heapq.heappush(self.kept, entry)
        else:
            heapq.heappushpop(self.kept, entry)

    @property
    def examples(self) -> list[Example]:
        return [example for _, _, example in sorted(self.kept, reverse=True)]


class BackTest:
    """A test of one entity. `lexicon` holds it among the others of the watchlist, which its strings may belong to;
    `since` and `now` bound the time looked at. Feed it with `take`, then read."""

    def __init__(
        self,
        entity: Entity,
        lexicon: Lexicon,
        rules: Sequence[Rule],
        *,
        since: datetime,
        now: datetime,
        timezone: tzinfo,
    ) -> None:
        self.entity = entity
        self.rules = [rule for rule in rules if rule.is_for(entity)]
        self.articles = 0
        self.too_old = 0
        self.hits: list[tuple[datetime, str]] = []  # moment and story of each article that would alert
        self.doubtful = 0
        self._lexicon = lexicon
        self._since, self._now, self._timezone = since, now, timezone
        self._earliest = now
        self._newest, self._below = _Newest(), _Newest()
        self._rejected: Counter[tuple[str, str]] = Counter()
        self._example: dict[tuple[str, str], Example] = {}
        self._due: dict[tuple[str, str], set[datetime]] = {}  # rule, channel → when its digests were due
        self._told: dict[tuple[str, str], set[str]] = {}  # rule, channel → stories
        self._cooled: dict[tuple[str, str], set[str]] = {}  # rule, channel → stories held back by the cool-down
        self._last: dict[tuple[str, str], datetime] = {}  # rule, channel → when the last alert was raised
        # Without a rule for it nothing is sent; it is judged as the simplest rule would.
        self._judges = self.rules or [Rule("", (), ())]

    @property
    def threshold(self) -> float:
        """The least confidence at which a rule alerts."""
        return min(rule.min_confidence for rule in self._judges)

    @property
    def stories(self) -> int:
        return len({story for _, story in self.hits})

    @property
    def weeks_covered(self) -> float:
        """How long the time is in which there were articles, at least one week."""
        return max(1.0, (self._now - max(self._since, self._earliest)) / _WEEK)

    def take(self, stored: Stored) -> None:
        """Scan one article and count what it gives."""
        self.articles += 1
        moment = self._moment(stored)
        self._earliest = min(self._earliest, moment)
        article = stored.article
        found = _of(self.entity, scan(self._lexicon, article))
        for rejection in found.rejections:
            key = (rejection.surface, rejection.reason)
            self._rejected[key] += 1
            if key not in self._example:
                self._example[key] = _rejected(moment, article, rejection)
        telling = [mention for mention in found.mentions if mention.role in ALERTING_ROLES]
        if not telling:
            return
        best = max(telling, key=lambda mention: (mention.confidence, mention.role != "title"))
        entities = {self.entity.entity_id: self.entity}
        judges = [rule for rule in self._judges if takes(rule, article.outlet)]
        fired = [rule for rule in judges if any(matching(rule, telling, entities, article.outlet))]
        if judges and not fired:
            self.doubtful += 1
            self._below.take(_mentioned(moment, article, best))
        if not fired:
            return
        self.hits.append((moment, stored.story_id))
        self._newest.take(_mentioned(moment, article, best))
        if self.rules:
            self._bill(stored, fired)

    def weeks(self) -> list[tuple[date, int, int]]:
        """(its Monday, articles, stories that were new in it) of every week of the time, the oldest first."""
        articles: Counter[date] = Counter(self._monday(moment) for moment, _ in self.hits)
        first: dict[str, datetime] = {}
        for moment, story in self.hits:
            first[story] = min(moment, first.get(story, moment))
        stories: Counter[date] = Counter(map(self._monday, first.values()))
        begin = self._monday(max(self._since, self._earliest))
        return [(week, articles[week], stories[week]) for week in _mondays(begin, self._monday(self._now))]

    def newest(self) -> list[Example]:
        """The newest articles that would have alerted."""
        return self._newest.examples

    def below(self) -> list[Example]:
        """The newest articles in which it was found, not surely enough for any rule."""
        return self._below.examples

    def rejected(self) -> list[tuple[str, str, int, Example]]:
        """(surface, reason, how often, an example), the most frequent first."""
        rows = sorted(self._rejected.items(), key=lambda row: (-row[1], row[0]))
        return [(surface, reason, count, self._example[surface, reason]) for (surface, reason), count in rows]

    def costs(self) -> list[Cost]:
        """What each rule for this name would have sent to each of its channels."""
        return [
            Cost(
                rule.name, channel, rule.when, rule.when != "now", len(self._told.get((rule.name, channel), ())),
                len(self._due.get((rule.name, channel), ()) if rule.when != "now" else self._told.get((rule.name, channel), ())),
            )
            for rule in self.rules
            for channel in rule.channels
        ]  # fmt: skip

    def messages(self) -> dict[str, int]:
        """channel → messages in all: a story that several rules tell to a channel at once is one message."""
        stories: dict[str, set[str]] = {}
        digests: Counter[str] = Counter()
        for rule in self.rules:
            for channel in rule.channels:
                stories.setdefault(channel, set())
                if rule.when == "now":
                    stories[channel] |= self._told.get((rule.name, channel), set())
                else:
                    digests[channel] += len(self._due.get((rule.name, channel), ()))
        return {channel: len(told) + digests[channel] for channel, told in stories.items()}

    def _bill(self, stored: Stored, fired: Sequence[Rule]) -> None:
        """An alert is raised when the article is first seen, once for a story."""
        seen = stored.first_seen_at
        fresh = [rule for rule in fired if not too_old(rule, stored.article, seen, seen, source_first_run=False)]
        self.too_old += not fresh
        for rule in fresh:
            for channel in rule.channels:
                told = self._told.setdefault((rule.name, channel), set())
                if stored.story_id in told or stored.story_id in self._cooled.get((rule.name, channel), ()):
                    continue
                if cools(rule, self._last.get((rule.name, channel)), seen):
                    self._cooled.setdefault((rule.name, channel), set()).add(stored.story_id)
                    continue
                told.add(stored.story_id)
                self._last[rule.name, channel] = seen
                self._due.setdefault((rule.name, channel), set()).add(due(rule, seen, self._timezone))

    def _moment(self, stored: Stored) -> datetime:
        """When it was published; when it was first seen, where that is not known or lies outside the time."""
        published = storable_time(stored.article.published_at)
        if published is not None and self._since <= published <= self._now + _AHEAD:
            return published
        return stored.first_seen_at

    def _monday(self, moment: datetime) -> date:
        day = moment.astimezone(self._timezone).date()
        return day - timedelta(days=day.weekday())


def _of(entity: Entity, found: Findings) -> Findings:
    return Findings(
        tuple(mention for mention in found.mentions if mention.entity_id == entity.entity_id),
        tuple(rejection for rejection in found.rejections if rejection.entity_id == entity.entity_id),
    )


def _mentioned(at: datetime, article: Article, mention: Mention) -> Example:
    return Example(
        at, article.article_id, article.outlet, article.title, article.url, mention.surface, mention.confidence,
        mention.how, mention.role, mention.reason, mention.snippet,
    )  # fmt: skip


def _rejected(at: datetime, article: Article, rejection: Rejection) -> Example:
    start, end = rejection.start_char, rejection.end_char
    around = article.title if start is None or end is None else snippet(article.text, start, end)
    return Example(
        at, article.article_id, article.outlet, article.title, article.url, rejection.surface, 0.0, "", rejection.role,
        rejection.reason, around,
    )  # fmt: skip


def _mondays(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=7)
