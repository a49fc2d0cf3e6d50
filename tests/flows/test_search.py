"""`tanma search` as its users meet it; moments as they write them; and that a run keeps the index."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from stored_articles import put

from flows import cli
from flows.check import load_both
from flows.commands.search import Asked, _marked, search_command
from flows.moments import read_since, read_until
from flows.progress import Silent, current_progress
from flows.session import open_session
from warehouse.query import open_published
from warehouse.search import Filters, index_new, read_query, search
from warehouse.store import Warehouse

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime.fromisoformat("2026-11-21T08:00:00+00:00")
CONFIG = "warehouse: data\ntimezone: Asia/Shanghai\nwatchlist: watchlist.yaml\nsources: [36kr]\n"


def write_config(folder: Path) -> Path:
    (folder / "tanma.yaml").write_text(CONFIG, "utf-8")
    (folder / "watchlist.yaml").write_text("people: [王兴兴]\n", "utf-8")
    return folder / "tanma.yaml"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("searched")
    write_config(folder)
    with Warehouse.open(folder / "data", holder="test", now=NOW, timezone=SHANGHAI) as wh:
        put(wh, "36kr:1", "宇树融资", "第一句。\n宇樹 科技说，公司又融资了。第三句。", days_ago=1)
        put(wh, "36kr:2", "[red]无关[/red]", "里面有融资\x1b[31m二字。", days_ago=40, outlet="虎嗅", story="36kr:1")
        index_new(wh)
        wh.publish()
    return folder


@pytest.fixture
def tanma(
    filled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.chdir(filled)

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tanma", "search", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        with pytest.raises(SystemExit) as left:
            cli.main()
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return call


Tanma = Callable[..., tuple[int, str, str]]


def test_for_people(tanma: Tanma) -> None:
    code, out, err = tanma("宇树科技", "融资")
    assert (code, err) == (0, "1 article\n")
    assert out.splitlines() == [
        "宇树«融资»",
        "36氪  2026-11-20 16:00  36kr:1",
        "«宇樹 科技»说，公司又«融资»了。",
        "https://example.com/36kr:1",
        "",
    ]


def test_for_programs(tanma: Tanma) -> None:
    code, out, _ = tanma("融资", "--json", "--limit", "1")
    document = json.loads(out)
    assert code == 0 and {key: document[key] for key in ("query", "total", "exact", "unindexed")} == {"query": "融资", "total": 2, "exact": True, "unindexed": 0}  # fmt: skip
    (hit,) = document["hits"]
    assert (hit["article_id"], hit["title_spans"], hit["spans"], hit["places"]) == ("36kr:1", [[2, 4]], [[15, 17]], 2)
    assert (hit["snippet"], hit["snippet_start"]) == ("宇樹 科技说，公司又融资了。", 5)
    assert hit["published_at"] == "2026-11-20T16:00:00+08:00"


@pytest.mark.parametrize(
    ("words", "total"),
    [
        (("融资",), 2),
        (("融资", "-二字"), 1),
        (("融资", "--stories"), 1),
        (("融资", "--outlet", "虎嗅"), 1),
        (("融资", "--outlet", "虎嗅", "--outlet", "36氪"), 2),
        (("融资", "--source", "none"), 0),
        (("融资", "--kind", "interview"), 0),
        (("融资", "--since", "2026-11-20"), 1),
        (("融资", "--until", "2026-11"), 2),
        (("融资", "--until", "2026-10"), 1),
        (("融资", "--sort", "newest"), 2),
    ],
)
def test_options(tanma: Tanma, words: tuple[str, ...], total: int) -> None:
    code, out, _ = tanma(*words, "--json")
    document = json.loads(out)
    assert (code, document["total"], len(document["hits"])) == (0, total, total)


def test_nothing_found_is_said_and_is_no_error(tanma: Tanma) -> None:
    assert tanma("喆") == (0, "", "nothing found: no article holds this\n")
    assert json.loads(tanma("喆", "--json")[1])["hits"] == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("-招聘",), "only words to leave out"),
        (("“融资",), "“融资: this quotation is not closed"),
        (("融资", "--limt", "3"), "--limt: no such option"),
        (("融资", "--since", "yesterday"), "--since: yesterday: expected a day such as"),
        (("融资", "--since", "2026-11-31"), "--since: 2026-11-31: expected a day such as"),
        (("融资", "--since", "2026-11-02", "--until", "2026-11-01"), "--until: 2026-11-01: expected a time after"),
        (("融资", "--sort", "best"), "--sort: best: expected one of relevance, newest"),
        (("融资", "--kind", "book"), "--kind: book: expected one of article"),
        (("融资", "--entity", "某人"), "某人: no tracked name"),
    ],
)
def test_wrong_usage_is_told(tanma: Tanma, words: tuple[str, ...], says: str) -> None:
    code, out, err = tanma(*words)
    assert (code, out) == (2, "") and says in err


def test_nothing_is_published_yet(tmp_path: Path, tanma: Tanma) -> None:
    code, _, err = tanma("融资", "--config", str(write_config(tmp_path)))
    assert code == 2 and "nothing is published yet" in err


def test_on_a_terminal_a_page_neither_steers_nor_marks_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Warehouse.open(tmp_path / "data", holder="test", now=NOW, timezone=SHANGHAI) as wh:
        put(wh, "36kr:1", "[red]融资\x1b[31m题[/red]", "句里\x1b[31m有[red]融\u202e资\u200b\x9b2J二字。")
        index_new(wh)
        wh.publish()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    search_command(
        write_config(tmp_path), Asked(["融资"], [], [], [], [], "", "", 20, "relevance", False), as_json=False
    )
    title, _, snippet, *_ = capsys.readouterr().out.splitlines()
    assert title == "\x1b[1m[red]\x1b[0m\x1b[1;31m融资\x1b[0m\x1b[1m\ufffd[31m题[/red]\x1b[0m"
    assert snippet == "句里\ufffd[31m有[red]\x1b[1;31m融资\x1b[0m\ufffd2J二字。"


@pytest.mark.parametrize(
    ("part", "spans", "shown"),
    [
        ((0, 3), [(1, 2)], "a«b»c…"),
        ((3, 6), [], "…def"),
        ((1, 4), [(0, 2), (3, 9)], "…«b»c«d»…"),
        ((0, 6), [], "abcdef"),
    ],
)
def test_what_is_cut_is_shown_to_be(part: tuple[int, int], spans: list[tuple[int, int]], shown: str) -> None:
    assert "".join(f"«{one}»" if hot else one for one, hot in _marked("abcdef", part, spans)) == shown


# Moments


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("7d", "2026-11-14T08:00+00:00", "2026-11-14T08:00+00:00"),
        ("1h30m", "2026-11-21T06:30+00:00", "2026-11-21T06:30+00:00"),
        ("2026", "2026-01-01T00:00+08:00", "2027-01-01T00:00+08:00"),
        ("2026-11", "2026-11-01T00:00+08:00", "2026-12-01T00:00+08:00"),
        ("2026-12", "2026-12-01T00:00+08:00", "2027-01-01T00:00+08:00"),
        ("2026-2-28", "2026-02-28T00:00+08:00", "2026-03-01T00:00+08:00"),
        ("2026-11-01 08:30", "2026-11-01T08:30+08:00", "2026-11-01T08:31+08:00"),
        ("2026-11-01T08:30", "2026-11-01T08:30+08:00", "2026-11-01T08:31+08:00"),
    ],
)
def test_moments(text: str, since: str, until: str) -> None:
    assert read_since(text, NOW, SHANGHAI) == datetime.fromisoformat(since)
    assert read_until(text, NOW, SHANGHAI) == datetime.fromisoformat(until)


@pytest.mark.parametrize(
    "text",
    ["soon", "2026-13", "2026-00", "2026-11-00", "2026-02-30", "0000", "26-11-01", "2026-11-01 25:00", "-3d", "9999"],
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match="expected a day such as"):
        read_until(text, NOW, SHANGHAI)


# A run keeps the index


class Told(Silent):
    def __init__(self) -> None:
        self.said: list[Any] = []

    def begin(self, name: str, total: int) -> None:
        self.said.append((name, total))

    def finish(self, name: str, note: str) -> None:
        self.said.append((name, note))


async def test_a_run_takes_in_what_was_loaded_and_publishes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, entities = load_both(write_config(tmp_path), os.environ)
    told = Told()
    token = current_progress.set(told)
    try:
        async with open_session(config, entities, kind="collect", via="direct", clock=lambda: NOW) as session:
            put(session.wh, "36kr:1", "", "王兴兴来了。")
        assert told.said == []
        monkeypatch.setattr("flows.session._MANY", 2)
        with pytest.raises(RuntimeError):
            async with open_session(config, entities, kind="collect", via="direct", clock=lambda: NOW) as session:
                put(session.wh, "36kr:2", "", "王兴兴走了。")
                put(session.wh, "36kr:3", "", "王兴兴又来了。")
                raise RuntimeError
        with open_published(config.warehouse) as con:
            found = search(con, read_query("王兴兴"), Filters(), now=NOW, limit=9)
            assert (found.total, found.unindexed) == (3, 2)
        async with open_session(config, entities, kind="collect", via="direct", clock=lambda: NOW + timedelta(hours=1)):
            pass
        assert told.said == [("search index", 2), ("search index", "done")]
        with open_published(config.warehouse) as con:
            found = search(con, read_query("王兴兴"), Filters(), now=NOW, limit=9)
            assert (found.total, found.unindexed) == (3, 0)
    finally:
        current_progress.reset(token)
