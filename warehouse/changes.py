"""What changed between two versions of an article: nothing that counts, the title, the text; and in which paragraphs.

Pure. What does not count is warehouse.trivia's to say; the same judgement decides whether a version is stored and what
`tanma articles diff` shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

from warehouse.trivia import essence, essences

_ALIKE = 0.5  # of the characters shared, so that one paragraph is the other, edited
_MOST_PAIRS = 2_500  # of paragraphs in one changed stretch that are compared with each other
_MOST_TOKENS = 1_500  # of a paragraph whose characters are compared one by one
_TOKEN = re.compile(r"[A-Za-z]+|\d[\d.,]*|\s+|.", re.DOTALL)
_SENTENCE = re.compile(r"[^。！？!?；;\n]*(?:[。！？!?；;\n]+|$)")


class Written(NamedTuple):
    """Title and text of a version."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Whether title and text differ in what counts."""

    title: bool
    text: bool

    @property
    def words(self) -> str:
        """`title`, `text`, `title, text`; empty when nothing that counts changed."""
        return ", ".join(name for name, changed in (("title", self.title), ("text", self.text)) if changed)


@dataclass(frozen=True, slots=True)
class ParagraphChange:
    """A paragraph that was edited, added (`before` is None) or taken out (`after` is None).

    `number`: its place in the newer text, from 1; of one taken out, the place where it stood there.
    """

    number: int
    before: str | None
    after: str | None


class Part(NamedTuple):
    """A piece of a paragraph, and whether the other version of it lacks this piece."""

    text: str
    changed: bool


def compare(before: Written, after: Written) -> Changes:
    """What changed between two versions."""
    return Changes(
        title=before.title != after.title and essence(before.title) != essence(after.title),
        text=before.text != after.text and "".join(essences(before.text)) != "".join(essences(after.text)),
    )


def changed_paragraphs(before: str, after: str) -> list[ParagraphChange]:
    """The paragraphs that differ in what counts, in the order of the newer text; none when compare finds none."""
    if not compare(Written("", before), Written("", after)).text:
        return []
    old, new = _said(before), _said(after)
    matcher = SequenceMatcher(None, [one.essence for one in old], [one.essence for one in new], autojunk=False)
    found: list[ParagraphChange] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            place = new[c].number if c < len(new) else after.count("\n") + 2
            found += _paired(old[a:b], new[c:d], place)
    return found


def marked(before: str, after: str) -> tuple[list[Part], list[Part]]:
    """Both versions of an edited paragraph in pieces, those marked that the other lacks. Numbers and Latin words are
    marked whole; a very long paragraph by sentences."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if max(len(old), len(new)) > _MOST_TOKENS:
        old, new = _SENTENCE.findall(before), _SENTENCE.findall(after)
    left: list[Part] = []
    right: list[Part] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if a < b:
            left.append(Part("".join(old[a:b]), tag != "equal"))
        if c < d:
            right.append(Part("".join(new[c:d]), tag != "equal"))
    return left, right


class _Said(NamedTuple):
    number: int
    paragraph: str
    essence: str


def _said(text: str) -> list[_Said]:
    """The paragraphs that say something."""
    rows = zip(text.split("\n"), essences(text), strict=True)
    return [_Said(number, line, core) for number, (line, core) in enumerate(rows, 1) if core]


def _paired(old: Sequence[_Said], new: Sequence[_Said], place: int) -> Iterator[ParagraphChange]:
    """One changed stretch: each paragraph beside the one that it became, in order; the others alone."""
    waiting = 0
    for one in old:
        became = next((at for at in range(waiting, len(new)) if _same(one, new[at], len(old) * len(new))), None)
        if became is None:
            yield ParagraphChange(new[waiting].number if waiting < len(new) else place, one.paragraph, None)
            continue
        for other in new[waiting:became]:
            yield ParagraphChange(other.number, None, other.paragraph)
        yield ParagraphChange(new[became].number, one.paragraph, new[became].paragraph)
        place, waiting = new[became].number + 1, became + 1
    for other in new[waiting:]:
        yield ParagraphChange(other.number, None, other.paragraph)


def _same(one: _Said, other: _Said, pairs: int) -> bool:
    if pairs > _MOST_PAIRS:
        return one.essence[:8] == other.essence[:8]
    return SequenceMatcher(None, one.essence, other.essence, autojunk=False).quick_ratio() >= _ALIKE
