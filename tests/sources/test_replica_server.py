"""The loopback server over real sockets."""

from __future__ import annotations

import gzip
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest

from sources.replica import Replica, Sink, World, written_entries
from sources.replica.wire import SHANGHAI

EPOCH = datetime(2026, 11, 21, 15, 0, 0, tzinfo=SHANGHAI)
FEED = "/www.36kr.com/feed"


@pytest.fixture
def replica() -> Iterator[Replica]:
    with Replica(World(EPOCH, written_entries()), Sink()) as running:
        yield running


@pytest.fixture
def client(replica: Replica) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{replica.port}", timeout=5, trust_env=False) as browser:
        yield browser


def test_addresses_are_known_once_it_runs(replica: Replica) -> None:
    assert replica.rewrite["www.36kr.com"] == f"http://127.0.0.1:{replica.port}/www.36kr.com"
    assert replica.rewrite["open.feishu.cn"] == f"http://127.0.0.1:{replica.port}/open.feishu.cn"
    assert replica.rewrite["notes.example.com"].endswith("/notes.example.com")
    with pytest.raises(RuntimeError, match="not running"):
        _ = Replica(World(EPOCH), Sink()).rewrite


def test_a_known_body_is_answered_with_304(client: httpx.Client, replica: Replica) -> None:
    first = client.get(FEED)
    assert first.status_code == 200
    assert first.headers["last-modified"] == "Sat, 21 Nov 2026 06:48:00 GMT"  # robot-mail, 14:48 in Shanghai
    again = client.get(FEED, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert client.get(FEED, headers={"If-Modified-Since": first.headers["last-modified"]}).status_code == 304
    assert client.get(FEED, headers={"If-Modified-Since": "Sat, 21 Nov 2026 06:47:59 GMT"}).status_code == 200
    # An ETag that differs decides, whatever the date says (RFC 9110, 13.1.3).
    both = {"If-None-Match": '"other"', "If-Modified-Since": first.headers["last-modified"]}
    assert client.get(FEED, headers=both).status_code == 200
    replica.world.edit("robot-mail", title="改了题")
    assert client.get(FEED, headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_a_host_without_validators(client: httpx.Client, replica: Replica) -> None:
    replica.world.drop_validators("www.36kr.com")
    headers = client.get(FEED).headers
    assert "etag" not in headers and "last-modified" not in headers


def test_gzip_only_when_asked(replica: Replica) -> None:
    line = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=5)
    line.request("GET", FEED)
    bare = line.getresponse()
    body = bare.read()
    assert bare.getheader("Content-Encoding") is None
    line.request("GET", FEED, headers={"Accept-Encoding": "gzip"})  # the same connection: keep-alive
    packed = line.getresponse()
    small = packed.read()
    assert packed.getheader("Content-Encoding") == "gzip"
    assert len(small) < len(body)
    assert gzip.decompress(small) == body
    assert packed.getheader("ETag") == bare.getheader("ETag")
    line.close()


def test_one_connection_serves_many_requests_quickly(replica: Replica) -> None:
    line = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=5)
    line.connect()
    connection = line.sock
    began = time.monotonic()
    for _ in range(50):
        line.request("GET", FEED)
        line.getresponse().read()
    assert line.sock is connection
    assert time.monotonic() - began < 3
    line.close()


def test_head_has_the_length_and_no_body(client: httpx.Client) -> None:
    head = client.head(FEED, headers={"Accept-Encoding": "identity"})
    assert head.status_code == 200 and head.content == b""
    assert int(head.headers["content-length"]) == len(client.get(FEED).content)


def test_what_is_not_there(client: httpx.Client) -> None:
    assert client.get("/www.36kr.com/p/1").status_code == 404
    assert client.get("/feeds.example.com/").status_code == 404
    missing = client.get("/nowhere.example/feed")
    assert missing.status_code == 404 and "no host nowhere.example" in missing.text
    assert client.post(FEED).status_code == 405


def test_requests_are_written_down(client: httpx.Client, replica: Replica) -> None:
    client.get(FEED)
    client.get("/feeds.example.com/rss.xml?x=1", headers={"If-None-Match": '"a"', "User-Agent": "tester"})
    client.post("/hooks.example.com/alerts", json={"message": "hi"})
    seen = replica.requests
    assert [(s.method, s.host, s.path, s.status, s.conditional) for s in seen] == [
        ("GET", "www.36kr.com", "/feed", 200, False),
        ("GET", "feeds.example.com", "/rss.xml?x=1", 200, True),
        ("POST", "hooks.example.com", "/alerts", 200, False),
    ]
    assert seen[1].headers["user-agent"] == "tester"
    assert seen[0].at.tzinfo is not None


def test_a_moved_page_is_found_again(client: httpx.Client, replica: Replica) -> None:
    replica.world.move("feeds.example.com", "/articles/noodle-queue.html", "/n.html")
    moved = client.get("/feeds.example.com/articles/noodle-queue.html")
    assert (moved.status_code, moved.headers["location"]) == (301, "https://feeds.example.com/n.html")
    assert "Kimiko" in client.get("/feeds.example.com/n.html").text


def test_failures_with_retry_after(client: httpx.Client, replica: Replica) -> None:
    replica.world.fail("www.36kr.com", 429, times=1, retry_after=30)
    refused = client.get(FEED)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert client.get(FEED).status_code == 200


def test_a_reset_connection(client: httpx.Client, replica: Replica) -> None:
    replica.world.reset("www.36kr.com", times=1)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        client.get(FEED)
    replica.world.reset("www.36kr.com", times=1, after=500)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        client.get(FEED)
    assert client.get(FEED).status_code == 200
    assert [seen.status for seen in replica.requests] == [0, 0, 200]


def test_a_reset_before_any_byte(replica: Replica) -> None:
    replica.world.reset("www.36kr.com")
    with socket.create_connection(("127.0.0.1", replica.port), timeout=5) as line:
        line.sendall(f"GET {FEED} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        with pytest.raises(ConnectionResetError):
            assert line.recv(100) == b""
            raise AssertionError("closed in peace, where a reset was due")


def test_a_slow_page_and_one_that_trickles(client: httpx.Client, replica: Replica) -> None:
    replica.world.slow("www.36kr.com", 0.3, times=1)
    began = time.monotonic()
    assert client.get(FEED).status_code == 200
    assert 0.3 <= time.monotonic() - began < 2
    replica.world.slow("www.36kr.com", 0, drip=0.4, times=1)
    began, chunks = time.monotonic(), []
    with client.stream("GET", FEED, headers={"Accept-Encoding": "identity"}) as answer:
        chunks = list(answer.iter_raw())
    assert time.monotonic() - began >= 0.35
    assert len(chunks) > 5
    assert b"".join(chunks).endswith(b"</rss>\n")


def test_stop_is_at_once_also_while_answers_are_slow() -> None:
    threads = threading.active_count()
    replica = Replica(World(EPOCH, written_entries()), Sink())
    replica.start()
    replica.world.slow("www.36kr.com", 60)
    idle = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=5)
    idle.request("GET", "/36kr.com/robots.txt")
    idle.getresponse().read()
    waiting = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=5)
    waiting.request("GET", FEED)
    deadline = time.monotonic() + 5
    while len(replica.requests) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    port, began = replica.port, time.monotonic()
    replica.stop()
    assert time.monotonic() - began < 5  # of the sixty that the answer would take
    with pytest.raises((http.client.HTTPException, OSError)):
        waiting.getresponse()
    with pytest.raises((http.client.HTTPException, OSError)):
        idle.request("GET", "/36kr.com/robots.txt")
        idle.getresponse()
    while threading.active_count() > threads and time.monotonic() - began < 5:
        time.sleep(0.01)
    assert threading.active_count() <= threads
    with pytest.raises(OSError):
        http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
    replica.stop()  # a second time does nothing
    with replica:  # and it can be started again
        assert replica.port


def test_too_large_a_body_is_refused(client: httpx.Client) -> None:
    assert client.post("/hooks.example.com/a", content=b"x" * (1 << 20) + b"y").status_code == 413


def test_an_edit_is_served_at_once_to_a_reader_on_another_thread(client: httpx.Client, replica: Replica) -> None:
    first = client.get("/notes.example.com/feed.json").headers["last-modified"]
    replica.world.edit("moving-day", add="后记。")
    second = client.get("/notes.example.com/feed.json").headers["last-modified"]
    read = [datetime.strptime(stamp, "%a, %d %b %Y %H:%M:%S GMT") for stamp in (first, second)]
    assert read[0] == datetime(2026, 11, 21, 6, 35)
    assert read[1] == datetime(2026, 11, 21, 7, 0, 1)
    assert read[1] - read[0] > timedelta(0)
