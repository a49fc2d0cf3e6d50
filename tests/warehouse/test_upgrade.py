"""Files of older Tanmas are upgraded without loss: what they hold is written down here by hand.

tests/fixtures/warehouses/README.md says how the files were made.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from stock import MADE, unpack

from sources.article import Article
from sources.errors import SchemaTooNew
from warehouse import articles, frontier, outbox, regroup, runs
from warehouse.articles import Incoming
from warehouse.invariants import violations
from warehouse.migrate import migrations
from warehouse.rules import Rule
from warehouse.scan import Lexicon
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

ROOT = Path(__file__).parents[2]
NOW = MADE + timedelta(days=1)
SCHEMAS = [1, 3]
# As they stand in make.py.
ROBOTS = (
    "钱多乐周五在上海说，公司今年把大部分力气花在了仓储机器人的手部动作上，明年春天会有第一批样机交到客户手里。"
    "他没有透露客户的名字，也没有透露价格和产量。"
)
CENTRE = (
    "云脊智能的一位发言人说，新的数据中心将在明年夏天动工，地点还没有最后定下来，备选的三座城市都在长江以北。"
    "电价是主要的考虑，水源也是考虑之一。"
)
NOODLES = "镇上的面馆换了排队的办法，先来的人拿一张写着号码的木牌，坐在河边等，轮到了老板会摇一次铃铛。" * 2
BOATS = "钱多乐上个月坐船去了下游的三个镇，看了那里的旧仓库，回来说其中两个可以改成样机的试验场。" * 2
COPIED = "钱多乐写的信里说，样机会晚一个月，因为手指的轴承要换一种。" * 3
HOUR = timedelta(hours=1)

# Columns that were there in schema 1; nothing of them may change.
EXPECTED = {
    "SELECT article_id, source, outlet, kind, title, authors, published_at, published_precision, first_seen_at, story_id,"
    " relation, version, chars FROM articles ORDER BY 1": [
        ("36kr:1", "36kr", "36氪", "article", "仓储机器人的手", ["甲乙"], MADE, "minute", MADE, "36kr:1", "lead", 1, len(ROBOTS)),
        ("36kr:2", "36kr", "36氪", "newsflash", "数据中心夏天动工", ["甲乙"], MADE, "minute", MADE, "36kr:2", "lead", 2, len(CENTRE) + 7),
        ("36kr:3", "36kr", "36氪", "article", "面馆的铃铛", ["甲乙"], MADE - timedelta(days=400), "minute", MADE, "36kr:3", "lead", 1, len(NOODLES)),
        ("36kr:4", "36kr", "36氪", "article", "坐船去看仓库", ["甲乙"], MADE - timedelta(days=30), "minute", MADE, "36kr:4", "lead", 1, len(BOATS)),
        ("import:1", "import", "手抄报", "article", "抄来的一篇", ["甲乙"], MADE, "minute", MADE, "import:1", "lead", 1, len(COPIED)),
        ("zaker:1", "zaker", "南屏晚报", "article", "仓储机器人有了手", ["甲乙"], MADE, "minute", MADE, "36kr:1", "same", 1, len(ROBOTS)),
    ],
    "SELECT article_id, version, seen_at, title, text FROM article_versions WHERE article_id IN ('36kr:1', '36kr:2')"
    " ORDER BY 1, 2": [
        ("36kr:1", 1, MADE, "仓储机器人的手", ROBOTS),
        ("36kr:2", 1, MADE, "数据中心动工", CENTRE),
        ("36kr:2", 2, MADE + HOUR, "数据中心夏天动工", CENTRE + "钱多乐也在场。"),
    ],
    "SELECT entity_id, kind, name, aliases, groups, active FROM entities ORDER BY 1": [
        ("company:云脊智能", "company", "云脊智能", [], ["云"], True),
        ("person:钱多乐", "person", "钱多乐", ["Qian Duole"], ["机器人"], True),
    ],
    "SELECT article_id, entity_id, surface, start_char, end_char, how, role FROM mentions ORDER BY 1, 4": [
        ("36kr:1", "person:钱多乐", "钱多乐", 0, 3, "name", "body"),
        ("36kr:2", "company:云脊智能", "云脊智能", 0, 4, "name", "body"),
        ("36kr:2", "person:钱多乐", "钱多乐", 70, 73, "name", "body"),
        ("36kr:4", "person:钱多乐", "钱多乐", 0, 3, "name", "body"),
        ("36kr:4", "person:钱多乐", "钱多乐", 44, 47, "name", "body"),
        ("import:1", "person:钱多乐", "钱多乐", 0, 3, "name", "body"),
        ("import:1", "person:钱多乐", "钱多乐", 29, 32, "name", "body"),
        ("import:1", "person:钱多乐", "钱多乐", 58, 61, "name", "body"),
        ("zaker:1", "person:钱多乐", "钱多乐", 0, 3, "name", "body"),
    ],
    "SELECT story_id, entity_id, rule, channel, status, reason, attempts, last_error FROM alerts ORDER BY 1, 2, 4": [
        ("36kr:1", "person:钱多乐", "all", "desk", "failed", None, 1, "keyword not in content (310000)"),
        ("36kr:1", "person:钱多乐", "机器人→ops", "ops", "sending", None, 1, None),
        ("36kr:2", "company:云脊智能", "all", "desk", "sent", None, 1, None),
        ("36kr:2", "person:钱多乐", "all", "desk", "sent", None, 1, None),
        ("36kr:2", "person:钱多乐", "机器人→ops", "ops", "pending", None, 0, None),
        ("36kr:4", "person:钱多乐", "all", "desk", "suppressed", "older than 2 days", 0, None),
        ("36kr:4", "person:钱多乐", "机器人→ops", "ops", "suppressed", "older than 2 days", 0, None),
        ("import:1", "person:钱多乐", "all", "desk", "suppressed", "import", 0, None),
        ("import:1", "person:钱多乐", "机器人→ops", "ops", "suppressed", "import", 0, None),
    ],
    "SELECT article_id, state, attempts, next_attempt_at FROM core.frontier ORDER BY 1": [
        ("36kr:1", "stored", 0, None),
        ("36kr:2", "stored", 0, None),
        ("36kr:3", "stored", 0, None),
        ("36kr:4", "stored", 0, None),
        ("36kr:5", "retry", 1, MADE + timedelta(minutes=2)),
        ("36kr:6", "gone", 1, None),
        ("36kr:7", "queued", 0, MADE),
    ],
    "SELECT source, etag, status, error FROM core.lists ORDER BY 1": [
        ("36kr", "etag-1", "ok", None),
        ("zaker", "", "retry", "503"),
    ],
    "SELECT outcome, http_status, bytes FROM fetches ORDER BY 1": [("gone", 404, 0), ("ok", 200, 5120)],
    "SELECT kind, status, counts FROM runs": [("collect", "ok", json.dumps({"stored": 5}))],
    "SELECT source, state FROM source_health": [("36kr", "ok")],
    "SELECT entity_id, reason FROM core.mutes": [("company:云脊智能", "by hand")],
    "SELECT host, text FROM core.robots": [("example.com", "User-agent: *")],
    "SELECT count(*) FROM core.sightings": [(7,)],
    "SELECT value FROM core.settings WHERE name = 'timezone'": [("Asia/Shanghai",)],
}  # fmt: skip


def check(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("SET TimeZone = 'UTC'")
    for query, rows in EXPECTED.items():
        assert con.execute(query).fetchall() == rows, query


@pytest.fixture(scope="module", params=SCHEMAS)
def upgraded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse of an older schema, opened once with today's code and published."""
    folder = tmp_path_factory.mktemp(f"schema{request.param}")
    file = unpack(folder, request.param)
    (folder / "work").mkdir()
    shutil.copyfile(file, folder / "work" / "tanma.duckdb")
    with Warehouse.open(folder, holder="test", now=NOW) as wh:
        assert list(violations(wh.con, "all")) == []
        wh.publish()
    return folder


def test_an_old_file_is_upgraded_and_every_row_of_it_is_there(upgraded: Path) -> None:
    with duckdb.connect(upgraded / "tanma.duckdb", read_only=True) as con:
        [(newest,)] = con.execute("SELECT max(version) FROM core.schema_version").fetchall()
        assert newest == migrations()[-1].version
        check(con)
        # Published with today's views.
        assert con.execute("SELECT count(central), count(*) FILTER (central IS NULL) FROM mentions").fetchall()[0][1] in (0, 9)  # fmt: skip
        assert con.execute("SELECT n_articles, outlets FROM stories WHERE story_id = '36kr:1'").fetchall() == [
            (2, ["36氪", "南屏晚报"])
        ]


def test_a_copy_of_the_old_file_is_kept(upgraded: Path) -> None:
    [kept] = (upgraded / "work").glob("tanma.v*.duckdb")
    schema = int(kept.stem[-4:])
    assert upgraded.name.startswith(f"schema{schema}")
    with duckdb.connect(kept, read_only=True) as con:
        assert con.execute("SELECT max(version) FROM core.schema_version").fetchall() == [(schema,)]
        check(con)


def test_a_run_goes_on(upgraded: Path, tmp_path: Path) -> None:
    shutil.copytree(upgraded, tmp_path, dirs_exist_ok=True)
    lexicon = Lexicon.compile((Entity("person", "钱多乐", ("Qian Duole",), ("机器人",)), Entity("company", "云脊智能", (), ("云",))))  # fmt: skip
    rules = (Rule("all", (), ("desk",)), Rule("机器人→ops", ("机器人",), ("ops",)))
    with Warehouse.open(tmp_path, holder="test", now=NOW) as wh:
        assert outbox.recover(wh) == 1
        run_id = runs.begin_run(wh, "collect", "direct", NOW)
        due = frontier.due(wh, "36kr", NOW, 10)
        assert [one.ref.article_id for one in due] == ["36kr:7", "36kr:5"]
        page = "新的一篇里，钱多乐说轴承换好了，样机还是春天交，交完了就去下游的镇上看一看那两座旧仓库。" * 2
        new = Article("36kr:7", "36kr", "36氪", "article", due[0].ref.url, "轴承换好了", page, published_at=NOW, precision="minute")  # fmt: skip
        again = replace(new, article_id="36kr:1", title="仓储机器人的手", text=ROBOTS)
        repost = replace(new, article_id="zaker:2", source="zaker", text=CENTRE)
        loaded = articles.load(wh, [Incoming(new, due[0].ref), Incoming(again), Incoming(repost)], lexicon, rules, NOW, timezone=ZoneInfo("Asia/Shanghai"))  # fmt: skip
        assert [(one.status, one.story_id, one.alerts) for one in loaded] == [
            ("stored", "36kr:7", 2), ("unchanged", "36kr:1", 0), ("duplicate", "36kr:2", 0),
        ]  # fmt: skip
        claimed = outbox.claim(wh, NOW)
        assert claimed is not None
        runs.end_run(wh, run_id, {}, "ok", NOW)
        assert wh.publish() is True
        assert list(violations(wh.con, "all")) == []


# Upgrades as Warehouse.open does, but never comes to the end of the second step.
UPGRADING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from warehouse import migrate, store
from warehouse.migrate import Migration
from warehouse.store import Warehouse

known = migrate.migrations()
endless = "CREATE TEMP TABLE endless AS SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b"
slow = [known[0], known[1], Migration(3, "central", known[2].sql + ";" + endless), *known[3:]]
migrate.migrations = store.migrations = lambda: slow
print("begun", flush=True)
Warehouse.open(Path(sys.argv[1]), holder="tanma run", now=datetime(2026, 11, 21, tzinfo=UTC))
"""


def test_an_upgrade_that_is_killed_half_way_is_taken_up_again(tmp_path: Path) -> None:
    file = unpack(tmp_path, 1)
    (tmp_path / "work").mkdir()
    work = tmp_path / "work" / "tanma.duckdb"
    shutil.copyfile(file, work)
    child = subprocess.Popen([sys.executable, "-c", UPGRADING, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)  # fmt: skip
    assert child.stdout is not None and child.stdout.readline() == "begun\n"
    wal = work.with_name("tanma.duckdb.wal")
    until = time.monotonic() + 60
    while not wal.exists():  # the first step was committed
        assert child.poll() is None and time.monotonic() < until
        time.sleep(0.05)
    time.sleep(0.3)
    assert child.poll() is None
    child.kill()
    child.communicate()
    assert (tmp_path / "work" / "tanma.v0001.duckdb").exists() and wal.exists()
    with Warehouse.open(tmp_path, holder="test", now=NOW) as wh:
        versions = wh.con.execute("SELECT version FROM core.schema_version ORDER BY 1").fetchall()
        assert versions == [(one.version,) for one in migrations()]
        check(wh.con)
        assert list(violations(wh.con, "all")) == []
    with duckdb.connect(tmp_path / "work" / "tanma.v0002.duckdb", read_only=True) as con:
        check(con)


def test_a_newer_file_is_refused_and_left_alone(upgraded: Path, tmp_path: Path) -> None:
    file = tmp_path / "work" / "tanma.duckdb"
    file.parent.mkdir()
    shutil.copyfile(upgraded / "tanma.duckdb", file)
    with duckdb.connect(file) as con:
        con.execute("INSERT INTO core.schema_version VALUES (?, 'next', now())", [migrations()[-1].version + 1])
    before = file.read_bytes()
    with pytest.raises(SchemaTooNew, match="install that Tanma again"):
        Warehouse.open(tmp_path, holder="test", now=NOW)
    assert file.read_bytes() == before


def ask(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return con.execute(sql).fetchall()


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_kept_files_hold_no_reposts_apart_and_stay_as_they_are(tmp_path: Path, schema: int) -> None:
    unpack(tmp_path, schema)
    with Warehouse.open(tmp_path, holder="test", now=MADE) as wh:
        assert regroup.ungrouped(wh.con) == 7
        assert sum(regroup.regroup(wh, NOW)) == 7
        check(wh.con)
        assert ask(wh.con, "FROM core.merged_stories") == []
        assert ask(wh.con, "SELECT count(DISTINCT doc) FROM core.fingerprints") == [(7,)]
        assert list(violations(wh.con, "all")) == []


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_kept_file_with_a_repost_apart_has_it_in_its_story_afterwards(tmp_path: Path, schema: int) -> None:
    """zaker:1 repeats 36kr:1; here it stands as a story of its own, whose alert waits."""
    unpack(tmp_path, schema)
    with Warehouse.open(tmp_path, holder="test", now=MADE) as wh:
        wh.con.execute("UPDATE core.articles SET story_id = 'zaker:1', relation = 'lead' WHERE article_id = 'zaker:1'")
        wh.con.execute("DELETE FROM core.story_members")
        wh.con.execute(
            """INSERT INTO core.alerts BY NAME
               SELECT * REPLACE ('other' AS alert_id, 'zaker:1' AS story_id, 'zaker:1' AS article_id)
               FROM core.alerts WHERE story_id = '36kr:2' AND status = 'pending'"""
        )
        wh.con.execute("UPDATE core.alerts SET status = 'sent', sent_at = created_at WHERE status = 'sending'")
        list(regroup.regroup(wh, NOW))
        assert ask(wh.con, "SELECT story_id, relation FROM core.articles WHERE article_id = 'zaker:1'") == [
            ("36kr:1", "same")
        ]
        assert ask(wh.con, "SELECT status, reason FROM core.alerts WHERE alert_id = 'other'") == [
            ("suppressed", "same story as 36kr:1")
        ]
        assert list(violations(wh.con, "all")) == []
