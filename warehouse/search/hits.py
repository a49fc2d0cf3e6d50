"""Where the words of a query stand in an article, the sentence to show, and how good a hit the article is."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.scan.fold import Folded, fold
from warehouse.search.grams import begins_word, inner_starts
from warehouse.search.words import Phrase, Query

Span = tuple[int, int]
_SNIPPET = 120  # characters, about
_LOOKED_AT = 200  # places of which the best is shown
_ENDS = re.compile(r"[。！？!?；;\n]|\.(?=\s)")
_PAUSE = re.compile(r"[，,、：:\s]")


@dataclass(frozen=True, slots=True)
class Hits:
    """Where a query stands in one article. Spans are (start, end) in the title and the text as they are stored, in order.

    in_title: the share of the query's groups that stand in the title; often: of each group, how many times it stands
    in title and text; exact: the share of the places that are written as in the query, case aside.
    """

    title: tuple[Span, ...]
    text: tuple[Span, ...]
    in_title: float
    often: tuple[int, ...]
    exact: float
    best: Span | None  # in the text: in whose sentence most of the query stands

    def score(self, chars: int, freshness: float) -> float:
        """3 × share of the words that are in the title + 2 × mean over the words of n / (n + 2), n: places of a word
        + 1 - first place / length of the text + half the share of places written as in the query + freshness.
        """
        first = 1 - self.text[0][0] / chars if self.text else 0.0
        number = sum(n / (n + 2) for n in self.often) / len(self.often)
        return 3 * self.in_title + 2 * number + first + self.exact / 2 + freshness


def hits_in(query: Query, title: str, text: str) -> Hits | None:
    """None when the article is not what the query asks for."""
    folds = fold(title), fold(text)
    originals = title, text
    if any(_places(phrase.folded, *one) for phrase in query.without for one in zip(folds, originals, strict=True)):
        return None
    spans: tuple[set[Span], set[Span]] = (set(), set())
    often, in_title, exact = [], 0, 0
    owners: list[tuple[int, int]] = []  # (place in the text, group)
    for number, group in enumerate(query.groups):
        found = [
            {span for phrase in group for span in _places(phrase.folded, *one)}
            for one in zip(folds, originals, strict=True)
        ]
        if not found[0] and not found[1]:
            return None
        in_title += bool(found[0])
        often.append(len(found[0]) + len(found[1]))
        for which in (0, 1):
            spans[which].update(found[which])
        exact += sum(
            _as_typed(group, original[start:end])
            for original, some in zip(originals, found, strict=True)
            for start, end in some
        )
        owners += [(start, number) for start, _ in found[1]]
    in_text = sorted(spans[1])
    return Hits(
        tuple(_apart(sorted(spans[0]))),
        tuple(_apart(in_text)),
        in_title / len(query.groups),
        tuple(often),
        exact / sum(often),
        _best(text, in_text, sorted(owners)),
    )


def sentence(text: str, hit: Span) -> Span:
    """The sentence around a place in a text; of a long one, about _SNIPPET characters that hold the place."""
    start, end = hit
    floor, ceiling = max(0, start - _SNIPPET), min(len(text), max(end, start + _SNIPPET) + _SNIPPET)
    begin = max((match.end() for match in _ENDS.finditer(text, floor, start)), default=floor)
    stop = _ENDS.search(text, end, ceiling)
    finish = stop.end() if stop else ceiling
    if finish - begin > _SNIPPET:
        wanted = max(begin, min(start - (_SNIPPET - (end - start)) // 2, finish - _SNIPPET))
        pause = _PAUSE.search(text, wanted, start) if wanted > begin else None
        begin = pause.end() if pause else min(wanted, start)
        last = max(end, begin + _SNIPPET)
        if last < finish:
            finish = max(
                (match.start() for match in _PAUSE.finditer(text, max(end, last - _SNIPPET // 3), last)), default=last
            )
    while begin < start and text[begin].isspace():
        begin += 1
    while finish > end and text[finish - 1].isspace():
        finish -= 1
    return begin, finish


def _places(phrase: str, text: Folded, original: str) -> list[Span]:
    found = []
    inner = frozenset(inner_starts(text, original)) if phrase[0].isascii() else frozenset()
    at = text.text.find(phrase)
    while at >= 0:
        counts = begins_word(text.text, at, inner)
        if counts:
            found.append(text.span(at, at + len(phrase)))
        at = text.text.find(phrase, at + (len(phrase) if counts else 1))
    return found


def _as_typed(group: Sequence[Phrase], there: str) -> bool:
    return any(there.lower() == phrase.typed.lower() for phrase in group)


def _apart(spans: Sequence[Span]) -> list[Span]:
    """Spans that overlap made one."""
    merged: list[Span] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _best(text: str, spans: Sequence[Span], owners: Sequence[tuple[int, int]]) -> Span | None:
    """The place in whose sentence most different groups stand; the first of equals."""
    if not spans:
        return None
    starts = [start for start, _ in owners]

    def together(span: Span) -> int:
        begin, finish = sentence(text, span)
        return len({group for _, group in owners[bisect_left(starts, begin) : bisect_left(starts, finish)]})

    return max(spans[:_LOOKED_AT], key=lambda span: (together(span), -span[0]))
