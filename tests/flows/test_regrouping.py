"""The first run after an upgrade groups what is stored: it says so, once, can be stopped, and tells nobody twice."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from old_stories import write

from flows import cli
from flows.check import load_both
from flows.commands.screen import shown_progress
from flows.config import Config
from flows.progress import Bars, Silent, current_progress
from flows.runner import collect_directly
from warehouse import regroup
from warehouse.query import open_published, run_query
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

NOW = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)
CONFIG = "warehouse: data\nsources: []\nbackup: {keep: 0}\nalerts: [{for: all, to: [terminal], when: now}]\n"
SAID = "10 stored texts are compared and grouped anew after the upgrade; this is done once"
DONE = "group anew: 10 texts"
COMMANDS = [["run"], ["import", "notes"], ["rescan"], ["tidy"]]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tanma.yaml").write_text(CONFIG, "utf-8")
    (tmp_path / "watchlist.yaml").write_text("people: [蓝玉梅]\n", "utf-8")
    (tmp_path / "notes").mkdir()
    write(tmp_path / "data", {"s:third": "sent", "s:cold": "pending"})
    with Warehouse.open(tmp_path / "data", holder="test", now=NOW) as wh:
        wh.con.execute("UPDATE core.alerts SET rule = 'all', channel = 'terminal'")
    return tmp_path


@pytest.fixture
def tanma(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tanma", *words])
        capfd.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capfd.readouterr()

    return call


def ask(here: Path, sql: str) -> list[Sequence[Any]]:
    with open_published(here / "data") as con:
        return [tuple(row) for row in run_query(con, sql).rows]


@pytest.mark.parametrize("words", COMMANDS)
def test_what_opens_the_warehouse_to_work_in_it_does_it_first_and_says_so_once(
    here: Path, tanma: Callable[..., tuple[int, str, str]], words: list[str]
) -> None:
    code, out, err = tanma(*words, "--json")
    assert code == 0, err
    json.loads(out)
    lines = err.splitlines()
    assert lines.count(SAID) == 1 and lines.count(DONE) == 1 and lines.index(SAID) < lines.index(DONE)
    stories = "SELECT story_id, n_articles FROM stories ORDER BY 1"
    assert ask(here, stories) == [("s:edited", 2), ("s:flash", 1), ("s:other", 1), ("s:tea", 2), ("s:third", 3)]
    code, _, err = tanma(*words, "--json")
    assert code == 0 and "anew" not in err


def test_a_run_does_not_tell_what_was_told_of_the_same_story(
    here: Path, tanma: Callable[..., tuple[int, str, str]]
) -> None:
    code, out, err = tanma("run")
    assert code == 0, err
    assert "蓝玉梅" not in out and "messages: 0 sent" in err
    assert ask(here, "SELECT article_id, status FROM alerts ORDER BY 1") == [
        ("s:cold", "suppressed"), ("s:third", "sent"),
    ]  # fmt: skip


def test_a_scheduled_run_says_it_in_its_log(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        asyncio.run(collect_directly(*setup(here), None, clock=lambda: NOW))
    assert [record.getMessage() for record in caplog.records].count(SAID) == 1


def test_on_a_terminal_it_stands_above_a_bar(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for name, value in {"TERM": "xterm", "COLUMNS": "120", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with shown_progress():
        assert isinstance(current_progress.get(), Bars)
        asyncio.run(collect_directly(*setup(here), None, clock=lambda: NOW))
    drawn = screen.getvalue()
    assert drawn.count(SAID) == 1
    assert re.search(r"group anew .*10/10", drawn)


class StopsAfter(Silent):
    """Stops the run that is under way when so many texts are done, as Ctrl-C does in a run of asyncio's."""

    def __init__(self, texts: int) -> None:
        self._left = texts

    def advance(self, name: str, steps: int = 1) -> None:
        self._left -= steps
        if self._left == 0:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()


def test_stopped_by_ctrl_c_it_ends_after_the_slice_and_the_next_run_goes_on(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regroup, "_SLICE", 2)
    token = current_progress.set(StopsAfter(4))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(collect_directly(*setup(here), None, clock=lambda: NOW))
    current_progress.reset(token)
    with Warehouse.open(here / "data", holder="test", now=NOW) as wh:
        assert regroup.ungrouped(wh.con) == 6
        assert wh.con.execute("SELECT status FROM core.runs").fetchall() == [("interrupted",)]
    asyncio.run(collect_directly(*setup(here), None, clock=lambda: NOW))
    assert ask(here, "SELECT count(*) FROM stories") == [(5,)]
    assert ask(here, "SELECT status FROM runs ORDER BY 1") == [("interrupted",), ("ok",)]


def setup(here: Path) -> tuple[Config, Sequence[Entity]]:
    return load_both(here / "tanma.yaml", {})
