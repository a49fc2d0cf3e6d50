"""Sources that rest, in whole passes: that little is done for them, and that they are looked at as carefully."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from small_outlet import Small, small_outlet

from flows.passes import collect_pass
from flows.session import Session, chosen_sources, open_session
from flows.stages import collect_source
from sources.source import Source
from warehouse import frontier, rechecks, resting, yields
from warehouse.health import Verdict, Yield
from warehouse.store import Warehouse


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    with small_outlet(tmp_path) as opened:
        # Out of the way: a page is looked at again when the test says so, never in the midst of it.
        opened.publishes(1)
        opened.shows(1)
        opened.run()
        yield opened


def to_the_first_minute(small: Small) -> None:
    """Of an hour in which nothing is due of what `small` has stored (looks after 1, 6, 24 and 72 hours)."""
    small.later(days=5)
    small.later(minutes=60 - small.clock().minute)


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of these costs a statement for a source; a fault in one would make it `failing`."""

    def unwanted(*_: object, **__: object) -> Any:
        raise ZeroDivisionError

    for module, name in (
        (frontier, "due"), (rechecks, "due"), (frontier, "newest_states"), (frontier, "record_list_unchanged"),
        (yields, "named_by"), (yields, "count_named"), (yields, "history"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, unwanted)


def test_a_source_with_nothing_new_costs_one_request_no_statement_of_its_own_and_changes_no_file(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_the_first_minute(small)
    assert small.run().state == "ok"
    files = [small.config.warehouse / "tanma.duckdb", small.config.warehouse / "work" / "tanma.duckdb"]
    before, states = len(small.replica.requests), [(one.stat().st_ino, one.stat().st_mtime_ns) for one in files]
    small.later(minutes=10)
    with monkeypatch.context() as patch:
        forbid(patch)
        summary = small.run()
    assert (summary.state, summary.lists, summary.unchanged_lists, summary.errors) == ("ok", 1, 1, [])
    assert small.asked(before) == ["/page/1"]
    assert [(one.stat().st_ino, one.stat().st_mtime_ns) for one in files] == states
    with Warehouse.open(small.config.warehouse, holder="test", now=small.clock()) as wh:
        assert wh.con.execute("SELECT lists, unchanged, new FROM core.yields ORDER BY read_at").fetchall() == [
            (1, 0, 1), (1, 1, 0), (1, 1, 0),
        ]  # fmt: skip
        assert wh.con.execute("SELECT count(*) FROM core.fetches WHERE source = 'small'").fetchall() == [(4,)]
        assert wh.con.execute(
            "SELECT h.checked_at = y.read_at, l.last_success_at = y.read_at FROM core.source_health h, core.lists l,"
            " (SELECT max(read_at) AS read_at FROM core.yields) y"
        ).fetchall() == [(True, True)]


def test_what_a_source_that_rested_names_anew_is_read_at_once(small: Small) -> None:
    to_the_first_minute(small)
    small.run()
    small.publishes(2)
    small.shows(2, 1)
    small.later(minutes=10)
    assert (small.run().stored, small.titles()) == (1, ["第1篇", "第2篇"])
    assert small.sql("SELECT new FROM source_yield ORDER BY read_at") == [(1,), (0,), (1,)]


def test_a_source_that_rests_is_judged_once_an_hour(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """It brought something each day for three weeks, and nothing for two days and a half: it is quiet."""
    to_the_first_minute(small)
    now = small.clock()
    with Warehouse.open(small.config.warehouse, holder="test", now=now) as wh:
        wh.con.execute("DELETE FROM core.yields")
        for day in range(21, 2, -1):
            brought = Yield(now - day * timedelta(days=1), lists=1, listed=20, new=1, articles=1, chars=40)
            yields.record(wh, f"day{day}", [("small", brought, Verdict("ok", "", 1, None))])
        wh.con.execute("UPDATE core.source_health SET checked_at = (SELECT max(read_at) FROM core.yields)")
    asked, whole = [], yields.history

    def history(wh: Warehouse, source_id: str, now: Any) -> Any:
        asked.append(now)
        return whole(wh, source_id, now)

    monkeypatch.setattr(yields, "history", history)
    states = []
    for _ in range(12):
        states.append(small.run().state)
        small.later(minutes=10)
    assert states == ["quiet"] * 12
    # Twice in the first pass, whose verdict is another than before, and once when the second hour begins.
    assert len(asked) == 3


def test_an_interrupted_pass_keeps_what_was_asked_of_those_that_rest(small: Small) -> None:
    to_the_first_minute(small)
    small.run()
    small.later(minutes=10)

    async def interrupted() -> None:
        async def then_wait(session: Session, source: Source) -> None:
            await collect_source(session, source)
            whole.cancel()
            await asyncio.sleep(60)

        whole = asyncio.current_task()
        assert whole is not None
        async with open_session(
            small.config, small.entities, kind="collect", via="direct", clock=small.clock
        ) as session:
            await collect_pass(session, chosen_sources(small.config, None), collect=then_wait)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(interrupted())
    with Warehouse.open(small.config.warehouse, holder="test", now=small.clock()) as wh:
        assert wh.con.execute("SELECT count(*) FROM core.yields").fetchall() == [(3,)]
        assert resting.resting(wh, small.clock(), timedelta(days=3)).keys() == {"small"}
