"""`tanma sources record`: the bytes as they came, blanks for a person, and never a word of our own parser's."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.commands import record
from flows.commands.record import record_command
from sources.article import Article, ArticleRef, Page
from sources.errors import Blocked, ConfigError, Gone
from sources.fixtures import cases_in, problems

HOST = "https://www.shiqiao.example"
PAGE = "<!doctype html><title>石桥镇的打铁机</title><article><p>石桥镇的铁匠铺去年冬天换了主人。</p></article>".encode()
GBK = "<meta charset=gbk><p>王祎与罗喆</p>".encode("gb18030")
CONFIG = "sources: [36kr]\nnetwork:\n  per_host_delay: 1ms\n  rewrite: {www.shiqiao.example: 'http://127.0.0.1:%d'}\n"


class Outlet(ThreadingHTTPServer):
    """Answers by path: (status, content type, body); and writes down what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, str, bytes]] = {}
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Outlet

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status, kind, body = self.server.pages.get(self.path, (404, "text/plain", b"no"))
        self.send_response(status)
        self.send_header("Location" if 300 <= status < 400 else "X-Nothing", kind)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.path += "<" + self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def outlet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outlet]:
    with Outlet() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        (tmp_path / "tanma.yaml").write_text(CONFIG % server.server_port, "utf-8")
        monkeypatch.chdir(tmp_path)
        yield server
        server.shutdown()


def recorded(*urls: str, into: str | None = "case", is_list: bool = False, post: str = "") -> dict[str, Any]:
    place = Path(into) if into else None
    record_command(Path("tanma.yaml"), urls, place, is_list=is_list, post=post, required=True)
    return told(into or "tests/fixtures/www.shiqiao.example")


def told(folder: str = "case") -> dict[str, Any]:
    document: dict[str, Any] = json.loads((Path(folder) / "case.json").read_text("utf-8"))
    return document


def test_the_bytes_are_those_that_came(outlet: Outlet) -> None:
    outlet.pages["/p/101.html"] = (200, "text/html; charset=gbk", GBK)
    case = recorded(f"{HOST}/p/101.html")
    assert (Path("case") / "101.html").read_bytes() == GBK
    assert case["answers"] == {
        f"{HOST}/p/101.html": {"file": "101.html", "content_type": "text/html; charset=gbk"},
    }


def test_every_field_is_blank(outlet: Outlet) -> None:
    outlet.pages["/p/101"] = outlet.pages["/latest"] = (200, "text/html; charset=utf-8", PAGE)
    recorded(f"{HOST}/latest", is_list=True)
    case = recorded(f"{HOST}/p/101")
    assert case["source"] == "TODO"
    assert case["answers"] == {f"{HOST}/latest": "latest.html", f"{HOST}/p/101": "101.html"}
    assert case["lists"] == {f"{HOST}/latest": [{field.name: "TODO" for field in fields(ArticleRef)}]}
    assert case["articles"] == [{field.name: "TODO" for field in fields(Article)}]
    assert "石桥" not in (Path("case") / "case.json").read_text("utf-8")


def test_a_blank_never_passes(outlet: Outlet) -> None:
    outlet.pages["/latest"] = (200, "text/html; charset=utf-8", PAGE)
    recorded(f"{HOST}/latest", is_list=True)
    case = cases_in(Path())[0]
    found = problems(case)
    assert f"complete me: lists.{HOST}/latest[0].title of case/case.json" in found
    assert all(line.startswith("complete me: ") for line in found)
    assert len(found) == 1 + len(fields(ArticleRef))


def test_several_addresses_go_into_one_case(outlet: Outlet) -> None:
    for number in (1, 2, 3):
        outlet.pages[f"/p/{number}?page=x"] = (200, "text/html; charset=utf-8", PAGE)
    recorded(f"{HOST}/p/1?page=x", f"{HOST}/p/2?page=x")
    first = told()
    first["source"], first["articles"][0]["title"] = "shiqiao", "石桥镇的打铁机"
    Path("case/case.json").write_text(json.dumps(first, ensure_ascii=False), "utf-8")
    case = recorded(f"{HOST}/p/3?page=x")
    assert list(case["answers"].values()) == ["1-page-x.html", "2-page-x.html", "3-page-x.html"]
    assert case["source"] == "shiqiao" and case["articles"][0]["title"] == "石桥镇的打铁机"  # a person's work is kept
    assert case["now"] == first["now"] and len(case["articles"]) == 3


def test_two_pages_of_one_name_are_two_files(outlet: Outlet) -> None:
    outlet.pages["/a/index.html"] = (200, "text/html; charset=utf-8", PAGE)
    outlet.pages["/b/index.html"] = (200, "text/html; charset=utf-8", GBK)
    case = recorded(f"{HOST}/a/index.html", f"{HOST}/b/index.html")
    assert list(case["answers"].values()) == ["index.html", "index-2.html"]
    assert (Path("case") / "index.html").read_bytes() == PAGE


@pytest.mark.parametrize(
    ("kind", "file"),
    [
        ("application/rss+xml; charset=utf-8", {"file": "x.xml", "content_type": "application/rss+xml; charset=utf-8"}),
        ("application/json; charset=utf-8", "x.json"),
        ("application/x-subrip", "x.srt"),
        ("image/x-strange", {"file": "x.html", "content_type": "image/x-strange"}),
    ],
)
def test_a_file_is_named_by_what_it_is(outlet: Outlet, kind: str, file: object) -> None:
    outlet.pages["/x"] = (200, kind, b"{}")
    assert recorded(f"{HOST}/x")["answers"] == {f"{HOST}/x": file}


@given(path=st.text(max_size=80), kind=st.text(max_size=20))
def test_any_address_gives_the_name_of_a_file_in_its_folder(path: str, kind: str) -> None:
    page = Page(url="", body=b"", fetched_at=datetime(2026, 1, 6, tzinfo=UTC), content_type=kind)
    assert re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}\.[a-z]{2,4}", record._file_name(Path(), f"{HOST}/{path}", page))


@pytest.mark.parametrize("text", ["a/../..", "a/..", "x?next=/../../etc/passwd", "%2e%2e%2f"])
def test_no_address_leaves_its_folder(outlet: Outlet, text: str) -> None:
    page = Page(url="", body=b"", fetched_at=datetime(2026, 1, 6, tzinfo=UTC))
    assert "/" not in (name := record._file_name(Path(), f"{HOST}/{text}", page)) and not name.startswith(".")


def test_the_default_folder_is_named_after_the_host(outlet: Outlet) -> None:
    outlet.pages["/p/1"] = (200, "text/html; charset=utf-8", PAGE)
    assert recorded(f"{HOST}/p/1", into=None)["answers"] == {f"{HOST}/p/1": "1.html"}


def test_what_was_done_and_what_comes_next_is_said(outlet: Outlet, capsys: pytest.CaptureFixture[str]) -> None:
    outlet.pages["/p/1"] = (200, "text/html; charset=utf-8", PAGE)
    recorded(f"{HOST}/p/1")
    assert capsys.readouterr().err.splitlines() == [
        f"wrote case/1.html: {len(PAGE)} bytes of {HOST}/p/1",
        "wrote case/case.json: the article, to be completed",
        "next: fill in every TODO of case/case.json from reading the saved files, not from running a parser",
    ]


def test_a_secret_is_neither_printed_nor_written(outlet: Outlet, capsys: pytest.CaptureFixture[str]) -> None:
    outlet.pages["/feed?token=hunter2&n=5"] = (
        200,
        "application/xml; charset=utf-8",
        b"<rss><link>hunter2</link></rss>",
    )
    case = recorded(f"{HOST}/feed?token=hunter2&n=5", is_list=True)
    said = capsys.readouterr().err
    assert "hunter2" not in said + json.dumps(case)
    assert case["answers"] == {f"{HOST}/feed?token=…&n=5": "feed-token-n-5.xml"}
    assert "a secret was left out" in said and "stands in the saved page too" in said
    assert outlet.asked[-1] == "/feed?token=hunter2&n=5"


def test_a_list_that_is_sent_something(outlet: Outlet, capsys: pytest.CaptureFixture[str]) -> None:
    outlet.pages['/api/list<{"page": 1}'] = (200, "application/json; charset=utf-8", b"{}")
    case = recorded(f"{HOST}/api/list", post='{"page": 1}')
    assert case["answers"] == {f"POST {HOST}/api/list": "list.json"}
    assert list(case["lists"]) == [f"{HOST}/api/list"] and case["articles"] == []
    assert "change its key in `lists`" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="already"):
        recorded(f"{HOST}/api/list", post='{"page": 1}')


def test_an_address_is_asked_politely(outlet: Outlet) -> None:
    outlet.pages["/robots.txt"] = (200, "text/plain", b"User-agent: *\nDisallow: /p/")
    outlet.pages["/p/1"] = (200, "text/html", PAGE)
    with pytest.raises(Blocked, match=r"robots\.txt"):
        recorded(f"{HOST}/p/1")
    assert outlet.asked == ["/robots.txt"] and not Path("case").exists()


def test_a_page_that_is_not_there_leaves_what_came_before(outlet: Outlet) -> None:
    outlet.pages["/p/1"] = (200, "text/html; charset=utf-8", PAGE)
    with pytest.raises(Gone):
        recorded(f"{HOST}/p/1", f"{HOST}/p/2")
    assert told()["answers"] == {f"{HOST}/p/1": "1.html"}


def test_a_redirect_is_told(outlet: Outlet, capsys: pytest.CaptureFixture[str]) -> None:
    outlet.pages["/old/1"] = (301, "/p/1", b"")
    outlet.pages["/p/1"] = (200, "text/html; charset=utf-8", PAGE)
    assert recorded(f"{HOST}/old/1")["answers"] == {f"{HOST}/old/1": "1.html"}
    assert f"warning: it led to {HOST}/p/1;" in capsys.readouterr().err


def test_a_page_of_another_day_is_told(outlet: Outlet, capsys: pytest.CaptureFixture[str]) -> None:
    outlet.pages["/p/1"] = outlet.pages["/p/2"] = (200, "text/html; charset=utf-8", PAGE)
    case = recorded(f"{HOST}/p/1")
    assert "another" not in capsys.readouterr().err
    Path("case/case.json").write_text(json.dumps(case | {"now": "2026-01-05T10:00:00+08:00"}), "utf-8")
    assert recorded(f"{HOST}/p/2")["now"] == "2026-01-05T10:00:00+08:00"
    assert "more than a day after the `now`" in capsys.readouterr().err


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "https://a:hunter2@www.shiqiao.example/", "nonsense", "http://[x", ""]
)
def test_an_address_that_may_not_be_asked_is_refused(outlet: Outlet, url: str) -> None:
    with pytest.raises(ConfigError) as raised:
        recorded(url, into=None)
    assert raised.value.exit_code == 2 and "hunter2" not in str(raised.value) and outlet.asked == []


def test_what_is_recorded_already_is_not_asked_again(outlet: Outlet) -> None:
    outlet.pages["/p/1"] = (200, "text/html; charset=utf-8", PAGE)
    recorded(f"{HOST}/p/1")
    asked = len(outlet.asked)
    with pytest.raises(ConfigError, match=r"is in case/case\.json already; take it out"):
        recorded(f"{HOST}/p/1")
    assert len(outlet.asked) == asked


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"answers": []}', '{"articles": {}}', '{"now": "TODO"}', '{"now": "2026-01-06"}']
)
def test_a_file_that_is_no_case_is_left_alone(outlet: Outlet, text: str) -> None:
    Path("case").mkdir()
    Path("case/case.json").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=r"case/case\.json"):
        recorded(f"{HOST}/p/1")
    assert Path("case/case.json").read_text("utf-8") == text and outlet.asked == []


def test_without_a_configuration_the_networks_defaults_serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    async def recording(network: Any, *_: Any, **__: Any) -> None:
        seen.append(network)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(record, "_record_all", recording)
    record_command(Path("tanma.yaml"), [f"{HOST}/p/1"], None, is_list=False, post="", required=False)
    assert seen[0].obey_robots and seen[0].rewrite == {}
    with pytest.raises(ConfigError, match=r"other\.yaml"):
        record_command(Path("other.yaml"), [f"{HOST}/p/1"], None, is_list=False, post="", required=True)
