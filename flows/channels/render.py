"""Messages out of alerts. Pure: the same alerts, limit and time give the same messages.

A story looks like this; the third line stands only where a name is less than certain, the fourth when others report:

    【月之暗面 · 杨植麟】标题 — 36氪 14:05
    「月之暗面」今天说……
    杨植麟：疑似，同音「杨直霖」，把握 72%
    另见：虎嗅、钛媒体
    https://…

Where the channel escapes links safely, the title carries the link instead (flows/channels/forms.py). Every alert is
told in exactly one of the messages. What is too long for the channel goes into further messages, numbered; within one
name, parts are shortened visibly (flows/channels/story.py).
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from flows.channels.forms import call, callable_people, phone
from flows.channels.message import Limit, Message
from flows.channels.story import Piece, Writer
from flows.channels.text import HTML_FORMS, clip, neutral
from flows.channels.wording import WORDS, Language
from warehouse.alertviews import AlertView
from warehouse.rules import Severity

__all__ = ["Language", "notice", "render", "uncalled"]


def render(
    views: Sequence[AlertView],
    limit: Limit,
    *,
    language: Language,
    timezone: tzinfo,
    now: datetime,
    digest: str = "",
    severity: Severity = "info",
    mention: Sequence[str] = (),
) -> list[Message]:
    """The messages that tell these alerts to a channel with this limit, in order, each alert in exactly one.

    `digest` is the name of the rule whose digest this is; empty for the message of one story. `severity` urgent marks
    the first line of each message; `mention` are the people whom the first message calls, those whom the channel
    cannot call left out, and never everybody. Everything that came from a page or a file is made harmless for the
    channel's form. Raises nothing; no views give no messages.
    """
    limit, people = _called(limit, mention)
    words = WORDS[language]
    calls = call(limit.form, people)
    mark = words.urgent if severity == "urgent" else ""
    size = limit.size - _reserve(limit) - limit.measure(mark) - (limit.measure(f"\n{calls}") if calls else 0)
    writer = Writer(limit, size, words, timezone, now)
    pieces = [piece for story in _by_story(views) for piece in writer.pieces(story)]
    packs = _pack(pieces, size, limit)
    messages = []
    for number, pack in enumerate(packs, start=1):
        part = words.part.format(number, len(packs)) if len(packs) > 1 else ""
        heading = words.digest.format(neutral(digest, limit.form), len(views)) if digest else ""
        heading = clip(heading, max(_reserve(limit) - limit.measure(f"{part}\n"), 0), limit)
        title, body = _message(pack, heading, mark, part, limit)
        first = number == 1
        messages.append(
            Message(
                _plain(title, limit),
                f"{body}\n{calls}".strip("\n") if first and calls else body,
                limit.form,
                tuple(view for piece in pack for view in piece.alerts),
                severity,
                people if first else (),
            )
        )
    return messages


def notice(title: str, text: str, limit: Limit, *, severity: Severity = "info") -> Message:
    """A message that tells no alerts: of a test, of what ops should know. Lines of `text` may hold words from outside.

    What has no room is cut visibly.
    """
    lines = [neutral(line, limit.form) for line in text.splitlines()]
    shown = neutral(title, limit.form)
    body = clip("\n".join([*([] if limit.title else [shown]), *lines]), limit.size, limit)
    cut = clip(shown, limit.title or 100, Limit(limit.title or 100, "characters"))
    return Message(_plain(cut, limit), body, limit.form, severity=severity)


def _plain(title: str, limit: Limit) -> str:
    """A title is text, as the subject of a mail, also where the body is HTML."""
    return html.unescape(title) if limit.form in HTML_FORMS else title


def _reserve(limit: Limit) -> int:
    """What is kept free for the heading of a digest and the number of a part."""
    return min(limit.measure("汉" * 30), limit.size // 4)


def uncalled(limits: Iterable[Limit], mention: Sequence[str]) -> list[str]:
    """Of the people whom a rule names, those whom no message to channels with these limits calls."""
    reached = [(limit, {*people}) for limit, people in (_called(limit, mention) for limit in limits)]
    return [
        person
        for person in mention
        if all(people.isdisjoint(callable_people(limit.form, [person])) for limit, people in reached)
    ]


def _called(limit: Limit, mention: Sequence[str]) -> tuple[Limit, tuple[str, ...]]:
    """Whom the first message calls, and in which of the channel's forms."""
    if limit.phones and any(phone(person.strip()) for person in mention):
        limit = limit.phones
    return limit, _with_room(callable_people(limit.form, mention), limit)


def _with_room(people: Sequence[str], limit: Limit) -> tuple[str, ...]:
    """As many of the people as may take a quarter of a message."""
    kept: list[str] = []
    room = limit.size // 4
    for person in people:
        room -= limit.measure(f"{call(limit.form, [person])} ")
        if room < 0:
            break
        kept.append(person)
    return tuple(kept)


def _message(pack: Sequence[Piece], heading: str, mark: str, part: str, limit: Limit) -> tuple[str, str]:
    """Title and body; a channel that shows titles gets the first line as title, and again in the body if cut there."""
    title = f"{mark}{heading or pack[0].title}{part}"
    first = f"{mark}{heading or pack[0].head}{part}"
    as_title = Limit(limit.title, "characters")
    later = [piece.text for piece in pack] if heading else [pack[0].rest, *(piece.text for piece in pack[1:])]
    below = [*later] if heading else [pack[0].below, *later[1:]]
    body = "\n\n".join(text for text in below if text)
    if limit.title and body.strip() and as_title.measure(title) <= limit.title and limit.measure(body) <= limit.size:
        return title, body
    body = f"{first}\n" + "\n\n".join(text for text in later if text) if any(later) else first
    return clip(title, limit.title or 100, Limit(limit.title or 100, "characters")), body.rstrip()


def _by_story(views: Sequence[AlertView]) -> list[list[AlertView]]:
    stories: dict[tuple[str, str], list[AlertView]] = {}
    for view in views:
        stories.setdefault((view.story_id, view.article_id), []).append(view)
    return list(stories.values())


def _pack(pieces: Sequence[Piece], size: int, limit: Limit) -> list[list[Piece]]:
    """As many pieces a message as have room, in order."""
    packs: list[list[Piece]] = []
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
