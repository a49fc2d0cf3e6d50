"""The command line as its users meet it: words, exit codes, what stands on stdout and what on stderr."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest
import typer.main

from flows import cli
from flows.check import load_both
from flows.runner import run_pass
from sources.replica.demo import demo_config, demo_replica, demo_watchlist
from sources.replica.server import Replica
from sources.times import CHINA
from warehouse.query import open_published, run_query
from warehouse.store import Warehouse

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("prefect", "duckdb", "apprise", "httpx", "pydantic", "selectolax", "rich", "pyarrow")
# design §5; what later issues add stands in the program already when it is there
COMMANDS = ["init", "check", "run", "serve", "import", "sql", "explain", "alerts", "channels", "sources", "doctor", "watch"]  # fmt: skip


def words_of_all_commands(command: Any = None, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    command = command or typer.main.get_command(cli.app)
    yield before, command
    for name, below in getattr(command, "commands", {}).items():
        yield from words_of_all_commands(below, (*before, name))


ALL = dict(words_of_all_commands())


@dataclass(frozen=True)
class Answer:
    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode()

    @property
    def document(self) -> Any:
        return json.loads(self.out)  # fails when anything else stands on stdout


Tanma = Callable[..., Answer]


@pytest.fixture
def tanma(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Iterator[Tanma]:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)

    def call(*words: str, stdin: str = "") -> Answer:
        monkeypatch.setattr(sys, "argv", ["tanma", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8"))
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main()
        out, err = capfdbinary.readouterr()
        return Answer(int(left.value.code or 0), out, err.decode())

    handler = signal.getsignal(signal.SIGTERM)
    yield call
    signal.signal(signal.SIGTERM, handler)  # the command sets its own


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Replica]]:
    """One run against the replica, which goes on answering. Tests that change something take `own`."""
    folder = tmp_path_factory.mktemp("world")
    with demo_replica(folder, datetime.now(UTC)) as replica, pytest.MonkeyPatch.context() as patch:
        patch.delenv("PREFECT_API_URL", raising=False)
        (folder / "tanma.yaml").write_text(demo_config(replica), "utf-8")
        (folder / "watchlist.yaml").write_text(demo_watchlist(), "utf-8")
        summary = run_pass(load_both(folder / "tanma.yaml", os.environ), None, say=lambda _: None)
        assert summary.ok and summary.via == "direct" and summary.counts()["stored"] > 10
        yield folder, replica


@pytest.fixture
def here(world: tuple[Path, Replica], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(world[0])
    return world[0]


@pytest.fixture
def own(world: tuple[Path, Replica], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(world[0], tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ask(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with open_published(folder / "data") as con:
        return [tuple(row) for row in run_query(con, sql).rows]


# Words and help


def test_the_commands_of_the_design_are_there() -> None:
    assert set(COMMANDS) <= {words[0] for words in ALL if words}


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_has_help(tanma: Tanma, words: tuple[str, ...]) -> None:
    answer = tanma(*words, "--help")
    assert (answer.code, answer.err) == (0, "")
    assert " ".join(("tanma", *words)) in answer.out
    assert (ALL[words].help or "").strip(), "says nothing of what it does"


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_option_says_what_it_is_for(words: tuple[str, ...]) -> None:
    silent = [option.opts for option in ALL[words].params if option.param_type_name == "option" and not option.help]
    assert not silent


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_an_unknown_option_is_wrong_usage(tanma: Tanma, words: tuple[str, ...]) -> None:
    answer = tanma(*words, "--no-such-option")
    assert answer.code == 2 and "--no-such-option" in answer.err and answer.out == ""


def test_an_unknown_command_is_wrong_usage(tanma: Tanma) -> None:
    answer = tanma("improt")
    assert answer.code == 2 and "improt" in answer.err


def test_help_needs_no_heavy_import() -> None:
    program = (
        "import contextlib, io, json, sys\nfrom flows import cli\n"
        "def heavy(): return [name for name in json.loads(sys.argv[2]) if name in sys.modules]\n"
        "found = [heavy()]\n"
        "for words in json.loads(sys.argv[1]):\n"
        "    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "        cli.app([*words, '--help'])\n"
        "    found.append(heavy())\n"
        "print(json.dumps(found))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, json.dumps([*ALL]), json.dumps(HEAVY)],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    on_import, of_tanma, *of_commands = json.loads(answer.stdout)
    assert on_import == [] and of_tanma == []
    # typer itself brings pydantic when it reads the options of a command
    assert all(set(found) <= {"pydantic"} for found in of_commands)


def test_the_version(tanma: Tanma) -> None:
    answer = tanma("--version")
    assert answer.code == 0 and answer.out.startswith("tanma ")


# --json: one document on stdout and nothing else

LISTINGS: dict[tuple[str, ...], tuple[tuple[str, ...], type]] = {
    ("check",): ((), dict),
    ("run",): ((), dict),
    ("import",): (("note.txt",), list),
    ("rescan",): ((), dict),
    ("sql",): (("SELECT 1 AS one",), list),
    ("search",): (("月之暗面",), dict),
    ("explain",): (("note.txt",), list),
    ("export",): (("out",), dict),
    ("doctor",): ((), list),
    ("status",): ((), dict),
    ("alerts", "list"): ((), list),
    ("alerts", "simulate"): ((), dict),
    ("articles", "show"): (("https://feeds.example.com/articles/reading-room-repost.html",), dict),
    ("channels", "list"): ((), list),
    ("channels", "test"): (("desk",), list),
    ("sources", "list"): ((), list),
    ("sources", "check"): (("nanping",), list),
    ("sources", "replay"): ((), dict),
    ("tidy",): ((), dict),
    ("watch", "list"): ((), list),
    ("watch", "test"): (("杨植麟",), dict),
}
NOTE = "会说话的旧书\n\n" + "月之暗面的杨植麟把一本旧书放在桌上，说它今天会自己说话。\n" * 8


def test_every_command_with_json_is_tried() -> None:
    elsewhere = {
        ("articles", "diff"),  # it wants an article that changed: tests/flows/test_articles.py
        ("alerts", "show"),  # it wants an alert by its id: tests/flows/test_alerts.py
    }
    assert set(LISTINGS) | elsewhere == {
        words for words, command in ALL.items() if any("--json" in option.opts for option in command.params)
    }


@pytest.mark.parametrize("words", LISTINGS, ids=" ".join)
def test_json_is_one_document_and_nothing_else(tanma: Tanma, own: Path, words: tuple[str, ...]) -> None:
    (own / "note.txt").write_text(NOTE, "utf-8")
    more, kind = LISTINGS[words]
    answer = tanma(*words, *more, "--json")
    assert answer.code == 0, answer.err
    assert isinstance(answer.document, kind) and answer.document
    assert "demo-desk" not in answer.out + answer.err, "a channel's token"


def test_with_json_the_terminal_channel_speaks_on_stderr(tanma: Tanma, own: Path) -> None:
    file = own / "tanma.yaml"
    text = file.read_text("utf-8")
    file.write_text(text[: text.index("channels:")].replace("warehouse: data", "warehouse: other"), "utf-8")
    answer = tanma("run", "--json")
    assert answer.code == 0 and answer.document["delivered"]["sent"] > 0
    assert "月之暗面" in answer.err
    (own / "note.txt").write_text(NOTE, "utf-8")
    answer = tanma("import", "note.txt", "--alert", "--json")
    assert answer.document[0]["status"] == "stored" and "会说话的旧书" in answer.err
    answer = tanma("channels", "test", "terminal", "--json")
    assert answer.document == [{"name": "terminal", "accepted": True, "error": ""}]


def test_what_listings_say(tanma: Tanma, here: Path) -> None:
    rows = tanma("alerts", "list", "--status", "sent", "--limit", "3", "--json").document
    assert [row["status"] for row in rows] == ["sent"] * 3
    assert {"alert_id", "created_at", "channel", "rule", "name", "title"} <= set(rows[0])
    assert datetime.fromisoformat(rows[0]["created_at"]).tzinfo is not None

    [source] = [row for row in tanma("sources", "list", "--json").document if row["source"] == "36kr"]
    assert (source["state"], source["articles"], source["use"]) == ("ok", 10, "36kr")

    names = {row["name"]: row for row in tanma("watch", "list", "--json").document}
    assert names["王兴"]["entity_id"] == "person:王兴" and names["宇树科技"]["aliases"] == ["宇树", "Unitree"]

    channels = {row["name"]: row for row in tanma("channels", "list", "--json").document}
    assert set(channels) == {"terminal", "desk"} and channels["desk"]["service"] == "feishu"

    [checked] = tanma("sources", "check", "nanping", "--json").document
    assert checked["ok"] and checked["listed"] and checked["article"] and not checked["errors"]


def test_without_a_terminal_tables_are_tab_separated(tanma: Tanma, here: Path) -> None:
    answer = tanma("watch", "list")
    lines = answer.out.splitlines()
    assert lines[0].split("\t") == ["kind", "name", "aliases", "groups", "context", "not", "sound"]
    assert "company\t宇树科技\t宇树, Unitree\t机器人\t\t\ton" in lines


def test_an_unknown_alert_status_is_wrong_usage(tanma: Tanma, here: Path) -> None:
    answer = tanma("alerts", "list", "--status", "snet")
    assert answer.code == 2 and "snet" in answer.err and "sent" in answer.err


@pytest.mark.parametrize(
    "words", [("sources", "check", "36k"), ("run", "--source", "36k"), ("channels", "test", "dsk")]
)
def test_an_unknown_name_is_answered_with_the_known_ones(tanma: Tanma, here: Path, words: tuple[str, ...]) -> None:
    answer = tanma(*words)
    assert answer.code == 2 and words[-1] in answer.err and ("36kr" in answer.err or "desk" in answer.err)


def test_a_channel_that_refuses_is_exit_1(tanma: Tanma, here: Path, world: tuple[Path, Replica]) -> None:
    sink = world[1].sink
    told = len(sink.received)
    answer = tanma("channels", "test", "desk")
    assert answer.code == 0 and len(sink.received) == told + 1 and "desk: accepted" in answer.err
    sink.refuse("feishu", 19021, times=1)
    answer = tanma("channels", "test", "desk", "--json")
    assert answer.code == 1 and "19021" in answer.document[0]["error"] and "demo-desk" not in answer.err


# Exit codes


WRITERS = [("run",), ("import", "note.txt"), ("rescan",), ("alerts", "retry"), ("alerts", "mute", "person:王兴")]


@pytest.mark.parametrize("words", WRITERS, ids=" ".join)
def test_a_held_warehouse_is_exit_3(tanma: Tanma, own: Path, words: tuple[str, ...]) -> None:
    (own / "note.txt").write_text(NOTE, "utf-8")
    with Warehouse.open(own / "data", holder="tanma collect", now=datetime.now(UTC)):
        answer = tanma(*words)
    assert answer.code == 3 and "tanma collect" in answer.err and answer.out == ""


def test_nothing_published_yet_is_exit_2_and_says_what_to_do(
    tanma: Tanma, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert tanma("init").code == 0
    answer = tanma("sql", "SELECT 1")
    assert answer.code == 2 and "tanma run" in answer.err


def test_no_configuration_is_exit_2_and_names_init(
    tanma: Tanma, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (["check"], ["run"], ["sql", "SELECT 1"], ["watch", "list"]):
        answer = tanma(*words)
        assert answer.code == 2 and "tanma.yaml" in answer.err and "tanma init" in answer.err, words


def test_an_internal_error_is_exit_4_with_a_trace_that_tells_no_secrets(
    tanma: Tanma, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        secret = "hush-" + "hush"  # put together, so that the quoted line of code does not hold it
        raise RuntimeError("the bottom fell out") if secret else AssertionError

    monkeypatch.setattr("flows.commands.setup.check_files", broken)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    answer = tanma("check")
    assert answer.code == 4 and answer.out == ""
    [trace] = tmp_path.glob("tanma-error-*.log")
    assert "RuntimeError" in answer.err and str(trace) in answer.err and "Traceback" not in answer.err
    text = trace.read_text("utf-8")
    assert "the bottom fell out" in text and "in broken" in text and "hush-hush" not in text
    assert stat.S_IMODE(trace.stat().st_mode) == 0o600, "an error's words may tell more than others should read"


def test_two_errors_in_one_second_leave_two_traces(
    tanma: Tanma, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.commands.setup.check_files", lambda *_, **__: 1 // 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    tanma("check"), tanma("check"), tanma("check")
    assert len(list(tmp_path.glob("tanma-error-*.log"))) == 3


def test_ctrl_c_is_exit_130_and_says_that_nothing_is_lost(
    tanma: Tanma, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("flows.commands.setup.check_files", stopped)
    answer = tanma("check")
    assert answer.code == 130 and answer.err.startswith("stopped")


# sql


QUERY = "SELECT source, count(*) AS n, list(DISTINCT kind ORDER BY kind) AS kinds FROM articles GROUP BY ALL ORDER BY n DESC, 1 LIMIT 2"


def test_sql_formats_tell_the_same(tanma: Tanma, here: Path) -> None:
    tabbed = tanma("sql", QUERY)
    assert tabbed.out.splitlines()[:2] == ["source\tn\tkinds", "36kr\t10\tarticle, interview, newsflash"]

    rows = tanma("sql", QUERY, "--format", "json").document
    assert rows[0] == {"source": "36kr", "n": 10, "kinds": ["article", "interview", "newsflash"]}
    assert tanma("sql", QUERY, "--json").document == rows

    [first, *_] = csv.DictReader(io.StringIO(tanma("sql", QUERY, "--format", "csv").out))
    assert first == {"source": "36kr", "n": "10", "kinds": '["article", "interview", "newsflash"]'}

    table = parquet.read_table(io.BytesIO(tanma("sql", QUERY, "--format", "parquet").raw))
    assert table.to_pylist() == rows


def test_sql_keeps_every_character(tanma: Tanma, here: Path) -> None:
    query = "SELECT '，\"\n探马\t' AS odd, NULL AS nothing, TIMESTAMPTZ '2026-11-21 08:00:00+08' AS moment"
    [row] = tanma("sql", query, "--json").document
    assert (row["odd"], row["nothing"]) == ('，"\n探马\t', None)
    assert datetime.fromisoformat(row["moment"]) == datetime(2026, 11, 21, tzinfo=UTC)
    [found] = csv.reader(
        io.StringIO(tanma("sql", "SELECT '，\"\n探马\t' AS odd", "--format", "csv").out.split("\n", 1)[1])
    )
    assert found == ['，"\n探马\t']


def test_an_unknown_format_is_wrong_usage(tanma: Tanma, here: Path) -> None:
    answer = tanma("sql", "SELECT 1", "--format", "xml")
    assert answer.code == 2 and "xml" in answer.err and "parquet" in answer.err


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM articles",
        "DELETE FROM core.alerts",
        "CREATE TABLE mine AS SELECT 1",
        "DROP VIEW articles",
        "COPY (SELECT 1) TO 'out.csv'",
        "COPY core.runs FROM 'tanma.yaml'",
        "EXPORT DATABASE 'out'",
        "ATTACH 'other.duckdb'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SELECT content FROM read_text('tanma.yaml')",
        "FROM 'received.jsonl'",
        "FROM read_csv('watchlist.yaml')",
        "SELEC 1",
        "SELECT nothing_called_so FROM articles",
        "",
    ],
)
def test_sql_reads_the_warehouse_and_nothing_else(tanma: Tanma, here: Path, statement: str) -> None:
    before = sorted(here.rglob("*"))
    answer = tanma("sql", statement, "--json")
    assert answer.code == 2 and answer.err.strip() and answer.out == ""
    assert "feishu" not in answer.err and "Traceback" not in answer.err
    assert sorted(here.rglob("*")) == before


def test_statements_from_stdin(tanma: Tanma, here: Path) -> None:
    answer = tanma("sql", stdin="SELECT 1\n AS one;\nSELEC;\nSELECT 2 AS two")
    assert answer.code == 0
    assert answer.out.split() == ["one", "1", "two", "2"]
    assert "SELEC" in answer.err


# explain


def test_explain_a_sentence(tanma: Tanma, here: Path) -> None:
    sentence = "宇树科技的王兴兴说，理想主义不是理想，美团没有来。"
    answer = tanma("explain", "-", "--json", stdin=sentence)
    assert answer.code == 0, answer.err
    [article] = answer.document
    found = {mention["entity_id"]: mention for mention in article["mentions"]}
    assert set(found) == {"company:宇树科技", "person:王兴兴"}, "王兴 is not in 王兴兴"
    robot = found["company:宇树科技"]
    assert (robot["surface"], robot["start_char"], robot["end_char"]) == ("宇树科技", 0, 4)
    assert (robot["role"], robot["how"]) == ("body", "name") and 0 < robot["confidence"] <= 1 and robot["reason"]
    rejected = {(one["surface"], one["entity_id"]) for one in article["rejected"]}
    assert ("理想", "company:理想汽车") in rejected
    assert all(one["reason"] for one in article["rejected"])

    shown = tanma("explain", "-", stdin=sentence)
    assert "company:宇树科技\t宇树科技\t0-4\tbody\tname" in shown.out and "rejected" in shown.out
    rows = list(csv.DictReader(io.StringIO(shown.out), delimiter="\t"))
    assert [row["central"] for row in rows if row["how"] != "rejected"] == [
        "yes" if mention["central"] else "no" for mention in article["mentions"]
    ]
    assert {row["central"] for row in rows if row["how"] == "rejected"} == {""}
    assert all(isinstance(mention["central"], bool) for mention in article["mentions"])


def test_explain_a_file_and_an_address(tanma: Tanma, here: Path, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text(NOTE, "utf-8")
    [article] = tanma("explain", str(note), "--json").document
    assert {m["entity_id"] for m in article["mentions"]} == {"company:月之暗面", "person:杨植麟"}
    [(url, title)] = ask(here, "SELECT url, title FROM articles WHERE source = '36kr' AND kind = 'article' LIMIT 1")
    [article] = tanma("explain", url, "--json").document
    assert article["title"] == title and article["outlet"] == "36氪"


def test_explain_what_is_not_there(tanma: Tanma, here: Path) -> None:
    answer = tanma("explain", "no-such-file.html")
    assert answer.code == 2 and "no-such-file.html" in answer.err


def test_explain_what_cannot_be_read(tanma: Tanma, here: Path, tmp_path: Path) -> None:
    """A page that could not be had or is no article: said in one line, not an internal error of ours."""
    picture = tmp_path / "picture.html"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    for what in ("https://www.36kr.com/p/404404404404", str(picture)):
        answer = tanma("explain", what)
        assert answer.code == 1 and answer.err.strip() and "internal error" not in answer.err


# alerts


def imported(tanma: Tanma, folder: Path, text: str) -> None:
    (folder / "later.txt").write_text(text, "utf-8")
    assert tanma("import", "later.txt", "--alert").code == 0


def test_a_muted_name_is_stored_and_not_told(tanma: Tanma, own: Path, world: tuple[Path, Replica]) -> None:
    before = datetime.now(CHINA) + timedelta(hours=12)
    answer = tanma("alerts", "mute", "person:杨植麟", "--for", "12h")
    after = datetime.now(CHINA) + timedelta(hours=12)
    assert answer.code == 0 and "person:杨植麟" in answer.err and answer.out == ""
    assert any(f"{until:%Y-%m-%d %H:%M}" in answer.err for until in (before, after)), "in the configured timezone"
    imported(tanma, own, NOTE)
    rows = ask(own, "SELECT entity_id, status, reason FROM alerts JOIN articles USING (article_id) WHERE title = '会说话的旧书' ORDER BY 1")  # fmt: skip
    assert rows == [("company:月之暗面", "sent", None), ("person:杨植麟", "suppressed", "muted")]
    assert "月之暗面" in world[1].sink.received[-1].text


def test_what_cannot_be_muted(tanma: Tanma, own: Path) -> None:
    answer = tanma("alerts", "mute", "person:无此人")
    assert answer.code == 2 and "person:无此人" in answer.err
    answer = tanma("alerts", "mute", "person:杨植麟", "--for", "some time")
    assert answer.code == 2 and "--for" in answer.err and "some time" in answer.err


def test_retry_puts_failed_alerts_back(tanma: Tanma, own: Path) -> None:
    [(one,), (two,)] = ask(own, "SELECT alert_id FROM alerts WHERE status = 'sent' ORDER BY 1 LIMIT 2")
    with Warehouse.open(own / "data", holder="test", now=datetime.now(UTC)) as wh:
        with wh.transaction() as con:
            con.execute(
                "UPDATE core.alerts SET status = 'failed', last_error = 'no' WHERE alert_id IN (?, ?)", [one, two]
            )
        wh.publish()
    assert tanma("alerts", "retry", one).err.startswith("1 alerts")
    assert ask(own, f"SELECT alert_id, status FROM alerts WHERE alert_id IN ('{one}', '{two}') ORDER BY 1") == [
        (one, "pending"),
        (two, "failed"),
    ]
    answer = tanma("doctor")
    assert answer.code == 1 and "1 failed" in answer.out and "tanma alerts retry" in answer.out
    assert tanma("alerts", "retry").code == 0
    assert ask(own, "SELECT count(*) FROM alerts WHERE status = 'failed'") == [(0,)]
    answer = tanma("alerts", "retry", "0123456789abcdef")
    assert answer.code == 2 and "0123456789abcdef" in answer.err


# watch, init


def test_watch_edits_keep_the_comments(tanma: Tanma, own: Path) -> None:
    file = own / "watchlist.yaml"
    before = file.read_text("utf-8")
    answer = tanma("watch", "add", "某某机器人", "--kind", "company", "--alias", "某机", "--group", "机器人")
    assert answer.code == 0 and answer.out == "" and "某某机器人" in answer.err
    after = file.read_text("utf-8")
    assert len(after) > len(before) and all(line in after for line in before.splitlines())
    [row] = [row for row in tanma("watch", "list", "--json").document if row["name"] == "某某机器人"]
    assert (row["kind"], row["aliases"], row["groups"]) == ("company", ["某机"], ["机器人"])
    assert tanma("check").code == 0

    again = tanma("watch", "add", "某某机器人")
    assert again.code == 2 and "某某机器人" in again.err
    assert tanma("watch", "add", "某人", "--kind", "persn").code == 2
    assert file.read_text("utf-8") == after

    assert tanma("watch", "remove", "某某机器人").code == 0
    assert file.read_text("utf-8") == before
    assert tanma("watch", "remove", "某某机器人").code == 2


def test_a_name_that_a_rule_is_for_is_not_taken_away_in_silence(tanma: Tanma, own: Path) -> None:
    assert tanma("watch", "add", "某某机器人", "--kind", "company").code == 0
    file = own / "tanma.yaml"
    file.write_text(file.read_text("utf-8").replace("for: all", "for: [某某机器人, people]"), "utf-8")
    answer = tanma("watch", "remove", "某某机器人")
    line = next(n for n, text in enumerate(file.read_text("utf-8").splitlines(), 1) if "某某机器人" in text)
    said = f"tanma.yaml:{line}: alerts[0].for[0]: 某某机器人 is not known any more: take it out, no run starts before"
    assert answer.code == 0 and answer.err.splitlines()[1:] == [said]
    assert tanma("run").code == 2


def test_watch_import(tanma: Tanma, own: Path) -> None:
    (own / "names.csv").write_text("kind,name,aliases,groups\nperson,某某人,甲乙|丙丁,大模型\n", "utf-8")
    assert tanma("watch", "import", "names.csv").code == 0
    [row] = [row for row in tanma("watch", "list", "--json").document if row["name"] == "某某人"]
    assert row["aliases"] == ["甲乙", "丙丁"]
    answer = tanma("watch", "import", "no.csv")
    assert answer.code == 2 and "no.csv" in answer.err


# rescan


def test_rescan_finds_a_name_that_was_added_and_alerts_only_when_asked(
    tanma: Tanma, own: Path, world: tuple[Path, Replica]
) -> None:
    (own / "note.txt").write_text(NOTE.replace("旧书放在", "旧书和青鸟灯具放在"), "utf-8")
    assert tanma("import", "note.txt").code == 0
    assert tanma("watch", "add", "青鸟灯具", "--kind", "company").code == 0
    told = len(world[1].sink.received)

    answer = tanma("rescan")
    assert answer.code == 0, answer.err
    [head, row] = [line.split("\t") for line in answer.out.splitlines()]
    assert (head, row) == (["name", "added", "removed"], ["company:青鸟灯具", "8", "0"])
    assert "17 articles scanned: 8 mentions added, 0 removed, 0 judged anew, in 1 articles" in answer.err
    assert "1 alerts were withheld; `tanma rescan --alert` raises them" in answer.err
    assert len(world[1].sink.received) == told
    alerts = "SELECT status, reason FROM alerts WHERE entity_id = 'company:青鸟灯具'"
    assert ask(own, alerts) == [("suppressed", "rescan")]
    assert ask(
        own, "SELECT kind, via, status, CAST(counts->>'added' AS INT) FROM runs ORDER BY started_at DESC LIMIT 1"
    ) == [("rescan", "direct", "ok", 8)]

    document = tanma("rescan", "--alert", "--json").document
    assert document["names"] == [] and (document["scanned"], document["changed"], document["alerts"]) == (17, 0, 1)
    assert document["messages"] == {"sent": 1, "retried": 0, "waiting": 0, "failed": 0}
    assert ask(own, alerts) == [("sent", None)]
    assert "青鸟灯具" in world[1].sink.received[-1].text and len(world[1].sink.received) == told + 1
    assert tanma("rescan", "--alert", "--json").document["alerts"] == 0


def test_a_rescan_that_changes_nothing_publishes_nothing(tanma: Tanma, own: Path) -> None:
    assert tanma("rescan").code == 0
    before = (own / "data" / "tanma.duckdb").stat()
    answer = tanma("rescan", "--since", "3650d", "--json")
    assert (answer.document["changed"], answer.document["added"], answer.document["withheld"]) == (0, 0, 0)
    after = (own / "data" / "tanma.duckdb").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_rescan_names_ten_names_and_says_how_many_more(tanma: Tanma, own: Path) -> None:
    names = [f"青{sign}灯具" for sign in "甲乙丙丁戊己庚辛壬癸子丑"]
    (own / "note.txt").write_text(NOTE + "".join(f"{name}来过。" for name in names), "utf-8")
    assert tanma("import", "note.txt").code == 0
    rows = "".join(f"company,{name},,\n" for name in names)
    (own / "names.csv").write_text(f"kind,name,aliases,groups\n{rows}", "utf-8")
    assert tanma("watch", "import", "names.csv").code == 0
    answer = tanma("rescan")
    assert len(answer.out.splitlines()) == 11 and "and 2 names more" in answer.err


@pytest.mark.parametrize("span", ["some time", "0d", "30"])
def test_a_span_that_cannot_be_read_is_wrong_usage(tanma: Tanma, here: Path, span: str) -> None:
    answer = tanma("rescan", "--since", span)
    assert answer.code == 2 and "--since" in answer.err and span in answer.err


def test_rescan_says_when_a_channel_refused(tanma: Tanma, own: Path, world: tuple[Path, Replica]) -> None:
    (own / "note.txt").write_text(NOTE.replace("旧书放在", "旧书和青鸟灯具放在"), "utf-8")
    assert tanma("import", "note.txt").code == 0
    assert tanma("watch", "add", "青鸟灯具").code == 0
    world[1].sink.refuse("feishu", 19021, times=1)
    answer = tanma("rescan", "--alert")
    assert answer.code == 1 and "19021" in answer.err and "1 failed" in answer.err


def test_init_writes_files_that_work_and_never_overwrites(
    tanma: Tanma, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert tanma("init", "watch").code == 0
    assert tanma("check", "--config", "watch/tanma.yaml").code == 0
    (tmp_path / "watch" / "tanma.yaml").write_text("mine\n", "utf-8")
    (tmp_path / "watch" / "watchlist.yaml").unlink()
    answer = tanma("init", "watch")
    assert answer.code == 2 and "watch/tanma.yaml" in answer.err
    assert (tmp_path / "watch" / "tanma.yaml").read_text("utf-8") == "mine\n"
    assert not (tmp_path / "watch" / "watchlist.yaml").exists(), "all or nothing"


# import: exit codes


def test_import_is_exit_1_when_a_file_failed_and_only_then(tanma: Tanma, own: Path) -> None:
    (own / "note.txt").write_text(NOTE, "utf-8")
    (own / "empty.txt").write_text("", "utf-8")
    answer = tanma("import", "note.txt", "empty.txt", "--json")
    assert answer.code == 0
    assert [file["status"] for file in answer.document] == ["stored", "not an article"]
    answer = tanma("import", "note.txt", "no-such.txt", "--json")
    assert answer.code == 1
    assert [file["status"] for file in answer.document] == ["unchanged", "failed"]
    assert "no-such.txt" in answer.out
    answer = tanma("import", "note.txt", "--at", "some day")
    assert answer.code == 2 and "--at" in answer.err and "some day" in answer.err
