"""What each run got out of each source, as warehouse.health judges it: measured, written down, read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple

import pyarrow as pa

from sources.article import Article
from warehouse.health import MEMORY, Verdict, Yield
from warehouse.pace import WINDOWS, Reads
from warehouse.store import Warehouse

KEPT = timedelta(days=366)
_COLUMNS = ("read_at", *(field.name for field in fields(Yield) if field.name != "at"))
_COUNTED = tuple(name for name in _COLUMNS if name not in ("read_at", "state"))
_MOMENT = pa.timestamp("us", tz="UTC")
_ROWS = pa.schema(
    {"run_id": pa.string(), "source": pa.string(), "state": pa.string(), "day": pa.int32(), "usual_day": pa.float64()}
    | {name: _MOMENT if name.endswith("_at") else pa.int32() for name in ("read_at", *_COUNTED)}
)


def named_by(wh: Warehouse, source_id: str) -> tuple[int, datetime | None]:
    """How many articles a source ever named, and when the newest of them was published; None: none says when."""
    count, newest = wh.con.execute(
        """SELECT count(*), max(coalesce(a.published_at, f.published_at))
           FROM core.frontier f LEFT JOIN core.articles a ON a.article_id = coalesce(f.resolved_id, f.article_id)
           WHERE f.source = ?""",
        [source_id],
    ).fetchall()[0]
    return int(count), newest


def count_named(wh: Warehouse, source_id: str) -> int:
    """How many articles a source ever named."""
    return int(wh.con.execute("SELECT count(*) FROM core.frontier WHERE source = ?", [source_id]).fetchall()[0][0])


class Shape(NamedTuple):
    """What an article that was read has."""

    title: bool
    author: bool
    time: bool
    chars: int


def shape_of(article: Article) -> Shape:
    return Shape(bool(article.title), bool(article.authors), article.published_at is not None, len(article.text))


def measured(this: Yield, shapes: Sequence[Shape]) -> Yield:
    """A run's yield with what the articles that it read lack."""
    return replace(
        this,
        articles=len(shapes),
        without_title=sum(not shape.title for shape in shapes),
        without_author=sum(not shape.author for shape in shapes),
        without_time=sum(not shape.time for shape in shapes),
        chars=int(median(shape.chars for shape in shapes)) if shapes else 0,
    )


def history(wh: Warehouse, source_id: str, now: datetime) -> list[Yield]:
    """The runs of a source that it is compared with, oldest first."""
    rows = wh.con.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM core.yields WHERE source = ? AND read_at >= ? ORDER BY read_at, run_id",
        [source_id, now - MEMORY],
    ).fetchall()
    return [Yield(*row) for row in rows]


def reads_of(wh: Warehouse, now: datetime) -> Mapping[str, Reads]:
    """What is known of each source's reads. Reads of the future, by a clock that was set back since, are not."""
    rows = wh.con.execute(
        """WITH known AS (
               SELECT source, read_at, new, state, min(read_at) OVER one AS first, max(read_at) OVER one AS last
               FROM core.yields WHERE read_at <= $now WINDOW one AS (PARTITION BY source)
           )
           SELECT source, any_value(first), any_value(last),
                  coalesce(sum(new) FILTER (read_at > greatest(first, last - $hours)), 0),
                  coalesce(sum(new) FILTER (read_at > greatest(first, last - $day)), 0),
                  coalesce(sum(new) FILTER (read_at > greatest(first, last - $week)), 0),
                  arg_max(state, read_at) = 'failing',
                  source IN (SELECT source FROM core.frontier WHERE state = 'queued' AND attempts = 0)
           FROM known GROUP BY source""",
        {"now": now, **dict(zip(("hours", "day", "week"), WINDOWS, strict=True))},
    ).fetchall()
    return {
        source: Reads(first, last, (int(hours), int(day), int(week)), failing, waiting)
        for source, first, last, hours, day, week, failing, waiting in rows
    }


def record(wh: Warehouse, run_id: str, reads: Iterable[tuple[str, Yield, Verdict]]) -> None:
    """Write down what a run got out of sources, by their ids, with what was judged of it."""
    rows = [
        {
            "run_id": run_id, "source": source, "read_at": this.at, **{name: getattr(this, name) for name in _COUNTED},
            "state": verdict.state, "day": verdict.day, "usual_day": verdict.usual_day,
        }
        for source, this, verdict in reads
    ]  # fmt: skip
    with wh.bookkeeping():
        wh.insert("INSERT OR REPLACE INTO core.yields BY NAME FROM incoming", pa.Table.from_pylist(rows, _ROWS))


def prune(wh: Warehouse, now: datetime) -> None:
    """Let go of runs older than a year: 100 sources read every quarter of an hour have 3.5 million of them by then."""
    with wh.bookkeeping() as con:
        con.execute("DELETE FROM core.yields WHERE read_at < ?", [now - KEPT])
