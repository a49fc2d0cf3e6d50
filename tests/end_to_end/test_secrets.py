"""No secret of a channel's address stands anywhere but in the configuration: whole passes with every kind of failure,
and a search through all that they leave behind."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

import duckdb
import pytest
from end_to_end.command import tanma
from end_to_end.serving import Serving, settled
from many_alerts import LIN, raise_many

from flows.channels.message import Message
from flows.channels.send import open_channels
from flows.limits import Limits
from flows.outbox import Delivery
from sources.errors import ChannelError
from sources.replica.demo import demo_config, demo_replica, demo_watchlist
from sources.replica.server import Replica
from warehouse.lock import holder_of
from warehouse.store import Warehouse

# The upper-case parts are what nobody may read anywhere.
SECRETS = {
    "ding": "S1GNING0KEY0A1@T0KEN0OF0DINGTALK",
    "dongle": "T0KEN0OF0ANOTHER0DINGTALK",
    "wecom": "KEY0OF0WECOM0ROBOT",
    "feishu": "H00K0OF0FEISHU0ROBOT",
    "lark": "H00K0OF0LARK0ROBOT00",
    "bark": "DEVICE0KEY0OF0BARK",
    "chan": "SENDKEY0OF0CHAN",
    "tele": "123456789:ABCDEFGHIJKLMN0P0TELEGRAM0T0K",
    "slack": "T1JJ3T3L2/A1BRTD4JD/SLACKT0KENSLACKT0KENSLACK",
    "discord": "4174216298/JHMHI8QBE7BK2DISCORD0T0KEN0DISCORD0T0KEN0DISCORD0T0KEN0DI",
    "ntfy": "USER0OF0NTFY:PASSW0RD0OF0NTFY",
    "hook": "HOOK0USER:HOOK0PASS",
    "query": "QUERY0T0KEN0OF0HOOK",
    "mail": "MAIL0USER:MAIL0PASSW0RD",
    "odd": "NOT0READABLE0T0KEN",
}
URLS = {
    "ding": f"dingtalk://{SECRETS['ding']}",
    "dongle": f"dingtalk://{SECRETS['dongle']}",
    "wecom": f"wecombot://{SECRETS['wecom']}",
    "feishu": f"feishu://{SECRETS['feishu']}",
    "lark": f"lark://{SECRETS['lark']}",
    "bark": f"barks://api.day.app/{SECRETS['bark']}",
    "chan": f"schan://{SECRETS['chan']}",
    "tele": f"tgram://{SECRETS['tele']}/987654321",
    "slack": f"slack://{SECRETS['slack']}",
    "discord": f"discord://{SECRETS['discord']}",
    "ntfy": f"ntfys://{SECRETS['ntfy']}@ntfy.sh/some-topic",
    "hook": f"jsons://{SECRETS['hook']}@hooks.example.com/path",
    "query": f"jsons://hooks.example.com/path?+X-Token={SECRETS['query']}",
    "mail": f"mailto://{SECRETS['mail']}@127.0.0.1:9/?from=a@example.com&to=b@example.com",
    "odd": f"nosuchservice://{SECRETS['odd']}",
    "ops": "feishu://demo-ops",
}


def words() -> set[str]:
    """Each secret's own parts, as they are and as an address writes them."""
    parts = {part for secret in SECRETS.values() for part in secret.replace("@", "/").replace(":", "/").split("/")}
    return {form for part in parts if len(part) > 9 for form in (part, quote(part, safe=""), part.lower())}


def told_in(text: str) -> set[str]:
    return {word for word in words() if word in text}


def hostile(replica: Replica) -> None:
    """Every kind of failure, one for each service; what is left out accepts."""
    sink = replica.sink
    sink.refuse("dingtalk", 310000)
    sink.refuse("wecom", 93000)
    sink.fail("lark", 500)
    sink.hang_up("bark", after_accepting=False, times=None)
    sink.hang_up("serverchan", after_accepting=True, times=None)
    sink.refuse("telegram", 401)
    sink.fail("slack", 404)
    sink.refuse("discord", 429)
    sink.fail("ntfy", 403)
    sink.fail("webhook", 302)


def configure(folder: Path, replica: Replica) -> dict[str, str]:
    """Both files; the addresses come from the environment, which is returned."""
    names = {name: f"TANMA_{name.upper()}_URL" for name in URLS}
    lines = "".join(f"  {name}: ${{{variable}}}\n" for name, variable in names.items())
    text = demo_config(replica).replace("  desk: feishu://demo-desk\n", lines)
    text = text.replace("to: [desk]", f"to: [{', '.join(name for name in URLS if name != 'ops')}]")
    (folder / "tanma.yaml").write_text(text, "utf-8")
    (folder / "watchlist.yaml").write_text(demo_watchlist(), "utf-8")
    return {names[name]: url for name, url in URLS.items()}


def left_behind(folder: Path) -> Iterator[tuple[str, str]]:
    """(where, text) of every file but the replica's own, databases as rows too."""
    for file in sorted(folder.rglob("*")):
        if not file.is_file() or "world" in file.parts:
            continue
        yield str(file.relative_to(folder)), file.read_bytes().decode("latin-1")
        if file.suffix == ".duckdb":
            with duckdb.connect(file, read_only=True) as con:
                for schema, table in con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall():
                    yield f"{file.name} {table}", str(con.execute(f'FROM {schema}."{table}"').fetchall())
        if file.suffix == ".db":
            with sqlite3.connect(file) as lite:
                for (table,) in lite.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                    yield f"{file.name} {table}", str(lite.execute(f'SELECT * FROM "{table}"').fetchall())


def hold_to_silence(folder: Path) -> None:
    places = {where: found for where, text in left_behind(folder) if (found := told_in(text))}
    assert places == {}


def test_commands_that_run_directly_tell_no_secret(tmp_path: Path) -> None:
    with demo_replica(tmp_path / "world", datetime.now(UTC)) as replica:
        env = configure(tmp_path, replica)
        hostile(replica)
        outputs = []
        for command in (
            ("run",), ("run", "--json"), ("channels", "test"), ("channels", "list", "--json"), ("check",),
            ("alerts", "list", "--json"), ("alerts", "retry"), ("run",), ("doctor",), ("status",), ("export", "out"),
        ):  # fmt: skip
            done = tanma(*command, cwd=tmp_path, timeout=200, **env)
            assert done.returncode in (0, 1, 2), (command, done.stderr)
            outputs.append(done.stdout + done.stderr)
        told = {text: told_in(text) for text in outputs if told_in(text)}
        assert told == {}
        # The failures were real, and are told by name.
        said = outputs[0]
        assert all(f"channel {name}" in said for name in ("ding", "wecom", "lark", "bark", "tele", "slack", "mail", "odd")), said  # fmt: skip
        heard = "\n".join(one.text for one in replica.sink.received if one.token == "demo-ops")
        assert "channel ding" in heard and told_in(heard) == set()
        hold_to_silence(tmp_path)


class Echo(BaseHTTPRequestHandler):
    """A service whose refusal repeats what it was asked."""

    def do_POST(self) -> None:
        said = json.dumps({"errcode": 310000, "errmsg": f"no such robot: {self.path} {unquote(self.path)}"}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        pass


def test_what_a_service_repeats_of_its_address_is_not_told(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        rewrite = {"oapi.dingtalk.com": f"http://127.0.0.1:{server.server_port}"}
        now = datetime.now(UTC)
        with Warehouse.open(tmp_path / "data", holder="test", now=now) as wh:
            wh.sync_entities((LIN,), now)
            raise_many(wh, range(1), "ding", "dongle", at=now)
            channels = open_channels({name: URLS[name] for name in ("ding", "dongle")}, rewrite)
            delivery = Delivery(wh, channels, [], language="zh", timezone=UTC, now=lambda: datetime.now(UTC))
            asyncio.run(delivery.run())
            wh.publish()
        server.shutdown()
    assert [error.partition("no such robot: ")[1] for error in delivery.report.errors] == ["no such robot: "] * 2
    assert told_in("\n".join(delivery.report.errors)) == set()
    hold_to_silence(tmp_path)


def test_no_exception_holds_a_secret_with_its_causes_and_no_log_does(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    with demo_replica(tmp_path / "world", datetime.now(UTC)) as replica:
        hostile(replica)
        channels = open_channels(URLS, replica.rewrite)
        raised = 0
        for channel in channels.values():
            try:
                channel.send(Message("标题", "林晚舟", channel.limit.form))
            except ChannelError as error:
                raised += 1
                whole = "".join(traceback.format_exception(error)) + repr(error) + error.words
                assert told_in(whole) == set(), channel.name
        assert raised >= 11
        now = datetime.now(UTC)
        with Warehouse.open(tmp_path / "data", holder="test", now=now) as wh:
            wh.sync_entities((LIN,), now)
            raise_many(wh, range(3), *URLS, at=now)
            delivery = Delivery(
                wh, channels, [], language="zh", timezone=UTC, now=lambda: datetime.now(UTC),
                limits=Limits(wh.folder, URLS, lambda: datetime.now(UTC)),
            )  # fmt: skip
            asyncio.run(delivery.run())
        assert told_in("\n".join(delivery.report.errors) + repr(delivery.report)) == set()
        out, err = capfd.readouterr()
        assert told_in(out + err) == set()
        # At level DEBUG too, where libraries say most.
        assert told_in("\n".join(record.getMessage() for record in caplog.records)) == set()
        hold_to_silence(tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_serve_and_its_prefect_tell_no_secret(serving: Serving) -> None:
    env = configure(serving.folder, serving.replica)
    hostile(serving.replica)
    child = serving.start(**env, PREFECT_LOGGING_LEVEL="DEBUG")
    serving.wait(lambda: any(settled(run) for run in serving.runs()), 240)
    assert [run["state_name"] for run in serving.runs()] == ["PartlyFailed"], serving.log
    assert "channel ding" in serving.runs()[0]["state"]["message"]
    for _ in range(5):  # serve may be delivering: that is exit code 3
        once = tanma("run", "--json", cwd=serving.folder, **env)
        if once.returncode != 3:
            break
        serving.wait(lambda: not holder_of(serving.lock))
    assert once.returncode == 1 and told_in(once.stdout + once.stderr) == set()
    artifacts = serving.ask("artifacts/filter")
    assert told_in(str(artifacts) + str(serving.runs()) + str(serving.ask("logs/filter"))) == set()
    child.terminate()
    assert child.wait(60) == 0, serving.log
    hold_to_silence(serving.folder)
