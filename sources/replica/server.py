"""The loopback server: one port, the logical host is the first part of the path.

`http://127.0.0.1:PORT/www.36kr.com/feed` stands for `https://www.36kr.com/feed`, which is what `network.rewrite` makes
of it. Redirects name logical addresses.
"""

from __future__ import annotations

import gzip
import os
import socket
import struct
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import MappingProxyType, TracebackType
from typing import Any

from sources.replica.sink import Sink
from sources.replica.wire import Answer, Request, plain
from sources.replica.world import World

LOOPBACK = "127.0.0.1"
DRIPS = 20  # portions into which a trickling body is cut
MAX_BODY = 1 << 20


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that the replica answered. `path` is with its query, header names are lower case, status 0: reset."""

    method: str
    host: str
    path: str
    status: int
    headers: Mapping[str, str]
    at: datetime

    @property
    def conditional(self) -> bool:
        return "if-none-match" in self.headers or "if-modified-since" in self.headers


class Replica:
    """A world and a sink behind one loopback port. `with Replica(world, sink) as replica: ...`

    `port` 0 takes a free one. `stop` closes every connection at once, also those that are being answered slowly.
    """

    def __init__(self, world: World, sink: Sink, port: int = 0) -> None:
        self.world = world
        self.sink = sink
        self._wanted_port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._seen: list[Seen] = []

    def start(self) -> Replica:
        """Listens. Raises OSError when the port is taken."""
        if self._server is None:
            self._server = _Server(self, self._wanted_port)
            self._thread = threading.Thread(
                target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="replica", daemon=True
            )
            self._thread.start()
        return self

    def stop(self) -> None:
        server, thread, self._server, self._thread = self._server, self._thread, None, None
        if server is not None and thread is not None:
            server.stopping.set()
            server.shutdown()
            server.hang_up()
            server.server_close()
            thread.join()

    def __enter__(self) -> Replica:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """Raises RuntimeError before start."""
        if self._server is None:
            raise RuntimeError("the replica is not running: start it before asking for its addresses")
        return self._server.server_port

    def base(self, host: str) -> str:
        """Where a logical host is served, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.port}/{host}"

    @property
    def rewrite(self) -> dict[str, str]:
        """`network.rewrite` for every host of the world and of the sink."""
        return {host: self.base(host) for host in (*self.world.hosts, *self.sink.hosts)}

    @property
    def requests(self) -> tuple[Seen, ...]:
        """Every request so far, in order of arrival."""
        with self._lock:
            return tuple(self._seen)

    def answer(self, request: Request) -> Answer:
        """The answer of the world or the sink, and a line in `requests`."""
        if request.host in self.world.hosts:
            answer = _conditional(self.world.respond(request), request.headers)
        elif self.sink.serves(request.host):
            answer = self.sink.respond(request)
        else:
            answer = plain(f"no host {request.host} in this replica\n", status=404)
        path = f"{request.path}?{request.query}" if request.query else request.path
        status = 0 if answer.cut is not None else answer.status
        with self._lock:
            self._seen.append(Seen(request.method, request.host, path, status, request.headers, datetime.now(UTC)))
        return answer


def _conditional(answer: Answer, headers: Mapping[str, str]) -> Answer:
    """304 when the client has this very body: If-None-Match decides, If-Modified-Since only without it (RFC 9110)."""
    if answer.status != 200 or answer.modified is None:
        return answer
    if match := headers.get("if-none-match"):
        known = {tag.strip().removeprefix("W/") for tag in match.split(",")}
        unchanged = "*" in known or answer.etag in known
    elif since := headers.get("if-modified-since"):
        try:
            unchanged = answer.modified <= parsedate_to_datetime(since)
        except (ValueError, TypeError):  # no date, or one without a zone
            unchanged = False
    else:
        unchanged = False
    if not unchanged:
        return answer
    return Answer(304, answer.body, answer.content_type, answer.headers, answer.modified, answer.wait, cut=answer.cut)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, replica: Replica, port: int) -> None:
        self.replica = replica
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__((LOOPBACK, port), _Handler)

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer would ask the resolver for our name, which can take seconds
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is a fault of ours and is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        with self._open_lock:
            waiting = list(self._open)
        for connection in waiting:
            with suppress(OSError):  # already gone
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "tanma-replica"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    server: _Server

    def do_GET(self) -> None:
        self._handle()

    do_HEAD = do_POST = do_PUT = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: what came in stands in Replica.requests."""

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY or self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            self._send(plain("send a Content-Length of at most 1 MiB\n", status=413))
            return
        body = self.rfile.read(length)
        target, _, query = self.path.partition("?")
        host, _, path = target.lstrip("/").partition("/")
        headers = MappingProxyType({name.lower(): value for name, value in self.headers.items()})
        answer = self.server.replica.answer(Request(self.command, host, f"/{path}", query, headers, body))
        if answer.wait and self.server.stopping.wait(answer.wait):
            self.close_connection = True
            return
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        body = b"" if answer.status in (204, 304) else answer.body
        if answer.cut == 0:
            self._reset()
            return
        self.send_response(answer.status)
        if answer.modified is not None:
            self.send_header("ETag", answer.etag)
            self.send_header("Last-Modified", format_datetime(answer.modified.astimezone(UTC), usegmt=True))
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Vary", "Accept-Encoding")
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                body = gzip.compress(body, mtime=0)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self._send_body(body[: answer.cut], answer.drip)
        if answer.cut is not None:
            self._reset()

    def _send_body(self, body: bytes, drip: float) -> None:
        if not drip:
            self.wfile.write(body)
            return
        step = max(1, -(-len(body) // DRIPS))
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            self.wfile.flush()
            if self.server.stopping.wait(drip / DRIPS):
                self.close_connection = True
                return

    def _reset(self) -> None:
        """Closes so that the client's kernel sees RST, as after a crash or a cut line."""
        self.close_connection = True
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())
