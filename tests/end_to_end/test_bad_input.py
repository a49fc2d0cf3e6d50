"""Bad input over real sockets: each ends as a reason that is written down, nothing is stored wrongly, nothing stops the
others. All of it is read in one run, each kind as a source of its own; the client's own fine points are proved in
tests/sources/client.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from flows.check import load_both
from flows.runner import collect_directly
from flows.summary import PassSummary
from warehouse.query import open_published, run_query
from warehouse.store import Warehouse

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
MANY = 10_000


@dataclass(frozen=True)
class Answer:
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1  # the body is sent so often: 50 MB need not lie in memory


def feed(*items: str) -> Answer:
    head = '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>坏天气</title>'
    return Answer(f"{head}{''.join(items)}</channel></rss>".encode(), "application/rss+xml; charset=utf-8")


def item(url: str, title: str = "石桥镇的一天", date: str = "Tue, 03 Mar 2026 09:30:00 +0800", more: str = "") -> str:
    dated = f"<pubDate>{date}</pubDate>" if date else ""
    return f"<item><title>{title}</title><link>{url}</link>{dated}{more}</item>"


def page(*lines: str, title: str = "石桥镇的一天", charset: str = "utf-8") -> bytes:
    body = "".join(f"<p>{line}</p>" for line in lines)
    html = f'<!doctype html><html><head><meta charset="{charset}"><title>{title}</title></head><body><h1>{title}</h1>'
    return f"{html}<article>{body}</article></body></html>".encode("gb18030" if charset.startswith("gb") else charset)


LINES = (
    "石桥镇的早市从四点半开始，卖豆腐的王祎和卖鱼的罗喆总是最先到，两个人的摊子挨着，灯也合用一盏。",
    "到了七点，整条街都醒了。镇上的人说，听见王祎的梆子声，就知道今天不下雨。",
)
WHOLE = page(*LINES)
DAMAGED = WHOLE.replace("四点半".encode(), b"\xff\xfe\xff")
HUGE = 50_000_000
SCRIPT = b"<script>location.href='/feed?'+Math.random()</script>"


def world() -> dict[str, Answer]:
    """Address without its scheme → answer."""
    gzipped = {"Content-Encoding": "gzip"}
    bomb = gzip.compress(bytes(300_000_000), 9)
    shared = {f"{name}.example/feed": feed(item(f"https://{name}.example/p/1")) for name in PAGES}
    return shared | {
        # Pages, each the only one that its source's feed names
        "half-page.example/p/1": Answer(gzip.compress(WHOLE)[:-20], headers=gzipped),
        "label.example/p/1": Answer(page(*LINES, charset="gb2312"), "text/html; charset=utf-8"),
        "label-utf8.example/p/1": Answer(WHOLE.replace(b'"utf-8"', b'"gbk"'), "text/html; charset=gbk"),
        "damaged.example/p/1": Answer(DAMAGED),
        "huge.example/p/1": Answer(b"<p>" + "很长的一段话。".encode() * 1000 + b"</p>", times=HUGE // 21_007 + 1),
        "bomb.example/p/1": Answer(bomb, headers=gzipped),
        "circle.example/p/1": Answer(status=302, headers={"Location": "https://circle.example/p/2"}),
        "circle.example/p/2": Answer(status=302, headers={"Location": "https://circle.example/p/1"}),
        "loopback.example/p/1": Answer(status=302, headers={"Location": "http://127.0.0.1:9/secret"}),
        "private.example/p/1": Answer(status=301, headers={"Location": "http://192.168.1.1/admin"}),
        "metadata.example/p/1": Answer(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data"}),
        "file.example/p/1": Answer(status=302, headers={"Location": "file:///etc/passwd"}),
        "nothing.example/p/1": Answer(b""),
        "binary.example/p/1": Answer(bytes(range(256)) * 200, "image/jpeg"),
        # Lists
        "half-list.example/feed": Answer(
            gzip.compress(feed(item("https://x.example/p/1")).body)[:-20], headers=gzipped
        ),
        "script.example/feed": Answer(SCRIPT),
        **{f"{_host(name)}/*": Answer(SCRIPT, "application/json") for name in SCRIPTS},
        "empty.example/feed": feed(),
        "bare.example/feed": Answer(b"", "application/rss+xml"),
        "bomb-list.example/feed": Answer(bomb, "application/rss+xml", headers=gzipped),
        "circle-list.example/feed": Answer(status=302, headers={"Location": "https://circle-list.example/feed"}),
        "inside-list.example/feed": Answer(status=302, headers={"Location": "http://localhost/feed"}),
        "dates.example/feed": feed(
            item("https://dates.example/p/1970", "一九七零", "Thu, 01 Jan 1970 00:00:00 GMT", whole(1970)),
            item("https://dates.example/p/2099", "二零九九", "Thu, 01 Jan 2099 00:00:00 GMT", whole(2099)),
            item("https://dates.example/p/1", "没有日期", "", whole(1)),
        ),
        "many.example/feed": feed(*(item(f"https://many.example/p/{n}", f"第{n}号通告") for n in range(MANY))),
        **{f"many.example/p/{n}": Answer(status=429, headers={"Retry-After": "3600"}) for n in range(MANY)},
        "whole.example/feed": feed(
            *(item(f"https://whole.example/p/{n}", f"第{n}号通告", more=whole(n)) for n in range(MANY))
        ),
        "emptied.example/feed": feed(item("https://emptied.example/p/1")),
        "emptied.example/p/1": Answer(WHOLE),
    }


def whole(number: int) -> str:
    """A feed's whole text, another one for each number."""
    text = f"<p>第{number}号通告：石桥镇的早市从四点半开始，卖豆腐和卖鱼的摊子挨着，灯也合用一盏，到七点收市。</p>" * 7
    return f'<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/"><![CDATA[{text}]]></content:encoded>'


# Sources whose lists are JSON and answer with a script.
SCRIPTS = ("script-jsonfeed", "script-qq", "script-zaker", "script-tumblr")
_SOURCES = {
    "script-jsonfeed": "use: jsonfeed, url: 'https://script-jsonfeed.example/feed'",
    "script-qq": "use: qianwang, author: 8QMZ3XxU64wZuTw=",
    "script-zaker": "use: zaker",
    "script-tumblr": "use: tumblr, blog: script-tumblr.example",
}
_HOSTS = {"script-qq": "i.news.qq.com", "script-zaker": "www.myzaker.com"}


def _host(name: str) -> str:
    return _HOSTS.get(name, f"{name}.example")


# Sources whose feed is in order and names one page.
PAGES = (
    "half-page", "label", "label-utf8", "damaged", "huge", "bomb", "circle", "loopback", "private", "metadata", "file",
    "nothing", "binary",
)  # fmt: skip
LISTS = (
    "half-list", "script", *SCRIPTS, "empty", "bare", "bomb-list", "circle-list", "inside-list", "dates", "many",
    "emptied",
)  # fmt: skip


class Loopback(ThreadingHTTPServer):
    """The logical host is the first part of the path, as `network.rewrite` makes of it."""

    daemon_threads = True

    def __init__(self) -> None:
        self.answers = world()
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Loopback

    def do_GET(self) -> None:
        path = self.path.lstrip("/")
        whole_host = self.server.answers.get(f"{path.partition('/')[0]}/*")
        self.server.asked.append(path)
        answer = (
            self.server.answers.get(path) or (not path.endswith("/robots.txt") and whole_host) or Answer(status=404)
        )
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.content_type)
        if answer.times > 1:  # its size is not announced
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            chunk = b"%x\r\n%s\r\n" % (len(answer.body), answer.body)
            try:
                for _ in range(answer.times):
                    self.wfile.write(chunk)
                self.wfile.write(b"0\r\n\r\n")
            except OSError:
                self.close_connection = True  # the client has had enough
            return
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@dataclass
class Place:
    """A server of bad input and a warehouse; the clock stands at NOW and `ahead` of it."""

    server: Loopback
    folder: Path
    names: tuple[str, ...]
    ahead: timedelta = timedelta()

    def clock(self) -> datetime:
        return NOW + self.ahead

    def run(self, *only: str) -> PassSummary:
        port = self.server.server_port
        sources = "".join(
            f"  - {{id: {name}, outlet: 坏天气, {_SOURCES.get(name) or _feed(name)}}}\n" for name in self.names
        )
        hosts = "".join(f"    {_host(name)}: http://127.0.0.1:{port}/{_host(name)}\n" for name in self.names)
        network = f"network:\n  per_host_delay: 1ms\n  concurrency: 16\n  rewrite:\n{hosts}"
        (self.folder / "tanma.yaml").write_text(f"sources:\n{sources}{network}", "utf-8")
        (self.folder / "watchlist.yaml").write_text("people: [王祎, 罗喆]\n", "utf-8")
        config, entities = load_both(self.folder / "tanma.yaml", os.environ)
        return asyncio.run(collect_directly(config, entities, list(only) or None, clock=self.clock))

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """Of what is published."""
        with open_published(self.folder / "data") as con:
            return [tuple(row) for row in run_query(con, query).rows]

    def core(self, query: str) -> list[tuple[Any, ...]]:
        """Of the writer's own tables: what is still to be read, and why."""
        with Warehouse.open(self.folder / "data", holder="test", now=NOW) as wh:
            return wh.con.execute(query).fetchall()


def _feed(name: str) -> str:
    return f"use: feed, url: 'https://{name}.example/feed'"


@contextmanager
def placed(folder: Path, *names: str) -> Iterator[Place]:
    with Loopback() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield Place(server, folder, names)
        server.shutdown()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One run over all of them has been made."""
    with placed(tmp_path_factory.mktemp("bad"), *PAGES, *LISTS) as place:
        assert len(place.run().sources) == len(PAGES) + len(LISTS)  # and nothing was raised
        yield place


BAD_PAGES = {
    # source → state of the article, words of its reason, state of the source
    "half-page": ("retry", "broke off in the middle", "failing"),
    "huge": ("broken", "is too large (at most 20,000,000 bytes", "failing"),
    "bomb": ("broken", "60,000,000 unpacked)", "failing"),
    "circle": ("broken", "redirects in a circle", "failing"),
    "loopback": ("broken", "its host leads to no public address", "failing"),
    "private": ("broken", "its host leads to no public address", "failing"),
    "metadata": ("broken", "its host leads to no public address", "failing"),
    "file": ("broken", "only http and https are read", "failing"),
    "nothing": ("not_an_article", "no running text on https://nothing.example/p/1", "ok"),
    "binary": ("not_an_article", "https://binary.example/p/1", "ok"),
}
BAD_LISTS = {
    # source → status of the list, words of its reason, state of the source
    "half-list": ("retry", "broke off in the middle", "failing"),
    "script": ("layout_changed", "a web page instead of a feed", "layout_changed"),
    "script-jsonfeed": ("layout_changed", "instead of a feed", "layout_changed"),
    "script-qq": ("layout_changed", "腾讯", "layout_changed"),
    "script-zaker": ("layout_changed", "ZAKER", "layout_changed"),
    "script-tumblr": ("layout_changed", "Tumblr", "layout_changed"),
    "bare": ("layout_changed", "an empty answer instead of a feed", "layout_changed"),
    "bomb-list": ("broken", "is too large", "failing"),
    "circle-list": ("broken", "redirects in a circle", "failing"),
    "inside-list": ("broken", "its host leads to no public address", "failing"),
}


def health(place: Place, source: str) -> tuple[str, str]:
    [(state, note)] = place.sql(f"SELECT state, note FROM source_health WHERE source = '{source}'")
    return state, note


@pytest.mark.parametrize("source", BAD_PAGES)
def test_a_bad_page_is_a_reason_and_no_article(place: Place, source: str) -> None:
    expected, words, state = BAD_PAGES[source]
    [(found, error, again)] = place.core(
        f"SELECT state, error, next_attempt_at FROM core.frontier WHERE source = '{source}'"
    )
    assert (found, words in (error or "")) == (expected, True), error
    assert (again is None) is (expected == "not_an_article")
    assert health(place, source)[0] == state
    if state != "ok":
        assert words in health(place, source)[1]
    assert place.sql(f"SELECT * FROM articles WHERE source = '{source}'") == []


@pytest.mark.parametrize("source", BAD_LISTS)
def test_a_bad_list_is_a_reason_and_names_nothing(place: Place, source: str) -> None:
    expected, words, state = BAD_LISTS[source]
    [(found, error)] = place.core(f"SELECT status, error FROM core.lists WHERE source = '{source}'")
    assert (found, bool(error), words in error) == (expected, True, True), error
    assert health(place, source) == (state, error)
    assert place.core(f"SELECT * FROM core.frontier WHERE source = '{source}'") == []


def test_every_request_that_failed_is_written_down(place: Place) -> None:
    outcomes = {
        source: {outcome for (outcome,) in place.sql(f"SELECT DISTINCT outcome FROM fetches WHERE source = '{source}'")}
        for source in ("half-page", "huge", "bomb", "circle", "private")
    }
    assert outcomes == {
        "half-page": {"ok", "retry"},
        "huge": {"ok", "broken"},
        "bomb": {"ok", "broken"},
        "circle": {"ok", "redirect"},
        "private": {"ok", "redirect"},  # what lies behind was not asked
    }


def test_no_bomb_and_no_huge_page_was_read_to_its_end(place: Place) -> None:
    [(most,)] = place.sql("SELECT max(bytes) FROM fetches WHERE source IN ('huge', 'bomb', 'bomb-list')")
    assert 20_000_000 <= most < 21_000_000


def test_no_inner_address_was_asked(place: Place) -> None:
    inner = ("127.0.0.1", "192.168.1.1", "169.254.169.254", "localhost")
    hosts = {url.split("/")[2].partition(":")[0] for (url,) in place.sql("SELECT url FROM fetches")}
    assert hosts.isdisjoint(inner) and len(hosts) == len(PAGES) + len(LISTS)


@pytest.mark.parametrize("source", ["label", "label-utf8"])
def test_a_wrong_label_costs_no_character(place: Place, source: str) -> None:
    """GB18030 that says utf-8, and UTF-8 that says gbk: 祎 and 喆 are names, and are in no GB2312."""
    [(text, mentions)] = place.sql(
        f"""SELECT text, (SELECT list(DISTINCT surface) FROM mentions m WHERE m.article_id = a.article_id)
            FROM articles a WHERE source = '{source}'"""
    )
    assert text == "\n".join(LINES)
    assert sorted(mentions) == ["王祎", "罗喆"]


def test_bytes_that_are_no_characters_leave_none_behind(place: Place) -> None:
    [(text,)] = place.sql("SELECT text FROM articles WHERE source = 'damaged'")
    assert "\N{REPLACEMENT CHARACTER}" not in text
    assert text.replace("石桥镇的早市从", "") == "\n".join(LINES).replace("石桥镇的早市从四点半", "")


def test_dates_that_cannot_be_are_no_dates(place: Place) -> None:
    found = place.sql("SELECT title, published_at, published_precision FROM articles WHERE source = 'dates' ORDER BY 1")
    assert found == [("一九七零", None, "unknown"), ("二零九九", None, "unknown"), ("没有日期", None, "unknown")]


def test_an_empty_list_is_no_trouble_until_it_named_something(place: Place) -> None:
    assert health(place, "empty") == ("ok", "")
    assert health(place, "emptied") == ("ok", "")
    place.server.answers["emptied.example/feed"] = feed()
    place.ahead = timedelta(hours=1)
    place.run("emptied")
    state, note = health(place, "emptied")
    assert state == "quiet" and "names none" in note
    assert place.sql("SELECT title FROM articles WHERE source = 'emptied'") == [("石桥镇的一天",)]


def test_ten_thousand_articles_of_a_refusing_host_wait_their_turn(place: Place) -> None:
    """None is lost, and the host is not asked ten thousand times."""
    states = place.core("SELECT state, count(*) FROM core.frontier WHERE source = 'many' GROUP BY 1 ORDER BY 1")
    assert states == [("queued", MANY - 5), ("retry", 5)]
    asked = [path for path in place.server.asked if path.startswith("many.example/p/")]
    assert len(asked) == 1
    assert health(place, "many")[0] == "failing"


@pytest.mark.slow
def test_a_feed_of_ten_thousand_whole_articles_is_taken_in(tmp_path: Path) -> None:
    with placed(tmp_path, "whole") as place:
        [source] = place.run().sources
        assert (source.listed, source.stored + source.duplicates, source.state) == (MANY, MANY, "ok")
        assert place.sql("SELECT count(*), count(DISTINCT text) FROM articles") == [(MANY, MANY)]
        assert [path for path in place.server.asked if "/p/" in path] == []
