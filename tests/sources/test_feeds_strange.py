"""What a feed's address gives when it gives no feed, or a strange one; and JSON Feeds that page."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.article import ArticleRef, Page
from sources.errors import FetchError, LayoutChanged
from sources.outlets.feed import Feed
from sources.outlets.jsonfeed import JsonFeed
from sources.source import ListAddress

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
URL = "https://news.example.cn/feed"
LONG = "<p>青浦桥的桥面周一夜里换完，比原定早了四天，早起的货车已经可以走了。</p>" * 12


def page(body: str | bytes, url: str = URL) -> Page:
    return Page(url=url, body=body.encode() if isinstance(body, str) else body, fetched_at=NOW)


def refs(body: str | bytes) -> list[ArticleRef]:
    return Feed(id="news", url=URL).discover(page(body))


def rss(items: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>某报</title>{items}</channel></rss>'
    )


# A web page


def linked(*links: str) -> str:
    return f"<!DOCTYPE html><html><head><title>某报</title>{''.join(links)}</head><body><p>首页</p></body></html>"


def test_a_web_page_names_the_feeds_that_it_links() -> None:
    body = linked(
        '<link rel="stylesheet" href="/a.css">',
        '<link rel="alternate" hreflang="en" href="/en/">',
        '<link rel="alternate" type="application/rss+xml" title="全部" href="/rss.xml?token=abc123">',
        '<link rel="ALTERNATE nofollow" type="application/atom+xml; charset=utf-8" href="//feeds.example.cn/atom">',
        '<link rel="alternate" type="application/feed+json" href="feed.json">',
        '<link rel="alternate" type="application/rss+xml" href="/fourth.xml">',
    )
    with pytest.raises(LayoutChanged) as caught:
        refs(body)
    message = str(caught.value)
    assert (
        "https://news.example.cn/rss.xml?token=…, https://feeds.example.cn/atom, https://news.example.cn/feed.json"
        in message
    )
    assert "put that under `url`" in message and "fourth" not in message and "/en/" not in message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (linked(), "a web page instead of a feed, and it links none"),
        (linked('<link rel="alternate" type="application/rss+xml" href="javascript:x">'), "it links none"),
        ("", "an empty answer"),
        ("var feed = {};", "something else"),
        ("callback({'items': []})", "something else"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "something else"),
        ('{"items": ', "neither a feed nor JSON"),
        ('{"data": []}', "JSON without `items`"),
        ('{"items": {}}', "JSON without `items`"),
    ],
)
def test_no_feed_says_what_it_is(body: str | bytes, words: str) -> None:
    with pytest.raises(LayoutChanged, match=words):
        refs(body)


# Strange feeds


def test_an_empty_list_is_honest() -> None:
    assert refs(rss("")) == []
    assert refs('{"version": "https://jsonfeed.org/version/1.1", "items": []}') == []
    assert refs('<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title></feed>') == []


@pytest.mark.parametrize("raw", ["Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 2099 00:00:00 GMT", "0", "gestern", ""])
def test_a_time_that_cannot_be_is_no_time(raw: str) -> None:
    (ref,) = refs(rss(f"<item><title>题</title><link>https://a.cn/1</link><pubDate>{raw}</pubDate></item>"))
    assert (ref.published_at, ref.precision) == (None, "unknown")


def test_a_wrong_label_of_the_charset() -> None:
    body = rss("<item><title>王喆与谭祎</title><link>https://a.cn/1</link></item>")
    for raw in (
        body.replace("UTF-8", "gb2312").encode(),
        body.encode("gb18030"),
        body.replace("UTF-8", "latin-1").encode(),
    ):
        assert [ref.title for ref in refs(raw)] == ["王喆与谭祎"]


def test_a_feed_that_breaks_off_in_an_item() -> None:
    body = rss(
        f"<item><title>好</title><link>https://a.cn/1</link></item><item><title>断</title><link>https://a.cn/2</link><description>{LONG}"
    )
    assert refs(body[: body.index("比原定")])[0].title == "好"


# JSON Feed


def json_feed(**more: object) -> str:
    item = {"id": "1", "url": "https://a.cn/1", "title": "题", "content_html": LONG}
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "某报", "items": [item], **more})


def older(body: str, url: str = URL) -> ListAddress | None:
    return JsonFeed(id="j", url=URL).older(page(body, url), ListAddress(url))


def test_its_older_entries_are_followed() -> None:
    assert older(json_feed(next_url="/feed?page=2")) == ListAddress(
        "https://news.example.cn/feed?page=2", optional=True
    )
    for nothing in ({}, {"next_url": URL}, {"next_url": 3}, {"next_url": "javascript:x"}, {"next_url": "http://["}):
        assert older(json_feed(**nothing)) is None
    assert older("[]") is None and older("<html>") is None


def test_an_xml_feed_at_the_address_of_a_json_feed_has_changed() -> None:
    source = JsonFeed(id="j", url=URL)
    assert [ref.title for ref in source.discover(page(json_feed()))] == ["题"]
    with pytest.raises(LayoutChanged, match="use `feed` for it"):
        source.discover(page(rss("")))
    with pytest.raises(LayoutChanged, match="web page"):
        source.discover(page("<html><body>x</body></html>"))


SCRAPS = st.sampled_from(
    ["<rss>", "<channel>", "<item>", "</item>", "<link>", "https://a.cn/1", "<title>", "&#xd83d;", "&#x110000;", "<![CDATA[", "]]>",
     "<entry>", "<rdf:RDF>", '{"items":[', '{"url":"http://[",', '"title":', "\\ud83d", "null", "]}", "<html>", "<link rel=alternate type=application/rss+xml href=",
     "<!DOCTYPE x [<!ENTITY a 'b'>]>", "&a;", "\x00", "\ufffd", "名"]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=300), st.lists(SCRAPS, max_size=40).map(lambda some: "".join(some).encode())))
@settings(max_examples=300, deadline=None)
def test_no_bytes_bring_anything_but_typed_errors(body: bytes) -> None:
    for source in (Feed(id="f", url=URL), JsonFeed(id="j", url=URL)):
        source.older(page(body), ListAddress(URL))
        try:
            found = source.discover(page(body))
        except FetchError:
            continue
        assert all("\ufffd" not in ref.title + ref.url + ref.summary for ref in found)


def test_an_author_without_end_holds_nothing_up() -> None:
    """feedparser's own pattern for addresses took minutes for this; the test's time limit is what would fail."""
    names = "".join(f"<{tag}>{'a' * 300_000}</{tag}>" for tag in ("author", "dc:creator", "itunes:author"))
    feed = rss(f"<item><title>题</title><link>https://a.example.cn/1</link>{names}</item>")
    [ref] = refs(feed.replace("<rss ", '<rss xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '))  # fmt: skip
    assert ref.title == "题"
