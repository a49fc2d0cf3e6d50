"""Each host's robots.txt as it was last read, so that the next run need not ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from warehouse.store import Warehouse


class RobotsRow(NamedTuple):
    """A robots.txt as last read; `fetched_at` is aware."""

    host: str
    text: str
    status: int
    fetched_at: datetime


class _RobotsText(Protocol):
    """What save_robots reads of a robots.txt, whoever made it."""

    @property
    def text(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def fetched_at(self) -> datetime: ...


def load_robots(wh: Warehouse) -> dict[str, RobotsRow]:
    """Every robots.txt that was read, by host."""
    rows = wh.con.execute("SELECT host, text, status, fetched_at FROM core.robots").fetchall()
    return {row[0]: RobotsRow(*row) for row in rows}


def save_robots(wh: Warehouse, robots: Mapping[str, _RobotsText]) -> None:
    """Keep what is newer than what is stored; writes nothing when nothing is."""
    known = load_robots(wh)
    fresh = [
        [host, one.text, one.status, one.fetched_at]
        for host, one in robots.items()
        if host not in known or known[host].fetched_at != one.fetched_at
    ]
    if fresh:
        with wh.bookkeeping() as con:
            con.executemany("INSERT OR REPLACE INTO core.robots VALUES (?, ?, ?, ?)", fresh)
