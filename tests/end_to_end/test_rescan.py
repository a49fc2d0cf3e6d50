"""A watchlist that changes between two runs, and a rescan that is stopped."""

from __future__ import annotations

import json
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from end_to_end.command import started, tanma

from flows.watchfile import add
from sources.replica.entries import article
from sources.times import CHINA
from warehouse.lock import holder_of
from warehouse.query import open_published, run_query

PARAGRAPH = "青鸟灯具的师傅把旧灯擦了一遍，又把新灯装了上去，灯塔亮了。" * 4


def test_a_name_added_between_two_runs_is_told_from_the_next_one_on(stage) -> None:
    stage.replica.world.publish(article("before", "www.36kr.com", "灯塔亮了一夜", PARAGRAPH))
    config = ("--config", str(stage.folder / "tanma.yaml"))
    first = tanma("run", *config, cwd=stage.folder)
    assert first.returncode == 0, first.stderr

    assert tanma("watch", "add", "青鸟灯具", *config, cwd=stage.folder).returncode == 0
    stage.replica.world.publish(
        article(
            "after",
            "www.36kr.com",
            "灯塔又亮了一夜",
            "这一夜守灯的是青鸟灯具请来的两个学徒，雾从海上来，他们没有睡。" * 4,
        )
    )
    second = tanma("run", *config, cwd=stage.folder)
    assert second.returncode == 0, second.stderr

    found = """SELECT DISTINCT title, status FROM alerts JOIN articles USING (article_id)
               WHERE entity_id = 'company:青鸟灯具' ORDER BY 1"""
    assert stage.sql(found) == [("灯塔又亮了一夜", "sent")]
    assert any("青鸟灯具" in message.text for message in stage.replica.sink.received)

    told = len(stage.replica.sink.received)
    sent = stage.sql("FROM alerts WHERE status = 'sent' ORDER BY alert_id")
    done = tanma("rescan", *config, cwd=stage.folder)
    assert done.returncode == 0, done.stderr
    assert stage.sql(found) == [("灯塔亮了一夜", "suppressed"), ("灯塔又亮了一夜", "sent")]
    assert len(stage.replica.sink.received) == told
    assert stage.sql("FROM alerts WHERE status = 'sent' ORDER BY alert_id") == sent


@pytest.mark.slow
def test_stopped_by_ctrl_c_a_rescan_leaves_whole_articles_and_the_next_one_does_the_rest(tmp_path: Path) -> None:
    (tmp_path / "tanma.yaml").write_text("sources: []\n", "utf-8")
    (tmp_path / "watchlist.yaml").write_text("people: [程望海]\n", "utf-8")
    (tmp_path / "notes").mkdir()
    at = datetime.now(UTC).astimezone(CHINA)
    for number in range(60):
        lines = "\n".join(f"第{number}盏灯在{line}号码头，青鸟灯具和程望海都来过。" for line in range(4000))
        (tmp_path / "notes" / f"{number}.txt").write_text(f"第{number}盏灯\n\n{at:%Y-%m-%d %H:%M}\n\n{lines}", "utf-8")
    assert tanma("import", "notes", cwd=tmp_path).returncode == 0
    add(tmp_path / "watchlist.yaml", "company", "青鸟灯具")

    child = started("rescan", cwd=tmp_path)
    lock, work = tmp_path / "data" / "work" / "lock", tmp_path / "data" / "work" / "tanma.duckdb.wal"
    deadline = time.monotonic() + 60
    while not ("rescan" in (holder_of(lock) or "") and work.exists() and work.stat().st_size > 200_000):
        assert child.poll() is None and time.monotonic() < deadline, "it ended before it could be stopped"
        time.sleep(0.005)
    child.send_signal(signal.SIGINT)
    assert child.wait(60) == 130, (tmp_path / "output.log").read_text()

    def lamps() -> list[tuple[object, ...]]:
        with open_published(tmp_path / "data") as con:
            query = "SELECT article_id, count(*) FROM mentions WHERE entity_id = 'company:青鸟灯具' GROUP BY 1"
            return [tuple(row) for row in run_query(con, query).rows]

    stopped = lamps()
    assert 0 < len(stopped) < 60 and {count for _, count in stopped} == {4000}
    said = (tmp_path / "output.log").read_text("utf-8")
    assert f"done so far, and kept: {len(stopped)} articles scanned anew\n" in said
    with open_published(tmp_path / "data") as con:
        [(status,)] = run_query(con, "SELECT status FROM runs WHERE kind = 'rescan'").rows
    assert status == "interrupted"
    done = json.loads(tanma("rescan", "--json", cwd=tmp_path).stdout)
    assert (done["scanned"], done["changed"]) == (60, 60 - len(stopped))
    assert len(lamps()) == 60
