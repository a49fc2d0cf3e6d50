"""The simulator's own books: what must have come of a month, and what is wrong with what did.

Three witnesses, none of which is the monitor: the plan, what the chat services received, and the published file as any
reader of SQL sees it. (What the monitor says is minded in one case alone: that it failed, with its disk not full.)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from faultworld import plan as plans
from faultworld.plan import DAY, SITES, START, Plan
from faultworld.setting import DESK, MORNING, OPS, TRADE
from sources.replica.server import Replica
from sources.replica.sink import Received

_MARK = re.compile(r"第\d{4}卷")
_HEAD = re.compile(r"【([^】]*)】\W*(第\d{4}卷)")
_BEGINS, _ENDS, _BEAT = "探马：需要处理", "探马：已恢复", "探马：运行小结"
_GAP, _HEARTBEAT = "gap", "heartbeat"
_GROWTH = 1.15  # of memory, from the second week to the last
_INVISIBLE = re.compile("[\u200b\u2060\ufeff]")

Told = tuple[str, str, str]  # robot, mark or subject, name or what


class Ledger:
    """Filled in by `Month` while it plays."""

    def __init__(self, plan: Plan, replica: Replica) -> None:
        self._plan, self._replica = plan, replica
        self._allowed: Counter[Told] = Counter()
        self._trouble: list[str] = []
        self.disk_full = False
        self.reader: dict[str, Any] = {}
        self.memory = (0.0, 0.0)
        self.alerts = self.repeats = self.begun = self.ended = 0

    def heard(self, words: tuple[Any, ...], said: str | None) -> None:
        """What the monitor said. It may fail for a full disk, in an error of its own kind; for nothing else."""
        if said in ("polled", "tidied", "retried", "set"):
            return
        if not (self.disk_full and said is not None and said.startswith("WarehouseError")):
            self._trouble.append(f"{words[0]}: {said}")

    def killed(self, before: int) -> None:
        """A poll was killed since `before` messages: the last of those that came may have to come once more."""
        for message in self._replica.sink.received[before:][-1:]:
            self._allowed.update(set(told_in(message)))

    def complaints(self, folder: Path) -> list[str]:
        """One line for each thing that is not as it must be."""
        return [
            *self._trouble,
            *self._of_articles(folder / "data" / "tanma.duckdb"),
            *self._of_alerts(),
            *self._of_incidents(),
            *(f"reader: {wrong}" for wrong in self.reader["wrong"]),
            *self._of_memory(),
            *_of_log(folder),
        ]

    def _of_articles(self, published: Path) -> Iterator[str]:
        with duckdb.connect(published, read_only=True) as con:
            rows = con.sql("SELECT url, title, text, gone_at IS NOT NULL, source FROM articles").fetchall()
            versions = dict(con.sql("SELECT article_id, count(*) FROM article_versions GROUP BY 1").fetchall())
            broken = con.sql("SELECT status, count(*) FROM alerts WHERE status <> 'sent' GROUP BY 1").fetchall()
        if broken:
            yield f"alerts that are not sent: {broken}"
        if not versions:
            yield "no article has a version"
        stored: dict[str, list[tuple[Any, ...]]] = {}
        for url, *rest in rows:
            stored.setdefault(url, []).append(tuple(rest))
        sources = {site.host: site.id for site in SITES}
        added = {e.what.key: e.what.text for e in self._plan.events if isinstance(e.what, plans.Edit)}
        gone = {e.what.key for e in self._plan.events if isinstance(e.what, plans.Withdraw)}
        for event in self._plan.events:
            if not isinstance(event.what, plans.Publish):
                continue
            entry = event.what.entry
            found = stored.pop(self._replica.world.url(entry.key), [])
            if len(found) != 1:
                yield f"{entry.key} on {entry.host}, of day {(event.at - START) / DAY:.2f}: stored {len(found)} times"
                continue
            title, text, is_gone, source = found[0]
            if title != entry.title or source != sources[entry.host]:
                yield f"{entry.key}: stored as {title} of {source}"
            for line in entry.text.split("\n"):
                if line not in text:
                    yield f"{entry.key}: its text lacks a line"
            if entry.key in added and added[entry.key] not in text:
                yield f"{entry.key} on {entry.host}: its edit of day {self._day_of_edit(entry.key):.2f} is not stored"
            if is_gone != (entry.key in gone) and not (entry.key in gone and self._whole_in_list(entry.host)):
                yield f"{entry.key} on {entry.host}: gone is {is_gone}"
        if stored:
            yield f"stored and never published: {sorted(stored)[:5]}"

    def _day_of_edit(self, key: str) -> float:
        return next(
            (e.at - START) / DAY for e in self._plan.events if isinstance(e.what, plans.Edit) and e.what.key == key
        )

    def _whole_in_list(self, host: str) -> bool:
        """Whether its list carries whole texts, so that nobody asks its pages again."""
        return next(site.form for site in SITES if site.host == host) in ("atom", "json")

    def _of_alerts(self) -> Iterator[str]:
        due: set[Told] = set()
        for event in self._plan.events:
            what = event.what
            if isinstance(what, plans.Publish):
                due |= {(robot, what.mark, name) for robot in (DESK, TRADE, MORNING) for name in what.names}
            elif isinstance(what, plans.Edit):
                mark = _MARK.findall(self._replica.world.item(what.key).entry.title)[0]
                due |= {(robot, mark, name) for robot in (DESK, TRADE, MORNING) for name in what.names}
        came = Counter(
            told for message in self._replica.sink.received if message.token != OPS for told in set(told_in(message))
        )
        self.alerts = len(due)
        for told in sorted(due - came.keys()):
            yield f"never told: {told}"
        for told in sorted(came.keys() - due):
            yield f"told for no reason: {told}"
        for told, times in sorted(came.items()):
            self.repeats += times - 1
            if times - 1 > self._allowed[told]:
                yield f"told {times} times, where kills allow {1 + self._allowed[told]}: {told}"

    def _of_incidents(self) -> Iterator[str]:
        begun: Counter[str] = Counter()
        ended: Counter[str] = Counter()
        for message in self._replica.sink.received:
            if message.token == OPS:
                for _, subject, what in told_in(message):
                    (begun if what == "begin" else ended)[subject] += 1
        self.begun, self.ended = begun.total(), ended.total()
        due = Counter(next(site.id for site in SITES if site.host == window.host) for window in self._plan.windows)
        due.update(["channel desk", "backlog trade"])
        # A gap is over when it is found; of heartbeats, one comes in each week, the first at once.
        weeks = (self._plan.days + plans.CALM) // 7 + 1
        wanted = {subject: (times, times) for subject, times in due.items()}
        wanted |= {_GAP: (0, 1), _HEARTBEAT: (weeks, 0)}
        for subject in sorted(wanted.keys() | begun.keys() | ended.keys()):
            for what, times, came in zip(
                ("begin", "end"), wanted.get(subject, (0, 0)), (begun[subject], ended[subject]), strict=True
            ):
                if not times <= came <= times + self._allowed[(OPS, subject, what)]:
                    yield f"{subject}: ops was to hear {times} {what}, and heard {came}"

    def _of_memory(self) -> Iterator[str]:
        before, after = self.memory
        if after > before * _GROWTH:
            yield f"memory grew from {before:.0f} to {after:.0f} MB"


def told_in(message: Received) -> Iterator[Told]:
    """The names that a message tells of each story: the head of a story names them before its title.

    Of a message to ops: what it says of whom.
    """
    text = _INVISIBLE.sub("", message.text)
    if message.token == OPS:
        head, *lines = text.split("\n")
        if _BEAT in head:
            yield OPS, _HEARTBEAT, "begin"
            return
        for line in lines:
            if ":" in line or "：" in line:
                what = "end" if _ENDS in head or "mended" in line else "begin"
                yield OPS, _subject(line.split(":")[0].strip(), line), what
        return
    for names, mark in _HEAD.findall(text.replace("*", "")):
        for name in names.split(" · "):
            yield message.token, mark, name


def _subject(first: str, line: str) -> str:
    if first.startswith("channel "):
        return "channel " + first.split()[1]
    if "没有采集过" in line:
        return _GAP
    if "积压" in line or "条提醒" in line:
        return f"backlog {first}"
    if "又能送达" in line:
        return f"channel {first}"
    return first


def _of_log(folder: Path) -> Iterator[str]:
    for name in ("log.txt", "stderr.txt"):
        for line in (folder / name).read_text("utf-8").splitlines():
            if "Traceback" in line or " ERROR " in line or " CRITICAL " in line:
                yield f"{name}: {line}"
