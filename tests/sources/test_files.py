"""What becomes of a file that somebody kept: told by its bytes, never by its name."""

from __future__ import annotations

import gzip
import json
import time
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.errors import Broken, FetchError, NotAnArticle
from sources.outlets.files import read_file

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
PAGES = Path(__file__).parent.parent / "fixtures" / "pages"
SHARED = Path(__file__).parent.parent.parent.parent / "shared" / "pages"
LONG = "<p>甲公司今天说了很长的一段话，讲它怎样从一间车库走到今天。</p>" * 12


def test_the_name_decides_nothing() -> None:
    body = (PAGES / "wechat_article.html").read_bytes()
    for name in ("36kr.html", "a.txt", "feed.xml", "noname"):
        assert [article.outlet for article in read_file(name, body, taken_at=NOW)] == ["海边来信"]


def test_a_feed_gives_its_whole_articles() -> None:
    body = (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>某报</title>'
        f"<item><title>全文</title><link>https://a.cn/1</link><description><![CDATA[{LONG}]]></description></item>"
        "<item><title>摘要</title><link>https://a.cn/2</link><description>一句话……</description></item></channel></rss>"
    )
    assert [(one.title, one.outlet) for one in read_file("x", body.encode(), taken_at=NOW)] == [("全文", "某报")]


def test_a_feed_of_summaries_holds_no_article() -> None:
    body = '<?xml version="1.0"?><rss version="2.0"><channel><item><title>摘要</title><link>https://a.cn/2</link></item></channel></rss>'
    with pytest.raises(NotAnArticle, match="1 entries"):
        read_file("x.xml", body.encode(), taken_at=NOW)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"%PDF-1.7 \x00", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"PK\x03\x04rest", "zip"),
        (bytes(range(256)) * 4, "neither text nor a page"),
        ('{"ret":0,"newslist":[{"id":"1","title":"题"}]}'.encode(), "list of 1 rows"),
        ('{"data":{"article":[{"href":"//www.myzaker.com/article/x/","title":"题"}]}}'.encode(), "list of 1 rows"),
        ('{"date":"2026-11-21","data":[{"title":"题","url":"u"}]}'.encode(), "list of 1 rows"),
        (b'var tumblr_api_read = {"posts":[]};', "API"),
    ],
)
def test_what_is_no_article_says_why(body: bytes, reason: str) -> None:
    with pytest.raises(NotAnArticle, match=reason):
        read_file("somefile", body, taken_at=NOW)


def test_a_plain_text_goes_to_the_reader_of_dumps() -> None:
    text = "灯塔守了三十年\n\n作者：程望海\n2026-11-02 20:00\n\n" + "灯塔守了三十年，守塔人换了四个。\n" * 12
    (article,) = read_file("note.txt", text.encode(), taken_at=NOW)
    assert "守塔人换了四个" in article.text


def test_a_note_that_quotes_a_tag_is_a_note() -> None:
    text = "# 网页笔记\n\n" + "今天学会了 <p> 标签，它是一段，写网页的人天天用它，读网页的人从来看不见它。\n\n" * 8
    try:
        articles = read_file("note.md", text.encode(), taken_at=NOW)
    except NotAnArticle:
        return
    assert all("<p>" in article.text for article in articles)


@given(
    st.one_of(
        st.binary(max_size=500),
        st.text(max_size=200).map(lambda s: s.encode("utf-8", "surrogatepass")),
        st.text("<>/!divpsecriptalueh=\"' 作者：|。\n{}[]&;x\\0", max_size=300).map(lambda s: f"<html>{s}".encode()),
    )
)
@settings(max_examples=200, deadline=None)
def test_no_bytes_bring_anything_but_typed_errors(body: bytes) -> None:
    try:
        articles = read_file("any", body, taken_at=NOW)
    except FetchError:
        return
    assert all(article.text for article in articles)


@given(st.sampled_from(sorted(PAGES.glob("*.html"))), st.integers(0, 3000), st.integers(0, 200), st.binary(max_size=20))
@settings(max_examples=150, deadline=None)
def test_no_damage_to_a_page_brings_anything_but_typed_errors(path: Path, at: int, length: int, junk: bytes) -> None:
    body = path.read_bytes()
    try:
        articles = read_file("any", body[:at] + junk + body[at + length :], taken_at=NOW)
    except FetchError:
        return
    assert all(article.text and "\ufffd" not in article.text for article in articles)


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/pages is not here")
def test_lists_hold_no_articles() -> None:
    for path in sorted(SHARED.glob("*/LIST_*")):
        with pytest.raises(FetchError):
            read_file(path.name, path.read_bytes(), taken_at=NOW)


TABLES = {
    "tabs": "path\ttitle\toutlet\tauthor\n" + "a/1.html\t一条卖了四十年的船，改行卖电。\t虎嗅\t张三\n" * 3,
    "empty cells": "公司\t简称\t人\t职务\n甲公司\t\t\t董事长\n",
    "commas": "公司,人,职务\n甲公司,张三,董事长\n" + '乙公司,李四,"董事，经理。兼,秘书"\n',
    "long": "a\tb\tc\td\n" + "渔港的早晨从充电桩的嘀嘀声开始。\t2\t3\t4\n" * 5000,
    "long commas": "公司,人,职务\n" + '甲公司,张三,"渔港的早晨，从充电桩的,嘀嘀声开始。"\n' * 5000,
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_no_article(name: str) -> None:
    with pytest.raises(NotAnArticle, match="a table"):
        read_file("INDEX", TABLES[name].encode(), taken_at=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "灯塔守了三十年\n灯塔,船,人\n" + "灯塔守了三十年，守塔人换了四个。\n" * 12,
        "The keeper, the boat, the sea\n" + "He came, he saw, he went home again to his old lighthouse.\n" * 12,
        "00:01\t周密\t灯塔守了三十年，守塔人换了四个。\n" * 12,
        "灯塔\t守\t了\t三十年\n" + "灯塔守了三十年，守塔人换了四个。\n" * 12,
    ],
)
def test_a_text_with_commas_or_tabs_is_no_table(text: str) -> None:
    (article,) = read_file("note.txt", text.encode(), taken_at=NOW)
    assert article.text


def test_a_text_too_large_to_read_says_so_at_once() -> None:
    started = time.process_time()
    for body in (b"a" * 59_000_000, "渔港的早晨从充电桩的嘀嘀声开始。\n".encode() * 102_041):
        with pytest.raises(Broken, match=r"(?:59\.0|5\.0) MB of plain text, and 5 MB are read at once: split the file"):
            read_file("big.txt", body, taken_at=NOW)
    assert time.process_time() - started < 5


# JSON


LINES = [
    "青浦桥的桥面周一夜里换完，比原定早了四天，早起的货车已经可以走了。",
    "工程负责人沈柳说，行人道还要等两周，因为栏杆在路上耽搁了。",
    "桥头的早点铺老板说，这四天少卖了两百个包子，不过路平了，他也高兴。",
]
MARKUP = "".join(f"<p>{line}</p>" for line in LINES)
WHOLE = "\n".join(LINES * 4)

SHAPES: dict[str, dict[str, object]] = {
    "schema.org": {
        "headline": "青浦桥换桥面",
        "articleBody": "\n".join(LINES),
        "url": "https://a.example.cn/1",
        "datePublished": "2026-11-20T09:00:00+08:00",
        "author": {"name": "沈喆"},
        "publisher": {"name": "柳河日报"},
    },
    "html under data": {
        "data": {
            "title": "青浦桥换桥面",
            "content": MARKUP,
            "link": "https://a.example.cn/1",
            "publish_time": 1795136400,
            "authors": ["沈喆"],
            "siteName": "柳河日报",
        }
    },
    "trafilatura": {
        "title": "青浦桥换桥面",
        "author": "沈喆",
        "date": "2026-11-20 09:00",
        "source": "https://a.example.cn/1",
        "source-hostname": "柳河日报",
        "text": "\n".join(LINES),
    },
}


@pytest.mark.parametrize("shape", SHAPES)
def test_one_article_as_json(shape: str) -> None:
    (article,) = read_file("x", json.dumps(SHAPES[shape], ensure_ascii=False).encode(), taken_at=NOW)
    assert (article.title, article.url) == ("青浦桥换桥面", "https://a.example.cn/1")
    assert (article.authors, article.outlet) == (("沈喆",), "柳河日报")
    assert article.published_at == datetime(2026, 11, 20, 9, 0, tzinfo=CHINA)
    assert article.text.split("\n") == LINES


def row(number: int, text: str = WHOLE) -> dict[str, str]:
    return {"title": f"第{number}篇", "url": f"https://a.example.cn/{number}", "content": text}


def test_lists_and_lines_of_articles_without_those_that_are_summaries() -> None:
    rows = [row(1), row(2, "一句话的摘要。"), row(3), row(4, WHOLE + "……")]
    for body in (
        json.dumps(rows),
        json.dumps({"articles": rows}),
        "\n".join(map(json.dumps, rows)) + '\n{"title": "断',
    ):
        assert [one.title for one in read_file("x", body.encode(), taken_at=NOW)] == ["第1篇", "第3篇"]


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{}",
        "[1, 2]",
        json.dumps([row(1, "一句话的摘要。")] * 3),
        json.dumps({"title": "题", "url": "https://a.cn/1"}),
        "[" * 100_000,
        '{"content":' * 50_000,
    ],
)
def test_json_without_a_text_is_no_article(body: str) -> None:
    with pytest.raises(FetchError):
        read_file("x", body.encode(), taken_at=NOW)


# Notes


CLIPPED = f"""---
title: "青浦桥：换桥面"
source: "https://a.example.cn/1?utm_source=x"
author:
  - "[[沈喆]]"
published: 2026-11-20
created: 2026-11-21
tags: [桥, 路]
---
# 青浦桥：换桥面

![图](https://a.example.cn/1.jpg)
**{LINES[0]}**

- [沈柳](https://a.example.cn/p/1)说，行人道*还要*等两周。

> {LINES[2]}

***
"""


def test_a_clipped_page_as_markdown() -> None:
    (article,) = read_file("x", CLIPPED.encode(), taken_at=NOW)
    assert (article.title, article.url, article.authors) == ("青浦桥：换桥面", "https://a.example.cn/1", ("沈喆",))
    assert (article.published_at, article.precision) == (datetime(2026, 11, 20, tzinfo=CHINA), "day")
    assert article.text.split("\n") == [LINES[0], "沈柳说，行人道还要等两周。", LINES[2]]


def test_markdown_without_front_matter_is_read_like_a_text() -> None:
    lines = [
        "柳河的路灯换成了会数人的，走过一个人就亮一格。",
        "第一晚数到四百二十，第二晚数到九百，因为大家都来看灯。",
        "管灯的陆云说，数字不要紧，亮就行，他自己走了三趟。",
        "第三晚下雨，只数到十六，其中两个是同一只狗。",
    ]
    body = f"# 会数人的路灯\n\n作者：周苇\n\n2026-11-20 09:00\n\n{lines[0]}\n\n## 第二晚\n\n**{lines[1]}**\n\n{lines[2]}\n\n{lines[3]}\n"
    (article,) = read_file("note.md", body.encode(), taken_at=NOW)
    assert (article.title, article.authors) == ("会数人的路灯", ("周苇",))
    assert article.published_at == datetime(2026, 11, 20, 9, 0, tzinfo=CHINA)
    assert article.text.split("\n") == [lines[0], "第二晚", *lines[1:]]


# What others keep


def test_captions_are_a_transcript_named_by_their_file() -> None:
    cues = "".join(
        f"00:00:{at:02}.000 --> 00:00:{at + 4:02}.000\n<v 周苇>{line}\n\n" for at, line in enumerate(LINES * 3, 1)
    )
    (article,) = read_file("第三期 换桥面.vtt", f"WEBVTT\n\n{cues}".encode(), taken_at=NOW)
    assert (article.kind, article.title, article.source) == ("transcript", "第三期 换桥面", "files")
    assert article.text.startswith(f"周苇：{LINES[0]}") and "-->" not in article.text


def test_lines_with_times_are_a_transcript() -> None:
    said = "\n".join(f"[00:{at:02}:00] {LINES[at % 3] * 6}" for at in range(6))
    (article,) = read_file("x.md", f"# 第三期\n\n{said}\n".encode(), taken_at=NOW)
    assert (article.kind, article.title) == ("transcript", "第三期")
    assert LINES[1] in article.text and "[00" not in article.text


def test_a_tumblr_answer_gives_its_posts() -> None:
    post = {
        "id": "901",
        "url": "https://bridge.tumblr.com/post/901",
        "type": "regular",
        "unix-timestamp": 1795136400,
        "regular-title": "青浦桥换桥面",
        "regular-body": MARKUP,
    }
    answer = {"tumblelog": {"name": "bridge", "title": "桥"}, "posts": [post]}
    body = f"var tumblr_api_read = {json.dumps(answer)};"
    (article,) = read_file("x.js", body.encode(), taken_at=NOW)
    assert (article.article_id, article.kind) == ("tumblr:901", "post")
    assert article.text.split("\n") == LINES


# Packed and large


def test_a_gzipped_file_is_what_is_in_it() -> None:
    page = (PAGES / "wechat_article.html").read_bytes()
    assert read_file("a.html.gz", gzip.compress(page), taken_at=NOW) == read_file("a.html", page, taken_at=NOW)


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (gzip.compress(LONG.encode() * 9, mtime=0)[:-20], Broken, "cut off"),
        (b"\x1f\x8bjunk", Broken, "damaged"),
        (gzip.compress(bytes(61_000_000), mtime=0), Broken, "unpacks to more than 60,000,000 bytes"),
        (gzip.compress(gzip.compress(LONG.encode()), mtime=0), NotAnArticle, "an archive in a gzip"),
        (gzip.compress(b"", mtime=0), NotAnArticle, "empty"),
    ],
)
def test_a_gzip_that_cannot_be_read(body: bytes, kind: type[FetchError], reason: str) -> None:
    with pytest.raises(kind, match=reason):
        read_file("x.gz", body, taken_at=NOW)


def test_a_page_of_millions_of_tags_says_so_at_once() -> None:
    started = time.process_time()
    with pytest.raises(Broken, match=r"a web page of 2,000,0\d\d tags, and 500,000 are read"):
        read_file("x", b"<html><body>" + b"<b>a</b>" * 1_000_000, taken_at=NOW)
    assert time.process_time() - started < 3


@pytest.mark.parametrize("scrap", ["<!--", "[[", "[a", "![a](", "**a", "`a", "%%"])
def test_markup_that_never_ends_is_read_in_seconds(scrap: str) -> None:
    started = time.process_time()
    with suppress(NotAnArticle):
        read_file("x", f"# t\n\n## b\n{scrap * 400_000}".encode(), taken_at=NOW)
    assert time.process_time() - started < 10


SCRAPS = st.sampled_from(
    ["---\n", "title: x\n", "source: https://a.cn\n", "# 题\n", "## 二\n", "[[", "]]", "](", "![", "**", "*", "`", "```\n", "\n",
     "> ", "- ", "<!--", "\\", "\ufffd", "[00:01:02] ", "灯塔守了三十年，守塔人换了四个。", '{"title":"t","content":"', '"}', "{", "[",
     "WEBVTT\n\n", "00:01.000 --> 00:02.000\n", "MIME-Version: 1.0\n", "Content-Type: multipart/related; boundary=x\n", "--x\n"]
)  # fmt: skip


@given(st.lists(SCRAPS, max_size=60).map("".join))
@settings(max_examples=400, deadline=None)
def test_no_mixture_of_forms_brings_anything_but_typed_errors(text: str) -> None:
    for body in (text.encode(), gzip.compress(text.encode())):
        try:
            articles = read_file("any", body, taken_at=NOW)
        except FetchError:
            continue
        assert all(one.text and "\ufffd" not in one.text + one.title + one.url for one in articles)
