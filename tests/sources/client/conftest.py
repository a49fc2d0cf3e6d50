"""A web server that does as it is told, a clock that is set by sleeping, and a client between them."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from sources.client import Client, NetworkSettings, RobotsText

HOSTS = ("a.example", "b.example", "c.example", "d.example")


@dataclass(frozen=True)
class Asked:
    """A request as the server saw it; `path` begins with the logical host: /a.example/p/1"""

    path: str
    headers: dict[str, str]


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str | bytes] = field(default_factory=dict)
    length: int | None = None  # what Content-Length claims; the body's own length by default
    behave: Callable[[socket.socket], None] | None = None  # after the body, or instead of everything when `raw`
    raw: bool = False
    before: float = 0.0  # seconds of work before the first byte

    def send(self, connection: socket.socket) -> None:
        if not self.raw:
            length = len(self.body) if self.length is None else self.length
            lines = [f"HTTP/1.1 {self.status} Scripted".encode(), b"Content-Length: %d" % length]
            for name, value in self.headers.items():
                lines.append(name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()))
            connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + self.body)
        if self.behave:
            self.behave(connection)


class Server:
    """Answers each path with its replies in order, the last one again and again; 404 to everything else."""

    reply = Reply  # tests get it from here: in importlib mode they cannot import from a conftest

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.at_once: dict[str, int] = defaultdict(int)  # most requests in work at one time, by host and for "all"
        self._now: dict[str, int] = defaultdict(int)
        self._replies: dict[str, list[Reply]] = {}
        self._guard = threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def on(self, path: str, *replies: Reply) -> None:
        self._replies[path] = list(replies)

    def paths(self, *, robots: bool = False) -> list[str]:
        return [asked.path for asked in self.asked if robots or not asked.path.endswith("/robots.txt")]

    def close(self) -> None:
        # shutdown wakes the accepting thread, which close alone does not
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            while head := self._head(connection):
                first, *lines = head.decode("latin-1").split("\r\n")
                path = first.split(" ")[1]
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
                with self._in_work(path.split("/")[1], "all"):
                    with self._guard:
                        self.asked.append(Asked(path, headers))
                        script = self._replies.get(path, [])
                        reply = script.pop(0) if len(script) > 1 else script[0] if script else Reply(404)
                    time.sleep(reply.before)
                reply.send(connection)  # no work any more: who has read it may ask again before this thread goes on

    @contextlib.contextmanager
    def _in_work(self, *names: str) -> Iterator[None]:
        with self._guard:
            for name in names:
                self._now[name] += 1
                self.at_once[name] = max(self.at_once[name], self._now[name])
        yield
        with self._guard:
            for name in names:
                self._now[name] -= 1

    @staticmethod
    def _head(connection: socket.socket) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = connection.recv(1)
            if not piece:
                return b""
            head += piece
        return head[:-4]


class Clock:
    """Time stands still until somebody sleeps."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(server: Server, clock: Clock) -> Callable[..., Client]:
    """Builds a client for whom the hosts a.example … d.example are folders of the server."""

    def build(robots: dict[str, RobotsText] | None = None, **settings: object) -> Client:
        rewrite = {host: f"{server.base}/{host}" for host in HOSTS}
        chosen = NetworkSettings(**{"rewrite": rewrite, **settings})  # type: ignore[arg-type]
        return Client(chosen, now=clock.now, robots=robots, sleep=clock.sleep, random=Random(1))

    return build
