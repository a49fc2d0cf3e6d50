"""Notices where an article was are refused; articles that speak of such notices are not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sources.article import ArticleRef, Page
from sources.document import Document
from sources.errors import Blocked, Gone
from sources.outlets.pages import read_page
from sources.tombstones import raise_if_refused

PROSE = "柳河两岸的步道本周开工，明年春天走得通，沿河的人家都等着看，也有人不高兴。"


def document(body: str) -> Document:
    html = f"<html><head><title>柳河日报</title></head><body>{body}</body></html>"
    return Document(Page(url="https://a.example/1", body=html.encode(), fetched_at=datetime(2026, 11, 20, tzinfo=UTC)))


def test_a_page_that_is_nothing_but_its_notice_is_gone() -> None:
    with pytest.raises(Gone, match="该内容已被发布者删除"):
        raise_if_refused(document("<p>该内容已被发布者删除</p><a>返回首页</a>"))


def test_a_challenge_is_blocked_and_wins_over_a_notice() -> None:
    with pytest.raises(Blocked, match="captcha"):
        raise_if_refused(document("<p>页面不存在</p><div class='geetest_panel'></div>"))


def test_a_page_that_asks_for_a_check_in_a_sentence_is_blocked() -> None:
    line = "用户您好，您的访问过于频繁，为确认本次访问为正常用户行为，需要您协助验证。"
    with pytest.raises(Blocked, match="asks for a check"):
        raise_if_refused(document(f"<p>IP：192.0.2.7</p><p>{line}</p><p>提交</p>"))
    raise_if_refused(document(f"<p>{PROSE * 20}</p><p>{line}</p>"))


def test_a_notice_where_an_outlet_has_its_text_is_no_article() -> None:
    with pytest.raises(Gone, match="原文已被删除"):
        raise_if_refused(document("<p>x</p>"), ["原文已被删除", "去看别的"])


def test_what_a_reader_found_is_not_doubted() -> None:
    """A short article about a deletion, with a captcha for its comments: its reader knows where it stands."""
    doc = document("<p>该内容已被发布者删除</p><div class='geetest_panel'></div>")
    raise_if_refused(doc, ["该内容已被发布者删除", PROSE * 4])


def test_an_article_about_deleted_articles_is_one() -> None:
    body = f"<h1>文章已被删除</h1><p>该公众号已被封禁。</p><p>{PROSE * 20}</p><p>{PROSE}</p>"
    assert read_page(document(body).page).text.startswith("该公众号已被封禁。")


def test_a_redirect_to_a_log_in_is_blocked_whatever_else_it_may_be() -> None:
    url = "https://a.example/p/1"
    page = Page(
        url=url,
        body="<title>登录</title><form><input type=password></form>".encode(),
        fetched_at=datetime(2026, 11, 20, tzinfo=UTC),
        final_url="https://passport.a.example/",
    )
    with pytest.raises(Blocked, match="login-wall"):
        read_page(page, ref=ArticleRef(source="feed", article_id="url:1", url=url))
