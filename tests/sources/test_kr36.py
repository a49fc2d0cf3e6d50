"""36氪: lists, discovery, pages; pages themselves are in tests/fixtures/pages."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.article import ArticleRef, Page
from sources.errors import Blocked, FetchError, LayoutChanged, NotAnArticle
from sources.outlets.files import read_file
from sources.outlets.kr36 import Kr36

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 0, 30, tzinfo=CHINA)
PAGES = Path(__file__).parent.parent / "fixtures" / "pages"
HOT = "https://openclaw.36krcdn.com/media/hotlist/2026-11-21/24h_hot_list.json"


def page(body: str | bytes, url: str = HOT) -> Page:
    return Page(url=url, body=body.encode() if isinstance(body, str) else body, fetched_at=NOW)


def ref(number: int, kind: str = "p") -> ArticleRef:
    return ArticleRef(
        source="36kr", article_id=f"36kr:{number}", url=f"https://36kr.com/{kind}/{number}", title="列表里的标题"
    )


def test_the_lists_follow_the_calendar_of_china() -> None:
    lists = Kr36().lists(NOW.astimezone(UTC))
    assert [(one.url, one.optional) for one in lists] == [
        ("https://www.36kr.com/feed", False),
        ("https://openclaw.36krcdn.com/media/hotlist/2026-11-21/24h_hot_list.json", True),
        ("https://openclaw.36krcdn.com/media/hotlist/2026-11-20/24h_hot_list.json", True),
    ]


def test_the_hot_list() -> None:
    body = json.dumps(
        {
            "date": "2026-11-21",
            "time": 1795190400000,
            "data": [
                {
                    "rank": 1,
                    "title": "某公司融资",
                    "author": "林雀生",
                    "publishTime": "2026-11-20 21:05:00",
                    "content": "<p>摘要一句。</p>",
                    "url": "https://36kr.com/p/3900000000000001?channel=openclaw",
                },
                {"rank": 2, "title": "专题", "url": "https://36kr.com/topics/1"},
                "junk",
            ],
        }
    )
    (found,) = Kr36().discover(page(body))
    assert found == ArticleRef(
        source="36kr",
        article_id="36kr:3900000000000001",
        url="https://36kr.com/p/3900000000000001",
        title="某公司融资",
        published_at=datetime(2026, 11, 20, 21, 5, tzinfo=CHINA),
        precision="second",
        authors=("林雀生",),
        summary="摘要一句。",
    )


def test_a_hot_list_without_rows_is_empty_and_one_without_addresses_has_changed() -> None:
    assert Kr36().discover(page('{"data": []}')) == []
    for body in ('{"data": [{"title": "x"}]}', '{"rows": []}', '{"data": '):
        with pytest.raises(LayoutChanged):
            Kr36().discover(page(body))


def test_the_feed_answered_with_a_captcha_is_blocked() -> None:
    with pytest.raises(Blocked):
        Kr36().discover(page((PAGES / "refused_kr36_captcha.html").read_bytes(), "https://www.36kr.com/feed"))


def test_the_page_is_read_for_its_ref() -> None:
    url = "https://36kr.com/p/3900000000000001"
    article = Kr36().parse(page((PAGES / "kr36_state.html").read_bytes(), url), ref(3900000000000001))
    assert (article.article_id, article.title) == ("36kr:3900000000000001", "海雀科技完成新一轮融资，山雀资本领投")
    # article:published_time is the moment the page was rendered
    assert article.published_at == datetime(2026, 7, 20, 11, 20, tzinfo=CHINA)


def test_encrypted_state_is_blocked_unless_the_page_shows_the_text() -> None:
    url = "https://36kr.com/p/3900000000000009"
    with pytest.raises(Blocked) as caught:
        Kr36().parse(page((PAGES / "refused_kr36_encrypted.html").read_bytes(), url), ref(3900000000000009))
    assert caught.value.marker == "encrypted state"
    url = "https://36kr.com/p/3900000000000002"
    assert Kr36().parse(page((PAGES / "kr36_dom.html").read_bytes(), url), ref(3900000000000002)).text


def test_a_relative_time_counts_from_the_fetch_and_a_missing_one_from_the_id() -> None:
    html = (PAGES / "kr36_dom.html").read_text(encoding="utf-8")
    url = "https://36kr.com/p/3532943217940873"
    article = Kr36().parse(page(html.replace("·2026年08月26日 09:28", "·3小时前"), url), ref(3532943217940873))
    assert (article.published_at, article.precision) == (datetime(2026, 11, 20, 21, 30, tzinfo=CHINA), "hour")
    article = Kr36().parse(page(html.replace("·2026年08月26日 09:28", ""), url), ref(3532943217940873))
    assert article.precision == "day"
    assert article.published_at is not None and article.published_at.date() == datetime(2025, 10, 31).date()


def test_a_dialogue_is_an_interview() -> None:
    turns = "".join(f"<p>36氪：第{n}个问题是什么？</p><p>陈海雀：这是第{n}个回答，说得很长。</p>" for n in range(1, 6))
    state = {"articleDetail": {"articleDetailData": {"data": {"itemId": 3900000000000004, "widgetTitle": "对话陈海雀", "publishTime": 1784517600127, "widgetContent": turns}}}}  # fmt: skip
    html = f"<html><body><script>window.initialState={json.dumps(state)}</script></body></html>"
    article = Kr36().parse(page(html, "https://36kr.com/p/3900000000000004"), ref(3900000000000004))
    assert article.kind == "interview"
    assert "36氪：第1个问题是什么？" in article.text


def test_a_page_with_next_to_no_body_has_changed_its_layout() -> None:
    """Also a saved one, whose address nobody knows. A newsflash may be short."""
    html = (
        "<html><body><h1 class='article-title'>海雀科技完成新一轮融资</h1><div class='articleDetailContent kr-rich-text-wrapper'>"
        "<p>作者 | 林雀生</p><p>编辑 | 袁小莱</p><p>海雀科技</p></div></body></html>"
    )
    with pytest.raises(LayoutChanged, match="only 4 characters"):
        Kr36().parse(page(html, "https://36kr.com/p/3900000000000001"), ref(3900000000000001))
    with pytest.raises(LayoutChanged, match="海雀科技完成新一轮融资"):
        read_file("saved.html", html.encode(), taken_at=NOW)
    bare = html.replace("<p>海雀科技</p>", "")
    with pytest.raises(LayoutChanged, match="only 0 characters"):
        read_file("saved.html", bare.encode(), taken_at=NOW)
    full = html.replace("海雀科技</p>", "海雀科技昨天说，它又有钱了，打算再养一百只海雀。</p>")
    assert Kr36().parse(page(full, "https://36kr.com/p/3900000000000001"), ref(3900000000000001)).text
    flash = "<html><body><div class='newsflash-item'><div class='item-desc'>海雀科技停牌。</div></div></body></html>"
    found = Kr36().parse(page(flash, "https://36kr.com/newsflashes/3900000000000001"), ref(3900000000000001))
    assert (found.kind, found.text) == ("newsflash", "海雀科技停牌。")


def test_a_video_page_is_no_article() -> None:
    html = '<html><body><script>window.initialState={"videoDetail":{"data":{"url":"https://v.example.com/1.mp4"}}}</script></body></html>'
    with pytest.raises(NotAnArticle):
        Kr36().parse(page(html, "https://36kr.com/video/3900000000000005"), ref(3900000000000005, "video"))


@given(
    st.one_of(
        st.binary(max_size=400),
        st.text(max_size=200).map(lambda s: f"<script>window.initialState={{{s}</script><p>{s}".encode()),
    )
)
@settings(max_examples=150, deadline=None)
def test_no_bytes_bring_anything_but_typed_errors(body: bytes) -> None:
    for read in (Kr36().discover, lambda one: Kr36().parse(one, ref(3900000000000001))):
        try:
            read(page(body, "https://36kr.com/p/3900000000000001"))
        except FetchError:
            continue
