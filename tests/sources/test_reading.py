"""What an outside source gets for nothing around its own reader: refusals, redirects, credits, typed errors."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.article import ArticleRef, Page
from sources.blocks import paragraphs, text_of
from sources.document import Document
from sources.draft import Draft
from sources.errors import Blocked, Broken, FetchError, Gone, LayoutChanged, NotAnArticle
from sources.reading import read_own

URL = "https://www.shiqiao.example/a/101"
REF = ArticleRef("shiqiao", "shiqiao:101", URL, title="从列表来的题目")
STORY = "石桥镇的铁匠铺去年冬天换了主人，新主人把祖传的风箱拆下来，装上了一台靠河水转动的打铁机。"
PAGE = f"<h1>打铁机</h1><div class=text><p>文 | 林晚舟</p><p>{STORY}</p><p>责任编辑：周萍</p></div>"


def page(html: str, final_url: str = URL) -> Page:
    return Page(
        url=URL,
        body=html.encode(),
        fetched_at=datetime(2026, 1, 6, tzinfo=UTC),
        final_url=final_url,
        content_type="text/html; charset=utf-8",
    )


def read(doc: Document) -> Draft:
    body = doc.tree.css_first("div.text")
    if body is None:
        raise LayoutChanged("shiqiao: no div.text", url=doc.url)
    return Draft(lines=paragraphs(body), title=text_of(doc.tree.css_first("h1")))


def given_(html: str, final_url: str = URL, reader: Any = read) -> Any:
    return read_own(page(html, final_url), REF, reader, source="shiqiao", outlet="石桥日报")


def test_credits_come_off_and_what_the_list_said_stands() -> None:
    article = given_(PAGE)
    assert (article.article_id, article.source, article.outlet) == ("shiqiao:101", "shiqiao", "石桥日报")
    assert (article.text, article.authors, article.title) == (STORY, ("林晚舟",), "打铁机")
    assert given_(PAGE.replace("<h1>打铁机</h1>", "")).title == "从列表来的题目"


@pytest.mark.parametrize(
    ("html", "error"),
    [
        ("<title>404</title><p>抱歉，该文章已被删除</p>", Gone),
        ("<div class=text><p>抱歉，该文章已被删除</p></div>", Gone),
        ("<title>人机验证</title><script src='/waf/captcha.js'></script><p>请完成验证后继续访问</p>", FetchError),
        ("<p>一页改了样子的文章，没有哪里像从前那样。</p>", LayoutChanged),
        ("<div class=text><p>太短。</p></div>", LayoutChanged),
        ("", LayoutChanged),
    ],
)
def test_what_is_no_article_says_why(html: str, error: type[FetchError]) -> None:
    with pytest.raises(error):
        given_(html)


def test_a_challenge_is_blocked() -> None:
    from sources.replica.kr36 import captcha, waf_challenge

    for answer in (captcha(), waf_challenge()):
        with pytest.raises(Blocked):
            read_own(replace(page(""), body=answer.body), REF, read, source="shiqiao", outlet="石桥日报")


@pytest.mark.parametrize(
    ("final_url", "error"),
    [("https://www.shiqiao.example/", Gone), ("https://36kr.com/p/3532943217940873", NotAnArticle)],
)
def test_a_redirect_to_something_else_is_not_the_article(final_url: str, error: type[FetchError]) -> None:
    with pytest.raises(error):
        given_(PAGE, final_url)


def test_a_redirect_to_another_address_of_the_article_is() -> None:
    assert given_(PAGE, "https://m.shiqiao.example/a/101?from=app").article_id == "shiqiao:101"


def test_what_a_reader_trips_over_is_broken() -> None:
    def trips(doc: Document) -> Draft:
        raise IndexError("not what the author of this source thought of")

    with pytest.raises(Broken, match="IndexError"):
        given_(PAGE, reader=trips)


def test_a_readers_own_verdict_stands() -> None:
    def video(doc: Document) -> Draft:
        raise NotAnArticle("a video", url=doc.url)

    with pytest.raises(NotAnArticle, match="a video"):
        given_(PAGE, reader=video)


@given(st.binary(max_size=600))
def test_no_bytes_make_it_raise_anything_but_our_errors(body: bytes) -> None:
    for before in (b"", b"<div class=text>"):
        try:
            read_own(replace(page(""), body=before + body), REF, read, source="shiqiao", outlet="")
        except FetchError:
            continue
