"""`tanma sql`: statements from a pipe and from a prompt, formats, files, a published file that is replaced meanwhile."""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import pty
import re
import resource
import select
import signal
import stat
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as parquet
import pytest
from end_to_end.command import TANMA, environment, hears_ctrl_c, tanma
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from flows.commands import rows
from flows.commands.prompt import Words, kept_history, prompt
from flows.commands.screen import table
from flows.commands.shell import Shell, complete
from flows.commands.sql import _read, sql_command
from sources.errors import ConfigError, QueryError
from warehouse.query import open_published, run_query, stream_query, write_result
from warehouse.reader import Reader
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PEOPLE = [Entity("person", "钱多乐", ("Qian Duole",)), Entity("company", "云脊智能")]


def publish(folder: Path, entities: list[Entity]) -> None:
    with Warehouse.open(folder / "data", holder="test", now=NOW) as wh:
        wh.sync_entities(entities, NOW)
        wh.publish()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sql")
    (folder / "tanma.yaml").write_text("warehouse: data\nsources: []\nwatchlist: watchlist.yaml\n", "utf-8")
    (folder / "watchlist.yaml").write_text("people: [钱多乐]\n", "utf-8")
    publish(folder, PEOPLE)
    return folder


@pytest.fixture
def here(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def reader(made: Path) -> Iterator[Reader]:
    with Reader(made / "data") as opened:
        yield opened


# What is a whole statement


@pytest.mark.parametrize(
    ("words", "whole"),
    [
        ("SELECT 1;", True),
        ("SELECT 1", False),
        ("SELECT 1; -- why", True),
        ("SELECT 1 -- why;", False),
        ("SELECT 1 /* a;", False),
        ("SELECT 1 /* a */;", True),
        ("SELECT ';", False),
        ("SELECT 'a'';", False),
        ("SELECT 'a';", True),
        ('SELECT ";', False),
        ("SELECT '--';", True),
        ("SELECT 1 /* a; /* b */ ;", False),
        ("SELECT 1 /* a /* b */ c */;", True),
        ("SELECT $$a;", False),
        ("SELECT $$a;$$", False),
        ("SELECT $$'$$;", True),
        ("SELECT $how$ $$; $how$;", True),
        ("SELECT $how$ $$;", False),
        ("SELECT 1 AS a$$b;", True),
        ("SELECT 1 AS a$$; -- $$", True),
        (r"SELECT E'it\'s;", False),
        (r"SELECT E'it\'s;';", True),
        (r"SELECT 'it\';", True),
        (".tables", True),
        ("quit", True),
        ("", True),
        ("-- nothing is asked", True),
        ("/* nothing; */ ;", True),
        ("/* nothing", False),
    ],
)
def test_where_a_statement_ends(words: str, whole: bool) -> None:
    assert complete(words) is whole


# From a pipe


def piped(reader: Reader, text: str, format: str = "table") -> None:
    _read(Shell(reader, format, patient=False), io.StringIO(text))


def test_dot_commands(reader: Reader, capfd: pytest.CaptureFixture[str]) -> None:
    piped(reader, ".tables\n.describe entities\n.format csv\nSELECT 1 AS a, 'x,y' AS b;\n.exit\nSELECT 'not asked';\n")
    out, err = capfd.readouterr()
    assert "stories\tArticles that tell the same thing, grouped across outlets; one row a story" in out
    assert "active\tBOOLEAN\tFalse once it was taken out of the watchlist" in out
    assert out.endswith('a,b\n1,"x,y"\n') and err == ""


def test_comments_alone_are_no_statement(reader: Reader, capfd: pytest.CaptureFixture[str]) -> None:
    piped(reader, "-- first\n.format csv\n;\nSELECT 1 AS a;\n\n-- the\n/* end\nhere */ -- is\n")
    assert capfd.readouterr() == ("a\n1\n", "")


@pytest.mark.parametrize("end", [";\n", "\n", ""])
def test_a_literal_of_several_lines_keeps_its_blanks(
    reader: Reader, capfd: pytest.CaptureFixture[str], end: str
) -> None:
    piped(reader, f"SELECT 'one  \n\n  two;\n' AS a, $$;  \n x$$ AS b{end}", "json")
    assert json.loads(capfd.readouterr().out) == [{"a": "one  \n\n  two;\n", "b": ";  \n x"}]


def test_dot_commands_that_do_not_exist_are_answered(reader: Reader, capfd: pytest.CaptureFixture[str]) -> None:
    piped(reader, ".describe storys\n.format xml\n.format parquet\n.drop\n.help\n")
    out, err = capfd.readouterr()
    assert out == ""
    assert "storys: no such view; there are" in err and "stories" in err
    assert err.count("expected .format table, .format csv or .format json") == 2
    assert ".drop: no such command" in err and ".describe VIEW" in err


@pytest.mark.parametrize("format", ["table", "csv", "json"])
def test_of_an_answer_that_fails_early_nothing_is_shown(
    reader: Reader, capfd: pytest.CaptureFixture[str], format: str
) -> None:
    sql = "SELECT CAST(if(i = 8000, 'x', '1') AS INT) AS n, repeat('x', 2000) AS wide FROM range(9000) t(i);\n"
    piped(reader, sql, format)
    out, err = capfd.readouterr()
    assert out == "" and "Could not convert" in err


def test_a_name_with_a_quote_is_no_sql(reader: Reader, capfd: pytest.CaptureFixture[str]) -> None:
    piped(reader, ".describe x'||(SELECT\n")
    assert "no such" in capfd.readouterr().err


def test_a_published_file_that_is_replaced_is_used_for_the_next_statement(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    publish(tmp_path, PEOPLE[:1])
    with Reader(tmp_path / "data") as reader:
        shell = Shell(reader, "table", patient=False)
        shell.take("SELECT count(*) AS n FROM entities;")
        publish(tmp_path, PEOPLE)
        shell.take("SELECT count(*) AS n FROM entities;")
        shell.take("SELECT count(*) AS n FROM entities;")
        (tmp_path / "data" / "tanma.duckdb").unlink()
        shell.take("SELECT count(*) AS n FROM entities;")
        (tmp_path / "data" / "tanma.duckdb").write_bytes(b"no database" * 2000)
        shell.take("SELECT count(*) AS n FROM entities;")
        (tmp_path / "data" / "tanma.duckdb").unlink()
        publish(tmp_path, PEOPLE[:1])
        shell.take("SELECT count(*) FILTER (active) AS n FROM entities;")
    out, err = capfd.readouterr()
    assert out.split() == ["n", "1", "n", "2", "n", "2", "n", "2", "n", "1"]
    assert err.count("a run has published since") == 2 and err.count("not readable as a database") == 1


# Formats and files


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process's own peak of memory")
def test_an_answer_larger_than_memory_is_written_a_batch_at_a_time(made: Path, tmp_path: Path) -> None:
    """150 MB of text: held as Arrow rows and Python values it would take several times as much."""
    program = """
import re, sys
from pathlib import Path
sys.argv = ["tanma", "sql", "SELECT i, repeat('探', 330) AS t FROM range(150000) r(i)", "--out", sys.argv[1]]
from flows import cli
try: cli.main()
except SystemExit as end: assert not end.code, end.code
# Of this program alone: what getrusage tells begins with the peak of the process that started it.
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""
    (tmp_path / "main.py").write_text(program, "utf-8")
    done = subprocess.run(
        [sys.executable, tmp_path / "main.py", tmp_path / "a.csv"],
        cwd=made, env=environment(), capture_output=True, text=True, timeout=100, check=True,
    )  # fmt: skip
    assert (tmp_path / "a.csv").stat().st_size > 145_000_000
    assert int(done.stdout) < 300
    (tmp_path / "a.csv").unlink()


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.parquet"])
def test_out_is_known_by_its_ending(here: Path, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text("what stood there before")
    sql_command(Path("tanma.yaml"), "SELECT name, 1 AS n FROM entities ORDER BY ALL", "", file)
    if name.endswith("parquet"):
        assert parquet.read_table(file).to_pylist() == [{"name": "云脊智能", "n": 1}, {"name": "钱多乐", "n": 1}]
    elif name.endswith("json"):
        assert json.loads(file.read_text("utf-8")) == [{"name": "云脊智能", "n": 1}, {"name": "钱多乐", "n": 1}]
    else:
        assert file.read_text("utf-8") == "name,n\n云脊智能,1\n钱多乐,1\n"
    assert list(tmp_path.iterdir()) == [file]


HALF_WAY = (
    "SELECT CAST(if(i = 19900, 'x', '1') AS INT) AS n, repeat(CAST(i AS TEXT), 900) AS wide FROM range(20000) t(i)"
)


def test_an_answer_that_breaks_half_way_leaves_the_file_as_it_was(here: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("before")
    with pytest.raises(QueryError, match="Could not convert string"):
        sql_command(Path("tanma.yaml"), HALF_WAY, "", file)
    assert file.read_text() == "before" and list(tmp_path.iterdir()) == [file]


def test_where_no_file_can_be_is_said(here: Path, tmp_path: Path) -> None:
    for file, words in (
        (tmp_path / "none" / "a.csv", "No such file or directory"),
        (tmp_path, "expected a name that ends in"),
        (tmp_path / "a.xlsx", "expected a name that ends in"),
    ):
        with pytest.raises(ConfigError, match=words):
            sql_command(Path("tanma.yaml"), "SELECT 1", "", file)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ConfigError, match="Is a directory"):
        sql_command(Path("tanma.yaml"), "SELECT 1", "", tmp_path / "folder.csv")
    with pytest.raises(ConfigError, match="QUERY"):
        sql_command(Path("tanma.yaml"), None, "", tmp_path / "a.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]


@pytest.mark.parametrize(
    ("format", "name", "words"),
    [
        ("", "a.parquet", r"--json: contradicts --out .*a\.parquet, which does not end in \.json"),
        ("csv", "a.json", "--json: contradicts --format csv"),
        ("csv", None, "--json: contradicts --format csv"),
    ],
)
def test_json_and_another_format_are_refused(
    here: Path, tmp_path: Path, format: str, name: str | None, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        sql_command(Path("tanma.yaml"), "SELECT 1", format, tmp_path / name if name else None, as_json=True)
    assert list(tmp_path.iterdir()) == []
    sql_command(Path("tanma.yaml"), "SELECT 1 AS n", "", tmp_path / "a.json", as_json=True)
    assert json.loads((tmp_path / "a.json").read_text()) == [{"n": 1}]


def test_out_on_a_full_disk_leaves_nothing(here: Path, tmp_path: Path) -> None:
    program = [*TANMA, "sql", "SELECT i FROM range(1000000) t(i)", "--out", str(tmp_path / "a.csv")]
    limit = 100_000

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        program, cwd=here, env=environment(), capture_output=True, text=True, timeout=60, preexec_fn=small, check=False
    )
    assert done.returncode == 4, done.stderr
    assert "nothing was written; free some room" in done.stderr and "a.csv" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_streamed_and_held_answers_are_written_alike(made: Path) -> None:
    sql = """SELECT i, i % 3 AS i, {'a': [i]} AS s, INTERVAL (i) DAY AS span, TIMESTAMPTZ '2026-11-21 08:00:00+08' AS at
             FROM range(10050) t(i)"""
    with open_published(made / "data") as con:
        for format in ("csv", "json", "parquet"):
            held, streamed = io.BytesIO(), io.BytesIO()
            write_result(run_query(con, sql), format, held)  # type: ignore[arg-type]
            write_result(stream_query(con, sql), format, streamed)  # type: ignore[arg-type]
            if format == "parquet":
                assert parquet.read_table(held).equals(parquet.read_table(streamed))
            else:
                assert held.getvalue() == streamed.getvalue()


# Drawn on a terminal


def drawn(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], width: int, *given: object, plain: bool = True
) -> str:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", str(width))
    columns, values = given
    rows.show_rows(columns, iter(values), most=3)  # type: ignore[call-overload, arg-type]
    return re.sub(r"\x1b\[[0-9;]*m", "", capfd.readouterr().out) if plain else capfd.readouterr().out


def test_wide_characters_line_up_and_are_cut(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from rich.cells import cell_len

    lines = drawn(
        monkeypatch, capfd, 40, ("title", "n"), [("杨植麟谈月之暗面的下一步与更长的上下文窗口", 1), ("short", 22)]
    ).splitlines()
    assert {cell_len(line) for line in lines} == {40}
    assert "…" in lines[3] and "杨植麟谈月之暗面" in lines[3] and lines[4].startswith("│ short ")
    assert lines[4].endswith("│ 22 │"), "a long neighbour squeezes nothing away"


def test_more_rows_than_a_screen_are_counted(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    rows.show_rows(("n",), iter([(i,) for i in range(1205)]), most=5)
    out, err = capfd.readouterr()
    assert " 4 " in out and " 5 " not in out
    assert err.startswith("and 1,200 rows more;")


def test_what_a_page_says_does_not_steer_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    out = drawn(monkeypatch, capfd, 80, ("title",), [("\x1b[31m红\x07[bold]\nb",)], plain=False)
    assert "\x1b[31m" not in out and "\x07" not in out and "\ufffd[31m红\ufffd[bold] b" in out


def test_nor_does_it_in_a_small_table(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    table(("title",), [("\x1b[31m红\x9b2J[bold]\nb",)])
    assert "\ufffd[31m红\ufffd2J[bold] b" in capfd.readouterr().out


def test_too_many_columns_stand_below_each_other(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    names = tuple(f"column{number}" for number in range(20))
    out = drawn(monkeypatch, capfd, 60, names, [tuple("长" * 80 for _ in names)])
    assert "column19 长长长" in out and max(map(len, out.splitlines())) <= 60


# The prompt


def prompted(reader: Reader, work: Path, keys: str) -> Shell:
    shell = Shell(reader, "table", patient=False)
    with create_pipe_input() as typed, create_app_session(input=typed, output=DummyOutput()):
        typed.send_text(keys)
        prompt(shell, work)
    return shell


def test_the_prompt_takes_statements_of_several_lines_and_keeps_them(
    reader: Reader, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    prompted(
        reader, tmp_path, "SELECT 40\r+ 2 AS n;\rSELEC;\rSELECT nonsense\x03SELECT 'after' AS m;\r.format csv\r\x04"
    )
    out, err = capfd.readouterr()
    assert out.split() == ["n", "42", "m", "after"]
    assert "SELEC" in err and "nonsense" not in err
    history = tmp_path / "sql_history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert "+SELECT 40\n++ 2 AS n;" in history.read_text("utf-8")
    history.chmod(0o644)
    assert list(kept_history(history).load_history_strings())[-1] == "SELECT 40\n+ 2 AS n;"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600


def test_without_a_place_for_it_no_history_is_kept(tmp_path: Path) -> None:
    assert isinstance(kept_history(tmp_path / "none" / "sql_history"), InMemoryHistory)


def offered(reader: Reader, before: str) -> list[str]:
    words = Words(reader.vocabulary())
    return [one.text for one in words.get_completions(Document(before), CompleteEvent())]


@pytest.mark.parametrize(
    ("before", "first"),
    [
        ("FROM sto", ["stories", "story_id"]),
        ("SELECT n_ou", ["n_outlets"]),
        ("SELECT entities.ali", ["aliases"]),
        ("SELECT strftime", ["strftime"]),
        ("FROM mentions WHERE entity_id = 'pers", ["person:钱多乐"]),
        ("WHERE name = '云", ["云脊智能"]),
        ("WHERE 'a' = 'qian", ["Qian Duole"]),
        (".des", [".describe"]),
        (".describe arti", ["articles", "article_versions"]),
        (".format j", ["json"]),
        ("SELECT ", []),
    ],
)
def test_what_is_offered(reader: Reader, before: str, first: list[str]) -> None:
    found = offered(reader, before)
    assert found[: len(first)] == first if len(first) < 2 else set(first) <= set(found)
    assert first or not found


def _own_terminal() -> None:
    hears_ctrl_c()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_ctrl_c_stops_a_statement_and_the_prompt_goes_on(made: Path) -> None:
    """A real terminal: the statement would take hours."""
    master, slave = pty.openpty()
    program = subprocess.Popen(
        [*TANMA, "sql"], cwd=made, env=environment(TERM="dumb"), stdin=slave, stdout=slave, stderr=slave,
        start_new_session=True, close_fds=True,
        preexec_fn=_own_terminal,
    )  # fmt: skip
    os.close(slave)
    seen = b""

    def until(words: bytes, seconds: float = 60) -> None:
        nonlocal seen
        end = time.monotonic() + seconds
        while words not in seen:
            assert time.monotonic() < end, seen.decode(errors="replace")
            if select.select([master], [], [], 0.1)[0]:
                seen += os.read(master, 65536)

    try:
        until(b"tanma> ")
        os.write(
            master, b"SELECT count(*) FROM range(10000000) a, range(1000000) b WHERE a.range % 7 = b.range % 11;\r"
        )
        until(b"Ctrl-C stops it")
        os.write(master, b"\x03")
        seen = b""
        until(b"tanma> ")
        os.write(master, b"SELECT 6 * 7 AS answer;\r")
        until(b"42")
        end = time.monotonic() + 20
        while program.poll() is None and time.monotonic() < end:  # between two prompts the terminal swallows it
            os.write(master, b"\x04")
            while select.select([master], [], [], 0.2)[0]:
                try:
                    os.read(master, 65536)
                except OSError:
                    break
        assert program.wait(1) == 0
    finally:
        program.kill()
        program.wait()
        os.close(master)


def wait_for_the_file(program: subprocess.Popen[str]) -> None:
    """Until the program has opened the published file, so that its statement is about to run."""
    files = Path(f"/proc/{program.pid}/fd")
    until = time.monotonic() + 20
    while files.is_dir() and time.monotonic() < until and program.poll() is None:
        for file in files.iterdir():
            with contextlib.suppress(OSError):
                if file.readlink().name == "tanma.duckdb":
                    return
        time.sleep(0.05)


def test_ctrl_c_ends_one_statement_with_130(made: Path) -> None:
    program = subprocess.Popen(
        [*TANMA, "sql", "SELECT count(*) FROM range(10000000) a, range(1000000) b WHERE a.range % 7 = b.range % 11"],
        cwd=made, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hears_ctrl_c,
    )  # fmt: skip
    try:
        wait_for_the_file(program)
        time.sleep(1)
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=20)
    finally:
        program.kill()
    assert program.returncode == 130 and out == "" and "Traceback" not in err


# Sealed


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("COPY (SELECT 1) TO 'out.csv'", "this warehouse and nothing else"),
        ("FROM read_csv('watchlist.yaml')", "this warehouse and nothing else"),
        ("FROM 'tanma.yaml'", "tanma.yaml"),
        ("SELECT * FROM glob('*')", "this warehouse and nothing else"),
        ("ATTACH 'other.duckdb'", "this warehouse and nothing else"),
        ("INSTALL httpfs", "this warehouse and nothing else"),
        ("LOAD httpfs", "this warehouse and nothing else"),
        ("SET enable_external_access = true", "this warehouse and nothing else"),
        ("SET threads = 1", "this warehouse and nothing else"),
        ("SELECT getenv('HOME')", "getenv"),
        ("CREATE TABLE mine (a INT)", "reading only"),
    ],
)
def test_a_statement_reads_this_warehouse_and_nothing_else(reader: Reader, statement: str, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        list(reader.ask(statement).rows())


def test_the_command_with_out(made: Path, tmp_path: Path) -> None:
    done = tanma("sql", "FROM entities", "--out", str(tmp_path / "e.json"), cwd=made)
    assert done.returncode == 0 and done.stdout == ""
    assert [row["name"] for row in json.loads((tmp_path / "e.json").read_text("utf-8"))] == ["钱多乐", "云脊智能"]
