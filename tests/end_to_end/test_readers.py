"""Readers never hinder a run, a run never hinders readers."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest
from end_to_end.command import tanma

READ = textwrap.dedent(
    """
    import sys, duckdb
    opened = 0
    while opened < int(sys.argv[2]):
        con = duckdb.connect(sys.argv[1], read_only=True)
        con.sql("SELECT count(*), max(first_seen_at) FROM articles").fetchall()
        con.close()
        opened += 1
    print(opened)
    """
)
HOLD = textwrap.dedent(
    """
    import sys, duckdb
    con = duckdb.connect(sys.argv[1], read_only=True)
    before = con.sql("SELECT count(*) FROM articles").fetchall()
    print("open", flush=True)
    sys.stdin.readline()
    assert con.sql("SELECT count(*) FROM articles").fetchall() == before
    print("same", flush=True)
    """
)


def test_two_hundred_readers_while_runs_write(stage) -> None:
    from sources.replica.entries import article

    stage.run()
    published = str(stage.config.warehouse / "tanma.duckdb")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, published], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None and holder.stdout.readline() == "open\n"
    reader = subprocess.Popen([sys.executable, "-c", READ, published, "200"], stdout=subprocess.PIPE, text=True)
    runs = 0
    while reader.poll() is None or runs < 3:
        stage.replica.world.publish(
            article(
                f"more-{runs}",
                "www.36kr.com",
                f"第{runs}本旧书",
                f"第{runs}段写给测试的正文，没有人名，也没有公司。" * 6,
            )
        )
        summary = stage.run()
        assert summary.ok and summary.published and summary.counts()["stored"] == 1
        runs += 1
    assert reader.communicate()[0] == "200\n" and reader.returncode == 0
    told, _ = holder.communicate("go on\n")
    assert told == "same\n" and holder.returncode == 0
    assert stage.sql("SELECT count(*) FROM articles") == [(16 + runs,)]


LONG = textwrap.dedent(
    """
    import sys, duckdb
    con = duckdb.connect(sys.argv[1], read_only=True)
    con.sql("SELECT count(*) FROM articles").fetchall()
    print("asking", flush=True)
    con.sql("SELECT count(*) FROM range(100000000) a, range(100000) b, articles WHERE a.range % 7 = b.range % 11").fetchall()
    """
)
# Opens and asks until its input ends, then says how often; an answer that is not whole ends it with an error.
MANY = textwrap.dedent(
    """
    import os, select, sys, duckdb
    asked = 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        with duckdb.connect(sys.argv[1], read_only=True) as con:
            [(articles, texts)] = con.sql("SELECT count(*), count(v.text) FROM articles LEFT JOIN article_versions v USING (article_id, version)").fetchall()
            assert articles == texts >= 16, (articles, texts)
        asked += 1
    print(asked)
    """
)


def publish_one(stage, name: str) -> None:
    from sources.replica.entries import article

    text = f"{name}写给测试的正文，没有人名，也没有公司，只有{name}自己。" * 6
    stage.replica.world.publish(article(name, "www.36kr.com", f"{name}的题目", text))
    summary = stage.run()
    assert summary.ok and summary.published and summary.counts()["stored"] == 1


@pytest.mark.slow
def test_ten_readers_at_once_one_for_hours_and_one_killed_in_mid_query(stage) -> None:
    stage.run()
    published = str(stage.config.warehouse / "tanma.duckdb")

    def start(program: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", program, published], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    holder, killed = start(HOLD), start(LONG)
    assert holder.stdout is not None and holder.stdout.readline() == "open\n"
    assert killed.stdout is not None and killed.stdout.readline() == "asking\n"
    many = [start(MANY) for _ in range(10)]
    try:
        publish_one(stage, "甲册")
        killed.kill()
        assert killed.wait() == -9
        publish_one(stage, "乙册")
        publish_one(stage, "丙册")
        for reader in many:
            asked, _ = reader.communicate("stop\n", timeout=60)
            assert reader.returncode == 0 and int(asked) >= 1
        told, _ = holder.communicate("go on\n")
        assert told == "same\n" and holder.returncode == 0
    finally:
        for reader in (holder, killed, *many):
            reader.kill()
    assert stage.sql("SELECT count(*) FROM articles") == [(19,)]
    assert {path.name for path in stage.config.warehouse.iterdir()} == {"tanma.duckdb", "work"}


def test_a_second_run_is_told_who_holds_the_warehouse(stage) -> None:
    from warehouse.store import Warehouse

    with Warehouse.open(stage.config.warehouse, holder="tanma run", now=stage.clock()):
        second = tanma("run", cwd=stage.folder)
    assert second.returncode == 3
    assert "tanma run" in second.stderr and "pid" in second.stderr
    assert tanma("run", cwd=stage.folder).returncode == 0


def test_reading_commands_work_while_a_run_writes(stage) -> None:
    from warehouse.store import Warehouse

    stage.run()
    with Warehouse.open(stage.config.warehouse, holder="tanma run", now=stage.clock()):
        for words in (("sql", "SELECT 1 AS one"), ("alerts", "list"), ("sources", "list"), ("doctor",)):
            answer = tanma(*words, cwd=stage.folder)
            assert answer.returncode == 0, (words, answer.stderr)
