"""One page or post as plain lines, taken apart: head, body, tail.

The body begins with the first paragraph of prose (or the first turn of a dialogue) and ends where the page's own feet
begin. Above it stand menus, the title, and the lines that say who published when; below it promotion, tags, links,
comments. Every line ends up in exactly one place: body, title, byline or chrome.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate

from sources.bylines import Byline, is_credit, split_byline
from sources.dumps.furniture import CUT, END, RELATED, is_furniture, is_promotion, matches
from sources.dumps.head import Head, is_dated, read_head
from sources.dumps.lines import is_prose, is_sentence, is_spoken, is_transcript, weigh, weight
from sources.speakers import Speaker, is_turn, speakers
from sources.times import Reading

_HEAD_REACH = 40  # lines within which a line with the publish time may still stand
_LEAST_BODY = 20
_MOST_STRIPPED = 12


@dataclass(slots=True)
class PageReading:
    """What was read off one page. `body`, `byline` and `chrome` are lines of the dump; `title` may be empty."""

    body: list[str] = field(default_factory=list)
    title: str = ""
    byline: list[str] = field(default_factory=list)
    chrome: list[str] = field(default_factory=list)
    title_lines: list[str] = field(default_factory=list)
    url: str = ""
    outlet: str = ""
    site: str = ""
    authors: tuple[str, ...] = ()
    published: Reading | None = None
    credits: Byline = field(default_factory=Byline)
    voices: tuple[Speaker, ...] = ()
    transcript: bool = False

    def has_text(self) -> bool:
        """Whether a reader would call the body a text: sentences, and more than a caption or a bare headline."""
        heavy = weigh(self.body, 45)
        if self.transcript:
            return heavy >= _LEAST_BODY
        if len(self.body) == 1 and heavy < 45:
            return heavy >= _LEAST_BODY and bool(re.search(r"[。.”」\"][)）]?$", self.body[0]))
        return heavy >= _LEAST_BODY and any(is_prose(line) or is_turn(line, self.voices) for line in self.body)


def read_page(lines: Sequence[str], *, now: datetime) -> PageReading:
    """Takes one page apart. `lines`: its non-blank lines, cleaned; `now`: when the dump was taken."""
    page = PageReading(voices=speakers("\n".join(lines)), transcript=is_transcript(list(lines)))
    solid = [_is_solid(line, page) for line in lines]
    upto = list(accumulate((weight(line) if sure else 0 for line, sure in zip(lines, solid, strict=True)), initial=0))
    start = _body_start(lines, solid, upto, now)
    end = _body_end(lines, solid, upto, start, page)
    head = read_head(lines[:start], now=now) if start < len(lines) else Head(chrome=list(lines))
    body = head.body + list(lines[start:end])
    feet: list[str] = []
    _strip_tail(body, feet, page, evidence=end < len(lines))
    feet += lines[end:]
    firm = {line for line, sure in zip(lines, solid, strict=True) if sure}
    kept = []
    for line in body:
        if line == head.title_line or (line not in firm and is_furniture(line, edge=False)):
            page.chrome.append(line)
        else:
            kept.append(line)
    below = [line for line in feet if is_credit(line)]
    page.credits = split_byline([*head.credits, *kept, *below])
    page.body = list(page.credits.rest)
    page.title, page.title_lines = head.title, [head.title_line] if head.title_line else []
    page.byline = [*head.about, *page.credits.lines]
    page.chrome = [*head.chrome, *page.chrome, *(line for line in feet if not is_credit(line))]
    page.url, page.outlet, page.site = head.url, head.outlet, head.site
    page.authors, page.published = head.authors, head.published
    return page


def _is_solid(line: str, page: PageReading) -> bool:
    """Whether a line can only be body: prose or a turn, and neither credit nor furniture."""
    if is_turn(line, page.voices) or (page.transcript and is_spoken(line)):
        return True
    return is_prose(line) and not is_furniture(line, edge=True, also=(CUT,)) and not is_credit(line)


def _body_start(lines: Sequence[str], solid: Sequence[bool], upto: Sequence[int], now: datetime) -> int:
    """The first line of prose; past a slogan or a notice when the line with the publish time comes after it.

    `upto[n]`: the weight of the solid ones among the first n lines.
    """
    first = next((index for index, firm in enumerate(solid) if firm), len(lines))
    for index in range(first + 1, min(len(lines), _HEAD_REACH)):
        if upto[index] > min(120, upto[-1] * 0.15):
            break
        if not solid[index] and weight(lines[index]) <= 25 and is_dated(lines[index], now):
            first = next((later for later in range(index + 1, len(lines)) if solid[later]), first)
    return first


def _body_end(lines: Sequence[str], solid: Sequence[bool], upto: Sequence[int], start: int, page: PageReading) -> int:
    """The first line of the page's feet.

    The line that opens them may also stand inside an article (a box of links, a heading 评论), so what follows must be
    light against what went before, and hold no turn of the dialogue.
    """
    total = upto[-1] - upto[start] or 1
    last_turn = max((i for i, line in enumerate(lines) if is_turn(line, page.voices)), default=-1)
    for index in range(start + 1, len(lines)):
        if index <= last_turn or solid[index]:
            continue
        after = (upto[-1] - upto[index + 1]) / total
        if after > 0.35:
            continue
        line = lines[index]
        if matches(END, line) or matches(CUT, line):
            return index
        if after <= 0.15 and (matches(RELATED, line) or (is_credit(line) and upto[index] - upto[start] >= 0.6 * total)):
            return index
    return len(lines)


def _strip_tail(body: list[str], feet: list[str], page: PageReading, *, evidence: bool) -> None:
    """Moves promotion, marks and loose lines from the end of `body` to the front of `feet`.

    `evidence`: furniture follows; only then are loose short lines (names of apps, of links) furniture too. Spoken words
    are never promotion: a host's farewell belongs to the transcript.
    """
    loose, taken = 0, []
    while len(body) > 1:
        line = body[-1]
        if is_turn(line, page.voices):
            break
        if is_credit(line) or is_furniture(line, edge=True, also=(END, RELATED)):
            evidence = evidence or not is_credit(line)
        elif not page.transcript and is_promotion(line):
            evidence = True
        elif evidence and loose < _MOST_STRIPPED and _is_loose(line):
            loose += 1
        else:
            break
        taken.append(body.pop())
    feet[:0] = reversed(taken)


def _is_loose(line: str) -> bool:
    """A short line that is no sentence and no entry of a list."""
    return (
        weight(line) <= 20
        and not is_sentence(line)
        and not re.match(r"(?:\d+[.、)）]|[-•·◆●■▪])", line)
        and not is_prose(line)
    )
