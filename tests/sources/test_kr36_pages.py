"""36氪's pages of every generation. More of them: tests/fixtures/pages/kr36* and tests/fixtures/outlets/kr36*."""

from __future__ import annotations

import csv
import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.article import Article, ArticleRef, Page
from sources.document import Document
from sources.errors import Blocked, FetchError, LayoutChanged, NotAnArticle
from sources.outlets import kr36_pages
from sources.outlets.files import read_file
from sources.outlets.kr36 import Kr36

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 0, 30, tzinfo=CHINA)
FIXTURES = Path(__file__).parent.parent / "fixtures"
PAGES = FIXTURES / "pages"
URL = "https://36kr.com/p/3900000000000001"


def page(body: str | bytes, url: str = URL) -> Page:
    return Page(url=url, body=body.encode() if isinstance(body, str) else body, fetched_at=NOW)


def ref(number: int, kind: str = "p") -> ArticleRef:
    return ArticleRef(
        source="36kr", article_id=f"36kr:{number}", url=f"https://36kr.com/{kind}/{number}", title="列表里的标题"
    )


def parsed(body: str | bytes, url: str = URL) -> Article:
    kind, number = url.split("/")[-2:]
    return Kr36().parse(page(body, url), ref(int(number), kind))


def stated(value: object) -> str:
    shown = json.dumps(value, ensure_ascii=False).replace("</", "<\\/")
    return f"<html><body><div id='app'></div><script>window.initialState={shown}</script></body></html>"


def article(body: str, **more: object) -> dict[str, object]:
    data = {"itemId": 3900000000000001, "widgetTitle": "海雀科技的一天", "publishTime": 1784517600127, **more}
    return {"articleDetail": {"articleDetailData": {"code": 0, "data": {**data, "widgetContent": body}}}}


def test_the_page_is_read_for_its_ref() -> None:
    read = parsed((PAGES / "kr36_state.html").read_bytes())
    assert (read.article_id, read.title) == ("36kr:3900000000000001", "海雀科技完成新一轮融资，山雀资本领投")
    # article:published_time is the moment the page was rendered
    assert read.published_at == datetime(2026, 7, 20, 11, 20, tzinfo=CHINA)


def test_encrypted_state_is_blocked_unless_the_page_shows_the_text() -> None:
    with pytest.raises(Blocked) as caught:
        parsed((PAGES / "refused_kr36_encrypted.html").read_bytes(), "https://36kr.com/p/3900000000000009")
    assert caught.value.marker == "encrypted state"
    assert parsed((PAGES / "kr36_dom.html").read_bytes(), "https://36kr.com/p/3900000000000002").text


def test_a_security_check_is_blocked_and_an_article_about_one_is_not() -> None:
    with pytest.raises(Blocked) as caught:
        parsed((FIXTURES / "outlets" / "kr36" / "shell.html").read_bytes())
    assert caught.value.marker == "volcano-waf"
    told = "<p>机场说，旅客正在进行安全检测，队伍排到了停车场。</p>"
    assert parsed(stated(article(told))).text == "机场说，旅客正在进行安全检测，队伍排到了停车场。"


def test_a_relative_time_counts_from_the_fetch_and_a_missing_one_from_the_id() -> None:
    html = (PAGES / "kr36_dom.html").read_text(encoding="utf-8")
    url = "https://36kr.com/p/3532943217940873"
    read = parsed(html.replace("·2026年08月26日 09:28", "·3小时前"), url)
    assert (read.published_at, read.precision) == (datetime(2026, 11, 20, 21, 30, tzinfo=CHINA), "hour")
    read = parsed(html.replace("·2026年08月26日 09:28", ""), url)
    assert read.precision == "day"
    assert read.published_at is not None and read.published_at.date() == datetime(2025, 10, 31).date()


def test_a_time_before_the_draft_was_begun_is_a_mistake() -> None:
    """The id says 2025-10-31 18:15:41; the pages of the newsflashes may cut the minute, and clocks disagree."""
    html = (PAGES / "kr36_dom.html").read_text(encoding="utf-8")
    url = "https://36kr.com/p/3532943217940873"
    for shown, expected in (
        ("·2025年10月31日 18:15", (datetime(2025, 10, 31, 18, 15, tzinfo=CHINA), "minute")),
        ("·2025年10月31日", (datetime(2025, 10, 31, tzinfo=CHINA), "day")),
        ("·2025年10月30日 20:28", (datetime(2025, 10, 31, 18, 15, 41, 329000, tzinfo=CHINA), "day")),
    ):
        read = parsed(html.replace("·2026年08月26日 09:28", shown), url)
        assert (read.published_at, read.precision) == expected


def test_the_time_of_what_is_recommended_is_not_the_articles() -> None:
    html = (PAGES / "kr36_dom.html").read_text(encoding="utf-8").replace("·2026年08月26日 09:28", "")
    html = html.replace("</body>", "<ul><li>别的文章<span class='time'>2小时前</span></li></ul></body>")
    read = parsed(html, "https://36kr.com/p/3532943217940873")
    assert (read.published_at, read.precision) == (datetime(2025, 10, 31, 18, 15, 41, 329000, tzinfo=CHINA), "day")
    flash = (
        "<div class='newsflash-item'><div class='item-desc'>海雀科技停牌。</div><span class='time'>2小时前</span></div>"
    )
    read = parsed(f"<html><body>{flash}</body></html>", "https://36kr.com/newsflashes/3900000000000001")
    assert (read.published_at, read.precision) == (datetime(2026, 11, 20, 22, 30, tzinfo=CHINA), "hour")


def test_a_dialogue_is_an_interview() -> None:
    turns = "".join(f"<p>36氪：第{n}个问题是什么？</p><p>陈海雀：这是第{n}个回答，说得很长。</p>" for n in range(1, 6))
    read = parsed(stated(article(turns)))
    assert read.kind == "interview"
    assert "36氪：第1个问题是什么？" in read.text


def test_a_newsflash_is_read_wherever_its_object_lies() -> None:
    flash = {"itemId": 3900000000000003, "widgetTitle": "停牌", "publishTime": 1784517600127, "widgetContent": "海雀科技停牌。"}  # fmt: skip
    other = {"itemId": 3900000000000004, "widgetTitle": "别的快讯", "widgetContent": "山雀资本开业。"}
    url = "https://36kr.com/newsflashes/3900000000000003"
    for told in (
        {"newsflashDetail": {"detailData": {"code": 0, "data": flash}}},
        {"newsflashDetail": {"other": [other], "a": {"b": {"data": flash}}}},
        {"somethingNew": {"list": [other, flash]}},
    ):
        read = parsed(stated(told), url)
        assert (read.kind, read.title, read.text) == ("newsflash", "停牌", "海雀科技停牌。")
        assert read.published_at == datetime(2026, 7, 20, 11, 20, tzinfo=CHINA)


def test_a_rendered_newsflash_may_be_short() -> None:
    html = "<html><body><div class='newsflash-item'><div class='item-desc'>海雀科技停牌。</div></div></body></html>"
    read = parsed(html, "https://36kr.com/newsflashes/3900000000000001")
    assert (read.kind, read.text) == ("newsflash", "海雀科技停牌。")


def test_a_page_with_next_to_no_body_has_changed_its_layout() -> None:
    """Also a saved one, whose address nobody knows."""
    html = (
        "<html><body><h1 class='article-title'>海雀科技完成新一轮融资</h1>"
        "<div class='articleDetailContent kr-rich-text-wrapper'>"
        "<p>作者 | 林雀生</p><p>编辑 | 袁小莱</p><p>海雀科技</p></div></body></html>"
    )
    with pytest.raises(LayoutChanged, match="only 4 characters"):
        parsed(html)
    with pytest.raises(LayoutChanged, match="海雀科技完成新一轮融资"):
        read_file("saved.html", html.encode(), taken_at=NOW)
    bare = html.replace("<p>海雀科技</p>", "")
    with pytest.raises(LayoutChanged, match="only 0 characters"):
        read_file("saved.html", bare.encode(), taken_at=NOW)
    full = html.replace("海雀科技</p>", "海雀科技昨天说，它又有钱了，打算再养一百只海雀。</p>")
    assert parsed(full).text


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"videoDetail": {"data": {"url": "https://v.example.com/1.mp4"}}}, NotAnArticle),
        ({"articleDetail": {"articleDetailData": {"code": 0, "data": {}}}}, LayoutChanged),
        ({"articleDetail": {"articleDetailData": {"data": {"itemId": 1, "widgetContent": ""}}}}, LayoutChanged),
    ],
)
def test_pages_without_a_body(told: object, error: type[FetchError]) -> None:
    kind = "video" if error is NotAnArticle else "p"
    with pytest.raises(error):
        parsed(stated(told), f"https://36kr.com/{kind}/3900000000000005")
    with pytest.raises(error):
        read_file("saved.html", stated(told).encode(), taken_at=NOW)


def test_a_saved_list_page_is_no_article() -> None:
    rows = "".join(
        f"<div class='newsflash-item'><div class='item-desc'>第{n}条快讯，说了一句话。</div></div>" for n in "12"
    )
    html = f"<html><head><link rel='canonical' href='https://36kr.com/newsflashes'></head><body>{rows}</body></html>"
    with pytest.raises(NotAnArticle):
        read_file("saved.html", html.encode(), taken_at=NOW)


def test_the_pages_of_2017_carry_their_article_in_props() -> None:
    post = {
        "id": "5089534",
        "title": "船厂改行卖电",
        "summary": "一句话。",
        "content": "<p>老船厂今年不造船了，改行卖电。</p><p>厂长钱三潮说，电不会沉。</p>",
        "published_at": "2017-08-22 10:11:12",
        "user": {"id": "1", "name": "林雀生"},
    }
    props = json.dumps({"detailArticle|post": post, "hotPosts|hotPost": [{"title": "别的"}]}, ensure_ascii=False)
    html = f'<html><body><div id="app"></div><script>var props={props},locationnal={{"url":"/p/5089534.html"}}</script></body></html>'
    (read,) = read_file("saved.html", html.encode(), taken_at=NOW)
    assert (read.article_id, read.url, read.source) == ("36kr:5089534", "https://36kr.com/p/5089534", "36kr")
    assert (read.title, read.authors) == ("船厂改行卖电", ("林雀生",))
    assert (read.published_at, read.precision) == (datetime(2017, 8, 22, 10, 11, 12, tzinfo=CHINA), "second")
    assert read.text == "老船厂今年不造船了，改行卖电。\n厂长钱三潮说，电不会沉。"


@pytest.mark.parametrize(
    ("url", "html", "known"),
    [
        ("https://36kr.com/p/1", "", True),
        ("https://m.36kr.com/p/1", "", True),
        ("https://notes36kr.com/p/1", "", False),
        ("https://eu.36kr.com/en/p/1", "<p>an edition of its own</p>", False),
        ("", "<link rel='canonical' href='https://www.36kr.com/p/1'>", True),
        ("", "<a href='https://36kr.com/p/1'>来源：36氪</a>", False),
        ("", "<div class='articleDetailContent'></div>", True),
        ("", '<script>window.initialState = {"newsflashDetail":{}}</script>', True),
        ("", '<script>window.initialState={"user":{}}</script>', False),
    ],
)
def test_which_pages_are_36krs(url: str, html: str, known: bool) -> None:
    assert kr36_pages.knows(Document(Page(url=url, body=html.encode(), fetched_at=NOW))) is known


# -- real pages -------------------------------------------------------------------------------------------------------


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("layout", ["state", "rendered"])
def test_a_real_body_is_read_whole(shared: Path, layout: str) -> None:
    """The body of a real article, in both places where its pages carry it, against the labels of the index."""
    name = "36kr/FRAGMENT_tomdhyang_3517118304246152.html"
    with (shared / "pages" / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row[0] == name]
    ((*_, start, end, length, _note),) = rows
    body = (shared / "pages" / name).read_text(encoding="utf-8")
    if layout == "state":
        html = stated(article(body, itemId=3517118304246152, author="刀客Doc", publishTime=1760948369000))
    else:
        html = (
            "<html><h1 class='article-title'>题</h1><span class='title-icon-item item-time'>·2025年10月20日 16:19</span>"
            f"<div class='common-width content articleDetailContent kr-rich-text-wrapper'>{body}</div></html>"
        )
    read = parsed(html, "https://36kr.com/p/3517118304246152")
    text = squeezed(read.text)
    assert (text[:30], text[-30:], len(text)) == (squeezed(start), squeezed(end), int(length))
    assert read.authors == ("刀客doc",)  # as the credit line writes it
    assert read.byline == "本文来自微信公众号“刀客Doc”，作者：刀客doc，36氪经授权发布。"
    assert read.published_at is not None
    assert f"{read.published_at:%Y-%m-%d %H:%M}" == "2025-10-20 16:19"  # 08:19:29 GMT in the index


def test_a_real_state_is_read_by_its_structure(shared: Path) -> None:
    body = (shared / "pages" / "36kr" / "FIXTURE_36kr_article_3853011900142848_abridged.html").read_bytes()
    draft = kr36_pages.read(Document(Page(url="", body=body, fetched_at=NOW)))
    assert draft.url == "https://36kr.com/p/3853011900142848"
    assert draft.title == "硬氪首发 | 海洋具身智能公司「世航智能」拿下创纪录10亿融资，朱啸虎押注"
    assert draft.authors == ("邱晓芬",)
    assert draft.published == (datetime(2026, 6, 15, 9, 50, tzinfo=CHINA), "second")
    assert draft.lines == ["作者 | 邱晓芬", "编辑 | 袁斯来", "正文第一段重点"]


def test_the_real_list_page_of_2017_is_no_article(shared: Path) -> None:
    body = (shared / "pages" / "36kr" / "LIST_newsflashes_2017.html").read_bytes()
    with pytest.raises(NotAnArticle):
        read_file("list.html", body, taken_at=NOW)


json_values = st.recursive(
    st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=20), st.just("<p>海雀科技的一天很长。</p>")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["data", "itemId", "widgetContent", "widgetTitle", "publishTime", "author", "content"]),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)


@given(
    st.sampled_from(["articleDetail", "newsflashDetail", "x"]),
    json_values,
    st.sampled_from([URL, "", "https://36kr.com/newsflashes/3900000000000001"]),
)
@settings(max_examples=200, deadline=None)
def test_no_state_brings_anything_but_typed_errors(key: str, value: object, url: str) -> None:
    props = f"<script>var props={json.dumps({'detailArticle|post': value})},locationnal={{}}</script>"
    for html in (stated({key: value}), stated({key: {"articleDetailData": {"data": value}}}), props):
        try:
            Kr36().parse(page(html, url), ref(3900000000000001))
        except FetchError:
            continue
