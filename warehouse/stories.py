"""Which articles tell the same thing: stories, kept up as articles come, without looking at all that is stored.

Two articles are linked when likeness says so (warehouse/same), which depends on the two alone. A story is a set of
articles that links hold together, so it is the same whatever the order of arrival: an article that is linked with two
stories makes them one. Articles are grouped, never deleted, and a story is never torn apart again.

A story is named by the article_id of the article that came to us first. Its lead is the whole text that was published
first, whenever that came.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from warehouse.likely import Asked, Candidate, candidates, likeliest, wordings_of
from warehouse.lookup import rows_by
from warehouse.same import Likeness, Wording, likeness
from warehouse.store import Warehouse

_NEVER = datetime.max.replace(tzinfo=UTC)
_WHOLE = 0.6  # of the longest text of a story: a text of fewer characters is no lead while there is another
_LABELLED = 40  # members of a story whose relation to a new lead is told anew


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an incoming article belongs. `linked` is the article that it is like; empty when it stands alone."""

    story_id: str
    linked: str = ""
    likeness: Likeness | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """An article of a story, as far as its place in it goes."""

    article_id: str
    relation: str
    kind: str
    chars: int
    published_at: datetime | None
    first_seen_at: datetime


@dataclass(slots=True)
class Grouping:
    """The stories of one batch, while it is planned: place each article in turn, then write what came of it.

    `merged` says which stories became others, `begun` which began here; `words` are the wordings that were read, by
    article.
    """

    now: datetime
    merged: dict[str, str] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    words: dict[str, Wording] = field(default_factory=dict)
    _found: Sequence[Sequence[Candidate]] = ()
    _age: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    _story: dict[str, str] = field(default_factory=dict)
    _here: list[tuple[str, Wording]] = field(default_factory=list)
    _holders: dict[int, list[int]] = field(default_factory=dict)
    _needs: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls, con: duckdb.DuckDBPyConnection, asked: Sequence[Asked], now: datetime, own: Mapping[str, str]
    ) -> Grouping:
        """For articles with these keys, in their order. `own`: the stories of those that are stored already."""
        found = candidates(con, asked)
        stories = {one.story_id for some in found for one in some} | set(own.values())
        words = {one.article_id: one.words for some in found for one in some if one.is_newest}
        return cls(now, words=words, _found=found, _age=_ages(con, stories), _story=dict(own))

    def place(self, at: int, article_id: str, words: Wording, asked: Asked) -> Placed:
        """The story of the `at`-th article of the batch; those before it count as stored."""
        linked: dict[str, tuple[str, Likeness]] = {}
        for one_id, story, other in self._candidates(at, article_id, asked):
            if story not in linked and (like := likeness(words, other)):
                linked[story] = (one_id, like)
        stories = list(linked)
        if own := self._story.get(article_id):
            stories.append(self.now_is(own))
        if not stories:
            self.begun.add(article_id)
        story = min(stories, key=lambda one: (self._age.get(one, (_NEVER, 0)), one)) if stories else article_id
        self._age.setdefault(story, (self.now, at))
        for other_story in stories:
            if other_story != story:
                self.merged[other_story] = story
        self._story[article_id] = story
        self._needs[len(self._here)] = asked.need
        for key in asked.keys:
            self._holders.setdefault(key, []).append(len(self._here))
        self._here.append((article_id, words))
        self.words[article_id] = words
        if not linked:
            return Placed(story)
        first, like = linked.get(story) or next(iter(linked.values()))
        return Placed(story, first, like)

    def now_is(self, story: str) -> str:
        """The story that a story has become part of, or itself."""
        while story in self.merged:
            story = self.merged[story]
        return story

    def _candidates(self, at: int, article_id: str, asked: Asked) -> Iterator[tuple[str, str, Wording]]:
        """(article, its story at this moment, wording) of what is stored and of what came before in this batch."""
        for one in self._found[at]:
            if one.article_id != article_id:
                yield one.article_id, self.now_is(self._story.get(one.article_id, one.story_id)), one.words
        for place in likeliest(asked, self._holders, self._needs):
            other_id, words = self._here[place]
            if other_id != article_id:
                yield other_id, self.now_is(self._story[other_id]), words


def _ages(con: duckdb.DuckDBPyConnection, story_ids: Collection[str]) -> dict[str, tuple[datetime, int]]:
    """When the articles that name these stories came; one that is not stored any more counts as the first of all."""
    rows = rows_by(con, "article_id, first_seen_at", "core.articles", "article_id", story_ids)
    ages = {article_id: (first_seen_at, -1) for article_id, first_seen_at in rows}
    return {story: ages.get(story, (datetime.min.replace(tzinfo=UTC), -1)) for story in story_ids}


# -- what is written, inside the caller's transaction and after its articles ---------------------------------------


def settle_stories(
    wh: Warehouse,
    placed: Mapping[str, str],
    merged: Mapping[str, str],
    words: Mapping[str, Wording],
    now: datetime,
    *,
    begun: Collection[str] = (),
) -> None:
    """Write down where the articles of a batch went: members, merged stories with their alerts, leads and relations.

    `placed`: article → the story it belongs to; `merged`: story → the story that it became, none of them merged on;
    `words`: the wordings at hand, by article; `begun`: stories that began with this batch, so that nothing is stored of
    them.
    """
    con = wh.con
    stories = set(placed.values()) | set(merged.values())
    known = (stories | set(merged)).difference(begun)
    listed = _listed(con, known)
    before = _members(con, known, listed)
    # Also one without members by now: its only article is in this batch, and has been written under the new name.
    _merge(con, merged, before, now)
    after = {story: dict.fromkeys(before.get(story, ())) for story in stories}
    for old, new in merged.items():
        after[new] |= dict.fromkeys(before.get(old, ()))
    for article_id, story in placed.items():
        after[story][article_id] = None
    if merged:
        listed = _listed(con, stories)
    rows = [
        (story, one)
        for story, ones in after.items()
        if len(ones) > 1 or story not in ones
        for one in ones
        if (story, one) not in listed
    ]
    if rows:
        columns = {"story_id": [row[0] for row in rows], "article_id": [row[1] for row in rows]}
        wh.insert("INSERT INTO core.story_members BY NAME FROM incoming", pa.table(columns))
    joined = {one for story, ones in after.items() for one in ones if one not in before.get(story, ())}
    _elect(con, [list(ones) for ones in after.values() if len(ones) > 1], joined, words)


def members(con: duckdb.DuckDBPyConnection, story_ids: Collection[str]) -> dict[str, list[str]]:
    """The articles of these stories, as far as they are stored; a story without any is left out."""
    return _members(con, story_ids, _listed(con, story_ids))


def _members(
    con: duckdb.DuckDBPyConnection, story_ids: Collection[str], listed: Collection[tuple[str, str]]
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for story, article_id in listed:
        found.setdefault(story, []).append(article_id)
    alone = [story for story in story_ids if story not in found]
    rows = rows_by(con, "article_id, story_id", "core.articles", "article_id", alone)
    return found | {one: [one] for one, story in rows if one == story}


def _listed(con: duckdb.DuckDBPyConnection, story_ids: Collection[str]) -> dict[tuple[str, str], None]:
    rows = rows_by(con, "rowid, story_id, article_id", "core.story_members", "story_id", story_ids)
    return dict.fromkeys((story, article_id) for _, story, article_id in sorted(rows))


def _merge(
    con: duckdb.DuckDBPyConnection, merged: Mapping[str, str], articles: Mapping[str, Sequence[str]], now: datetime
) -> None:
    """Make each of these stories, with its `articles`, the one that it became: in few statements, however many they are."""
    if not merged:
        return
    moved = {article_id: new for old, new in merged.items() for article_id in articles.get(old, ())}
    con.execute(
        f"UPDATE core.articles AS a SET story_id = p.new FROM {_PAIRS} p WHERE a.article_id = p.old", _pairs(moved)
    )
    for table, column in (("story_members", "story_id"), ("merged_stories", "merged_in"), ("mutes", "story_id")):
        con.execute(
            f"UPDATE core.{table} AS t SET {column} = p.new FROM {_PAIRS} p WHERE t.{column} = p.old", _pairs(merged)
        )
    con.execute(
        f"INSERT OR REPLACE INTO core.merged_stories SELECT old, new, $now FROM {_PAIRS}",
        {**_pairs(merged), "now": now},
    )
    carry_alerts(con, merged)


_PAIRS = "(SELECT unnest($old::TEXT[]) AS old, unnest($new::TEXT[]) AS new)"


def _pairs(some: Mapping[str, str]) -> dict[str, list[str]]:
    return {"old": list(some), "new": list(some.values())}


def _elect(
    con: duckdb.DuckDBPyConnection, stories: Sequence[Sequence[str]], new: Collection[str], words: Mapping[str, Wording]
) -> None:
    """Choose the lead among the articles of each story and tell how the others stand to it: of those that are `new`
    in their story, and of all when the lead is another. Writes only what differs."""
    columns = "article_id, relation, kind, chars, published_at, first_seen_at"
    every = [one for story in stories for one in story]
    rows = rows_by(con, columns, "core.articles", "article_id", every)
    stored = {row[0]: Member(*row) for row in rows}
    leads: dict[str, list[Member]] = {}
    for story in stories:
        ones = [stored[one] for one in story if one in stored]
        if ones:
            lead = lead_of(ones)
            all_anew = lead.relation != "lead" or lead.article_id in new
            leads[lead.article_id] = [one for one in ones if one is not lead and (all_anew or one.article_id in new)]
    wanted = [stored[lead] for lead, ones in leads.items() if ones] + [m for s in leads.values() for m in s[:_LABELLED]]
    missing = [one.article_id for one in wanted if one.article_id not in words]
    known = {**wordings_of(con, missing), **words}
    changed: dict[str, list[str]] = {}
    for lead_id, ones in leads.items():
        relations = {one.article_id: _relation(known.get(one.article_id), known.get(lead_id)) for one in ones}
        for article_id, relation in {lead_id: "lead", **relations}.items():
            if stored[article_id].relation != relation:
                changed.setdefault(relation, []).append(article_id)
    for relation, ids in changed.items():
        con.execute(
            "UPDATE core.articles SET relation = ? WHERE article_id IN (SELECT unnest(?::TEXT[]))", [relation, ids]
        )


def _relation(words: Wording | None, lead: Wording | None) -> str:
    """To the lead. Held together by others between them, longer than the lead, or not compared: near."""
    like = likeness(words, lead) if words and lead else None
    return like.relation if like and like.relation != "whole" else "near"


def lead_of(ones: Sequence[Member]) -> Member:
    """Of a story's articles the whole text that was published first. Those without a time come last, then the one
    seen first counts."""
    longest = max(one.chars for one in ones)
    wholes = [one for one in ones if one.kind != "partial" and one.chars >= _WHOLE * longest]
    return min(wholes or ones, key=lambda one: (one.published_at or _NEVER, one.first_seen_at, one.article_id))


def carry_alerts(con: duckdb.DuckDBPyConnection, merged: Mapping[str, str]) -> None:
    """Stories turned out to be one with others (old → new): their alerts go with them, inside the caller's transaction.

    Where both have an alert, it is told once: of two that wait the one of `old` is suppressed, and one that waits when
    the other was sent, or is on its way (and is tried again if that fails). One that was sent keeps its name, and the
    public view tells both under the new one. Of several that became the same story, the first counts as there already.
    """
    told = {
        row[0]
        for row in con.execute(
            "SELECT DISTINCT story_id FROM core.alerts WHERE story_id IN (SELECT unnest(?::TEXT[]))", [list(merged)]
        ).fetchall()
    }
    waiting = {old: new for old, new in merged.items() if old in told}
    while waiting:
        by_new = {new: old for old, new in reversed(waiting.items())}  # of each new one the first: they go in turns
        _carry(con, {old: new for new, old in by_new.items()})
        waiting = {old: new for old, new in waiting.items() if by_new[new] != old}


def _carry(con: duckdb.DuckDBPyConnection, merged: Mapping[str, str]) -> None:
    """As carry_alerts, of stories that each became another one."""
    con.execute(
        f"""UPDATE core.alerts AS a SET story_id = p.new FROM {_PAIRS} p
            WHERE a.story_id = p.old AND (p.new, a.entity_id, a.rule, a.channel) NOT IN (
                SELECT (story_id, entity_id, rule, channel) FROM core.alerts)""",
        _pairs(merged),
    )
    con.execute(
        f"""UPDATE core.alerts AS a
            SET status = 'suppressed', next_attempt_at = NULL, reason = 'same story as ' || p.new
            FROM {_PAIRS} p WHERE a.story_id = p.old AND a.status = 'pending'""",
        _pairs(merged),
    )
    con.execute(
        f"""UPDATE core.alerts AS a
            SET status = 'suppressed', next_attempt_at = NULL, reason = 'same story as ' || p.old
            FROM {_PAIRS} p JOIN core.alerts b ON b.story_id = p.old
            WHERE a.story_id = p.new AND a.status = 'pending' AND b.status IN ('sent', 'sending')
              AND b.entity_id = a.entity_id AND b.rule = a.rule AND b.channel = a.channel""",
        _pairs(merged),
    )


def rename_article(wh: Warehouse, old: str, new: str, now: datetime) -> None:
    """What is stored as `old` turned out to be article `new`, inside the caller's transaction: it becomes `new` with
    its versions, mentions and alerts, and so does the story that it names.

    When `new` is stored already, their stories become one.
    """
    con = wh.con
    story = dict(
        con.execute("SELECT article_id, story_id FROM core.articles WHERE article_id IN (?, ?)", [old, new]).fetchall()
    )
    if new not in story:
        for table in ("articles", "article_versions", "story_members", "mentions", "alerts"):
            con.execute(f"UPDATE core.{table} SET article_id = ? WHERE article_id = ?", [new, old])
        if story.get(old) == old:
            _merge(con, {old: new}, {old: [new, *members(con, [old]).get(old, ())]}, now)
    elif story[old] != story[new]:
        settle_stories(wh, {}, {story[old]: story[new]}, {}, now)
