"""A list names an article, and the redirect leads somewhere: to it, to another, or to the front page."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from sources.article import ArticleRef, Page
from sources.errors import Gone, NotAnArticle
from sources.identity import identify
from sources.outlets.feed import Feed
from sources.outlets.kr36 import Kr36
from sources.outlets.pages import read_page
from sources.redirects import resolved

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=timezone(timedelta(hours=8)))
PAGES = Path(__file__).parent.parent / "fixtures" / "pages"


def listed(url: str) -> ArticleRef:
    identity = identify(url)
    return ArticleRef(source="news", article_id=identity.article_id, url=identity.url, title="列表里的标题")


def read(url: str, final: str, body: bytes = b"") -> Page:
    return Page(url=url, final_url=final, body=body, fetched_at=NOW)


@pytest.mark.parametrize(
    ("url", "final"),
    [
        ("https://36kr.com/p/3900000000000001", "https://www.36kr.com/p/3900000000000001?f=rss"),
        ("https://36kr.com/newsflashes/3900000000000001", "https://36kr.com/p/3900000000000001"),
        ("https://news.qq.com/rain/a/20201130A0G1JJ00", "https://view.inews.qq.com/a/20201130A0G1JJ00"),
        ("http://tech.qq.com/a/20160309/007103.htm", "https://new.qq.com/omn/20160309/20160309A0071030.html"),
        ("https://mp.weixin.qq.com/s/KDWh_qGpFN5Vu1TR9t30Mw", "https://mp.weixin.qq.com/s?__biz=MzI2NDk5NzA0Mw==&mid=1&idx=1"),
        ("https://news.example.cn/a/20261120/1.html", "https://www.news.example.cn/a/20261120/1.html"),
        ("https://news.example.cn/post/four-words-of-it/amp", "https://news.example.cn/post/four-words-of-it"),
        ("https://news.example.cn/a/1", "https://news.example.cn/?p=4711"),
        ("https://event.example.cn/", "https://www.event.example.cn/"),
        ("https://a.example.cn/1", ""),
    ],
)  # fmt: skip
def test_the_same_article_elsewhere_is_the_listed_one(url: str, final: str) -> None:
    ref = listed(url)
    assert resolved(read(url, final), ref).article_id == ref.article_id


@pytest.mark.parametrize(
    ("url", "final"),
    [
        ("https://36kr.com/p/3900000000000001", "https://36kr.com/"),
        ("https://36kr.com/newsflashes/3900000000000001", "https://36kr.com/newsflashes"),
        ("https://news.example.cn/a/20261120/1.html", "https://news.example.cn/index.html?from=gone"),
        ("https://news.example.cn/a/20261120/1234.html", "https://www.news.example.cn/a/"),
        ("https://news.example.cn/story/four-words-of-it", "https://news.example.cn/story"),
        ("https://news.example.cn/?p=4711", "https://news.example.cn/"),
    ],
)
def test_a_front_or_list_page_means_that_the_article_is_gone(url: str, final: str) -> None:
    with pytest.raises(Gone, match="front or list page"):
        resolved(read(url, final), listed(url))


@pytest.mark.parametrize(
    ("url", "final", "other"),
    [
        ("https://36kr.com/p/3900000000000001", "https://36kr.com/p/3900000000000002", "36kr:3900000000000002"),
        ("https://36kr.com/p/3900000000000001", "https://news.qq.com/rain/a/20201130A0G1JJ00", "qq:20201130A0G1JJ00"),
    ],
)
def test_another_articles_id_is_not_stored_under_the_listed_one(url: str, final: str, other: str) -> None:
    with pytest.raises(NotAnArticle, match=other):
        resolved(read(url, final), listed(url))


def test_an_unknown_address_takes_the_native_id_it_leads_to() -> None:
    url = "https://links.example.com/r/abc"
    found = resolved(read(url, "https://36kr.com/p/3900000000000001?f=rss"), listed(url))
    assert (found.article_id, found.url) == ("36kr:3900000000000001", "https://36kr.com/p/3900000000000001")


def test_a_list_is_told_by_the_redirect_alone() -> None:
    """A feed may list a page that lies at a folder's address."""
    url = "https://news.example.cn/story/"
    assert resolved(read(url, url), listed(url)).url == url


def test_the_outlets_look() -> None:
    url, body = "https://36kr.com/p/3900000000000001", (PAGES / "kr36_state.html").read_bytes()
    for final, error in (("https://36kr.com/", Gone), ("https://36kr.com/p/3900000000000002", NotAnArticle)):
        with pytest.raises(error):
            Kr36().parse(read(url, final, body), listed(url))
        with pytest.raises(error):
            read_page(read(url, final, body), ref=listed(url))
    proxied = "https://links.example.com/r/abc"
    article = Feed(id="news", url="https://links.example.com/feed").parse(read(proxied, url, body), listed(proxied))
    assert article.article_id == "36kr:3900000000000001"
    assert resolved(read(url, url), listed(url)).article_id == article.article_id


def test_the_reason_keeps_tokens_to_itself() -> None:
    url = "https://news.example.cn/a/1?access_token=abc123"
    with pytest.raises(Gone) as caught:
        resolved(read(url, "https://news.example.cn/?session=secretvalue"), listed(url))
    assert "abc123" not in str(caught.value) and "secretvalue" not in str(caught.value) + caught.value.url
