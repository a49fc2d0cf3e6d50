"""Messages out of alerts. Pure: the same alerts, limit and time give the same messages.

A story looks like this; the second line stands only where a name is less than certain, the third when others report:

    【月之暗面 · 杨植麟】标题 — 36氪 14:05
    「月之暗面」今天说……
    杨植麟：疑似，同音「杨直霖」，把握 72%
    另见：虎嗅、钛媒体
    https://…

Every alert is told in exactly one of the messages. What is too long for the channel goes into further messages,
numbered; within one name, parts are shortened visibly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal

from flows.channels.message import Form, Limit, Message
from flows.channels.text import ELLIPSIS, clip, neutral, safe_url
from warehouse.outbox import AlertView

Language = Literal["zh", "en"]

CERTAIN = 0.9  # from here on a name found as it is written in the watchlist needs no explanation
HEAD_NAMES = 6
HEAD_OUTLETS = 5


@dataclass(frozen=True, slots=True)
class _Words:
    alias: str
    homophone: str
    near: str
    sure: str
    also: str
    more: str
    join: str
    colon: str
    digest: str
    part: str
    long_link: str


_WORDS: dict[Language, _Words] = {
    "zh": _Words(
        alias="别名「{}」",
        homophone="疑似，同音「{}」",
        near="疑似，形近「{}」",
        sure="把握 {}%",
        also="另见：{}",
        more="等 {} 个",
        join="、",
        colon="：",
        digest="【汇总】{} · {} 条",
        part="（{}/{}）",
        long_link="（链接过长，未列出）",
    ),
    "en": _Words(
        alias="alias “{}”",
        homophone="doubtful: sounds like it, “{}”",
        near="doubtful: nearly written so, “{}”",
        sure="{}% sure",
        also="Also: {}",
        more="and {} in all",
        join=", ",
        colon=": ",
        digest="【Digest】{} · {} alerts",
        part=" ({}/{})",
        long_link="(the link is too long to show)",
    ),
}


@dataclass(frozen=True, slots=True)
class _Piece:
    head: str
    rest: str
    alerts: tuple[AlertView, ...]

    @property
    def text(self) -> str:
        return f"{self.head}\n{self.rest}" if self.rest else self.head


def render(
    views: Sequence[AlertView],
    limit: Limit,
    *,
    language: Language,
    timezone: tzinfo,
    now: datetime,
    digest: str = "",
) -> list[Message]:
    """The messages that tell these alerts to a channel with this limit, in order, each alert in exactly one.

    `digest` is the name of the rule whose digest this is; empty for the message of one story. Everything that came
    from a page or a file is made harmless for the channel's form. Raises nothing; no views give no messages.
    """
    words = _WORDS[language]
    writer = _Writer(limit, words, timezone, now)
    pieces = [piece for story in _by_story(views) for piece in writer.pieces(story)]
    packs = _pack(pieces, limit.size - _reserve(limit), limit)
    messages = []
    for number, pack in enumerate(packs, start=1):
        part = words.part.format(number, len(packs)) if len(packs) > 1 else ""
        heading = words.digest.format(neutral(digest, limit.form), len(views)) if digest else ""
        heading = clip(heading, max(_reserve(limit) - limit.measure(f"{part}\n"), 0), limit)
        messages.append(_message(pack, heading, part, limit))
    return messages


def _reserve(limit: Limit) -> int:
    """What is kept free for the heading of a digest and the number of a part."""
    return min(limit.measure("汉" * 30), limit.size // 4)


def _message(pack: Sequence[_Piece], heading: str, part: str, limit: Limit) -> Message:
    """One message; a channel that shows titles gets the first line as title, and again in the body if cut there."""
    form: Form = limit.form
    alerts = tuple(view for piece in pack for view in piece.alerts)
    first = (heading or pack[0].head) + part
    if heading:
        rest = "\n\n".join(piece.text for piece in pack)
    else:
        rest = "\n\n".join(text for text in (pack[0].rest, *(piece.text for piece in pack[1:])) if text)
    as_title = Limit(limit.title, "characters")
    if limit.title and as_title.measure(first) <= limit.title and rest.strip():
        return Message(first, rest, form, alerts)
    body = f"{first}\n{rest}".rstrip()
    return Message(clip(first, limit.title or 100, Limit(limit.title or 100, "characters")), body, form, alerts)


def _by_story(views: Sequence[AlertView]) -> list[list[AlertView]]:
    stories: dict[tuple[str, str], list[AlertView]] = {}
    for view in views:
        stories.setdefault((view.story_id, view.article_id), []).append(view)
    return list(stories.values())


def _pack(pieces: Sequence[_Piece], size: int, limit: Limit) -> list[list[_Piece]]:
    """As many pieces a message as have room, in order."""
    packs: list[list[_Piece]] = []
    used = 0
    gap = limit.measure("\n\n")
    for piece in pieces:
        measure = limit.measure(piece.text)
        if packs and used + gap + measure <= size:
            packs[-1].append(piece)
            used += gap + measure
        else:
            packs.append([piece])
            used = measure
    return packs


def _balanced(line: str) -> str:
    """A cut line without the half of a mark that lost its other half. Asterisks of the page are full-width by now."""
    parts = line.split("**")
    if len(parts) % 2 == 0:
        parts[-2:] = ["".join(parts[-2:])]
    return "**".join(part.replace("*", "") for part in parts)


class _Writer:
    """Writes the pieces of a message; one piece tells one story, or some of its names when all have no room."""

    def __init__(self, limit: Limit, words: _Words, timezone: tzinfo, now: datetime) -> None:
        self._limit = limit
        self._size = limit.size - _reserve(limit)
        self._words = words
        self._timezone = timezone
        self._now = now

    def pieces(self, story: Sequence[AlertView]) -> list[_Piece]:
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

    def _piece(self, story: Sequence[AlertView], *, shorten: bool) -> _Piece:
        """`shorten`: there is nothing left to split, so the longest parts give way, each visibly."""
        link = self._link(story[0])
        head = self._head(story)
        lines = [*self._sentences(story), *self._explanations(story), *self._others(story[0])]
        if shorten:
            room = self._size - self._limit.measure(f"\n{link}")
            head = clip(head, max(room // 2, 0), self._limit)
            room -= self._limit.measure(head)
            lines = self._fitting(lines, room)
        return _Piece(head, "\n".join([*lines, *([link] if link else [])]), tuple(story))

    def _fitting(self, lines: Sequence[str], room: int) -> list[str]:
        kept: list[str] = []
        for line in lines:
            cut = clip(f"\n{line}", room, self._limit)
            if cut.strip() in ("", ELLIPSIS):
                break
            kept.append(_balanced(cut.removeprefix("\n")))
            room -= self._limit.measure(cut)
        return kept

    def _head(self, story: Sequence[AlertView]) -> str:
        names = list(dict.fromkeys(self._say(view.name, 60) for view in story))
        shown = " · ".join(names[:HEAD_NAMES])
        if len(names) > HEAD_NAMES:
            shown += f" {self._words.more.format(len(names))}"
        view = story[0]
        tail = " ".join(part for part in (self._say(view.outlet, 40), self._when(view)) if part)
        return f"【{shown}】{self._say(view.title, 200)}" + (f" — {tail}" if tail else "")

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

    def _sentences(self, story: Sequence[AlertView]) -> list[str]:
        """Each sentence once, with every name that is told here marked in it."""
        said: dict[str, list[str]] = {}
        for view in story:
            said.setdefault(view.sentence, []).append(view.surface)
        return [
            self._marked(sentence, surfaces)
            for sentence, surfaces in said.items()
            if sentence and sentence.strip() != story[0].title.strip()
        ]

    def _marked(self, sentence: str, surfaces: Sequence[str]) -> str:
        text = self._say(sentence, 240)
        wanted = sorted({self._say(s, 60) for s in surfaces if s}, key=len, reverse=True)
        mark: Callable[[str], str] = (
            (lambda name: f"**{name}**") if self._limit.form == "markdown" else (lambda name: f"「{name}」")
        )
        done, place = "", 0
        while place < len(text):
            name = next((name for name in wanted if text.startswith(name, place)), "")
            done += mark(name) if name else text[place]
            place += len(name) or 1
        return done

    def _explanations(self, story: Sequence[AlertView]) -> list[str]:
        """How and how surely a name was found, unless it stands there as in the watchlist, beyond doubt."""
        lines: dict[str, None] = {}
        for view in story:
            if not view.surface or (view.how == "name" and view.confidence >= CERTAIN):
                continue
            surface = self._say(view.surface, 60)
            how = {
                "alias": self._words.alias,
                "homophone": self._words.homophone,
                "near": self._words.near,
            }.get(view.how, "")
            sure = self._words.sure.format(round(view.confidence * 100))
            comma = "，" if self._words.join == "、" else ", "
            told = comma.join(part for part in (how.format(surface), sure) if part)
            lines[f"{self._say(view.name, 60)}{self._words.colon}{told}"] = None
        return list(lines)

    def _others(self, view: AlertView) -> list[str]:
        if not view.other_outlets:
            return []
        shown = self._words.join.join(self._say(outlet, 40) for outlet in view.other_outlets[:HEAD_OUTLETS])
        if len(view.other_outlets) > HEAD_OUTLETS:
            shown += " " + self._words.more.format(len(view.other_outlets))
        return [self._words.also.format(shown)]

    def _link(self, view: AlertView) -> str:
        url = safe_url(view.url)
        if not url:
            return ""
        return url if self._limit.measure(url) <= self._size // 2 else self._words.long_link

    def _say(self, text: str, characters: int) -> str:
        return clip(neutral(text, self._limit.form), characters, Limit(characters, "characters"))
