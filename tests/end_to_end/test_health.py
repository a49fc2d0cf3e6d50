"""The health of sources over a month of runs: what is judged, told to ops and shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from small_outlet import HOST, Small, SmallSource, small_outlet
from typer.testing import CliRunner

from flows import cli
from sources.source import Way
from warehouse import yields
from warehouse.health import Verdict, Yield
from warehouse.store import Warehouse


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    with small_outlet(tmp_path) as opened:
        yield opened


def ops(small: Small) -> list[str]:
    """What ops heard; of the heartbeat test_ops.py tells."""
    heard = [message.text for message in small.replica.sink.received if message.token == "small-ops"]
    return [text for text in heard if not text.startswith("探马：运行小结")]


def a_month(small: Small, per_day: int = 24) -> None:
    """Forty days of runs every six hours lie behind, in each of which the source named a quarter of a day's articles."""
    now = small.clock()
    with Warehouse.open(small.config.warehouse, holder="test", now=now) as wh:
        for count in range(40 * 4, 0, -1):
            brought = Yield(
                now - count * timedelta(hours=6), lists=1, listed=20, new=per_day // 4, articles=6, chars=40
            )
            yields.record(wh, f"r{count}", [("small", brought, Verdict("ok", "", per_day, None))])


def listed(small: Small) -> dict[str, object]:
    result = CliRunner().invoke(
        cli.app, ["sources", "list", "--json", "--config", str(small.folder / "tanma.yaml")], catch_exceptions=False
    )
    return json.loads(result.stdout)[0]


def test_a_source_that_brings_far_less_is_told_once_and_once_when_it_is_mended(small: Small) -> None:
    a_month(small)
    small.publishes(*range(1, 40))
    small.shows(1)
    for _ in range(3):  # 19 and 13 of the last day are too many to be sure, 7 are not
        summary = small.run()
        small.later(hours=6)
    assert (summary.state, small.run_all().ok) == ("low", False)
    # The published file is of the run in which that was found: what is the same as before is nothing to publish.
    note = "7 new in 24 hours, where its poorest of the weeks before had 24"
    assert len(ops(small)) == 1 and f"small: low — {note}" in ops(small)[0]
    found = listed(small)
    assert (found["state"], found["note"], found["new_in_a_day"], found["usual_in_a_day"]) == ("low", note, 7, 24.0)

    small.later(hours=3)
    small.shows(*range(20, 0, -1))
    assert small.run().state == "ok"
    assert len(ops(small)) == 2 and "small: mended" in ops(small)[1]
    assert listed(small)["new_in_a_day"] == 20  # one in the first of these runs, nineteen now


def test_a_slow_evening_is_no_incident(small: Small) -> None:
    a_month(small)
    small.shows()
    for _ in range(2):
        assert small.run().state == "ok"
        small.later(hours=6)
    assert ops(small) == []


def test_a_list_that_is_not_there_any_more_is_gone(small: Small) -> None:
    small.publishes(1)
    small.shows(1)
    assert small.run().state == "ok"
    del small.site.documents["/page/1"]
    summary = small.run()
    assert (summary.state, summary.errors) == ("gone", [f"https://{HOST}/page/1 is not there (HTTP 404)"])
    assert len(ops(small)) == 1 and "small: gone" in ops(small)[0]
    small.shows(1)
    small.later(days=8)  # asked for ever, at a growing interval
    assert small.run().state == "ok"
    assert len(ops(small)) == 2 and "small: mended" in ops(small)[1]


def test_what_a_run_brought_is_in_the_view(small: Small) -> None:
    small.publishes(1, 2)
    small.shows(3, 2, 1)
    small.site.documents["/a/2"]["undated"] = True
    small.run()
    columns = "state, lists, unchanged_lists, listed, new, articles, without_title, without_author, without_time, blocked, failed, new_in_a_day, usual_in_a_day"
    assert small.sql(f"SELECT {columns} FROM source_yield") == [("ok", 1, 0, 3, 3, 2, 0, 0, 1, 0, 0, 3, None)]
    # 第1篇 and 第2篇 have texts of one length; the third page is not there.
    assert small.sql("SELECT median_chars = (SELECT max(chars) FROM articles) FROM source_yield") == [(True,)]
    small.run()
    small.publishes(4)
    small.shows(4, 3, 2, 1)
    small.run()
    assert small.sql("SELECT lists, unchanged_lists, listed, new FROM source_yield ORDER BY read_at") == [
        (1, 0, 3, 3), (1, 1, 0, 0), (1, 0, 4, 1),
    ]  # fmt: skip


def test_an_article_known_through_another_source_is_new_for_this_one(small: Small) -> None:
    """Yield is what a source names, not what is stored through it: two sources of one outlet starve neither."""
    file = small.folder / "tanma.yaml"
    file.write_text(file.read_text("utf-8").replace("  - small\n", "  - small\n  - {use: small, id: again}\n"), "utf-8")
    from flows.check import load_both

    small.config, small.entities = load_both(file, {})
    small.publishes(1, 2)
    small.shows(2, 1)
    small.run_all()
    assert sorted(small.sql("SELECT source, new FROM source_yield")) == [("again", 2), ("small", 2)]


def test_a_file_of_the_first_schema_is_listed_too(small: Small) -> None:
    import duckdb

    small.publishes(1)
    small.shows(1)
    small.run()
    with duckdb.connect(small.config.warehouse / "tanma.duckdb") as con:
        con.execute("DROP VIEW main.source_yield")
    found = listed(small)
    assert (found["state"], found["articles"], found["new_in_a_day"], found["newest_at"]) == ("ok", 1, None, None)


def test_check_says_which_ways_are_open(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = (Way("列表", True), Way("微信", False, "set `bridge` to the feed of your bridge"))
    monkeypatch.setattr(SmallSource, "ways", lambda self: ways)
    small.publishes(7)
    small.site.documents["/a/1"] = {"see": f"https://{HOST}/a/7"}
    small.shows(older=2, index=True)
    small.shows(1, part=2)
    command = ["sources", "check", "--config", str(small.folder / "tanma.yaml")]
    result = CliRunner().invoke(cli.app, [*command, "--json"], catch_exceptions=False)
    [checked] = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (checked["ok"], checked["listed"], checked["article"], checked["errors"]) == (True, 1, "第7篇", [])
    assert checked["ways"] == [
        {"name": "列表", "configured": True, "remedy": ""},
        {"name": "微信", "configured": False, "remedy": "set `bridge` to the feed of your bridge"},
    ]
    table = CliRunner().invoke(cli.app, command, catch_exceptions=False).stdout
    assert table.splitlines()[1].endswith("\t列表, 微信 (not configured: set `bridge` to the feed of your bridge)")


def test_a_fault_in_the_judgement_of_one_source_stops_no_other(stage, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = yields.history

    def broken(wh: Warehouse, source_id: str, now: datetime) -> list[Yield]:
        if source_id == "36kr":
            raise ZeroDivisionError
        return whole(wh, source_id, now)

    monkeypatch.setattr(yields, "history", broken)
    summary = stage.run()
    states = {source.source: source.state for source in summary.sources}
    assert states.pop("36kr") == "failing" and set(states.values()) == {"ok"}
    assert stage.sql("SELECT count(*) FROM articles") == [(16,)]
