"""The scan of one article: read its parts, gather what speaks for whom, judge every hit."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from sources.article import Article
from warehouse.scan.decide import decide
from warehouse.scan.evidence import Facts, gather
from warehouse.scan.findings import Findings, Mention, Rejection, Role
from warehouse.scan.lexicon import Lexicon, Use
from warehouse.scan.match import Hit, Reading, read
from warehouse.scan.roles import Layout, publisher_lines
from warehouse.scan.snippet import snippet


def scan(lexicon: Lexicon, article: Article) -> Findings:
    """Every tracked name in an article's title, text, byline and chrome, and every string that only looked like one.

    Pure: the same lexicon and article give the same findings, whatever the order of the watchlist. Never raises.
    """
    byline = publisher_lines(article.outlet, article.authors, article.byline)
    title, text = read(lexicon, article.title), read(lexicon, article.text)
    parts = (
        _Part("title", title, article),
        _Part("body", text, article),
        _Part("byline", read(lexicon, byline), article),
        _Part("chrome", read(lexicon, article.chrome), article),
    )
    if not any(part.reading.hits or part.reading.lost for part in parts):
        return Findings((), ())
    facts = gather((title, text))
    mentions: list[Mention] = []
    rejections: list[Rejection] = []
    for part in parts:
        for found in part.judged(lexicon, facts):
            if isinstance(found, Mention):
                mentions.append(found)
            else:
                rejections.append(found)
    return Findings(tuple(mentions), tuple(rejections))


class _Part:
    """One part of an article. `role` is its own; in the text (`body`) the layout says more."""

    def __init__(self, role: Role, reading: Reading, article: Article) -> None:
        self.role = role
        self.reading = reading
        self._article = article

    def judged(self, lexicon: Lexicon, facts: Facts) -> Iterator[Mention | Rejection]:
        lost = [(hit, why) for hit, why in self.reading.lost]
        both = [(hit, "") for hit in self.reading.hits] + lost
        for hit, why in sorted(both, key=lambda pair: (pair[0].start, pair[0].end)):
            for use in hit.form.uses:
                yield self._rejection(hit, use, why) if why else self._verdict(lexicon, facts, hit, use)

    def _verdict(self, lexicon: Lexicon, facts: Facts, hit: Hit, use: Use) -> Mention | Rejection:
        verdict = decide(lexicon, self.reading, hit, use, facts)
        if not verdict.confidence:
            return self._rejection(hit, use, verdict.reason)
        start, end = self.reading.folded.span(hit.start, hit.end)
        inside = self.role == "body"
        return Mention(
            entity_id=use.entity_id,
            surface=self.reading.original[start:end],
            start_char=start if inside else None,
            end_char=end if inside else None,
            how=use.how,
            confidence=verdict.confidence,
            role=self._role(hit, use),
            snippet=snippet(self.reading.original, start, end),
            reason=verdict.reason,
        )

    def _rejection(self, hit: Hit, use: Use, reason: str) -> Rejection:
        start, end = self.reading.folded.span(hit.start, hit.end)
        inside = self.role == "body"
        return Rejection(
            entity_id=use.entity_id,
            surface=self.reading.original[start:end],
            start_char=start if inside else None,
            end_char=end if inside else None,
            role=self._role(hit, use),
            reason=reason,
        )

    def _role(self, hit: Hit, use: Use) -> Role:
        return self._layout.role(hit.start, hit.end, use.kind) if self.role == "body" else self.role

    @cached_property
    def _layout(self) -> Layout:
        return Layout(self.reading.text, (self._article.outlet, *self._article.authors))
