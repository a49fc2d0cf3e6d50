"""Parquet files of the views: whole, by month, brought up to date, readable by others; what cannot be written is said."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow.dataset as dataset
import pyarrow.parquet as parquet
import pytest

from sources.article import Article
from sources.errors import ConfigError, NotPublished, WarehouseError
from warehouse import articles
from warehouse.articles import Incoming
from warehouse.connection import connect, is_full
from warehouse.export import MANIFEST, Exported, Exporter, Watcher
from warehouse.query import open_published
from warehouse.scan import Lexicon
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

ROOT = Path(__file__).parents[2]
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
NAMES = (Entity("person", "钱多乐"),)
# 2026-10-31 17:00 UTC is the first of November in Shanghai.
LATE = datetime(2026, 10, 31, 17, 0, tzinfo=UTC)


def load(folder: Path, *given: tuple[str, str, datetime | None]) -> None:
    with Warehouse.open(folder, holder="test", now=NOW, timezone=SHANGHAI) as wh:
        wh.sync_entities(NAMES, NOW)
        made = [Article(id, "36kr", "36氪", "article", "", f"题{id}", text, (), at) for id, text, at in given]
        articles.load(wh, [Incoming(one) for one in made], Lexicon.compile(NAMES), [], NOW, timezone=SHANGHAI)
        wh.publish()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    load(
        tmp_path / "data",
        ("36kr:1", "钱多乐在河边修船，他说木头自己会告诉人什么时候该上漆。", NOW),
        ("36kr:2", "码头上的面馆今天没有开门，门口贴着一张手写的告示。", LATE),
        ("36kr:3", "钱多乐把旧书搬到院子里晒，一本一本翻开，风替他读。", LATE - timedelta(hours=2)),
        ("36kr:4", "没有日期的一篇，说的是潮水和班车，与别的都不相干。", None),
    )
    return tmp_path


def export(folder: Path, *tables: str, since: datetime | None = None, watcher: Watcher | None = None) -> Exported:
    with closing(Exporter(folder / "data", folder / "out")) as exporter:
        exporter.check(tables or None)
        return exporter.export(tables or None, since, NOW, watcher or Watcher())


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder / "out")) for path in (folder / "out").rglob("*") if path.is_file()}


def test_articles_stand_in_the_month_of_their_publication_where_the_user_lives(folder: Path) -> None:
    done = export(folder, "articles", "entities")
    assert files(folder) == {
        "articles/month=2026-10/articles.parquet",
        "articles/month=2026-11/articles.parquet",
        "entities/entities.parquet",
        "README.md",
        MANIFEST,
    }
    assert (len(done.written), done.unchanged, done.removed, done.rows) == (3, [], [], 5)
    october = parquet.read_table(folder / "out/articles/month=2026-10/articles.parquet", partitioning=None)
    assert october.column("article_id").to_pylist() == ["36kr:3"]
    assert october.column("text").to_pylist() == ["钱多乐把旧书搬到院子里晒，一本一本翻开，风替他读。"]
    assert october.column("published_at").to_pylist() == [datetime(2026, 10, 31, 15, 0, tzinfo=UTC)]
    held = json.loads((folder / "out" / MANIFEST).read_text("utf-8"))["views"]["articles"]["files"]
    assert {name: file["rows"] for name, file in held.items()} == {
        "articles/month=2026-10/articles.parquet": 1,
        "articles/month=2026-11/articles.parquet": 3,
    }


def test_every_view_is_there_and_others_read_it(folder: Path) -> None:
    export(folder)
    found = dataset.dataset(folder / "out" / "articles", partitioning="hive", format="parquet").to_table()
    assert sorted(zip(found["article_id"].to_pylist(), found["month"].to_pylist(), strict=True)) == [
        ("36kr:1", "2026-11"), ("36kr:2", "2026-11"), ("36kr:3", "2026-10"), ("36kr:4", "2026-11"),
    ]  # fmt: skip
    with duckdb.connect() as con:
        rows = con.execute(
            f"""SELECT entity_id, month, count(*) FROM read_parquet('{folder}/out/mentions/*/*.parquet',
                hive_partitioning = true) GROUP BY ALL ORDER BY month"""
        ).fetchall()
    assert rows == [("person:钱多乐", "2026-10", 1), ("person:钱多乐", "2026-11", 1)]
    with duckdb.connect(folder / "data" / "tanma.duckdb", read_only=True) as con:
        views = {
            row[0]: row[1]
            for row in con.execute(
                """SELECT view_name, string_agg(column_name, ' ' ORDER BY column_index) FROM duckdb_views() v
                   JOIN duckdb_columns() c ON c.table_name = view_name AND c.schema_name = 'main'
                   WHERE v.schema_name = 'main' AND NOT v.internal GROUP BY ALL"""
            ).fetchall()
        }
    described = json.loads((folder / "out" / MANIFEST).read_text("utf-8"))["views"]
    assert set(described) == set(views) - {"co_mentions_of"}
    for view, columns in views.items():
        for path in (folder / "out" / view).rglob("*.parquet"):
            assert " ".join(parquet.read_schema(path).names) == columns
    readme = (folder / "out" / "README.md").read_text("utf-8")
    assert "| published_at | TIMESTAMP WITH TIME ZONE | When the outlet says it was published" in readme


def test_a_month_whose_rows_are_the_same_is_left_as_it_is(folder: Path) -> None:
    export(folder, "articles", "mentions")
    before = {name: (folder / "out" / name).stat().st_mtime_ns for name in files(folder) if name.endswith(".parquet")}
    done = export(folder, "articles", "mentions")
    assert done.written == [] and len(done.unchanged) == 4
    load(folder / "data", ("36kr:5", "又一篇十一月的文章，说的是钱多乐的新船和它的第一次下水。", NOW))
    done = export(folder, "articles", "mentions")
    assert done.written == ["articles/month=2026-11/articles.parquet", "mentions/month=2026-11/mentions.parquet"]
    for name in ("articles/month=2026-10/articles.parquet", "mentions/month=2026-10/mentions.parquet"):
        assert (folder / "out" / name).stat().st_mtime_ns == before[name]


def test_a_changed_article_of_an_old_month_is_exported_anew(folder: Path) -> None:
    export(folder, "articles")
    load(folder / "data", ("36kr:3", "钱多乐把旧书搬到院子里晒，改过的一版，一本一本翻开。", LATE - timedelta(hours=2)))
    assert export(folder, "articles").written == ["articles/month=2026-10/articles.parquet"]


def test_a_file_that_was_removed_or_spoilt_is_written_anew(folder: Path) -> None:
    export(folder, "articles")
    (folder / "out/articles/month=2026-10/articles.parquet").unlink()
    (folder / "out/articles/month=2026-11/articles.parquet").write_bytes(b"x")
    assert len(export(folder, "articles").written) == 2


def test_a_month_that_has_no_rows_any_more_goes_and_nothing_else_does(folder: Path) -> None:
    export(folder, "articles")
    (folder / "out" / "articles" / "mine.txt").write_text("mine")
    load(folder / "data", ("36kr:3", "钱多乐把旧书搬到院子里晒，改到了十一月的一版，一本一本翻开。", NOW))
    done = export(folder, "articles")
    assert done.removed == ["articles/month=2026-10/articles.parquet"]
    assert not (folder / "out/articles/month=2026-10").exists()
    assert (folder / "out" / "articles" / "mine.txt").read_text() == "mine"


def test_since_looks_at_later_months_alone(folder: Path) -> None:
    done = export(folder, "articles", since=datetime(2026, 11, 20, tzinfo=UTC))
    assert done.written == ["articles/month=2026-11/articles.parquet"]
    export(folder, "articles")
    load(folder / "data", ("36kr:3", "钱多乐把旧书搬到院子里晒，改到了十一月的一版，一本一本翻开。", NOW))
    done = export(folder, "articles", since=datetime(2026, 11, 20, tzinfo=UTC))
    assert done.removed == [] and (folder / "out/articles/month=2026-10/articles.parquet").exists()


def test_an_unknown_view_is_answered_with_the_known_ones(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"--table: storys: no such view; there are .*stories"):
        export(folder, "storys")
    with pytest.raises(ConfigError, match=r"--table: co_mentions_of: is not exported: it has the rows of co_mentions"):
        export(folder, "co_mentions_of")
    assert [path.name for path in folder.iterdir()] == ["data"]


def test_a_folder_with_other_files_is_not_touched(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match=rf"there are files in it and no {MANIFEST}"):
        export(folder)
    assert files(folder) == {"mine.txt"}
    (folder / "out" / MANIFEST).write_text("[]")
    with pytest.raises(ConfigError, match="cannot be read"):
        export(folder)


def test_a_file_in_the_place_of_the_folder(folder: Path) -> None:
    (folder / "out").write_text("mine")
    with pytest.raises(ConfigError, match="this is a file; expected a folder"):
        export(folder)


def test_nothing_published_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(NotPublished):
        export(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_export_cut_short_is_gone_on_with(folder: Path) -> None:
    class Cut(Watcher):
        def view(self, name: str, files: int) -> None:
            if name == "entities":
                raise WarehouseError("enough")

    with pytest.raises(WarehouseError, match="enough"):
        export(folder, "articles", "entities", watcher=Cut())
    assert files(folder) == {
        "articles/month=2026-10/articles.parquet", "articles/month=2026-11/articles.parquet", "README.md", MANIFEST,
    }  # fmt: skip
    done = export(folder, "articles", "entities")
    assert len(done.unchanged) == 2 and done.written == ["entities/entities.parquet"]


FULL = """
import resource, sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from sources.errors import WarehouseError
from warehouse.export import Exporter, Watcher

with closing(Exporter(Path(sys.argv[1]) / "data", Path(sys.argv[1]) / "out")) as exporter:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
    try:
        exporter.export(["articles"], None, datetime(2026, 11, 21, tzinfo=UTC), Watcher())
    except WarehouseError as error:
        print(error)
"""


def test_on_a_full_disk_what_was_there_stays(folder: Path) -> None:
    export(folder, "articles")
    kept = {name: (folder / "out" / name).read_bytes() for name in files(folder) if name.endswith(".parquet")}
    noise = "".join(chr(0x4E00 + (number * 7919 + number * number) % 20000) for number in range(60_000))
    load(folder / "data", ("36kr:6", noise, NOW))
    done = subprocess.run(
        [sys.executable, "-c", FULL, folder, "20000"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "no room on the disk" in done.stdout and "goes on from here" in done.stdout, done
    assert {name: (folder / "out" / name).read_bytes() for name in files(folder) if name in kept} == kept
    assert {path.name for path in (folder / "out").iterdir()} == {"articles", "README.md", MANIFEST}
    assert export(folder, "articles").written == ["articles/month=2026-11/articles.parquet"]


@pytest.fixture
def closed(folder: Path) -> Iterator[Path]:
    (folder / "out").mkdir()
    (folder / "out").chmod(0o500)
    yield folder
    (folder / "out").chmod(stat.S_IRWXU)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to(closed: Path) -> None:
    with pytest.raises(ConfigError, match="expected a folder that can be written to"):
        export(closed)


def test_readers_and_exports_are_bounded_as_the_writer_is(folder: Path) -> None:
    settings = """SELECT current_setting('memory_limit'), current_setting('autoinstall_known_extensions'),
                         current_setting('autoload_known_extensions')"""
    with closing(connect(folder / "data" / "tanma.duckdb", read_only=True)) as con:
        assert con.execute(settings).fetchall() == [("953.6 MiB", False, False)]
    with open_published(folder / "data") as con:
        assert con.execute(settings).fetchall() == [("953.6 MiB", False, False)]
    with closing(Exporter(folder / "data", folder / "out")) as exporter:
        assert exporter._con.execute(settings).fetchall() == [("953.6 MiB", False, False)]


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "kein Platz"), True),
        (OSError(errno.EDQUOT, ""), True),
        (OSError(errno.EFBIG, ""), True),
        (OSError(errno.EACCES, "No space left"), False),
        (OSError("writing: No space left on device"), True),
        (duckdb.IOException("Could not write file: Disk quota exceeded"), True),
        (duckdb.IOException("Could not write file: File too large"), True),
        (duckdb.IOException("Could not read enough bytes"), False),
    ],
)
def test_what_a_full_disk_is(error: Exception, full: bool) -> None:
    assert is_full(error) is full


def test_the_connection_reaches_nothing_but_the_target(folder: Path) -> None:
    with closing(Exporter(folder / "data", folder / "out")) as exporter:
        con: Any = exporter._con
        for sql in (f"COPY (SELECT 1) TO '{folder}/beside.csv'", "SET enable_external_access = true"):
            with pytest.raises(duckdb.Error):
                con.execute(sql)
    assert not (folder / "beside.csv").exists()
