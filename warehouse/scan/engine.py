"""The scan of one article: read its parts, gather what speaks for whom, judge every hit."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from sources.article import Article
from warehouse.scan.decide import Verdict, decide
from warehouse.scan.evidence import Facts, gather
from warehouse.scan.findings import ALERTING_ROLES, Findings, Mention, Rejection, Role
from warehouse.scan.hear import Heard, hear
from warehouse.scan.lexicon import Lexicon
from warehouse.scan.match import Hit, Reading, read
from warehouse.scan.roles import Layout, own_names, publisher_lines
from warehouse.scan.snippet import snippet
from warehouse.scan.uses import Use
from warehouse.scan.weight import weighed

_TOLD = 8  # bearers of one string that fell, by whom its fall is told


def scan(lexicon: Lexicon, article: Article) -> Findings:
    """Every tracked name in an article's title, text, byline and chrome, and every string that only looked like one.

    Pure: the same lexicon and article give the same findings, whatever the order of the watchlist. Never raises.
    """
    byline = publisher_lines(article.outlet, article.authors, article.byline)
    title = read(lexicon, article.title)
    text = read(lexicon, article.text, title.named)
    outlet = _Outlet(lexicon, own_names((article.outlet,)))
    parts = (
        _Part("title", title, article, outlet),
        _Part("body", text, article, outlet),
        _Part("byline", read(lexicon, byline), article, outlet),
        _Part("chrome", read(lexicon, article.chrome), article, outlet),
    )
    facts = gather((title, text))
    heard = hear(lexicon, text, facts, article.kind == "transcript" or text.spaced)
    if not heard and not any(part.reading.hits or part.reading.lost for part in parts):
        return Findings((), ())
    parts[1].heard = heard
    mentions: list[Mention] = []
    rejections: list[Rejection] = []
    for part in parts:
        for found in part.judged(lexicon, facts):
            if isinstance(found, Mention):
                mentions.append(found)
            else:
                rejections.append(found)
    return Findings(weighed(mentions, len(article.text)), tuple(rejections))


class _Outlet:
    """Whether a use means the article's own outlet: what that says of itself (晚点独家, 暗涌Waves) is a label."""

    def __init__(self, lexicon: Lexicon, names: frozenset[str]) -> None:
        self._forms, self._names = lexicon.full_forms, names
        self._known: dict[str, bool] = {}

    def __contains__(self, use: Use) -> bool:
        if use.kind == "person" or not self._names:
            return False
        known = self._known.get(use.entity_id)
        if known is None:
            known = not self._names.isdisjoint(self._forms.get(use.entity_id, ()))
            self._known[use.entity_id] = known
        return known


class _Part:
    """One part of an article. `role` is its own; in the text (`body`) the layout says more."""

    def __init__(self, role: Role, reading: Reading, article: Article, outlet: _Outlet) -> None:
        self.role = role
        self.reading = reading
        self._article = article
        self._outlet = outlet
        self.heard: list[Heard] = []
        self._last_span, self._last_snippet = (-1, -1), ""

    def judged(self, lexicon: Lexicon, facts: Facts) -> Iterator[Mention | Rejection]:
        lost = [(hit, why) for hit, why in self.reading.lost]
        both = [(hit, "") for hit in self.reading.hits] + lost
        judged = [
            (hit, use, Verdict(0, why) if why else decide(lexicon, self.reading, hit, use, facts))
            for hit, why in both
            for use in (hit.form.uses[:_TOLD] if why else self._possible(hit))
        ]
        judged += [(heard.hit, heard.use, heard.verdict) for heard in self.heard]
        for hit, use, verdict in sorted(judged, key=lambda one: (one[0].start, one[0].end)):
            yield self._told(hit, use, verdict)

    def _possible(self, hit: Hit) -> Iterator[Use]:
        """Of thousands who share a given name, only those whose full name stands before."""
        named = self.reading.named
        return (use for use in hit.form.uses if not use.derived or named.get(use.entity_id, hit.start) < hit.start)

    def _told(self, hit: Hit, use: Use, verdict: Verdict) -> Mention | Rejection:
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
            snippet=self._snippet(start, end),
            reason=verdict.reason,
        )

    def _snippet(self, start: int, end: int) -> str:
        if (start, end) != self._last_span:
            self._last_span, self._last_snippet = (start, end), snippet(self.reading.original, start, end)
        return self._last_snippet

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
        role = self._layout.role(hit.start, hit.end, use.kind) if self.role == "body" else self.role
        return "byline" if role in ALERTING_ROLES and use in self._outlet else role

    @cached_property
    def _layout(self) -> Layout:
        return Layout(self.reading.text, (self._article.outlet, *self._article.authors))
