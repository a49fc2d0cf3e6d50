"""Archives of pages: WARC record by record, MHTML with its one page."""

from __future__ import annotations

import base64
import gzip
import io
import quopri
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from sources.archives import MOST_BYTES, Skipped, is_mhtml, is_warc, warc_pages
from sources.article import Article, Page
from sources.errors import Blocked, Broken, FetchError, Gone, NotAnArticle
from sources.outlets.files import read_file, read_warc

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
PAGES = Path(__file__).parent.parent / "fixtures" / "pages"
LINES = [
    "青浦桥的桥面周一夜里换完，比原定早了四天，早起的货车已经可以走了。",
    "工程负责人沈柳说，行人道还要等两周，因为栏杆在路上耽搁了。",
    "桥头的早点铺老板说，这四天少卖了两百个包子，不过路平了，他也高兴。",
]
HTML = (
    '<!DOCTYPE html><html><head><meta charset="utf-8"><title>青浦桥换桥面</title></head><body><h1>青浦桥换桥面</h1>'
    f"<article>{''.join(f'<p>{line}</p>' for line in LINES)}</article></body></html>"
)
TOMBSTONE = (
    '<html><head><title></title></head><body id="activity-detail"><div class="weui-msg">'
    '<div class="weui-msg__title warn">该内容已被发布者删除</div></div></body></html>'
)
CHALLENGE = "<html><head><title>验证</title><script>window._waf_captcha=1</script></head><body>请稍等</body></html>"


class Warc:
    """A WARC being written."""

    def __init__(self, gzipped: bool = True) -> None:
        self.file = io.BytesIO()
        self.writer = WARCWriter(self.file, gzip=gzipped)

    def response(
        self, url: str, body: bytes | str, kind: str = "text/html; charset=utf-8", status: str = "200 OK", **fields: str
    ) -> Warc:
        raw = body.encode() if isinstance(body, str) else body
        named = [("Content-Type", kind), *((name.replace("_", "-"), value) for name, value in fields.items())]
        headers = StatusAndHeaders(status, named, protocol="HTTP/1.1")
        return self.add(url, "response", io.BytesIO(raw), http_headers=headers)

    def add(self, url: str, kind: str, payload: io.BytesIO, **more: object) -> Warc:
        dated = {"WARC-Date": "2026-11-20T01:30:00Z"}
        record = self.writer.create_warc_record(url, kind, payload=payload, warc_headers_dict=dated, **more)
        self.writer.write_record(record)
        return self

    def bytes(self) -> bytes:
        return self.file.getvalue()


def told(body: bytes) -> list[str]:
    """Of each record: the titles of its articles, the error's class, or why it was skipped."""
    return [
        result.why
        if isinstance(result, Skipped)
        else type(result).__name__
        if isinstance(result, FetchError)
        else "、".join(article.title for article in result)
        for result in read_warc("x.warc", io.BytesIO(body))
    ]


@pytest.mark.parametrize("gzipped", [True, False])
def test_a_page_of_a_warc_has_its_address_and_its_day(gzipped: bool) -> None:
    page = HTML.replace("<article>", "<p>3小时前</p><article>")
    body = Warc(gzipped).response("https://a.example.cn/n/1.html", page).bytes()
    assert is_warc(body[:400])
    (article,) = read_file("noname", body, taken_at=NOW)
    assert (article.title, article.url) == ("青浦桥换桥面", "https://a.example.cn/n/1.html")
    assert article.text.split("\n") == LINES
    assert article.published_at == datetime(
        2026, 11, 20, 6, 30, tzinfo=CHINA
    )  # three hours before 09:30, not before NOW


def test_encodings_of_the_answer_are_undone() -> None:
    warc = Warc()
    warc.response("https://a.example.cn/1", gzip.compress(HTML.encode()), Content_Encoding="gzip")
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(HTML.encode()), HTML.encode())
    warc.response("https://a.example.cn/2", chunked, Transfer_Encoding="chunked")
    warc.response("https://a.example.cn/3", HTML.encode("gb18030"), "text/html; charset=gb2312")
    assert told(warc.bytes()) == ["青浦桥换桥面"] * 3


def test_what_holds_no_page_is_skipped_and_says_why() -> None:
    warc = Warc()
    warc.add("", "warcinfo", io.BytesIO(b"software: x\r\n"))
    warc.response("https://a.example.cn/r", "", status="302 Found", Location="/s")
    warc.response("https://a.example.cn/missing", "<html>404</html>", status="404 Not Found")
    warc.response("https://a.example.cn/p.png", b"\x89PNG", "image/png")
    warc.response("https://a.example.cn/robots.txt", "User-agent: *", "text/plain")
    warc.add("https://a.example.cn/1", "request", io.BytesIO(b""), http_headers=StatusAndHeaders("GET / HTTP/1.1", []))
    warc.add("dns:a.example.cn", "response", io.BytesIO(b"1.2.3.4"))
    warc.writer.write_record(warc.writer.create_revisit_record("https://a.example.cn/1", "sha1:X", "https://a.example.cn/1", "2026-11-20T01:30:00Z"))  # fmt: skip
    warc.response("https://a.example.cn/last", HTML)
    assert told(warc.bytes()) == [
        "a redirect",
        "answered HTTP 404",
        "no page",
        "no page",
        "no web address",
        "seen before",
        "青浦桥换桥面",
    ]


def test_challenges_tombstones_and_lists_are_no_articles() -> None:
    warc = Warc()
    warc.response("https://a.example.cn/c", CHALLENGE)
    warc.response("https://mp.weixin.qq.com/s/aaaaaaaaaaaaaaaaaaaaaa", TOMBSTONE)
    warc.response("https://a.example.cn/api", '{"data":[{"title":"题","url":"u"}]}', "application/json")
    assert told(warc.bytes()) == ["Blocked", "Gone", "NotAnArticle"]
    with pytest.raises(Blocked):
        read_file("x.warc", warc.bytes(), taken_at=NOW)


def test_feeds_json_resources_and_plain_conversions() -> None:
    long = "".join(f"<p>{line}</p>" for line in LINES * 4)
    feed = (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>柳河日报</title><item><title>全文</title>'
        f"<link>https://a.example.cn/9</link><description><![CDATA[{long}]]></description></item></channel></rss>"
    )
    warc = Warc()
    warc.response("https://a.example.cn/feed", feed, "application/rss+xml")
    warc.add("https://a.example.cn/2", "resource", io.BytesIO(HTML.encode()), warc_content_type="text/html")
    plain = "青浦桥换桥面\n\n2026-11-20 09:00\n\n" + "\n".join(LINES * 2)
    warc.add("https://a.example.cn/3", "conversion", io.BytesIO(plain.encode()), warc_content_type="text/plain")
    results = [result for result in read_warc("x", io.BytesIO(warc.bytes())) if isinstance(result, list)]
    assert [(one.title, one.url) for (one,) in results] == [
        ("全文", "https://a.example.cn/9"),
        ("青浦桥换桥面", "https://a.example.cn/2"),
        ("青浦桥换桥面", "https://a.example.cn/3"),
    ]


def test_an_archive_that_breaks_off_gives_what_stands_before() -> None:
    one = Warc().response("https://a.example.cn/1", HTML).bytes()
    seen: list[Page | Skipped] = []
    with pytest.raises(Broken, match=r"x: damaged after 1 records"):
        seen.extend(iter(warc_pages("x", io.BytesIO(one + b"\x1f\x8b\x08garbage" * 20))))
    with pytest.raises(Broken, match="warcio recompress"):
        list(warc_pages("x", io.BytesIO(gzip.compress(Warc(False).response("https://a.cn/1", HTML).bytes() * 2))))


@pytest.mark.parametrize("gzipped", [True, False])
def test_half_a_page_is_not_its_article(gzipped: bool) -> None:
    whole = Warc(gzipped).response("https://a.example.cn/1", HTML).response("https://a.example.cn/2", HTML).bytes()
    seen: list[Page | Skipped] = []
    with pytest.raises(Broken, match="damaged after 2 records"):
        for one in warc_pages("x", io.BytesIO(whole[: -len(whole) // 8])):
            seen.append(one)
    assert [one.url for one in seen if isinstance(one, Page)] == ["https://a.example.cn/1"]


def test_a_page_that_unpacks_to_too_much_is_skipped() -> None:
    bomb = gzip.compress(b"<p>" + b" " * (MOST_BYTES + 1_000_000))
    warc = (
        Warc()
        .response("https://a.example.cn/1", bomb, Content_Encoding="gzip")
        .response("https://a.example.cn/2", HTML)
    )
    assert told(warc.bytes()) == ["too large", "青浦桥换桥面"]


# MHTML


def mhtml(
    html: str = HTML,
    encode: Callable[[bytes], bytes] = quopri.encodestring,
    encoding: str = "quoted-printable",
    head: str = "Snapshot-Content-Location: https://a.example.cn/n/1.html?from=timeline\r\n",
) -> bytes:
    """As Chrome saves a page: a frame before and a picture after the page itself."""
    return (
        f"From: <Saved by Blink>\r\n{head}Subject: =?utf-8?Q?=E9=9D=92=E6=B5=A6?=\r\n"
        "Date: Fri, 20 Nov 2026 01:30:00 -0000\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="----MultipartBoundary--abc----"\r\n\r\n\r\n'
        "------MultipartBoundary--abc----\r\nContent-Type: text/html\r\nContent-ID: <frame-1@mhtml.blink>\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\nContent-Location: https://ads.example.cn/\r\n\r\n"
        "<p>advertisement</p>\r\n"
        "------MultipartBoundary--abc----\r\nContent-Type: text/html\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\nContent-Location: https://a.example.cn/n/1.html?from=timeline\r\n\r\n"
    ).encode() + encode(html.encode()) + (
        b"\r\n------MultipartBoundary--abc----\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        b"iVBORw0KGgo=\r\n------MultipartBoundary--abc------\r\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("encode", "encoding"),
    [(quopri.encodestring, "quoted-printable"), (base64.encodebytes, "base64"), (bytes, "binary"), (bytes, "8bit")],
)
def test_mhtml_gives_the_page_it_was_saved_from(encode: Callable[[bytes], bytes], encoding: str) -> None:
    body = mhtml(HTML.replace("<article>", "<p>3小时前</p><article>"), encode, encoding)
    assert is_mhtml(body)
    (article,) = read_file("noname", body, taken_at=NOW)
    assert (article.title, article.url) == ("青浦桥换桥面", "https://a.example.cn/n/1.html")
    assert article.text.split("\n") == LINES
    assert article.published_at == datetime(2026, 11, 20, 6, 30, tzinfo=CHINA)


def test_mhtml_with_alternatives_inside_and_no_address() -> None:
    body = (
        b'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="o"\n\n--o\nContent-Type: multipart/alternative; boundary=i\n\n'
        b"--i\nContent-Type: text/html; charset=gb2312\nContent-Location: https://a.example.cn/2.html\n\n"
        + HTML.replace("utf-8", "gb2312").encode("gb18030")
        + b"\n--i--\n--o--\n"
    )
    (article,) = read_file("x", body, taken_at=NOW)
    assert (article.url, article.text.split("\n")) == ("https://a.example.cn/2.html", LINES)


def test_mhtml_without_a_page() -> None:
    with pytest.raises(NotAnArticle, match="without a page"):
        read_file(
            "x.mhtml",
            b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=o\n\n--o\n\nx\n--o--",
            taken_at=NOW,
        )


def test_mhtml_of_a_tombstone() -> None:
    with pytest.raises(Gone):
        read_file("x.mhtml", mhtml(TOMBSTONE), taken_at=NOW)


def test_a_deep_nest_of_parts_ends() -> None:
    nest = b"".join(b"Content-Type: multipart/related; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000))
    with pytest.raises(NotAnArticle):
        read_file("x", b"MIME-Version: 1.0\n" + nest, taken_at=NOW)


def test_a_million_parts_end() -> None:
    started = time.process_time()
    parts = b"--o\nContent-Type: text/plain\n\n" * 1_000_000
    with pytest.raises(NotAnArticle):
        read_file("x", b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=o\n\n" + parts, taken_at=NOW)
    assert time.process_time() - started < 5


def test_a_letter_is_no_saved_page() -> None:
    assert not is_mhtml("标题：灯塔\n正文：灯塔守了三十年。\n".encode())
    assert not is_mhtml(b"Title: lighthouse\nURL Source: https://a.cn\n\nMarkdown Content:\nIt stands.")


# Pages that browsers save


@pytest.mark.parametrize(
    "comment",
    [
        "<!-- saved from url=(0030)https://a.example.cn/n/1.html -->",
        "<!--\n Page saved with SingleFile \n url: https://a.example.cn/n/1.html \n"
        " saved date: Fri Nov 20 2026 09:30:00 GMT+0800 (China Standard Time)\n-->",
    ],
)
def test_the_comment_of_a_saved_page_says_where_and_when(comment: str) -> None:
    html = HTML.replace("<head>", f"<head>{comment}").replace("<article>", "<p>3小时前</p><article>")
    at = datetime(2026, 11, 20, 9, 30, tzinfo=CHINA) if "SingleFile" in comment else NOW
    (article,) = read_file("x.html", html.encode(), taken_at=NOW)
    assert (article.url, article.published_at) == ("https://a.example.cn/n/1.html", at - timedelta(hours=3))


def outcome(body: bytes) -> list[Article] | str:
    try:
        return read_file("x", body, taken_at=NOW)
    except FetchError as error:
        return type(error).__name__


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.html")), ids=lambda path: path.stem)
def test_a_page_is_the_same_article_however_it_was_saved(path: Path) -> None:
    """Its outlet too, which only the page itself can tell."""
    page = path.read_bytes()
    saved = b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=o\n\n--o\nContent-Type: text/html\n"
    saved += b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(page) + b"--o--\n"
    assert outcome(saved) == outcome(page)
    assert outcome(gzip.compress(saved)) == outcome(page)


# Whatever the bytes

WHOLE = Warc().response("https://a.example.cn/1", HTML).response("https://a.example.cn/2", TOMBSTONE).bytes()
PLAIN = Warc(False).response("https://a.example.cn/1", HTML).response("https://a.example.cn/2", TOMBSTONE).bytes()


@given(st.sampled_from([WHOLE, PLAIN, mhtml()]), st.integers(0, 3000), st.integers(0, 60), st.binary(max_size=30))
@settings(max_examples=300, deadline=None)
def test_no_damage_brings_anything_but_typed_errors(body: bytes, at: int, length: int, junk: bytes) -> None:
    try:
        articles: list[Article] = read_file("any", body[:at] + junk + body[at + length :], taken_at=NOW)
    except FetchError:
        return
    assert all(article.text and "\ufffd" not in article.text for article in articles)


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_bytes_after_the_mark_bring_anything_but_typed_errors(tail: bytes) -> None:
    for start in (b"WARC/1.0\r\n", b"WARC/1.1\r\nWARC-Type: response\r\nContent-Length: 99999999\r\n"):
        try:
            read_file("any", start + tail, taken_at=NOW)
        except FetchError:
            continue


def test_records_carry_their_own_day() -> None:
    (page,) = warc_pages("x", io.BytesIO(Warc().response("https://a.cn/1", HTML).bytes()))
    assert isinstance(page, Page) and page.fetched_at == datetime(2026, 11, 20, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("line", [b"X: " + b"a" * 20_000_000, b"X: a\r\n" * 3_000_000], ids=["one line", "many lines"])
def test_headers_without_end_are_damage(line: bytes) -> None:
    body = gzip.compress(b"WARC/1.0\r\n" + line)
    with pytest.raises(Broken, match="damaged"):
        list(warc_pages("bomb.warc.gz", io.BytesIO(body)))
