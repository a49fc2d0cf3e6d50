"""Feeds of every format, healthy and not."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.article import ArticleRef, Page
from sources.errors import Blocked, FetchError, LayoutChanged
from sources.feeds import read_feed
from sources.outlets.feed import Feed

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
SHARED = Path(__file__).parent.parent.parent.parent / "shared" / "pages"
LONG = "<p>甲公司今天说了很长的一段话，讲它怎样从一间车库走到今天。</p>" * 12


def read(body: str | bytes, content_type: str = "") -> list[ArticleRef]:
    raw = body.encode() if isinstance(body, str) else body
    page = Page(url="https://news.example.cn/feed", body=raw, fetched_at=NOW, content_type=content_type)
    return read_feed(page, source="news", outlet="某报")


def rss(items: str, head: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>某报</title><link>https://news.example.cn/</link>'
        f"{head}{items}</channel></rss>"
    )


def test_rss_2() -> None:
    (ref,) = read(
        rss(
            "<item><title><![CDATA[甲与乙 &amp; 丙]]></title><link>https://news.example.cn/a/1?utm_source=rss</link>"
            "<pubDate>Fri, 20 Nov 2026 10:00:00 +0800</pubDate><dc:creator>张三</dc:creator>"
            f"<description>短摘要……</description><content:encoded><![CDATA[{LONG}]]></content:encoded></item>"
        )
    )
    assert ref.title == "甲与乙 & 丙"
    assert ref.url == "https://news.example.cn/a/1"
    assert ref.published_at == datetime(2026, 11, 20, 10, 0, tzinfo=CHINA)
    assert ref.authors == ("张三",)
    assert ref.summary == "短摘要……"
    assert ref.article is not None and ref.article.kind == "article"
    assert ref.article.text.split("\n") == ["甲公司今天说了很长的一段话，讲它怎样从一间车库走到今天。"] * 12
    assert ref.article.article_id == ref.article_id


def test_rss_1() -> None:
    (ref,) = read(
        '<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://a.cn/"><title>T</title><link>https://a.cn/</link>'
        '</channel><item rdf:about="https://a.cn/1"><title>旧格式</title><link>https://a.cn/1</link>'
        "<dc:date>2026-11-20T08:00:00+08:00</dc:date><description>一句话。</description></item></rdf:RDF>"
    )
    assert (ref.title, ref.url) == ("旧格式", "https://a.cn/1")
    assert ref.published_at == datetime(2026, 11, 20, 8, 0, tzinfo=CHINA)
    assert ref.article is not None and ref.article.kind == "partial"


def test_atom() -> None:
    (ref,) = read(
        '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><link href="https://a.cn/"/>'
        '<entry><title type="html">&lt;b&gt;原子&lt;/b&gt;</title><link rel="alternate" href="/post/2"/><id>tag:a.cn,2</id>'
        f'<published>2026-11-20T00:00:00Z</published><author><name>李四</name></author><content type="html"><![CDATA[{LONG}]]></content>'
        "</entry></feed>"
    )
    assert (ref.title, ref.url, ref.authors) == ("原子", "https://a.cn/post/2", ("李四",))
    assert ref.published_at == datetime(2026, 11, 20, 8, 0, tzinfo=CHINA)
    assert ref.article is not None and ref.article.kind == "article"


def test_json_feed() -> None:
    (ref, bare) = read(
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "title": "T",
                "items": [
                    {
                        "id": "1",
                        "url": "https://a.cn/3",
                        "title": "JSON 的",
                        "content_html": LONG,
                        "date_published": "2026-11-20T09:00:00+08:00",
                        "authors": [{"name": "王五"}],
                    },
                    {"id": "https://a.cn/4", "title": "只有标题"},
                ],
            }
        )
    )
    assert (ref.url, ref.authors) == ("https://a.cn/3", ("王五",))
    assert ref.published_at == datetime(2026, 11, 20, 9, 0, tzinfo=CHINA)
    assert ref.article is not None and ref.article.kind == "article"
    assert (bare.url, bare.article) == ("https://a.cn/4", None)


def test_36kr_dates_and_newsflashes_that_the_feed_carries_whole() -> None:
    flash, article = read(
        rss(
            "<item><title>某公司上市</title><link><![CDATA[https://36kr.com/newsflashes/3896306415568771?f=rss]]></link>"
            "<pubDate>2026-07-15 11:05:44  +0800</pubDate><description><![CDATA[36氪获悉，某公司今日上市。]]></description></item>"
            "<item><title>长文</title><link><![CDATA[https://36kr.com/p/3896306415568772?f=rss]]></link>"
            "<pubDate>2026-07-15 11:05:44  +0800</pubDate><description><![CDATA[<p>只有开头。</p>]]></description></item>"
        )
    )
    assert flash.published_at == datetime(2026, 7, 15, 11, 5, 44, tzinfo=CHINA)
    assert (flash.article_id, flash.article and flash.article.kind) == ("36kr:3896306415568771", "newsflash")
    assert (article.article_id, article.article and article.article.kind) == ("36kr:3896306415568772", "partial")


@pytest.mark.parametrize("ending", ["……", "...", "[…]", "阅读全文", "Read more »"])
def test_long_text_that_ends_like_a_teaser_is_partial(ending: str) -> None:
    (ref,) = read(
        rss(
            f"<item><title>t</title><link>https://a.cn/1</link><description><![CDATA[{LONG}<p>还有{ending}</p>]]></description></item>"
        )
    )
    assert ref.article is not None and ref.article.kind == "partial"


def test_cdata_escaped_once_too_often() -> None:
    escaped = f"&lt;![CDATA[ {LONG.replace('<', '&lt;').replace('>', '&gt;')} ]]&gt;"
    (ref,) = read(
        rss(f"<item><title>t</title><link>https://a.cn/1</link><content:encoded>{escaped}</content:encoded></item>")
    )
    assert ref.article is not None
    assert ref.article.text.startswith("甲公司") and ref.article.text.endswith("今天。")


def test_gb2312_feed() -> None:
    body = (
        rss("<item><title>王喆与谭祎</title><link>https://a.cn/1</link></item>")
        .replace("UTF-8", "gb2312")
        .encode("gb18030")
    )
    assert read(body)[0].title == "王喆与谭祎"


def test_broken_xml_is_read_as_far_as_it_goes() -> None:
    body = rss("<item><title>好 & 坏 \x0b</title><link>https://a.cn/1</link></item><item><title>断")
    assert read(body.removesuffix("</channel></rss>"))[0].url == "https://a.cn/1"


def test_an_entry_twice_is_one_and_the_order_stays() -> None:
    item = "<item><title>t{0}</title><link>https://a.cn/{0}</link></item>"
    assert [ref.title for ref in read(rss(item.format(2) + item.format(1) + item.format(2)))] == ["t2", "t1"]


def test_an_empty_feed_is_honest() -> None:
    assert read(rss("")) == []


def test_entries_that_name_nothing_are_a_changed_layout() -> None:
    with pytest.raises(LayoutChanged, match="2 entries"):
        read(rss("<item><category>x</category></item><item><category>y</category></item>"))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("", LayoutChanged),
        ("<!DOCTYPE html><html><head><title>首页</title></head><body><p>欢迎光临。</p></body></html>", LayoutChanged),
        ('<script>window.location="/rss"</script>', LayoutChanged),
        ('{"code": 403}', LayoutChanged),
        ("not a feed", LayoutChanged),
        (
            '<html><head><title>36氪</title><script src="https://lf-cdn-tos.bytescm.com/obj/captcha/index.js"></script></head><body>完成验证后继续</body></html>',
            Blocked,
        ),
    ],
)
def test_something_else_than_a_feed(body: str, error: type[FetchError]) -> None:
    with pytest.raises(error):
        read(body)


def test_a_http_address_is_fetched_as_listed_and_kept_as_https() -> None:
    (ref,) = read(rss("<item><title>t</title><link>http://old.example.cn/1</link></item>"))
    assert (ref.url, ref.fetch_url) == ("https://old.example.cn/1", "http://old.example.cn/1")


def test_ten_thousand_items() -> None:
    items = "".join(f"<item><title>标题{i}</title><link>https://a.cn/{i}</link></item>" for i in range(10_000))
    refs = read(rss(items))
    assert (len(refs), refs[0].title, refs[-1].title) == (10_000, "标题0", "标题9999")


def test_a_ref_survives_its_way_through_the_frontier() -> None:
    (ref,) = read(
        rss(f"<item><title>t</title><link>https://a.cn/1</link><description><![CDATA[{LONG}]]></description></item>")
    )
    assert ArticleRef.from_json(ref.to_json()) == ref


def test_the_feed_source() -> None:
    source = Feed(id="huxiu", outlet="虎嗅", url="https://rss.huxiu.com/")
    assert [one.url for one in source.lists(NOW)] == ["https://rss.huxiu.com/"]
    page = Page(
        url="https://rss.huxiu.com/",
        body=rss("<item><title>t</title><link>https://a.cn/1</link></item>").encode(),
        fetched_at=NOW,
    )
    (ref,) = source.discover(page)
    assert ref.source == "huxiu"
    body = "<html><head><title>t</title></head><body><article><p>第一段，讲了一些事情，讲得不短。</p><p>第二段，又讲了一些事情，也讲得不短，有头有尾，读者看得明白。</p><p>第三段，收尾，说的是前两段没有说完的事情。</p></article></body></html>"
    article = source.parse(Page(url="https://a.cn/1", body=body.encode(), fetched_at=NOW), ref)
    assert (article.source, article.outlet, article.article_id) == ("huxiu", "虎嗅", ref.article_id)


@given(st.one_of(st.binary(max_size=400), st.binary(max_size=200).map(lambda junk: rss("<item>").encode() + junk)))
@settings(max_examples=150, deadline=None)
def test_no_bytes_bring_anything_but_typed_errors(body: bytes) -> None:
    try:
        refs = read(body)
    except FetchError:
        return
    assert all(ref.article_id for ref in refs)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["items", "url", "id", "title", "content_html", "authors", "author", "name", "date_published"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
@settings(max_examples=150, deadline=None)
def test_no_json_brings_anything_but_typed_errors(value: object) -> None:
    for body in (json.dumps(value), json.dumps({"version": "https://jsonfeed.org/version/1", "items": value})):
        try:
            read(body)
        except FetchError:
            continue


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/pages is not here")
def test_the_saved_feeds() -> None:
    page = Page(url="", body=(SHARED / "36kr" / "tomdhyang_user_feed.xml").read_bytes(), fetched_at=NOW)
    refs = read_feed(page, source="x", outlet="36氪")
    assert [ref.article_id for ref in refs] == ["36kr:3532943217940873", "36kr:3517118304246152"]
    assert refs[0].published_at == datetime(2025, 10, 31, 20, 28, 28, tzinfo=CHINA)
    second = refs[1].article
    assert second is not None and second.authors == ("刀客doc",)
    assert second.text.endswith("这也许不是谷歌的初衷，但却是隐私沙盒关停后留下的真实后果。")
