"""`tanma tidy`, `tanma backup`, `tanma restore` and their keys in tanma.yaml."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from stock import MADE, unpack

from flows import cli
from flows.config import BackupPolicy, load_config
from flows.keeping import tidy_pass
from sources.errors import ConfigError
from warehouse.keep import Keep
from warehouse.store import Warehouse

Tanma = Callable[..., tuple[int, str, str]]
CONFIG = "warehouse: data\nkeep: {article: 30d, lists: forever}\nbackup: {keep: 2, every: 1d}\n"
LATER = MADE + timedelta(days=100)


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stocked")
    unpack(folder)
    with Warehouse.open(folder, holder="test", now=MADE) as wh:
        wh.publish()
    return folder / "tanma.duckdb"


@pytest.fixture
def here(tmp_path: Path, stocked: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tanma.yaml").write_text(CONFIG, "utf-8")
    (tmp_path / "watchlist.yaml").write_text("people: [钱多乐]\n", "utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tanma.duckdb").write_bytes(stocked.read_bytes())
    return tmp_path


@pytest.fixture
def tanma(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Tanma:
    def call(*words: str, stdin: io.StringIO | None = None) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tanma", *words])
        monkeypatch.setattr(sys, "stdin", stdin or io.StringIO())
        capfd.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = capfd.readouterr()
        return code, out, err

    return call


def ask(here: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(here / "data" / "tanma.duckdb", read_only=True) as con:
        return con.execute(sql).fetchall()


def test_tidy_backs_up_lets_go_checks_and_publishes(here: Path) -> None:
    report = tidy_pass(load_config(here / "tanma.yaml", {}), via="direct", clock=lambda: LATER)
    assert [(one.what, one.rows) for one in report.removed] == [("article", 4), ("fetches", 2), ("runs", 0)]
    assert report.ok and report.published and not report.compacted
    # The backup was made before: it holds what was let go.
    assert report.backup == here / "data" / "backups" / "tanma-20270228T080000Z.duckdb"
    with duckdb.connect(report.backup, read_only=True) as con:
        assert con.execute("SELECT count(*) FROM articles").fetchall() == [(6,)]
    assert ask(here, "SELECT count(*) FROM articles") == [(2,)]
    [(kind, via, status, counts)] = ask(here, "SELECT kind, via, status, counts FROM runs WHERE kind = 'tidy'")
    assert (kind, via, status) == ("tidy", "direct", "ok")
    told = json.loads(counts)
    assert (told["article"], told["fetches"], told["violations"]) == (4, 2, 0) and "runs" not in told


def test_the_next_tidy_has_nothing_to_do_and_old_backups_give_way(here: Path) -> None:
    config = load_config(here / "tanma.yaml", {})
    for days in range(3):
        report = tidy_pass(config, via="direct", clock=lambda days=days: LATER + timedelta(days=days))  # type: ignore[misc]
    assert [one.rows for one in report.removed] == [0, 0, 0]
    assert [file.name for file in report.dropped] == ["tanma-20270228T080000Z.duckdb"]
    assert sorted(file.name for file in (here / "data" / "backups").iterdir()) == [
        "tanma-20270301T080000Z.duckdb", "tanma-20270302T080000Z.duckdb",
    ]  # fmt: skip


def test_a_backup_that_fails_stops_nothing_and_is_told(here: Path, tanma: Tanma) -> None:
    (here / "data" / "backups").write_text("somebody's file, where the folder would be")
    code, out, err = tanma("tidy")
    assert code == 1 and "there is no new backup" in err
    assert out.splitlines()[0] == "what\trows\tMB of text"
    assert ask(here, "SELECT count(*) FROM articles") == [(6,)]  # they are of this week


def test_a_broken_invariant_is_told_with_its_remedy(here: Path, tanma: Tanma) -> None:
    with Warehouse.open(here / "data", holder="test", now=MADE) as wh, wh.transaction() as con:
        con.execute("UPDATE core.articles SET relation = 'same' WHERE article_id = '36kr:3'")
    code, out, _ = tanma("tidy", "--json")
    document = json.loads(out)
    assert code == 1 and document["ok"] is False
    assert [one["name"] for one in document["violations"]] == ["a story has exactly one lead"]
    assert document["violations"][0]["examples"] == ["36kr:3"] and document["violations"][0]["remedy"]
    code, out, _ = tanma("doctor", "--json")
    findings = {one["what"]: one for one in json.loads(out)}
    assert code == 1 and findings["invariant"]["found"] == "a story has exactly one lead: 1 rows"
    assert findings["backups"]["state"] == "ok"


def damage(folder: Path, article_id: str) -> None:
    """Flip bytes in the block that holds the text of an article, as a bad disk does."""
    with Warehouse.open(folder, holder="test", now=MADE) as wh:
        with wh.transaction() as con:
            con.execute("UPDATE core.article_versions SET text = text || (SELECT string_agg(md5(i::TEXT), '') FROM range(3000) r(i)) WHERE article_id = ?", [article_id])  # fmt: skip
        wh.con.execute("CHECKPOINT")
        block = wh.con.execute("SELECT block_id FROM pragma_storage_info('core.article_versions') WHERE column_name = 'text' AND block_id >= 0").fetchall()[0][0]  # fmt: skip
        file = wh.written_down()
    whole = bytearray(file.read_bytes())
    at = 3 * 4096 + block * 262_144  # three headers, then the blocks
    whole[at + 100 : at + 5000] = bytes(byte ^ 255 for byte in whole[at + 100 : at + 5000])
    file.write_bytes(whole)


def test_a_damaged_block_is_told_with_its_remedy_and_stops_no_step(here: Path) -> None:
    damage(here / "data", "36kr:3")
    published = (here / "data" / "tanma.duckdb").read_bytes()
    report = tidy_pass(load_config(here / "tanma.yaml", {}), via="direct", clock=lambda: LATER)
    assert len(report.errors) == 1  # that of the backup, of letting go and of the check
    assert "data/work/tanma.duckdb: not readable as a database" in report.errors[0]
    assert "move it aside, and the next run goes on from the published file" in report.errors[0]
    assert report.backup is None and report.damaged and not report.ok
    # The published file is still whole.
    assert not report.published and (here / "data" / "tanma.duckdb").read_bytes() == published
    with Warehouse.open(here / "data", holder="test", now=LATER) as wh:
        assert wh.con.execute("SELECT status FROM core.runs WHERE kind = 'tidy'").fetchall() == [("partial",)]


def test_what_kills_left_behind_is_deleted_first(here: Path) -> None:
    data = here / "data"
    for place, names in (
        (
            "work",
            ["tanma.compact.duckdb", "tanma.compact.duckdb.wal", "tanma.restore.duckdb", ".tanma.restore.duckdb.tmp"],
        ),
        ("backups", ["unchecked.duckdb", ".unchecked.duckdb.tmp", "mine.duckdb"]),
    ):
        (data / place).mkdir()
        for name in names:
            (data / place / name).write_bytes(b"half a file")
    (here / "tanma.yaml").write_text("warehouse: data\nbackup: {keep: 0}\n", "utf-8")
    assert tidy_pass(load_config(here / "tanma.yaml", {}), via="direct", clock=lambda: MADE).ok
    assert sorted(one.name for one in (data / "backups").iterdir()) == ["mine.duckdb"]
    assert not [one.name for one in (data / "work").iterdir() if "compact" in one.name or "restore" in one.name]


@pytest.mark.parametrize(
    ("stop", "status"), [(asyncio.CancelledError, "interrupted"), (KeyboardInterrupt, "interrupted"), (ValueError, "failed")]
)  # fmt: skip
def test_a_tidy_that_is_stopped_says_so(here: Path, stop: type[BaseException], status: str) -> None:
    calls = 0

    def clock() -> datetime:
        nonlocal calls
        calls += 1
        if calls == 3:  # the run has begun
            raise stop
        return LATER

    with pytest.raises(stop):
        tidy_pass(load_config(here / "tanma.yaml", {}), via="direct", clock=clock)
    assert ask(here, "SELECT status FROM runs WHERE kind = 'tidy'") == [(status,)]


def test_a_trial_changes_nothing(here: Path, tanma: Tanma) -> None:
    (here / "tanma.yaml").write_text(CONFIG.replace("30d", "7d"), "utf-8")
    before = (here / "data" / "tanma.duckdb").read_bytes()
    code, out, err = tanma("tidy", "--dry-run")
    assert code == 0 and "nothing was changed" in err
    days = (datetime.now(UTC) - MADE).days
    assert out.splitlines()[1].split("\t")[:2] == ["article", "4" if days >= 8 else "0"]
    assert (here / "data" / "tanma.duckdb").read_bytes() == before
    assert not (here / "data" / "work").exists()


@pytest.mark.parametrize("words", [("tidy",), ("backup",), ("restore", "other.duckdb", "--yes")])
def test_another_run_holds_the_warehouse(here: Path, tanma: Tanma, words: tuple[str, ...]) -> None:
    unpack(here).rename(here / "other.duckdb")
    with Warehouse.open(here / "data", holder="tanma run", now=MADE):
        code, _, err = tanma(*words)
    assert code == 3 and "tanma run" in err


def test_backup_and_restore(here: Path, tanma: Tanma) -> None:
    code, out, err = tanma("backup")
    made = Path(out.strip())
    assert code == 0 and made.parent == here / "data" / "backups" and "whole" in err
    with Warehouse.open(here / "data", holder="test", now=MADE) as wh:
        with wh.transaction() as con:
            con.execute("DELETE FROM core.alerts")
            con.execute("DELETE FROM core.mentions")
        wh.publish()
    code, _, err = tanma("restore", str(made))
    assert code == 2 and "--yes" in err
    assert ask(here, "SELECT count(*) FROM mentions") == [(0,)]
    code, _, err = tanma("restore", str(made), "--yes")
    assert code == 0 and "6 articles" in err and "kept: " in err and "replaced" in err
    assert ask(here, "SELECT count(*) FROM mentions") == [(9,)]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "count"), [("n\n", 0), ("y\n", 9)])
def test_a_person_is_asked(here: Path, tanma: Tanma, answer: str, count: int) -> None:
    unpack(here).rename(here / "other.duckdb")
    with Warehouse.open(here / "data", holder="test", now=MADE) as wh:
        with wh.transaction() as con:
            con.execute("DELETE FROM core.mentions")
        wh.publish()
    code, _, err = tanma("restore", "other.duckdb", stdin=Terminal(answer))
    assert code == 0 and ("nothing was changed" in err) is (count == 0)
    assert ask(here, "SELECT count(*) FROM mentions") == [(count,)]


def test_a_backup_goes_where_it_is_told_to_but_not_onto_the_warehouse(here: Path, tanma: Tanma) -> None:
    (here / "disk").mkdir()
    code, out, _ = tanma("backup", "disk")
    assert code == 0 and Path(out.strip()).parent == Path("disk") and Path(out.strip()).exists()
    before = (here / "data" / "tanma.duckdb").read_bytes()
    code, _, err = tanma("backup", "data/tanma.duckdb")
    assert code == 4 and "the warehouse itself" in err
    assert (here / "data" / "tanma.duckdb").read_bytes() == before


def test_no_such_backup_is_wrong_usage(here: Path, tanma: Tanma) -> None:
    code, _, err = tanma("restore", "absent.duckdb", "--yes")
    assert code == 2 and "no such file" in err


# Keys


def read(folder: Path, text: str) -> Any:
    (folder / "tanma.yaml").write_text(text, "utf-8")
    return load_config(folder / "tanma.yaml", {})


def test_what_is_kept_by_default(tmp_path: Path) -> None:
    config = read(tmp_path, "")
    day = timedelta(days=1)
    kinds = dict.fromkeys(("article", "newsflash", "interview", "transcript", "post", "partial"))
    assert config.keep == Keep(fetches=90 * day, runs=365 * day, lists=90 * day, versions=None, kinds=kinds)
    assert (config.backup, config.tidy) == (BackupPolicy(7, day), "daily 04:30")


def test_every_key_of_keeping_is_read(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        "keep: {fetches: 7d, runs: forever, versions: 30d, newsflash: 730d}\n"
        'backup: {keep: 0, every: 12h}\ntidy: "weekly sun 05:00"\n',
    )
    day = timedelta(days=1)
    assert (config.keep.fetches, config.keep.runs, config.keep.versions) == (7 * day, None, 30 * day)
    assert config.keep.kinds["newsflash"] == 730 * day and config.keep.kinds["article"] is None
    assert (config.backup, config.tidy) == (BackupPolicy(0, timedelta(hours=12)), "weekly sun 05:00")


@pytest.mark.parametrize("never", ["never", "off", "no"])
def test_tidy_may_be_switched_off(tmp_path: Path, never: str) -> None:
    assert read(tmp_path, f"tidy: {never}\n").tidy is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("keep: {fetches: 6d}", "keep.fetches: expected forever, or a span of at least 7d"),
        ("keep: {fetches: soon}", "keep.fetches: expected forever, or a span of at least 7d"),
        ("keep: {newsflashes: 30d}", "newsflash"),
        ("keep: 30d", "keep: "),
        ("backup: {keep: -1}", "backup.keep: expected a whole number from 0"),
        ("backup: {every: 0s}", "backup.every: expected a span of time"),
        ("tidy: now", "tidy: expected never, daily HH:MM"),
        ("tidy: sometimes", "tidy: expected never, daily HH:MM"),
    ],
)
def test_a_slip_is_told_with_what_was_expected(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert words in str(caught.value)


@pytest.mark.slow
async def test_serve_schedules_it_in_the_configured_zone(tmp_path: Path) -> None:
    from flows.plan import deployments

    [tidy] = [one for one in await deployments(read(tmp_path, 'tidy: "weekly sun 05:00"\n')) if one.name == "tidy"]
    [schedule] = tidy.schedules
    assert (schedule.schedule.cron, schedule.schedule.timezone) == ("0 5 * * sun", "Asia/Shanghai")
    assert {one.name for one in await deployments(read(tmp_path, "tidy: never\n"))} == {"collect", "deliver", "health"}
