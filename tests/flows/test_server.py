"""Whether a Prefect server is there: never a long wait, never a crash, whatever answers at its address."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from flows import server
from flows.server import answers, find_server, prepare_prefect, serve_file, trouble_with

Start = Callable[..., str]


@pytest.fixture(autouse=True)
def nobody_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)


@pytest.fixture
def health() -> Iterator[Start]:
    """Starts something on loopback that answers GET /api/health so, and gives its API address."""
    running: list[HTTPServer] = []

    def start(body: bytes = b"true", status: int = 200) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                right = self.path == "/api/health"
                self.send_response(status if right else 404)
                self.end_headers()
                self.wfile.write(body if right else b"no such page")

            def log_message(self, *_: object) -> None:
                return

        running.append(HTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=running[-1].serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"http://127.0.0.1:{running[-1].server_port}/api"

    yield start
    for one in running:
        one.shutdown()
        one.server_close()


@pytest.fixture
def talker() -> Iterator[Callable[[bytes], str]]:
    """Something that is no web server: says its line to whoever connects, or nothing at all."""
    open_sockets: list[socket.socket] = []

    def start(line: bytes) -> str:
        listening = socket.create_server(("127.0.0.1", 0))
        open_sockets.append(listening)

        def talk() -> None:
            try:
                while True:
                    asker, _ = listening.accept()
                    open_sockets.append(asker)
                    if line:
                        asker.recv(1000)
                        asker.sendall(line)
                        asker.close()
            except OSError:
                return

        threading.Thread(target=talk, daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}/api"

    yield start
    for one in open_sockets:
        one.close()


def announce(warehouse: Path, text: str) -> None:
    serve_file(warehouse).parent.mkdir(parents=True, exist_ok=True)
    serve_file(warehouse).write_text(text, "utf-8")


def closed_address() -> str:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{sock.getsockname()[1]}/api"


def answering_server(warehouse: Path) -> str | None:
    found = find_server(warehouse)
    return None if found.trouble else found.api


def test_nothing_named_and_nothing_announced(tmp_path: Path) -> None:
    assert answering_server(tmp_path) is None
    assert answering_server(tmp_path / "not" / "there") is None


def test_a_server_that_serve_announced_is_found(tmp_path: Path, health: Start) -> None:
    api = health()
    announce(tmp_path, json.dumps({"api": api, "pid": os.getpid()}))
    assert answering_server(tmp_path) == api


def test_what_a_killed_serve_left_behind_is_no_server(tmp_path: Path) -> None:
    announce(tmp_path, json.dumps({"api": closed_address(), "pid": 1}))
    assert answering_server(tmp_path) is None


@pytest.mark.parametrize(
    "text",
    ["", "{", "{}", "[]", "null", "7", '"http://127.0.0.1/api"', '{"api": null}', '{"api": 4200}', '{"api": ["x"]}',
     '{"api": ""}', '{"api": "file:///etc/passwd"}', '{"api": "http://"}', '{"api": "http://[::1"}',
     '{"api": "http://127.0.0.1:99999/api"}', '{"api": "http://a b/api"}', "\udcff"],
)  # fmt: skip
def test_a_damaged_announcement_is_no_server(tmp_path: Path, text: str) -> None:
    serve_file(tmp_path).parent.mkdir()
    serve_file(tmp_path).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert answering_server(tmp_path) is None


def test_the_server_that_the_user_named_goes_first(
    tmp_path: Path, health: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, announced = health(), health()
    announce(tmp_path, json.dumps({"api": announced, "pid": 1}))
    monkeypatch.setenv("PREFECT_API_URL", named)
    assert answering_server(tmp_path) == named
    monkeypatch.setenv("PREFECT_API_URL", closed_address())
    assert answering_server(tmp_path) is None, "who names a server does not mean another"


@pytest.mark.parametrize(("body", "status"), [(b"false", 200), (b"true", 503), (b"<html>", 200), (b"", 200)])
def test_only_a_healthy_prefect_answers(health: Start, body: bytes, status: int) -> None:
    assert not answers(health(body, status))


def test_a_slash_at_the_end_does_not_matter(health: Start) -> None:
    api = health()
    assert answers(api) and answers(f"{api}/")


@pytest.mark.parametrize(
    "line", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\xff\x00\x01", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ntr"]
)
def test_another_program_at_that_port_is_no_server(talker: Callable[[bytes], str], line: bytes) -> None:
    assert not answers(talker(line))


def test_a_server_that_says_nothing_is_not_waited_for(
    talker: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server.PATIENCE <= 2
    monkeypatch.setattr(server, "PATIENCE", 0.2)
    assert not answers(talker(b""))


OURS = (
    "PREFECT_API_URL", "PREFECT_HOME", "PREFECT_SERVER_ANALYTICS_ENABLED", "DO_NOT_TRACK", "PREFECT_LOGGING_LEVEL",
    "PREFECT_CLI_PROMPT", "PREFECT_LOGGING_SETTINGS_PATH",
)  # fmt: skip


@pytest.fixture
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*OURS, "no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")  # so that it is put back as it was, whatever the test does
        monkeypatch.delenv(name)


def test_prefect_is_told_where_to_live_and_to_keep_quiet(tmp_path: Path, empty_environment: None) -> None:
    prepare_prefect("http://127.0.0.1:4200/api", tmp_path)
    told = {name: os.environ.get(name) for name in OURS}
    assert told == {
        "PREFECT_API_URL": "http://127.0.0.1:4200/api",
        "PREFECT_HOME": str(tmp_path),
        "PREFECT_LOGGING_SETTINGS_PATH": str(tmp_path / "logging.yml"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_CLI_PROMPT": "false",
    }


def test_what_the_user_has_set_for_prefect_stands(
    tmp_path: Path, empty_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_HOME", "/home/mine")
    monkeypatch.setenv("PREFECT_LOGGING_LEVEL", "DEBUG")
    prepare_prefect("http://127.0.0.1:4200/api", tmp_path)
    assert (os.environ["PREFECT_HOME"], os.environ["PREFECT_LOGGING_LEVEL"]) == ("/home/mine", "DEBUG")
    assert os.environ["DO_NOT_TRACK"] == "1"


def test_a_proxy_for_the_world_does_not_hide_a_server_on_this_machine(
    health: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = health()
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, closed_address().removesuffix("/api"))
    assert answers(api)


@pytest.mark.parametrize("kept", ["", "intern.example, 10.0.0.0/8"])
def test_no_proxy_is_asked_for_what_is_on_this_machine(
    tmp_path: Path, empty_environment: None, monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    monkeypatch.setenv("no_proxy", kept)
    prepare_prefect("http://127.0.0.1:4200/api", tmp_path)
    for name in ("no_proxy", "NO_PROXY"):
        spared = [host.strip() for host in os.environ[name].split(",")]
        assert {"127.0.0.1", "localhost"} <= set(spared) and "" not in spared
        assert all(host.strip() in spared for host in kept.split(",") if kept)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("NO_PROXY", "", "127.0.0.1,localhost"),
        ("NO_PROXY", "intranet.example, localhost", "intranet.example,localhost,127.0.0.1"),
        ("no_proxy", "intranet.example", "intranet.example,127.0.0.1,localhost"),
    ],
)
def test_flow_runs_are_told_that_this_machine_needs_no_proxy(
    tmp_path: Path, empty_environment: None, monkeypatch: pytest.MonkeyPatch, name: str, before: str, after: str
) -> None:
    monkeypatch.setenv(name, before)
    prepare_prefect("http://127.0.0.1:4200/api", tmp_path)
    assert (os.environ["NO_PROXY"], os.environ["no_proxy"]) == (after, after)


def test_no_proxy_at_all_stays_so(tmp_path: Path, empty_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    prepare_prefect("http://127.0.0.1:4200/api", tmp_path)
    assert os.environ["no_proxy"] == "*"


@pytest.fixture
def doorkeeper(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str | None]]]:
    """The address of a healthy Prefect that asks who it is, and what it was shown; /away sends the asker elsewhere."""
    for name in ("PREFECT_API_AUTH_STRING", "PREFECT_API_KEY", "PREFECT_SERVER_API_AUTH_STRING"):
        monkeypatch.delenv(name, raising=False)
    shown: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/away/health":
                self.send_response(302)
                self.send_header("Location", "/api/admin/version")
                self.end_headers()
                return
            shown.append(self.headers.get("authorization"))
            self.send_response(200 if self.path == "/api/health" or shown[-1] in LET_IN else 401)
            self.end_headers()
            self.wfile.write(b"true")

        def log_message(self, *_: object) -> None:
            return

    running = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}/api", shown
    running.shutdown()
    running.server_close()


# echo -n tanma:geheim | base64
LET_IN = ("Basic dGFubWE6Z2VoZWlt", "Bearer pnu_123")


def test_who_is_not_let_in_is_told_what_to_set(doorkeeper: tuple[str, list[str | None]]) -> None:
    api, _ = doorkeeper
    assert not answers(api)
    wanted = "refuses us (HTTP 401): PREFECT_API_AUTH_STRING or PREFECT_API_KEY is not what it wants"
    assert trouble_with(api) == wanted


@pytest.mark.parametrize(
    ("given", "shown"),
    [({"PREFECT_API_AUTH_STRING": "tanma:geheim"}, LET_IN[0]), ({"PREFECT_API_KEY": "pnu_123"}, LET_IN[1]),
     ({"PREFECT_API_KEY": "pnu_123", "PREFECT_API_AUTH_STRING": "tanma:geheim"}, LET_IN[0]),
     ({"PREFECT_SERVER_API_AUTH_STRING": "tanma:geheim"}, LET_IN[0])],
)  # fmt: skip
def test_credentials_are_shown_as_prefect_shows_them(
    doorkeeper: tuple[str, list[str | None]], monkeypatch: pytest.MonkeyPatch, given: dict[str, str], shown: str
) -> None:
    api, seen = doorkeeper
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert trouble_with(api) is None and set(seen) == {shown}


def test_name_and_password_in_the_address_are_shown_too(doorkeeper: tuple[str, list[str | None]]) -> None:
    api, seen = doorkeeper
    assert answers(api.replace("http://", "http://tanma:geheim@")) and set(seen) == {LET_IN[0]}


def test_credentials_are_not_for_those_to_whom_an_answer_points(
    doorkeeper: tuple[str, list[str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    api, seen = doorkeeper
    monkeypatch.setenv("PREFECT_API_KEY", "pnu_123")
    assert not answers(api.replace("/api", "/away"))
    assert seen == [None]


def test_what_our_own_server_asks_for_is_not_shown_to_others(
    doorkeeper: tuple[str, list[str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    api, seen = doorkeeper
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", "tanma:geheim")
    monkeypatch.setattr(server, "LOOPBACK", ())  # the doorkeeper is somewhere in the world
    assert not answers(api) and set(seen) == {None}
