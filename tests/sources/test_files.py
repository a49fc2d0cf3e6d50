"""What becomes of a file that somebody kept: told by its bytes, never by its name."""

from __future__ import annotations

import time
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
