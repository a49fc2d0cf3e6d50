"""One story in words: the pieces that messages are made of. Pure.

A piece tells one story, or some of its names when all have no room in one message. Within one name, the title and the
lines are shortened visibly: a line that was cut, or lines that were left out, end with an ellipsis.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from flows.channels.forms import LINKING, bold, link
from flows.channels.message import Limit
from flows.channels.templates import fields_of
from flows.channels.text import ELLIPSIS, ENTITY, beginning, clip, neutral, safe_url
from flows.channels.wording import Words
from warehouse.alertviews import AlertView

CERTAIN = 0.9  # from here on a name found as it is written in the watchlist needs no explanation
HEAD_NAMES = 6
HEAD_OUTLETS = 5

# Text, and whether it is a name that is marked.
Line = list[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class _Row:
    """A line below the head. `link`: it gives the address, and stays whatever has no room. `own`: a user's words with
    a user's markup, whole or not at all."""

    line: Line
    link: bool = False
    own: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """`head` is the first line, `title` the same without a link; `link` is the line that leads to the article when
    `head` does and is not in the body."""

    head: str
    title: str
    rest: str
    link: str
    alerts: tuple[AlertView, ...]

    @property
    def text(self) -> str:
        return f"{self.head}\n{self.rest}" if self.rest else self.head

    @property
    def below(self) -> str:
        """What stands in the body under a title that the channel shows itself."""
        return "\n".join(part for part in (self.rest, self.link) if part)


class Writer:
    """Writes pieces that measure at most `size` by the limit's measure."""

    def __init__(self, limit: Limit, size: int, words: Words, timezone: tzinfo, now: datetime) -> None:
        self._limit = limit
        self._form = limit.form
        self._size = size
        self._words = words
        self._timezone = timezone
        self._now = now

    def pieces(self, story: Sequence[AlertView]) -> list[Piece]:
        by_entity: dict[str, list[AlertView]] = {}
        for view in story:
            by_entity.setdefault(view.entity_id, []).append(view)
        groups = list(by_entity.values())
        piece = self._piece(story, shorten=len(groups) == 1)
        if len(groups) == 1 or self._limit.measure(piece.text) <= self._size:
            return [piece]
        half = len(groups) // 2
        return [
            piece
            for part in (groups[:half], groups[half:])
            for piece in self.pieces([view for group in part for view in group])
        ]

    def _piece(self, story: Sequence[AlertView], *, shorten: bool) -> Piece:
        """`shorten`: there is nothing left to split, so the longest parts give way, each visibly."""
        measure, view = self._limit.measure, story[0]
        url, address = self._address(view)
        names, title = self._names(story), self._say(view.title, 200)
        outlet, time = self._say(view.outlet, 40), self._when(view)
        if shorten:
            room = (self._size - measure(f"\n{link(self._form, '', url)}\n{address}" if url else address)) // 2
            names = clip(names, room // 2, self._limit)
            outlet = clip(outlet, room // 4, self._limit)
            title = clip(title, room - measure(self._head(names, "", outlet, time)), self._limit)
        linked = link(self._form, title, url) if url and title and self._form in LINKING else ""
        head = self._head(names, linked or title, outlet, time)
        rows = self._rows(story, address, {"names": names, "title": title, "outlet": outlet, "time": time}, linked)
        return Piece(
            head,
            self._head(names, title, outlet, time),
            "\n".join(self._fitting(rows, self._size - measure(head)) if shorten else map(self._joined, rows)),
            link(self._form, self._words.read, url) if linked and not any(row.link for row in rows) else "",
            tuple(story),
        )

    def _head(self, names: str, title: str, outlet: str, time: str) -> str:
        if self._limit.template:
            return self._limit.template.head.format(names=names, title=title, outlet=outlet, time=time).rstrip(" —-·|")
        tail = " ".join(part for part in (outlet, time) if part)
        return f"【{names}】{title}" + (f" — {tail}" if tail else "")

    def _rows(self, story: Sequence[AlertView], address: str, said: Mapping[str, str], linked: str) -> list[_Row]:
        """The lines below the head, as the user's template has them or as usual."""
        # A mail is read in its plain part too, where nothing is left of a link but its words.
        last = address if not linked or self._form == "mail" or self._limit.template else ""
        blocks = {
            "update": [_Row(line) for line in self._updates(story)],
            "sentence": [_Row(line) for line in self._sentences(story)],
            "how": [_Row(line) for line in self._explanations(story)],
            "others": [_Row(line) for line in self._others(story[0])],
            "link": [_Row([(last, False)], link=True)] if last else [],
        }
        if self._limit.template is None:
            return [row for block in blocks.values() for row in block]
        rows: list[_Row] = []
        for text in self._limit.template.rows:
            fields = fields_of(text)
            if fields and fields[0] in blocks:
                rows += blocks[fields[0]]
            elif not fields or any(said[name] for name in fields):
                rows.append(_Row([(text.format(**said), False)], own=True))
        return rows

    def _names(self, story: Sequence[AlertView]) -> str:
        names = list(dict.fromkeys(self._say(view.name, 60) for view in story))
        shown = " · ".join(names[:HEAD_NAMES])
        return shown if len(names) <= HEAD_NAMES else f"{shown} {self._words.more.format(len(names))}"

    def _when(self, view: AlertView) -> str:
        """Time of today, else the day; as exact as the outlet says."""
        if view.published_at is None or view.precision == "unknown":
            return ""
        at, today = view.published_at.astimezone(self._timezone), self._now.astimezone(self._timezone)
        day = {"year": f"{at:%Y}", "month": f"{at:%Y-%m}"}.get(view.precision)
        if day is None:
            day = f"{at:%m-%d}" if at.year == today.year else f"{at:%Y-%m-%d}"
        if view.precision not in ("second", "minute", "hour"):
            return day
        return f"{at:%H:%M}" if at.date() == today.date() else f"{day} {at:%H:%M}"

    def _updates(self, story: Sequence[AlertView]) -> list[Line]:
        """Which names appeared in a story that was known, and how: in a later version, or in a fuller copy."""
        lines: list[Line] = []
        for kind, words in (("version", self._words.version), ("copy", self._words.copy)):
            names = dict.fromkeys(self._say(view.name, 60) for view in story if view.update == kind)
            if names:
                lines.append([(words.format(self._words.join.join(names)), False)])
        return lines

    def _sentences(self, story: Sequence[AlertView]) -> list[Line]:
        """Each sentence once, with every name that is told here marked in it."""
        said: dict[str, list[str]] = {}
        for view in story:
            said.setdefault(view.sentence, []).append(view.surface)
        return [
            self._marked(sentence, surfaces)
            for sentence, surfaces in said.items()
            if sentence and sentence.strip() != story[0].title.strip()
        ]

    def _marked(self, sentence: str, surfaces: Sequence[str]) -> Line:
        text = self._say(sentence, 240)
        wanted = sorted(filter(None, {self._say(s, 60) for s in surfaces}), key=len, reverse=True)
        line: Line = []
        place = start = 0
        while place < len(text):
            entity = ENTITY.match(text, place)
            name = "" if entity else next((name for name in wanted if text.startswith(name, place)), "")
            if not name:
                place = entity.end() if entity else place + 1
                continue
            line += [(text[start:place], False), (name, True)]
            place = start = place + len(name)
        return [part for part in (*line, (text[start:], False)) if part[0]]

    def _explanations(self, story: Sequence[AlertView]) -> list[Line]:
        """How and how surely a name was found, unless it stands there as in the watchlist, beyond doubt."""
        words = self._words
        patterns = {"alias": words.alias, "homophone": words.homophone, "near": words.near}
        lines: dict[str, None] = {}
        for view in story:
            if not view.surface or (view.how == "name" and view.confidence >= CERTAIN):
                continue
            how = patterns.get(view.how, "").format(self._say(view.surface, 60))
            sure = words.sure.format(round(view.confidence * 100))
            told = words.comma.join(part for part in (how, sure) if part)
            lines[f"{self._say(view.name, 60)}{words.colon}{told}"] = None
        return [[(line, False)] for line in lines]

    def _others(self, view: AlertView) -> list[Line]:
        if not view.other_outlets:
            return []
        shown = self._words.join.join(self._say(outlet, 40) for outlet in view.other_outlets[:HEAD_OUTLETS])
        if len(view.other_outlets) > HEAD_OUTLETS:
            shown += " " + self._words.more.format(len(view.other_outlets))
        return [[(self._words.also.format(shown), False)]]

    def _fitting(self, rows: Sequence[_Row], room: int) -> list[str]:
        """As many of the lines as have room; the first that has none is cut, and whatever is missing leaves an
        ellipsis behind."""
        measure = self._limit.measure
        whole = [self._joined(row) for row in rows]
        if sum(measure(f"\n{text}") for text in whole) <= room:
            return whole
        room -= measure(f"\n{ELLIPSIS}")
        room -= sum(measure(f"\n{text}") for row, text in zip(rows, whole, strict=True) if row.link)
        kept: list[str] = []
        full = False
        for row, text in zip(rows, whole, strict=True):
            if row.link:
                kept.append(text)
            elif not full and measure(f"\n{text}") <= room:
                kept.append(text)
                room -= measure(f"\n{text}")
            elif not full and room >= 0:
                kept.append(("" if row.own else self._cut(row.line, room)) + ELLIPSIS)
                full = True
        return kept

    def _cut(self, line: Line, room: int) -> str:
        """The beginning of a line that measures at most `room`, marks whole."""
        done = ""
        for text, marked in line:
            left = room - self._limit.measure(done)
            empty = bold(self._form, "") if marked else ""
            cut = beginning(text, left - self._limit.measure(empty), self._limit)
            if cut:
                done += bold(self._form, cut) if marked else cut
            if cut != text:
                break
        return done

    def _joined(self, row: _Row) -> str:
        return "".join(bold(self._form, text) if marked else text for text, marked in row.line)

    def _address(self, view: AlertView) -> tuple[str, str]:
        """The address of the article, empty when there is none or it is too long; and the line that gives it."""
        url = safe_url(view.url)
        if not url:
            return "", ""
        if self._form == "mail":
            line = link(self._form, html.escape(url), url)
        else:
            line = link(self._form, self._words.read, url) if self._form in LINKING else url
        if self._limit.measure(link(self._form, "", url)) + self._limit.measure(line) > self._size:
            return "", self._words.long_link
        return url, line

    def _say(self, text: str, characters: int) -> str:
        return clip(neutral(text, self._form), characters, Limit(characters, "characters"))
