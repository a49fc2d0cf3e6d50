"""`tanma doctor`: outlets, clock, lock, schema, channels and versions, each with its remedy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from small_outlet import FIRST, HOST, Small, small_outlet
from typer.testing import CliRunner

from flows import cli
from flows.commands import machine
from flows.reach import Reached, reach, skew
from sources.replica.kr36 import captcha
from sources.replica.wire import Answer, plain
from warehouse.lock import WriterLock
from warehouse.store import Warehouse


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Small]:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with small_outlet(tmp_path) as opened:
        opened.shows(1)
        opened.publishes(1)
        yield opened


def doctor(small: Small, *words: str) -> tuple[int, dict[str, tuple[str, str, str]]]:
    """Its exit code, and state, words and remedy of each thing looked at."""
    config = str(small.folder / "tanma.yaml")
    result = CliRunner().invoke(cli.app, ["doctor", "--json", "--config", config, *words], catch_exceptions=False)
    found = {one["what"]: (one["state"], one["found"], one["remedy"]) for one in json.loads(result.stdout)}
    return result.exit_code, found


def reached(small: Small, **clock: float) -> Reached:
    ahead = timedelta(**clock)
    [one] = asyncio.run(reach(small.config.network, small.config.make_sources(), lambda: small.clock() + ahead))
    return one


def test_a_healthy_machine(small: Small) -> None:
    small.run()
    code, found = doctor(small)
    wrong = {what: one for what, one in found.items() if one[0] == "wrong"}
    assert (code, wrong) == (0, {})
    assert found[f"host {HOST}"][1].startswith("of small: answers in 0.")
    assert found["clock"][1].endswith("Asia/Shanghai, as the outlets' clocks have it")
    assert found["Prefect server"][0] == "note" and found["schema"][0] == "ok" and found["lock"] == ("ok", "free", "")
    assert found["channel desk"][0] == "ok" and found["runs"][0] == "ok"


def test_a_host_is_asked_once_and_as_politely_as_by_a_run(small: Small) -> None:
    doctor(small)
    seen = [(one.host, one.path, one.headers["user-agent"].split("/")[0]) for one in small.replica.requests]
    assert seen == [(HOST, "/robots.txt", "Tanma")]
    doctor(small, "--offline")
    assert len(small.replica.requests) == 1


def test_an_outlet_whose_robots_txt_closes_its_list(small: Small) -> None:
    small.site.answers["/robots.txt"] = plain(f"User-agent: tanma\nDisallow: {FIRST}\nCrawl-delay: 7\n")
    code, found = doctor(small)
    state, words, remedy = found[f"host {HOST}"]
    assert (code, state) == (1, "wrong") and words.endswith(f"its robots.txt closes https://{HOST}{FIRST}")
    assert "obey_robots" in remedy
    small.config = replace(small.config, network=replace(small.config.network, obey_robots=False))
    assert reached(small).closed == []


def test_the_pause_that_an_outlet_asks_for_is_told(small: Small) -> None:
    small.site.answers["/robots.txt"] = plain("User-agent: *\nCrawl-delay: 7\n")
    assert doctor(small)[1][f"host {HOST}"][1].endswith("lets us, asks for 7 s between requests")


@pytest.mark.parametrize(
    ("answer", "blocked", "words"),
    [
        (captcha(), True, "answered with a challenge"),
        (plain("later", status=503), False, "HTTP 503"),
        (replace(plain(""), cut=0), False, HOST),
    ],
    ids=["challenge", "503", "reset"],
)
def test_an_outlet_that_does_not_let_us_in(small: Small, answer: Answer, blocked: bool, words: str) -> None:
    small.site.answers["/robots.txt"] = answer
    one = reached(small)
    assert one.blocked is blocked and words in one.error
    code, found = doctor(small)
    assert code == 1 and found[f"host {HOST}"][0] == "wrong" and ("challenge" in found[f"host {HOST}"][2]) is blocked


@pytest.mark.parametrize("status", [403, 404])
def test_an_outlet_without_robots_txt_lets_us_in(small: Small, status: int) -> None:
    small.site.answers["/robots.txt"] = plain("no", status=status)
    assert (reached(small).error, reached(small).closed) == ("", [])


def test_our_clock_is_held_against_theirs(small: Small) -> None:
    for minutes in (-20, 0, 20):
        ahead = reached(small, minutes=minutes).ahead
        assert ahead is not None and abs(ahead - timedelta(minutes=minutes)) < timedelta(seconds=3)


def test_one_outlet_with_a_wrong_clock_is_outvoted() -> None:
    hosts = [Reached("a", ahead=timedelta(hours=9)), Reached("b", ahead=timedelta(seconds=1)), Reached("c", ahead=timedelta(seconds=2))]  # fmt: skip
    assert skew([*hosts, Reached("d")]) == timedelta(seconds=2)
    assert skew([Reached("d")]) is None


def test_a_wrong_clock_is_told(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.commands import doctor as command

    monkeypatch.setattr(command, "utc_now", lambda: small.clock() + timedelta(minutes=6))
    code, found = doctor(small)
    assert (code, found["clock"][0]) == (1, "wrong") and "6 min ahead of the outlets' clocks" in found["clock"][1]
    assert "timedatectl" in found["clock"][2]


def test_who_holds_the_warehouse_and_for_how_long(small: Small) -> None:
    small.run()
    for hours, words in ((1, ""), (7, "end that process")):
        begun = small.clock() - timedelta(hours=hours)
        held = WriterLock.take(small.config.warehouse / "work" / "lock", holder="tanma collect", now=begun, wait=0)
        state, found, remedy = doctor(small, "--offline")[1]["lock"]
        held.release()
        assert state == "note" and found.startswith("held by tanma collect (pid ")
        assert (words in remedy) and bool(remedy) is bool(words)


@pytest.mark.parametrize(
    ("change", "state", "remedy"),
    [
        ("INSERT INTO core.schema_version VALUES (999, 'later', now())", "wrong", "newer Tanma"),
        ("DELETE FROM core.schema_version WHERE version > 3", "note", "keeps a copy of the old file first"),
    ],
)
def test_a_schema_of_another_version(small: Small, change: str, state: str, remedy: str) -> None:
    small.run()
    with duckdb.connect(small.config.warehouse / "tanma.duckdb") as con:
        con.execute(change)
    found = doctor(small, "--offline")[1]["schema"]
    assert found[0] == state and remedy in found[2]


def test_a_channel_that_refused_is_named(small: Small) -> None:
    small.run()
    with Warehouse.open(small.config.warehouse, holder="test", now=small.clock()) as wh:
        with wh.transaction() as con:
            con.execute("UPDATE core.alerts SET status = 'failed'")
        wh.publish()
    left = small.config.warehouse / "work" / "status.json"
    left.unlink()
    code, found = doctor(small, "--offline")
    assert code == 1 and found["channel desk"][:2] == ("wrong", "1 failed, 0 overdue")
    assert "tanma channels test desk" in found["channel desk"][2]
    assert found["channel ops"][0] == "ok"


def test_a_package_outside_our_bounds_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    known = machine.version
    assert {one.state for one in machine.installed()} == {"ok"}
    monkeypatch.setattr(machine, "version", lambda name: "0.165.0" if name == "fastapi" else known(name))
    [wrong] = [one for one in machine.installed() if one.state == "wrong"]
    assert wrong.what == "fastapi" and wrong.found.startswith("0.165.0, where <0.139,>=0.115") and wrong.remedy


def test_a_disk_that_has_no_room_for_a_second_copy(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    small.run()
    assert machine.disk(small.config.warehouse).state == "ok"
    size = (small.config.warehouse / "work" / "tanma.duckdb").stat().st_size
    monkeypatch.setattr(machine, "LOW_DISK", 0)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: SimpleNamespace(free=2 * size - 1))
    assert machine.disk(small.config.warehouse).state == "wrong"
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: SimpleNamespace(free=2 * size))
    assert machine.disk(small.config.warehouse).state == "ok"
