"""Sitemaps as hosts really serve them, and how a source goes through them."""

from __future__ import annotations

import gzip
import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.article import Page
from sources.errors import Blocked, Broken, FetchError, LayoutChanged
from sources.outlets.sitemap import SitemapSource
from sources.sitemaps import read_sitemap
from sources.source import ListAddress

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
URL = "https://a.example.cn/sitemap.xml"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def page(body: str | bytes, url: str = URL) -> Page:
    return Page(url=url, body=body.encode() if isinstance(body, str) else body, fetched_at=NOW)


def urlset(*entries: str) -> str:
    return f'{HEAD}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(entries)}</urlset>'


def url(path: str, changed: str = "") -> str:
    return f"<url><loc>https://a.example.cn{path}</loc>{f'<lastmod>{changed}</lastmod>' if changed else ''}</url>"


def index(*entries: tuple[str, str]) -> str:
    rows = "".join(
        f"<sitemap><loc>https://a.example.cn{path}</loc><lastmod>{at}</lastmod></sitemap>" for path, at in entries
    )
    return f"{HEAD}<sitemapindex>{rows}</sitemapindex>"


def source(**options: Any) -> SitemapSource:
    return SitemapSource(id="s", url=URL, **options)


def paths(body: str | bytes, **options: Any) -> list[str]:
    return [ref.url.removeprefix("https://a.example.cn") for ref in source(**options).discover(page(body))]


def test_newest_first_old_ones_left_out_undated_ones_last() -> None:
    body = urlset(
        url("/undated"),
        url("/old", "2026-11-13"),
        url("/friday", "2026-11-20T08:00:00+08:00"),
        url("/monday", "2026-11-16"),
        url("/2099", "2099-01-01"),  # no time that can be believed
        url("/1970", "1970-01-01T00:00:00Z"),
    )
    assert paths(body) == ["/friday", "/monday", "/undated", "/2099", "/1970"]
    assert paths(body, newest=1) == ["/friday"]
    assert paths(body, max_age=timedelta(days=30)) == ["/friday", "/monday", "/old", "/undated", "/2099", "/1970"]


def test_lastmod_is_no_publish_time() -> None:
    (ref,) = source().discover(page(urlset(url("/a", "2026-11-20"))))
    assert (ref.published_at, ref.precision) == (None, "unknown")


def test_only_addresses_that_are_included_and_each_once() -> None:
    body = urlset(url("/a/1"), url("/video/1"), url("/a/1?utm_source=x"), url("/a/2"))
    assert paths(body, include=r"/a/\d") == ["/a/1", "/a/2"]


def test_prefixes_cdata_escapes_and_a_list_that_breaks_off() -> None:
    body = (
        f'{HEAD}<s:urlset xmlns:s="x"><s:url><s:loc>\n <![CDATA[https://a.example.cn/1?a=1&b=2]]> </s:loc></s:url>'
        "<s:url><s:loc>https://a.example.cn/2?a=1&amp;b=2</s:loc></s:url><s:url><s:loc>https://a.example.cn/3</s"
    )
    assert paths(body) == ["/1?a=1&b=2", "/2?a=1&b=2", "/3"]
    assert read_sitemap(page(body)).entries[1].url == "https://a.example.cn/2?a=1&b=2"


def test_an_address_of_http_is_asked_as_listed() -> None:
    (ref,) = source().discover(page(urlset("<url><loc>http://b.example.cn/1</loc></url>")))
    assert (ref.url, ref.fetch_url) == ("https://b.example.cn/1", "http://b.example.cn/1")


def test_an_honestly_empty_sitemap() -> None:
    assert paths(urlset()) == []
    assert paths(f"{HEAD}<urlset/>") == []


def test_gzip_inside_the_body() -> None:
    whole = gzip.compress(urlset(url("/a")).encode())
    assert paths(whole) == ["/a"]
    with pytest.raises(Broken, match="cut off"):
        paths(whole[:-12])
    with pytest.raises(Broken, match="unpacks to more than 60,000,000 bytes"):
        paths(gzip.compress(b"\x00" * 61_000_000))


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ("", LayoutChanged, "no sitemap"),
        ("<!doctype html><html><body>404</body></html>", LayoutChanged, "robots.txt"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), LayoutChanged, "no sitemap"),
        ("<html><script>window._cf_chl_opt={}</script></html>", Blocked, "cloudflare"),
        (urlset("<url><loc>javascript:alert(1)</loc></url>"), LayoutChanged, "none of the sitemap's 1 entries"),
    ],
)
def test_what_is_no_sitemap(body: str | bytes, kind: type[FetchError], words: str) -> None:
    with pytest.raises(kind, match=words):
        paths(body)


INDEX = index(
    ("/old.xml", "2026-10-01"), ("/2.xml", "2026-11-19"), ("/1.xml", "2026-11-21T08:00:00+08:00"), ("/3.xml", "2026-11-18")
)  # fmt: skip


def chain(one: SitemapSource) -> list[str]:
    """The sitemaps read for an index, as far as older() leads."""
    address, body, seen = ListAddress(URL), INDEX, []
    while (following := one.older(page(body, address.url), address)) is not None:
        assert following.optional and following.url not in seen
        seen.append(following.url)
        address, body = following, urlset()
    return [address.removeprefix("https://a.example.cn") for address in seen]


def test_an_index_leads_to_its_newest_children() -> None:
    assert source().discover(page(INDEX)) == []
    assert chain(source()) == ["/1.xml", "/2.xml", "/3.xml"]
    assert chain(source(children=2)) == ["/1.xml", "/2.xml"]
    assert chain(source(max_age=timedelta(days=100), children=9))[-1] == "/old.xml"


def test_a_plain_sitemap_and_an_index_inside_an_index_lead_nowhere() -> None:
    assert source().older(page(urlset(url("/a"))), ListAddress(URL)) is None
    one = source(children=1)
    assert one.older(page(INDEX), ListAddress(URL)) == ListAddress("https://a.example.cn/1.xml", optional=True)
    assert one.older(page(INDEX), ListAddress("https://a.example.cn/1.xml")) is None
    assert source().older(page(index(("/sitemap.xml", "2026-11-21"))), ListAddress(URL)) is None


@pytest.mark.parametrize(
    ("options", "words"),
    [({"newest": 0}, "newest"), ({"children": 0}, "children"), ({"include": "(a"}, "include: expected a regular")],
)
def test_options_that_cannot_be_meant(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        source(**options)


def test_fifty_thousand_entries_and_hostile_tags_are_read_in_seconds() -> None:
    started = time.process_time()
    body = urlset(*(url(f"/{number}", "2026-11-20") for number in range(50_000)))
    assert len(paths(body)) == 100
    for hostile in ("<url>" * 200_000, "<loc><![CDATA[" * 100_000, "<url " * 200_000, "<a:loc" * 200_000):
        with pytest.raises(LayoutChanged):
            paths(f"{HEAD}<urlset><url>{hostile}")
    assert time.process_time() - started < 10


PIECES = st.sampled_from(
    ["<urlset>", "<url>", "</url>", "<loc>", "</loc>", "https://a.cn/1", "<![CDATA[", "]]>", "<news:title>", "&amp;", "&#55296;",
     "<lastmod>", "2026-11-20", "9999-99-99", "\x00", "\ufffd", "http://[", "<sitemapindex>", "<image:loc>", "名"]
)  # fmt: skip


@given(
    st.one_of(
        st.binary(max_size=300), st.lists(PIECES, max_size=40).map(lambda some: ("<urlset>" + "".join(some)).encode())
    )
)
@settings(max_examples=300, deadline=None)
def test_no_bytes_bring_anything_but_typed_errors(body: bytes) -> None:
    for raw in (body, gzip.compress(body)):
        try:
            read_sitemap(page(raw))
            refs = source().discover(page(raw))
        except FetchError:
            continue
        assert all("\ufffd" not in ref.url + ref.title for ref in refs)
