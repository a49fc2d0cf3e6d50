"""Tumblr: addresses, whose words are whose, pages of themes. Lists and posts of every type: fixtures/outlets/tumblr*."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.article import ArticleRef, Page
from sources.errors import Blocked, FetchError, LayoutChanged, NotAnArticle
from sources.outlets.files import read_file
from sources.outlets.pages import read_page
from sources.outlets.tumblr import Tumblr, is_api, posts
from sources.outlets.tumblr_posts import post_number, words_of

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
API = "https://dubaoderen.tumblr.com/api/read/json?num=50"
THEME = """<!DOCTYPE html><html><head><title>灯塔公司的第七年 : 读报的人</title>
<meta property="og:title" content="灯塔公司的第七年" /><meta property="og:url" content="https://dubaoderen.tumblr.com/post/760000000000000009/x" />
<meta property="al:ios:url" content="tumblr://x-callback-url/blog?blogName=dubaoderen&amp;postID=760000000000000009" />
<script type="application/ld+json">{"@type":"SocialMediaPosting","datePublished":"2026-11-18T10:30:00+08:00"}</script></head>
<body><div id="header"><a href="/">读报的人</a></div>
<div class="post text"><h3><a href="https://dubaoderen.tumblr.com/post/760000000000000009/x">灯塔公司的第七年</a></h3>
<p>灯塔公司今年第七年。</p><p>它把办公室搬到了海边。</p><p>(via <a href="https://haibian.tumblr.com/">haibian</a>)</p>
<div class="meta">Posted 3 days ago</div><ol class="notes"><li class="note reblog">haibian reblogged this from dubaoderen</li></ol><p>42 notes</p></div>
<div id="footer">主题</div></body></html>"""


def page(body: str, url: str = API, final_url: str = "") -> Page:
    return Page(url=url, body=body.encode(), fetched_at=NOW, final_url=final_url)


def answer(*rows: object, total: object = 1, **blog: str) -> str:
    told = {"tumblelog": {"name": "dubaoderen", "title": "读报的人", **blog}, "posts-total": total, "posts": list(rows)}
    return f"var tumblr_api_read = {json.dumps(told)};\n"


def only(row: dict[str, object]) -> ArticleRef:
    (ref,) = posts(answer({"id": "5", "type": "regular", **row}), page(""), source="tumblr", outlet="")
    return ref


@pytest.mark.parametrize(
    ("blog", "host"),
    [
        ("dubaoderen", "dubaoderen.tumblr.com"),
        (" DuBaoDeRen ", "dubaoderen.tumblr.com"),
        ("dubaoderen.tumblr.com", "dubaoderen.tumblr.com"),
        ("https://www.tumblr.com/dubaoderen?source=share", "dubaoderen.tumblr.com"),
        ("https://www.tumblr.com/@dubaoderen", "dubaoderen.tumblr.com"),
        ("https://baozhi.example.org/post/1", "baozhi.example.org"),
        ("baozhi.example.org", "baozhi.example.org"),
    ],
)
def test_a_blog_is_named_in_any_way(blog: str, host: str) -> None:
    assert [one.url for one in Tumblr(blog=blog).lists(NOW)] == [f"https://{host}/api/read/json?num=50"]
    assert [one.url for one in Tumblr(blog=blog, rss=True).lists(NOW)] == [f"https://{host}/rss"]


@pytest.mark.parametrize("blog", ["", "读报的人", "https://", "a b", "https://user:secret@blog.example.org/"])
def test_what_is_no_blog_is_refused(blog: str) -> None:
    with pytest.raises(ValueError, match="blog: expected") as caught:
        Tumblr(blog=blog)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("total", "start", "following"),
    [
        (120, "", 2),
        ("120", "", 2),
        ("120", "&start=50", 52),
        (2, "", 0),
        ("2", "", 0),
        (None, "", 0),
        (52, "&start=50", 0),
    ],
)
def test_older_posts_are_asked_for_down_to_the_first(total: object, start: str, following: int) -> None:
    source = Tumblr(blog="dubaoderen")
    (address,) = source.lists(NOW)
    asked = type(address)(address.url + start)
    older = source.older(page(answer({"id": 1}, {"id": 2}, total=total)), asked)
    assert (older.url if older else "") == (f"{API}&start={following}" if following else "")


def test_an_empty_answer_ends_it() -> None:
    source = Tumblr(blog="dubaoderen")
    assert source.discover(page(answer(total="90"))) == []
    assert source.older(page(answer(total="90")), source.lists(NOW)[0]) is None


def test_an_answer_is_known_by_its_start() -> None:
    assert is_api(answer())
    assert is_api(' {"tumblelog": {}, "posts": []}')
    assert not is_api('{"posts": []}') and not is_api("var tumblr_api = 1") and not is_api("<rss>")


def test_an_answer_without_posts_is_a_changed_layout() -> None:
    for text in ("var tumblr_api_read = {};", "var tumblr_api_read = {", 'var tumblr_api_read = {"posts": {}};'):
        with pytest.raises(LayoutChanged):
            posts(text, page(""), source="tumblr", outlet="")


def test_a_page_instead_of_the_answer_says_what_to_do() -> None:
    with pytest.raises(LayoutChanged, match="rss: true"):
        Tumblr(blog="dubaoderen").discover(page("<html><body>Tumblr</body></html>"))
    consent = "https://www.tumblr.com/privacy/consent?redirect=https%3A%2F%2Fdubaoderen.tumblr.com%2F"
    with pytest.raises(Blocked):
        Tumblr(blog="dubaoderen").discover(page("<html><body>Before you continue</body></html>", final_url=consent))


def test_a_link_post_is_the_document_it_names() -> None:
    ref = only(
        {
            "type": "link",
            "link-url": "https://news.example.cn/a/1.html",
            "link-text": "<b>标题</b>",
            "link-description": "<p>评语</p>",
        }
    )
    assert (ref.url, ref.title, ref.summary, ref.article) == ("https://news.example.cn/a/1.html", "标题", "评语", None)
    outside = Tumblr(blog="dubaoderen", outlet="读报的人").parse(
        page("<html><head><title>步道开工 - 柳河新闻网</title></head><body><h1>步道开工</h1>"
        + "<p>柳河两岸的步道本周开工，明年春天走得通，沿河的人家都等着看，也有人不高兴。</p>" * 4 + "</body></html>", ref.url), ref)  # fmt: skip
    assert (outside.outlet, outside.source) == ("柳河新闻网", "tumblr")


def test_a_link_to_nowhere_is_a_post_of_its_own_words() -> None:
    ref = only(
        {"type": "link", "link-url": "javascript:void(0)", "link-text": "标题", "link-description": "<p>评语</p>"}
    )
    assert ref.article is not None and (ref.article_id, ref.article.text) == ("tumblr:5", "评语")


def test_an_old_reblog_is_the_post_it_repeats() -> None:
    """Without a quote around them, the words cannot be told from the blog's own."""
    ref = only({
        "regular-body": "<p>初五的潮比初一大。</p>",
        "reblogged-from-url": "http://zhong.tumblr.com/post/4",
        "reblogged-root-url": "http://yuan.example.org/post/3/tide",
        "reblogged-root-name": "yuanchu",
        "unix-timestamp": 1794623400,
    })  # fmt: skip
    assert (ref.article_id, ref.url) == ("tumblr:3", "https://yuanchu.tumblr.com/post/3")
    assert ref.published_at is None
    assert ref.article is not None and (ref.article.outlet, ref.article.text) == ("yuanchu", "初五的潮比初一大。")


def test_a_reblog_of_an_unknown_post_is_left_out() -> None:
    body = '<p><a class="tumblr_blog" href="">someone</a>:</p><blockquote><p>潮水。</p></blockquote>'
    assert posts(answer({"id": 5, "type": "regular", "regular-body": body}), page(""), source="t", outlet="") == []


def test_a_blockquote_of_ones_own_is_ones_own() -> None:
    words = words_of(
        '<p>他写道：</p><blockquote><p>海不会等人。</p></blockquote><p>见 <a class="tumblr_blog" href="x">haibian</a></p>'
    )
    assert words.own == ["他写道：", "海不会等人。", "见 haibian"] and not words.quoted


def test_a_word_about_sources_is_text() -> None:
    assert words_of("<p>Source code is open.</p><p>via 这个词</p><p>Source: <a href='x'>报纸</a></p>").own == [
        "Source code is open.",
        "via 这个词",
    ]


def test_a_time_that_is_not_yet_is_no_time() -> None:
    ref = only({"regular-body": "<p>明天的报纸。</p>", "unix-timestamp": 1900000000})
    assert ref.published_at is None and ref.precision == "unknown"


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("https://haibian.tumblr.com/post/759000000000000001/fog", "759000000000000001"),
        ("https://www.tumblr.com/haibian/759000000000000001/fog", "759000000000000001"),
        ("https://baozhi.example.org/post/17", "17"),
        ("https://baozhi.example.org/17", ""),
        ("", ""),
    ],
)
def test_the_number_of_a_post(address: str, number: str) -> None:
    assert post_number(address) == number


def test_a_page_of_a_theme() -> None:
    article = read_page(page(THEME, url=""))
    assert (article.article_id, article.source, article.kind) == ("tumblr:760000000000000009", "tumblr", "post")
    assert article.title == "灯塔公司的第七年"
    assert article.text.split("\n") == ["灯塔公司今年第七年。", "它把办公室搬到了海边。"]
    assert article.published_at == datetime(2026, 11, 18, 10, 30, tzinfo=CHINA)


def test_a_page_of_a_theme_on_a_domain_of_its_own() -> None:
    html = THEME.replace("dubaoderen.tumblr.com", "baozhi.example.org")
    article = read_page(page(html, url="https://baozhi.example.org/post/760000000000000009/x"))
    assert article.url == "https://dubaoderen.tumblr.com/post/760000000000000009"


def test_a_blogs_front_page_is_no_article() -> None:
    start, middle, end = THEME.partition('<div class="post text">')
    posts_, _, rest = end.partition('<div id="footer">')
    html = (start + (middle + posts_) * 2 + rest).replace("&amp;postID=760000000000000009", "")
    html = html.replace("/post/760000000000000009/x", "/")
    with pytest.raises(NotAnArticle, match="list of 2 posts"):
        read_page(page(html, url="https://dubaoderen.tumblr.com/"))


def test_a_shell_for_browsers_says_so() -> None:
    html = '<html><head><meta name="tumblr-form-key" id="tumblr_form_key" content="x"></head><body><div id="base"></div></body></html>'
    for url in ("", "https://www.tumblr.com/dubaoderen/760000000000000009"):
        with pytest.raises(NotAnArticle, match="v1 API"):
            read_page(page(html, url=url))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(
            ["link", "quote", "photo", "conversation", "http://[", "<p><a class='tumblr_blog' href='http://a/post/1'>a</a>:</p><blockquote>"]
        ),
        lambda one: st.lists(one, max_size=3) | st.dictionaries(st.sampled_from(
            ["tumblelog", "posts", "id", "type", "url", "link-url", "regular-body", "quote-text", "conversation", "unix-timestamp",
             "date-gmt", "reblogged-root-url", "posts-total", "name"]), one, max_size=6),
        max_leaves=20,
    ) | st.text()
)  # fmt: skip
def test_no_answer_makes_the_source_raise_another_error(value: object) -> None:
    source = Tumblr(blog="dubaoderen")
    for told in (value, {"tumblelog": value, "posts": [value, {"id": 5, "type": "regular", "regular-body": value}]}):
        answered = page(f"var tumblr_api_read = {json.dumps(told)};")
        with suppress(FetchError):
            source.discover(answered)
        with suppress(FetchError):
            source.older(answered, source.lists(NOW)[0])


@given(st.text())
def test_no_feed_makes_the_source_raise_another_error(text: str) -> None:
    feed = f"<rss><channel><item><description>{text}</description><link>http://a.b/post/1</link></item></channel></rss>"
    with suppress(FetchError):
        Tumblr(blog="dubaoderen", rss=True).discover(page(feed))


# -- real files ---------------------------------------------------------------------------------------------------------


def test_a_real_answer(shared: Path) -> None:
    body = (shared / "pages" / "tumblr" / "ourmta_api_read.json").read_text("utf-8")
    (ref,) = posts(body, page(body), source="tumblr", outlet="")
    assert (ref.article_id, ref.url) == ("tumblr:201383030", "https://ourmta.tumblr.com/post/201383030")
    assert ref.published_at == datetime(2009, 10, 1, 9, 48, 13, tzinfo=CHINA)
    assert ref.article is not None and ref.article.outlet == "OurMTA.org" and ref.article.text.count("\n") == 5


def test_a_real_feed_of_reblogs(shared: Path) -> None:
    body = (shared / "pages" / "tumblr" / "feeddeck_todayontumblr_rss.xml").read_text("utf-8")
    refs = Tumblr(blog="todayontumblr", rss=True).discover(page(body, "https://todayontumblr.tumblr.com/rss"))
    assert [ref.article.outlet for ref in refs if ref.article] == [
        "argetcross",
        "orallech",
        "muppet-facts",
        "temperedknight",
    ]
    assert refs[0].article_id == "tumblr:736098070263218176"
    assert not any("tumblr_blog" in ref.article.text or "argetcross" in ref.article.text for ref in refs if ref.article)


def test_a_real_shell(shared: Path) -> None:
    body = (shared / "pages" / "tumblr" / "mediacloud_usnatarchives.html").read_bytes()
    with pytest.raises(NotAnArticle, match="a browser has to fill"):
        read_file("page.html", body, taken_at=NOW)
