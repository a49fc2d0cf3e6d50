"""How names that are ordinary words fared in stored articles, and which words tell the name from the word there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from sources.article import Article
from warehouse import stored
from warehouse.hints import shipped_context
from warehouse.rules import Rule
from warehouse.scan import ALERTING_ROLES, Findings, Lexicon, scan
from warehouse.scan.fold import folded
from warehouse.watchlist import Entity

MOST_ARTICLES = 1_000  # the newest that hold one of the words: a check is to take seconds
THRESHOLD = Rule("", (), ()).min_confidence
_SUGGESTED = 5
_OFTEN = 2  # articles in which a name stands beside the meant one before it is suggested


@dataclass(slots=True)
class WordUse:
    """One form of one name. `fired`: articles that would alert by this form alone. `unsure`: times the string stood
    there and was rejected or too doubtful; `unsure_articles`: articles in which that was all there was of it.

    `meant`, `other`: words and names → in how many articles they stand where the name is meant, and where it is not.
    """

    entity: Entity
    form: str
    fired: int = 0
    unsure: int = 0
    unsure_articles: int = 0
    meant: Counter[str] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)

    @property
    def context(self) -> tuple[str, ...]:
        """At most five words for the key `context`: they stand where the name is meant and nowhere else, those that
        do so most often first; then what ships with the word lists and stands in no article."""
        shipped = shipped_context(self.entity, self.form)
        proven = [word for word, n in self.meant.items() if word in shipped or n >= _OFTEN]
        proven.sort(key=lambda word: (-self.meant[word], word))
        ranked = [*proven, *(word for word in shipped if word not in self.meant)]
        return tuple(word for word in ranked if not self.other[word])[:_SUGGESTED]


def word_uses(
    con: duckdb.DuckDBPyConnection, watchlist: Sequence[Entity], asked: Sequence[tuple[Entity, str]], since: datetime
) -> tuple[list[WordUse], bool]:
    """How these forms fared in the articles first seen or published since then, with today's watchlist.

    The forms in their order; and whether more articles hold one of them than were looked at.
    """
    uses = [WordUse(entity, form) for entity, form in asked]
    lexicon = Lexicon.compile(watchlist)
    holding = sorted({spelling for use in uses for spelling in (use.form, folded(use.form))})
    parts = stored.slices(con, since, holding)
    for article in _newest(con, parts):
        found = scan(lexicon, article)
        text = folded(f"{article.title}\n{article.text}")
        for use in uses:
            if folded(use.form) in text:
                _count(use, lexicon, found, text)
    return uses, sum(len(part.article_ids) for part in parts) > MOST_ARTICLES


def _newest(con: duckdb.DuckDBPyConnection, parts: Sequence[stored.Slice]) -> Iterator[Article]:
    left = MOST_ARTICLES
    for part in reversed(parts):
        for one in reversed(stored.read(con, part)):
            if not left:
                return
            left -= 1
            yield one.article


def _count(use: WordUse, lexicon: Lexicon, found: Findings, text: str) -> None:
    key, entity_id = folded(use.form), use.entity.entity_id
    telling = [m for m in found.mentions if m.entity_id == entity_id and m.role in ALERTING_ROLES]
    sure = {folded(m.surface) for m in telling if m.confidence >= THRESHOLD}
    unsure = sum(folded(m.surface) == key for m in telling if m.confidence < THRESHOLD)
    unsure += sum(folded(r.surface) == key for r in found.rejections if r.entity_id == entity_id)
    use.fired += sure == {key}
    use.unsure += unsure
    beside = set(_beside(use, lexicon, found, text))
    if sure:
        use.meant.update(beside)
    elif unsure:
        use.unsure_articles += 1
        use.other.update(beside)


def _beside(use: WordUse, lexicon: Lexicon, found: Findings, text: str) -> Collection[str]:
    """What could be a context word here: shipped evidence, and other tracked names that are surely meant."""
    evidence = [word for word in shipped_context(use.entity, use.form) if word in text]
    names = [
        lexicon.entities[mention.entity_id].name
        for mention in found.mentions
        if mention.entity_id != use.entity.entity_id
        and mention.role in ALERTING_ROLES
        and mention.confidence >= THRESHOLD
    ]
    return [*evidence, *(name for name in names if folded(use.form) not in folded(name))]
