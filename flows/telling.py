"""What ops hears at the end of a pass: each incident once when it begins and once when it is over, and the heartbeat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from flows.channels.render import Language
from flows.config import OPS
from flows.ops import ops_notice
from flows.session import Session
from warehouse import incidents, runs
from warehouse.health import WELL
from warehouse.incidents import Counts, Incident
from warehouse.schedule import next_due

One = TypeVar("One")

TOLD_AT_ONCE, LONGEST_NOTE = 10, 200  # incidents in a message to ops, characters of each: none is cut off unsaid


async def tell_ops(session: Session) -> None:
    """Tell ops all that it has not heard of yet, however long ago that was."""
    incidents.judge_backlog(session.wh, session.clock())
    if OPS not in session.channels:
        return
    if await _tell_of_sources(session) and await _tell_of_incidents(session):
        await _beat(session)


async def _tell_of_sources(session: Session) -> bool:
    untold = runs.untold(session.wh)
    for some in _portions(untold):
        lines = [
            f"{incident.source}: {'mended' if incident.state in WELL else incident.state}"
            + (f" — {incident.note[:LONGEST_NOTE]}" if incident.note else "")
            for incident in some
        ]
        if not await _told(session, lines, mended=all(incident.state in WELL for incident in some)):
            return False
        runs.mark_told(session.wh, [incident.source for incident in some])
    return True


async def _tell_of_incidents(session: Session) -> bool:
    untold = incidents.untold(session.wh)
    for some in _portions([*(one for one in untold if not one.over), *(one for one in untold if one.over)]):
        lines = [line_of(one, session.config.language) for one in some]
        if not await _told(session, lines, mended=all(one.over for one in some)):
            return False
        incidents.mark_told(session.wh, some, session.clock())
    return True


async def _beat(session: Session) -> None:
    """The heartbeat, when it is due; one that was missed comes late, and once."""
    when, now = session.config.heartbeat, session.clock()
    if when is None:
        return
    since = incidents.heartbeat_since(session.wh, now)
    if next_due(when, None, since, session.config.timezone) > now:
        return
    counts = incidents.counts(session.wh, since)
    zone, language = session.config.timezone, session.config.language
    span = " — ".join(f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (since, now))
    if await ops_notice(
        session.channels,
        f"{span}\n{beat_of(counts, language)}",
        language,
        title={"zh": "探马：运行小结", "en": "Tanma: heartbeat"}[language],
        limits=session.delivery.limits,
    ):
        incidents.mark_heartbeat(session.wh, now)


async def _told(session: Session, lines: Sequence[str], *, mended: bool) -> bool:
    return await ops_notice(
        session.channels,
        "\n".join(lines),
        session.config.language,
        mended=mended,
        limits=session.delivery.limits,
    )


def _portions(some: Sequence[One]) -> list[Sequence[One]]:
    return [some[start : start + TOLD_AT_ONCE] for start in range(0, len(some), TOLD_AT_ONCE)]


def line_of(one: Incident, language: Language) -> str:
    """An incident in one line."""
    zh = language == "zh"
    if one.kind == "channel":
        if one.over:
            words = (
                "又能送达；先前未送达的用 tanma alerts retry 重发"
                if zh
                else "takes messages again; tanma alerts retry sends what failed"
            )
            return f"{one.subject}: {words}"
        return one.note[:LONGEST_NOTE]
    if one.kind == "backlog":
        if one.over:
            return f"{one.subject}: " + ("积压已清" if zh else "no alert waits too long any more")
        words = (
            f"{one.note} 条提醒已到时间，最久的等了超过 30 分钟"
            if zh
            else f"{one.note} alerts wait, the oldest for more than 30 minutes after it was due"
        )
        return f"{one.subject}: {words}"
    usual = _span(timedelta(seconds=int(one.note)))
    since = f"{datetime.fromisoformat(one.subject):%Y-%m-%d %H:%M} UTC"
    return (
        f"{since} 以后没有采集过，平时每 {usual} 一次；现在恢复了"
        if zh
        else f"nothing was collected since {since}, usually every {usual}; it is now"
    )


def beat_of(counts: Counts, language: Language) -> str:
    """The counts of a heartbeat, in words."""
    if language == "zh":
        return (
            f"新文章 {counts.articles} 篇，来自 {counts.outlets} 家\n"
            f"提醒：送达 {counts.sent} 条，压下 {counts.suppressed} 条，失败 {counts.failed} 条，等待 {counts.waiting} 条\n"
            f"未恢复的问题：{counts.trouble} 个"
        )
    return (
        f"{counts.articles} new articles of {counts.outlets} outlets\n"
        f"alerts: {counts.sent} sent, {counts.suppressed} suppressed, {counts.failed} failed, {counts.waiting} waiting\n"
        f"in trouble: {counts.trouble}"
    )


def _span(span: timedelta) -> str:
    minutes = round(span / timedelta(minutes=1))
    return f"{minutes // 60} h" if minutes >= 120 and minutes % 60 == 0 else f"{minutes} min"
