"""虎嗅's pages of every generation. More of them: tests/fixtures/outlets/huxiu, tests/fixtures/pages/site_huxiu_state."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.article import Article, ArticleRef, Page
from sources.document import Document
from sources.errors import Blocked, FetchError, LayoutChanged, NotAnArticle
from sources.identity import identify
from sources.outlets import huxiu_pages
from sources.outlets.files import read_file
from sources.outlets.huxiu import Huxiu

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
URL = "https://www.huxiu.com/article/4800001.html"
BODY = "<p>夜里三点，便利店的灯还亮着，店员何小满在数硬币。</p>"
TEXT = "夜里三点，便利店的灯还亮着，店员何小满在数硬币。"


def page(body: str, url: str = URL) -> Page:
    return Page(url=url, body=body.encode(), fetched_at=NOW)


def parsed(body: str, url: str = URL) -> Article:
    identity = identify(url)
    return Huxiu().parse(page(body, url), ArticleRef("huxiu", identity.article_id, identity.url, title="列表里的标题"))


def stated(detail: object) -> str:
    told = json.dumps({"articleDetail": {"articleDetail": detail}}, ensure_ascii=False, separators=(",", ":"))
    told = told.replace("</", "<\\/")
    return f"<html><body><img src='//img.huxiucdn.com/x.png'><script>window.__INITIAL_STATE__={told};(function(){{}})()</script></body></html>"


def nuxt(*values: object) -> str:
    told = json.dumps([["ShallowReactive", 1], {"data": 2}, *values], ensure_ascii=False)
    return f'<html><body><script type="application/json" id="__NUXT_DATA__">{told}</script></body></html>'


def test_it_asks_for_its_feed() -> None:
    assert [(one.url, one.optional) for one in Huxiu().lists(NOW)] == [("https://rss.huxiu.com/", False)]


def test_list_pages_are_asked_for_where_they_are_named() -> None:
    pages = ("https://www.huxiu.com/article/", "https://www.huxiu.com/channel/105.html")
    assert [one.url for one in Huxiu(pages=pages).lists(NOW)] == ["https://rss.huxiu.com/", *pages]
    for wrong in ("https://www.huxiu.com/article/4800001.html", "https://example.com/channel/105.html", "前沿科技"):
        with pytest.raises(ValueError, match="pages: expected list pages"):
            Huxiu(pages=(wrong,))


def test_a_list_page_without_cards_has_changed_and_a_challenge_is_blocked() -> None:
    url = "https://www.huxiu.com/channel/105.html"
    with pytest.raises(LayoutChanged):
        Huxiu().discover(page("<html><body><a href='/article/4800001.html'>题</a></body></html>", url))
    with pytest.raises(Blocked):
        Huxiu().discover(page("<html><head><title>安全验证</title></head><body>请完成安全验证</body></html>", url))


@pytest.mark.parametrize(
    ("told", "expected", "precision"),
    [
        ({"dateline": 1795161731}, "2026-11-20T16:02:11+08:00", "second"),
        ({"publish_time": "1795161731"}, "2026-11-20T16:02:11+08:00", "second"),
        ({"publish_time": "2026-11-20 16:02", "dateline": "1795161731"}, "2026-11-20T16:02:11+08:00", "second"),
        ({"publish_time": "2026-11-20 16:02"}, "2026-11-20T16:02:00+08:00", "minute"),
        ({"publish_time": "3小时前"}, "2026-11-21T09:00:00+08:00", "hour"),
        ({"dateline": 4089801600}, None, "unknown"),
        ({"dateline": 0}, None, "unknown"),
        ({}, None, "unknown"),
    ],
)
def test_times(told: dict[str, object], expected: str | None, precision: str) -> None:
    read = parsed(stated({"title": "题", "content": BODY, **told}))
    assert (read.published_at and read.published_at.isoformat(), read.precision) == (expected, precision)


@pytest.mark.parametrize(
    ("told", "authors"),
    [
        ({"user_info": {"username": "夜行者"}, "author_info": {"username": "别人"}}, ("夜行者",)),
        ({"user_info": {"username": ""}, "author_info": {"username": "白鹭洲"}}, ("白鹭洲",)),
        ({"publisher_list": [{"username": "早报小组"}]}, ("早报小组",)),
        ({"user_info": None}, ()),
        ({"content_preface": "<p>作者｜苗雨点</p>", "user_info": {"username": "夜行者"}}, ("苗雨点",)),
    ],
)
def test_authors(told: dict[str, object], authors: tuple[str, ...]) -> None:
    assert parsed(stated({"title": "题", "content": BODY, **told})).authors == authors


def test_the_lead_stands_before_the_text() -> None:
    told = {"title": "题", "content": BODY, "content_preface": "<p>一座城市最亮的地方，是最小的店。</p>"}
    assert parsed(stated(told)).text == f"一座城市最亮的地方，是最小的店。\n{TEXT}"


def test_a_saved_page_names_itself_by_its_number() -> None:
    (read,) = read_file("saved.html", stated({"aid": "4800001", "title": "题", "content": BODY}).encode(), taken_at=NOW)
    assert (read.url, read.source, read.outlet) == (URL, "huxiu", "虎嗅")


def test_the_brief_is_read_from_its_own_module() -> None:
    told = {
        "briefStoreModule": {
            "brief_detail": {"brief": {"title": "早报", "content": BODY, "publish_time": "1795161731"}}
        }
    }
    html = f"<script>window.__INITIAL_STATE__={json.dumps(told)};(function(){{}})()</script>"
    read = parsed(html, "https://www.huxiu.com/brief/900.html")
    assert (read.title, read.text) == ("早报", TEXT)


def test_numbered_values_are_looked_up_through_their_wrappers() -> None:
    html = nuxt(
        ["Reactive", 3], {"articleDetail-4800001": 4}, ["ShallowRef", 5], {"articleDetail": 6},
        ["Reactive", 7], {"title": 8, "content": 9, "user_info": 10, "dateline": 12}, "题", BODY,
        ["Reactive", 11], {"username": 8, "uid": 99}, 1795161731,
    )  # fmt: skip
    read = parsed(html)
    assert (read.title, read.text, read.authors) == ("题", TEXT, ("题",))
    assert read.published_at == datetime(2026, 11, 20, 16, 2, 11, tzinfo=CHINA)


@pytest.mark.parametrize(
    "values",
    [
        (),
        ({"articleDetail-1": 3},),
        ({"articleDetail-1": 3}, {"articleDetail": 3}),
        ({"articleDetail-1": 3}, ["Reactive", 3]),
        ({"articleDetail-1": -1}, {"articleDetail": 2}),
        ({"articleDetail-1": 3}, {"articleDetail": 4}, {"title": 999, "content": "x"}),
    ],
)
def test_values_that_lead_nowhere_are_a_changed_layout(values: tuple[object, ...]) -> None:
    with pytest.raises(LayoutChanged):
        parsed(nuxt({"articleDetail-0": 99}, *values))


def test_a_page_whose_state_leads_nowhere_is_read_as_it_is_shown() -> None:
    shown = f'<div class="article__content">{BODY}<p class="text-img-note">图注</p></div>'
    assert parsed(nuxt({"articleDetail-1": 99}) + shown).text == TEXT


def test_videos_and_lists_are_no_articles() -> None:
    with pytest.raises(NotAnArticle, match="video"):
        parsed(stated({"title": "题", "content": "<p>片长一分钟</p>", "video_info": {"duration": "01:00"}}))
    assert parsed(stated({"title": "题", "content": BODY, "video_info": {"duration": "01:00"}})).text == TEXT
    listed = "<html><body><div class='article-item-wrap'><a href='/article/4800001.html'>题</a></div></body></html>"
    with pytest.raises(NotAnArticle):
        huxiu_pages.read(Document(page(listed, "https://www.huxiu.com/article/")))


def test_a_page_without_its_article() -> None:
    for html in ("<html><body><div id='__nuxt'></div></body></html>", stated({"title": "题", "content": "<p></p>"})):
        with pytest.raises(LayoutChanged):
            parsed(html)
    with pytest.raises(LayoutChanged, match="only 3 characters"):
        parsed(stated({"title": "题", "content": "<p>正文。</p>"}))


def test_the_feed_answered_with_a_captcha_is_blocked() -> None:
    html = "<html><head><title>安全验证</title></head><body><div>请完成安全验证</div></body></html>"
    with pytest.raises(Blocked):
        Huxiu().discover(page(html, "https://rss.huxiu.com/"))


@pytest.mark.parametrize(
    ("url", "html", "known"),
    [
        (URL, "", True),
        ("https://m.huxiu.com/moment/1.html", "", True),
        ("https://nothuxiu.com/article/1.html", "", False),
        ("", "<link rel='canonical' href='https://m.huxiu.com/article/1.html'>", True),
        ("", "<a href='https://www.huxiu.com/article/1.html'>来源：虎嗅</a>", False),
        ("", "<title>题-虎嗅网</title><i href='//huxiu.com'></i><div class='article__content'></div>", True),
        ("", "<title>题-别的网</title><i href='//huxiu.com'></i><div class='article__content'></div>", False),
    ],
)
def test_which_pages_are_huxius(url: str, html: str, known: bool) -> None:
    assert huxiu_pages.knows(Document(page(html, url))) is known


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 12), st.floats(), st.text(max_size=10), st.just(BODY)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(st.sampled_from(["Reactive", "Ref"]), inner),
        st.dictionaries(
            st.sampled_from(
                ["articleDetail-1", "articleDetail", "title", "content", "user_info", "username", "dateline"]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)


@given(st.lists(json_values, max_size=12), json_values, st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_bytes_bring_anything_but_typed_errors(values: list[object], detail: object, body: bytes) -> None:
    for html in (nuxt(*values), stated(detail), body.decode("latin-1")):
        for read in (Huxiu().discover, lambda one: Huxiu().parse(one, ArticleRef("huxiu", "url:1", URL))):
            try:
                read(page(html))
                read(page(html, "https://www.huxiu.com/article/"))
            except FetchError:
                continue
