"""Sources that rest: what is known of them before a pass, and how reads that found nothing new are written down.

Most reads find nothing new, and a small server pays for them all day. Written down one by one each of them costs two
dozen statements of DuckDB's, a millisecond or more each however little they do; all of a pass together cost four.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import pyarrow as pa

from warehouse import runs, yields
from warehouse.health import HealthState, Verdict, Yield
from warehouse.refs import list_key
from warehouse.runs import Fetch
from warehouse.store import Warehouse


class Known(NamedTuple):
    """A source that rests, as its last read left it: when that was, and what was judged of it."""

    state: HealthState
    note: str
    read_at: datetime
    newest_at: datetime | None
    day: int
    usual_day: float | None


class Rest(NamedTuple):
    """A read of a source that found nothing new. `lists`: ListAddress.key of those that were asked."""

    source: str
    this: Yield
    verdict: Verdict
    lists: Sequence[str]
    fetches: Sequence[Fetch]


def resting(wh: Warehouse, now: datetime, young: timedelta) -> Mapping[str, Known]:
    """The sources from which nothing is to be had now but what their lists name: they are well, no list of theirs has
    failed, and no page is due to be read or looked at again. `young`: the longest for which a page is looked at again."""
    rows = wh.con.execute(
        """SELECT h.source, h.state, h.note, y.read_at, y.newest_at, y.day, y.usual_day
           FROM core.source_health h
           JOIN core.yields y ON y.source = h.source AND y.read_at = h.checked_at
           WHERE h.state IN ('ok', 'quiet')
             AND h.source NOT IN (SELECT source FROM core.lists WHERE status <> 'ok')
             AND h.source NOT IN (SELECT source FROM core.frontier
                                  WHERE next_attempt_at <= $now
                                     OR state = 'stored' AND recheck_at <= $now AND recheck_at > $young)""",
        {"now": now, "young": now - young},
    ).fetchall()
    return {source: Known(*row) for source, *row in rows}


def record(wh: Warehouse, run_id: str, rests: Iterable[Rest]) -> None:
    """Write down reads that found nothing new, of sources that are as well as before: all in one transaction."""
    found = list(rests)
    if not found:
        return
    asked = [(rest.source, list_key(key), rest.this.at) for rest in found for key in rest.lists]
    fared = [(rest.source, rest.verdict.note, rest.this.at) for rest in found]
    with wh.bookkeeping():
        runs.record_fetches(wh, run_id, {rest.source: rest.fetches for rest in found})
        yields.record(wh, run_id, [(rest.source, rest.this, rest.verdict) for rest in found])
        wh.insert(
            """UPDATE core.lists AS l SET last_success_at = i.at FROM incoming i
               WHERE l.source = i.source AND l.list_key = i.list_key""",
            pa.Table.from_pylist([dict(zip(_ASKED.names, row, strict=True)) for row in asked], _ASKED),
        )
        wh.insert(
            """UPDATE core.source_health AS h SET checked_at = i.at, last_success_at = i.at, note = i.note
               FROM incoming i WHERE h.source = i.source""",
            pa.Table.from_pylist([dict(zip(_FARED.names, row, strict=True)) for row in fared], _FARED),
        )


_MOMENT = pa.timestamp("us", tz="UTC")
_ASKED = pa.schema({"source": pa.string(), "list_key": pa.string(), "at": _MOMENT})
_FARED = pa.schema({"source": pa.string(), "note": pa.string(), "at": _MOMENT})
