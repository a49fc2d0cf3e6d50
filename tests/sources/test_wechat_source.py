"""The source `use: wechat`: what it asks for, lists that WeChat itself has. Feeds and single articles:
fixtures/outlets/wechat*."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.article import Page
from sources.errors import Blocked, FetchError, LayoutChanged, RetryLater
from sources.outlets.wechat_source import Wechat
from sources.source import ListAddress

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
ALBUM = "https://mp.weixin.qq.com/mp/appmsgalbum?__biz=MzAwMDAwMDAxMQ==&action=getalbum&album_id=3000000000000000001"
ASKED_ALBUM = (
    "https://mp.weixin.qq.com/mp/appmsgalbum?action=getalbum&__biz=MzAwMDAwMDAxMQ%3D%3D&album_id=3000000000000000001"
)
HOMEPAGE = "https://mp.weixin.qq.com/mp/homepage?__biz=MzAwMDAwMDAx+Q==&hid=4&sn=abc&scene=18#wechat_redirect"
ASKED_HOMEPAGE = (
    "https://mp.weixin.qq.com/mp/homepage?__biz=MzAwMDAwMDAx%2BQ%3D%3D&hid=4&sn=abc"
    "&begin=0&count=20&action=appmsg_list&f=json"
)


def page(url: str, body: object) -> Page:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return Page(url=url, body=text.encode(), fetched_at=NOW)


def link(mid: int, idx: int = 1) -> str:
    return (
        f"http://mp.weixin.qq.com/s?__biz=MzAwMDAwMDAxMQ==&mid={mid}&idx={idx}&sn=0123456789abcdef0123456789abcdef#rd"
    )


def album_html(count: int) -> str:
    rows = "".join(
        f'<li class="album__list-item js_album_item" data-msgid="{2650000100 - n}" data-itemidx="1" '
        f'data-link="{link(2650000100 - n).replace("&", "&amp;")}" data-title="第{n}封信 &amp; 回信" data-pos_num="{n}">'
        f'<div class="album__item-content"><span class="album__item-title-wrp">第{n}封信</span>'
        f'<span class="js_article_create_time album__item-info-item">{1793620800 - n * 86400}</span></div></li>'
        for n in range(count)
    )
    return f'<!DOCTYPE html><html><body><ul class="album__list js_album_list">{rows}</ul></body></html>'


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "one or more of feed, album, homepage and articles"),
        ({"feed": "bridge.example.net/feed.xml"}, "feed: expected the address"),
        ({"album": "https://mp.weixin.qq.com/mp/appmsgalbum?__biz=a"}, "album: expected .* with __biz and album_id"),
        ({"homepage": ALBUM}, "homepage: expected"),
        ({"articles": ("https://example.com/a?token=s3cret",)}, "articles: expected addresses"),
    ],
)
def test_options_that_name_nothing_to_read_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        Wechat(**options)  # type: ignore[arg-type]
    assert "s3cret" not in str(caught.value)


def test_the_lists_are_asked_for_by_what_names_them() -> None:
    source = Wechat(feed="https://bridge.example.net/1.xml", album=ALBUM + "&from_msgid=5#x", homepage=HOMEPAGE)
    assert [one.url for one in source.lists(NOW)] == ["https://bridge.example.net/1.xml", ASKED_ALBUM, ASKED_HOMEPAGE]


def test_it_says_which_ways_are_open() -> None:
    ways = Wechat(album=ALBUM).ways()
    assert [(way.remedy, way.configured) for way in ways] == [
        ("feed", False),
        ("album", True),
        ("homepage", False),
        ("articles", False),
    ]


def test_an_album_is_read_and_goes_on_behind_its_last_article() -> None:
    source = Wechat(album=ALBUM)
    (address,) = source.lists(NOW)
    first = page(address.url, album_html(10))
    refs = source.discover(first)
    assert len(refs) == 10
    assert refs[1].article_id == "wechat:MzAwMDAwMDAxMQ==:2650000099:1"
    assert refs[1].title == "第1封信 & 回信"
    assert refs[1].published_at == datetime(2026, 11, 1, 20, 0, tzinfo=CHINA)
    second = source.older(first, address)
    assert second == ListAddress(f"{ASKED_ALBUM}&count=20&f=json&begin_msgid=2650000091&begin_itemidx=1")


def test_an_album_that_is_shown_whole_has_no_older_part() -> None:
    source = Wechat(album=ALBUM)
    assert source.older(page(ASKED_ALBUM, album_html(9)), ListAddress(ASKED_ALBUM)) is None


def test_the_older_part_of_an_album() -> None:
    source = Wechat(album=ALBUM)
    row = {
        "msgid": "2650000050",
        "itemidx": "2",
        "title": "旧信",
        "url": link(2650000050, 2),
        "create_time": "1793534400",
    }
    told = {"article_list": [row], "continue_flag": "1"}
    address = ListAddress(f"{ASKED_ALBUM}&count=20&f=json&begin_msgid=2650000091&begin_itemidx=1")
    part = page(address.url, {"base_resp": {"ret": 0}, "getalbum_resp": told})
    (ref,) = source.discover(part)
    assert (ref.article_id, ref.title) == ("wechat:MzAwMDAwMDAxMQ==:2650000050:2", "旧信")
    assert ref.published_at == datetime(2026, 11, 1, 20, 0, tzinfo=CHINA)
    older = source.older(part, address)
    assert older is not None and older.url.endswith("&begin_msgid=2650000050&begin_itemidx=2")
    # What does not move on ends it, and so does the flag; a single article comes without a list around it.
    assert source.older(part, older) is None
    last = page(older.url, {"base_resp": {"ret": 0}, "getalbum_resp": {"article_list": row, "continue_flag": "0"}})
    assert len(source.discover(last)) == 1
    assert source.older(last, older) is None


def test_a_home_page_is_read_and_counted_on() -> None:
    source = Wechat(homepage=HOMEPAGE)
    rows = [
        {"title": f"信{n}", "link": link(2650000200 + n), "digest": "摘要", "sendtime": 1793620800} for n in range(20)
    ]
    rows[3]["link"] = "https://channels.weixin.qq.com/video/1"
    part = page(ASKED_HOMEPAGE, {"ret": 0, "appmsg_list": rows, "has_more": 1})
    refs = source.discover(part)
    assert len(refs) == 19
    assert (refs[0].summary, refs[0].published_at) == ("摘要", datetime(2026, 11, 2, 20, 0, tzinfo=CHINA))
    older = source.older(part, ListAddress(ASKED_HOMEPAGE))
    assert older == ListAddress(ASKED_HOMEPAGE.replace("begin=0", "begin=20"))
    last = page(ASKED_HOMEPAGE, {"ret": 0, "appmsg_list": rows[:3]})
    assert source.older(last, ListAddress(ASKED_HOMEPAGE)) is None


def test_what_is_no_list_says_what_it_is() -> None:
    source = Wechat(album=ALBUM)
    for body, error in (
        ({"base_resp": {"ret": -1}}, RetryLater),
        ({"base_resp": {"ret": 0}}, LayoutChanged),
        ("{", LayoutChanged),
        ("<html><body>合集</body></html>", LayoutChanged),
        ("<html><body><h2>环境异常</h2><p>当前环境异常，完成验证后即可继续访问。</p></body></html>", Blocked),
    ):
        with pytest.raises(error):
            source.discover(page(ASKED_ALBUM, body))


def test_a_captcha_instead_of_an_article_is_the_sources_trouble() -> None:
    source = Wechat(articles=("https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUv",))
    blocked = page("https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUv", "<html><h2>环境异常</h2></html>")
    with pytest.raises(Blocked):
        source.discover(blocked)


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text() | st.integers(), lambda one: st.dictionaries(
    st.sampled_from(["base_resp", "ret", "getalbum_resp", "article_list", "appmsg_list", "url", "link", "title", "msgid"]),
    one | st.lists(one))).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_no_answer_makes_the_source_raise_another_error(body: bytes) -> None:
    source = Wechat(album=ALBUM, homepage=HOMEPAGE)
    for address in source.lists(NOW):
        answer = Page(url=address.url, body=body, fetched_at=NOW)
        with suppress(FetchError):
            source.discover(answer)
            source.older(answer, address)
