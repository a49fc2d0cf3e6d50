"""Every page of tests/fixtures/pages is read as a person reads it; the expected values were written from the pages."""

from __future__ import annotations

import csv
import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from sources import errors
from sources.article import Article, ArticleRef, Page
from sources.blocks import clean_text, html_paragraphs
from sources.errors import FetchError
from sources.furniture import trim
from sources.outlets.files import read_file
from sources.outlets.pages import read_page

PAGES = Path(__file__).parent.parent / "fixtures" / "pages"
SHARED = Path(__file__).parent.parent.parent.parent / "shared" / "pages"
CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/pages is not here")


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.html")), ids=lambda path: path.stem)
def test_a_page_is_read_as_a_person_reads_it(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    if "raises" in expected:
        with pytest.raises(getattr(errors, expected["raises"])) as caught:
            read_file("page.html", path.read_bytes(), taken_at=NOW)
        assert type(caught.value).__name__ == expected["raises"]
        return
    (article,) = read_file("page.html", path.read_bytes(), taken_at=NOW)
    assert {name: shown(article)[name] for name in expected} == expected


def shown(article: Article) -> dict[str, object]:
    return {
        **{
            name: getattr(article, name)
            for name in ("source", "article_id", "url", "outlet", "kind", "title", "precision")
        },
        "authors": list(article.authors),
        "published_at": article.published_at.isoformat() if article.published_at else None,
        "text": article.text.split("\n"),
        "byline": article.byline.split("\n") if article.byline else [],
    }


def test_a_name_in_the_furniture_is_kept_as_chrome() -> None:
    (article,) = read_file("a.html", (PAGES / "site_163.html").read_bytes(), taken_at=NOW)
    assert "一场马拉松带火一座县城" in article.chrome
    assert "钱速" in article.chrome + article.byline
    assert "钱速" not in article.text


def test_a_saved_relative_time_counts_from_the_moment_it_was_saved() -> None:
    body = (PAGES / "generic_unknown.html").read_text(encoding="utf-8").replace("2026-03-09 15:20", "昨天 15:20")
    (article,) = read_file("a.html", body.encode(), taken_at=NOW)
    assert article.published_at == datetime(2026, 11, 20, 15, 20, tzinfo=CHINA)


def test_a_shared_article_is_named() -> None:
    with pytest.raises(errors.NotAnArticle, match="__biz=MzAwMDAwMDAwOQ==&mid=1&idx=1"):
        read_file("a.html", (PAGES / "refused_wechat_share.html").read_bytes(), taken_at=NOW)


def test_a_wechat_page_without_ct_has_its_time_to_the_minute() -> None:
    body = (PAGES / "wechat_article.html").read_text(encoding="utf-8").replace('var ct = "1793620800";', "")
    (article,) = read_file("a.html", body.encode(), taken_at=NOW)
    assert (article.published_at, article.precision) == (datetime(2026, 11, 2, 20, 0, tzinfo=CHINA), "minute")


def test_comments_are_no_text_however_many_there_are() -> None:
    html = (PAGES / "generic_unknown.html").read_text(encoding="utf-8")
    comment = "<p>网友丙：路过，看看，写得真好，我也想去，不知道哪天能去，谁知道？</p>"
    (article,) = read_file("a.html", html.replace("<p>网友乙", comment * 20 + "<p>网友乙").encode(), taken_at=NOW)
    assert article.text.startswith("柳河两岸的步道本周开工") and "网友" not in article.text


def test_a_listed_page_of_a_known_site_without_text_is_a_changed_layout() -> None:
    url = "https://www.163.com/dy/article/ABCDEFGH0512TEST.html"
    page = Page(url=url, body=b"<html><body><div id=app></div></body></html>", fetched_at=NOW)
    ref = ArticleRef(source="feed", article_id="url:1", url=url)
    with pytest.raises(errors.LayoutChanged, match="网易"):
        read_page(page, ref=ref)
    with pytest.raises(errors.NotAnArticle):
        read_page(page)


def test_a_listed_page_whose_body_is_next_to_nothing_is_a_changed_layout() -> None:
    """What stands there are the editor's line and the rights; a saved page without a list is no article."""
    body = "<div class='post_body'><p>甲公司停牌。</p><p>责任编辑：王五，本文仅代表作者观点，转载请注明。</p></div>"
    url = "https://www.163.com/dy/article/ABCDEFGH0512TEST.html"
    page = Page(url=url, body=f"<html><body><h1>甲公司的一天</h1>{body}</body></html>".encode(), fetched_at=NOW)
    with pytest.raises(errors.LayoutChanged, match="网易: only 6 characters"):
        read_page(page, ref=ArticleRef(source="feed", article_id="url:1", url=url))
    state = {"id": "20261120A0G1JJ00", "title": "甲公司", "originContent": {"text": "<p>停牌。</p>"}, "pubtime": "x"}
    qq = f"<html><body><script>window.DATA = {json.dumps(state)};</script></body></html>"
    with pytest.raises(errors.LayoutChanged, match="腾讯新闻: only 3 characters"):
        read_page(Page(url="https://news.qq.com/rain/a/20261120A0G1JJ00", body=qq.encode(), fetched_at=NOW))


def test_a_post_of_a_wechat_account_may_be_a_word() -> None:
    html = "<html><body><h1 id='activity-name'>海边</h1><div id='js_content'><p>今天有雾。</p></div></body></html>"
    page = Page(url="https://mp.weixin.qq.com/s/KDWh_qGpFN5Vu1TR9t30Mw", body=html.encode(), fetched_at=NOW)
    assert read_page(page).text == "今天有雾。"


def test_the_editors_label_is_not_the_author() -> None:
    prose = "<p>柳河两岸的步道本周开工，明年春天走得通，沿河的人家都等着看，也有人不高兴。</p>" * 4
    for label, authors in (("责任编辑：", ()), ("肖小柳 来源：", ("肖小柳",))):
        html = f"<html><body><h1>柳河两岸要修步道</h1><div>作者： {label}某某</div><div>{prose}</div></body></html>"
        (article,) = read_file("a.html", html.encode(), taken_at=NOW)
        assert article.authors == authors


class TestParagraphs:
    def test_blocks_and_breaks_end_a_paragraph_and_inline_elements_join(self) -> None:
        assert html_paragraphs("<div>甲<b>乙</b>丙<p>丁<br>戊</p><span>己</span></div>") == ["甲乙丙", "丁", "戊", "己"]

    def test_what_is_not_shown_is_dropped(self) -> None:
        html = "<p>甲</p><script>x</script><style>y</style><p hidden>乙</p><p style='display : none'>丙</p><!-- 丁 -->"
        assert html_paragraphs(html) == ["甲"]

    def test_spaces_and_invisible_characters(self) -> None:
        assert clean_text("\u3000\u3000马\n  化腾\u200b 与\xa0 Pony\ufffd  Ma\ufeff ") == "马化腾 与 Pony Ma"

    def test_cells_are_apart(self) -> None:
        assert html_paragraphs("<table><tr><td>甲</td><td>乙</td></tr><tr><td>丙</td></tr></table>") == ["甲 乙", "丙"]

    def test_depth_does_not_matter(self) -> None:
        assert html_paragraphs("<div>" * 4000 + "深") == ["深"]

    def test_a_bottomless_page_is_read_in_time_as_far_as_anybody_goes(self) -> None:
        assert html_paragraphs("<p>上面</p>" + "<div>" * 300_000 + "深") == ["上面"]


class TestFurniture:
    def test_the_tail_goes_from_its_marker_on(self) -> None:
        lines = ["正文第一段，说了很多话。", "正文第二段，也说了很多话。", "责任编辑：某人", "返回首页"]
        found = trim(lines)
        assert (found.lines, found.tail) == (lines[:2], lines[2:])

    def test_a_marker_in_the_middle_of_the_text_is_text(self) -> None:
        lines = ["开头一段。", "相关阅读：", *["很长的正文段落，一直讲下去，讲到很久以后，还没有讲完。" * 3] * 6]
        assert trim(lines).lines == lines

    def test_prose_behind_a_weak_marker_stays(self) -> None:
        prose = "这是一段很长的正文，讲一件很久以前的事情，讲得很慢，也讲得很细，听的人都睡着了。"
        lines = [prose] * 6 + ["扫描下方二维码", prose, prose]
        found = trim(lines)
        assert (found.lines, found.tail) == ([prose] * 8, ["扫描下方二维码"])

    def test_lines_that_are_only_links_lead_away(self) -> None:
        lines = ["正文，很长的一段正文，讲了很多。" * 3, "此前报道：另一篇文章的标题"]
        assert trim(lines, links={"另一篇文章的标题"}).lines == lines[:1]
        assert trim(lines).lines == lines

    def test_the_title_repeated_above_the_text_goes(self) -> None:
        assert trim(["标 题在此", "正文在此。"], title="标题在此").lines == ["正文在此。"]


def index() -> list[dict[str, str]]:
    with (SHARED / "INDEX.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@needs_shared
def test_no_tombstone_is_an_article() -> None:
    tombstones = [SHARED / row["path"] for row in index() if "/ERR_" in row["path"]]
    assert len(tombstones) == 3
    for path in tombstones:
        with pytest.raises((errors.Gone, errors.Blocked)):
            read_file(path.name, path.read_bytes(), taken_at=NOW)


@needs_shared
def test_the_saved_pages_are_read_well() -> None:
    """Share of pages whose start, end and length are right; the numbers reached when this was written, less a little.

    Every page with a body has to give an article: none is taken for a tombstone or a challenge.
    """
    own, others, titles, times = [], [], [], []
    for row in index():
        if row["body_first30"] in ("", "-"):
            continue
        article = read_file(row["path"], (SHARED / row["path"]).read_bytes(), taken_at=NOW)[0]
        place = own if row["path"].split("/")[0] in ("weixin", "tencent", "36kr", "zaker", "tumblr") else others
        place.append(is_good(row, article.text))
        if "FRAGMENT" in row["path"] or "fragment" in row["path"]:
            continue  # bodies without a head: no title and no time to be read
        titles.append(squash(row["title"]) == squash(article.title))
        stamp = re.search(r"(?:19|20)\d\d-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?$", row["publish_time"])
        if stamp and article.published_at:
            times.append(f"{article.published_at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}".startswith(stamp[0]))
    assert sum(own) / len(own) >= 0.9
    assert sum(others) / len(others) >= 0.8
    assert sum(titles) / len(titles) >= 0.95
    assert sum(times) / len(times) >= 0.95


def squash(text: str) -> str:
    return re.sub(r"[\s\u3000\xa0\u200b-\u200f\ufeff\u2060]+", "", text)


def is_good(row: dict[str, str], text: str) -> bool:
    """What ../shared/score/extraction.py calls exact or good."""
    told, size = squash(text), int(row["body_len_nows"])
    start, end = told.find(squash(row["body_first30"])[:12]), told.rfind(squash(row["body_last30"])[-12:])
    slack = 0.05 * size + 20
    return (
        0 <= start <= slack and end >= 0 and end + 12 >= len(told) - slack and abs(len(told) - size) <= 0.1 * size + 30
    )


def test_a_page_read_for_a_source_carries_its_name() -> None:
    page = Page(url="https://news.example.cn/a/1", body=(PAGES / "generic_unknown.html").read_bytes(), fetched_at=NOW)
    article = read_page(page, source="my-feed", outlet="我的订阅")
    assert (article.source, article.outlet, article.url) == ("my-feed", "我的订阅", "https://news.example.cn/a/1")


def test_an_archived_challenge_is_named() -> None:
    page = Page(url="https://36kr.com/p/1", body=(PAGES / "refused_kr36_captcha.html").read_bytes(), fetched_at=NOW)
    with pytest.raises(FetchError) as caught:
        read_page(page)
    assert "36kr.com/p/1" in str(caught.value)
